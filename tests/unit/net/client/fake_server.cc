#include "tests/unit/net/client/fake_server.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <utility>
#include <variant>

namespace hb::net {

using boost::asio::ip::tcp;
using boost::system::error_code;

struct FakeServer::Peer : CommandSink {
  Peer(tcp::socket s, const SessionOptions& options, ResponseEncoder& encoder)
      : socket(std::move(s)),
        session(options, encoder, budget, 1, Time(0)),
        batches(options.shard_count) {}
  CommandBatch& batch(ShardId shard) override { return batches.at(shard.value); }
  void query(archive::QueryEnvelope envelope) override { queries.push_back(envelope); }
  ServerTime server_time() const override { return {}; }

  tcp::socket socket;
  MemoryBudget budget{64UL << 20};
  Session session;
  std::vector<CommandBatch> batches;
  std::vector<archive::QueryEnvelope> queries;
  bool writing = false;
};

FakeServer::FakeServer(boost::asio::io_context& io, SessionOptions session_options)
    : options_(std::move(session_options)), acceptor_(io) {
  start();
}

FakeServer::~FakeServer() {
  stop();
}

void FakeServer::start() {
  const tcp::endpoint endpoint(boost::asio::ip::address_v4::loopback(), port_);
  acceptor_.open(endpoint.protocol());
  acceptor_.set_option(tcp::acceptor::reuse_address(true));
  acceptor_.bind(endpoint);
  acceptor_.listen();
  port_ = acceptor_.local_endpoint().port();
  accept();
}

void FakeServer::stop() {
  error_code ignored;
  acceptor_.close(ignored);
  for (const auto& peer : peers_) peer->socket.close(ignored);
  peers_.clear();
}

void FakeServer::accept() {
  acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
    if (error) return;
    ++connections;
    peers_.push_back(std::make_shared<Peer>(std::move(socket), options_, encoder_));
    if (turn_away > 0) {
      --turn_away;
      peers_.back()->session.close_with(Status::overloaded, turn_away_retry_after.us());
      write(peers_.back());
    } else {
      read(peers_.back());
    }
    accept();
  });
}

void FakeServer::read(const std::shared_ptr<Peer>& peer) {
  const auto room = peer->session.writable();
  peer->socket.async_read_some(boost::asio::buffer(room.data(), room.size()),
                               [this, peer](const error_code& error, std::size_t n) {
                                 if (error) return;
                                 peer->session.received(n, Time(0), *peer);
                                 serve(peer);
                               });
}

void FakeServer::serve(const std::shared_ptr<Peer>& peer) {
  bool carried_out = false;
  do {
    in_flight_most = std::max(in_flight_most, peer->session.in_flight());
    for (CommandBatch& batch : peer->batches) {
      for (const CommandEnvelope& command : batch.commands) {
        carried_out = true;
        ReplyBatch replies;
        const int shard = static_cast<int>(&batch - peer->batches.data());
        Reply reply;
        const bool refuses =
            refuse_overloaded > 0 && (overloaded_shard < 0 || overloaded_shard == shard);
        if (refuses) {
          --refuse_overloaded;
          reply.status = Status::overloaded;
          reply.limit = 1000;
        } else {
          reply = carry_out(command, batch, replies);
        }
        reply.to = command.reply_to;
        if (!mute) peer->session.answer(reply, replies);
      }
      batch.clear();
    }
    for (const archive::QueryEnvelope& query : std::exchange(peer->queries, {})) {
      const archive::QueryReply reply = look_up(query);
      if (!mute) peer->session.answer(reply);
    }
    peer->session.resume(Time(0), *peer);
  } while (std::any_of(peer->batches.begin(), peer->batches.end(),
                       [](const CommandBatch& batch) { return !batch.empty(); }));

  if (carried_out && drop_unanswered > 0) {
    --drop_unanswered;
    error_code ignored;
    peer->socket.close(ignored);
    return;
  }
  write(peer);
  if (peer->session.wants_read()) read(peer);
}

void FakeServer::write(const std::shared_ptr<Peer>& peer) {
  const auto bytes = peer->session.output();
  if (peer->writing || bytes.empty()) return;
  peer->writing = true;
  peer->socket.async_write_some(boost::asio::buffer(bytes.data(), bytes.size()),
                                [this, peer](const error_code& error, std::size_t n) {
                                  if (error) return;
                                  peer->writing = false;
                                  peer->session.consumed(n);
                                  write(peer);
                                });
}

Reply FakeServer::carry_out(const CommandEnvelope& envelope, const CommandBatch& batch,
                            ReplyBatch& replies) {
  Reply reply;
  std::visit([&](const auto& command) { run(command, batch, reply, replies); }, envelope.command);
  return reply;
}

