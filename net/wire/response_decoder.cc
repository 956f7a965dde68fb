#include "net/wire/response_decoder.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "net/wire/verify.h"
#include "schema/hongbao_generated.h"

namespace hb::net {
namespace {

namespace fb = ::hongbao;
using AnswerVariant = decltype(Response::answer);
// Nothing: the answer breaks the protocol in a way that verification does not see.
using Decoded = std::optional<AnswerVariant>;

std::string_view view(const flatbuffers::String* from) {
  return from == nullptr ? std::string_view() : std::string_view(from->c_str(), from->size());
}

// A server keeps texts within their limits, so a longer one is no answer of its.
template <std::size_t Capacity>
bool read(const flatbuffers::String* from, ShortText<Capacity>& to) {
  if (view(from).size() > Capacity) return false;
  to = ShortText<Capacity>(view(from));
  return true;
}

bool read(const flatbuffers::Vector<std::uint8_t>* from, Digest256& to) {
  if (from == nullptr || from->size() != to.size()) return false;
  std::memcpy(to.data(), from->Data(), to.size());
  return true;
}

bool read(const fb::PacketSummary* from, PacketSummary& to) {
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
  return read(from->remark(), to.remark) && read(from->group(), to.group);
}

ClaimAnswer outcome(const fb::ClaimOutcome& from) {
  return {static_cast<Status>(from.status()), from.share_index(), from.amount_fen(),
          Time(from.claimed_at())};
}

Decoded convert(const fb::Welcome& from) {
  Welcome to;
  to.protocol_version = from.protocol_version();
  to.server_version = view(from.server_version());
  to.partitions = from.partitions();
  to.shards = from.shards();
  to.frame_bytes_max = from.frame_bytes_max();
  to.window_max = from.window_max();
  to.claim_batch_max = from.claim_batch_max();
  to.acknowledgement = static_cast<Acknowledgement>(from.acknowledgement());
  to.role = static_cast<Role>(from.role());
  return to;
}

Decoded convert(const fb::Pong&) {
  return Pong{};
}

Decoded convert(const fb::WalletAnswer& from) {
  WalletAnswer to{UserId(from.user()), Amount(from.balance()), Time(from.opened_at()), {}};
  if (!read(from.name(), to.name)) return std::nullopt;
  return to;
}

Decoded convert(const fb::SendAnswer& from) {
  SendAnswer to{PacketId(from.packet()), Time(from.expires_at()), {}};
  if (!read(from.seed_commitment(), to.seed_commitment)) return std::nullopt;
  return to;
}

Decoded convert(const fb::ClaimAnswer& from) {
  if (from.outcome() == nullptr) return std::nullopt;
  return outcome(*from.outcome());
}

Decoded convert(const fb::ClaimBatchAnswer& from) {
  const auto claims = structs<ClaimAnswer>(from.outcomes());
  if (!claims) return std::nullopt;
  return ClaimListAnswer{*claims};
}

Decoded convert(const fb::PeekAnswer& from) {
  PeekAnswer to;
  to.claimable = from.claimable();
  if (from.own_claim() != nullptr) to.own_claim = outcome(*from.own_claim());
  if (!read(from.packet(), to.packet)) return std::nullopt;
  return to;
}

Decoded convert(const fb::ShowPacketAnswer& from) {
  PacketDetail to;
  const auto claims = structs<PacketClaim>(from.claims());
  const bool whole =
      claims && read(from.packet(), to.packet) && read(from.seed_commitment(), to.seed_commitment);
  if (!whole) return std::nullopt;
  to.claims = *claims;
  return to;
}

template <class Table>
Decoded convert_as(const fb::Response& response) {
  const auto* table = static_cast<const Table*>(response.answer());
  return table == nullptr ? std::nullopt : convert(*table);
}

Decoded answer_of(const fb::Response& response) {
  switch (response.answer_type()) {
    case fb::Answer::Welcome:
      return convert_as<fb::Welcome>(response);
    case fb::Answer::Pong:
      return convert_as<fb::Pong>(response);
    case fb::Answer::WalletAnswer:
      return convert_as<fb::WalletAnswer>(response);
    case fb::Answer::SendAnswer:
      return convert_as<fb::SendAnswer>(response);
    case fb::Answer::ClaimAnswer:
      return convert_as<fb::ClaimAnswer>(response);
    case fb::Answer::ClaimBatchAnswer:
      return convert_as<fb::ClaimBatchAnswer>(response);
    case fb::Answer::PeekAnswer:
      return convert_as<fb::PeekAnswer>(response);
    case fb::Answer::ShowPacketAnswer:
      return convert_as<fb::ShowPacketAnswer>(response);
    case fb::Answer::NONE:
      break;
  }
  return NoAnswer{};  // none, or a newer server's
}

}  // namespace

std::optional<Response> decode_response(std::span<const std::byte> payload) {
  const fb::Response* from = verified<fb::Response>(payload);
  if (from == nullptr) return std::nullopt;
  Decoded answer = answer_of(*from);
  if (!answer) return std::nullopt;
  return Response{from->id(),        static_cast<Status>(from->status()),  from->replayed(),
                  from->limit(),     Duration::us(from->retry_after_us()), view(from->message()),
                  *std::move(answer)};
}

}  // namespace hb::net
