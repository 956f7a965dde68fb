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

Result<Outcome<Pong>> BlockingClient::ping() {
  return wait<Outcome<Pong>>(io_, [&](auto done) { client_.ping(done); });
}

Result<Outcome<WalletAnswer>> BlockingClient::open_wallet(const OpenWallet& command) {
  return wait<Outcome<WalletAnswer>>(io_, [&](auto done) { client_.open_wallet(command, done); });
}

Result<Outcome<WalletAnswer>> BlockingClient::deposit(const Deposit& command) {
  return wait<Outcome<WalletAnswer>>(io_, [&](auto done) { client_.deposit(command, done); });
}

Result<Outcome<WalletAnswer>> BlockingClient::withdraw(const Withdraw& command) {
  return wait<Outcome<WalletAnswer>>(io_, [&](auto done) { client_.withdraw(command, done); });
}

Result<Outcome<WalletAnswer>> BlockingClient::show_wallet(UserId user) {
  return wait<Outcome<WalletAnswer>>(io_, [&](auto done) { client_.show_wallet(user, done); });
}

Result<Outcome<SendAnswer>> BlockingClient::send(const SendPacket& command) {
  return wait<Outcome<SendAnswer>>(io_, [&](auto done) { client_.send(command, done); });
}

Result<Outcome<ClaimAnswer>> BlockingClient::claim(PacketId packet, UserId user) {
  return wait<Outcome<ClaimAnswer>>(io_, [&](auto done) { client_.claim(packet, user, done); });
}

Result<Outcome<std::vector<ClaimAnswer>>> BlockingClient::claim_batch(
    std::span<const ClaimItem> claims) {
  using Kept = Outcome<std::vector<ClaimAnswer>>;
  return wait<Kept>(io_, [&](auto done) {
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

Result<Outcome<PeekAnswer>> BlockingClient::peek(PacketId packet, UserId user) {
  return wait<Outcome<PeekAnswer>>(io_, [&](auto done) { client_.peek(packet, user, done); });
}

Result<Outcome<PacketRecord>> BlockingClient::show(PacketId packet) {
  return wait<Outcome<PacketRecord>>(io_, [&](auto done) { client_.show(packet, done); });
}

}  // namespace hb::net
