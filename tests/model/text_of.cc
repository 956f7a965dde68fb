#include "tests/model/text_of.h"

#include <charconv>
#include <concepts>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace hb::model {
namespace {

// Collects "name=value" pairs.
class Line {
 public:
  explicit Line(std::string_view what) : text_(what) {}

  template <class Value>
  Line& add(std::string_view name, const Value& value) {
    text_ += ' ';
    text_ += name;
    text_ += '=';
    put(value);
    return *this;
  }
  Line& append(std::string_view more) {
    text_ += more;
    return *this;
  }
  std::string take() { return std::move(text_); }

 private:
  void number(std::integral auto value) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    text_.append(digits, end);
  }
  void bytes(std::span<const std::byte> from) {
    static constexpr char hex[] = "0123456789abcdef";
    for (const std::byte b : from) {
      text_ += hex[static_cast<unsigned>(b) >> 4];
      text_ += hex[static_cast<unsigned>(b) & 15];
    }
  }

  void put(bool value) { text_ += value ? "yes" : "no"; }
  void put(std::integral auto value) { number(value); }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void put(Enum value) { number(static_cast<unsigned>(value)); }
  void put(Status status) { text_ += name(status); }
  template <class Tag, class Rep>
  void put(StrongId<Tag, Rep> id) {
    number(id.value);
  }
  void put(Amount amount) { number(amount.fen()); }
  void put(Time time) { number(time.us()); }
  void put(Duration duration) { number(duration.us()); }
  void put(const Digest256& digest) { bytes(digest); }
  void put(const PrfKey& key) {
    number(key.k0);
    text_ += '/';
    number(key.k1);
  }
  template <std::size_t capacity>
  void put(const ShortText<capacity>& text) {
    put(text.view());
  }
  void put(std::string_view text) {
    number(text.size());
    text_ += ':';
    text_ += text;
  }
  void put(std::span<const UserId> users) {
    text_ += '[';
    for (const UserId user : users) {
      number(user.value);
      text_ += ' ';
    }
    text_ += ']';
  }

  std::string text_;
};

Note note_of(std::uint32_t index, const CommandBatch& batch) {
  return index < batch.notes.size() ? batch.notes[index] : Note{};
}

// ---- commands -----------------------------------------------------------------------------------

struct CommandText {
  const CommandBatch& batch;

  std::string operator()(const OpenWallet& c) const {
    return Line("open_wallet").add("user", c.user).add("name", c.name).take();
  }
  std::string operator()(const Deposit& c) const {
    return Line("deposit")
        .add("user", c.user)
        .add("amount", c.amount)
        .add("reference", c.reference)
        .take();
  }
  std::string operator()(const Withdraw& c) const {
    return Line("withdraw").add("user", c.user).add("amount", c.amount).take();
  }
  std::string operator()(const SetRefundTarget& c) const {
    return Line("set_refund_target").add("user", c.user).add("target", c.target).take();
  }
  std::string operator()(const ShowWallet& c) const {
    return Line("show_wallet").add("user", c.user).take();
  }
  std::string operator()(const CheckRecipient& c) const {
    return Line("check_recipient").add("user", c.user).take();
  }
  std::string operator()(const SendPacket& c) const {
    const std::span<const UserId> users(batch.users);
    return Line("send")
        .add("sender", c.sender)
        .add("total", c.total)
        .add("shares", c.share_count)
        .add("kind", c.kind)
        .add("split", c.split)
        .add("sender_may_claim", c.sender_may_claim)
        .add("recallable", c.recallable)
        .add("funding", c.funding)
        .add("expires_in", c.expires_in)
        .add("opens_at", c.opens_at)
        .add("remark", c.remark)
        .add("group", c.group)
        .add("code", c.code)
        .add("reference", c.reference)
        .add("recipients", users.subspan(c.recipients_first, c.recipients_count))
        .take();
  }
  std::string operator()(const ClaimBatch& c) const {
    Line line("claim_batch");
    for (std::uint32_t i = 0; i < c.count; ++i) {
      const ClaimItem& item = batch.claims[c.first + i];
      line.add("packet", item.packet).add("user", item.user);
    }
    return line.take();
  }
  std::string operator()(const ClaimWithCode& c) const {
    return Line("claim").add("packet", c.packet).add("user", c.user).add("code", c.code).take();
  }
  std::string operator()(const PeekPacket& c) const {
    return Line("peek").add("packet", c.packet).add("user", c.user).take();
  }
  std::string operator()(const ShowPacket& c) const {
    return Line("show_packet").add("packet", c.packet).take();
  }
  std::string operator()(const RecallPacket& c) const {
    return Line("recall").add("packet", c.packet).add("sender", c.sender).take();
  }
  std::string operator()(const ReturnShare& c) const {
    return Line("return_share").add("packet", c.packet).add("user", c.user).take();
  }
  std::string operator()(const SendTransfer& c) const {
    return Line("send_transfer")
        .add("sender", c.sender)
        .add("recipient", c.recipient)
        .add("amount", c.amount)
        .add("arrives_after", c.arrives_after)
        .add("remark", c.remark)
        .take();
  }
  std::string operator()(const AcceptTransfer& c) const {
    return of_transfer("accept_transfer", c.transfer, c.recipient);
  }
  std::string operator()(const DeclineTransfer& c) const {
    return of_transfer("decline_transfer", c.transfer, c.recipient);
  }
  std::string operator()(const CancelTransfer& c) const {
    return of_transfer("cancel_transfer", c.transfer, c.sender);
  }
  std::string operator()(const ReturnTransfer& c) const {
    return of_transfer("return_transfer", c.transfer, c.recipient);
  }
  static std::string of_transfer(std::string_view what, PacketId transfer, UserId user) {
    return Line(what).add("transfer", transfer).add("user", user).take();
  }
  std::string operator()(const ShowTransfer& c) const {
    return Line("show_transfer").add("transfer", c.transfer).take();
  }
  std::string operator()(const ListPayouts& c) const {
    return Line("list_payouts")
        .add("shard", c.shard)
        .add("after", c.after)
        .add("count_max", c.count_max)
        .take();
  }
  std::string operator()(const ConfirmPayout& c) const {
    return Line("confirm_payout").add("packet", c.packet).add("reference", c.reference).take();
  }
  std::string operator()(const OpenCase& c) const {
    return Line("open_case")
        .add("subject", c.subject)
        .add("user", c.user)
        .add("by", c.by)
        .add("note", note_of(c.note, batch))
        .take();
  }
  std::string operator()(const ResolveCase& c) const {
    return Line("resolve_case")
        .add("case", c.case_id)
        .add("decision", c.decision)
        .add("user", c.user)
        .add("by", c.by)
        .add("note", note_of(c.note, batch))
        .take();
  }
  std::string operator()(const FreezePacket& c) const {
    return Line("freeze_packet")
        .add("packet", c.packet)
        .add("frozen", c.frozen)
        .add("by", c.by)
        .add("note", note_of(c.note, batch))
        .take();
  }
  std::string operator()(const FreezeWallet& c) const {
    return Line("freeze_wallet")
        .add("user", c.user)
        .add("frozen", c.frozen)
        .add("by", c.by)
        .add("note", note_of(c.note, batch))
        .take();
  }
  std::string operator()(const ShowCase& c) const {
    return Line("show_case").add("case", c.case_id).take();
  }
};

