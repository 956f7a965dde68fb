// What travels in frames, as plain data: the part of it that engine/ledger/commands.h and
// engine/archive/queries.h do not know.
//
// A request is a command of the ledger, a query of the records, or one of the few things that a
// session answers by itself.
// Views (claims, ids, texts) point into the frame and live as long as its bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "engine/archive/queries.h"
#include "engine/base/limits.h"
#include "engine/base/units.h"
#include "engine/ledger/commands.h"

namespace hb::net {

// The only version so far.
inline constexpr std::uint16_t protocol_version = 1;

// What a session keeps of a client's name, in bytes.
inline constexpr std::size_t client_name_bytes_max = 64;

// Numbers as in the schema.
enum class Acknowledgement : std::uint8_t { memory = 1, disk = 2, replicated = 3 };
enum class Role : std::uint8_t { gateway = 1, support = 2, operator_ = 3, auditor = 4 };

// ---- requests -----------------------------------------------------------------------------------

struct Hello {
  std::uint16_t protocol_version = net::protocol_version;
  std::string_view client;
};

struct Ping {};

// Why a frame holds no command that could be carried out.
struct Refusal {
  Status status = Status::ok;
  std::int64_t limit = 0;
};

// One claim by itself, answered in the response's own status.
struct SingleClaim {
  ClaimItem claim;
};

// Many claims, answered one by one within one response.
struct ClaimList {
  std::span<const ClaimItem> claims;
};

// A decoded Command is never a hb::ClaimBatch: claims come as SingleClaim or ClaimList, and the
// session makes batches of them where it knows the shards.  What a Command refers to by range or
// index lies beside it: a SendPacket's range is one of `users`, a support command's note is `note`.
struct Request {
  std::uint64_t id = 0;  // 0 where the frame is not to be believed
  Time deadline;         // 0: none
  std::variant<Refusal, Hello, Ping, SingleClaim, ClaimList, Command, archive::Query> body;
  std::span<const UserId> users;
  std::string_view note;
};

// Commands that come with a note.
template <class T>
concept SupportCommand = requires(T command) {
  command.note;
};

// ---- responses ----------------------------------------------------------------------------------

// Records of one history: each takes 64 bytes of a frame at least.
inline constexpr std::uint32_t history_records_max = limits::frame_bytes_max / 64;

// The server's side of the handshake: what holds on this connection.
struct Welcome {
  std::uint16_t protocol_version = net::protocol_version;
  std::string server_version;
  std::uint16_t partitions = limits::partitions;
  std::uint16_t shards = 1;
  std::uint32_t frame_bytes_max = 0;
  std::uint32_t window_max = 0;
  std::uint32_t claim_batch_max = 0;
  Acknowledgement acknowledgement = Acknowledgement::disk;
  Role role = Role::gateway;
};

struct Pong {
  Time now;              // of the ledger; none: from a server that does not say
  Duration clock_ahead;  // of that, before the server machine's clock; negative: behind it
};

// As it lies in frames: padding is zero, so nothing of the server's memory leaks.
static_assert(sizeof(ClaimAnswer) == 16 && std::is_trivially_copyable_v<ClaimAnswer>);
static_assert(sizeof(ClaimItem) == 16 && std::is_trivially_copyable_v<ClaimItem>);
static_assert(sizeof(PacketClaim) == 24 && std::is_trivially_copyable_v<PacketClaim>);

struct ClaimListAnswer {
  std::span<const ClaimAnswer> claims;
};

struct PacketDetail {
  PacketSummary packet;
  Digest256 seed_commitment{};
  std::span<const PacketClaim> claims{};
  std::span<const ShareState> share_states{};  // of the same claims; empty: all are held
  std::span<const UserId> recipients{};        // empty: everybody may claim
  std::optional<PrfKey> seed{};                // once the packet is closed
};

struct PayoutPage {
  std::vector<Payout> payouts;
  bool more = false;  // there are others after the last one
};

struct Response {
  std::uint64_t id = 0;  // 0: about the connection
  Status status = Status::ok;
  bool replayed = false;
  std::int64_t limit = 0;
  Duration retry_after;
  std::string_view message;
  // NoAnswer in refusals, and for answers that this client does not know.
  std::variant<NoAnswer, Welcome, Pong, WalletAnswer, SendAnswer, ClaimAnswer, ClaimListAnswer,
               PeekAnswer, PacketDetail, RecipientAnswer, RecallAnswer, ReturnAnswer,
               TransferAnswer, PacketFreezeAnswer, PayoutAnswer, PayoutPage, CaseRecord,
               archive::SentPage, archive::ReceivedPage, archive::StatementPage,
               archive::HistoryPage, archive::FeedPage>
      answer;
};

// After such a status nothing more comes on the connection.
constexpr bool closes_connection(Status status) {
  switch (status) {
    case Status::frame_malformed:
    case Status::frame_too_large:
    case Status::version_unsupported:
    case Status::handshake_required:
    case Status::handshake_repeated:
    case Status::frame_timeout:
      return true;
    default:
      return false;
  }
}

}  // namespace hb::net
