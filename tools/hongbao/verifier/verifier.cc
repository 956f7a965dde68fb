#include "tools/hongbao/verifier/verifier.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

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

const MessageHistory& history(const Books& of, const Books& with) {
  static const MessageHistory nothing;
  const auto it = of.messages().find(with.identity().shard);
  return it == of.messages().end() ? nothing : it->second;
}

// What `to` received from `from` must be, in order, what `from` sent to it; and what `from` was
// told has arrived must have.
void compare_messages(const Books& from, const Books& to, Writing writing, Violations& violations) {
  const std::vector<Message>& sent = history(from, to).sent;
  const std::vector<Message>& received = history(to, from).received;
  for (std::size_t i = 0; i < received.size(); ++i) {
    const Message& r = received[i];
    if (writing == Writing::going_on && r.sequence > from.last_sequence()) break;
    if (i < sent.size() && same(sent[i], r)) continue;
    violations.add({Rule::message_unknown, r.place,
                    fmt::format("{} of shard {}, which did not send that next", to_text(r),
                                from.identity().shard.value)});
    return;  // what follows is shifted
  }
  if (writing == Writing::stopped && received.size() < sent.size() &&
      sent[received.size()].sequence <= history(from, to).acknowledged) {
    const Message& lost = sent[received.size()];
    violations.add({Rule::message_not_arrived, lost.place,
                    fmt::format("{} never arrived at shard {}, which is said to have it",
                                to_text(lost), to.identity().shard.value)});
  }
}

// One payment counts once, whatever shards it was used on.
void compare_references(const Audit& audit) {
  Books::ReferenceUses all;
  for (const ShardAudit& shard : audit.shards) {
    for (const auto& [name, place] : shard.books.reference_uses()) {
      const auto [first, is_new] = all.emplace(name, place);
      if (is_new) continue;
      audit.violations->add({Rule::reference_used_twice, place,
                             fmt::format("event {} of shard {} uses the same reference",
                                         first->second.sequence.value, first->second.shard.value)});
    }
  }
}

void close(Audit& audit, Writing writing) {
  compare_references(audit);
  for (const ShardAudit& from : audit.shards) {
    for (const ShardAudit& to : audit.shards) {
      compare_messages(from.books, to.books, writing, *audit.violations);
    }
  }
  for (const ShardAudit& shard : audit.shards) audit.total.add(shard.books.figures());
  if (audit.shards.size() == 1 || audit.total.conserved()) return;
  audit.violations->add(
      {Rule::books_not_conserved, {}, "over all shards, " + audit.total.unbalanced()});
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