// ---- replies ------------------------------------------------------------------------------------

void add(Line& line, const ClaimAnswer& a) {
  line.add("status", a.status)
      .add("share", a.share_index)
      .add("fen", a.amount_fen)
      .add("claimed_at", a.claimed_at);
}

void add(Line& line, const PacketSummary& s) {
  line.add("packet", s.packet)
      .add("sender", s.sender)
      .add("kind", s.kind)
      .add("state", s.state)
      .add("shares", s.share_count)
      .add("claimed", s.claimed_count)
      .add("total", s.total)
      .add("remaining", s.remaining)
      .add("refunded", s.refunded)
      .add("sent_at", s.sent_at)
      .add("expires_at", s.expires_at)
      .add("remark", s.remark)
      .add("group", s.group)
      .add("split", s.split)
      .add("funding", s.funding)
      .add("frozen", s.frozen)
      .add("sender_may_claim", s.sender_may_claim)
      .add("recallable", s.recallable)
      .add("needs_code", s.needs_code)
      .add("luckiest", s.luckiest)
      .add("recipient_count", s.recipient_count)
      .add("share_min", s.share_min)
      .add("share_max", s.share_max)
      .add("returned", s.returned)
      .add("opens_at", s.opens_at);
}

void add(Line& line, const Payout& p) {
  line.add("packet", p.packet)
      .add("sender", p.sender)
      .add("amount", p.amount)
      .add("state", p.state)
      .add("owed_at", p.owed_at)
      .add("confirmed_at", p.confirmed_at)
      .add("funding", p.funding)
      .add("confirmation", p.confirmation);
}

struct AnswerText {
  const ReplyBatch& batch;
  Line& line;

