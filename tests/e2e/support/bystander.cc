#include "tests/e2e/support/bystander.h"

#include "tests/e2e/support/patience.h"

namespace hb::e2e {

Bystander::Bystander(const net::ClientOptions& options, UserId first_user)
    : sender_(first_user),
      claimer_(first_user.value + 1),
      thread_([this, options] { run(options); }) {}

Bystander::~Bystander() {
  stop();
}

std::vector<std::string> Bystander::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  return complaints_;
}

bool Bystander::carries_on() const {
  const std::uint64_t before = rounds_;
  return eventually([&] { return rounds_ >= before + 2; });
}

template <class T>
bool Bystander::well(const char* what, const Result<net::Outcome<T>>& result) {
  if (!result) {
    complaints_.push_back(std::string(what) + ": " + result.error().message);
  } else if (!succeeded(result->status)) {
    complaints_.push_back(std::string(what) + ": " + std::string(name(result->status)));
  }
  return complaints_.empty();
}

void Bystander::run(const net::ClientOptions& options) {
  net::BlockingClient client(options);
  well("open", client.open_wallet({.user = sender_}));
  well("open", client.open_wallet({.user = claimer_}));
  well("deposit", client.deposit({.user = sender_, .amount = deposited}));
  while (!stop_ && complaints_.empty()) {
    do_round(client);
    ++rounds_;
  }
}

void Bystander::do_round(net::BlockingClient& client) {
  if (!well("ping", client.ping())) return;
  const auto sent = client.send({.sender = sender_, .total = Amount(1), .share_count = 1});
  if (!well("send", sent)) return;
  const auto claimed = client.claim(sent->answer.packet, claimer_);
  if (!well("claim", claimed)) return;
  if (claimed->answer.amount_fen != 1) complaints_.push_back("claim: not the amount sent");
  const auto wallet = client.show_wallet(sender_);
  if (!well("show", wallet)) return;
  const Amount expected = deposited - Amount(1) * static_cast<std::int64_t>(rounds_ + 1);
  if (wallet->answer.balance != expected) complaints_.push_back("show: not the balance expected");
}

}  // namespace hb::e2e
