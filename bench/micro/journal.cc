// The journal up to the disk's door: events put in place, blocks finished, chained and judged.
#include <benchmark/benchmark.h>

#include <cstring>
#include <memory>

#include "bench/micro/null_storage.h"
#include "bench/micro/registry.h"
#include "bench/micro/timing.h"
#include "engine/base/aligned_buffer.h"
#include "engine/base/assert.h"
#include "engine/journal/format.h"
#include "engine/journal/writer.h"
#include "engine/ledger/events.h"

namespace hb::bench {

namespace {

using benchmark::State;
using journal::BlockHeader;

constexpr Time now{1'700'000'000'000'000};

Claimed claimed(std::uint64_t i) {
  return {.share_index = static_cast<std::uint16_t>(i % 5),
          .amount_fen = 100,
          .at = now,
          .packet = PacketId((i << limits::partition_bits) | (i % limits::partitions)),
          .user = UserId(i + 1)};
}

PacketSent packet_sent(std::uint64_t i) {
  constexpr std::string_view remark = "Happy new year";
  PacketSent event{.units = units_for(offsetof(PacketSent, texts) + remark.size()),
                   .share_count = 10,
                   .at = now,
                   .packet = PacketId(i),
                   .sender = UserId(i + 1),
                   .total = Amount(1'000),
                   .key = {i, 1},
                   .kind = PacketKind::lucky,
                   .remark_bytes = remark.size()};
  remark.copy(event.texts, remark.size());
  return event;
}

// An event filled in and copied to its place, with its part of the blocks' finishing.
template <class Make>
void encode(State& state, const Make& make) {
  constexpr int events_per_step = 1'000;
  NullStorage storage;
  auto opened = journal::Writer::open(storage, {}, {}, {});
  HB_ASSERT(opened.has_value());
  journal::Writer& writer = **opened;
  writer.poll();
  std::uint64_t i = 0;
  for ([[maybe_unused]] auto _ : state) {
    if (writer.room_bytes() < events_per_step * sizeof(PacketSent)) {
      return state.SkipWithError("the journal has no room");
    }
    for (int n = 0; n < events_per_step; ++n) {
      const auto event = make(++i);
      std::memcpy(writer.append(event.units), &event, event.units * limits::record_unit_bytes);
    }
    writer.flush();
    writer.poll();
  }
  while (!writer.idle()) writer.poll();
  count_each(state, "per_event", state.iterations() * events_per_step);
}

// A block of whole claims.
class Block {
 public:
  explicit Block(std::size_t bytes)
      : memory_(bytes), records_((bytes - journal::header_bytes) / sizeof(Claimed)) {
    for (std::size_t i = 0; i < records_; ++i) {
      const Claimed event = claimed(i);
      std::memcpy(memory_.data() + journal::header_bytes + i * sizeof event, &event, sizeof event);
    }
  }
  std::span<std::byte> bytes() { return {memory_.data(), memory_.size()}; }
  BlockHeader header() const {
    BlockHeader header;
    header.number = 1;
    header.first_sequence = 1;
    header.block_bytes = static_cast<std::uint32_t>(memory_.size());
    header.payload_bytes = static_cast<std::uint32_t>(records_ * sizeof(Claimed));
    header.record_count = static_cast<std::uint32_t>(records_);
    header.shard_count = 1;
    return header;
  }

 private:
  AlignedBuffer memory_;
  std::size_t records_;
};

void finish(State& state) {
  Block block(static_cast<std::size_t>(state.range(0)));
  BlockHeader header = block.header();
  for ([[maybe_unused]] auto _ : state) {
    header.previous = journal::finish_block(block.bytes(), header);
    ++header.number;
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void checksum(State& state) {
  Block block(static_cast<std::size_t>(state.range(0)));
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(checksum128(block.bytes()));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void check(State& state) {
  Block block(static_cast<std::size_t>(state.range(0)));
  journal::finish_block(block.bytes(), block.header());
  for ([[maybe_unused]] auto _ : state) {
    const auto found =
        journal::check_block(block.bytes(), {}, {ShardId{0}, 1}, journal::BlockKind::records);
    if (found.verdict != journal::Verdict::good)
      return state.SkipWithError("the block is not good");
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

}  // namespace

void register_journal() {
  using benchmark::RegisterBenchmark;
  RegisterBenchmark("event/claimed", [](State& s) { encode(s, claimed); });
  RegisterBenchmark("event/packet_sent", [](State& s) { encode(s, packet_sent); });
  const auto add = [](const char* name, void (*measure)(State&)) {
    RegisterBenchmark(name, measure)->ArgName("bytes")->Arg(4 << 10)->Arg(64 << 10)->Arg(256 << 10);
  };
  add("block/finish", finish);
  add("block/checksum", checksum);
  add("block/check", check);
}

}  // namespace hb::bench