  void operator()(const NoAnswer&) const {}
  void operator()(const WalletAnswer& a) const {
    line.append(" wallet")
        .add("user", a.user)
        .add("balance", a.balance)
        .add("opened_at", a.opened_at)
        .add("name", a.name)
        .add("frozen", a.frozen)
        .add("refund_target", a.refund_target);
  }
  void operator()(const SendAnswer& a) const {
    line.append(" sent")
        .add("packet", a.packet)
        .add("expires_at", a.expires_at)
        .add("commitment", a.seed_commitment);
  }
  void operator()(const ClaimBatchAnswer& a) const {
    line.append(" claims").add("count", a.count);
    for (std::uint32_t i = 0; i < a.count; ++i) add(line, batch.claims.at(a.first + i));
  }
  void operator()(const PeekAnswer& a) const {
    line.append(" peeked");
    add(line, a.packet);
    line.add("claimable", a.claimable);
    // Only a share that the user has is told.
    const bool has_share = a.own_claim.status == Status::already_claimed;
    add(line.append(" own"), has_share ? a.own_claim : ClaimAnswer{});
  }
  void operator()(const ShowPacketAnswer& a) const {
    line.append(" shown");
    add(line, a.packet);
    line.add("commitment", a.seed_commitment)
        .add("revealed", a.seed_revealed)
        .add("seed", a.seed)
        .add("recipients", std::span(batch.users).subspan(a.recipients_first, a.recipients_count));
    for (std::uint32_t i = a.first; i < a.first + a.count; ++i) {
      const PacketClaim& claim = batch.packet_claims.at(i);
      line.add("user", claim.user)
          .add("amount", claim.amount)
          .add("at", claim.claimed_at)
          .add("share_state", batch.share_states.at(i));
    }
  }
  void operator()(const RecipientAnswer& a) const {
    line.append(" recipient")
        .add("user", a.user)
        .add("exists", a.exists)
        .add("frozen", a.frozen)
        .add("masked_name", a.masked_name);
  }
  void operator()(const ClaimAnswer& a) const { add(line.append(" claim"), a); }
  void operator()(const RecallAnswer& a) const {
    line.append(" recalled").add("packet", a.packet).add("amount", a.amount).add("to", a.to);
  }
  void operator()(const ReturnAnswer& a) const {
    line.append(" returned").add("packet", a.packet).add("user", a.user).add("amount", a.amount);
  }
  void operator()(const TransferAnswer& a) const {
    line.append(" transfer")
        .add("transfer", a.transfer)
        .add("sender", a.sender)
        .add("recipient", a.recipient)
        .add("amount", a.amount)
        .add("state", a.state)
        .add("frozen", a.frozen)
        .add("sent_at", a.sent_at)
        .add("expires_at", a.expires_at)
        .add("arrives_after", a.arrives_after)
        .add("arrives_at", a.arrives_at)
        .add("remark", a.remark);
  }
  void operator()(const PacketFreezeAnswer& a) const {
    line.append(" packet_freeze").add("packet", a.packet).add("frozen", a.frozen);
  }
  void operator()(const PayoutAnswer& a) const { add(line.append(" payout"), a.payout); }
  void operator()(const PayoutListAnswer& a) const {
    line.append(" payouts").add("count", a.count).add("more", a.more);
    for (std::uint32_t i = 0; i < a.count; ++i) add(line, batch.payouts.at(a.first + i));
  }
  void operator()(const CaseAnswer& a) const {
    const CaseRecord& c = batch.cases.at(a.index);
    line.append(" case")
        .add("case_id", c.case_id)
        .add("subject", c.subject)
        .add("user", c.user)
        .add("state", c.state)
        .add("opened_at", c.opened_at)
        .add("resolved_at", c.resolved_at)
        .add("returned", c.returned)
        .add("shortfall", c.shortfall)
        .add("opened_by", c.opened_by)
        .add("resolved_by", c.resolved_by)
        .add("opened_note", c.opened_note)
        .add("resolved_note", c.resolved_note);
  }
};

}  // namespace

std::string parameters_of(const Command& command, const CommandBatch& batch) {
  return std::visit(CommandText{batch}, command);
}

std::string text_of(const Command& command, const CommandBatch& batch) {
  Line line(parameters_of(command, batch));
  std::visit(
      [&line](const auto& c) {
        if constexpr (requires { c.key; }) line.add("key", c.key.low).add("", c.key.high);
      },
      command);
  return line.take();
}

std::string text_of(const Reply& reply, const ReplyBatch& batch) {
  Line line(name(reply.status));
  line.add("limit", reply.limit).add("replayed", reply.replayed);
  std::visit(AnswerText{batch, line}, reply.answer);
  return line.take();
}

std::string text_of(const archive::SentEntry& e) {
  return Line(e.is_transfer ? "sent transfer" : "sent packet")
      .add("id", e.packet)
      .add("kind", e.kind)
      .add("state", e.state)
      .add("transfer_state", e.transfer_state)
      .add("recipient", e.recipient)
      .add("total", e.total)
      .add("shares", e.share_count)
      .add("claims", e.claimed_count)
      .add("claimed", e.claimed)
      .add("refunded", e.refunded)
      .add("returned", e.returned)
      .add("at", e.sent_at)
      .add("remark", e.remark)
      .add("group", e.group)
      .take();
}

std::string text_of(const archive::ReceivedEntry& e) {
  return Line(e.is_transfer ? "received transfer" : "received share")
      .add("id", e.packet)
      .add("sender", e.sender)
      .add("amount", e.amount)
      .add("at", e.received_at)
      .add("state", e.state)
      .add("remark", e.remark)
      .take();
}

std::string text_of(const archive::Movement& m) {
  return Line("movement")
      .add("at", m.at)
      .add("cause", m.cause)
      .add("packet", m.packet)
      .add("amount", m.amount)
      .add("balance", m.balance)
      .take();
}

}  // namespace hb::model
