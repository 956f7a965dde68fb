// What `hongbao verify` says of a data directory: the books, proved from the files alone.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/base/ids.h"
#include "engine/base/units.h"

namespace hb::e2e {

struct Audit {
  int status = -1;        // of the program
  std::string complaint;  // what it wrote to standard error
  nlohmann::json report;
  std::map<UserId, Amount> balances;

  // Books that balance, or the reasons why not.
  testing::AssertionResult balanced() const;
  std::int64_t total_fen(const std::string& name) const { return report.at("totals").at(name); }
};

// Runs the real program.  A server may be running on the same files.
Audit audit(const std::string& data);

}  // namespace hb::e2e
