#include "tests/e2e/support/audit.h"

#include <sstream>

#include "tests/e2e/support/process.h"

namespace hb::e2e {
namespace {

std::map<UserId, Amount> parse_balances(const std::string& csv) {
  std::map<UserId, Amount> balances;
  std::istringstream lines(csv);
  std::string header;
  std::getline(lines, header);
  std::uint64_t user = 0;
  char comma = ',';
  std::int64_t fen = 0;
  while (lines >> user >> comma >> fen) balances[UserId(user)] = Amount(fen);
  return balances;
}

}  // namespace

testing::AssertionResult Audit::balanced() const {
  if (status == 0 && report.value("balanced", false)) return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << "hongbao verify ended with " << status << ": " << report.dump(2) << complaint;
}

Audit audit(const std::string& data) {
  const TempDirectory directory;
  const std::string balances = directory / "balances.csv";
  const Finished verify = run({HB_HONGBAO, "verify", data, "--json", "--balances", balances});
  return {verify.status, verify.errors, nlohmann::json::parse(verify.output, nullptr, false),
          parse_balances(read_file(balances))};
}

}  // namespace hb::e2e
