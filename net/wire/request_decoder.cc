#include "net/wire/request_decoder.h"

#include <optional>
#include <string_view>
#include <variant>

#include "net/wire/fields.h"
#include "net/wire/verify.h"
#include "schema/hongbao_generated.h"

namespace hb::net {
namespace {

namespace fb = ::hongbao;

// A request is its root, its command and nothing else.
constexpr flatbuffers::uoffset_t tables_max = 8;

// ---- parts --------------------------------------------------------------------------------------

void refuse(Request& to, Status status, std::int64_t limit = 0) {
  to.body = Refusal{status, limit};
}

// The request's command, to be filled in where it lies: commands are large, and copying one costs
// more than decoding it.
template <class T>
T& open(Request& to) {
  return std::get<T>(to.body.emplace<Command>(std::in_place_type<T>));
}

// False: too long, and the request is a refusal now, so a reference to its command is gone.
template <std::size_t Capacity>
bool take(const flatbuffers::String* from, ShortText<Capacity>& to, Request& request) {
  if (read(from, to)) return true;
  refuse(request, Status::text_too_long, Capacity);
  return false;
}

void take_note(const flatbuffers::String* from, Request& to) {
  if (view(from).size() > limits::note_bytes_max) {
    return refuse(to, Status::text_too_long, limits::note_bytes_max);
  }
  to.note = view(from);
}

void take_recipients(const flatbuffers::Vector<std::uint64_t>* from, SendPacket& to,
                     Request& request) {
  const auto users = elements<UserId>(from);
  if (!users) return refuse(request, Status::frame_malformed);
  if (users->size() > limits::packet_recipients_max) {
    return refuse(request, Status::recipients_out_of_range, limits::packet_recipients_max);
  }
  to.recipients_count = static_cast<std::uint32_t>(users->size());
  request.users = *users;
}

Key128 key_of(const fb::Request& request) {
  const fb::Key128* key = request.key();
  return key == nullptr ? Key128{} : Key128{key->low(), key->high()};
}

// A value that must be told and was not is 0, which no enumeration has.
template <class Ours, class Theirs>
Ours value_of(flatbuffers::Optional<Theirs> from) {
  return from ? static_cast<Ours>(*from) : Ours{};
}

// ---- the session's own --------------------------------------------------------------------------

void convert(const fb::Request&, const fb::Hello& from, Request& to) {
  to.body = Hello{from.protocol_version(), view(from.client())};
}

void convert(const fb::Request&, const fb::Ping&, Request& to) {
  to.body = Ping{};
}

// ---- wallets ------------------------------------------------------------------------------------

void convert(const fb::Request& request, const fb::OpenWallet& from, Request& to) {
  auto& command = open<OpenWallet>(to);
  command.key = key_of(request);
  command.user = UserId(from.user());
  take(from.name(), command.name, to);
}

void convert(const fb::Request& request, const fb::Deposit& from, Request& to) {
  auto& command = open<Deposit>(to);
  command.key = key_of(request);
  command.user = UserId(from.user());
  command.amount = Amount(from.amount());
  take(from.reference(), command.reference, to);
}

void convert(const fb::Request& request, const fb::Withdraw& from, Request& to) {
  open<Withdraw>(to) = {key_of(request), UserId(from.user()), Amount(from.amount())};
}

void convert(const fb::Request& request, const fb::SetRefundTarget& from, Request& to) {
  open<SetRefundTarget>(to) = {key_of(request), UserId(from.user()),
                               value_of<RefundTarget>(from.target())};
}

void convert(const fb::Request&, const fb::ShowWallet& from, Request& to) {
  open<ShowWallet>(to) = {UserId(from.user())};
}

void convert(const fb::Request&, const fb::CheckRecipient& from, Request& to) {
  open<CheckRecipient>(to) = {UserId(from.user())};
}

// ---- packets ------------------------------------------------------------------------------------

void convert(const fb::Request& request, const fb::SendPacket& from, Request& to) {
  auto& command = open<SendPacket>(to);
  command.key = key_of(request);
  command.sender = UserId(from.sender());
  command.total = Amount(from.total());
  command.share_count = from.share_count();
  command.kind = static_cast<PacketKind>(from.kind());
  command.split = static_cast<Split>(from.split());
  command.sender_may_claim = static_cast<Choice>(from.sender_may_claim());
  command.recallable = from.recallable();
  command.funding = static_cast<FundingSource>(from.funding());
  command.expires_in = Duration::us(from.expires_in_us());
  command.opens_at = Time(from.opens_at());
  const bool texts_fit =
      take(from.remark(), command.remark, to) && take(from.group(), command.group, to) &&
      take(from.code(), command.code, to) && take(from.reference(), command.reference, to);
  if (texts_fit) take_recipients(from.recipients(), command, to);
}

void convert(const fb::Request&, const fb::Claim& from, Request& to) {
  const PacketId packet(from.packet());
  const UserId user(from.user());
  if (view(from.code()).empty()) {
    to.body = SingleClaim{{packet, user}};
    return;
  }
  auto& command = open<ClaimWithCode>(to);
  command.packet = packet;
  command.user = user;
  take(from.code(), command.code, to);
}

void convert(const fb::Request&, const fb::ClaimBatch& from, Request& to) {
  const auto claims = elements<ClaimItem>(from.claims());
  if (!claims) return refuse(to, Status::frame_malformed);
  to.body = ClaimList{*claims};
}

void convert(const fb::Request&, const fb::PeekPacket& from, Request& to) {
  open<PeekPacket>(to) = {PacketId(from.packet()), UserId(from.user())};
}

void convert(const fb::Request&, const fb::ShowPacket& from, Request& to) {
  open<ShowPacket>(to) = {PacketId(from.packet())};
}

void convert(const fb::Request& request, const fb::RecallPacket& from, Request& to) {
  open<RecallPacket>(to) = {key_of(request), PacketId(from.packet()), UserId(from.sender())};
}

void convert(const fb::Request& request, const fb::ReturnShare& from, Request& to) {
  open<ReturnShare>(to) = {key_of(request), PacketId(from.packet()), UserId(from.user())};
}

// ---- transfers ----------------------------------------------------------------------------------

void convert(const fb::Request& request, const fb::SendTransfer& from, Request& to) {
  auto& command = open<SendTransfer>(to);
  command.key = key_of(request);
  command.sender = UserId(from.sender());
  command.recipient = UserId(from.recipient());
  command.amount = Amount(from.amount());
  command.arrives_after = Duration::us(from.arrives_after_us());
  take(from.remark(), command.remark, to);
}

void convert(const fb::Request& request, const fb::AcceptTransfer& from, Request& to) {
  open<AcceptTransfer>(to) = {key_of(request), PacketId(from.transfer()), UserId(from.recipient())};
}

void convert(const fb::Request& request, const fb::DeclineTransfer& from, Request& to) {
  open<DeclineTransfer>(to) = {key_of(request), PacketId(from.transfer()),
                               UserId(from.recipient())};
}

void convert(const fb::Request& request, const fb::CancelTransfer& from, Request& to) {
  open<CancelTransfer>(to) = {key_of(request), PacketId(from.transfer()), UserId(from.sender())};
}

void convert(const fb::Request& request, const fb::ReturnTransfer& from, Request& to) {
  open<ReturnTransfer>(to) = {key_of(request), PacketId(from.transfer()), UserId(from.recipient())};
}

void convert(const fb::Request&, const fb::ShowTransfer& from, Request& to) {
  open<ShowTransfer>(to) = {PacketId(from.transfer())};
}

// ---- payouts ------------------------------------------------------------------------------------

void convert(const fb::Request&, const fb::ListPayouts& from, Request& to) {
  open<ListPayouts>(to) = {ShardId(from.shard()), PacketId(from.after()), from.count_max()};
}

void convert(const fb::Request& request, const fb::ConfirmPayout& from, Request& to) {
  auto& command = open<ConfirmPayout>(to);
  command.key = key_of(request);
  command.packet = PacketId(from.packet());
  take(from.reference(), command.reference, to);
}

// ---- support ------------------------------------------------------------------------------------

// What every support command has: its key, who gives it, and why.
template <class Command, class Table>
void take_support(const fb::Request& request, const Table& from, Command& command, Request& to) {
  command.key = key_of(request);
  if (take(from.by(), command.by, to)) take_note(from.note(), to);
}

void convert(const fb::Request& request, const fb::OpenCase& from, Request& to) {
  auto& command = open<OpenCase>(to);
  command.subject = PacketId(from.subject());
  command.user = UserId(from.user());
  take_support(request, from, command, to);
}

void convert(const fb::Request& request, const fb::ResolveCase& from, Request& to) {
  auto& command = open<ResolveCase>(to);
  command.case_id = CaseId(from.case_id());
  command.decision = value_of<Decision>(from.decision());
  command.user = UserId(from.user());
  take_support(request, from, command, to);
}

void convert(const fb::Request& request, const fb::FreezePacket& from, Request& to) {
  auto& command = open<FreezePacket>(to);
  command.packet = PacketId(from.packet());
  command.frozen = from.frozen();
  take_support(request, from, command, to);
}

void convert(const fb::Request& request, const fb::FreezeWallet& from, Request& to) {
  auto& command = open<FreezeWallet>(to);
  command.user = UserId(from.user());
  command.frozen = from.frozen();
  take_support(request, from, command, to);
}

void convert(const fb::Request&, const fb::ShowCase& from, Request& to) {
  open<ShowCase>(to) = {CaseId(from.case_id())};
}

// ---- records ------------------------------------------------------------------------------------

// The same as open() and take() above, for queries.
template <class T>
T& open_query(Request& to) {
  return std::get<T>(to.body.emplace<archive::Query>(std::in_place_type<T>));
}

void take_cursor(const flatbuffers::String* from, archive::Cursor& to, Request& request) {
  if (!read(from, to)) refuse(request, Status::cursor_invalid);
}

template <class Query, class Table>
void convert_list(const Table& from, Request& to) {
  auto& query = open_query<Query>(to);
  query.user = UserId(from.user());
  query.count_max = from.count_max();
  take_cursor(from.cursor(), query.cursor, to);
}

void convert(const fb::Request&, const fb::ListSent& from, Request& to) {
  convert_list<archive::ListSent>(from, to);
}

void convert(const fb::Request&, const fb::ListReceived& from, Request& to) {
  convert_list<archive::ListReceived>(from, to);
}

void convert(const fb::Request&, const fb::ListStatement& from, Request& to) {
  convert_list<archive::ListStatement>(from, to);
}

void convert(const fb::Request&, const fb::ShowHistory& from, Request& to) {
  auto& query = open_query<archive::ShowHistory>(to);
  query.packet = PacketId(from.packet());
  query.count_max = from.count_max();
  take_cursor(from.cursor(), query.cursor, to);
}

void convert(const fb::Request&, const fb::CaseBundle& from, Request& to) {
  open_query<archive::CaseBundle>(to) = {CaseId(from.case_id())};
}

void convert(const fb::Request&, const fb::ReadFeed& from, Request& to) {
  open_query<archive::ReadFeed>(to) = {ShardId(from.shard()), Sequence(from.from()),
                                       from.bytes_max(), Duration::us(from.wait_us())};
}

// ---- which --------------------------------------------------------------------------------------

template <class Table>
void convert_as(const fb::Request& request, Request& to) {
  const auto* table = static_cast<const Table*>(request.command());
  if (table == nullptr) return refuse(to, Status::command_unknown);
  convert(request, *table, to);
}

void take_command(const fb::Request& request, Request& to) {
#define HB_COMMAND(T)  \
  case fb::Command::T: \
    return convert_as<fb::T>(request, to)

  switch (request.command_type()) {
    HB_COMMAND(Hello);
    HB_COMMAND(Ping);
    HB_COMMAND(OpenWallet);
    HB_COMMAND(Deposit);
    HB_COMMAND(Withdraw);
    HB_COMMAND(ShowWallet);
    HB_COMMAND(SendPacket);
    HB_COMMAND(Claim);
    HB_COMMAND(ClaimBatch);
    HB_COMMAND(PeekPacket);
    HB_COMMAND(ShowPacket);
    HB_COMMAND(SetRefundTarget);
    HB_COMMAND(CheckRecipient);
    HB_COMMAND(RecallPacket);
    HB_COMMAND(ReturnShare);
    HB_COMMAND(SendTransfer);
    HB_COMMAND(AcceptTransfer);
    HB_COMMAND(DeclineTransfer);
    HB_COMMAND(CancelTransfer);
    HB_COMMAND(ReturnTransfer);
    HB_COMMAND(ShowTransfer);
    HB_COMMAND(ListPayouts);
    HB_COMMAND(ConfirmPayout);
    HB_COMMAND(OpenCase);
    HB_COMMAND(ResolveCase);
    HB_COMMAND(FreezePacket);
    HB_COMMAND(FreezeWallet);
    HB_COMMAND(ShowCase);
    HB_COMMAND(ListSent);
    HB_COMMAND(ListReceived);
    HB_COMMAND(ListStatement);
    HB_COMMAND(ShowHistory);
    HB_COMMAND(CaseBundle);
    HB_COMMAND(ReadFeed);
    case fb::Command::NONE:
      break;
  }
#undef HB_COMMAND
  refuse(to, Status::command_unknown);  // none, or a newer client's
}

}  // namespace

Request decode_request(std::span<const std::byte> payload) {
  Request decoded;
  const fb::Request* request = verified<fb::Request>(payload, tables_max);
  if (request == nullptr) {
    refuse(decoded, Status::frame_malformed);
    return decoded;
  }
  decoded.id = request->id();
  if (decoded.id == 0) {
    // Its response would look like one about the connection.
    refuse(decoded, Status::frame_malformed);
    return decoded;
  }
  decoded.deadline = Time(request->deadline_us());
  take_command(*request, decoded);
  const auto* refusal = std::get_if<Refusal>(&decoded.body);
  if (refusal != nullptr && refusal->status == Status::frame_malformed) decoded.id = 0;
  return decoded;
}

}  // namespace hb::net
