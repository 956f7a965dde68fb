// The client for those who ask one thing at a time: the command line, tests.
//
// Each call returns when its answer is there, or an Error after the timeout or the retry budget of
// ClientOptions.  For statuses, errors and keys see net/client/client.h.
//
// Threads: one.  It owns its io_context, which runs only inside calls.
#pragma once

#include <boost/asio/io_context.hpp>
#include <span>
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
  Result<Outcome<WalletAnswer>> show_wallet(UserId user);

  Result<Outcome<SendAnswer>> send(const SendPacket& command);
  Result<Outcome<ClaimAnswer>> claim(PacketId packet, UserId user);
  Result<Outcome<std::vector<ClaimAnswer>>> claim_batch(std::span<const ClaimItem> claims);
  Result<Outcome<PeekAnswer>> peek(PacketId packet, UserId user);
  Result<Outcome<PacketRecord>> show(PacketId packet);

  const ClientCounters& counters() const { return client_.counters(); }

 private:
  boost::asio::io_context io_;
  Client client_;
};

}  // namespace hb::net
