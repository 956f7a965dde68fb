// The C++ client: one connection to a server, many requests at once.
//
// Requests are sent as they come, up to the server's window; what does not fit waits in the client,
// and what does not fit there either is refused with Status::overloaded.  Claims made one by one
// travel in batches by themselves.  When the connection breaks the client connects again, waiting
// longer each time, and sends what was unanswered with the same idempotency keys, so that nothing
// is done twice and no answer has to be guessed.
//
// Outcomes:   an Outcome is the server's answer, refusals included (or Status::overloaded from the
//             client itself).  An Error means that there is no answer: timed_out and closed leave
//             open whether the command was carried out; asking again with the same key tells.
// Callbacks:  run inside io_context::run, never inside the call that made the request, exactly once
//             each; except that ~Client drops those still waiting.
// Time:       timeouts count from the call; they fire up to 25 ms late.
// Cost:       a claim in a batch: two copies of its 16 bytes, and its callback.
// Threads:    one.  All calls come from the thread that runs the io_context.
// Exceptions: none.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/archive/queries.h"
#include "engine/base/result.h"
#include "engine/base/units.h"
#include "engine/ledger/commands.h"
#include "net/wire/messages.h"

namespace hb::net {

struct ClientOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 7700;
  std::string name = "hongbao-cpp/0.1";  // at most client_name_bytes_max

  Duration connect_timeout = Duration::seconds(5);  // one attempt, handshake included
  Duration request_timeout = Duration::seconds(10);

  // After so many failed attempts in a row everything waiting fails.
  std::uint32_t connect_attempts_max = 10;
  // How often a request is sent again after a lost connection or an overloaded answer.
  std::uint32_t retries_max = 8;
  // False: Status::overloaded and shutting_down go to the caller at once.
  bool retry_overloaded = true;
  Duration backoff_min = Duration::ms(20);
  Duration backoff_max = Duration::seconds(2);

  // In flight, by the session's weights; the server's own window holds where it is less.
  std::uint32_t window_max = 65'536;
  // Waiting in the client beyond the window, by the same weights.
  std::uint32_t queue_max = 65'536;
};

// Per request; what is left out comes from ClientOptions.
struct CallOptions {
  Duration timeout;  // 0: request_timeout
  Time deadline;     // the server refuses after this time; 0: none
};

// A server's answer.  `answer` holds for ok and already_claimed.
template <class T>
struct Outcome {
  Status status = Status::ok;
  bool replayed = false;
  std::int64_t limit = 0;
  Duration retry_after;
  std::string message;  // a refusal in words
  T answer{};
};

template <class T>
using Callback = std::function<void(Result<Outcome<T>>)>;

// What ShowPacket answers, with its claims in order.
struct PacketRecord {
  PacketSummary packet;
  Digest256 seed_commitment{};
  std::vector<PacketClaim> claims;
  std::vector<ShareState> share_states;  // of the same claims
  std::vector<UserId> recipients;        // who may claim; empty: everybody
  std::optional<PrfKey> seed;            // once the packet is closed
};

// What happened on the way, since the start.
struct ClientCounters {
  std::uint64_t connects = 0;  // handshakes done
  std::uint64_t retries = 0;   // requests sent again
};

// A fresh idempotency key from the system's random source.
Key128 random_key();

