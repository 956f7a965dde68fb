#include "tests/e2e/support/crowd.h"

#include <deque>
#include <utility>

namespace hb::e2e {
namespace {

Told told_of(const net::Outcome<WalletAnswer>& o) {
  return {.status = o.status, .replayed = o.replayed, .balance = o.answer.balance};
}

Told told_of(const net::Outcome<SendAnswer>& o) {
  return {.status = o.status, .replayed = o.replayed, .packet = o.answer.packet};
}

Told told_of(const net::Outcome<ClaimAnswer>& o) {
  return {.status = o.status, .replayed = o.replayed, .claim = o.answer};
}

}  // namespace

struct Crowd::Member {
  net::Client client;
  std::deque<Operation*> queue{};
  std::size_t in_flight = 0;
  bool lost = false;

  Member(boost::asio::io_context& io, const net::ClientOptions& options) : client(io, options) {}
};

std::vector<Operation*> untold(std::span<Operation> operations) {
  std::vector<Operation*> found;
  for (Operation& operation : operations) {
    if (!operation.told) found.push_back(&operation);
  }
  return found;
}

Crowd::Crowd(const net::ClientOptions& options, std::size_t connections, std::size_t window)
    : window_(window) {
  for (std::size_t i = 0; i < connections; ++i) {
    members_.push_back(std::make_unique<Member>(io_, options));
  }
}

Crowd::~Crowd() = default;

void Crowd::ask(std::span<Operation* const> operations, const std::function<void()>& on_told) {
  on_told_ = on_told;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    members_[i % members_.size()]->queue.push_back(operations[i]);
  }
  for (const auto& member : members_) ask_next(*member);
  io_.restart();
  if (in_flight_ != 0) io_.run();
  for (const auto& member : members_) member->queue.clear();
}

template <class Answer>
net::Callback<Answer> Crowd::telling(Member& member, Operation& operation) {
  return [this, &member, &operation](Result<net::Outcome<Answer>> result) {
    --member.in_flight;
    --in_flight_;
    member.lost = member.lost || !result;
    if (result) {
      operation.told = told_of(*result);
      on_told_();
    }
    ask_next(member);
    if (in_flight_ == 0) io_.stop();
  };
}

void Crowd::ask_next(Member& member) {
  while (!member.lost && !member.queue.empty() && member.in_flight < window_) {
    Operation& operation = *member.queue.front();
    member.queue.pop_front();
    ++member.in_flight;
    ++in_flight_;
    net::Client& client = member.client;
    if (const auto* open = std::get_if<OpenWallet>(&operation.command)) {
      client.open_wallet(*open, telling<WalletAnswer>(member, operation));
    } else if (const auto* deposit = std::get_if<Deposit>(&operation.command)) {
      client.deposit(*deposit, telling<WalletAnswer>(member, operation));
    } else if (const auto* send = std::get_if<SendPacket>(&operation.command)) {
      client.send(*send, telling<SendAnswer>(member, operation));
    } else {
      const ClaimItem& claim = std::get<ClaimItem>(operation.command);
      client.claim(claim.packet, claim.user, telling<ClaimAnswer>(member, operation));
    }
  }
}

}  // namespace hb::e2e
