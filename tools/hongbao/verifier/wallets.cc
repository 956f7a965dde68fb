// The verifier's books: wallets.
#include <fmt/format.h>

#include "engine/base/partition.h"
#include "tools/hongbao/verifier/books.h"

namespace hb::verifier {

void Books::open_wallet(const WalletOpened& event) {
  check_home(event.user);
  const auto [it, is_new] = wallets_.try_emplace(event.user);
  Wallet& wallet = it->second;
  const bool by_command = !event.key.empty();
  if (by_command) check_key(partition_of(event.user), event.key);
  if (by_command ? wallet.opened : !is_new) {
    violate(Rule::wallet_opened_twice,
            fmt::format("the wallet of user {} was opened before", event.user.value));
  }
  wallet.opened = wallet.opened || by_command;
}

void Books::deposit(const MoneyMoved& event) {
  check_home(event.user);
  check_key(partition_of(event.user), event.key);
  if (!check_amount(event.amount.fen())) return;
  if (event.reference_bytes != 0) {
    use_reference(ReferenceUse::incoming, {event.reference, event.reference_bytes}, true,
                  event.key);
  }
  figures_.deposits_fen += event.amount.fen();
  settle(event.user, event.amount.fen(), event.balance.fen());
}

void Books::withdraw(const MoneyMoved& event) {
  check_home(event.user);
  check_key(partition_of(event.user), event.key);
  if (!check_amount(event.amount.fen())) return;
  check_not_frozen(event.user);
  figures_.withdrawals_fen += event.amount.fen();
  settle(event.user, -event.amount.fen(), event.balance.fen());
}

// ---- settings and freezing ----------------------------------------------------------------------

void Books::set_wallet(const WalletSet& event) {
  check_home(event.user);
  check_key(partition_of(event.user), event.key);
  const auto it = wallets_.find(event.user);
  if (it == wallets_.end()) {
    return violate(Rule::wallet_unknown, fmt::format("user {} has no wallet", event.user.value));
  }
  if (event.refund_target != RefundTarget::source && event.refund_target != RefundTarget::wallet) {
    return violate(Rule::setting_wrong, fmt::format("refunds are to go to place {}",
                                                    static_cast<unsigned>(event.refund_target)));
  }
  it->second.refund_target = event.refund_target;
}

void Books::freeze(const FreezeSet& event) {
  if (event.of_wallet()) {
    check_home(event.user());
    check_key(partition_of(event.user()), event.key);
  } else {
    check_home(event.packet());
    check_key(partition_of(event.packet()), event.key);
  }
  check_operator(event.operator_bytes);
  bool* frozen = frozen_mark(event);
  if (frozen == nullptr) return;
  if (*frozen == event.freezes()) {
    violate(Rule::freeze_wrong,
            fmt::format("{} {} is {} before it is {}", event.of_wallet() ? "wallet" : "packet",
                        event.subject, *frozen ? "frozen" : "not frozen",
                        event.freezes() ? "frozen" : "unfrozen"));
  }
  *frozen = event.freezes();
}

bool* Books::frozen_mark(const FreezeSet& event) {
  if (event.of_wallet()) {
    const auto it = wallets_.find(event.user());
    if (it != wallets_.end()) return &it->second.frozen;
    violate(Rule::wallet_unknown, fmt::format("user {} has no wallet", event.subject));
    return nullptr;
  }
  const auto transfer = transfers_.find(event.packet());
  if (transfer != transfers_.end()) return &transfer->second.frozen;
  Packet* packet = find_packet(event.packet());
  return packet == nullptr ? nullptr : &packet->frozen;
}

// ---- money --------------------------------------------------------------------------------------

const Wallet* Books::find_wallet(UserId user) const {
  const auto it = wallets_.find(user);
  return it == wallets_.end() ? nullptr : &it->second;
}

void Books::check_not_frozen(UserId user) {
  const Wallet* wallet = find_wallet(user);
  if (wallet == nullptr || !wallet->frozen) return;
  violate(Rule::frozen_wallet_debited, fmt::format("the wallet of user {} is frozen", user.value));
}

void Books::credit(UserId user, std::int64_t fen) {
  add(wallets_[user].balance_fen, fen);
}

void Books::debit(UserId user, std::int64_t fen) {
  std::int64_t& balance_fen = wallets_[user].balance_fen;
  const std::int64_t before_fen = balance_fen;
  add(balance_fen, -fen);
  if (balance_fen >= 0) return;
  violate(Rule::overdraft, fmt::format("{} taken from user {}, whose wallet holds {}", yuan(fen),
                                       user.value, yuan(before_fen)));
}

void Books::settle(UserId user, std::int64_t change_fen, std::int64_t recorded_fen) {
  if (change_fen < 0) {
    debit(user, -change_fen);
  } else {
    credit(user, change_fen);
  }
  check_balance(user, recorded_fen);
}

void Books::check_balance(UserId user, std::int64_t recorded_fen) {
  const Wallet* wallet = find_wallet(user);
  const std::int64_t balance_fen = wallet == nullptr ? 0 : wallet->balance_fen;
  if (balance_fen == recorded_fen) return;
  violate(Rule::balance_wrong,
          fmt::format("the balance of user {} is recorded as {}, but comes to {}", user.value,
                      yuan(recorded_fen), yuan(balance_fen)));
  wallets_[user].balance_fen = recorded_fen;
}

}  // namespace hb::verifier
