// The client for those who ask one thing at a time: the command line, tests.
//
// Each call returns when its answer is there, or an Error after the timeout or the retry budget of
// ClientOptions.  For statuses, errors and keys see net/client/client.h.
//
// Threads: one.  It owns its io_context, which runs only inside calls.
#pragma once

#include <boost/asio/io_context.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "net/client/client.h"

namespace hb::net {

class BlockingClient {
 public:
  explicit BlockingClient(ClientOptions options);

  Result<Welcome> connect();
  Result<Outcome<Pong>> ping();

  Result<Outcome<WalletAnswer>> open_wallet(const OpenWallet& command);
  Result<Outcome<WalletAnswer>> deposit(const Deposit& command);
  Result<Outcome<WalletAnswer>> withdraw(const Withdraw& command);
  Result<Outcome<WalletAnswer>> set_refund_target(const SetRefundTarget& command);
  Result<Outcome<WalletAnswer>> show_wallet(UserId user);
  Result<Outcome<RecipientAnswer>> check_recipient(UserId user);

  Result<Outcome<SendAnswer>> send(const SendPacket& command,
                                   std::span<const UserId> recipients = {});
  Result<Outcome<ClaimAnswer>> claim(PacketId packet, UserId user);
  Result<Outcome<std::vector<ClaimAnswer>>> claim_batch(std::span<const ClaimItem> claims);
  Result<Outcome<ClaimAnswer>> claim_with_code(const ClaimWithCode& command);
  Result<Outcome<PeekAnswer>> peek(PacketId packet, UserId user);
  Result<Outcome<PacketRecord>> show(PacketId packet);
  Result<Outcome<RecallAnswer>> recall(const RecallPacket& command);
  Result<Outcome<ReturnAnswer>> return_share(const ReturnShare& command);

  Result<Outcome<TransferAnswer>> send_transfer(const SendTransfer& command);
  Result<Outcome<TransferAnswer>> accept_transfer(const AcceptTransfer& command);
  Result<Outcome<TransferAnswer>> decline_transfer(const DeclineTransfer& command);
  Result<Outcome<TransferAnswer>> cancel_transfer(const CancelTransfer& command);
  Result<Outcome<TransferAnswer>> return_transfer(const ReturnTransfer& command);
  Result<Outcome<TransferAnswer>> show_transfer(PacketId transfer);

  Result<Outcome<PayoutPage>> list_payouts(const ListPayouts& command);
  Result<Outcome<PayoutAnswer>> confirm_payout(const ConfirmPayout& command);

  Result<Outcome<CaseRecord>> open_case(const OpenCase& command, std::string_view note);
  Result<Outcome<CaseRecord>> resolve_case(const ResolveCase& command, std::string_view note);
  Result<Outcome<CaseRecord>> show_case(CaseId case_id);
  Result<Outcome<PacketFreezeAnswer>> freeze_packet(const FreezePacket& command,
                                                    std::string_view note);
  Result<Outcome<WalletAnswer>> freeze_wallet(const FreezeWallet& command, std::string_view note);

  Result<Outcome<archive::SentPage>> list_sent(const archive::ListSent& query);
  Result<Outcome<archive::ReceivedPage>> list_received(const archive::ListReceived& query);
  Result<Outcome<archive::StatementPage>> list_statement(const archive::ListStatement& query);
  Result<Outcome<archive::HistoryPage>> show_history(const archive::ShowHistory& query);
  Result<Outcome<archive::HistoryPage>> case_bundle(CaseId case_id);
  Result<Outcome<archive::FeedPage>> read_feed(const archive::ReadFeed& query);

  const ClientCounters& counters() const { return client_.counters(); }

 private:
  template <class Answer, class Start>
  Result<Outcome<Answer>> ask(Start start);

  boost::asio::io_context io_;
  Client client_;
};

}  // namespace hb::net
