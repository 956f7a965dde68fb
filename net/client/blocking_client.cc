#include "net/client/blocking_client.h"

#include <optional>
#include <utility>

#include "engine/base/assert.h"

namespace hb::net {
namespace {

// Runs the io_context until the call's callback has come.  It comes: every request has a timeout,
// and connecting has its attempts.
template <class T, class Start>
Result<T> wait(boost::asio::io_context& io, Start start) {
  std::optional<Result<T>> result;
  start([&result](Result<T> r) { result.emplace(std::move(r)); });
  io.restart();
  while (!result) HB_ASSERT(io.run_one() != 0);
  return *std::move(result);
}

}  // namespace

BlockingClient::BlockingClient(ClientOptions options) : client_(io_, std::move(options)) {}

Result<Welcome> BlockingClient::connect() {
  return wait<Welcome>(io_, [&](auto done) { client_.connect(done); });
}

template <class Answer, class Start>
Result<Outcome<Answer>> BlockingClient::ask(Start start) {
  return wait<Outcome<Answer>>(io_, start);
}

Result<Outcome<Pong>> BlockingClient::ping() {
  return ask<Pong>([&](auto done) { client_.ping(done); });
}

// ---- wallets ------------------------------------------------------------------------------------

Result<Outcome<WalletAnswer>> BlockingClient::open_wallet(const OpenWallet& command) {
  return ask<WalletAnswer>([&](auto done) { client_.open_wallet(command, done); });
}

Result<Outcome<WalletAnswer>> BlockingClient::deposit(const Deposit& command) {
  return ask<WalletAnswer>([&](auto done) { client_.deposit(command, done); });
}

Result<Outcome<WalletAnswer>> BlockingClient::withdraw(const Withdraw& command) {
  return ask<WalletAnswer>([&](auto done) { client_.withdraw(command, done); });
}

Result<Outcome<WalletAnswer>> BlockingClient::set_refund_target(const SetRefundTarget& command) {
  return ask<WalletAnswer>([&](auto done) { client_.set_refund_target(command, done); });
}

Result<Outcome<WalletAnswer>> BlockingClient::show_wallet(UserId user) {
  return ask<WalletAnswer>([&](auto done) { client_.show_wallet(user, done); });
}

Result<Outcome<RecipientAnswer>> BlockingClient::check_recipient(UserId user) {
  return ask<RecipientAnswer>([&](auto done) { client_.check_recipient(user, done); });
}

// ---- packets ------------------------------------------------------------------------------------

Result<Outcome<SendAnswer>> BlockingClient::send(const SendPacket& command,
                                                 std::span<const UserId> recipients) {
  return ask<SendAnswer>([&](auto done) { client_.send(command, recipients, done); });
}

Result<Outcome<ClaimAnswer>> BlockingClient::claim(PacketId packet, UserId user) {
  return ask<ClaimAnswer>([&](auto done) { client_.claim(packet, user, done); });
}

Result<Outcome<std::vector<ClaimAnswer>>> BlockingClient::claim_batch(
    std::span<const ClaimItem> claims) {
  using Kept = Outcome<std::vector<ClaimAnswer>>;
  return ask<std::vector<ClaimAnswer>>([&](auto done) {
    client_.claim_batch(claims, [done](Result<Outcome<std::span<const ClaimAnswer>>> r) {
      if (!r) return done(Result<Kept>(fail(std::move(r.error()))));
      done(Kept{r->status,
                r->replayed,
                r->limit,
                r->retry_after,
                r->message,
                {r->answer.begin(), r->answer.end()}});
    });
  });
}

Result<Outcome<ClaimAnswer>> BlockingClient::claim_with_code(const ClaimWithCode& command) {
  return ask<ClaimAnswer>([&](auto done) { client_.claim_with_code(command, done); });
}

Result<Outcome<PeekAnswer>> BlockingClient::peek(PacketId packet, UserId user) {
  return ask<PeekAnswer>([&](auto done) { client_.peek(packet, user, done); });
}

Result<Outcome<PacketRecord>> BlockingClient::show(PacketId packet) {
  return ask<PacketRecord>([&](auto done) { client_.show(packet, done); });
}

Result<Outcome<RecallAnswer>> BlockingClient::recall(const RecallPacket& command) {
  return ask<RecallAnswer>([&](auto done) { client_.recall(command, done); });
}

Result<Outcome<ReturnAnswer>> BlockingClient::return_share(const ReturnShare& command) {
  return ask<ReturnAnswer>([&](auto done) { client_.return_share(command, done); });
}

// ---- transfers ----------------------------------------------------------------------------------

Result<Outcome<TransferAnswer>> BlockingClient::send_transfer(const SendTransfer& command) {
  return ask<TransferAnswer>([&](auto done) { client_.send_transfer(command, done); });
}

Result<Outcome<TransferAnswer>> BlockingClient::accept_transfer(const AcceptTransfer& command) {
  return ask<TransferAnswer>([&](auto done) { client_.accept_transfer(command, done); });
}

Result<Outcome<TransferAnswer>> BlockingClient::decline_transfer(const DeclineTransfer& command) {
  return ask<TransferAnswer>([&](auto done) { client_.decline_transfer(command, done); });
}

Result<Outcome<TransferAnswer>> BlockingClient::cancel_transfer(const CancelTransfer& command) {
  return ask<TransferAnswer>([&](auto done) { client_.cancel_transfer(command, done); });
}

Result<Outcome<TransferAnswer>> BlockingClient::return_transfer(const ReturnTransfer& command) {
  return ask<TransferAnswer>([&](auto done) { client_.return_transfer(command, done); });
}

Result<Outcome<TransferAnswer>> BlockingClient::show_transfer(PacketId transfer) {
  return ask<TransferAnswer>([&](auto done) { client_.show_transfer(transfer, done); });
}

// ---- payouts ------------------------------------------------------------------------------------

Result<Outcome<PayoutPage>> BlockingClient::list_payouts(const ListPayouts& command) {
  return ask<PayoutPage>([&](auto done) { client_.list_payouts(command, done); });
}

Result<Outcome<PayoutAnswer>> BlockingClient::confirm_payout(const ConfirmPayout& command) {
  return ask<PayoutAnswer>([&](auto done) { client_.confirm_payout(command, done); });
}

// ---- support ------------------------------------------------------------------------------------

Result<Outcome<CaseRecord>> BlockingClient::open_case(const OpenCase& command,
                                                      std::string_view note) {
  return ask<CaseRecord>([&](auto done) { client_.open_case(command, note, done); });
}

Result<Outcome<CaseRecord>> BlockingClient::resolve_case(const ResolveCase& command,
                                                         std::string_view note) {
  return ask<CaseRecord>([&](auto done) { client_.resolve_case(command, note, done); });
}

Result<Outcome<CaseRecord>> BlockingClient::show_case(CaseId case_id) {
  return ask<CaseRecord>([&](auto done) { client_.show_case(case_id, done); });
}

Result<Outcome<PacketFreezeAnswer>> BlockingClient::freeze_packet(const FreezePacket& command,
                                                                  std::string_view note) {
  return ask<PacketFreezeAnswer>([&](auto done) { client_.freeze_packet(command, note, done); });
}

Result<Outcome<WalletAnswer>> BlockingClient::freeze_wallet(const FreezeWallet& command,
                                                            std::string_view note) {
  return ask<WalletAnswer>([&](auto done) { client_.freeze_wallet(command, note, done); });
}

// ---- records ------------------------------------------------------------------------------------

Result<Outcome<archive::SentPage>> BlockingClient::list_sent(const archive::ListSent& query) {
  return ask<archive::SentPage>([&](auto done) { client_.list_sent(query, done); });
}

Result<Outcome<archive::ReceivedPage>> BlockingClient::list_received(
    const archive::ListReceived& query) {
  return ask<archive::ReceivedPage>([&](auto done) { client_.list_received(query, done); });
}

Result<Outcome<archive::StatementPage>> BlockingClient::list_statement(
    const archive::ListStatement& query) {
  return ask<archive::StatementPage>([&](auto done) { client_.list_statement(query, done); });
}

Result<Outcome<archive::HistoryPage>> BlockingClient::show_history(
    const archive::ShowHistory& query) {
  return ask<archive::HistoryPage>([&](auto done) { client_.show_history(query, done); });
}

Result<Outcome<archive::HistoryPage>> BlockingClient::case_bundle(CaseId case_id) {
  return ask<archive::HistoryPage>([&](auto done) { client_.case_bundle(case_id, done); });
}

Result<Outcome<archive::FeedPage>> BlockingClient::read_feed(const archive::ReadFeed& query) {
  return ask<archive::FeedPage>([&](auto done) { client_.read_feed(query, done); });
}

}  // namespace hb::net
