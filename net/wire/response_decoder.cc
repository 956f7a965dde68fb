#include "net/wire/response_decoder.h"

#include <array>
#include <bit>
#include <optional>
#include <utility>

#include "net/wire/fields.h"
#include "net/wire/verify.h"
#include "schema/hongbao_generated.h"

namespace hb::net {
namespace {

namespace fb = ::hongbao;
using AnyAnswer = decltype(Response::answer);

static_assert(std::endian::native == std::endian::little, "seeds are copied, not converted");

// A page's rows, and what is around them.
constexpr flatbuffers::uoffset_t tables_max = limits::page_rows_max + 8;

// Where something returns false, the answer breaks the protocol in a way that verification does not
// see.  A server keeps texts within their limits, so a longer one is no answer of its.

// ---- parts --------------------------------------------------------------------------------------

bool take(const fb::PacketSummary* from, PacketSummary& to) {
  if (from == nullptr) return false;
  to.packet = PacketId(from->packet());
  to.sender = UserId(from->sender());
  to.kind = static_cast<PacketKind>(from->kind());
  to.state = static_cast<PacketState>(from->state());
  to.share_count = from->share_count();
  to.claimed_count = from->claimed_count();
  to.total = Amount(from->total());
  to.remaining = Amount(from->remaining());
  to.refunded = Amount(from->refunded());
  to.sent_at = Time(from->sent_at());
  to.expires_at = Time(from->expires_at());
  to.split = static_cast<Split>(from->split());
  to.funding = static_cast<FundingSource>(from->funding());
  to.frozen = from->frozen();
  to.sender_may_claim = from->sender_may_claim();
  to.recallable = from->recallable();
  to.needs_code = from->needs_code();
  to.luckiest = from->luckiest();
  to.recipient_count = from->recipient_count();
  to.share_min = Amount(from->share_min());
  to.share_max = Amount(from->share_max());
  to.returned = Amount(from->returned());
  to.opens_at = Time(from->opens_at());
  return read(from->remark(), to.remark) && read(from->group(), to.group);
}

bool take(const fb::Payout* from, Payout& to) {
  if (from == nullptr) return false;
  to.packet = PacketId(from->packet());
  to.sender = UserId(from->sender());
  to.amount = Amount(from->amount());
  to.state = static_cast<PayoutState>(from->state());
  to.owed_at = Time(from->owed_at());
  to.confirmed_at = Time(from->confirmed_at());
  return read(from->funding(), to.funding) && read(from->confirmation(), to.confirmation);
}

bool take(const fb::CaseRecord* from, CaseRecord& to) {
  if (from == nullptr) return false;
  to.case_id = CaseId(from->case_id());
  to.subject = PacketId(from->subject());
  to.user = UserId(from->user());
  to.state = static_cast<CaseState>(from->state());
  to.opened_at = Time(from->opened_at());
  to.resolved_at = Time(from->resolved_at());
  to.returned = Amount(from->returned());
  to.shortfall = Amount(from->shortfall());
  return read(from->opened_by(), to.opened_by) && read(from->resolved_by(), to.resolved_by) &&
         read(from->opened_note(), to.opened_note) && read(from->resolved_note(), to.resolved_note);
}

// Absent while the packet is open.
bool take(const flatbuffers::Vector<std::uint8_t>* from, std::optional<PrfKey>& to) {
  if (from == nullptr) return true;
  std::array<std::byte, sizeof(PrfKey)> seed;
  if (!read(from, seed)) return false;
  to = std::bit_cast<PrfKey>(seed);
  return true;
}

ClaimAnswer outcome(const fb::ClaimOutcome& from) {
  return {static_cast<Status>(from.status()), from.share_index(), from.amount_fen(),
          Time(from.claimed_at())};
}

// ---- the session's own --------------------------------------------------------------------------

bool convert(const fb::Welcome& from, AnyAnswer& answer) {
  auto& to = answer.emplace<Welcome>();
  to.protocol_version = from.protocol_version();
  to.server_version = view(from.server_version());
  to.partitions = from.partitions();
  to.shards = from.shards();
  to.frame_bytes_max = from.frame_bytes_max();
  to.window_max = from.window_max();
  to.claim_batch_max = from.claim_batch_max();
  to.acknowledgement = static_cast<Acknowledgement>(from.acknowledgement());
  to.role = static_cast<Role>(from.role());
  return true;
}

bool convert(const fb::Pong&, AnyAnswer& answer) {
  answer.emplace<Pong>();
  return true;
}

// ---- wallets ------------------------------------------------------------------------------------

bool convert(const fb::WalletAnswer& from, AnyAnswer& answer) {
  auto& to = answer.emplace<WalletAnswer>();
  to.user = UserId(from.user());
  to.balance = Amount(from.balance());
  to.opened_at = Time(from.opened_at());
  to.frozen = from.frozen();
  to.refund_target = static_cast<RefundTarget>(from.refund_target());
  return read(from.name(), to.name);
}

bool convert(const fb::RecipientAnswer& from, AnyAnswer& answer) {
  auto& to = answer.emplace<RecipientAnswer>();
  to.user = UserId(from.user());
  to.exists = from.exists();
  to.frozen = from.frozen();
  return read(from.masked_name(), to.masked_name);
}

// ---- packets ------------------------------------------------------------------------------------

bool convert(const fb::SendAnswer& from, AnyAnswer& answer) {
  auto& to = answer.emplace<SendAnswer>();
  to.packet = PacketId(from.packet());
  to.expires_at = Time(from.expires_at());
  return read(from.seed_commitment(), to.seed_commitment);
}

bool convert(const fb::ClaimAnswer& from, AnyAnswer& answer) {
  if (from.outcome() == nullptr) return false;
  answer = outcome(*from.outcome());
  return true;
}

bool convert(const fb::ClaimBatchAnswer& from, AnyAnswer& answer) {
  const auto claims = elements<ClaimAnswer>(from.outcomes());
  if (claims) answer = ClaimListAnswer{*claims};
  return claims.has_value();
}

bool convert(const fb::PeekAnswer& from, AnyAnswer& answer) {
  auto& to = answer.emplace<PeekAnswer>();
  to.claimable = from.claimable();
  if (from.own_claim() != nullptr) to.own_claim = outcome(*from.own_claim());
  return take(from.packet(), to.packet);
}

bool convert(const fb::ShowPacketAnswer& from, AnyAnswer& answer) {
  const auto claims = elements<PacketClaim>(from.claims());
  const auto states = elements<ShareState>(from.share_states());
  const auto recipients = elements<UserId>(from.recipients());
  if (!claims || !states || !recipients) return false;
  if (!states->empty() && states->size() != claims->size()) return false;
  auto& to = answer.emplace<PacketDetail>();
  to.claims = *claims;
  to.share_states = *states;
  to.recipients = *recipients;
  return take(from.packet(), to.packet) && read(from.seed_commitment(), to.seed_commitment) &&
         take(from.seed(), to.seed);
}

bool convert(const fb::RecallAnswer& from, AnyAnswer& answer) {
  answer = RecallAnswer{PacketId(from.packet()), Amount(from.amount()),
                        static_cast<RefundTarget>(from.to())};
  return true;
}

bool convert(const fb::ReturnAnswer& from, AnyAnswer& answer) {
  answer = ReturnAnswer{PacketId(from.packet()), UserId(from.user()), Amount(from.amount())};
  return true;
}

// ---- transfers ----------------------------------------------------------------------------------

bool convert(const fb::TransferAnswer& from, AnyAnswer& answer) {
  auto& to = answer.emplace<TransferAnswer>();
  to.transfer = PacketId(from.transfer());
  to.sender = UserId(from.sender());
  to.recipient = UserId(from.recipient());
  to.amount = Amount(from.amount());
  to.state = static_cast<TransferState>(from.state());
  to.frozen = from.frozen();
  to.sent_at = Time(from.sent_at());
  to.expires_at = Time(from.expires_at());
  to.arrives_after = Duration::us(from.arrives_after_us());
  to.arrives_at = Time(from.arrives_at());
  return read(from.remark(), to.remark);
}

// ---- payouts ------------------------------------------------------------------------------------

bool convert(const fb::PayoutAnswer& from, AnyAnswer& answer) {
  return take(from.payout(), answer.emplace<PayoutAnswer>().payout);
}

bool convert(const fb::PayoutListAnswer& from, AnyAnswer& answer) {
  auto& to = answer.emplace<PayoutPage>();
  to.more = from.more();
  if (from.payouts() == nullptr) return true;
  to.payouts.reserve(from.payouts()->size());
  for (const fb::Payout* payout : *from.payouts()) {
    if (!take(payout, to.payouts.emplace_back())) return false;
  }
  return true;
}

// ---- support ------------------------------------------------------------------------------------

bool convert(const fb::PacketFreezeAnswer& from, AnyAnswer& answer) {
  answer = PacketFreezeAnswer{PacketId(from.packet()), from.frozen()};
  return true;
}

bool convert(const fb::CaseAnswer& from, AnyAnswer& answer) {
  return take(from.record(), answer.emplace<CaseRecord>());
}

// ---- which --------------------------------------------------------------------------------------

template <class Table>
bool convert_as(const fb::Response& response, AnyAnswer& answer) {
  const auto* table = static_cast<const Table*>(response.answer());
  return table != nullptr && convert(*table, answer);
}

bool take_answer(const fb::Response& response, AnyAnswer& answer) {
#define HB_ANSWER(T)  \
  case fb::Answer::T: \
    return convert_as<fb::T>(response, answer)

  switch (response.answer_type()) {
    HB_ANSWER(Welcome);
    HB_ANSWER(Pong);
    HB_ANSWER(WalletAnswer);
    HB_ANSWER(SendAnswer);
    HB_ANSWER(ClaimAnswer);
    HB_ANSWER(ClaimBatchAnswer);
    HB_ANSWER(PeekAnswer);
    HB_ANSWER(ShowPacketAnswer);
    HB_ANSWER(RecipientAnswer);
    HB_ANSWER(RecallAnswer);
    HB_ANSWER(ReturnAnswer);
    HB_ANSWER(TransferAnswer);
    HB_ANSWER(PacketFreezeAnswer);
    HB_ANSWER(PayoutAnswer);
    HB_ANSWER(PayoutListAnswer);
    HB_ANSWER(CaseAnswer);
    case fb::Answer::NONE:
      break;
  }
#undef HB_ANSWER
  return true;  // none, or a newer server's
}

}  // namespace

std::optional<Response> decode_response(std::span<const std::byte> payload) {
  const fb::Response* from = verified<fb::Response>(payload, tables_max);
  if (from == nullptr) return std::nullopt;
  std::optional<Response> decoded(std::in_place);
  decoded->id = from->id();
  decoded->status = static_cast<Status>(from->status());
  decoded->replayed = from->replayed();
  decoded->limit = from->limit();
  decoded->retry_after = Duration::us(from->retry_after_us());
  decoded->message = view(from->message());
  if (!take_answer(*from, decoded->answer)) decoded.reset();
  return decoded;
}

}  // namespace hb::net
