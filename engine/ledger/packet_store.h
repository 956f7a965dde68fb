// The packets and transfers of a shard: one cache line each, their claims side by side in a second
// place.
//
// A transfer is numbered with the packets and kept as a row like theirs, with one share for its
// recipient: so one id names either, and one timer serves either.
//
// Packet numbers are dense within a partition, so a packet is found by arithmetic, not by hashing:
// partition -> page of 64 packets -> row.  A row's slot (32 bits) names it inside the shard, for
// the timing wheel.
//
// Which packets hold money is told by a bit each, too, close together: when a timer of the festival
// hour fires, most packets are long empty, and their rows need not be looked at.
//
// Cost:       find is three loads, of which the last misses the cache; see prefetch.
// Memory:     64 bytes and a bit a packet, 16 bytes a share plus 16 for the seed, one byte more a
//             share in packets of more than 16, and a partition's last page is half empty on
//             average.
// Threads:    none.
// Invariants: rows and claim runs never move.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/limits.h"
#include "engine/base/partition.h"
#include "engine/base/prefetch.h"
#include "engine/base/prf.h"
#include "engine/base/units.h"
#include "engine/ledger/commands.h"
#include "engine/ledger/slab.h"
#include "engine/ledger/table_runs.h"

namespace hb {

// One share.  amount: 22 bits of fen; state: a ShareState; delay: 40 bits of microseconds since the
// send.  Before it is taken only the amount may be set, where all are drawn ahead (order_fair).
struct ClaimCell {
  UserId user;
  std::uint64_t amount_fen : 22;
  std::uint64_t state_bits : 2;
  std::uint64_t delay_us : 40;

  ShareState state() const { return static_cast<ShareState>(state_bits); }
  void set_state(ShareState state) { state_bits = static_cast<std::uint8_t>(state) & 3u; }
};
static_assert(sizeof(ClaimCell) == 16);
static_assert(limits::share_amount_max < (1 << 22));
static_assert(limits::packet_life_us_max < (std::int64_t{1} << 40));

struct alignas(64) PacketRow {
  UserId sender;
  Time sent_at;
  Time expires_at;
  std::uint32_t total_fen = 0;
  std::uint32_t remaining_fen = 0;  // in escrow
  std::uint32_t share_fen_min = 0;
  std::uint32_t share_fen_max = 0;
  std::uint16_t share_count = 0;
  std::uint16_t claimed_count = 0;
  PacketKind kind{};
  PacketState state{};
  std::uint8_t remark_bytes = 0;
  std::uint8_t group_bytes = 0;
  std::uint32_t claims = 0;           // run: the seed's cell, tags if any, share_count claim cells
  std::uint32_t texts = UINT32_MAX;   // run in the ledger's texts: remark, group, reference
  std::uint32_t extras = UINT32_MAX;  // what few packets have, if any
  std::uint8_t flags = 0;
  Split split{};
  TransferState transfer_state{};  // of a transfer; `state` means nothing then
  std::uint8_t reference_bytes = 0;

  // In `flags`.
  static constexpr std::uint8_t is_transfer = 1;
  static constexpr std::uint8_t frozen = 2;
  static constexpr std::uint8_t sender_excluded = 4;
  static constexpr std::uint8_t has_code = 8;
  static constexpr std::uint8_t named = 16;  // only recipients may claim
  static constexpr std::uint8_t timed = 32;  // opens later than it was sent
  static constexpr std::uint8_t external = 64;
  static constexpr std::uint8_t recallable = 128;
  // Any of these makes a claim look twice.
  static constexpr std::uint8_t claim_gate =
      is_transfer | frozen | sender_excluded | has_code | named | timed;

  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  void set(std::uint8_t flag, bool on) {
    flags = static_cast<std::uint8_t>(on ? flags | flag : flags & ~flag);
  }
};
static_assert(sizeof(PacketRow) == 64);

struct PacketExtras {
  Time opens_at{};
  std::uint64_t code_tag = 0;
  std::uint32_t recipients = 0;  // run
  std::uint16_t recipient_count = 0;
  std::uint16_t reserved16 = 0;
  std::uint64_t reserved64 = 0;
};
static_assert(sizeof(PacketExtras) == 32);

// What a transfer keeps where a packet keeps its seed.
struct TransferTerms {
  Duration arrives_after{};
  Time arrives_at{};  // once accepted
};

class PacketStore {
 public:
  // Holds the packets of `partition_count` partitions from `first` on.  `ahead`, if any, outlives
  // the store.
  PacketStore(PartitionId first, std::uint32_t partition_count, MemoryAhead* ahead = nullptr)
      : first_(first),
        partitions_(partition_count),
        pages_(ahead),
        page_lists_(ahead),
        open_(ahead),
        claims_(ahead),
        extras_(ahead),
        recipients_(ahead) {}

