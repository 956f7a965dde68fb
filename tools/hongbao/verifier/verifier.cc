#include "tools/hongbao/verifier/verifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/base/text.h"
#include "tools/hongbao/text/event_text.h"

namespace hb::verifier {

namespace {

Result<void> read_journal(Storage& storage, const journal::Progress& progress, ShardAudit& shard) {
  auto reader = journal::Reader::open(
      storage, {.identity = shard.books.identity(), .first_segment = 1, .progress = progress});
  if (!reader) return fail(std::move(reader.error()));
  for (;;) {
    auto block = reader->next();
    if (!block) return fail(std::move(block.error()));
    if (!block->has_value()) break;
    for (const journal::Record record : **block) {
      auto booked = shard.books.record(record, (*block)->position_of(record));
      if (!booked) return booked;
    }
  }
  shard.tail = reader->tail();
  return {};
}

Result<void> audit_journal(const ShardJournal& journal, const Progress& progress,
                           ShardAudit& shard) {
  journal::Progress shard_progress;
  if (progress) {
    shard_progress = [&](std::uint64_t done, std::uint64_t total) {
      progress(shard.books.identity().shard, done, total);
    };
  }
  auto read = read_journal(*journal.storage, shard_progress, shard);
  if (!read) return fail(in_directory(journal.name, read.error()));
  shard.books.close();
  return {};
}

void extend_span(Figures& total, const Figures& shard) {
  if (shard.events == 0) return;
  total.first_at = total.events == 0 ? shard.first_at : std::min(total.first_at, shard.first_at);
  total.last_at = std::max(total.last_at, shard.last_at);
}

// False when a sum passes what can be counted.
bool add(Figures& total, const Figures& shard) {
  static constexpr std::uint64_t Figures::*counts[] = {
      &Figures::events,           &Figures::wallets,          &Figures::packets_open,
      &Figures::packets_sold_out, &Figures::packets_refunded, &Figures::claims};
  static constexpr std::int64_t Figures::*sums[] = {
      &Figures::deposits_fen, &Figures::withdrawals_fen,  &Figures::wallets_fen,
      &Figures::packets_fen,  &Figures::sent_fen,         &Figures::claimed_fen,
      &Figures::refunded_fen, &Figures::credits_sent_fen, &Figures::credits_received_fen};
  extend_span(total, shard);
  for (const auto count : counts) total.*count += shard.*count;
  bool fits = true;
  for (const auto sum : sums) {
    fits = !__builtin_add_overflow(total.*sum, shard.*sum, &(total.*sum)) && fits;
  }
  return fits;
}

// What `to` received from `from` must be, in order, what `from` sent to it; and what `from` was
// told has arrived must have.
void compare_credits(const Books& from, const Books& to, Writing writing, Violations& violations) {
  static const CreditHistory nothing;
  const auto history = [](const Books& of, const Books& with) -> const CreditHistory& {
    const auto it = of.credits().find(with.identity().shard);
    return it == of.credits().end() ? nothing : it->second;
  };
  const std::vector<CreditRecord>& sent = history(from, to).sent;
  const std::vector<CreditRecord>& received = history(to, from).received;
  const Sequence acknowledged = history(from, to).acknowledged;
  for (std::size_t i = 0; i < received.size(); ++i) {
    const CreditRecord& r = received[i];
    if (writing == Writing::going_on && r.sequence > from.last_sequence()) break;
    if (i < sent.size() && sent[i].sequence == r.sequence && sent[i].user == r.user &&
        sent[i].fen == r.fen) {
      continue;
    }
    violations.add(
        {Rule::credit_unknown, r.place,
         fmt::format("{} fen for user {} from event {} of shard {}, which did not send "
                     "that next",
                     r.fen, r.user.value, r.sequence.value, from.identity().shard.value)});
    return;  // what follows is shifted
  }
  if (writing == Writing::stopped && received.size() < sent.size() &&
      sent[received.size()].sequence <= acknowledged) {
    const CreditRecord& lost = sent[received.size()];
    violations.add({Rule::credit_not_arrived, lost.place,
                    fmt::format("{} fen for user {} never arrived at shard {}, which is said to "
                                "have them",
                                lost.fen, lost.user.value, to.identity().shard.value)});
  }
}

void close(Audit& audit, Writing writing) {
  for (const ShardAudit& from : audit.shards) {
    for (const ShardAudit& to : audit.shards) {
      compare_credits(from.books, to.books, writing, *audit.violations);
    }
  }
  bool fits = true;
  for (const ShardAudit& shard : audit.shards) {
    fits = add(audit.total, shard.books.figures()) && fits;
  }
  if (!fits) {
    audit.violations->add({Rule::sum_overflow, {}, "more fen in all shards than can be counted"});
  }
  if (audit.shards.size() == 1 || audit.total.conserved()) return;
  const auto yuan = [](std::int64_t fen) { return format_amount(Amount(fen)); };
  audit.violations->add(
      {Rule::books_not_conserved,
       {},
       fmt::format("over all shards, deposits {} are not wallets {} + packets {} + in flight {} + "
                   "withdrawals {}",
                   yuan(audit.total.deposits_fen), yuan(audit.total.wallets_fen),
                   yuan(audit.total.packets_fen), yuan(audit.total.in_flight_fen()),
                   yuan(audit.total.withdrawals_fen))});
}

}  // namespace

Result<Audit> audit_journals(std::span<const ShardJournal> journals, const Progress& progress,
                             Writing writing) {
  Audit audit;
  const auto shard_count = static_cast<std::uint16_t>(journals.size());
  for (std::uint16_t i = 0; i < shard_count; ++i) {
    const journal::Identity identity{ShardId(i), shard_count};
    ShardAudit& shard = audit.shards.emplace_back(
        ShardAudit{.name = journals[i].name, .books = Books(identity, *audit.violations)});
    auto audited = audit_journal(journals[i], progress, shard);
    if (!audited) return fail(std::move(audited.error()));
  }
  close(audit, writing);
  return audit;
}

}  // namespace hb::verifier
