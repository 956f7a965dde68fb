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
      &Figures::deposits_fen, &Figures::withdrawals_fen, &Figures::wallets_fen,
      &Figures::packets_fen,  &Figures::sent_fen,        &Figures::claimed_fen,
      &Figures::refunded_fen};
  extend_span(total, shard);
  for (const auto count : counts) total.*count += shard.*count;
  bool fits = true;
  for (const auto sum : sums) {
    fits = !__builtin_add_overflow(total.*sum, shard.*sum, &(total.*sum)) && fits;
  }
  return fits;
}

void close(Audit& audit) {
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
       fmt::format("over all shards, deposits {} are not wallets {} + packets {} + withdrawals {}",
                   yuan(audit.total.deposits_fen), yuan(audit.total.wallets_fen),
                   yuan(audit.total.packets_fen), yuan(audit.total.withdrawals_fen))});
}

}  // namespace

Result<Audit> audit_journals(std::span<const ShardJournal> journals, const Progress& progress) {
  Audit audit;
  const auto shard_count = static_cast<std::uint16_t>(journals.size());
  for (std::uint16_t i = 0; i < shard_count; ++i) {
    const journal::Identity identity{ShardId(i), shard_count};
    ShardAudit& shard = audit.shards.emplace_back(
        ShardAudit{.name = journals[i].name, .books = Books(identity, *audit.violations)});
    auto audited = audit_journal(journals[i], progress, shard);
    if (!audited) return fail(std::move(audited.error()));
  }
  close(audit);
  return audit;
}

}  // namespace hb::verifier
