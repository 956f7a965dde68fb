#include "tools/hongbao/case_movements.h"

#include <optional>
#include <utility>

#include "engine/ledger/events.h"

namespace hb::cli {

namespace {

constexpr const char* escrow = "escrow";
constexpr const char* rail = "rail";  // outside of the books
constexpr const char* payout = "payout";
constexpr const char* transit = "transit";  // between two shards

std::string wallet(UserId user) {
  return "wallet " + std::to_string(user.value);
}

struct Flow {
  std::string from;
  std::string to;
  Amount amount{};
};

// Who the parties are is said by the first event of a history; the later ones take it from there.
class Reader {
 public:
  std::optional<Flow> read(const EventHeader* record) {
    switch (record->type) {
      case EventType::packet_sent:
        return sent(read_event<PacketSent>(record));
      case EventType::claimed:
        return claimed(read_event<Claimed>(record));
      case EventType::refunded:
        return back(read_event<Refunded>(record));
      case EventType::packet_recalled:
        return back(read_event<PacketRecalled>(record));
      case EventType::payout_confirmed:
        return Flow{payout, rail, read_event<PayoutConfirmed>(record).amount};
      case EventType::transfer_sent:
        return sent(read_event<TransferSent>(record));
      case EventType::transfer_accepted:
        return accepted(read_event<TransferAccepted>(record));
      case EventType::transfer_arrived:
        return Flow{escrow, wallet(recipient_), read_event<TransferArrived>(record).amount};
      case EventType::transfer_closed:
        return Flow{escrow, wallet(sender_), read_event<TransferClosed>(record).amount};
      case EventType::debit_decided:
        return debited(read_event<DebitDecided>(record));
      case EventType::return_settled:
        return settled(read_event<ReturnSettled>(record));
      default:
        return std::nullopt;
    }
  }

 private:
  Flow sent(const PacketSent& e) {
    sender_ = e.sender;
    const bool external = (e.flags & PacketSent::external) != 0;
    return {external ? rail : wallet(e.sender), escrow, e.total};
  }
  Flow sent(const TransferSent& e) {
    sender_ = e.sender;
    recipient_ = e.recipient;
    return {wallet(e.sender), escrow, e.amount};
  }
  static Flow claimed(const Claimed& e) { return {escrow, wallet(e.user), Amount(e.amount_fen)}; }
  template <class Event>
  Flow back(const Event& e) const {
    return {escrow, e.route == RefundRoute::payout ? payout : wallet(sender_), e.amount};
  }
  std::optional<Flow> accepted(const TransferAccepted& e) const {
    if (!e.arrives_at_once()) return std::nullopt;
    return Flow{escrow, wallet(recipient_), e.amount};
  }
  static Flow debited(const DebitDecided& e) { return {wallet(e.user), transit, e.taken}; }
  Flow settled(const ReturnSettled& e) const {
    const bool from_here = e.answer_sequence == Sequence{};
    return {from_here ? wallet(e.user) : transit, wallet(sender_), e.taken};
  }

  UserId sender_{};
  UserId recipient_{};
};

}  // namespace

std::vector<CaseMovement> movements_in(const std::vector<archive::HistoryRecord>& history) {
  std::vector<CaseMovement> movements;
  Reader reader;
  for (const archive::HistoryRecord& record : history) {
    const auto* event = reinterpret_cast<const EventHeader*>(record.record.data());
    std::optional<Flow> flow = reader.read(event);
    if (!flow || flow->amount == Amount{}) continue;
    movements.push_back({record.shard, record.sequence, event->at, std::move(flow->from),
                         std::move(flow->to), flow->amount});
  }
  return movements;
}

}  // namespace hb::cli
