#include "tests/unit/tools/hongbao/verifier/event_script.h"

#include <algorithm>
#include <utility>

#include "engine/base/assert.h"

namespace hb::test {

namespace {

// Puts texts side by side; their lengths.
template <std::size_t room>
void put(char (&place)[room], std::initializer_list<std::string_view> texts) {
  char* at = place;
  for (const std::string_view text : texts) at += text.copy(at, text.size());
}

constexpr std::string_view why = "because";

}  // namespace

// ---- time and keys ------------------------------------------------------------------------------

EventScript& EventScript::at(std::int64_t seconds) {
  return at_us(seconds * 1'000'000);
}

EventScript& EventScript::at_us(std::int64_t us) {
  now_ = start_ + Duration::us(us);
  time_is_set_ = true;
  return *this;
}

EventScript& EventScript::with_key(Key128 key) {
  key_ = key;
  return *this;
}

EventScript& EventScript::skip(std::uint64_t count) {
  sequence_.value += count;
  return *this;
}

Time EventScript::peek_at() const {
  return time_is_set_ ? now_ : now_ + Duration::seconds(1);
}

Time EventScript::next_at() {
  now_ = peek_at();
  time_is_set_ = false;
  return now_;
}

Key128 EventScript::next_key() {
  const Key128 fresh{.low = ++keys_, .high = 7};
  last_key_ = key_.empty() ? fresh : std::exchange(key_, Key128{});
  return last_key_;
}

template <class Event>
EventScript& EventScript::must(const Event& event, std::size_t bytes,
                               std::span<const UserId> recipients) {
  HB_ASSERT(feed(event, bytes, recipients));
  return *this;
}

// ---- wallets ------------------------------------------------------------------------------------

EventScript& EventScript::open(UserId user, std::string_view name) {
  WalletOpened event{
      .name_bytes = static_cast<std::uint16_t>(name.size()), .user = user, .key = next_key()};
  put(event.name, {name});
  return must(event, offsetof(WalletOpened, name) + name.size());
}

EventScript& EventScript::deposit(UserId user, std::int64_t fen, std::int64_t balance_fen,
                                  std::string_view reference) {
  MoneyMoved event{.type = EventType::deposited,
                   .reference_bytes = static_cast<std::uint16_t>(reference.size()),
                   .user = user,
                   .amount = Amount(fen),
                   .key = next_key(),
                   .balance = Amount(balance_fen)};
  put(event.reference, {reference});
  return must(event, event.bytes());
}

EventScript& EventScript::withdraw(UserId user, std::int64_t fen, std::int64_t balance_fen) {
  const MoneyMoved event{.type = EventType::withdrawn,
                         .user = user,
                         .amount = Amount(fen),
                         .key = next_key(),
                         .balance = Amount(balance_fen)};
  return must(event, event.bytes());
}

EventScript& EventScript::set_refund_target(UserId user, RefundTarget target) {
  return must(WalletSet{.refund_target = target, .user = user, .key = next_key()});
}

EventScript& EventScript::set_frozen(EventType type, std::uint64_t subject, std::string_view by) {
  FreezeSet event{.type = type,
                  .note_bytes = static_cast<std::uint16_t>(why.size()),
                  .operator_bytes = static_cast<std::uint16_t>(by.size()),
                  .subject = subject,
                  .key = next_key()};
  put(event.texts, {by, why});
  return must(event, event.bytes());
}

EventScript& EventScript::freeze(UserId user, std::string_view by) {
  return set_frozen(EventType::wallet_frozen, user.value, by);
}

EventScript& EventScript::unfreeze(UserId user) {
  return set_frozen(EventType::wallet_unfrozen, user.value, "ann");
}

EventScript& EventScript::freeze(PacketId packet) {
  return set_frozen(EventType::packet_frozen, packet.value, "ann");
}

EventScript& EventScript::unfreeze(PacketId packet) {
  return set_frozen(EventType::packet_unfrozen, packet.value, "ann");
}

// ---- packets ------------------------------------------------------------------------------------

EventScript& EventScript::send(PacketId packet, UserId sender, std::int64_t total_fen,
                               std::int64_t balance_fen, const Terms& terms) {
  const Time opens_at = peek_at() + terms.opens_in;
  PacketSent event{.share_count = terms.share_count,
                   .share_fen_max = terms.share_fen_max,
                   .packet = packet,
                   .sender = sender,
                   .total = Amount(total_fen),
                   .expires_at = opens_at + terms.life,
                   .key = next_key(),
                   .share_fen_min = terms.share_fen_min,
                   .kind = terms.kind,
                   .split = terms.split,
                   .remark_bytes = static_cast<std::uint8_t>(terms.remark.size()),
                   .balance = Amount(balance_fen),
                   .opens_at = terms.opens_in == Duration{} ? Time{} : opens_at,
                   .code_tag = terms.code_tag,
                   .flags = terms.flags,
                   .reference_bytes = static_cast<std::uint8_t>(terms.reference.size()),
                   .recipient_count = static_cast<std::uint16_t>(terms.recipients.size())};
  put(event.texts, {terms.remark, terms.reference});
  return must(event, event.bytes(), terms.recipients);
}

EventScript& EventScript::claim(PacketId packet, UserId user, std::uint16_t share_index,
                                std::uint32_t amount_fen) {
  return must(Claimed{
      .share_index = share_index, .amount_fen = amount_fen, .packet = packet, .user = user});
}

EventScript& EventScript::try_code(PacketId packet, UserId user, std::uint16_t tries) {
  return must(CodeTried{.tries = tries, .packet = packet, .user = user});
}

EventScript& EventScript::refund(PacketId packet, std::int64_t fen, RefundRoute route) {
  return must(Refunded{.route = route, .packet = packet, .amount = Amount(fen)});
}

EventScript& EventScript::recall(PacketId packet, std::int64_t fen, RefundRoute route) {
  return must(
      PacketRecalled{.route = route, .packet = packet, .amount = Amount(fen), .key = next_key()});
}

EventScript& EventScript::confirm_payout(PacketId packet, std::int64_t fen,
                                         std::string_view reference) {
  PayoutConfirmed event{.reference_bytes = static_cast<std::uint16_t>(reference.size()),
                        .packet = packet,
                        .amount = Amount(fen),
                        .key = next_key()};
  put(event.reference, {reference});
  return must(event, event.bytes());
}

// ---- transfers ----------------------------------------------------------------------------------

EventScript& EventScript::send_transfer(PacketId transfer, UserId sender, UserId recipient,
                                        std::int64_t fen, std::int64_t balance_fen,
                                        const TransferTerms& terms) {
  const TransferSent event{.transfer = transfer,
                           .sender = sender,
                           .recipient = recipient,
                           .amount = Amount(fen),
                           .expires_at = peek_at() + terms.life,
                           .arrives_after = terms.arrives_after,
                           .key = next_key(),
                           .balance = Amount(balance_fen)};
  return must(event, event.bytes());
}

EventScript& EventScript::accept(PacketId transfer, std::int64_t fen, Duration arrives_after) {
  return must(TransferAccepted{.transfer = transfer,
                               .amount = Amount(fen),
                               .arrives_at = peek_at() + arrives_after,
                               .key = next_key()});
}

EventScript& EventScript::arrive(PacketId transfer, std::int64_t fen) {
  return must(TransferArrived{.transfer = transfer, .amount = Amount(fen)});
}

EventScript& EventScript::close(PacketId transfer, TransferState state, std::int64_t fen,
                                CaseId for_case) {
  const bool by_command = state == TransferState::declined || state == TransferState::cancelled;
  return must(TransferClosed{.state = state,
                             .transfer = transfer,
                             .amount = Amount(fen),
                             .key = by_command ? next_key() : Key128{},
                             .case_id = for_case});
}

// ---- returns and cases --------------------------------------------------------------------------

EventScript& EventScript::request_return(PacketId packet, UserId user, std::uint16_t share_index,
                                         std::int64_t fen, CaseId for_case) {
  const bool forced = for_case != CaseId{};
  return must(ReturnRequested{.share_index = share_index,
                              .forced = forced,
                              .packet = packet,
                              .user = user,
                              .amount = Amount(fen),
                              .case_id = for_case,
                              .key = forced ? Key128{} : next_key()});
}

EventScript& EventScript::return_here(PacketId packet, UserId user, std::uint16_t share_index,
                                      std::int64_t taken_fen, CaseId for_case,
                                      std::int64_t shortfall_fen) {
  const bool forced = for_case != CaseId{};
  return must(ReturnSettled{.share_index = share_index,
                            .forced = forced,
                            .packet = packet,
                            .user = user,
                            .taken = Amount(taken_fen),
                            .shortfall = Amount(shortfall_fen),
                            .key = forced ? Key128{} : next_key(),
                            .case_id = for_case});
}

EventScript& EventScript::open_case(CaseId id, PacketId subject, UserId user, std::string_view by) {
  CaseOpened event{.note_bytes = static_cast<std::uint16_t>(why.size()),
                   .operator_bytes = static_cast<std::uint16_t>(by.size()),
                   .case_id = id,
                   .subject = subject,
                   .user = user,
                   .key = next_key()};
  put(event.texts, {by, why});
  return must(event, event.bytes());
}

EventScript& EventScript::resolve_case(CaseId id, Decision decision, UserId user,
                                       std::string_view by) {
  CaseResolved event{.note_bytes = static_cast<std::uint16_t>(why.size()),
                     .operator_bytes = static_cast<std::uint16_t>(by.size()),
                     .decision = decision,
                     .case_id = id,
                     .user = user,
                     .key = next_key()};
  put(event.texts, {by, why});
  return must(event, event.bytes());
}

// ---- messages -----------------------------------------------------------------------------------

EventScript& EventScript::receive(ShardId source, Sequence sequence, UserId user,
                                  std::uint32_t fen) {
  return must(CreditReceived{
      .source = source.value, .amount_fen = fen, .source_sequence = sequence, .user = user});
}

EventScript& EventScript::acknowledge(ShardId target, Sequence through) {
  return must(CreditsAcknowledged{.target = target.value, .through = through});
}

}  // namespace hb::test
