// Every hard limit, in one place, with its reason.
//
// These bound memory and keep arithmetic far from overflow; no setting exceeds them.  What a
// product owner may choose (share amounts, expiry, ...) is policy, see engine/ledger/policy.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hb::limits {

// Slices of the key space.  Fixed for ever: clients route with it and packet ids carry it.
inline constexpr std::uint16_t partitions = 4096;
inline constexpr unsigned partition_bits = 12;

// Shards are at most one a core of a large machine.
inline constexpr std::uint16_t shards_max = 64;

// A single deposit, and what the books of a shard may hold for more money to be let in, in fen:
// ninety trillion yuan.  A thousand such sums still fit an int64.
inline constexpr std::int64_t amount_max = 9'000'000'000'000'000;

// What the books of a shard may hold for a credit from another shard to be taken, in fen: as much
// as all shards let in.  Beyond it credits wait at their source, so no balance ever overflows.
inline constexpr std::int64_t held_max = shards_max * amount_max;

// One share, in fen: what a claim row's 22 bits hold.
inline constexpr std::int64_t share_amount_max = (1 << 22) - 1;

// A packet's shares: a claim looks through at most this many rows for the claimer.
inline constexpr std::uint32_t packet_shares_max = 500;

// Longest life of a packet: what a claim row's 40 bits of microseconds and the wheel hold.
inline constexpr std::int64_t packet_life_us_max = 7LL * 24 * 3600 * 1'000'000;

// Texts, in bytes of UTF-8.
inline constexpr std::size_t remark_bytes_max = 128;
inline constexpr std::size_t group_bytes_max = 64;
inline constexpr std::size_t name_bytes_max = 64;
inline constexpr std::size_t code_bytes_max = 32;
inline constexpr std::size_t reference_bytes_max = 64;
inline constexpr std::size_t operator_bytes_max = 64;
inline constexpr std::size_t note_bytes_max = 512;

// Users that a packet may name: their ids lie in the packet's event, which one record must hold.
inline constexpr std::uint32_t packet_recipients_max = 500;

// A packet may open this long after it is sent: with its life that still fits a claim row's 40 bits
// of microseconds since the send.
inline constexpr std::int64_t opens_ahead_us_max = 5LL * 24 * 3600 * 1'000'000;

// A transfer, in fen: what a packet row's and a credit record's 32 bits hold.
inline constexpr std::int64_t transfer_amount_max = 0xffff'ffff;

// For how long a policy may let shares and transfers be returned.
inline constexpr std::int64_t return_window_us_max = 365LL * 24 * 3600 * 1'000'000;

// Arrivals that a policy may offer for transfers, and dates that it may call holidays.
inline constexpr std::size_t transfer_arrivals_max = 4;
inline constexpr std::size_t holidays_max = 64;

// Users whose wrong codes are remembered for one packet at a time: bounds what strangers can make
// it remember, to about 2 MiB.  It may grow, but not fall below 4,096: journals of the first
// version count on as many.
inline constexpr std::uint32_t code_triers_max = 16'384;

// Rows of one page of a list.
inline constexpr std::uint32_t page_rows_max = 500;

// One tick of the timing wheel.
inline constexpr std::int64_t tick_us = 1'000;

// The journal's record unit; every record is a whole number of them.
inline constexpr std::size_t record_unit_bytes = 32;
// The longest record.  A record never spans two blocks, so a block must hold it.
inline constexpr std::size_t record_bytes_max = 255 * record_unit_bytes;

// One frame of the wire protocol, header excluded: a claim batch of 64 Ki claims fits.
inline constexpr std::size_t frame_bytes_max = 1 << 20;
// Claims of one batch.
inline constexpr std::size_t claim_batch_max = 8192;

}  // namespace hb::limits
