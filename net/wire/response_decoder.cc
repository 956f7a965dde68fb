#include "net/wire/response_decoder.h"

#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "net/wire/fields.h"
#include "net/wire/verify.h"
#include "schema/hongbao_generated.h"

namespace hb::net {
namespace {

namespace fb = ::hongbao;
using AnyAnswer = decltype(Response::answer);

static_assert(std::endian::native == std::endian::little, "seeds are copied, not converted");

// A page's rows, and what is around them.
constexpr flatbuffers::uoffset_t tables_max = history_records_max + 8;
static_assert(history_records_max >= limits::page_rows_max);

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

bool take(const fb::SentEntry* from, archive::SentEntry& to) {
  if (from == nullptr) return false;
  to.packet = PacketId(from->packet());
  to.is_transfer = from->is_transfer();
  to.kind = static_cast<PacketKind>(from->kind());
  to.state = static_cast<PacketState>(from->state());
  to.transfer_state = static_cast<TransferState>(from->transfer_state());
  to.recipient = UserId(from->recipient());
  to.total = Amount(from->total());
  to.share_count = from->share_count();
  to.claimed_count = from->claimed_count();
  to.claimed = Amount(from->claimed());
  to.refunded = Amount(from->refunded());
  to.returned = Amount(from->returned());
  to.sent_at = Time(from->sent_at());
  return read(from->remark(), to.remark) && read(from->group(), to.group);
}

bool take(const fb::ReceivedEntry* from, archive::ReceivedEntry& to) {
  if (from == nullptr) return false;
  to.packet = PacketId(from->packet());
  to.is_transfer = from->is_transfer();
  to.sender = UserId(from->sender());
  to.amount = Amount(from->amount());
  to.received_at = Time(from->received_at());
  to.state = static_cast<ShareState>(from->state());
  return read(from->remark(), to.remark);
}

bool take(const fb::Movement* from, archive::Movement& to) {
  if (from == nullptr) return false;
  to = {Sequence(from->sequence()), Time(from->at()),       static_cast<EventType>(from->cause()),
        PacketId(from->packet()),   Amount(from->amount()), Amount(from->balance())};
  return true;
}

// How many whole records the bytes are; nothing where they are none.
std::optional<std::size_t> count_records(std::span<const std::byte> bytes) {
  std::size_t count = 0;
  while (!bytes.empty()) {
    EventHeader header;
    if (bytes.size() < sizeof(header)) return std::nullopt;
    std::memcpy(&header, bytes.data(), sizeof(header));
    if (header.units == 0 || header.bytes() > bytes.size()) return std::nullopt;
    bytes = bytes.subspan(header.bytes());
    ++count;
  }
  return count;
}

// Bytes that are `count` whole records, so that whoever reads them stays within them.
bool take_records(const flatbuffers::Vector<std::uint8_t>* from, std::size_t count,
                  std::vector<std::byte>& to) {
  if (from != nullptr) {
    const std::span<const std::byte> bytes = std::as_bytes(std::span(from->Data(), from->size()));
    to.assign(bytes.begin(), bytes.end());
  }
  return count_records(to) == count;
}

bool take(const fb::HistoryRecord* from, archive::HistoryRecord& to) {
  if (from == nullptr) return false;
  to.shard = ShardId(from->shard());
  to.sequence = Sequence(from->sequence());
  return take_records(from->record(), 1, to.record);
}

template <class Table, class Row>
bool take_rows(const flatbuffers::Vector<flatbuffers::Offset<Table>>* from, std::vector<Row>& to) {
  if (from == nullptr) return true;
  to.reserve(from->size());
  for (const Table* row : *from) {
    if (!take(row, to.emplace_back())) return false;
  }
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

bool convert(const fb::Pong& from, AnyAnswer& answer) {
  auto& to = answer.emplace<Pong>();
  to.now = Time(from.now());
  to.clock_ahead = Duration::us(from.clock_ahead_us());
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
  return take_rows(from.payouts(), to.payouts);
}

// ---- support ------------------------------------------------------------------------------------

bool convert(const fb::PacketFreezeAnswer& from, AnyAnswer& answer) {
  answer = PacketFreezeAnswer{PacketId(from.packet()), from.frozen()};
  return true;
}

bool convert(const fb::CaseAnswer& from, AnyAnswer& answer) {
  return take(from.record(), answer.emplace<CaseRecord>());
}

// ---- records ------------------------------------------------------------------------------------

// What is the same in all pages: where the next one starts, and how new this one is.
template <class Table, class Page>
bool take_place(const Table& from, Page& to) {
  if (from.as_of() != nullptr) {
    for (const fb::AsOf* at : *from.as_of()) {
      to.as_of.push_back({ShardId(at->shard()), Sequence(at->sequence()), at->events_behind()});
    }
  }
  return read(from.next(), to.next);
}

bool convert(const fb::SentPage& from, AnyAnswer& answer) {
  auto& to = answer.emplace<archive::SentPage>();
  return take_rows(from.entries(), to.entries) && take_place(from, to);
}

bool convert(const fb::ReceivedPage& from, AnyAnswer& answer) {
  auto& to = answer.emplace<archive::ReceivedPage>();
  return take_rows(from.entries(), to.entries) && take_place(from, to);
}

bool convert(const fb::StatementPage& from, AnyAnswer& answer) {
  auto& to = answer.emplace<archive::StatementPage>();
  return take_rows(from.movements(), to.movements) && take_place(from, to);
}

bool convert(const fb::HistoryPage& from, AnyAnswer& answer) {
  auto& to = answer.emplace<archive::HistoryPage>();
  return take_rows(from.records(), to.records) && take_place(from, to);
}

bool convert(const fb::FeedPage& from, AnyAnswer& answer) {
  auto& to = answer.emplace<archive::FeedPage>();
  to.shard = ShardId(from.shard());
  to.first = Sequence(from.first());
  to.count = from.count();
  to.durable = Sequence(from.durable());
  return take_records(from.records(), from.count(), to.records);
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
    HB_ANSWER(SentPage);
    HB_ANSWER(ReceivedPage);
    HB_ANSWER(StatementPage);
    HB_ANSWER(HistoryPage);
    HB_ANSWER(FeedPage);
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
