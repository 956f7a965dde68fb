// The rules of wallets: opening, money in and out, settings, freezing.
#include "engine/base/assert.h"
#include "engine/base/text.h"
#include "engine/ledger/decisions.h"
#include "engine/ledger/ledger.h"

namespace hb {

namespace {

std::uint64_t fingerprint_of(EventType type, UserId user, Amount amount,
                             std::string_view reference = {}) {
  Fingerprint print(type);
  print.add(user.value).add(amount);
  if (!reference.empty()) print.add(std::uint64_t{8}).add(reference);
  return print.value();
}

Verdict check_amount(Amount amount) {
  if (amount <= Amount{}) return refuse(Status::amount_not_positive);
  if (amount > Amount{limits::amount_max}) {
    return refuse(Status::amount_over_limit, limits::amount_max);
  }
  return {};
}

// A stored wallet answer: the balance, and above it what else the answer told.
constexpr unsigned frozen_bit = 62;
constexpr unsigned refund_to_wallet_bit = 61;
constexpr unsigned named_bit = 60;
constexpr std::uint64_t balance_mask = (std::uint64_t{1} << named_bit) - 1;
static_assert(2 * limits::held_max <= balance_mask);

std::uint64_t stored_of(const WalletRow& wallet) {
  const std::uint64_t to_wallet = wallet.refund_target == RefundTarget::wallet ? 1 : 0;
  const std::uint64_t named = wallet.name != WalletRow{}.name ? 1 : 0;
  return static_cast<std::uint64_t>(wallet.balance.fen()) | named << named_bit |
         to_wallet << refund_to_wallet_bit | std::uint64_t{wallet.frozen} << frozen_bit;
}

}  // namespace

std::uint64_t Ledger::wallet_stored(UserId user) const {
  const WalletRow* wallet = find_wallet(user);
  HB_ASSERT(wallet != nullptr);
  return stored_of(*wallet);
}

std::string_view Ledger::name_of(const WalletRow& wallet) const {
  if (wallet.name == Slab<TextCell>::none) return {};
  const auto size = static_cast<std::size_t>(text(wallet.name, 0, 1)[0]);
  return text(wallet.name, 1, size);
}

WalletAnswer Ledger::wallet_answer(UserId user, std::uint64_t stored) const {
  const WalletRow* wallet = find_wallet(user);
  HB_ASSERT(wallet != nullptr);
  WalletAnswer answer{.user = user,
                      .balance = Amount{static_cast<std::int64_t>(stored & balance_mask)},
                      .opened_at = wallet->opened_at,
                      .frozen = (stored >> frozen_bit & 1) != 0,
                      .refund_target = (stored >> refund_to_wallet_bit & 1) != 0
                                           ? RefundTarget::wallet
                                           : RefundTarget::source};
  // A wallet that a credit made gets its name later; what was told before had none.
  if ((stored >> named_bit & 1) != 0) answer.name = DisplayName(name_of(*wallet));
  return answer;
}

// ---- opening ------------------------------------------------------------------------------------

Verdict Ledger::decide(Time now, const OpenWallet& c, WalletOpened& event) const {
  if (c.key.empty()) return refuse(Status::key_missing);
  if (c.user == UserId{}) return refuse(Status::user_invalid);
  const std::uint64_t fingerprint =
      Fingerprint(EventType::wallet_opened).add(c.user.value).add(c.name.view()).value();
  Verdict verdict;
  if (replay(now, partition_of(c.user), c.key, fingerprint, verdict)) return verdict;
  if (!valid_utf8(c.name.view())) return refuse(Status::text_invalid);
  const WalletRow* wallet = find_wallet(c.user);
  if (wallet != nullptr && wallet->opened_by_command) return refuse(Status::wallet_exists);

  event = WalletOpened{.units = units_for(offsetof(WalletOpened, name) + c.name.size()),
                       .name_bytes = static_cast<std::uint16_t>(c.name.size()),
                       .at = now,
                       .user = c.user,
                       .fingerprint = fingerprint,
                       .key = c.key};
  put_texts(event.name, {c.name.view()});
  return {};
}

void Ledger::apply(const WalletOpened& e) {
  WalletRow& wallet = wallets_of(e.user).find_or_open(e.user, e.at, wallet_rows_);
  HB_ASSERT(!wallet.opened_by_command);
  wallet.opened_by_command = true;
  if (e.name_bytes > 0) {
    const std::string_view name(e.name, e.name_bytes);
    const char size = static_cast<char>(name.size());
    wallet.name = store_text({&size, 1}, name);
  }
  remember(e.at, partition_of(e.user), {e.key, e.fingerprint, stored_of(wallet)});
}

// ---- money in and out ---------------------------------------------------------------------------

Verdict Ledger::decide(Time now, const Deposit& c, MoneyMoved& event) const {
  if (c.key.empty()) return refuse(Status::key_missing);
  if (c.user == UserId{}) return refuse(Status::user_invalid);
  const std::uint64_t fingerprint =
      fingerprint_of(EventType::deposited, c.user, c.amount, c.reference.view());
  Verdict verdict;
  if (replay(now, partition_of(c.user), c.key, fingerprint, verdict)) return verdict;
  if (const Verdict v = check_amount(c.amount); !v.accepted()) return v;
  const WalletRow* wallet = find_usable_wallet(c.user);
  if (wallet == nullptr) return refuse(Status::wallet_unknown);
  if (const Verdict v = check_room(c.amount); !v.accepted()) return v;
  if (!c.reference.empty()) {
    if (!valid_utf8(c.reference.view())) return refuse(Status::text_invalid);
    verdict =
        check_reference(ReferenceUse::incoming, c.reference.view(), {partition_of(c.user), c.key});
    if (verdict.status != Status::ok) return verdict;
  }

  event = MoneyMoved{.type = EventType::deposited,
                     .reference_bytes = static_cast<std::uint16_t>(c.reference.size()),
                     .at = now,
                     .user = c.user,
                     .amount = c.amount,
                     .key = c.key,
                     .fingerprint = fingerprint,
                     .balance = wallet->balance + c.amount};
  event.units = units_for(event.bytes());
  put_texts(event.reference, {c.reference.view()});
  return verdict;
}

Verdict Ledger::decide(Time now, const Withdraw& c, MoneyMoved& event) const {
  if (c.key.empty()) return refuse(Status::key_missing);
  if (c.user == UserId{}) return refuse(Status::user_invalid);
  const std::uint64_t fingerprint = fingerprint_of(EventType::withdrawn, c.user, c.amount);
  Verdict verdict;
  if (replay(now, partition_of(c.user), c.key, fingerprint, verdict)) return verdict;
  if (const Verdict v = check_amount(c.amount); !v.accepted()) return v;
  const WalletRow* wallet = find_usable_wallet(c.user);
  if (wallet == nullptr) return refuse(Status::wallet_unknown);
  if (wallet->frozen) return refuse(Status::wallet_frozen);
  if (wallet->balance < c.amount) {
    return refuse(Status::insufficient_funds, wallet->balance.fen());
  }

  event = MoneyMoved{.type = EventType::withdrawn,
                     .at = now,
                     .user = c.user,
                     .amount = c.amount,
                     .key = c.key,
                     .fingerprint = fingerprint,
                     .balance = wallet->balance - c.amount};
  return {};
}

void Ledger::apply(const MoneyMoved& e) {
  if (e.type == EventType::deposited) {
    credit(e.user, e.amount, e.at);
    totals_.deposits += e.amount;
    if (e.reference_bytes != 0) {
      use_reference(ReferenceUse::incoming, {e.reference, e.reference_bytes}, true,
                    {partition_of(e.user), e.key});
    }
  } else {
    debit(e.user, e.amount);
    totals_.withdrawals += e.amount;
  }
  HB_ASSERT(balance_of(e.user) == e.balance);
  HB_ASSERT(totals_.balanced());
  remember(e.at, partition_of(e.user), {e.key, e.fingerprint, wallet_stored(e.user)});
}

// ---- settings and freezing ----------------------------------------------------------------------

Verdict Ledger::decide(Time now, const SetRefundTarget& c, WalletSet& event) const {
  if (c.key.empty()) return refuse(Status::key_missing);
  if (c.user == UserId{}) return refuse(Status::user_invalid);
  const std::uint64_t fingerprint = Fingerprint(EventType::wallet_set)
                                        .add(c.user.value)
                                        .add(static_cast<std::uint64_t>(c.target))
                                        .value();
  Verdict verdict;
  if (replay(now, partition_of(c.user), c.key, fingerprint, verdict)) return verdict;
  if (c.target != RefundTarget::source && c.target != RefundTarget::wallet) {
    return refuse(Status::refund_target_unknown);
  }
  if (find_usable_wallet(c.user) == nullptr) return refuse(Status::wallet_unknown);
  event = WalletSet{.refund_target = c.target,
                    .at = now,
                    .user = c.user,
                    .fingerprint = fingerprint,
                    .key = c.key};
  return {};
}

void Ledger::apply(const WalletSet& e) {
  WalletRow* wallet = wallets_of(e.user).find(e.user);
  HB_ASSERT(wallet != nullptr);
  wallet->refund_target = e.refund_target;
  remember(e.at, partition_of(e.user), {e.key, e.fingerprint, stored_of(*wallet)});
}

Verdict Ledger::decide(Time now, const FreezeWallet& c, std::string_view note,
                       FreezeSet& event) const {
  if (c.key.empty()) return refuse(Status::key_missing);
  if (c.user == UserId{}) return refuse(Status::user_invalid);
  const EventType type = c.frozen ? EventType::wallet_frozen : EventType::wallet_unfrozen;
  const std::uint64_t fingerprint =
      Fingerprint(type).add(c.user.value).add(c.by.view()).add(note).value();
  Verdict verdict;
  if (replay(now, partition_of(c.user), c.key, fingerprint, verdict)) return verdict;
  if (const Verdict v = check_support(c.by, note); !v.accepted()) return v;
  const WalletRow* wallet = find_wallet(c.user);
  if (wallet == nullptr) return refuse(Status::wallet_unknown);
  if (wallet->frozen == c.frozen) {
    return refuse(c.frozen ? Status::already_frozen : Status::not_frozen);
  }
  event = freeze_event(type, now, c.user.value, c.key, fingerprint, c.by, note);
  return {};
}

void Ledger::apply(const FreezeSet& e) {
  std::uint64_t stored = 0;
  PartitionId partition;
  if (e.of_wallet()) {
    WalletRow* wallet = wallets_of(e.user()).find(e.user());
    HB_ASSERT(wallet != nullptr && wallet->frozen != e.freezes());
    wallet->frozen = e.freezes();
    stored = stored_of(*wallet);
    partition = partition_of(e.user());
  } else {
    PacketRow& packet = packet_row(e.packet());
    HB_ASSERT(packet.has(PacketRow::frozen) != e.freezes());
    packet.set(PacketRow::frozen, e.freezes());
    if (!e.freezes()) arrive_no_earlier(packet, e.at);
    partition = partition_of(e.packet());
  }
  remember(e.at, partition, {e.key, e.fingerprint, stored});
}

}  // namespace hb
