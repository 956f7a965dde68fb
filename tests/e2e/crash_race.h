// The race that servers are killed in: 1,000 users on 16 connections, 200 packets.
//
// It keeps what every operation was told, and a second set of books from nothing but that, so that
// after any crash a test can say what must be there.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <vector>

#include "net/client/blocking_client.h"
#include "tests/e2e/support/audit.h"
#include "tests/e2e/support/crowd.h"
#include "tests/e2e/support/server_process.h"

namespace hb::e2e {

class CrashRace {
 public:
  static constexpr std::uint64_t users = 1'000;
  static constexpr std::size_t packets = 200;
  static constexpr std::size_t connections = 16;

  CrashRace(std::string data, std::uint64_t seed);

  // Starts the server, opens the wallets and fills them, and sends the first `packets_sent`
  // packets.
  void set_up(std::size_t packets_sent);

  // Asks what nobody has been told yet, and kills the server at a random moment on the way (or
  // never).
  void run_and_kill();
  void run_to_the_end();

  // More work for the next run, shuffled among each other.
  void add_claims(std::size_t first_packet, std::size_t last_packet);
  void add_sends_and_deposits(std::size_t first_packet, std::size_t last_packet);

  // Starts the server on the same files, `kills` times killed again before it is ready.
  void restart(int kills = 0);

  // Everything told so far is there: sends, claims with their amounts, sold-out packets; nobody has
  // two shares; and the files alone say the same.
  void check_what_was_told();
  // When nothing is left unanswered: every balance is what the answers add up to.
  void check_balances();
  // The same again gives the same answers.
  void check_repeats();

  ServerProcess& server() { return server_; }

 private:
  struct Packet {
    Operation* sent = nullptr;
    bool told_sold_out = false;
    std::map<UserId, ClaimAnswer> claims{};  // as told
  };

  void ask(const std::function<void()>& on_told);
  Operation& add(Operation operation);
  SendPacket random_send(std::size_t index);
  Key128 next_key() { return {++keys_, seed_}; }
  std::uint64_t up_to(std::uint64_t most);
  std::map<PacketId, Packet> told_by_packet();
  void check_packet(PacketId id, const Packet& told, const net::PacketRecord& found);
  void check_shares(const net::PacketRecord& found);

  const std::uint64_t seed_;
  std::mt19937_64 random_;
  std::uint64_t keys_ = 0;
  ServerProcess server_;
  std::vector<std::unique_ptr<Operation>> operations_;
  std::vector<Operation*> sends_;  // by the packet's number
  std::vector<Operation*> next_;   // what the next run asks
};

}  // namespace hb::e2e
