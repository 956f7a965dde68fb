// `hongbao verify-split --file`, typed; asking a server is in tests/e2e.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/temp_directory.h"
#include "tests/unit/tools/hongbao/shown.h"
#include "tools/hongbao/answers.h"
#include "tools/hongbao/command_line.h"

namespace hb::cli {
namespace {

class VerifySplit : public testing::Test {
 protected:
  // Checks a file that holds this, and prints JSON.
  ExitStatus check(const std::string& content, std::vector<std::string> more = {}) {
    const std::string path = directory_ / "packet.json";
    std::ofstream(path) << content;
    more.insert(more.begin(), {"--file", path});
    return type(more);
  }

  ExitStatus type(const std::vector<std::string>& words) {
    std::vector<const char*> line = {"hongbao", "--json", "verify-split"};
    for (const std::string& word : words) line.push_back(word.c_str());
    std::ostringstream out;
    std::ostringstream err;
    const ExitStatus status = run(static_cast<int>(line.size()), line.data(), {out, err});
    answer = nlohmann::json::parse(out.str());
    return status;
  }

  test::TempDirectory directory_;
  nlohmann::json answer;
};

TEST_F(VerifySplit, ChecksWhatShowPrintedWithoutAServer) {
  EXPECT_EQ(check(told(shown_double_mean()).json.dump() + '\n'), ExitStatus::done);
  EXPECT_EQ(answer["verdict"], "as_drawn");
  EXPECT_EQ(answer["shares"].size(), 5);
}

TEST_F(VerifySplit, ComparesTheCommitmentThatWasNoted) {
  const std::string shown = told(shown_order_fair()).json.dump();
  EXPECT_EQ(check(shown, {"--commitment", shown_commitment}), ExitStatus::done);
  EXPECT_EQ(answer["noted_ok"], true);
  EXPECT_EQ(check(shown, {"--commitment", std::string(64, '0')}), ExitStatus::refused);
  EXPECT_EQ(answer["noted_ok"], false);
  EXPECT_EQ(check(shown, {"--commitment", "00"}), ExitStatus::usage);
}

TEST_F(VerifySplit, EndsWithOneWhereAShareDiffers) {
  net::PacketRecord shown = shown_double_mean();
  shown.claims[0].amount += Amount(1);
  EXPECT_EQ(check(told(shown).json.dump()), ExitStatus::refused);
  EXPECT_EQ(answer["verdict"], "differs");
}

TEST_F(VerifySplit, EndsWithOneWhileThePacketIsOpen) {
  net::PacketRecord shown = shown_double_mean();
  shown.packet.state = PacketState::open;
  shown.seed.reset();
  EXPECT_EQ(check(told(shown).json.dump()), ExitStatus::refused);
  EXPECT_EQ(answer["verdict"], "not_revealed");
}

TEST_F(VerifySplit, EndsWithThreeWhereTheFileIsNone) {
  EXPECT_EQ(check("nonsense"), ExitStatus::failed);
  EXPECT_EQ(answer["error"], "invalid");
  EXPECT_EQ(check(R"({"status":"packet_unknown"})"), ExitStatus::failed);
  EXPECT_EQ(type({"--file", directory_ / "absent"}), ExitStatus::failed);
  EXPECT_EQ(answer["error"], "io");
  EXPECT_EQ(type({"--file", directory_.path()}), ExitStatus::failed);
  EXPECT_EQ(answer["error"], "io");
}

TEST_F(VerifySplit, WantsEitherAPacketOrAFile) {
  EXPECT_EQ(type({}), ExitStatus::usage);
  EXPECT_EQ(type({"4097", "--file", "x"}), ExitStatus::usage);
  EXPECT_EQ(type({"x"}), ExitStatus::usage);
}

}  // namespace
}  // namespace hb::cli
