// A shard's events, written one by one, right or wrong, for whoever takes them.
//
// Each call is one event, a second after the one before it, unless at() says otherwise.  Balances
// and amounts are recorded as given, so a test states them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "engine/base/partition.h"
#include "engine/base/result.h"
#include "engine/ledger/events.h"

namespace hb::test {

struct Terms {
  PacketKind kind = PacketKind::lucky;
  Split split = Split::by_kind;
  std::uint16_t share_count = 3;
  std::uint32_t share_fen_min = 1;
  std::uint32_t share_fen_max = 20'000;
  Duration opens_in{};                  // 0: at once
  Duration life = Duration::hours(24);  // from opening
  std::uint8_t flags = 0;
  std::uint64_t code_tag = 0;
  std::string_view remark{};
  std::string_view reference{};
  std::vector<UserId> recipients{};
};

struct TransferTerms {
  Duration arrives_after{};
  Duration life = Duration::hours(24);
};

class EventScript {
 public:
  explicit EventScript(Time start) : start_(start), now_(start) {}
  virtual ~EventScript() = default;
  EventScript(EventScript&&) = default;
  EventScript& operator=(EventScript&&) = default;

  // The next event's time, in seconds since the script's start.
  EventScript& at(std::int64_t seconds);
  // The same, to the microsecond.
  EventScript& at_us(std::int64_t us);
  // The next event's key; each has its own otherwise.
  EventScript& with_key(Key128 key);

  EventScript& open(UserId user, std::string_view name = {});
  EventScript& deposit(UserId user, std::int64_t fen, std::int64_t balance_fen,
                       std::string_view reference = {});
  EventScript& withdraw(UserId user, std::int64_t fen, std::int64_t balance_fen);
  EventScript& set_refund_target(UserId user, RefundTarget target);
  EventScript& freeze(UserId user, std::string_view by = "ann");
  EventScript& unfreeze(UserId user);
  EventScript& freeze(PacketId packet);
  EventScript& unfreeze(PacketId packet);

  EventScript& send(PacketId packet, UserId sender, std::int64_t total_fen,
                    std::int64_t balance_fen, const Terms& terms = {});
  EventScript& claim(PacketId packet, UserId user, std::uint16_t share_index,
                     std::uint32_t amount_fen);
  EventScript& try_code(PacketId packet, UserId user, std::uint16_t tries);
  EventScript& refund(PacketId packet, std::int64_t fen, RefundRoute route = RefundRoute::wallet);
  EventScript& recall(PacketId packet, std::int64_t fen, RefundRoute route = RefundRoute::wallet);
  EventScript& confirm_payout(PacketId packet, std::int64_t fen,
                              std::string_view reference = "rail-1");

  EventScript& send_transfer(PacketId transfer, UserId sender, UserId recipient, std::int64_t fen,
                             std::int64_t balance_fen, const TransferTerms& terms = {});
  EventScript& accept(PacketId transfer, std::int64_t fen, Duration arrives_after = {});
  EventScript& arrive(PacketId transfer, std::int64_t fen);
  EventScript& close(PacketId transfer, TransferState state, std::int64_t fen,
                     CaseId for_case = {});

  // Forced when it is for a case.
  EventScript& request_return(PacketId packet, UserId user, std::uint16_t share_index,
                              std::int64_t fen, CaseId for_case = {});
  // A return between two wallets of this shard, likewise.
  EventScript& return_here(PacketId packet, UserId user, std::uint16_t share_index,
                           std::int64_t taken_fen, CaseId for_case = {},
                           std::int64_t shortfall_fen = 0);
  EventScript& open_case(CaseId id, PacketId subject, UserId user, std::string_view by = "ann");
  EventScript& resolve_case(CaseId id, Decision decision, UserId user, std::string_view by = "bob");

  EventScript& receive(ShardId source, Sequence sequence, UserId user, std::uint32_t fen);
  EventScript& acknowledge(ShardId target, Sequence through);

  // An event as it is; its time is the next one's.  Returns what became of it.
  template <class Event>
  Result<void> feed(Event event, std::size_t bytes = sizeof(Event),
                    std::span<const UserId> recipients = {}) {
    event.at = next_at();
    event.units = units_for(bytes);
    std::memset(record_, 0, sizeof record_);
    std::memcpy(record_, &event, std::min(bytes, sizeof event));
    if (!recipients.empty()) {
      std::memcpy(record_ + bytes - recipients.size_bytes(), recipients.data(),
                  recipients.size_bytes());
    }
    ++sequence_.value;
    return take(sequence_, reinterpret_cast<const EventHeader*>(record_));
  }
  // Leaves out so many sequence numbers.
  EventScript& skip(std::uint64_t count);

  // Of the last event.
  Sequence sequence() const { return sequence_; }
  Key128 last_key() const { return last_key_; }

 private:
  virtual Result<void> take(Sequence sequence, const EventHeader* record) = 0;

  template <class Event>
  EventScript& must(const Event& event, std::size_t bytes = sizeof(Event),
                    std::span<const UserId> recipients = {});
  EventScript& set_frozen(EventType type, std::uint64_t subject, std::string_view by);
  Time peek_at() const;
  Time next_at();
  Key128 next_key();

  Time start_;
  Time now_;
  Sequence sequence_{};
  bool time_is_set_ = false;
  Key128 key_{};
  Key128 last_key_{};
  std::uint64_t keys_ = 0;
  alignas(32) std::byte record_[limits::record_bytes_max];
};

}  // namespace hb::test
