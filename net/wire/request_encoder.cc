#include "net/wire/request_encoder.h"

#include "net/wire/fields.h"
#include "net/wire/finish_frame.h"
#include "schema/hongbao_generated.h"

namespace hb::net {
namespace {

namespace fb = ::hongbao;
using Builder = flatbuffers::FlatBufferBuilder;
template <class Table>
using Offset = flatbuffers::Offset<Table>;

struct Envelope {
  std::uint64_t id = 0;
  Time deadline;
  Key128 key;
};

template <class Command>
Key128 key_of(const Command& command) {
  if constexpr (requires { command.key; }) {
    return command.key;
  } else {
    return {};
  }
}

template <class Table>
std::span<const std::byte> finish(Builder& builder, const Envelope& envelope,
                                  Offset<Table> command) {
  const fb::Key128 key(envelope.key.low, envelope.key.high);
  fb::RequestBuilder request(builder);
  request.add_id(envelope.id);
  request.add_deadline_us(envelope.deadline.us());
  if (!envelope.key.empty()) request.add_key(&key);
  request.add_command_type(fb::CommandTraits<Table>::enum_value);
  request.add_command(command.Union());
  return finish_frame(builder, request.Finish());
}

// ---- wallets ------------------------------------------------------------------------------------

Offset<fb::OpenWallet> build(Builder& builder, const OpenWallet& c) {
  const auto name = text(builder, c.name.view());
  return fb::CreateOpenWallet(builder, c.user.value, name);
}

Offset<fb::Deposit> build(Builder& builder, const Deposit& c) {
  const auto reference = text(builder, c.reference.view());
  return fb::CreateDeposit(builder, c.user.value, c.amount.fen(), reference);
}

Offset<fb::Withdraw> build(Builder& builder, const Withdraw& c) {
  return fb::CreateWithdraw(builder, c.user.value, c.amount.fen());
}

Offset<fb::SetRefundTarget> build(Builder& builder, const SetRefundTarget& c) {
  return fb::CreateSetRefundTarget(builder, c.user.value, static_cast<fb::RefundTarget>(c.target));
}

Offset<fb::ShowWallet> build(Builder& builder, const ShowWallet& c) {
  return fb::CreateShowWallet(builder, c.user.value);
}

Offset<fb::CheckRecipient> build(Builder& builder, const CheckRecipient& c) {
  return fb::CreateCheckRecipient(builder, c.user.value);
}

// ---- packets ------------------------------------------------------------------------------------

Offset<fb::SendPacket> build(Builder& builder, const SendPacket& c, const CommandParts& parts) {
  const auto remark = text(builder, c.remark.view());
  const auto group = text(builder, c.group.view());
  const auto code = text(builder, c.code.view());
  const auto reference = text(builder, c.reference.view());
  const auto recipients = ids(builder, parts.recipients);
  return fb::CreateSendPacket(
      builder, c.sender.value, c.total.fen(), c.share_count, static_cast<fb::PacketKind>(c.kind),
      c.expires_in.us(), remark, group, static_cast<fb::Split>(c.split),
      static_cast<fb::Choice>(c.sender_may_claim), c.recallable, c.opens_at.us(), code,
      static_cast<fb::FundingSource>(c.funding), reference, recipients);
}

Offset<fb::Claim> build(Builder& builder, const ClaimItem& c) {
  return fb::CreateClaim(builder, c.packet.value, c.user.value);
}

Offset<fb::Claim> build(Builder& builder, const ClaimWithCode& c) {
  const auto code = text(builder, c.code.view());
  return fb::CreateClaim(builder, c.packet.value, c.user.value, code);
}

Offset<fb::PeekPacket> build(Builder& builder, const PeekPacket& c) {
  return fb::CreatePeekPacket(builder, c.packet.value, c.user.value);
}

Offset<fb::ShowPacket> build(Builder& builder, const ShowPacket& c) {
  return fb::CreateShowPacket(builder, c.packet.value);
}

Offset<fb::RecallPacket> build(Builder& builder, const RecallPacket& c) {
  return fb::CreateRecallPacket(builder, c.packet.value, c.sender.value);
}

Offset<fb::ReturnShare> build(Builder& builder, const ReturnShare& c) {
  return fb::CreateReturnShare(builder, c.packet.value, c.user.value);
}

// ---- transfers ----------------------------------------------------------------------------------

Offset<fb::SendTransfer> build(Builder& builder, const SendTransfer& c) {
  const auto remark = text(builder, c.remark.view());
  return fb::CreateSendTransfer(builder, c.sender.value, c.recipient.value, c.amount.fen(),
                                c.arrives_after.us(), remark);
}

Offset<fb::AcceptTransfer> build(Builder& builder, const AcceptTransfer& c) {
  return fb::CreateAcceptTransfer(builder, c.transfer.value, c.recipient.value);
}

Offset<fb::DeclineTransfer> build(Builder& builder, const DeclineTransfer& c) {
  return fb::CreateDeclineTransfer(builder, c.transfer.value, c.recipient.value);
}

Offset<fb::CancelTransfer> build(Builder& builder, const CancelTransfer& c) {
  return fb::CreateCancelTransfer(builder, c.transfer.value, c.sender.value);
}

Offset<fb::ReturnTransfer> build(Builder& builder, const ReturnTransfer& c) {
  return fb::CreateReturnTransfer(builder, c.transfer.value, c.recipient.value);
}

Offset<fb::ShowTransfer> build(Builder& builder, const ShowTransfer& c) {
  return fb::CreateShowTransfer(builder, c.transfer.value);
}

// ---- payouts ------------------------------------------------------------------------------------

Offset<fb::ListPayouts> build(Builder& builder, const ListPayouts& c) {
  return fb::CreateListPayouts(builder, c.shard.value, c.after.value, c.count_max);
}

Offset<fb::ConfirmPayout> build(Builder& builder, const ConfirmPayout& c) {
  const auto reference = text(builder, c.reference.view());
  return fb::CreateConfirmPayout(builder, c.packet.value, reference);
}

// ---- support ------------------------------------------------------------------------------------

Offset<fb::OpenCase> build(Builder& builder, const OpenCase& c, const CommandParts& parts) {
  const auto by = text(builder, c.by.view());
  const auto note = text(builder, parts.note);
  return fb::CreateOpenCase(builder, c.subject.value, c.user.value, by, note);
}

Offset<fb::ResolveCase> build(Builder& builder, const ResolveCase& c, const CommandParts& parts) {
  const auto by = text(builder, c.by.view());
  const auto note = text(builder, parts.note);
  return fb::CreateResolveCase(builder, c.case_id.value, static_cast<fb::Decision>(c.decision),
                               c.user.value, by, note);
}

Offset<fb::FreezePacket> build(Builder& builder, const FreezePacket& c, const CommandParts& parts) {
  const auto by = text(builder, c.by.view());
  const auto note = text(builder, parts.note);
  return fb::CreateFreezePacket(builder, c.packet.value, c.frozen, by, note);
}

Offset<fb::FreezeWallet> build(Builder& builder, const FreezeWallet& c, const CommandParts& parts) {
  const auto by = text(builder, c.by.view());
  const auto note = text(builder, parts.note);
  return fb::CreateFreezeWallet(builder, c.user.value, c.frozen, by, note);
}

Offset<fb::ShowCase> build(Builder& builder, const ShowCase& c) {
  return fb::CreateShowCase(builder, c.case_id.value);
}

// ---- records ------------------------------------------------------------------------------------

Offset<fb::ListSent> build(Builder& builder, const archive::ListSent& q) {
  const auto cursor = text(builder, q.cursor.view());
  return fb::CreateListSent(builder, q.user.value, cursor, q.count_max);
}

Offset<fb::ListReceived> build(Builder& builder, const archive::ListReceived& q) {
  const auto cursor = text(builder, q.cursor.view());
  return fb::CreateListReceived(builder, q.user.value, cursor, q.count_max);
}

Offset<fb::ListStatement> build(Builder& builder, const archive::ListStatement& q) {
  const auto cursor = text(builder, q.cursor.view());
  return fb::CreateListStatement(builder, q.user.value, cursor, q.count_max);
}

Offset<fb::ShowHistory> build(Builder& builder, const archive::ShowHistory& q) {
  const auto cursor = text(builder, q.cursor.view());
  return fb::CreateShowHistory(builder, q.packet.value, cursor, q.count_max);
}

Offset<fb::CaseBundle> build(Builder& builder, const archive::CaseBundle& q) {
  return fb::CreateCaseBundle(builder, q.case_id.value);
}

Offset<fb::ReadFeed> build(Builder& builder, const archive::ReadFeed& q) {
  return fb::CreateReadFeed(builder, q.shard.value, q.from.value, q.bytes_max, q.wait.us());
}

// ---- all ----------------------------------------------------------------------------------------

template <class Command>
auto build_with(Builder& builder, const Command& c, const CommandParts& parts) {
  if constexpr (requires { build(builder, c, parts); }) {
    return build(builder, c, parts);
  } else {
    return build(builder, c);
  }
}

}  // namespace

RequestEncoder::Frame RequestEncoder::hello(std::uint64_t id, const Hello& hello) {
  builder_.Clear();
  const auto client = text(builder_, hello.client);
  return finish(builder_, {id, {}, {}}, fb::CreateHello(builder_, hello.protocol_version, client));
}

RequestEncoder::Frame RequestEncoder::ping(std::uint64_t id) {
  builder_.Clear();
  return finish(builder_, {id, {}, {}}, fb::CreatePing(builder_));
}

RequestEncoder::Frame RequestEncoder::claims(std::uint64_t id, Time deadline,
                                             std::span<const ClaimItem> claims) {
  builder_.Clear();
  const auto vector = builder_.CreateVectorOfStructs(
      reinterpret_cast<const fb::ClaimItem*>(claims.data()), claims.size());
  return finish(builder_, {id, deadline, {}}, fb::CreateClaimBatch(builder_, vector));
}

template <class Command>
RequestEncoder::Frame RequestEncoder::command(std::uint64_t id, Time deadline,
                                              const Command& command, const CommandParts& parts) {
  builder_.Clear();
  const auto table = build_with(builder_, command, parts);
  return finish(builder_, {id, deadline, key_of(command)}, table);
}

#define HB_ENCODES(T)                                                                   \
  template RequestEncoder::Frame RequestEncoder::command(std::uint64_t, Time, const T&, \
                                                         const CommandParts&)
HB_ENCODES(OpenWallet);
HB_ENCODES(Deposit);
HB_ENCODES(Withdraw);
HB_ENCODES(SetRefundTarget);
HB_ENCODES(ShowWallet);
HB_ENCODES(CheckRecipient);
HB_ENCODES(SendPacket);
HB_ENCODES(ClaimItem);
HB_ENCODES(ClaimWithCode);
HB_ENCODES(PeekPacket);
HB_ENCODES(ShowPacket);
HB_ENCODES(RecallPacket);
HB_ENCODES(ReturnShare);
HB_ENCODES(SendTransfer);
HB_ENCODES(AcceptTransfer);
HB_ENCODES(DeclineTransfer);
HB_ENCODES(CancelTransfer);
HB_ENCODES(ReturnTransfer);
HB_ENCODES(ShowTransfer);
HB_ENCODES(ListPayouts);
HB_ENCODES(ConfirmPayout);
HB_ENCODES(OpenCase);
HB_ENCODES(ResolveCase);
HB_ENCODES(FreezePacket);
HB_ENCODES(FreezeWallet);
HB_ENCODES(ShowCase);
HB_ENCODES(archive::ListSent);
HB_ENCODES(archive::ListReceived);
HB_ENCODES(archive::ListStatement);
HB_ENCODES(archive::ShowHistory);
HB_ENCODES(archive::CaseBundle);
HB_ENCODES(archive::ReadFeed);
#undef HB_ENCODES

}  // namespace hb::net