  using Slot = std::uint32_t;

  // The packet's row, or nothing.  A packet of a partition that is not here is not known.
  const PacketRow* find(PacketId packet) const {
    const Partition* partition = holding(packet);
    return partition == nullptr ? nullptr : &row(slot(*partition, number_of(packet)));
  }
  PacketRow* find(PacketId packet) {
    return const_cast<PacketRow*>(static_cast<const PacketStore*>(this)->find(packet));
  }

  // The id that the partition's next packet will have.
  PacketId next_id(PartitionId partition) const {
    return packet_id(partition, partitions_[partition.value - first_.value].count + 1);
  }

  struct Added {
    PacketRow& row;
    Slot slot;
  };
  // Makes the row of next_id(partition_of(packet)), with room for its claims and the seed in place.
  Added add(PacketId packet, std::uint16_t share_count, PrfKey seed) {
    Partition& p = partitions_[index_of(packet)];
    const std::uint64_t number = number_of(packet);
    HB_ASSERT(number == p.count + 1);
    if (p.count % page_rows == 0) {
      add_page(p);
      first_of_page_.push_back(packet);
    }
    ++p.count;
    ++count_;
    const Slot s = slot(p, number);
    PacketRow& r = row(s);
    r = PacketRow{};
    r.share_count = share_count;
    r.claims = claims_.allocate(1u + tag_cells(share_count) + share_count);
    static_assert(sizeof(PrfKey) == sizeof(ClaimCell));
    std::memcpy(static_cast<void*>(&claims_.get(r.claims)), &seed, sizeof seed);
    return {r, s};
  }

  PacketId id(Slot slot) const {
    const PacketId first = first_of_page_[slot / page_rows];
    return PacketId(first.value + (std::uint64_t{slot % page_rows} << limits::partition_bits));
  }
  const PacketRow& row(Slot slot) const {
    return pages_.get(slot / page_rows).rows[slot % page_rows];
  }
  PacketRow& row(Slot slot) { return pages_.get(slot / page_rows).rows[slot % page_rows]; }
  // REQUIRES: the packet is here.
  Slot slot_of(PacketId packet) const {
    return slot(partitions_[index_of(packet)], number_of(packet));
  }

  // ---- which hold money: none at first
  void open(Slot slot) {
    HB_ASSERT(!is_open(slot));
    open_.get(slot / page_rows) ^= bit(slot);
    ++open_count_;
  }
  void close(Slot slot) {
    HB_ASSERT(is_open(slot));
    open_.get(slot / page_rows) ^= bit(slot);
    --open_count_;
  }
  bool is_open(Slot slot) const { return (open_.get(slot / page_rows) & bit(slot)) != 0; }
  std::size_t open_count() const { return open_count_; }

  PrfKey seed(const PacketRow& row) const { return first_cell<PrfKey>(row); }
  TransferTerms terms(const PacketRow& row) const { return first_cell<TransferTerms>(row); }
  void set_terms(const PacketRow& row, TransferTerms terms) {
    std::memcpy(static_cast<void*>(&claims_.get(row.claims)), &terms, sizeof terms);
  }
  // Any share of the packet, taken or not; share 0 of a transfer is its recipient's.
  ClaimCell& share(const PacketRow& row, std::uint16_t index) {
    HB_ASSERT(index < row.share_count);
    return first_share(row)[index];
  }
  const ClaimCell& share(const PacketRow& row, std::uint16_t index) const {
    return const_cast<PacketStore*>(this)->share(row, index);
  }

