#include "tools/hongbao/verifier/books.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/container_hash/hash.hpp>
#include <cstddef>
#include <limits>

#include "engine/base/limits.h"
#include "engine/base/partition.h"

namespace hb::verifier {

namespace {

// How long a key is promised to be remembered.
constexpr Duration key_life = Duration::hours(48);

}  // namespace

// ---- events -------------------------------------------------------------------------------------

// One line a type of event: the length that its content needs, and how it is booked.
struct Books::EventRule {
  EventType type;
  std::size_t (*bytes)(const EventHeader*);
  void (Books::*book)(const EventHeader*);
};

namespace {

// The length of an event with a text that is longer than any may be.
constexpr std::size_t impossible = std::numeric_limits<std::size_t>::max();

template <class Event>
std::size_t fixed_bytes(const EventHeader*) {
  return sizeof(Event);
}

std::size_t deposited_bytes(const EventHeader* record) {
  const auto event = read_event<MoneyMoved>(record);
  return event.reference_bytes <= limits::reference_bytes_max ? event.bytes() : impossible;
}

// A withdrawal has no text.
std::size_t withdrawn_bytes(const EventHeader*) {
  return offsetof(MoneyMoved, reference);
}

std::size_t wallet_opened_bytes(const EventHeader* record) {
  const auto event = read_event<WalletOpened>(record);
  if (event.name_bytes > limits::name_bytes_max) return impossible;
  return offsetof(WalletOpened, name) + event.name_bytes;
}

std::size_t packet_sent_bytes(const EventHeader* record) {
  const auto event = read_event<PacketSent>(record);
  const bool possible = event.remark_bytes <= limits::remark_bytes_max &&
                        event.group_bytes <= limits::group_bytes_max &&
                        event.reference_bytes <= limits::reference_bytes_max;
  return possible ? event.bytes() : impossible;
}

std::size_t payout_confirmed_bytes(const EventHeader* record) {
  const auto event = read_event<PayoutConfirmed>(record);
  return event.reference_bytes <= limits::reference_bytes_max ? event.bytes() : impossible;
}

std::size_t transfer_sent_bytes(const EventHeader* record) {
  const auto event = read_event<TransferSent>(record);
  return event.remark_bytes <= limits::remark_bytes_max ? event.bytes() : impossible;
}

// An event that an operator caused.
template <class Event>
std::size_t support_bytes(const EventHeader* record) {
  const auto event = read_event<Event>(record);
  const bool possible = event.operator_bytes <= limits::operator_bytes_max &&
                        event.note_bytes <= limits::note_bytes_max;
  return possible ? event.bytes() : impossible;
}

bool fits(const EventHeader& record, std::size_t bytes) {
  return bytes <= record.bytes() && record.bytes() - bytes < limits::record_unit_bytes;
}

}  // namespace

const Books::EventRule* Books::rule_for(EventType type) {
  static constexpr EventRule rules[] = {
      {EventType::wallet_opened, wallet_opened_bytes,
       &Books::read_and_book<WalletOpened, &Books::open_wallet>},
      {EventType::deposited, deposited_bytes, &Books::read_and_book<MoneyMoved, &Books::deposit>},
      {EventType::withdrawn, withdrawn_bytes, &Books::read_and_book<MoneyMoved, &Books::withdraw>},
      {EventType::packet_sent, packet_sent_bytes, &Books::read_and_send},
      {EventType::claimed, fixed_bytes<Claimed>, &Books::read_and_book<Claimed, &Books::claim>},
      {EventType::refunded, fixed_bytes<Refunded>, &Books::read_and_book<Refunded, &Books::refund>},
      {EventType::credit_received, fixed_bytes<CreditReceived>,
       &Books::read_and_book<CreditReceived, &Books::receive_credit>},
      {EventType::credits_acknowledged, fixed_bytes<CreditsAcknowledged>,
       &Books::read_and_book<CreditsAcknowledged, &Books::acknowledge_messages>},
      {EventType::wallet_set, fixed_bytes<WalletSet>,
       &Books::read_and_book<WalletSet, &Books::set_wallet>},
      {EventType::wallet_frozen, support_bytes<FreezeSet>,
       &Books::read_and_book<FreezeSet, &Books::freeze>},
      {EventType::wallet_unfrozen, support_bytes<FreezeSet>,
       &Books::read_and_book<FreezeSet, &Books::freeze>},
      {EventType::packet_frozen, support_bytes<FreezeSet>,
       &Books::read_and_book<FreezeSet, &Books::freeze>},
      {EventType::packet_unfrozen, support_bytes<FreezeSet>,
       &Books::read_and_book<FreezeSet, &Books::freeze>},
      {EventType::code_tried, fixed_bytes<CodeTried>,
       &Books::read_and_book<CodeTried, &Books::try_code>},
      {EventType::packet_recalled, fixed_bytes<PacketRecalled>,
       &Books::read_and_book<PacketRecalled, &Books::recall>},
      {EventType::payout_confirmed, payout_confirmed_bytes,
       &Books::read_and_book<PayoutConfirmed, &Books::confirm_payout>},
      {EventType::transfer_sent, transfer_sent_bytes,
       &Books::read_and_book<TransferSent, &Books::send_transfer>},
      {EventType::transfer_accepted, fixed_bytes<TransferAccepted>,
       &Books::read_and_book<TransferAccepted, &Books::accept_transfer>},
      {EventType::transfer_arrived, fixed_bytes<TransferArrived>,
       &Books::read_and_book<TransferArrived, &Books::arrive_transfer>},
      {EventType::transfer_closed, fixed_bytes<TransferClosed>,
       &Books::read_and_book<TransferClosed, &Books::close_transfer>},
      {EventType::return_requested, fixed_bytes<ReturnRequested>,
       &Books::read_and_book<ReturnRequested, &Books::request_return>},
      {EventType::debit_decided, fixed_bytes<DebitDecided>,
       &Books::read_and_book<DebitDecided, &Books::decide_debit>},
      {EventType::return_settled, fixed_bytes<ReturnSettled>,
       &Books::read_and_book<ReturnSettled, &Books::settle_return>},
      {EventType::case_opened, support_bytes<CaseOpened>,
       &Books::read_and_book<CaseOpened, &Books::open_case>},
      {EventType::case_resolved, support_bytes<CaseResolved>,
       &Books::read_and_book<CaseResolved, &Books::resolve_case>},
      {EventType::reference_requested, fixed_bytes<ReferenceRequested>,
       &Books::read_and_book<ReferenceRequested, &Books::request_reference>},
      {EventType::reference_decided, fixed_bytes<ReferenceDecided>,
       &Books::read_and_book<ReferenceDecided, &Books::decide_reference>},
      {EventType::reference_settled, fixed_bytes<ReferenceSettled>,
       &Books::read_and_book<ReferenceSettled, &Books::settle_reference>},
      {EventType::reference_released, fixed_bytes<ReferenceReleased>,
       &Books::read_and_book<ReferenceReleased, &Books::release_reference>},
      {EventType::reference_freed, fixed_bytes<ReferenceFreed>,
       &Books::read_and_book<ReferenceFreed, &Books::free_reference>},
      {EventType::receive_cap_reached, fixed_bytes<ReceiveCapReached>,
       &Books::read_and_book<ReceiveCapReached, &Books::reach_cap>},
      {EventType::receive_cap_heard, fixed_bytes<ReceiveCapHeard>,
       &Books::read_and_book<ReceiveCapHeard, &Books::hear_of_cap>},
  };
  const auto* rule = std::ranges::find(rules, type, &EventRule::type);
  return rule == std::end(rules) ? nullptr : rule;
}

void Books::read_and_send(const EventHeader* record) {
  const auto event = read_event<PacketSent>(record);
  send(event, recipients_of(record, event));
}

Result<void> Books::record(const journal::Record& record, journal::Position position) {
  const EventRule* rule = rule_for(record.event->type);
  if (rule == nullptr) {
    return fail(ErrorCode::newer_format,
                fmt::format("{}: event {} has type {}, which a newer version wrote; use that "
                            "version's tools",
                            journal::to_string(position), record.sequence.value,
                            static_cast<unsigned>(record.event->type)));
  }
  here_.shard = identity_.shard;
  here_.position = position;
  check_order(record);
  const std::size_t bytes = rule->bytes(record.event);
  if (bytes == impossible) {
    violate(Rule::record_malformed, "a text of the event is longer than any may be");
  } else if (!fits(*record.event, bytes)) {
    violate(Rule::record_malformed, fmt::format("the event has {} bytes, its content needs {}",
                                                record.event->bytes(), bytes));
  } else {
    (this->*rule->book)(record.event);
  }
  return {};
}

// ---- what all events have -----------------------------------------------------------------------

void Books::check_order(const journal::Record& record) {
  const std::uint64_t expected = here_.sequence.value + 1;
  here_.sequence = record.sequence;
  last_sequence_ = record.sequence;
  if (record.sequence.value != expected) {
    violate(Rule::sequence_gap,
            fmt::format("event {} where {} should follow", record.sequence.value, expected));
  }
  const Time at = record.event->at;
  if (figures_.events == 0) {
    figures_.first_at = at;
    now_ = at;
  } else if (at < now_) {
    violate(Rule::time_went_back,
            fmt::format("time {} us after an event of {} us", at.us(), now_.us()));
  }
  now_ = std::max(now_, at);
  figures_.last_at = now_;
  ++figures_.events;
}

std::size_t Books::KeyPlaceHash::operator()(const KeyPlace& place) const noexcept {
  std::size_t seed = 0;
  boost::hash_combine(seed, place.first.value);
  boost::hash_combine(seed, place.second.high);
  boost::hash_combine(seed, place.second.low);
  return seed;
}

void Books::check_key(PartitionId partition, Key128 key) {
  if (key.empty()) return violate(Rule::key_missing, "a command's event without key");
  while (!key_order_.empty() && wide(now_.us()) - key_order_.front().first.us() >= key_life.us()) {
    const auto& [used_at, place] = key_order_.front();
    const auto it = keys_.find(place);
    if (it != keys_.end() && it->second == used_at) keys_.erase(it);
    key_order_.pop_front();
  }
  const KeyPlace place{partition, key};
  const auto [it, is_new] = keys_.try_emplace(place, now_);
  if (!is_new) {
    violate(Rule::key_reused, fmt::format("key {:016x}{:016x} was used {} us before", key.high,
                                          key.low, now_.us() - it->second.us()));
    it->second = now_;
  }
  key_order_.emplace_back(now_, place);
}

bool Books::is_home(PartitionId partition) const {
  return shard_of(partition, identity_.shard_count) == identity_.shard;
}

void Books::check_home(PartitionId partition, const char* what, std::uint64_t id) {
  if (is_home(partition)) return;
  violate(Rule::foreign_partition, fmt::format("{} {} belongs to shard {}", what, id,
                                               shard_of(partition, identity_.shard_count).value));
}

void Books::check_home(UserId user) {
  check_home(partition_of(user), "user", user.value);
}

void Books::check_home(PacketId packet) {
  check_home(partition_of(packet), "packet", packet.value);
}

void Books::check_home(CaseId id) {
  check_home(partition_of(id), "case", id.value);
}

void Books::check_next_id(UserId sender, PacketId id) {
  const PartitionId partition = partition_of(sender);
  const PacketId expected = packet_id(partition, ++last_number_[partition]);
  if (id == expected) return;
  violate(Rule::packet_id_not_next,
          fmt::format("{} where {} is the sender's partition's next", id.value, expected.value));
  if (partition_of(id) == partition) last_number_[partition] = id.value >> limits::partition_bits;
}

void Books::check_operator(std::size_t bytes) {
  if (bytes == 0) violate(Rule::operator_missing, "nobody is said to have given this command");
}

bool Books::check_amount(std::int64_t fen) {
  if (fen > 0 && fen <= limits::amount_max) return true;
  violate(Rule::amount_invalid, fmt::format("an amount of {} fen", fen));
  return false;
}

// ---- messages between shards --------------------------------------------------------------------

void Books::credit_or_send(UserId user, std::int64_t fen) {
  const PartitionId partition = partition_of(user);
  if (is_home(partition)) return credit(user, fen);
  figures_.credits_sent_fen += fen;
  send_message(shard_of(partition, identity_.shard_count),
               {.user = user, .fen = fen, .kind = MessageKind::credit});
}

void Books::send_message(ShardId target, Message message) {
  message.sequence = here_.sequence;
  message.place = here_;
  messages_[target].sent.push_back(message);
}

bool Books::receive_message(std::uint16_t source, Message message) {
  if (source >= identity_.shard_count || ShardId(source) == identity_.shard) {
    violate(Rule::message_unknown,
            fmt::format("{} of shard {}", verifier::to_text(message), source));
    return false;
  }
  message.place = here_;
  messages_[ShardId(source)].received.push_back(message);
  return true;
}

void Books::receive_credit(const CreditReceived& event) {
  check_home(event.user);
  if (!check_amount(event.amount_fen)) return;
  if (!receive_message(event.source, {.sequence = event.source_sequence,
                                      .user = event.user,
                                      .fen = event.amount_fen,
                                      .kind = MessageKind::credit})) {
    return;
  }
  figures_.credits_received_fen += event.amount_fen;
  credit(event.user, event.amount_fen);
}

// What a policy allows a day is no rule here; that every other shard gets the same message is one.
void Books::reach_cap(const ReceiveCapReached& event) {
  check_home(event.user);
  if (!check_amount(event.amount.fen())) return;
  for (std::uint16_t s = 0; s < identity_.shard_count; ++s) {
    if (ShardId(s) == identity_.shard) continue;
    send_message(ShardId(s), {.user = event.user,
                              .fen = event.amount.fen(),
                              .kind = MessageKind::receive_cap,
                              .day = event.day,
                              .count = event.count});
  }
}

void Books::hear_of_cap(const ReceiveCapHeard& event) {
  receive_message(event.source, {.sequence = event.source_sequence,
                                 .user = event.user,
                                 .fen = event.amount.fen(),
                                 .kind = MessageKind::receive_cap,
                                 .day = event.day,
                                 .count = event.count});
}

void Books::acknowledge_messages(const CreditsAcknowledged& event) {
  if (event.target >= identity_.shard_count || ShardId(event.target) == identity_.shard) {
    return violate(Rule::message_unknown, fmt::format("messages to shard {}", event.target));
  }
  messages_[ShardId(event.target)].acknowledged = event.through;
}

// ---- the end ------------------------------------------------------------------------------------

const Figures& Books::close() {
  here_ = Place{.shard = identity_.shard};
  figures_.wallets = wallets_.size();
  for (const auto& [user, wallet] : wallets_) {
    figures_.wallets_fen += wallet.balance_fen;
    if (wallet.frozen) ++figures_.wallets_frozen;
  }
  for (const auto& [id, packet] : packets_) count(id, packet);
  for (const auto& [id, transfer] : transfers_) count(id, transfer);
  for (const auto& [id, payout] : payouts_) count(payout);
  for (const auto& [id, support_case] : cases_) count(support_case);
  if (!figures_.conserved()) violate(Rule::shard_not_conserved, figures_.unbalanced());
  return figures_;
}

void Books::count(PacketId id, const Packet& packet) {
  switch (packet.state) {
    case PacketState::open:
      ++figures_.packets_open;
      break;
    case PacketState::sold_out:
      ++figures_.packets_sold_out;
      break;
    case PacketState::refunded:
      ++figures_.packets_refunded;
      break;
    case PacketState::recalled:
      ++figures_.packets_recalled;
      break;
  }
  for (const Share& share : packet.shares) {
    if (share.state >= ShareState::returned) ++figures_.claims_returned;
  }
  figures_.packets_fen += packet.escrow_fen;
  figures_.returned_fen += packet.returned_fen;
  const Wide found = wide(packet.claimed_fen) + packet.escrow_fen + packet.refunded_fen;
  if (packet.total_fen == found && packet.returned_fen <= packet.claimed_fen) return;
  violate(
      Rule::packet_not_conserved,
      fmt::format("packet {}: total {} is not claims {} + escrow {} + refunded {}, or returned "
                  "{} are more than the claims",
                  id.value, yuan(packet.total_fen), yuan(packet.claimed_fen),
                  yuan(packet.escrow_fen), yuan(packet.refunded_fen), yuan(packet.returned_fen)));
}

void Books::count(PacketId id, const Transfer& transfer) {
  if (transfer.holds_money()) {
    ++figures_.transfers_open;
  } else if (transfer.state == TransferState::arrived) {
    ++figures_.transfers_arrived;
  } else if (transfer.state == TransferState::returned) {
    ++figures_.transfers_returned;
  } else {
    ++figures_.transfers_closed;
  }
  figures_.transfers_fen += transfer.escrow_fen;
  figures_.transfers_arrived_fen += transfer.arrived_fen;
  figures_.transfers_refunded_fen += transfer.refunded_fen;
  figures_.returned_fen += transfer.returned_fen;
  const Wide found = wide(transfer.arrived_fen) + transfer.escrow_fen + transfer.refunded_fen;
  if (transfer.amount_fen == found && transfer.returned_fen <= transfer.arrived_fen) return;
  violate(Rule::transfer_not_conserved,
          fmt::format("transfer {}: amount {} is not arrived {} + escrow {} + refunded {}, or "
                      "returned {} are more than what arrived",
                      id.value, yuan(transfer.amount_fen), yuan(transfer.arrived_fen),
                      yuan(transfer.escrow_fen), yuan(transfer.refunded_fen),
                      yuan(transfer.returned_fen)));
}

void Books::count(const Payout& payout) {
  if (payout.state == PayoutState::confirmed) {
    ++figures_.payouts_confirmed;
    return;
  }
  ++figures_.payouts_owed;
  figures_.payouts_owed_fen += payout.fen;
}

void Books::count(const Case& support_case) {
  switch (support_case.state) {
    case CaseState::open:
      ++figures_.cases_open;
      break;
    case CaseState::refused:
      ++figures_.cases_refused;
      break;
    case CaseState::upheld:
      ++figures_.cases_upheld;
      break;
  }
}

void Books::add(std::int64_t& sum_fen, std::int64_t fen) {
  if (__builtin_add_overflow(sum_fen, fen, &sum_fen)) {
    violate(Rule::sum_overflow, fmt::format("{} more fen than can be counted", fen));
  }
}

void Books::violate(Rule rule, std::string what) {
  violations_->add({rule, here_, std::move(what)});
}

}  // namespace hb::verifier
