#include "tests/unit/net/client/fake_server.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <variant>

namespace hb::net {

using boost::asio::ip::tcp;
using boost::system::error_code;

struct FakeServer::Peer : CommandSink {
  Peer(tcp::socket s, const SessionOptions& options, ResponseEncoder& encoder)
      : socket(std::move(s)), session(options, encoder, 1, Time(0)), batches(options.shard_count) {}
  CommandBatch& batch(ShardId shard) override { return batches.at(shard.value); }

  tcp::socket socket;
  Session session;
  std::vector<CommandBatch> batches;
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
    read(peers_.back());
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
      const auto commands = std::exchange(batch.commands, {});
      for (const CommandEnvelope& command : commands) {
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
      batch.claims.clear();
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
  if (const auto* d = std::get_if<Deposit>(&envelope.command)) {
    reply.answer = deposit(*d, reply.replayed);
  } else if (const auto* o = std::get_if<OpenWallet>(&envelope.command)) {
    balances[o->user.value] = 0;
    reply.answer = WalletAnswer{o->user, Amount(0), Time(1), o->name};
  } else if (const auto* s = std::get_if<ShowWallet>(&envelope.command)) {
    const auto wallet = balances.find(s->user.value);
    reply.status = wallet == balances.end() ? Status::wallet_unknown : Status::ok;
    if (wallet != balances.end()) {
      reply.answer = WalletAnswer{s->user, Amount(wallet->second), Time(1), {}};
    }
  } else if (const auto* w = std::get_if<Withdraw>(&envelope.command)) {
    reply.status = Status::insufficient_funds;
    reply.limit = balances[w->user.value];
  } else if (const auto* p = std::get_if<SendPacket>(&envelope.command)) {
    reply.answer = SendAnswer{packet_id(partition_of(p->sender), 1), Time(9), {}};
  } else if (const auto* k = std::get_if<PeekPacket>(&envelope.command)) {
    PeekAnswer answer;
    answer.packet.packet = k->packet;
    answer.claimable = true;
    reply.answer = answer;
  } else if (const auto* h = std::get_if<ShowPacket>(&envelope.command)) {
    ShowPacketAnswer answer;
    answer.packet.packet = h->packet;
    answer.count = 2;
    replies.packet_claims = {{UserId(1), Amount(10), Time(1)}, {UserId(2), Amount(20), Time(2)}};
    replies.share_states = {ShareState::held, ShareState::returned};
    reply.answer = answer;
  } else {
    const auto range = std::get<ClaimBatch>(envelope.command);
    claim_counts.push_back(range.count);
    for (std::uint32_t i = 0; i < range.count; ++i) {
      replies.claims.push_back(claim(batch.claims[range.first + i]));
    }
    reply.answer = ClaimBatchAnswer{0, range.count};
  }
  return reply;
}

Answer FakeServer::deposit(const Deposit& command, bool& replayed) {
  keys.push_back(command.key);
  const auto [stored, fresh] = stored_.try_emplace(command.key, 0);
  if (fresh) stored->second = balances[command.user.value] += command.amount.fen();
  replayed = !fresh;
  return WalletAnswer{command.user, Amount(stored->second), Time(1), {}};
}

// Every claim of packets above partition 0 and number 0 finds a share of its user's number in fen.
ClaimAnswer FakeServer::claim(const ClaimItem& claim) {
  if (claim.packet.value == 0) return {Status::packet_unknown, 0, 0, {}};
  const ClaimAnswer first{Status::ok, 0, static_cast<std::uint32_t>(claim.user.value), Time(7)};
  auto [known, fresh] = claims_.try_emplace({claim.packet.value, claim.user.value}, first);
  ClaimAnswer answer = known->second;
  if (!fresh) answer.status = Status::already_claimed;
  return answer;
}

}  // namespace hb::net