  // REQUIRES: the row has extras.
  const PacketExtras& extras(const PacketRow& row) const { return extras_.get(row.extras); }
  void set_extras(PacketRow& row, PacketExtras extras, std::span<const UserId> recipients) {
    if (!recipients.empty()) {
      extras.recipients = recipients_.allocate(static_cast<std::uint32_t>(recipients.size()));
      extras.recipient_count = static_cast<std::uint16_t>(recipients.size());
      std::copy(recipients.begin(), recipients.end(), &recipients_.get(extras.recipients));
    }
    row.extras = extras_.allocate();
    extras_.get(row.extras) = extras;
  }
  // Who may claim; nobody in particular when empty.
  std::span<const UserId> recipients(const PacketRow& row) const {
    if (!row.has(PacketRow::named)) return {};
    const PacketExtras& e = extras(row);
    return {&recipients_.get(e.recipients), e.recipient_count};
  }
  // The shares taken so far, in the order of claims.
  std::span<const ClaimCell> claims(const PacketRow& row) const {
    return {first_share(row), row.claimed_count};
  }
  // The user's share and its index, or nothing.
  const ClaimCell* find_claim(const PacketRow& row, UserId user, std::uint16_t& index) const {
    const ClaimCell* const shares = first_share(row);
    if (tag_cells(row.share_count) == 0) {
      for (index = 0; index < row.claimed_count; ++index) {
        if (shares[index].user == user) return &shares[index];
      }
      return nullptr;
    }
    const std::uint8_t* const tags = first_tag(row);
    for (index = 0; index < row.claimed_count; ++index) {
      const void* found = std::memchr(tags + index, tag_of(user), row.claimed_count - index);
      if (found == nullptr) return nullptr;
      index = static_cast<std::uint16_t>(static_cast<const std::uint8_t*>(found) - tags);
      if (shares[index].user == user) return &shares[index];
    }
    return nullptr;
  }
  // Takes the next share for the user, and tells its cell.
  ClaimCell& take_share(PacketRow& row, UserId user) {
    HB_ASSERT(row.claimed_count < row.share_count);
    const std::uint16_t index = row.claimed_count++;
    if (tag_cells(row.share_count) != 0) {
      const_cast<std::uint8_t*>(first_tag(row))[index] = tag_of(user);
    }
    ClaimCell& cell = share(row, index);
    cell.user = user;
    return cell;
  }

  // In three steps, each after the one before has arrived: where the row lies, the row, the claims.
  void prefetch_place(PacketId packet) const {
    const Partition* partition = holding(packet);
    if (partition != nullptr) hb::prefetch(&page_of(*partition, number_of(packet)));
  }
  void prefetch(PacketId packet) const {
    if (const PacketRow* row = find(packet)) hb::prefetch(row);
  }
  void prefetch_claims(PacketId packet) const {
    const PacketRow* row = find(packet);
    if (row == nullptr) return;
    const ClaimCell* const cells = &claims_.get(row->claims);
    hb::prefetch(cells);
    hb::prefetch(first_share(*row) + row->claimed_count);  // where the next claim goes
    // A packet of many shares: the tags' end; what lies between follows by itself.
    if (tag_cells(row->share_count) != 0) hb::prefetch(first_tag(*row) + row->claimed_count);
  }
  // What a look at packets after their deadline will touch: their bits, and an open one's row.  A
  // timer's payload is its packet's slot.  All bits are asked for before any is looked at.
  template <class Timers>
  void prefetch_due(const Timers& timers) const {
    for (const auto& timer : timers) hb::prefetch(&open_.get(timer.payload / page_rows));
    for (const auto& timer : timers) {
      if (is_open(timer.payload)) hb::prefetch(&row(timer.payload));
    }
  }
  // Where the partition's next packet will lie, if its page is there.
  void prefetch_next(PartitionId partition) const {
    const Partition& p = partitions_[partition.value - first_.value];
    if (p.count % page_rows != 0) hb::prefetch(&row(slot(p, p.count + 1)));
  }

  std::size_t size() const { return count_; }
  std::size_t bytes() const {
    return pages_.bytes() + page_lists_.bytes() + open_.bytes() + claims_.bytes() +
           extras_.bytes() + recipients_.bytes();
  }

