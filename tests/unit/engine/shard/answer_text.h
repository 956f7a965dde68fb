// Replies as text: equal exactly when all that they tell is equal, the mark of a repeat apart.
#pragma once

#include <concepts>
#include <sstream>
#include <string>
#include <type_traits>
#include <variant>

#include "tests/unit/engine/shard/shards_fixture.h"

namespace hb::test {

class Text {
 public:
  template <class... Values>
  explicit Text(const Values&... values) {
    (put(values), ...);
  }
  Text& add(const Text& more) {
    text_ << more.str();
    return *this;
  }
  std::string str() const { return text_.str(); }

 private:
  template <class Tag, class Rep>
  void put(StrongId<Tag, Rep> id) {
    text_ << id.value << ' ';
  }
  template <std::size_t capacity>
  void put(const ShortText<capacity>& text) {
    text_ << '"' << text.view() << "\" ";
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void put(Enum value) { text_ << static_cast<unsigned>(value) << ' '; }
  void put(Amount amount) { text_ << amount.fen() << ' '; }
  void put(Time time) { text_ << time.us() << ' '; }
  void put(Duration duration) { text_ << duration.us() << ' '; }
  void put(std::integral auto value) { text_ << value << ' '; }
  void put(const Digest256& digest) {
    for (const std::byte b : digest) text_ << static_cast<unsigned>(b) << '.';
  }

  std::ostringstream text_;
};

// All that an answer tells.
struct AnswerText {
  const ReplyBatch& batch;

  Text operator()(const WalletAnswer& a) const {
    return Text(a.user, a.balance, a.opened_at, a.name, a.frozen, a.refund_target);
  }
  Text operator()(const SendAnswer& a) const {
    return Text(a.packet, a.expires_at, a.seed_commitment);
  }
  Text operator()(const RecallAnswer& a) const { return Text(a.packet, a.amount, a.to); }
  Text operator()(const ReturnAnswer& a) const { return Text(a.packet, a.user, a.amount); }
  Text operator()(const TransferAnswer& a) const {
    return Text(a.transfer, a.sender, a.recipient, a.amount, a.state, a.frozen, a.sent_at,
                a.expires_at, a.arrives_after, a.arrives_at, a.remark);
  }
  Text operator()(const PacketFreezeAnswer& a) const { return Text(a.packet, a.frozen); }
  Text operator()(const PayoutAnswer& a) const {
    const Payout& p = a.payout;
    return Text(p.packet, p.sender, p.amount, p.state, p.owed_at, p.confirmed_at, p.funding,
                p.confirmation);
  }
  Text operator()(const CaseAnswer& a) const {
    const CaseRecord& c = batch.cases.at(a.index);
    return Text(c.case_id, c.subject, c.user, c.state, c.opened_at, c.resolved_at, c.returned,
                c.shortfall, c.opened_by, c.resolved_by, c.opened_note, c.resolved_note);
  }
  Text operator()(const NoAnswer&) const { return Text(); }
  Text operator()(const RecipientAnswer& a) const {
    return Text(a.user, a.exists, a.frozen, a.masked_name);
  }
  Text operator()(const ClaimAnswer& a) const {
    return Text(a.status, a.share_index, a.amount_fen, a.claimed_at);
  }
  Text operator()(const ClaimBatchAnswer& a) const {
    Text text;
    for (std::uint32_t i = 0; i < a.count; ++i) text.add((*this)(batch.claims.at(a.first + i)));
    return text;
  }
  Text operator()(const PeekAnswer& a) const {
    Text text = of(a.packet);
    text.add((*this)(a.own_claim)).add(Text(a.claimable));
    return text;
  }
  Text operator()(const ShowPacketAnswer& a) const {
    Text text = of(a.packet);
    text.add(Text(a.seed_commitment, a.seed_revealed, a.seed.k0, a.seed.k1));
    for (std::uint32_t i = a.first; i < a.first + a.count; ++i) {
      const PacketClaim& c = batch.packet_claims.at(i);
      text.add(Text(c.user, c.amount, c.claimed_at, batch.share_states.at(i)));
    }
    for (std::uint32_t i = 0; i < a.recipients_count; ++i) {
      text.add(Text(batch.users.at(a.recipients_first + i)));
    }
    return text;
  }
  Text operator()(const PayoutListAnswer& a) const {
    Text text(a.more);
    for (std::uint32_t i = 0; i < a.count; ++i) {
      text.add((*this)(PayoutAnswer{batch.payouts.at(a.first + i)}));
    }
    return text;
  }
  static Text of(const PacketSummary& s) {
    return Text(s.packet, s.sender, s.kind, s.state, s.share_count, s.claimed_count, s.total,
                s.remaining, s.refunded, s.sent_at, s.expires_at, s.remark, s.group, s.split,
                s.funding, s.frozen, s.sender_may_claim, s.recallable, s.needs_code, s.luckiest,
                s.recipient_count, s.share_min, s.share_max, s.returned, s.opens_at);
  }
};

inline std::string text_of(const Told& told) {
  return std::string(name(told.status())) + ' ' + std::to_string(told.reply.limit) + ' ' +
         std::visit(AnswerText{told.batch}, told.reply.answer).str();
}

}  // namespace hb::test
