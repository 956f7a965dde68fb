// An audit, told: to a person, to a program, and as lists to compare with a server's answers.
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "tools/hongbao/verifier/verifier.h"

namespace hb::verifier {

// Several lines; the last says whether the books balance.
std::string to_text(const Audit& audit);

// One object: balanced, violation_count, violations (the first ones), counts, totals in fen, and
// the same figures for each shard with the state of its journal's tail.
nlohmann::ordered_json to_json(const Audit& audit);

// CSV with a header line, sorted by the first column over all shards; amounts in fen.
void write_balances(const Audit& audit, std::ostream& out);
void write_packets(const Audit& audit, std::ostream& out);
void write_transfers(const Audit& audit, std::ostream& out);
void write_payouts(const Audit& audit, std::ostream& out);
void write_cases(const Audit& audit, std::ostream& out);

}  // namespace hb::verifier
