#include "tools/hongbao/load/report.h"

#include <gtest/gtest.h>

#include "tools/hongbao/load/html.h"

namespace hb::load {
namespace {

// 2 s, 900 claims won and 100 sold out, of 1 ms each.
LoadReport report_of_a_run() {
  LoadReport report;
  report.options = *settle({});
  report.server.server_version = "0.1<2>";
  report.duration_s = 2;
  report.tally.outcomes[static_cast<std::size_t>(Status::ok)] = 900;
  report.tally.outcomes[static_cast<std::size_t>(Status::sold_out)] = 100;
  report.tally.latency.add(1'000'000, 1'000);
  report.seconds = {{500, 450, 1'000, 1'000, 0}, {500, 450, 1'000, 1'000, 0}};
  report.audit.emplace();
  report.audit->checked_packets = 3;
  report.audit->checked_wallets = 4;
  return report;
}

TEST(LoadReport, HasThePromisedKeysInItsJson) {
  const auto json = to_json(report_of_a_run());
  EXPECT_EQ(json["workload"], "claim");
  EXPECT_EQ(json["per_second"], 500);
  EXPECT_EQ(json["accepted_per_second"], 450);
  for (const char* key : {"p50", "p90", "p99", "p999", "max"}) {
    EXPECT_EQ(json["latency_us"][key], 1'000.0) << key;
  }
  EXPECT_EQ(json["outcomes"].dump(), R"({"ok":900,"sold_out":100})");
  EXPECT_EQ(json["errors"], 0);
  EXPECT_EQ(json["duration_s"], 2.0);
  EXPECT_EQ(json["audit"]["ok"], true);
  EXPECT_EQ(json["audit"]["checked_packets"], 3);
  EXPECT_EQ(json["audit"]["checked_wallets"], 4);
  EXPECT_EQ(json["acknowledgement"], "disk");
  EXPECT_EQ(json["settings"]["loop"], "closed");
  EXPECT_EQ(json["seconds"].size(), 2U);
}

TEST(LoadReport, SaysWhatTheAuditFound) {
  LoadReport report = report_of_a_run();
  report.audit->add("packet 7: user 1 has two shares");
  EXPECT_FALSE(report.books_are_right());
  EXPECT_EQ(to_json(report)["audit"]["ok"], false);
  EXPECT_EQ(to_json(report)["audit"]["violations"][0], "packet 7: user 1 has two shares");
  EXPECT_NE(to_text(report).find("FAILED"), std::string::npos);
  EXPECT_NE(to_text(report).find("user 1 has two shares"), std::string::npos);
  EXPECT_NE(to_html(report).find("user 1 has two shares"), std::string::npos);
}

TEST(LoadReport, IsNotRightWithoutAnAudit) {
  const LoadReport report;
  EXPECT_FALSE(report.books_are_right());
  EXPECT_EQ(to_json(report)["audit"]["ok"], false);
}

TEST(LoadReport, ListsTheFirstViolationsAndCountsAll) {
  AuditReport audit;
  for (int i = 0; i < 100; ++i) audit.add("wrong");
  EXPECT_EQ(audit.violation_count, 100U);
  EXPECT_EQ(audit.violations.size(), 10U);
}

TEST(LoadReport, TellsWhenTheStormsRefundsWereBooked) {
  LoadReport report = report_of_a_run();
  report.storm.emplace();
  report.storm->last_expiry_s = 3;
  report.storm->drained_s = 3.5;
  EXPECT_EQ(to_json(report)["expiry"]["drained_s"], 3.5);
  EXPECT_NE(to_text(report).find("booked 0.5 s after the last"), std::string::npos);
  report.storm->drained_s.reset();
  EXPECT_TRUE(to_json(report)["expiry"]["drained_s"].is_null());
}

TEST(LoadReport, TellsTheStormsLatencyApartFromThatBefore) {
  LoadReport report = report_of_a_run();
  report.storm.emplace();
  report.storm->latency_before.add(1'000'000, 10);
  EXPECT_EQ(to_text(report).find("while they expire"), std::string::npos);
  report.storm->latency_while_expiring.add(2'000'000, 10);
  const auto json = to_json(report)["expiry"];
  EXPECT_NEAR(json["latency_before_us"]["p99"].get<double>(), 1'000, 8);
  EXPECT_NEAR(json["latency_while_expiring_us"]["p99"].get<double>(), 2'000, 16);
  EXPECT_NE(to_text(report).find("while they expire"), std::string::npos);
}

TEST(LoadReport, IsAPageOfItsOwnWithThreePictures) {
  const std::string page = to_html(report_of_a_run());
  std::size_t pictures = 0;
  for (std::size_t at = page.find("<svg"); at != page.npos; at = page.find("<svg", at + 1)) {
    ++pictures;
  }
  EXPECT_EQ(pictures, 3U);
  EXPECT_EQ(page.find("http"), page.npos);
  EXPECT_EQ(page.find("nan"), page.npos);
  EXPECT_NE(page.find("0.1&lt;2&gt;"), page.npos);
}

TEST(LoadReport, OfARunWithoutAnswersIsStillWhole) {
  LoadReport report;
  report.options = *settle({});
  report.ending = Ending::server_gone;
  report.failure = "the server is gone";
  EXPECT_EQ(to_json(report)["per_second"], 0);
  EXPECT_NE(to_text(report).find("Ended early: the server is gone"), std::string::npos);
  EXPECT_NE(to_html(report).find("No answers."), std::string::npos);
}

TEST(ProgressLine, TellsRateTailAndErrors) {
  EXPECT_EQ(progress_line(7, {1'234'567, 1'000'000, 850, 12'345, 2}),
            "   7 s    1,234,567/s  accepted    1,000,000/s  p50    850 us  p99  12.35 ms  errors "
            "2\n");
}

}  // namespace
}  // namespace hb::load
