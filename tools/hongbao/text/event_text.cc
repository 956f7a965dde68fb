#include "tools/hongbao/text/event_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>

#include "engine/base/checksum.h"
#include "engine/base/text.h"
#include "engine/ledger/events.h"
#include "tools/hongbao/text/event_fields.h"
#include "tools/hongbao/text/names.h"
#include "tools/hongbao/text/values.h"

namespace hb {

namespace {

using Json = nlohmann::ordered_json;

// A text of an event.  The record may say a longer one than it has room for.
std::string_view text_of(std::span<const char> room, std::size_t offset, std::size_t bytes) {
  offset = std::min(offset, room.size());
  bytes = std::min(bytes, room.size() - offset);
  return {room.data() + offset, bytes};
}

std::string commitment(const PrfKey& seed) {
  return to_hex(sha256(std::as_bytes(std::span(&seed, 1))));
}

// Those that the record has room for.
std::span<const UserId> recipients_in(const EventHeader* record, const PacketSent& event) {
  if (event.recipient_count == 0 || event.recipients_offset() >= record->bytes()) return {};
  const std::size_t room = (record->bytes() - event.recipients_offset()) / sizeof(UserId);
  const auto all = recipients_of(record, event);
  return all.first(std::min(all.size(), room));
}

std::string_view name(RefundRoute route) {
  switch (route) {
    case RefundRoute::wallet:
      return "wallet";
    case RefundRoute::payout:
      return "payout";
  }
  return "unknown";
}

std::string_view name(ReferenceUse use) {
  switch (use) {
    case ReferenceUse::incoming:
      return "incoming";
    case ReferenceUse::outgoing:
      return "outgoing";
  }
  return "unknown";
}

// The ends that a debit or a request for a reference can have.
std::string outcome(Status status) {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::insufficient_funds:
      return "insufficient_funds";
    case Status::wallet_frozen:
      return "wallet_frozen";
    case Status::wallet_unknown:
      return "wallet_unknown";
    case Status::reference_used:
      return "reference_used";
    default:
      return std::to_string(static_cast<unsigned>(status));
  }
}

// ---- the fields of each event -------------------------------------------------------------------

template <class Out>
void tell(const EventHeader*, const WalletOpened& e, Out& out) {
  out.number("user", e.user.value);
  out.text("name", text_of(e.name, 0, e.name_bytes));
  out.key(e.key);
}

template <class Out>
void tell(const EventHeader*, const MoneyMoved& e, Out& out) {
  out.number("user", e.user.value);
  out.fen("amount", e.amount.fen());
  out.fen("balance", e.balance.fen());
  out.text("reference", text_of(e.reference, 0, e.reference_bytes));
  out.key(e.key);
}

template <class Out>
void tell(const EventHeader*, const WalletSet& e, Out& out) {
  out.number("user", e.user.value);
  out.word("refund_target", name(e.refund_target));
  out.key(e.key);
}

// Who gave a support command, and why.
template <class Event, class Out>
void tell_support(const Event& e, Out& out) {
  out.text("by", text_of(e.texts, 0, e.operator_bytes));
  out.text("note", text_of(e.texts, e.operator_bytes, e.note_bytes));
  out.key(e.key);
}

template <class Out>
void tell(const EventHeader*, const FreezeSet& e, Out& out) {
  out.number(e.of_wallet() ? "user" : "packet", e.subject);
  tell_support(e, out);
}

template <class Out>
void tell(const EventHeader* record, const PacketSent& e, Out& out) {
  const auto has = [&](std::uint8_t flag) { return (e.flags & flag) != 0; };
  out.number("packet", e.packet.value);
  out.number("sender", e.sender.value);
  out.word("kind", name(e.kind));
  out.word("split", name(e.split));
  out.number("share_count", e.share_count);
  out.fen("total", e.total.fen());
  out.fen("share_fen_min", e.share_fen_min);
  out.fen("share_fen_max", e.share_fen_max);
  out.time("opens_at", e.opens_at);
  out.time("expires_at", e.expires_at);
  out.fen("balance", e.balance.fen());
  // A server leaves the seed of an open packet at zero, and every seed in its feed.
  const bool hidden = (e.seed.k0 | e.seed.k1) == 0;
  out.seed_commitment(hidden ? std::string() : commitment(e.seed));
  out.flag("needs_code", e.code_tag != 0);
  out.flag("sender_may_claim", !has(PacketSent::sender_excluded));
  out.flag("recallable", has(PacketSent::recallable));
  out.word("funding",
           name(has(PacketSent::external) ? FundingSource::external : FundingSource::wallet));
  out.text("remark", text_of(e.texts, 0, e.remark_bytes));
  out.text("group", text_of(e.texts, e.remark_bytes, e.group_bytes));
  out.text("reference",
           text_of(e.texts, std::size_t{e.remark_bytes} + e.group_bytes, e.reference_bytes));
  out.users("recipients", recipients_in(record, e));
  out.if_any("cap_day", e.cap_day);
  // Under the key the server says whether a guessed code is the right one.
  out.key(e.code_tag == 0 ? e.key : Key128{});
}

template <class Out>
void tell(const EventHeader*, const Claimed& e, Out& out) {
  out.number("packet", e.packet.value);
  out.number("user", e.user.value);
  out.number("share_index", e.share_index);
  out.fen("amount_fen", e.amount_fen);
}

template <class Out>
void tell(const EventHeader*, const CodeTried& e, Out& out) {
  out.number("packet", e.packet.value);
  out.number("user", e.user.value);
  out.number("tries", e.tries);
}

template <class Out>
void tell(const EventHeader*, const Refunded& e, Out& out) {
  out.number("packet", e.packet.value);
  out.fen("amount", e.amount.fen());
  out.word("route", name(e.route));
}

template <class Out>
void tell(const EventHeader*, const PacketRecalled& e, Out& out) {
  out.number("packet", e.packet.value);
  out.fen("amount", e.amount.fen());
  out.word("route", name(e.route));
  out.key(e.key);
}

template <class Out>
void tell(const EventHeader*, const PayoutConfirmed& e, Out& out) {
  out.number("packet", e.packet.value);
  out.fen("amount", e.amount.fen());
  out.text("reference", text_of(e.reference, 0, e.reference_bytes));
  out.key(e.key);
}

template <class Out>
void tell(const EventHeader*, const TransferSent& e, Out& out) {
  out.number("transfer", e.transfer.value);
  out.number("sender", e.sender.value);
  out.number("recipient", e.recipient.value);
  out.fen("amount", e.amount.fen());
  out.time("expires_at", e.expires_at);
  out.duration_us("arrives_after", e.arrives_after);
  out.fen("balance", e.balance.fen());
  out.text("remark", text_of(e.remark, 0, e.remark_bytes));
  out.if_any("cap_day", e.cap_day);
  out.key(e.key);
}

template <class Out>
void tell(const EventHeader*, const TransferAccepted& e, Out& out) {
  out.number("transfer", e.transfer.value);
  out.fen("amount", e.amount.fen());
  out.time("arrives_at", e.arrives_at);
  out.key(e.key);
}

template <class Out>
void tell(const EventHeader*, const TransferArrived& e, Out& out) {
  out.number("transfer", e.transfer.value);
  out.fen("amount", e.amount.fen());
}

template <class Out>
void tell(const EventHeader*, const TransferClosed& e, Out& out) {
  out.number("transfer", e.transfer.value);
  out.word("state", name(e.state));
  out.fen("amount", e.amount.fen());
  out.if_any("case_id", e.case_id.value);
  out.key(e.key);
}

template <class Out>
void tell(const EventHeader*, const ReturnRequested& e, Out& out) {
  out.number("packet", e.packet.value);
  out.number("user", e.user.value);
  out.number("share_index", e.share_index);
  out.fen("amount", e.amount.fen());
  out.flag("forced", e.forced != 0);
  out.if_any("case_id", e.case_id.value);
  out.key(e.key);
}

template <class Out>
void tell(const EventHeader*, const DebitDecided& e, Out& out) {
  out.number("user", e.user.value);
  out.number("packet", e.packet.value);
  out.number("share_index", e.share_index);
  out.word("status", outcome(e.status));
  out.fen("wanted", e.wanted.fen());
  out.fen("taken", e.taken.fen());
  out.fen("balance", e.balance.fen());
  out.flag("forced", e.forced != 0);
  out.number("source_shard", e.source);
  out.number("source_sequence", e.source_sequence.value);
}

template <class Out>
void tell(const EventHeader*, const ReturnSettled& e, Out& out) {
  out.number("packet", e.packet.value);
  out.number("user", e.user.value);
  out.number("share_index", e.share_index);
  out.word("status", outcome(e.status));
  out.fen("taken", e.taken.fen());
  out.fen("shortfall", e.shortfall.fen());
  out.flag("forced", e.forced != 0);
  out.if_any("case_id", e.case_id.value);
  out.number("answer_shard", e.answer_shard);
  out.if_any("answer_sequence", e.answer_sequence.value);
  out.key(e.key);
}

template <class Out>
void tell(const EventHeader*, const CaseOpened& e, Out& out) {
  out.number("case_id", e.case_id.value);
  out.number("subject", e.subject.value);
  out.if_any("user", e.user.value);
  tell_support(e, out);
}

template <class Out>
void tell(const EventHeader*, const CaseResolved& e, Out& out) {
  out.number("case_id", e.case_id.value);
  out.word("decision", name(e.decision));
  out.if_any("user", e.user.value);
  tell_support(e, out);
}

// The rail's text stands in the event that uses it; messages name it by its digest.
template <class Out>
void tell_reference(ReferenceUse use, const ReferenceName& reference, Out& out) {
  out.word("use", name(use));
  out.word("reference_digest", to_hex(std::as_bytes(std::span(&reference, 1))));
}

template <class Out>
void tell(const EventHeader*, const ReferenceRequested& e, Out& out) {
  tell_reference(e.use, e.reference, out);
  out.flag("told", e.told != 0);
  out.key(Key128{});  // it may be that of a packet with a code
}

template <class Out>
void tell(const EventHeader*, const ReferenceDecided& e, Out& out) {
  tell_reference(e.use, e.reference, out);
  out.word("status", outcome(e.status));
  out.flag("told", e.told != 0);
  out.number("source_shard", e.source);
  out.number("source_sequence", e.source_sequence.value);
}

template <class Out>
void tell(const EventHeader*, const ReferenceSettled& e, Out& out) {
  tell_reference(e.use, e.reference, out);
  out.word("status", outcome(e.status));
  out.number("request", e.request.value);
  out.number("answer_shard", e.home);
  out.number("answer_sequence", e.answer_sequence.value);
}

template <class Out>
void tell(const EventHeader*, const ReferenceReleased& e, Out& out) {
  tell_reference(e.use, e.reference, out);
  out.number("request", e.request.value);
}

template <class Out>
void tell(const EventHeader*, const ReferenceFreed& e, Out& out) {
  tell_reference(e.use, e.reference, out);
  out.number("request", e.request.value);
  out.number("source_shard", e.source);
  out.number("source_sequence", e.source_sequence.value);
}

template <class Out>
void tell(const EventHeader*, const CreditReceived& e, Out& out) {
  out.number("user", e.user.value);
  out.fen("amount_fen", e.amount_fen);
  out.number("source_shard", e.source);
  out.number("source_sequence", e.source_sequence.value);
}

template <class Out>
void tell(const EventHeader*, const CreditsAcknowledged& e, Out& out) {
  out.number("target_shard", e.target);
  out.number("through", e.through.value);
}

template <class Out>
void tell(const EventHeader*, const ReceiveCapReached& e, Out& out) {
  out.number("user", e.user.value);
  out.number("day", e.day);
  out.number("count", e.count);
  out.fen("amount", e.amount.fen());
}

template <class Out>
void tell(const EventHeader*, const ReceiveCapHeard& e, Out& out) {
  out.number("user", e.user.value);
  out.number("day", e.day);
  out.number("count", e.count);
  out.fen("amount", e.amount.fen());
  out.number("source_shard", e.source);
  out.number("source_sequence", e.source_sequence.value);
}

// ---- their table --------------------------------------------------------------------------------

struct EventWords {
  EventType type;
  std::string_view name;
  void (*text)(const EventHeader*, TextFields&);
  void (*json)(const EventHeader*, JsonFields&);
};

template <class Event, class Out>
void read_and_tell(const EventHeader* record, Out& out) {
  tell(record, read_event<Event>(record), out);
}

template <class Event>
constexpr EventWords words_of(EventType type, std::string_view name) {
  return {type, name, read_and_tell<Event, TextFields>, read_and_tell<Event, JsonFields>};
}

constexpr EventWords words[] = {
    words_of<WalletOpened>(EventType::wallet_opened, "wallet_opened"),
    words_of<MoneyMoved>(EventType::deposited, "deposited"),
    words_of<MoneyMoved>(EventType::withdrawn, "withdrawn"),
    words_of<PacketSent>(EventType::packet_sent, "packet_sent"),
    words_of<Claimed>(EventType::claimed, "claimed"),
    words_of<Refunded>(EventType::refunded, "refunded"),
    words_of<CreditReceived>(EventType::credit_received, "credit_received"),
    words_of<CreditsAcknowledged>(EventType::credits_acknowledged, "credits_acknowledged"),
    words_of<WalletSet>(EventType::wallet_set, "wallet_set"),
    words_of<FreezeSet>(EventType::wallet_frozen, "wallet_frozen"),
    words_of<FreezeSet>(EventType::wallet_unfrozen, "wallet_unfrozen"),
    words_of<FreezeSet>(EventType::packet_frozen, "packet_frozen"),
    words_of<FreezeSet>(EventType::packet_unfrozen, "packet_unfrozen"),
    words_of<CodeTried>(EventType::code_tried, "code_tried"),
    words_of<PacketRecalled>(EventType::packet_recalled, "packet_recalled"),
    words_of<PayoutConfirmed>(EventType::payout_confirmed, "payout_confirmed"),
    words_of<TransferSent>(EventType::transfer_sent, "transfer_sent"),
    words_of<TransferAccepted>(EventType::transfer_accepted, "transfer_accepted"),
    words_of<TransferArrived>(EventType::transfer_arrived, "transfer_arrived"),
    words_of<TransferClosed>(EventType::transfer_closed, "transfer_closed"),
    words_of<ReturnRequested>(EventType::return_requested, "return_requested"),
    words_of<DebitDecided>(EventType::debit_decided, "debit_decided"),
    words_of<ReturnSettled>(EventType::return_settled, "return_settled"),
    words_of<CaseOpened>(EventType::case_opened, "case_opened"),
    words_of<CaseResolved>(EventType::case_resolved, "case_resolved"),
    words_of<ReferenceRequested>(EventType::reference_requested, "reference_requested"),
    words_of<ReferenceDecided>(EventType::reference_decided, "reference_decided"),
    words_of<ReferenceSettled>(EventType::reference_settled, "reference_settled"),
    words_of<ReferenceReleased>(EventType::reference_released, "reference_released"),
    words_of<ReferenceFreed>(EventType::reference_freed, "reference_freed"),
    words_of<ReceiveCapReached>(EventType::receive_cap_reached, "receive_cap_reached"),
    words_of<ReceiveCapHeard>(EventType::receive_cap_heard, "receive_cap_heard"),
};

const EventWords* words_for(EventType type) {
  const auto* it = std::ranges::find(words, type, &EventWords::type);
  return it == std::end(words) ? nullptr : it;
}

}  // namespace

