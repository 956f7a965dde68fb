#include "net/wire/response_encoder.h"

#include <new>
#include <string_view>

#include "net/wire/finish_frame.h"
#include "net/wire/status_message.h"
#include "schema/hongbao_generated.h"

namespace hb::net {
namespace {

namespace fb = ::hongbao;
using Builder = flatbuffers::FlatBufferBuilder;
using Text = flatbuffers::Offset<flatbuffers::String>;

Text text(Builder& builder, std::string_view from) {
  if (from.empty()) return {};
  return builder.CreateString(from.data(), from.size());
}

flatbuffers::Offset<flatbuffers::Vector<std::uint8_t>> digest(Builder& builder,
                                                              const Digest256& from) {
  return builder.CreateVector(reinterpret_cast<const std::uint8_t*>(from.data()), from.size());
}

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
      from.expires_at.us(), remark, group);
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

Built build(Builder&, const NoAnswer&, const ReplyBatch&) {
  return {};
}

// An answer that the schema has no table for yet: the status alone is told.
template <class Answer>
Built build(Builder&, const Answer&, const ReplyBatch&) {
  return {};
}

Built build(Builder& builder, const WalletAnswer& from, const ReplyBatch&) {
  const Text name = text(builder, from.name.view());
  return built(fb::CreateWalletAnswer(builder, from.user.value, from.balance.fen(),
                                      from.opened_at.us(), name));
}

Built build(Builder& builder, const SendAnswer& from, const ReplyBatch&) {
  const auto commitment = digest(builder, from.seed_commitment);
  return built(fb::CreateSendAnswer(builder, from.packet.value, from.expires_at.us(), commitment));
}

Built build(Builder& builder, const ClaimBatchAnswer& from, const ReplyBatch& batch) {
  return build_claims(builder, std::span(batch.claims).subspan(from.first, from.count));
}

Built build(Builder& builder, const PeekAnswer& from, const ReplyBatch&) {
  const auto packet = summary(builder, from.packet);
  const fb::ClaimOutcome own = outcome(from.own_claim);
  const bool has_own = from.own_claim.status == Status::already_claimed;
  return built(fb::CreatePeekAnswer(builder, packet, from.claimable, has_own ? &own : nullptr));
}

Built build(Builder& builder, const ShowPacketAnswer& from, const ReplyBatch& batch) {
  const auto packet = summary(builder, from.packet);
  const auto commitment = digest(builder, from.seed_commitment);
  const auto claims = std::span(batch.packet_claims).subspan(from.first, from.count);
  const auto vector = builder.CreateVectorOfStructs(
      reinterpret_cast<const fb::PacketClaim*>(claims.data()), claims.size());
  return built(fb::CreateShowPacketAnswer(builder, packet, commitment, vector));
}

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

Duration retry_after(Status status, std::int64_t limit) {
  return Duration::us(status == Status::overloaded ? limit : 0);
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
  if (!succeeded(answer.status)) return refusal(id, {answer.status, 0});
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

ResponseEncoder::Frame ResponseEncoder::pong(std::uint64_t id) {
  builder_.Clear();
  return finish(builder_, {id, Status::ok, false, 0, {}}, built(fb::CreatePong(builder_)));
}

}  // namespace hb::net
