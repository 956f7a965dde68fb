// A history of one shard, written event by event, right or wrong, and fed to the verifier's books.
//
// Each call is one event, a second after the one before it, unless at() says otherwise.  Balances
// are recorded as given, so a test states them.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/base/partition.h"
#include "engine/ledger/events.h"
#include "tools/hongbao/verifier/books.h"

namespace hb::test {

struct Terms {
  PacketKind kind = PacketKind::lucky;
  std::uint16_t share_count = 3;
  std::uint32_t share_fen_min = 1;
  std::uint32_t share_fen_max = 20'000;
  Duration life = Duration::hours(24);
  std::string_view remark{};
};

class History {
 public:
  explicit History(journal::Identity identity = {ShardId(0), 1}) : books_(identity, *violations_) {}

  // The next event's time, in seconds since the history's start.
  History& at(std::int64_t seconds);
  // The same, to the microsecond.
  History& at_us(std::int64_t us);
  // The next event's key; each has its own otherwise.
  History& with_key(Key128 key);

  History& open(UserId user, std::string_view name = {});
  History& deposit(UserId user, std::int64_t fen, std::int64_t balance_fen);
  History& withdraw(UserId user, std::int64_t fen, std::int64_t balance_fen);
  History& send(PacketId packet, UserId sender, std::int64_t total_fen, std::int64_t balance_fen,
                const Terms& terms = {});
  History& claim(PacketId packet, UserId user, std::uint16_t share_index, std::uint32_t amount_fen);
  History& refund(PacketId packet, std::int64_t fen);

  // An event as it is; its time is the next one's.  Returns what the books made of it.
  template <class Event>
  Result<void> feed(Event event, std::size_t bytes = sizeof(Event)) {
    event.at = next_at();
    event.units = units_for(bytes);
    std::memset(record_, 0, sizeof record_);
    std::memcpy(record_, &event, bytes);
    return book();
  }
  // Leaves out so many sequence numbers.
  History& skip(std::uint64_t count);

  // Closes the books; the rules that were violated, in the order they were found.
  std::vector<verifier::Rule> broken_rules();

  verifier::Books& books() { return books_; }
  const verifier::Violations& violations() const { return *violations_; }

 private:
  Time next_at();
  Key128 next_key();
  Result<void> book();

  std::unique_ptr<verifier::Violations> violations_ = std::make_unique<verifier::Violations>();
  verifier::Books books_;
  Sequence sequence_{};
  Time now_{1'700'000'000'000'000};
  bool time_is_set_ = false;
  Key128 key_{};
  std::uint64_t keys_ = 0;
  alignas(32) std::byte record_[limits::record_bytes_max];
};

}  // namespace hb::test
