// What a run gave: as a line a second while it runs, as a table, as JSON.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "net/wire/messages.h"
#include "tools/hongbao/load/audit.h"
#include "tools/hongbao/load/options.h"
#include "tools/hongbao/load/tally.h"

namespace hb::load {

// One second of the run, or what was left of it.
struct Second {
  double per_second = 0;
  double accepted_per_second = 0;
  double p50_us = 0;
  double p99_us = 0;
  std::uint64_t errors = 0;
};

// `duration_s` is 1 but for the last.
Second second_of(const Tally& tally, double duration_s);

// Why a run ended.
enum class Ending : std::uint8_t { time_over, packets_used_up, interrupted, server_gone };
std::string_view name(Ending ending);

struct StormReport {
  std::uint64_t packets = 0;
  double first_expiry_s = 0;  // in the run's time
  double last_expiry_s = 0;
  std::optional<double> drained_s{};
  // Of whole seconds: those before the first expiry, and those from it to the last.
  LatencyHistogram latency_before{};
  LatencyHistogram latency_while_expiring{};
};

struct LoadReport {
  LoadOptions options{};  // as they were used
  net::Welcome server{};
  Ending ending = Ending::time_over;
  std::string failure;  // in words, with server_gone
  double duration_s = 0;
  double generator_cores = 0;  // CPU seconds of this process for each second of the run
  std::uint64_t broken_connections = 0;
  Tally tally;
  std::vector<Second> seconds;
  std::optional<StormReport> storm{};
  std::optional<AuditReport> audit{};          // nothing: it could not be made
  std::optional<std::string> audit_failure{};  // why it, or the journal's proof, is missing
  nlohmann::ordered_json journal;              // the off-line proof of the books, where asked for
  bool journal_balanced = true;

  bool books_are_right() const {
    return audit && audit->ok() && journal_balanced && !audit_failure;
  }
};

std::string progress_line(std::size_t second, const Second& figures);
std::string to_text(const LoadReport& report);
nlohmann::ordered_json to_json(const LoadReport& report);

// "ok", "sold_out", ... with their counts, those that occurred, most frequent first.
std::vector<std::pair<std::string, std::uint64_t>> outcome_list(const Tally& tally);

}  // namespace hb::load
