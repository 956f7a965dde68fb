// Many connections that ask at once, and what each was told.
//
// An Operation is asked until it is told: the answer of the server is kept, and what was not
// answered because the server died can be asked again, with the same key.
//
// Threads: one.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "engine/ledger/commands.h"
#include "net/client/client.h"

namespace hb::e2e {

struct Told {
  Status status = Status::ok;
  bool replayed = false;
  Amount balance{};     // of a wallet
  PacketId packet{};    // of a send
  ClaimAnswer claim{};  // of a claim
};

struct Operation {
  std::variant<OpenWallet, Deposit, SendPacket, ClaimItem> command;
  std::optional<Told> told = std::nullopt;
};

// Every one that has not been told.
std::vector<Operation*> untold(std::span<Operation> operations);

class Crowd {
 public:
  Crowd(const net::ClientOptions& options, std::size_t connections, std::size_t window);
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  // Asks all, each connection its part in order, at most `window` at a time; returns when
  // everything is told, or every connection lost.  on_told runs after each answer, and may kill the
  // server.
  void ask(
      std::span<Operation* const> operations, const std::function<void()>& on_told = [] {});

  boost::asio::io_context& io() { return io_; }

 private:
  struct Member;
  void ask_next(Member& member);
  template <class Answer>
  net::Callback<Answer> telling(Member& member, Operation& operation);

  boost::asio::io_context io_;
  const std::size_t window_;
  std::size_t in_flight_ = 0;  // of all
  std::vector<std::unique_ptr<Member>> members_;
  std::function<void()> on_told_;
};

}  // namespace hb::e2e
