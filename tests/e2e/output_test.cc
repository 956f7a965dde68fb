// What reaches a terminal, a file or a pipe: no text of a stranger acts on a terminal, and output
// that cannot be written is a failure with a sentence, whatever the command.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/e2e/support/asking.h"
#include "tests/e2e/support/server_process.h"

namespace hb::e2e {
namespace {

using Words = std::vector<std::string>;

constexpr int failed = 3;
constexpr const char* hostile = "red\u009b31m \u0085\u007f\x1b[2J\u202e00.001\u2066x\u2069";

// The first byte or sequence that a terminal would act on; empty: none.
std::string acting(const std::string& text) {
  for (const char* const sequence : {"\u009b", "\u0085", "\u202e", "\u2066", "\u2069"}) {
    if (text.find(sequence) != text.npos) return sequence;
  }
  const auto is_control = [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7f; };
  const auto found = std::ranges::find_if(text, is_control);
  return found == text.end() ? "" : std::string(1, *found);
}

class OutputTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.start());
    net::BlockingClient client(server_.client_options());
    open_with(client, UserId(7), Amount(10'000));
    answer_of(client.open_wallet({.user = UserId(8), .name = DisplayName(hostile)}));
    packet_ = std::to_string(answer_of(client.send({.sender = UserId(7),
                                                    .total = Amount(200),
                                                    .share_count = 2,
                                                    .remark = Remark(hostile),
                                                    .group = Group(hostile)}))
                                 .packet.value);
    answer_of(client.claim(PacketId(std::stoull(packet_)), UserId(8)));
    case_ = std::to_string(answer_of(client.open_case({.subject = PacketId(std::stoull(packet_)),
                                                       .by = Operator(hostile)},
                                                      hostile))
                               .case_id.value);
    // The claim is behind the packet in the journal, so the records have both then.
    const Words received = {"records", "received", "8"};
    ASSERT_TRUE(eventually(
        [&] { return run(typed(received)).output.find("packet") != std::string::npos; }));
  }

  Words typed(const Words& words) const {
    Words line = {HB_HONGBAO, "--server", "127.0.0.1:" + std::to_string(server_.port())};
    line.insert(line.end(), words.begin(), words.end());
    return line;
  }

  // With standard output on a device that is always full.
  Finished typed_into_full_device(const Words& words) const {
    Words line = {"/bin/sh", "-c", R"(exec "$@" >/dev/full)", "sh"};
    std::ranges::copy(typed(words), std::back_inserter(line));
    return run(line);
  }

  // Commands that print texts.
  std::vector<Words> printing() const {
    return {{"wallet", "show", "8"},
            {"show", packet_},
            {"peek", packet_, "--user", "8"},
            {"case", "show", case_},
            {"case", "bundle", case_},
            {"records", "sent", "7"},
            {"records", "received", "8"},
            {"records", "history", packet_},
            {"feed"},
            {"journal", "cat", server_.settings().data},
            {"claim", packet_, "--user", hostile},
            {hostile},
            {"wallet", std::string("--") + hostile}};
  }

  TempDirectory directory_;
  ServerProcess server_{{.data = directory_ / "data"}};
  std::string packet_;
  std::string case_;
};

TEST_F(OutputTest, NoTextActsOnATerminalAndJsonKeepsIt) {
  for (const Words& words : printing()) {
    for (const bool json : {false, true}) {
      Words line = words;
      if (json) line.emplace_back("--json");
      const Finished end = run(typed(line));
      EXPECT_EQ(acting(end.output + end.errors), "") << words[0] << ' ' << (json ? "--json" : "");
      EXPECT_NE((end.output + end.errors).find(R"(\u202e)"), std::string::npos)
          << words[0] << ": " << end.output << end.errors;
    }
  }
  const Finished shown = run(typed({"show", packet_, "--json"}));
  EXPECT_EQ(nlohmann::json::parse(shown.output)["packet"]["remark"], hostile);
}

TEST_F(OutputTest, StandardOutputThatCannotBeWrittenIsAFailureThatSaysSo) {
  std::vector<Words> commands = printing();
  std::erase_if(commands,
                [](const Words& words) { return words.back().find(hostile) != std::string::npos; });
  for (const Words& more :
       std::vector<Words>{{"--help"},
                          {"ping"},
                          {"wallet", "deposit", "7", "1.00"},
                          {"records", "statement", "7"},
                          {"records", "export", "sent", "7", "--format", "csv"},
                          {"records", "export", "sent", "7", "--format", "jsonl", "--out", "-"},
                          {"payout", "list"},
                          {"journal", "check", server_.settings().data},
                          {"verify", server_.settings().data},
                          {"verify", server_.settings().data, "--balances", "-"}}) {
    commands.push_back(more);
  }
  for (const Words& words : commands) {
    for (const bool json : {false, true}) {
      if (json && words.back() == "-") continue;  // has standard output
      Words line = words;
      if (json) line.emplace_back("--json");
      const Finished end = typed_into_full_device(line);
      EXPECT_EQ(end.status, failed) << words[0];
      EXPECT_NE(end.errors.find("cannot write standard output"), std::string::npos)
          << words[0] << ": " << end.errors;
    }
  }
}

TEST_F(OutputTest, AFileThatCannotBeWrittenIsAFailureThatNamesIt) {
  // Through a link, so that a fault here replaces the link and not the machine's /dev/full.
  const std::string full = directory_ / "full";
  std::filesystem::create_symlink("/dev/full", full);
  const std::string& data = server_.settings().data;
  for (const std::string& file : {full, directory_ / "missing" + "/file"}) {
    for (const Words& words :
         std::vector<Words>{{"records", "export", "sent", "7", "--format", "csv", "--out", file},
                            {"verify", data, "--balances", file},
                            {"verify", data, "--packets", file},
                            {"verify", data, "--transfers", file},
                            {"verify", data, "--payouts", file},
                            {"verify", data, "--cases", file}}) {
      const Finished end = run(typed(words));
      EXPECT_EQ(end.status, failed) << words[0];
      EXPECT_NE(end.errors.find(file), std::string::npos) << words[0] << ": " << end.errors;
    }
  }
  EXPECT_TRUE(std::filesystem::is_symlink(full));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));
}

}  // namespace
}  // namespace hb::e2e
