#include "net/wire/response_encoder.h"

#include <bit>
#include <new>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/assert.h"
#include "net/wire/fields.h"
#include "net/wire/finish_frame.h"
#include "net/wire/status_message.h"
#include "schema/hongbao_generated.h"

namespace hb::net {
namespace {

namespace fb = ::hongbao;
using Builder = flatbuffers::FlatBufferBuilder;
using Text = flatbuffers::Offset<flatbuffers::String>;

static_assert(std::endian::native == std::endian::little, "seeds are copied, not converted");

fb::ClaimOutcome outcome(const ClaimAnswer& from) {
  return {static_cast<fb::Status>(from.status), from.share_index, from.amount_fen,
          from.claimed_at.us()};
}

flatbuffers::Offset<fb::PacketSummary> summary(Builder& builder, const PacketSummary& from) {
  const Text remark = text(builder, from.remark.view());
  const Text group = text(builder, from.group.view());
  return fb::CreatePacketSummary(
      builder, from.packet.value, from.sender.value, static_cast<fb::PacketKind>(from.kind),
      static_cast<fb::PacketState>(from.state), from.share_count, from.claimed_count,
      from.total.fen(), from.remaining.fen(), from.refunded.fen(), from.sent_at.us(),
      from.expires_at.us(), remark, group, static_cast<fb::Split>(from.split),
      static_cast<fb::FundingSource>(from.funding), from.frozen, from.sender_may_claim,
      from.recallable, from.needs_code, from.luckiest, from.recipient_count, from.share_min.fen(),
      from.share_max.fen(), from.returned.fen(), from.opens_at.us());
}

// An answer in the builder; type NONE: there is none.
struct Built {
  fb::Answer type = fb::Answer::NONE;
  flatbuffers::Offset<void> offset;
};

template <class Table>
Built built(flatbuffers::Offset<Table> offset) {
  return {fb::AnswerTraits<Table>::enum_value, offset.Union()};
}

Built build_claims(Builder& builder, std::span<const ClaimAnswer> answers) {
  fb::ClaimOutcome* to = nullptr;
  const auto vector = builder.CreateUninitializedVectorOfStructs(answers.size(), &to);
  for (const ClaimAnswer& answer : answers) ::new (to++) fb::ClaimOutcome(outcome(answer));
  return built(fb::CreateClaimBatchAnswer(builder, vector));
}

// The part of a batch's vector that an answer refers to.
template <class T>
std::span<const T> range(const std::vector<T>& all, std::uint32_t first, std::uint32_t count) {
  HB_ASSERT(first <= all.size() && count <= all.size() - first);
  return std::span(all).subspan(first, count);
}

Built build(Builder&, const NoAnswer&, const ReplyBatch&) {
  return {};
}

// ---- wallets ------------------------------------------------------------------------------------

Built build(Builder& builder, const WalletAnswer& from, const ReplyBatch&) {
  const Text name = text(builder, from.name.view());
  return built(fb::CreateWalletAnswer(builder, from.user.value, from.balance.fen(),
                                      from.opened_at.us(), name, from.frozen,
                                      static_cast<fb::RefundTarget>(from.refund_target)));
}

Built build(Builder& builder, const RecipientAnswer& from, const ReplyBatch&) {
  const Text name = text(builder, from.masked_name.view());
  return built(fb::CreateRecipientAnswer(builder, from.user.value, from.exists, from.frozen, name));
}

// ---- packets ------------------------------------------------------------------------------------

Built build(Builder& builder, const SendAnswer& from, const ReplyBatch&) {
  const auto commitment = bytes(builder, from.seed_commitment);
  return built(fb::CreateSendAnswer(builder, from.packet.value, from.expires_at.us(), commitment));
}

Built build(Builder& builder, const ClaimAnswer& from, const ReplyBatch&) {
  const fb::ClaimOutcome claimed = outcome(from);
  return built(fb::CreateClaimAnswer(builder, &claimed));
}

Built build(Builder& builder, const ClaimBatchAnswer& from, const ReplyBatch& batch) {
  return build_claims(builder, range(batch.claims, from.first, from.count));
}

Built build(Builder& builder, const PeekAnswer& from, const ReplyBatch&) {
  const auto packet = summary(builder, from.packet);
  const fb::ClaimOutcome own = outcome(from.own_claim);
  const bool has_own = from.own_claim.status == Status::already_claimed;
  return built(fb::CreatePeekAnswer(builder, packet, from.claimable, has_own ? &own : nullptr));
}

Built build(Builder& builder, const ShowPacketAnswer& from, const ReplyBatch& batch) {
  const auto packet = summary(builder, from.packet);
  const auto commitment = bytes(builder, from.seed_commitment);
  const auto claims = range(batch.packet_claims, from.first, from.count);
  const auto claim_vector = builder.CreateVectorOfStructs(
      reinterpret_cast<const fb::PacketClaim*>(claims.data()), claims.size());
  const auto states = range(batch.share_states, from.first, from.count);
  const auto state_vector =
      builder.CreateVector(reinterpret_cast<const fb::ShareState*>(states.data()), states.size());
  const auto recipients =
      ids(builder, range(batch.users, from.recipients_first, from.recipients_count));
  const std::span<const std::byte> seed = std::as_bytes(std::span(&from.seed, 1));
  const auto seed_vector = from.seed_revealed
                               ? bytes(builder, seed)
                               : flatbuffers::Offset<flatbuffers::Vector<std::uint8_t>>();
  return built(fb::CreateShowPacketAnswer(builder, packet, commitment, claim_vector, state_vector,
                                          recipients, seed_vector));
}

Built build(Builder& builder, const RecallAnswer& from, const ReplyBatch&) {
  return built(fb::CreateRecallAnswer(builder, from.packet.value, from.amount.fen(),
                                      static_cast<fb::RefundTarget>(from.to)));
}

Built build(Builder& builder, const ReturnAnswer& from, const ReplyBatch&) {
  return built(
      fb::CreateReturnAnswer(builder, from.packet.value, from.user.value, from.amount.fen()));
}

// ---- transfers ----------------------------------------------------------------------------------

Built build(Builder& builder, const TransferAnswer& from, const ReplyBatch&) {
  const Text remark = text(builder, from.remark.view());
  return built(fb::CreateTransferAnswer(
      builder, from.transfer.value, from.sender.value, from.recipient.value, from.amount.fen(),
      static_cast<fb::TransferState>(from.state), from.frozen, from.sent_at.us(),
      from.expires_at.us(), from.arrives_after.us(), from.arrives_at.us(), remark));
}

// ---- payouts ------------------------------------------------------------------------------------

flatbuffers::Offset<fb::Payout> payout(Builder& builder, const Payout& from) {
  const Text funding = text(builder, from.funding.view());
  const Text confirmation = text(builder, from.confirmation.view());
  return fb::CreatePayout(builder, from.packet.value, from.sender.value, from.amount.fen(),
                          static_cast<fb::PayoutState>(from.state), from.owed_at.us(),
                          from.confirmed_at.us(), funding, confirmation);
}

Built build(Builder& builder, const PayoutAnswer& from, const ReplyBatch&) {
  return built(fb::CreatePayoutAnswer(builder, payout(builder, from.payout)));
}

Built build(Builder& builder, const PayoutListAnswer& from, const ReplyBatch& batch) {
  const auto payouts = range(batch.payouts, from.first, from.count);
  const auto vector = builder.CreateVector<flatbuffers::Offset<fb::Payout>>(
      payouts.size(), [&](std::size_t i) { return payout(builder, payouts[i]); });
  return built(fb::CreatePayoutListAnswer(builder, vector, from.more));
}

// ---- support ------------------------------------------------------------------------------------

Built build(Builder& builder, const PacketFreezeAnswer& from, const ReplyBatch&) {
  return built(fb::CreatePacketFreezeAnswer(builder, from.packet.value, from.frozen));
}

Built build(Builder& builder, const CaseAnswer& from, const ReplyBatch& batch) {
  const CaseRecord& record = range(batch.cases, from.index, 1).front();
  const Text opened_by = text(builder, record.opened_by.view());
  const Text resolved_by = text(builder, record.resolved_by.view());
  const Text opened_note = text(builder, record.opened_note.view());
  const Text resolved_note = text(builder, record.resolved_note.view());
  return built(fb::CreateCaseAnswer(
      builder,
      fb::CreateCaseRecord(builder, record.case_id.value, record.subject.value, record.user.value,
                           static_cast<fb::CaseState>(record.state), record.opened_at.us(),
                           record.resolved_at.us(), record.returned.fen(), record.shortfall.fen(),
                           opened_by, resolved_by, opened_note, resolved_note)));
}

// ---- records ------------------------------------------------------------------------------------

// What is empty is left out, as with texts.
template <class Table, class Row>
flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<Table>>> rows(
    Builder& builder, const std::vector<Row>& from,
    flatbuffers::Offset<Table> (*build_row)(Builder&, const Row&)) {
  if (from.empty()) return {};
  return builder.CreateVector<flatbuffers::Offset<Table>>(
      from.size(), [&](std::size_t i) { return build_row(builder, from[i]); });
}

flatbuffers::Offset<flatbuffers::Vector<const fb::AsOf*>> as_of(
    Builder& builder, const std::vector<archive::AsOf>& from) {
  if (from.empty()) return {};
  return builder.CreateVectorOfStructs<fb::AsOf>(from.size(), [&](std::size_t i, fb::AsOf* to) {
    *to = fb::AsOf(from[i].shard.value, from[i].sequence.value, from[i].events_behind);
  });
}

flatbuffers::Offset<fb::SentEntry> row(Builder& builder, const archive::SentEntry& from) {
  const Text remark = text(builder, from.remark.view());
  const Text group = text(builder, from.group.view());
  return fb::CreateSentEntry(
      builder, from.packet.value, from.is_transfer, static_cast<fb::PacketKind>(from.kind),
      static_cast<fb::PacketState>(from.state), static_cast<fb::TransferState>(from.transfer_state),
      from.recipient.value, from.total.fen(), from.share_count, from.claimed_count,
      from.claimed.fen(), from.refunded.fen(), from.returned.fen(), from.sent_at.us(), remark,
      group);
}

flatbuffers::Offset<fb::ReceivedEntry> row(Builder& builder, const archive::ReceivedEntry& from) {
  const Text remark = text(builder, from.remark.view());
  return fb::CreateReceivedEntry(builder, from.packet.value, from.is_transfer, from.sender.value,
                                 from.amount.fen(), from.received_at.us(),
                                 static_cast<fb::ShareState>(from.state), remark);
}

flatbuffers::Offset<fb::Movement> row(Builder& builder, const archive::Movement& from) {
  return fb::CreateMovement(builder, from.sequence.value, from.at.us(),
                            static_cast<std::uint8_t>(from.cause), from.packet.value,
                            from.amount.fen(), from.balance.fen());
}

flatbuffers::Offset<fb::HistoryRecord> row(Builder& builder, const archive::HistoryRecord& from) {
  const auto record = bytes(builder, from.record);
  return fb::CreateHistoryRecord(builder, from.shard.value, from.sequence.value, record);
}

Built build(Builder&, const std::monostate&) {
  return {};
}

Built build(Builder& builder, const archive::SentPage& from) {
  const auto entries = rows<fb::SentEntry, archive::SentEntry>(builder, from.entries, row);
  const Text next = text(builder, from.next.view());
  return built(fb::CreateSentPage(builder, entries, next, as_of(builder, from.as_of)));
}

Built build(Builder& builder, const archive::ReceivedPage& from) {
  const auto entries = rows<fb::ReceivedEntry, archive::ReceivedEntry>(builder, from.entries, row);
  const Text next = text(builder, from.next.view());
  return built(fb::CreateReceivedPage(builder, entries, next, as_of(builder, from.as_of)));
}

Built build(Builder& builder, const archive::StatementPage& from) {
  const auto movements = rows<fb::Movement, archive::Movement>(builder, from.movements, row);
  const Text next = text(builder, from.next.view());
  return built(fb::CreateStatementPage(builder, movements, next, as_of(builder, from.as_of)));
}

Built build(Builder& builder, const archive::HistoryPage& from) {
  const auto records = rows<fb::HistoryRecord, archive::HistoryRecord>(builder, from.records, row);
  const Text next = text(builder, from.next.view());
  return built(fb::CreateHistoryPage(builder, records, next, as_of(builder, from.as_of)));
}

Built build(Builder& builder, const archive::FeedPage& from) {
  const auto records = from.records.empty()
                           ? flatbuffers::Offset<flatbuffers::Vector<std::uint8_t>>()
                           : bytes(builder, from.records);
  return built(fb::CreateFeedPage(builder, from.shard.value, from.first.value, from.count,
                                  from.durable.value, records));
}

bool fits_a_frame(const archive::QueryAnswer& answer) {
  const auto* history = std::get_if<archive::HistoryPage>(&answer);
  return history == nullptr || history->records.size() <= history_records_max;
}

// ---- the response -------------------------------------------------------------------------------

// What a response says besides its answer.
struct Head {
  std::uint64_t id = 0;
  Status status = Status::ok;
  bool replayed = false;
  std::int64_t limit = 0;
  Duration retry_after;
};

std::span<const std::byte> finish(Builder& builder, const Head& head, Built answer) {
  const Text message = succeeded(head.status)
                           ? Text()
                           : text(builder, status_message(head.status, head.limit).view());
  fb::ResponseBuilder response(builder);
  response.add_id(head.id);
  response.add_limit(head.limit);
  response.add_retry_after_us(head.retry_after.us());
  if (!message.IsNull()) response.add_message(message);
  if (answer.type != fb::Answer::NONE) {
    response.add_answer(answer.offset);
    response.add_answer_type(answer.type);
  }
  response.add_status(static_cast<fb::Status>(head.status));
  response.add_replayed(head.replayed);
  return finish_frame(builder, response.Finish());
}

// A client that is asked to wait for no time comes back thousands of times a second.
Duration retry_after(Status status, std::int64_t limit) {
  const bool passes = status == Status::overloaded || status == Status::records_unavailable;
  HB_ASSERT(!passes || limit > 0);
  return Duration::us(passes ? limit : 0);
}

}  // namespace

ResponseEncoder::Frame ResponseEncoder::reply(std::uint64_t id, const Reply& reply,
                                              const ReplyBatch& batch) {
  builder_.Clear();
  const Built answer =
      std::visit([&](const auto& from) { return build(builder_, from, batch); }, reply.answer);
  return finish(
      builder_,
      {id, reply.status, reply.replayed, reply.limit, retry_after(reply.status, reply.limit)},
      answer);
}

ResponseEncoder::Frame ResponseEncoder::claim(std::uint64_t id, const ClaimAnswer& answer) {
  if (!succeeded(answer.status)) return refusal(id, {answer.status, claim_limit(answer)});
  builder_.Clear();
  const fb::ClaimOutcome from = outcome(answer);
  return finish(builder_, {id, answer.status, false, 0, {}},
                built(fb::CreateClaimAnswer(builder_, &from)));
}

ResponseEncoder::Frame ResponseEncoder::claims(std::uint64_t id,
                                               std::span<const ClaimAnswer> answers,
                                               Duration retry_after) {
  builder_.Clear();
  const Built answer = build_claims(builder_, answers);
  return finish(builder_, {id, Status::ok, false, 0, retry_after}, answer);
}

ResponseEncoder::Frame ResponseEncoder::query(std::uint64_t id, const archive::QueryReply& reply) {
  constexpr Refusal too_large{Status::page_out_of_range, limits::page_rows_max};
  if (!fits_a_frame(reply.answer)) return refusal(id, too_large);
  builder_.Clear();
  const Built answer =
      std::visit([&](const auto& from) { return build(builder_, from); }, reply.answer);
  const Frame frame = finish(
      builder_, {id, reply.status, false, reply.limit, retry_after(reply.status, reply.limit)},
      answer);
  const bool fits = frame.size() <= sizeof(FrameHeader) + limits::frame_bytes_max;
  return fits ? frame : refusal(id, too_large);
}

ResponseEncoder::Frame ResponseEncoder::refusal(std::uint64_t id, Refusal refusal) {
  builder_.Clear();
  return finish(
      builder_,
      {id, refusal.status, false, refusal.limit, retry_after(refusal.status, refusal.limit)}, {});
}

ResponseEncoder::Frame ResponseEncoder::welcome(std::uint64_t id, const Welcome& welcome) {
  builder_.Clear();
  const Text version = text(builder_, welcome.server_version);
  const auto table = fb::CreateWelcome(builder_, welcome.protocol_version, version,
                                       welcome.partitions, welcome.shards, welcome.frame_bytes_max,
                                       welcome.window_max, welcome.claim_batch_max,
                                       static_cast<fb::Acknowledgement>(welcome.acknowledgement),
                                       static_cast<fb::Role>(welcome.role));
  return finish(builder_, {id, Status::ok, false, 0, {}}, built(table));
}

ResponseEncoder::Frame ResponseEncoder::pong(std::uint64_t id, const Pong& pong) {
  builder_.Clear();
  return finish(builder_, {id, Status::ok, false, 0, {}},
                built(fb::CreatePong(builder_, pong.now.us(), pong.clock_ahead.us())));
}

}  // namespace hb::net
