// The offline proof of the books: reads every shard's journal, keeps the books a second time, and
// tells what does not add up.
//
//   auto audit = audit_journals(journals, {});
//   if (!audit) ...                 // the files cannot be read, see Errors
//   if (!audit->balanced()) ...     // audit->violations says what is wrong
//
// Reading changes nothing and takes no lock; a server may be running on the same files.  Then its
// newest events may be missing here, and the tail may look torn.
//
// Cost:    see Books and journal::Reader.
// Threads: one.
// Errors:  damaged, newer_format, io, as journal::Reader's; invalid when a journal is another
//          shard's.  The message starts with the journal's name.  What is wrong with the books is
//          no error: it is a Violation.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/journal/reader.h"
#include "engine/port/storage.h"
#include "tools/hongbao/verifier/books.h"
#include "tools/hongbao/verifier/violation.h"

namespace hb::verifier {

// The journal of one shard; in a row of them the index is the shard's number.
struct ShardJournal {
  std::string name;  // for messages: "data/shard-0000"
  Storage* storage = nullptr;
};

struct ShardAudit {
  std::string name;
  Books books;
  journal::Tail tail{};
};

struct Audit {
  std::unique_ptr<Violations> violations = std::make_unique<Violations>();
  std::deque<ShardAudit> shards;
  Figures total;  // of all shards

  bool balanced() const { return violations->count() == 0; }
};

// Bytes read so far, of how many, in the journal of one shard.
using Progress =
    std::function<void(ShardId shard, std::uint64_t done_bytes, std::uint64_t total_bytes)>;

enum class Writing : std::uint8_t {
  stopped,   // no server runs on the files: the journals are of one moment
  going_on,  // one does: a journal that was read later may know more than one that was read before
};

Result<Audit> audit_journals(std::span<const ShardJournal> journals, const Progress& progress,
                             Writing writing = Writing::stopped);

}  // namespace hb::verifier
