// A small server for the client's tests: sessions on a loopback socket, books in maps, and faults
// on request.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/session/session.h"

namespace hb::net {

// Every claim of it is too late, by a limit of 12,345.
inline constexpr PacketId expired_packet{UINT64_MAX};

class FakeServer {
 public:
  FakeServer(boost::asio::io_context& io, SessionOptions session_options);
  ~FakeServer();

  std::uint16_t port() const { return port_; }
  // Closes everything; start() listens on the same port again.
  void stop();
  void start();

  // ---- faults: each counts down ---------------------------------------------------------------
  int drop_unanswered = 0;    // after carrying out what a read brought, close without answer
  int refuse_overloaded = 0;  // so many commands are answered overloaded
  int overloaded_shard = -1;  // which shard refuses them; -1: any
  int turn_away = 0;          // so many connections are ended with overloaded
  Duration turn_away_retry_after = Duration::ms(1);
  bool mute = false;  // carry out, never answer

  // ---- what happened --------------------------------------------------------------------------
  int connections = 0;
  std::uint32_t in_flight_most = 0;
  std::vector<std::uint32_t> claim_counts;  // of each claim command
  std::vector<Key128> keys;                 // of each change, as they came
  std::vector<UserId> recipients;           // of the last packet sent
  std::string freeze_note;                  // of the last freeze
  std::map<std::uint64_t, std::int64_t> balances;
  std::vector<archive::Query> queries;  // as they came

  // What queries are answered; the default is none, and records_unavailable.
  std::function<archive::QueryReply(const archive::Query&)> answer_query;

 private:
  struct Peer;

  void accept();
  void read(const std::shared_ptr<Peer>& peer);
  void serve(const std::shared_ptr<Peer>& peer);
  void write(const std::shared_ptr<Peer>& peer);
  Reply carry_out(const CommandEnvelope& command, const CommandBatch& batch, ReplyBatch& replies);
  archive::QueryReply look_up(const archive::QueryEnvelope& envelope);
  ClaimAnswer claim(const ClaimItem& claim);
  static TransferAnswer transfer(PacketId id, TransferState state);

  // Each command as if it could be carried out; its variable parts are in the batch.
  void run(const OpenWallet& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const Deposit& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const Withdraw& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const SetRefundTarget& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const ShowWallet& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const CheckRecipient& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const SendPacket& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const ClaimBatch& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const ClaimWithCode& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const PeekPacket& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const ShowPacket& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const RecallPacket& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const ReturnShare& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const SendTransfer& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const AcceptTransfer& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const DeclineTransfer& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const CancelTransfer& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const ReturnTransfer& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const ShowTransfer& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const ListPayouts& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const ConfirmPayout& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const OpenCase& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const ResolveCase& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const ShowCase& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const FreezePacket& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);
  void run(const FreezeWallet& c, const CommandBatch& batch, Reply& reply, ReplyBatch& replies);

  const SessionOptions options_;
  ResponseEncoder encoder_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::vector<std::shared_ptr<Peer>> peers_;
  std::map<Key128, std::int64_t> stored_;  // balance after the deposit with this key
  std::map<std::pair<std::uint64_t, std::uint64_t>, ClaimAnswer> claims_;
};

}  // namespace hb::net