archive::QueryReply FakeServer::look_up(const archive::QueryEnvelope& envelope) {
  queries.push_back(envelope.query);
  archive::QueryReply reply{{}, Status::records_unavailable, 1000, {}};
  if (answer_query) reply = answer_query(envelope.query);
  reply.to = envelope.to;
  return reply;
}

// ---- wallets ------------------------------------------------------------------------------------

void FakeServer::run(const OpenWallet& c, const CommandBatch&, Reply& reply, ReplyBatch&) {
  balances[c.user.value] = 0;
  reply.answer = WalletAnswer{c.user, Amount(0), Time(1), c.name};
}

void FakeServer::run(const Deposit& c, const CommandBatch&, Reply& reply, ReplyBatch&) {
  keys.push_back(c.key);
  const auto [stored, fresh] = stored_.try_emplace(c.key, 0);
  if (fresh) stored->second = balances[c.user.value] += c.amount.fen();
  reply.replayed = !fresh;
  reply.answer = WalletAnswer{c.user, Amount(stored->second), Time(1), {}};
}

void FakeServer::run(const Withdraw& c, const CommandBatch&, Reply& reply, ReplyBatch&) {
  reply.status = Status::insufficient_funds;
  reply.limit = balances[c.user.value];
}

void FakeServer::run(const SetRefundTarget& c, const CommandBatch&, Reply& reply, ReplyBatch&) {
  keys.push_back(c.key);
  reply.answer = WalletAnswer{.user = c.user, .name = {}, .refund_target = c.target};
}

void FakeServer::run(const ShowWallet& c, const CommandBatch&, Reply& reply, ReplyBatch&) {
  const auto wallet = balances.find(c.user.value);
  reply.status = wallet == balances.end() ? Status::wallet_unknown : Status::ok;
  if (wallet != balances.end()) {
    reply.answer = WalletAnswer{c.user, Amount(wallet->second), Time(1), {}};
  }
}

void FakeServer::run(const CheckRecipient& c, const CommandBatch&, Reply& reply, ReplyBatch&) {
  reply.answer = RecipientAnswer{c.user, true, false, DisplayName("*明")};
}

// ---- packets ------------------------------------------------------------------------------------

void FakeServer::run(const SendPacket& c, const CommandBatch& batch, Reply& reply, ReplyBatch&) {
  keys.push_back(c.key);
  const auto named = std::span(batch.users).subspan(c.recipients_first, c.recipients_count);
  recipients.assign(named.begin(), named.end());
  reply.answer = SendAnswer{packet_id(partition_of(c.sender), 1), Time(9), {}};
}

void FakeServer::run(const ClaimBatch& c, const CommandBatch& batch, Reply& reply,
                     ReplyBatch& replies) {
  claim_counts.push_back(c.count);
  for (std::uint32_t i = 0; i < c.count; ++i) {
    replies.claims.push_back(claim(batch.claims[c.first + i]));
  }
  reply.answer = ClaimBatchAnswer{0, c.count};
}

void FakeServer::run(const ClaimWithCode& c, const CommandBatch&, Reply& reply, ReplyBatch&) {
  if (c.code.view() == "open sesame") {
    reply.answer = claim({c.packet, c.user});
  } else {
    reply.status = Status::code_wrong;
    reply.limit = 4;
  }
}

void FakeServer::run(const PeekPacket& c, const CommandBatch&, Reply& reply, ReplyBatch&) {
  PeekAnswer answer;
  answer.packet.packet = c.packet;
  answer.claimable = true;
  reply.answer = answer;
}

void FakeServer::run(const ShowPacket& c, const CommandBatch&, Reply& reply, ReplyBatch& replies) {
  ShowPacketAnswer answer;
  answer.packet.packet = c.packet;
  answer.count = 2;
  replies.packet_claims = {{UserId(1), Amount(10), Time(1)}, {UserId(2), Amount(20), Time(2)}};
  replies.share_states = {ShareState::held, ShareState::returned};
  answer.recipients_count = 3;
  replies.users = {UserId(1), UserId(2), UserId(3)};
  answer.seed_revealed = true;
  answer.seed = {7, 8};
  reply.answer = answer;
}

void FakeServer::run(const RecallPacket& c, const CommandBatch&, Reply& reply, ReplyBatch&) {
  keys.push_back(c.key);
  reply.answer = RecallAnswer{c.packet, Amount(77), RefundTarget::source};
}

void FakeServer::run(const ReturnShare& c, const CommandBatch&, Reply& reply, ReplyBatch&) {
  keys.push_back(c.key);
  reply.answer = ReturnAnswer{c.packet, c.user, Amount(78)};
}

// ---- transfers ----------------------------------------------------------------------------------

void FakeServer::run(const SendTransfer& c, const CommandBatch&, Reply& reply, ReplyBatch&) {
  keys.push_back(c.key);
  reply.answer = TransferAnswer{.transfer = packet_id(partition_of(c.sender), 2),
                                .sender = c.sender,
                                .recipient = c.recipient,
                                .amount = c.amount,
                                .arrives_after = c.arrives_after,
                                .remark = c.remark};
}

