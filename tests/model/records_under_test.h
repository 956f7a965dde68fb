// The archive of an engine under test, and its records beside the model's.
//
// The archive lives in a directory of its own, is opened anew each time, and goes on where it was,
// from the journals alone.  Lists are asked for in pages of random sizes and compared entry by
// entry.  Within a list the order is that of time; what happened at one instant in several shards
// comes in the order of the shards (engine/archive/keys.h), so there is one right order.
//
// Threads: none of its own.
// Errors:  an archive that cannot be opened, written or read fails an assertion.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/archive/archive.h"
#include "engine/archive/queries.h"
#include "tests/model/dice.h"
#include "tests/model/engine_under_test.h"
#include "tests/model/ledger_model.h"
#include "tests/support/temp_directory.h"

namespace hb::model {

class RecordsUnderTest {
 public:
  // `engine` outlives it.
  RecordsUnderTest(EngineUnderTest& engine, std::uint64_t seed) : engine_(&engine), dice_(seed) {}

  // Opens the archive anew and indexes all that the journals hold.
  void catch_up();

  // The first difference between what archive and model tell of the user.
  // REQUIRES: the archive has caught up with what the model knows.
  std::optional<std::string> difference(UserId user, const LedgerModel& model);

 private:
  std::vector<Sequence> durable() const;
  void index();
  template <class Page, class Query, class Entry>
  std::optional<std::string> list(Query query, std::vector<Entry> Page::*entries,
                                  std::vector<Entry>& all);

  EngineUnderTest* engine_;
  Dice dice_;
  test::TempDirectory directory_;
  std::unique_ptr<archive::Archive> archive_;
};

}  // namespace hb::model
