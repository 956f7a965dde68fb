#include "net/client/client.h"

#include <utility>

#include "net/client/client_impl.h"
#include "net/client/outcome.h"
#include "net/wire/weight.h"

namespace hb::net {
namespace {

// A change that is retried must be recognized.
template <class Command>
Command keyed(Command command) {
  if constexpr (requires { command.key; }) {
    if (command.key.empty()) command.key = random_key();
  }
  return command;
}

}  // namespace

Client::Client(boost::asio::io_context& io, ClientOptions options)
    : impl_(std::make_shared<Impl>(io, std::move(options))) {}

Client::~Client() {
  impl_->abandon();
}

void Client::connect(std::function<void(Result<Welcome>)> done) {
  impl_->connect(std::move(done));
}

void Client::close() {
  impl_->close();
}

void Client::ping(Callback<Pong> done, CallOptions call) {
  impl_->submit(1, call, completion<Pong>(std::move(done)),
                [](RequestEncoder& encoder, std::uint64_t id) { return encoder.ping(id); });
}

template <class Command, class Answer>
void Client::ask(const Command& command, Callback<Answer> done, CallOptions call,
                 std::span<const UserId> recipients, std::string_view note) {
  Command sent = keyed(command);
  if constexpr (requires { sent.recipients_count; }) {
    sent.recipients_count = static_cast<std::uint32_t>(recipients.size());
  }
  impl_->submit(weight_of(sent), call, completion<Answer>(std::move(done)),
                [&](RequestEncoder& encoder, std::uint64_t id) {
                  return encoder.command(id, call.deadline, sent, {recipients, note});
                });
}

// ---- wallets ------------------------------------------------------------------------------------

void Client::open_wallet(const OpenWallet& command, Callback<WalletAnswer> done, CallOptions call) {
  ask(command, std::move(done), call);
}

void Client::deposit(const Deposit& command, Callback<WalletAnswer> done, CallOptions call) {
  ask(command, std::move(done), call);
}

void Client::withdraw(const Withdraw& command, Callback<WalletAnswer> done, CallOptions call) {
  ask(command, std::move(done), call);
}

void Client::set_refund_target(const SetRefundTarget& command, Callback<WalletAnswer> done,
                               CallOptions call) {
  ask(command, std::move(done), call);
}

void Client::show_wallet(UserId user, Callback<WalletAnswer> done, CallOptions call) {
  ask(ShowWallet{user}, std::move(done), call);
}

void Client::check_recipient(UserId user, Callback<RecipientAnswer> done, CallOptions call) {
  ask(CheckRecipient{user}, std::move(done), call);
}

// ---- packets ------------------------------------------------------------------------------------

void Client::send(const SendPacket& command, Callback<SendAnswer> done, CallOptions call) {
  ask(command, std::move(done), call);
}

void Client::send(const SendPacket& command, std::span<const UserId> recipients,
                  Callback<SendAnswer> done, CallOptions call) {
  ask(command, std::move(done), call, recipients);
}

void Client::claim_with_code(const ClaimWithCode& command, Callback<ClaimAnswer> done,
                             CallOptions call) {
  ask(command, std::move(done), call);
}

void Client::peek(PacketId packet, UserId user, Callback<PeekAnswer> done, CallOptions call) {
  ask(PeekPacket{packet, user}, std::move(done), call);
}

void Client::show(PacketId packet, Callback<PacketRecord> done, CallOptions call) {
  ask(ShowPacket{packet}, std::move(done), call);
}

void Client::recall(const RecallPacket& command, Callback<RecallAnswer> done, CallOptions call) {
  ask(command, std::move(done), call);
}

void Client::return_share(const ReturnShare& command, Callback<ReturnAnswer> done,
                          CallOptions call) {
  ask(command, std::move(done), call);
}

// ---- transfers ----------------------------------------------------------------------------------

void Client::send_transfer(const SendTransfer& command, Callback<TransferAnswer> done,
                           CallOptions call) {
  ask(command, std::move(done), call);
}

void Client::accept_transfer(const AcceptTransfer& command, Callback<TransferAnswer> done,
                             CallOptions call) {
  ask(command, std::move(done), call);
}

void Client::decline_transfer(const DeclineTransfer& command, Callback<TransferAnswer> done,
                              CallOptions call) {
  ask(command, std::move(done), call);
}

void Client::cancel_transfer(const CancelTransfer& command, Callback<TransferAnswer> done,
                             CallOptions call) {
  ask(command, std::move(done), call);
}

void Client::return_transfer(const ReturnTransfer& command, Callback<TransferAnswer> done,
                             CallOptions call) {
  ask(command, std::move(done), call);
}

void Client::show_transfer(PacketId transfer, Callback<TransferAnswer> done, CallOptions call) {
  ask(ShowTransfer{transfer}, std::move(done), call);
}

// ---- payouts ------------------------------------------------------------------------------------

void Client::list_payouts(const ListPayouts& command, Callback<PayoutPage> done, CallOptions call) {
  ask(command, std::move(done), call);
}

void Client::confirm_payout(const ConfirmPayout& command, Callback<PayoutAnswer> done,
                            CallOptions call) {
  ask(command, std::move(done), call);
}

// ---- support ------------------------------------------------------------------------------------

void Client::open_case(const OpenCase& command, std::string_view note, Callback<CaseRecord> done,
                       CallOptions call) {
  ask(command, std::move(done), call, {}, note);
}

void Client::resolve_case(const ResolveCase& command, std::string_view note,
                          Callback<CaseRecord> done, CallOptions call) {
  ask(command, std::move(done), call, {}, note);
}

void Client::show_case(CaseId case_id, Callback<CaseRecord> done, CallOptions call) {
  ask(ShowCase{case_id}, std::move(done), call);
}

void Client::freeze_packet(const FreezePacket& command, std::string_view note,
                           Callback<PacketFreezeAnswer> done, CallOptions call) {
  ask(command, std::move(done), call, {}, note);
}

void Client::freeze_wallet(const FreezeWallet& command, std::string_view note,
                           Callback<WalletAnswer> done, CallOptions call) {
  ask(command, std::move(done), call, {}, note);
}

// ---- records ------------------------------------------------------------------------------------

void Client::list_sent(const archive::ListSent& query, Callback<archive::SentPage> done,
                       CallOptions call) {
  ask(query, std::move(done), call);
}

void Client::list_received(const archive::ListReceived& query, Callback<archive::ReceivedPage> done,
                           CallOptions call) {
  ask(query, std::move(done), call);
}

void Client::list_statement(const archive::ListStatement& query,
                            Callback<archive::StatementPage> done, CallOptions call) {
  ask(query, std::move(done), call);
}

void Client::show_history(const archive::ShowHistory& query, Callback<archive::HistoryPage> done,
                          CallOptions call) {
  ask(query, std::move(done), call);
}

void Client::case_bundle(CaseId case_id, Callback<archive::HistoryPage> done, CallOptions call) {
  ask(archive::CaseBundle{case_id}, std::move(done), call);
}

void Client::read_feed(const archive::ReadFeed& query, Callback<archive::FeedPage> done,
                       CallOptions call) {
  call.timeout = Duration::us(impl_->timeout(call).us() + query.wait.us());
  ask(query, std::move(done), call);
}

// ---- claims -------------------------------------------------------------------------------------

void Client::claim(PacketId packet, UserId user, Callback<ClaimAnswer> done) {
  impl_->submit_claim({packet, user}, std::move(done));
}

void Client::claim_batch(std::span<const ClaimItem> claims,
                         Callback<std::span<const ClaimAnswer>> done, CallOptions call) {
  impl_->submit(static_cast<std::uint32_t>(claims.size()), call,
                completion<std::span<const ClaimAnswer>>(std::move(done)),
                [&](RequestEncoder& encoder, std::uint64_t id) {
                  return encoder.claims(id, call.deadline, claims);
                });
}

// ---- the connection -----------------------------------------------------------------------------

bool Client::connected() const {
  return impl_->connected();
}
const Welcome& Client::welcome() const {
  return impl_->welcome();
}
std::uint32_t Client::outstanding() const {
  return impl_->outstanding();
}
const ClientCounters& Client::counters() const {
  return impl_->counters();
}

}  // namespace hb::net