void FakeServer::run(const AcceptTransfer& c, const CommandBatch&, Reply& reply, ReplyBatch&) {
  keys.push_back(c.key);
  reply.answer = transfer(c.transfer, TransferState::accepted);
}

void FakeServer::run(const DeclineTransfer& c, const CommandBatch&, Reply& reply, ReplyBatch&) {
  keys.push_back(c.key);
  reply.answer = transfer(c.transfer, TransferState::declined);
}

void FakeServer::run(const CancelTransfer& c, const CommandBatch&, Reply& reply, ReplyBatch&) {
  keys.push_back(c.key);
  reply.answer = transfer(c.transfer, TransferState::cancelled);
}

void FakeServer::run(const ReturnTransfer& c, const CommandBatch&, Reply& reply, ReplyBatch&) {
  keys.push_back(c.key);
  reply.answer = transfer(c.transfer, TransferState::returned);
}

void FakeServer::run(const ShowTransfer& c, const CommandBatch&, Reply& reply, ReplyBatch&) {
  reply.answer = transfer(c.transfer, TransferState::pending);
}

TransferAnswer FakeServer::transfer(PacketId id, TransferState state) {
  return {.transfer = id, .state = state, .remark = {}};
}

// ---- payouts ------------------------------------------------------------------------------------

void FakeServer::run(const ListPayouts& c, const CommandBatch&, Reply& reply, ReplyBatch& replies) {
  for (std::uint32_t i = 1; i <= c.count_max; ++i) {
    replies.payouts.push_back(
        {.packet = PacketId(c.after.value + i), .funding = {}, .confirmation = {}});
  }
  reply.answer = PayoutListAnswer{0, c.count_max, true};
}

void FakeServer::run(const ConfirmPayout& c, const CommandBatch&, Reply& reply, ReplyBatch&) {
  keys.push_back(c.key);
  reply.answer = PayoutAnswer{{.packet = c.packet,
                               .state = PayoutState::confirmed,
                               .funding = {},
                               .confirmation = c.reference}};
}

// ---- support ------------------------------------------------------------------------------------

void FakeServer::run(const OpenCase& c, const CommandBatch& batch, Reply& reply,
                     ReplyBatch& replies) {
  keys.push_back(c.key);
  replies.cases = {{.case_id = CaseId(4097),
                    .subject = c.subject,
                    .opened_by = c.by,
                    .resolved_by = {},
                    .opened_note = batch.notes.at(c.note),
                    .resolved_note = {}}};
  reply.answer = CaseAnswer{0};
}

void FakeServer::run(const ResolveCase& c, const CommandBatch& batch, Reply& reply,
                     ReplyBatch& replies) {
  keys.push_back(c.key);
  replies.cases = {{.case_id = c.case_id,
                    .state = CaseState::upheld,
                    .opened_by = {},
                    .resolved_by = c.by,
                    .opened_note = {},
                    .resolved_note = batch.notes.at(c.note)}};
  reply.answer = CaseAnswer{0};
}

void FakeServer::run(const ShowCase& c, const CommandBatch&, Reply& reply, ReplyBatch& replies) {
  replies.cases.resize(1);
  replies.cases[0].case_id = c.case_id;
  reply.answer = CaseAnswer{0};
}

void FakeServer::run(const FreezePacket& c, const CommandBatch& batch, Reply& reply, ReplyBatch&) {
  keys.push_back(c.key);
  freeze_note = batch.notes.at(c.note).view();
  reply.answer = PacketFreezeAnswer{c.packet, c.frozen};
}

void FakeServer::run(const FreezeWallet& c, const CommandBatch& batch, Reply& reply, ReplyBatch&) {
  keys.push_back(c.key);
  freeze_note = batch.notes.at(c.note).view();
  reply.answer = WalletAnswer{.user = c.user, .name = {}, .frozen = c.frozen};
}

// ---- claims -------------------------------------------------------------------------------------

// Every claim of packets above partition 0 and number 0 finds a share of its user's number in fen.
ClaimAnswer FakeServer::claim(const ClaimItem& claim) {
  if (claim.packet.value == 0) return {Status::packet_unknown, 0, 0, {}};
  if (claim.packet == expired_packet) return {Status::expired, 0, 0, Time(12'345)};
  const ClaimAnswer first{Status::ok, 0, static_cast<std::uint32_t>(claim.user.value), Time(7)};
  auto [known, fresh] = claims_.try_emplace({claim.packet.value, claim.user.value}, first);
  ClaimAnswer answer = known->second;
  if (!fresh) answer.status = Status::already_claimed;
  return answer;
}

}  // namespace hb::net
