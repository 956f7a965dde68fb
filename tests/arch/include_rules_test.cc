#include "tests/arch/include_rules.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace hb::arch {
namespace {

using Violations = std::vector<std::string>;

TEST(IncludeRules, HoldForEverySourceOfTheProject) {
  const TreeReport report = check_includes(HB_SOURCE_DIR);
  EXPECT_GT(report.files, 10u) << "hardly any source was found below " HB_SOURCE_DIR;
  for (const std::string& violation : report.violations) ADD_FAILURE() << violation;
}

struct Planted {
  const char* path;
  const char* line;
  const char* complaint;  // part of it
};

constexpr Planted forbidden[] = {
    {"engine/base/a.h", "#include \"engine/ledger/status.h\"", "engine/base may not"},
    {"engine/timer/a.h", "#include \"engine/port/clock.h\"", "engine/timer may not"},
    {"engine/ledger/a.cc", "#include \"engine/timer/timing_wheel.h\"", "engine/ledger may not"},
    {"engine/port/a.h", "#include \"engine/journal/writer.h\"", "engine/port may not"},
    {"engine/journal/a.cc", "#include \"engine/ledger/ledger.h\"", "engine/journal may not"},
    {"engine/shard/a.cc", "#include \"engine/runtime/worker.h\"", "engine/shard may not"},
    {"engine/runtime/a.cc", "#include \"net/server/server.h\"", "engine/runtime may not"},
    {"net/wire/a.cc", "#include \"engine/shard/shard.h\"", "net/wire may not"},
    {"net/wire/a.cc", "#include \"engine/ledger/events.h\"", "net/wire may not"},
    {"net/session/a.cc", "#include \"net/server/server.h\"", "net/session may not"},
    {"net/client/a.cc", "#include \"net/session/session.h\"", "net/client may not"},
    {"net/client/a.cc", "#include \"engine/ledger/ledger.h\"", "net/client may not"},
    {"net/server/a.cc", "#include \"tools/hongbaod/options.h\"", "net/server may not"},
    {"engine/base/a.h", "  #  include\t<engine/ledger/status.h>", "engine/base may not"},
    {"engine/base/a.h", "#include <boost/asio.hpp>", "sockets belong to"},
    {"engine/runtime/a.cc", "#include <boost/asio/io_context.hpp>", "sockets belong to"},
    {"net/session/a.cc", "#include <boost/beast/http.hpp>", "sockets belong to"},
    {"engine/base/a.h", "#include \"assert.h\"", "not a path from the project's root"},
    {"engine/base/a.h", "#include \"../ledger/status.h\"", "not a path from the project's root"},
    {"engine/base/a.h", "#include SOME_MACRO", "not a path from the project's root"},
    {"tools/a.cc", "#include \"engine/attic/a.h\"", "a room that the table does not know"},
    {"engine/attic/a.h", "", "a room that the table does not know"},
    {"engine/timers/a.h", "", "a room that the table does not know"},
    {"a.cc", "", "a room that the table does not know"},
};

TEST(IncludeRules, ReportWhatIsForbidden) {
  for (const Planted& planted : forbidden) {
    const Violations found = include_violations(planted.path, planted.line);
    ASSERT_EQ(found.size(), 1u) << planted.path << ": " << planted.line;
    EXPECT_NE(found[0].find(planted.complaint), std::string::npos) << found[0];
  }
}

constexpr Planted allowed[] = {
    {"engine/base/a.cc", "#include \"engine/base/a.h\"", ""},
    {"engine/base/a.cc", "#include <xxhash.h>", ""},
    {"engine/base/a.cc", "// #include \"engine/ledger/status.h\"", ""},
    {"engine/journal/a.cc", "#include \"engine/ledger/events.h\"", ""},
    {"engine/shard/a.cc", "#include \"engine/timer/timing_wheel.h\"", ""},
    {"engine/runtime/a.cc", "#include \"engine/shard/shard.h\"", ""},
    {"net/wire/a.cc", "#include \"schema/hongbao_generated.h\"", ""},
    {"net/server/a.cc", "#include <boost/asio.hpp>", ""},
    {"net/client/a.cc", "#include <boost/asio.hpp>", ""},
    {"tools/hongbaod/main.cc", "#include \"net/server/server.h\"", ""},
    {"tests/e2e/race_test.cc", "#include \"net/client/client.h\"", ""},
};

TEST(IncludeRules, LetPassWhatIsAllowed) {
  for (const Planted& planted : allowed) {
    EXPECT_EQ(include_violations(planted.path, planted.line), Violations()) << planted.line;
  }
}

TEST(IncludeRules, NameTheLine) {
  const Violations found =
      include_violations("engine/base/a.h", "#pragma once\n\n#include \"engine/port/clock.h\"\n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].rfind("engine/base/a.h:3: ", 0), 0u) << found[0];
}

// A throw-away project on disk.
class Tree : public testing::Test {
 protected:
  Tree() {
    const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
    root_ = std::filesystem::path(testing::TempDir()) / (std::string("hb_arch_") + test->name());
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
  }
  ~Tree() override { std::filesystem::remove_all(root_); }

  void plant(const std::string& path, const std::string& text) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  std::filesystem::path root_;
};

TEST_F(Tree, WithAPlantedIncludeIsReported) {
  plant("engine/base/good.h", "#include <cstdint>\n");
  plant("engine/ledger/deep/er/bad.cc", "#include \"engine/shard/shard.h\"\n");
  const TreeReport report = check_includes(root_);
  EXPECT_EQ(report.files, 2u);
  ASSERT_EQ(report.violations.size(), 1u);
  EXPECT_EQ(report.violations[0].rfind("engine/ledger/deep/er/bad.cc:1: ", 0), 0u);
}

TEST_F(Tree, WithoutSourcesCountsNone) {
  EXPECT_EQ(check_includes(root_).files, 0u);
}

TEST_F(Tree, HidesBuildTreesAndHiddenFoldersOnlyAtTheirPlaces) {
  plant("build/debug/a.cc", "#include \"nowhere.h\"\n");
  plant(".cache/a.cc", "#include \"nowhere.h\"\n");
  plant("tools/console/node_modules/x/a.cc", "#include \"nowhere.h\"\n");
  plant("engine/base/build/a.cc", "");
  EXPECT_EQ(check_includes(root_).files, 1u);
}

TEST_F(Tree, ThatIsMissingIsAnError) {
  EXPECT_THROW(check_includes(root_ / "missing"), std::filesystem::filesystem_error);
}

}  // namespace
}  // namespace hb::arch
