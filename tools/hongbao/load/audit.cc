#include "tools/hongbao/load/audit.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

namespace hb::load {

namespace {

constexpr std::size_t checked_max = 1'000;  // of each kind
constexpr std::size_t violations_max = 10;
constexpr int wallet_rounds_max = 50;
constexpr std::int64_t wallet_round_ns = 100'000'000;

using PacketReceipts = std::map<std::uint64_t, std::vector<ClaimReceipt>>;
using WalletExpectations = std::vector<std::pair<UserId, Expected>>;

// At most checked_max of them, evenly.
template <class T>
void thin_out(std::vector<T>& all) {
  if (all.size() <= checked_max) return;
  for (std::size_t i = 0; i < checked_max; ++i) all[i] = all[i * all.size() / checked_max];
  all.resize(checked_max);
}

std::optional<std::string> fault_in_sums(const net::PacketDetail& packet) {
  Amount claimed;
  std::set<std::uint64_t> users;
  for (const PacketClaim& claim : packet.claims) {
    claimed += claim.amount;
    if (!users.insert(claim.user.value).second) {
      return fmt::format("user {} has two shares", claim.user.value);
    }
  }
  const PacketSummary& p = packet.packet;
  if (p.claimed_count != packet.claims.size()) {
    return fmt::format("it counts {} claims and lists {}", p.claimed_count, packet.claims.size());
  }
  if (packet.claims.size() > p.share_count) return std::string("more claims than shares");
  if (claimed + p.remaining + p.refunded != p.total) {
    return fmt::format("claims of {} fen, a rest of {} and a refund of {} are not its total of {}",
                       claimed.fen(), p.remaining.fen(), p.refunded.fen(), p.total.fen());
  }
  return std::nullopt;
}

std::optional<std::string> fault_in_send(const PacketSummary& packet, const SendReceipt& sent) {
  if (packet.sender == sent.sender && packet.total == sent.total &&
      packet.share_count == sent.share_count) {
    return std::nullopt;
  }
  return fmt::format("it shows {} shares, {} fen, sender {}; sent were {}, {}, {}",
                     packet.share_count, packet.total.fen(), packet.sender.value, sent.share_count,
                     sent.total.fen(), sent.sender.value);
}

bool shows(const net::PacketDetail& packet, const ClaimReceipt& told) {
  if (told.share_index >= packet.claims.size()) return false;
  const PacketClaim& claim = packet.claims[told.share_index];
  return claim.user == told.claim.user && claim.amount == Amount(told.amount_fen);
}

std::optional<std::string> fault_in_claims(const net::PacketDetail& packet,
                                           std::span<const ClaimReceipt> told) {
  std::set<std::uint64_t> known;  // users who may be there
  std::uint64_t won = 0;
  for (const ClaimReceipt& receipt : told) {
    known.insert(receipt.claim.user.value);
    if (receipt.lost) continue;
    won += receipt.status == Status::ok ? 1 : 0;
    if (!shows(packet, receipt)) {
      return fmt::format("it does not show the share {} of {} fen that user {} was told",
                         receipt.share_index, receipt.amount_fen, receipt.claim.user.value);
    }
  }
  for (const PacketClaim& claim : packet.claims) {
    if (!known.contains(claim.user.value)) {
      return fmt::format("it shows a share of user {}, who was told of none", claim.user.value);
    }
  }
  if (won > packet.claims.size()) {
    return fmt::format("{} claims were told to win, it shows {}", won, packet.claims.size());
  }
  return std::nullopt;
}

std::string in_packet(PacketId packet, const std::string& fault) {
  return fmt::format("packet {}: {}", packet.value, fault);
}

}  // namespace

void AuditReport::add(std::string violation) {
  ++violation_count;
  if (violations.size() < violations_max) violations.push_back(std::move(violation));
}

std::optional<std::string> fault_of_packet(const net::PacketDetail& packet,
                                           std::span<const ClaimReceipt> told,
                                           const SendReceipt* sent) {
  auto fault = fault_in_sums(packet);
  if (!fault && sent != nullptr) fault = fault_in_send(packet.packet, *sent);
  if (!fault) fault = fault_in_claims(packet, told);
  if (fault) fault = in_packet(packet.packet.packet, *fault);
  return fault;
}

std::optional<std::string> fault_of_wallet(UserId user, std::int64_t balance, Expected expected) {
  if (balance >= expected.least && balance <= expected.most) return std::nullopt;
  const std::string should = expected.least == expected.most
                                 ? fmt::format("{}", expected.least)
                                 : fmt::format("{} to {}", expected.least, expected.most);
  return fmt::format("wallet {}: it holds {} fen and should hold {}", user.value, balance, should);
}

Expected expected_of_user(std::span<const ClaimReceipt> won) {
  Expected expected;
  for (const ClaimReceipt& receipt : won) {
    if (receipt.lost) {
      expected.most += limits::share_amount_max;
    } else if (receipt.status == Status::ok) {
      expected.least += receipt.amount_fen;
      expected.most += receipt.amount_fen;
    }
  }
  return expected;
}

Expected expected_of_sender(std::int64_t deposited_fen, const Spending& spending,
                            std::int64_t refundable_fen) {
  const std::int64_t rest = deposited_fen - spending.sent;
  return {rest - spending.in_doubt, rest + refundable_fen};
}

namespace {

// ---- looking
// --------------------------------------------------------------------------------------

PacketReceipts receipts_by_packet(const Receipts& receipts) {
  PacketReceipts by_packet;
  for (const SendReceipt& sent : receipts.sends()) by_packet[sent.packet.value];
  for (const ClaimReceipt& receipt : receipts.claims()) {
    if (!sampled(receipt.claim.packet.value, receipts.level())) continue;
    by_packet[receipt.claim.packet.value].push_back(receipt);
  }
  return by_packet;
}

WalletExpectations expected_users(const Receipts& receipts) {
  std::map<std::uint64_t, std::vector<ClaimReceipt>> by_user;
  for (const ClaimReceipt& receipt : receipts.claims()) {
    if (!sampled(receipt.claim.user.value, receipts.level())) continue;
    by_user[receipt.claim.user.value].push_back(receipt);
  }
  WalletExpectations expected;
  for (const auto& [user, won] : by_user) {
    const Expected holds = expected_of_user(won);
    // Who won nothing may have no wallet.
    if (holds.least > 0) expected.emplace_back(UserId(user), holds);
  }
  thin_out(expected);
  return expected;
}

WalletExpectations expected_senders(const Scene& scene, const Receipts& receipts,
                                    const Refunds& refunds) {
  WalletExpectations expected;
  for (std::uint32_t i = 0; i < scene.sender_count(); ++i) {
    const Spending& spending = receipts.spendings()[i];
    const bool refunded = i - refunds.first_sender < refunds.sender_count;
    Expected holds =
        expected_of_sender(scene.deposited.fen(), spending, refunded ? spending.sent : 0);
    if (refunded && refunds.complete) holds.least = holds.most;
    expected.emplace_back(scene.sender(i), holds);
  }
  thin_out(expected);
  return expected;
}

class Auditor {
 public:
  Auditor(Stage& stage, const Scene& scene) : stage_(stage), none_(scene.sender(0), 0) {}

