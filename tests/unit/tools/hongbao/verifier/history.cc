#include "tests/unit/tools/hongbao/verifier/history.h"

#include <cstddef>
#include <utility>

#include "engine/base/assert.h"

namespace hb::test {

namespace {

constexpr Time start{1'700'000'000'000'000};

}  // namespace

History& History::at(std::int64_t seconds) {
  return at_us(seconds * 1'000'000);
}

History& History::at_us(std::int64_t us) {
  now_ = start + Duration::us(us);
  time_is_set_ = true;
  return *this;
}

History& History::with_key(Key128 key) {
  key_ = key;
  return *this;
}

Time History::next_at() {
  if (!std::exchange(time_is_set_, false)) now_ = now_ + Duration::seconds(1);
  return now_;
}

Key128 History::next_key() {
  const Key128 fresh{.low = ++keys_, .high = 7};
  return key_.empty() ? fresh : std::exchange(key_, Key128{});
}

History& History::open(UserId user, std::string_view name) {
  WalletOpened event{
      .name_bytes = static_cast<std::uint16_t>(name.size()), .user = user, .key = next_key()};
  name.copy(event.name, name.size());
  HB_ASSERT(feed(event, offsetof(WalletOpened, name) + name.size()));
  return *this;
}

History& History::deposit(UserId user, std::int64_t fen, std::int64_t balance_fen) {
  HB_ASSERT(feed(MoneyMoved{.type = EventType::deposited,
                            .user = user,
                            .amount = Amount(fen),
                            .key = next_key(),
                            .balance = Amount(balance_fen)}));
  return *this;
}

History& History::withdraw(UserId user, std::int64_t fen, std::int64_t balance_fen) {
  HB_ASSERT(feed(MoneyMoved{.type = EventType::withdrawn,
                            .user = user,
                            .amount = Amount(fen),
                            .key = next_key(),
                            .balance = Amount(balance_fen)}));
  return *this;
}

History& History::send(PacketId packet, UserId sender, std::int64_t total_fen,
                       std::int64_t balance_fen, const Terms& terms) {
  const Time sent_at = time_is_set_ ? now_ : now_ + Duration::seconds(1);
  PacketSent event{.share_count = terms.share_count,
                   .share_fen_max = terms.share_fen_max,
                   .packet = packet,
                   .sender = sender,
                   .total = Amount(total_fen),
                   .expires_at = sent_at + terms.life,
                   .key = next_key(),
                   .share_fen_min = terms.share_fen_min,
                   .kind = terms.kind,
                   .remark_bytes = static_cast<std::uint8_t>(terms.remark.size()),
                   .balance = Amount(balance_fen)};
  terms.remark.copy(event.texts, terms.remark.size());
  HB_ASSERT(feed(event, offsetof(PacketSent, texts) + terms.remark.size()));
  return *this;
}

History& History::claim(PacketId packet, UserId user, std::uint16_t share_index,
                        std::uint32_t amount_fen) {
  HB_ASSERT(feed(Claimed{
      .share_index = share_index, .amount_fen = amount_fen, .packet = packet, .user = user}));
  return *this;
}

History& History::refund(PacketId packet, std::int64_t fen) {
  HB_ASSERT(feed(Refunded{.packet = packet, .amount = Amount(fen)}));
  return *this;
}

History& History::skip(std::uint64_t count) {
  sequence_.value += count;
  return *this;
}

Result<void> History::book() {
  ++sequence_.value;
  const journal::Record record{sequence_, reinterpret_cast<const EventHeader*>(record_)};
  return books_.record(record, {.segment = 1, .offset = 4096 + 32 * sequence_.value});
}

std::vector<verifier::Rule> History::broken_rules() {
  books_.close();
  std::vector<verifier::Rule> rules;
  for (const verifier::Violation& violation : violations_->kept()) rules.push_back(violation.rule);
  return rules;
}

}  // namespace hb::test