  // In the order of partitions and numbers.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::uint32_t p = 0; p < partitions_.size(); ++p) {
      const PartitionId partition(static_cast<std::uint16_t>(first_.value + p));
      for (std::uint64_t number = 1; number <= partitions_[p].count; ++number) {
        const Slot s = slot(partitions_[p], number);
        visit(packet_id(partition, number), s, row(s));
      }
    }
  }

 private:
  static constexpr std::uint32_t page_rows = 64;
  struct Page {
    PacketRow rows[page_rows];
  };
  struct alignas(32) Partition {
    const std::uint32_t* pages = nullptr;  // a run of page_lists_
    std::uint32_t pages_run = 0;
    std::uint32_t pages_max = 0;
    std::uint64_t count = 0;  // of packets
  };

  std::uint32_t index_of(PacketId packet) const {
    return static_cast<std::uint32_t>(partition_of(packet).value) - first_.value;
  }
  static std::uint64_t number_of(PacketId packet) { return packet.value >> limits::partition_bits; }
  // The packet's partition, or nothing where the packet is not known.
  const Partition* holding(PacketId packet) const {
    const std::uint32_t p = index_of(packet);
    if (p >= partitions_.size()) return nullptr;
    const std::uint64_t number = number_of(packet);
    return number == 0 || number > partitions_[p].count ? nullptr : &partitions_[p];
  }
  void add_page(Partition& p) {
    const auto pages = static_cast<std::uint32_t>(p.count / page_rows);
    if (pages == p.pages_max) {
      const std::uint32_t more = pages == 0 ? page_lists_.run_min : 2 * pages;
      const std::uint32_t run = page_lists_.allocate(more);
      std::copy_n(p.pages, pages, &page_lists_.get(run));
      if (pages != 0) page_lists_.free(p.pages_run, pages);
      p.pages = &page_lists_.get(run);
      p.pages_run = run;
      p.pages_max = more;
    }
    const std::uint32_t page = pages_.allocate();
    page_lists_.get(p.pages_run + pages) = page;
    const std::uint32_t open_word = open_.allocate();
    HB_ASSERT(open_word == page);
    open_.get(open_word) = 0;
  }
  // A packet of many shares keeps a byte of each claimer's hash side by side, so that looking for a
  // user touches a line or two and not every share.
  static constexpr std::uint16_t untagged_shares_max = 16;
  static std::uint32_t tag_cells(std::uint16_t share_count) {
    if (share_count <= untagged_shares_max) return 0;
    constexpr std::uint32_t tags_per_cell = sizeof(ClaimCell);
    return (share_count + tags_per_cell - 1) / tags_per_cell;
  }
  static std::uint8_t tag_of(UserId user) {
    return static_cast<std::uint8_t>(mix64(user.value) >> 24);
  }
  const std::uint8_t* first_tag(const PacketRow& row) const {
    return reinterpret_cast<const std::uint8_t*>(&claims_.get(row.claims) + 1);
  }
  const ClaimCell* first_share(const PacketRow& row) const {
    return &claims_.get(row.claims) + 1 + tag_cells(row.share_count);
  }
  ClaimCell* first_share(const PacketRow& row) {
    return &claims_.get(row.claims) + 1 + tag_cells(row.share_count);
  }

  // The cell before the shares, read as what it holds.
  template <class T>
  T first_cell(const PacketRow& row) const {
    static_assert(sizeof(T) == sizeof(ClaimCell));
    T value;
    std::memcpy(static_cast<void*>(&value), &claims_.get(row.claims), sizeof value);
    return value;
  }
  static std::uint64_t bit(Slot slot) { return std::uint64_t{1} << (slot % page_rows); }
  static Slot slot(const Partition& partition, std::uint64_t number) {
    return page_of(partition, number) * page_rows +
           static_cast<std::uint32_t>((number - 1) % page_rows);
  }
  static const std::uint32_t& page_of(const Partition& partition, std::uint64_t number) {
    return partition.pages[(number - 1) / page_rows];
  }

  PartitionId first_;
  std::vector<Partition> partitions_;
  Slab<Page> pages_;
  TableRuns<std::uint32_t> page_lists_;
  Slab<std::uint64_t> open_;  // by page: a bit a row
  static_assert(page_rows == 64);
  std::vector<PacketId> first_of_page_;
  Slab<ClaimCell> claims_;
  Slab<PacketExtras> extras_;
  Slab<UserId> recipients_;
  std::size_t count_ = 0;
  std::size_t open_count_ = 0;
};

}  // namespace hb