  Result<void> check_packets(const Receipts& receipts, AuditReport& report);
  Result<void> check_wallets(WalletExpectations expected, AuditReport& report);

 private:
  // Those that are not (yet) as expected, with what is wrong.
  Result<std::vector<std::string>> look_at_wallets(WalletExpectations& expected);

  Stage& stage_;
  Receipts none_;
};

Result<void> Auditor::check_packets(const Receipts& receipts, AuditReport& report) {
  const PacketReceipts by_packet = receipts_by_packet(receipts);
  std::map<std::uint64_t, const SendReceipt*> sends;
  for (const SendReceipt& sent : receipts.sends()) sends[sent.packet.value] = &sent;
  std::vector<std::uint64_t> packets;
  for (const auto& [packet, told] : by_packet) packets.push_back(packet);
  thin_out(packets);

  Series series(
      packets.size(),
      [&](std::uint64_t i, Job& job) {
        job.kind = Job::Kind::show_packet;
        job.claim({PacketId(packets[i]), {}});
      },
      [&](const Job& job, const net::Response& response) {
        const std::uint64_t id = job.claims.front().packet.value;
        const auto sent = sends.find(id);
        auto fault = fault_of_packet(std::get<net::PacketDetail>(response.answer), by_packet.at(id),
                                     sent == sends.end() ? nullptr : sent->second);
        if (fault) report.add(std::move(*fault));
      });
  if (auto outcome = stage_.carry_out(series, none_); !outcome) return outcome;
  report.checked_packets += packets.size();
  return {};
}

Result<std::vector<std::string>> Auditor::look_at_wallets(WalletExpectations& expected) {
  std::map<std::uint64_t, Expected> by_user;
  for (const auto& [user, holds] : expected) by_user[user.value] = holds;
  WalletExpectations wrong;
  std::vector<std::string> faults;
  Series series(
      expected.size(),
      [&](std::uint64_t i, Job& job) {
        job.kind = Job::Kind::show_wallet;
        job.user = expected[i].first;
      },
      [&](const Job& job, const net::Response& response) {
        const auto& wallet = std::get<WalletAnswer>(response.answer);
        const Expected holds = by_user.at(job.user.value);
        auto fault = fault_of_wallet(job.user, wallet.balance.fen(), holds);
        if (!fault) return;
        wrong.emplace_back(job.user, holds);
        faults.push_back(std::move(*fault));
      });
  if (auto outcome = stage_.carry_out(series, none_); !outcome) return fail(outcome.error());
  expected = std::move(wrong);
  return faults;
}

Result<void> Auditor::check_wallets(WalletExpectations expected, AuditReport& report) {
  report.checked_wallets += expected.size();
  for (int round = 1;; ++round) {
    auto faults = look_at_wallets(expected);
    if (!faults) return fail(faults.error());
    if (faults->empty()) return {};
    if (round == wallet_rounds_max) {
      for (std::string& fault : *faults) report.add(std::move(fault));
      return {};
    }
    const timespec pause{0, wallet_round_ns};
    nanosleep(&pause, nullptr);
  }
}

}  // namespace

Result<AuditReport> run_audit(Stage& stage, const Scene& scene, const Receipts& receipts,
                              const Refunds& refunds) {
  AuditReport report;
  Auditor auditor(stage, scene);
  if (auto outcome = auditor.check_packets(receipts, report); !outcome) {
    return fail(outcome.error());
  }
  for (WalletExpectations& wallets :
       std::array{expected_users(receipts), expected_senders(scene, receipts, refunds)}) {
    if (auto outcome = auditor.check_wallets(std::move(wallets), report); !outcome) {
      return fail(outcome.error());
    }
  }
  return report;
}

}  // namespace hb::load
