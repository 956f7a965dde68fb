// An innocent client that keeps using the server while a test does harm to it: sends, claims,
// looks, pings, on a connection of its own, and notices whatever goes wrong for it.
//
// Threads: runs on its own; start and stop it from one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/units.h"
#include "net/client/blocking_client.h"

namespace hb::e2e {

class Bystander {
 public:
  // Users first_user and the next ones belong to the bystander alone.
  Bystander(const net::ClientOptions& options, UserId first_user);
  ~Bystander();

  // Ends it; tells what went wrong, nothing being the wish.
  std::vector<std::string> stop();
  // Rounds that it has done.
  std::uint64_t rounds() const { return rounds_; }
  // Waits until a whole round has begun and ended after this call; false when patience ran out.
  bool carries_on() const;
  static constexpr Amount deposited{1'000'000};

 private:
  void run(const net::ClientOptions& options);
  void do_round(net::BlockingClient& client);
  template <class T>
  bool well(const char* what, const Result<net::Outcome<T>>& result);

  const UserId sender_;
  const UserId claimer_;
  std::vector<std::string> complaints_;
  std::atomic<std::uint64_t> rounds_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace hb::e2e
