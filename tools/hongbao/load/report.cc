#include "tools/hongbao/load/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hb::load {

namespace {

using nlohmann::ordered_json;

std::string_view name_of(net::Acknowledgement level) {
  switch (level) {
    case net::Acknowledgement::memory:
      return "memory";
    case net::Acknowledgement::disk:
      return "disk";
    case net::Acknowledgement::replicated:
      return "replicated";
  }
  return "unknown";
}

// 1234567 -> "1,234,567"
std::string grouped(double number) {
  std::string digits = fmt::format("{:.0f}", number);
  for (std::ptrdiff_t at = std::ssize(digits) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

std::string in_words(double us) {
  if (us < 1'000) return fmt::format("{:.0f} us", us);
  if (us < 1'000'000) return fmt::format("{:.2f} ms", us / 1e3);
  return fmt::format("{:.2f} s", us / 1e6);
}

double rounded(double value, double steps) {
  return std::round(value * steps) / steps;
}

ordered_json settings_json(const LoadReport& report) {
  const LoadOptions& o = report.options;
  return {{"connections", o.connections},
          {"threads", o.threads},
          {"window", o.window},
          {"batch", o.batch},
          {"loop", o.rate > 0 ? "open" : "closed"},
          {"rate", o.rate},
          {"warm_up_s", static_cast<double>(o.warm_up.us()) / 1e6},
          {"asked_duration_s", static_cast<double>(o.duration.us()) / 1e6},
          {"seed", o.seed},
          {"packets", o.packets},
          {"shares", o.share_count},
          {"users", o.users},
          {"senders", o.senders}};
}

ordered_json latency_json(const LatencyHistogram& latency) {
  const auto at = [&](double quantile) { return rounded(latency.percentile_us(quantile), 10); };
  return {{"p50", at(0.5)},
          {"p90", at(0.9)},
          {"p99", at(0.99)},
          {"p999", at(0.999)},
          {"max", rounded(latency.max_us(), 10)}};
}

ordered_json audit_json(const LoadReport& report) {
  ordered_json json{{"ok", report.books_are_right()}};
  if (report.audit) {
    json["checked_packets"] = report.audit->checked_packets;
    json["checked_wallets"] = report.audit->checked_wallets;
    json["violation_count"] = report.audit->violation_count;
    json["violations"] = report.audit->violations;
  }
  if (report.audit_failure) json["failure"] = *report.audit_failure;
  if (!report.journal.is_null()) json["journal"] = report.journal;
  return json;
}

ordered_json storm_json(const StormReport& storm) {
  ordered_json json{{"packets", storm.packets},
                    {"first_expiry_s", rounded(storm.first_expiry_s, 1e3)},
                    {"last_expiry_s", rounded(storm.last_expiry_s, 1e3)},
                    {"drained_s", nullptr},
                    {"latency_before_us", latency_json(storm.latency_before)},
                    {"latency_while_expiring_us", latency_json(storm.latency_while_expiring)}};
  if (storm.drained_s) json["drained_s"] = rounded(*storm.drained_s, 1e3);
  return json;
}

std::string latency_text(const LatencyHistogram& latency) {
  return fmt::format("p50 {}, p90 {}, p99 {}, p99.9 {}, max {}",
                     in_words(latency.percentile_us(0.5)), in_words(latency.percentile_us(0.9)),
                     in_words(latency.percentile_us(0.99)), in_words(latency.percentile_us(0.999)),
                     in_words(latency.max_us()));
}

std::string storm_text(const StormReport& storm) {
  std::string text = fmt::format("expiry storm        {} packets expired from {:.1f} s to {:.1f} s",
                                 grouped(static_cast<double>(storm.packets)), storm.first_expiry_s,
                                 storm.last_expiry_s);
  text += storm.drained_s ? fmt::format("; all refunds were booked {:.1f} s after the last\n",
                                        *storm.drained_s - storm.last_expiry_s)
                          : ", and their refunds were not all booked by the end\n";
  const auto add = [&](std::string_view when, const LatencyHistogram& latency) {
    if (latency.count() > 0) text += fmt::format("  {:<18}{}\n", when, latency_text(latency));
  };
  add("before", storm.latency_before);
  add("while they expire", storm.latency_while_expiring);
  return text;
}

std::string audit_text(const LoadReport& report) {
  if (!report.audit) {
    return fmt::format("audit               not made: {}\n",
                       report.audit_failure.value_or("no server"));
  }
  const AuditReport& audit = *report.audit;
  std::string text =
      fmt::format("audit               {}: {} packets and {} wallets compared with the answers\n",
                  audit.ok() ? "ok" : "FAILED", audit.checked_packets, audit.checked_wallets);
  for (const std::string& violation : audit.violations)
    text += std::string(20, ' ') + violation + "\n";
  if (audit.violation_count > audit.violations.size()) {
    text += fmt::format("{:20}and {} more\n", "", audit.violation_count - audit.violations.size());
  }
  if (report.audit_failure) {
    text += fmt::format("{:<20}not made: {}\n", "journal", *report.audit_failure);
  } else if (!report.journal.is_null()) {
    text += fmt::format("journal             {}\n",
                        report.journal_balanced ? "balanced" : "NOT BALANCED");
  }
  return text;
}

std::string heading(const LoadReport& report) {
  const LoadOptions& o = report.options;
  return fmt::format("{}, {} connections, window {}, batch {}, {}; answers mean: {}\n",
                     name(o.workload), o.connections, o.window, o.batch,
                     o.rate > 0 ? fmt::format("open loop at {}/s", grouped(o.rate)) : "closed loop",
                     name_of(report.server.acknowledgement));
}

}  // namespace

Second second_of(const Tally& tally, double duration_s) {
  return {static_cast<double>(tally.answered()) / duration_s,
          static_cast<double>(tally.accepted()) / duration_s, tally.latency.percentile_us(0.5),
          tally.latency.percentile_us(0.99), tally.errors};
}

std::string_view name(Ending ending) {
  switch (ending) {
    case Ending::time_over:
      return "time_over";
    case Ending::packets_used_up:
      return "packets_used_up";
    case Ending::interrupted:
      return "interrupted";
    case Ending::server_gone:
      return "server_gone";
  }
  return "unknown";
}

std::vector<std::pair<std::string, std::uint64_t>> outcome_list(const Tally& tally) {
  std::vector<std::pair<std::string, std::uint64_t>> list;
  for (std::size_t i = 0; i < tally.outcomes.size(); ++i) {
    if (tally.outcomes[i] == 0) continue;
    list.emplace_back(hb::name(static_cast<Status>(i)), tally.outcomes[i]);
  }
  std::ranges::stable_sort(list, [](const auto& a, const auto& b) { return a.second > b.second; });
  return list;
}

std::string progress_line(std::size_t second, const Second& figures) {
  return fmt::format("{:>4} s {:>12}/s  accepted {:>12}/s  p50 {:>9}  p99 {:>9}  errors {}\n",
                     second, grouped(figures.per_second), grouped(figures.accepted_per_second),
                     in_words(figures.p50_us), in_words(figures.p99_us), figures.errors);
}

std::string to_text(const LoadReport& report) {
  const LatencyHistogram& latency = report.tally.latency;
  const double answered = static_cast<double>(report.tally.answered());
  const double accepted = static_cast<double>(report.tally.accepted());
  const double seconds = std::max(report.duration_s, 1e-9);
  std::string text = "\n" + heading(report);
  text += fmt::format("throughput          {}/s over {:.2f} s, accepted {}/s\n",
                      grouped(answered / seconds), report.duration_s, grouped(accepted / seconds));
  text += fmt::format("latency             {}\n", latency_text(latency));
  for (const auto& [status, count] : outcome_list(report.tally)) {
    text += fmt::format("{:<20}{} ({:.2f} %)\n", status, grouped(static_cast<double>(count)),
                        100 * static_cast<double>(count) / std::max(answered, 1.0));
  }
  text += fmt::format("errors              {} without an answer, {} connections broke\n",
                      report.tally.errors, report.broken_connections);
  text += fmt::format("generator           {:.2f} cores\n", report.generator_cores);
  if (report.storm) text += storm_text(*report.storm);
  text += audit_text(report);
  if (report.ending == Ending::packets_used_up) {
    text += "The packets were used up before the time was over; --packets gives more.\n";
  } else if (report.ending != Ending::time_over) {
    text += fmt::format("Ended early: {}.\n",
                        report.ending == Ending::interrupted ? "interrupted" : report.failure);
  }
  return text;
}

ordered_json to_json(const LoadReport& report) {
  const double seconds = std::max(report.duration_s, 1e-9);
  ordered_json json{
      {"workload", name(report.options.workload)},
      {"per_second", std::llround(static_cast<double>(report.tally.answered()) / seconds)},
      {"accepted_per_second", std::llround(static_cast<double>(report.tally.accepted()) / seconds)},
      {"latency_us", latency_json(report.tally.latency)},
      {"outcomes", ordered_json::object()},
      {"errors", report.tally.errors},
      {"duration_s", rounded(report.duration_s, 1e3)},
      {"audit", audit_json(report)},
      {"ended", name(report.ending)},
      {"acknowledgement", name_of(report.server.acknowledgement)},
      {"server_version", report.server.server_version},
      {"shards", report.server.shards},
      {"settings", settings_json(report)},
      {"broken_connections", report.broken_connections},
      {"generator_cores", rounded(report.generator_cores, 100)},
      {"seconds", ordered_json::array()}};
  for (const auto& [status, count] : outcome_list(report.tally)) json["outcomes"][status] = count;
  for (const Second& second : report.seconds) {
    json["seconds"].push_back({{"per_second", std::llround(second.per_second)},
                               {"accepted_per_second", std::llround(second.accepted_per_second)},
                               {"p50_us", rounded(second.p50_us, 10)},
                               {"p99_us", rounded(second.p99_us, 10)},
                               {"errors", second.errors}});
  }
  if (report.storm) json["expiry"] = storm_json(*report.storm);
  if (!report.failure.empty()) json["failure"] = report.failure;
  return json;
}

}  // namespace hb::load