class Client {
 public:
  Client(boost::asio::io_context& io, ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Connects now and tells what the server said.  Not needed: the first request connects too.
  void connect(std::function<void(Result<Welcome>)> done);
  // Fails everything that waits with ErrorCode::closed and ends the connection.  A later request
  // connects again.
  void close();

  void ping(Callback<Pong> done, CallOptions call = {});

  // Where a command's key is empty the client draws one.  Its ranges and indices are not looked at:
  // recipients and notes are arguments of their own.

  void open_wallet(const OpenWallet& command, Callback<WalletAnswer> done, CallOptions call = {});
  void deposit(const Deposit& command, Callback<WalletAnswer> done, CallOptions call = {});
  void withdraw(const Withdraw& command, Callback<WalletAnswer> done, CallOptions call = {});
  void set_refund_target(const SetRefundTarget& command, Callback<WalletAnswer> done,
                         CallOptions call = {});
  void show_wallet(UserId user, Callback<WalletAnswer> done, CallOptions call = {});
  void check_recipient(UserId user, Callback<RecipientAnswer> done, CallOptions call = {});

  void send(const SendPacket& command, Callback<SendAnswer> done, CallOptions call = {});
  // `recipients`: who may claim.
  void send(const SendPacket& command, std::span<const UserId> recipients,
            Callback<SendAnswer> done, CallOptions call = {});
  // Not gathered into batches, as claims without a code are.
  void claim_with_code(const ClaimWithCode& command, Callback<ClaimAnswer> done,
                       CallOptions call = {});
  void peek(PacketId packet, UserId user, Callback<PeekAnswer> done, CallOptions call = {});
  void show(PacketId packet, Callback<PacketRecord> done, CallOptions call = {});
  void recall(const RecallPacket& command, Callback<RecallAnswer> done, CallOptions call = {});
  void return_share(const ReturnShare& command, Callback<ReturnAnswer> done, CallOptions call = {});

  void send_transfer(const SendTransfer& command, Callback<TransferAnswer> done,
                     CallOptions call = {});
  void accept_transfer(const AcceptTransfer& command, Callback<TransferAnswer> done,
                       CallOptions call = {});
  void decline_transfer(const DeclineTransfer& command, Callback<TransferAnswer> done,
                        CallOptions call = {});
  void cancel_transfer(const CancelTransfer& command, Callback<TransferAnswer> done,
                       CallOptions call = {});
  void return_transfer(const ReturnTransfer& command, Callback<TransferAnswer> done,
                       CallOptions call = {});
  void show_transfer(PacketId transfer, Callback<TransferAnswer> done, CallOptions call = {});

  // The payouts of one shard (welcome() tells how many there are), in the order of packet ids; the
  // next page starts after the last packet of this one.
  void list_payouts(const ListPayouts& command, Callback<PayoutPage> done, CallOptions call = {});
  void confirm_payout(const ConfirmPayout& command, Callback<PayoutAnswer> done,
                      CallOptions call = {});

  void open_case(const OpenCase& command, std::string_view note, Callback<CaseRecord> done,
                 CallOptions call = {});
  void resolve_case(const ResolveCase& command, std::string_view note, Callback<CaseRecord> done,
                    CallOptions call = {});
  void show_case(CaseId case_id, Callback<CaseRecord> done, CallOptions call = {});
  void freeze_packet(const FreezePacket& command, std::string_view note,
                     Callback<PacketFreezeAnswer> done, CallOptions call = {});
  void freeze_wallet(const FreezeWallet& command, std::string_view note,
                     Callback<WalletAnswer> done, CallOptions call = {});

  // Records.  Status::records_unavailable is the caller's to ask again after Outcome::retry_after.
  void list_sent(const archive::ListSent& query, Callback<archive::SentPage> done,
                 CallOptions call = {});
  void list_received(const archive::ListReceived& query, Callback<archive::ReceivedPage> done,
                     CallOptions call = {});
  void list_statement(const archive::ListStatement& query, Callback<archive::StatementPage> done,
                      CallOptions call = {});
  void show_history(const archive::ShowHistory& query, Callback<archive::HistoryPage> done,
                    CallOptions call = {});
  void case_bundle(CaseId case_id, Callback<archive::HistoryPage> done, CallOptions call = {});
  // The timeout counts from the end of query.wait.
  void read_feed(const archive::ReadFeed& query, Callback<archive::FeedPage> done,
                 CallOptions call = {});

  // Goes out with the other claims made in this turn of the io_context, in batches.
  void claim(PacketId packet, UserId user, Callback<ClaimAnswer> done);

  // One frame, one callback: for those who batch by themselves.  At most claim_batch_max claims
  // (welcome()).  The answers are in the order of the claims, each with its own status, and valid
  // during the callback only.
  void claim_batch(std::span<const ClaimItem> claims, Callback<std::span<const ClaimAnswer>> done,
                   CallOptions call = {});

  // Handshake done, connection up.
  bool connected() const;
  // The last handshake's; defaults before the first.
  const Welcome& welcome() const;
  // Requests not yet answered, by weight, waiting ones included.
  std::uint32_t outstanding() const;
  const ClientCounters& counters() const;

 private:
  class Impl;

  template <class Command, class Answer>
  void ask(const Command& command, Callback<Answer> done, CallOptions call,
           std::span<const UserId> recipients = {}, std::string_view note = {});

  std::shared_ptr<Impl> impl_;
};

}  // namespace hb::net
