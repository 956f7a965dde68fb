#include "net/wire/request_encoder.h"

#include "net/wire/finish_frame.h"
#include "schema/hongbao_generated.h"

namespace hb::net {
namespace {

namespace fb = ::hongbao;
using Builder = flatbuffers::FlatBufferBuilder;

flatbuffers::Offset<flatbuffers::String> text(Builder& builder, std::string_view from) {
  if (from.empty()) return {};
  return builder.CreateString(from.data(), from.size());
}

struct Envelope {
  std::uint64_t id = 0;
  Time deadline;
  Key128 key;
};

template <class Table>
std::span<const std::byte> finish(Builder& builder, const Envelope& envelope,
                                  flatbuffers::Offset<Table> command) {
  const fb::Key128 key(envelope.key.low, envelope.key.high);
  fb::RequestBuilder request(builder);
  request.add_id(envelope.id);
  request.add_deadline_us(envelope.deadline.us());
  if (!envelope.key.empty()) request.add_key(&key);
  request.add_command_type(fb::CommandTraits<Table>::enum_value);
  request.add_command(command.Union());
  return finish_frame(builder, request.Finish());
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

RequestEncoder::Frame RequestEncoder::command(std::uint64_t id, Time deadline,
                                              const OpenWallet& command) {
  builder_.Clear();
  const auto name = text(builder_, command.name.view());
  return finish(builder_, {id, deadline, command.key},
                fb::CreateOpenWallet(builder_, command.user.value, name));
}

RequestEncoder::Frame RequestEncoder::command(std::uint64_t id, Time deadline,
                                              const Deposit& command) {
  builder_.Clear();
  return finish(builder_, {id, deadline, command.key},
                fb::CreateDeposit(builder_, command.user.value, command.amount.fen()));
}

RequestEncoder::Frame RequestEncoder::command(std::uint64_t id, Time deadline,
                                              const Withdraw& command) {
  builder_.Clear();
  return finish(builder_, {id, deadline, command.key},
                fb::CreateWithdraw(builder_, command.user.value, command.amount.fen()));
}

RequestEncoder::Frame RequestEncoder::command(std::uint64_t id, Time deadline,
                                              const ShowWallet& command) {
  builder_.Clear();
  return finish(builder_, {id, deadline, {}}, fb::CreateShowWallet(builder_, command.user.value));
}

RequestEncoder::Frame RequestEncoder::command(std::uint64_t id, Time deadline,
                                              const SendPacket& command) {
  builder_.Clear();
  const auto remark = text(builder_, command.remark.view());
  const auto group = text(builder_, command.group.view());
  return finish(builder_, {id, deadline, command.key},
                fb::CreateSendPacket(builder_, command.sender.value, command.total.fen(),
                                     command.share_count, static_cast<fb::PacketKind>(command.kind),
                                     command.expires_in.us(), remark, group));
}

RequestEncoder::Frame RequestEncoder::command(std::uint64_t id, Time deadline,
                                              const ClaimItem& claim) {
  builder_.Clear();
  return finish(builder_, {id, deadline, {}},
                fb::CreateClaim(builder_, claim.packet.value, claim.user.value));
}

RequestEncoder::Frame RequestEncoder::command(std::uint64_t id, Time deadline,
                                              const PeekPacket& command) {
  builder_.Clear();
  return finish(builder_, {id, deadline, {}},
                fb::CreatePeekPacket(builder_, command.packet.value, command.user.value));
}

RequestEncoder::Frame RequestEncoder::command(std::uint64_t id, Time deadline,
                                              const ShowPacket& command) {
  builder_.Clear();
  return finish(builder_, {id, deadline, {}}, fb::CreateShowPacket(builder_, command.packet.value));
}

RequestEncoder::Frame RequestEncoder::claims(std::uint64_t id, Time deadline,
                                             std::span<const ClaimItem> claims) {
  builder_.Clear();
  const auto vector = builder_.CreateVectorOfStructs(
      reinterpret_cast<const fb::ClaimItem*>(claims.data()), claims.size());
  return finish(builder_, {id, deadline, {}}, fb::CreateClaimBatch(builder_, vector));
}

}  // namespace hb::net