std::string_view event_name(EventType type) {
  const EventWords* known = words_for(type);
  return known ? known->name : "unknown";
}

std::string to_text(const journal::Record& record) {
  const EventHeader& event = *record.event;
  const EventWords* known = words_for(event.type);
  std::string text = fmt::format("{:>8}  {}  {:<17}  ", record.sequence.value,
                                 format_time(event.at), event_name(event.type));
  if (known) {
    TextFields fields(text);
    known->text(record.event, fields);
  } else {
    fmt::format_to(std::back_inserter(text), "type {}, {} bytes, written by a newer version",
                   static_cast<unsigned>(event.type), event.bytes());
  }
  return text;
}

Json to_json(ShardId shard, std::optional<journal::Position> position,
             const journal::Record& record) {
  const EventHeader& event = *record.event;
  const EventWords* known = words_for(event.type);
  Json json{{"shard", shard.value}, {"sequence", record.sequence.value}};
  if (position) {
    json["segment"] = position->segment;
    json["offset"] = position->offset;
  }
  json["event"] = event_name(event.type);
  json["type"] = static_cast<unsigned>(event.type);
  json["at"] = event.at.us();
  if (known) {
    JsonFields fields(json);
    known->json(record.event, fields);
  } else {
    json["bytes"] = event.bytes();
  }
  return json;
}

Error in_directory(const std::string& directory, Error error) {
  const bool names_file = error.message.starts_with(directory);
  if (!names_file) error.message = directory + "/" + error.message;
  return error;
}

std::string tail_text(const journal::Tail& tail) {
  if (!tail.torn()) return "tail clean";
  return fmt::format(
      "tail torn at {} (unfinished writes of a running or killed server; nothing acknowledged)",
      journal::to_string(tail.torn_at));
}

Json tail_json(const journal::Tail& tail) {
  Json json{{"state", tail.torn() ? "torn" : "clean"},
            {"last_sequence", tail.last_sequence().value},
            {"segment", tail.end.segment},
            {"offset", tail.end.offset}};
  if (tail.torn()) {
    json["torn_at"] = {{"segment", tail.torn_at.segment}, {"offset", tail.torn_at.offset}};
  }
  return json;
}

}  // namespace hb
