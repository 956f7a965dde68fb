#include "net/client/client.h"

#include <utility>

#include "net/client/client_impl.h"
#include "net/client/outcome.h"

namespace hb::net {
namespace {

// A change that is retried must be recognized.
template <class Command>
Command keyed(Command command) {
  if (command.key.empty()) command.key = random_key();
  return command;
}

template <class Command>
auto encode(const Command& command, CallOptions call) {
  return [&command, call](RequestEncoder& encoder, std::uint64_t id) {
    return encoder.command(id, call.deadline, command);
  };
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

void Client::open_wallet(const OpenWallet& command, Callback<WalletAnswer> done, CallOptions call) {
  impl_->submit(1, call, completion<WalletAnswer>(std::move(done)), encode(keyed(command), call));
}

void Client::deposit(const Deposit& command, Callback<WalletAnswer> done, CallOptions call) {
  impl_->submit(1, call, completion<WalletAnswer>(std::move(done)), encode(keyed(command), call));
}

void Client::withdraw(const Withdraw& command, Callback<WalletAnswer> done, CallOptions call) {
  impl_->submit(1, call, completion<WalletAnswer>(std::move(done)), encode(keyed(command), call));
}

void Client::send(const SendPacket& command, Callback<SendAnswer> done, CallOptions call) {
  impl_->submit(1, call, completion<SendAnswer>(std::move(done)), encode(keyed(command), call));
}

void Client::show_wallet(UserId user, Callback<WalletAnswer> done, CallOptions call) {
  impl_->submit(1, call, completion<WalletAnswer>(std::move(done)), encode(ShowWallet{user}, call));
}

void Client::peek(PacketId packet, UserId user, Callback<PeekAnswer> done, CallOptions call) {
  impl_->submit(1, call, completion<PeekAnswer>(std::move(done)),
                encode(PeekPacket{packet, user}, call));
}

void Client::show(PacketId packet, Callback<PacketRecord> done, CallOptions call) {
  impl_->submit(limits::packet_shares_max, call, completion<PacketRecord>(std::move(done)),
                encode(ShowPacket{packet}, call));
}

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
