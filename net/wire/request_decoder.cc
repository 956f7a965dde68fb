#include "net/wire/request_decoder.h"

#include <optional>
#include <string_view>

#include "engine/base/assert.h"
#include "net/wire/frame.h"
#include "net/wire/verify.h"
#include "schema/hongbao_generated.h"

namespace hb::net {
namespace {

namespace fb = ::hongbao;
using Body = decltype(Request::body);

Body refuse(Status status, std::int64_t limit = 0) {
  return Refusal{status, limit};
}

// Reads a text that has a place of Capacity bytes; says whether it fits.
template <std::size_t Capacity>
bool read(const flatbuffers::String* from, ShortText<Capacity>& to) {
  if (from == nullptr) return true;
  if (from->size() > Capacity) return false;
  to = ShortText<Capacity>(std::string_view(from->c_str(), from->size()));
  return true;
}

Key128 key_of(const fb::Request& request) {
  const fb::Key128* key = request.key();
  return key == nullptr ? Key128{} : Key128{key->low(), key->high()};
}

Body convert(const fb::Request&, const fb::Hello& from) {
  const flatbuffers::String* client = from.client();
  return Hello{from.protocol_version(), client == nullptr
                                            ? std::string_view()
                                            : std::string_view(client->c_str(), client->size())};
}

Body convert(const fb::Request&, const fb::Ping&) {
  return Ping{};
}

Body convert(const fb::Request& request, const fb::OpenWallet& from) {
  OpenWallet to{key_of(request), UserId(from.user()), {}};
  if (!read(from.name(), to.name)) return refuse(Status::text_too_long, limits::name_bytes_max);
  return Command(to);
}

Body convert(const fb::Request& request, const fb::Deposit& from) {
  return Command(Deposit{key_of(request), UserId(from.user()), Amount(from.amount())});
}

Body convert(const fb::Request& request, const fb::Withdraw& from) {
  return Command(Withdraw{key_of(request), UserId(from.user()), Amount(from.amount())});
}

Body convert(const fb::Request&, const fb::ShowWallet& from) {
  return Command(ShowWallet{UserId(from.user())});
}

Body convert(const fb::Request& request, const fb::SendPacket& from) {
  SendPacket to{.key = key_of(request),
                .sender = UserId(from.sender()),
                .total = Amount(from.total()),
                .share_count = from.share_count(),
                .kind = static_cast<PacketKind>(from.kind()),
                .expires_in = Duration::us(from.expires_in_us())};
  if (!read(from.remark(), to.remark)) {
    return refuse(Status::text_too_long, limits::remark_bytes_max);
  }
  if (!read(from.group(), to.group)) return refuse(Status::text_too_long, limits::group_bytes_max);
  return Command(to);
}

Body convert(const fb::Request&, const fb::Claim& from) {
  return SingleClaim{{PacketId(from.packet()), UserId(from.user())}};
}

Body convert(const fb::Request&, const fb::ClaimBatch& from) {
  const std::optional<std::span<const ClaimItem>> claims = structs<ClaimItem>(from.claims());
  if (!claims) return refuse(Status::frame_malformed);
  return ClaimList{*claims};
}

Body convert(const fb::Request&, const fb::PeekPacket& from) {
  return Command(PeekPacket{PacketId(from.packet()), UserId(from.user())});
}

Body convert(const fb::Request&, const fb::ShowPacket& from) {
  return Command(ShowPacket{PacketId(from.packet())});
}

template <class Table>
Body convert_as(const fb::Request& request) {
  const auto* table = static_cast<const Table*>(request.command());
  return table == nullptr ? refuse(Status::command_unknown) : convert(request, *table);
}

Body body_of(const fb::Request& request) {
  switch (request.command_type()) {
    case fb::Command::Hello:
      return convert_as<fb::Hello>(request);
    case fb::Command::Ping:
      return convert_as<fb::Ping>(request);
    case fb::Command::OpenWallet:
      return convert_as<fb::OpenWallet>(request);
    case fb::Command::Deposit:
      return convert_as<fb::Deposit>(request);
    case fb::Command::Withdraw:
      return convert_as<fb::Withdraw>(request);
    case fb::Command::ShowWallet:
      return convert_as<fb::ShowWallet>(request);
    case fb::Command::SendPacket:
      return convert_as<fb::SendPacket>(request);
    case fb::Command::Claim:
      return convert_as<fb::Claim>(request);
    case fb::Command::ClaimBatch:
      return convert_as<fb::ClaimBatch>(request);
    case fb::Command::PeekPacket:
      return convert_as<fb::PeekPacket>(request);
    case fb::Command::ShowPacket:
      return convert_as<fb::ShowPacket>(request);
    case fb::Command::NONE:
      break;
  }
  return refuse(Status::command_unknown);  // none, or a newer client's
}

}  // namespace

Request decode_request(std::span<const std::byte> payload) {
  const fb::Request* request = verified<fb::Request>(payload);
  if (request == nullptr) return {0, Time(), Refusal{Status::frame_malformed, 0}};
  Request decoded{request->id(), Time(request->deadline_us()), body_of(*request)};
  const auto* refusal = std::get_if<Refusal>(&decoded.body);
  if (refusal != nullptr && refusal->status == Status::frame_malformed) decoded.id = 0;
  return decoded;
}

}  // namespace hb::net
