#include "tests/arch/built_sources.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace hb::arch {
namespace {

namespace fs = std::filesystem;

TEST(BuiltSources, HoldEverySourceOfTheProject) {
  const std::set<fs::path> built = built_sources(HB_BUILD_DIR);
  const SourcesReport report =
      unbuilt_sources(HB_SOURCE_DIR, {"engine", "net", "tools", "tests", "bench"}, built);
  EXPECT_GT(report.files, 10u) << "hardly any source was found below " HB_SOURCE_DIR;
  for (const std::string& source : report.unbuilt) ADD_FAILURE() << "no target builds " << source;
}

// A throw-away project on disk.
class BuiltSourcesOfATree : public testing::Test {
 protected:
  BuiltSourcesOfATree() {
    const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::path(testing::TempDir()) / (std::string("hb_arch_") + test->name());
    fs::remove_all(root_);
    fs::create_directories(root_);
    root_ = fs::canonical(root_);
  }
  ~BuiltSourcesOfATree() override { fs::remove_all(root_); }

  void plant(const std::string& path, const std::string& text = "") {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  fs::path root_;
};

TEST_F(BuiltSourcesOfATree, MissAPlantedTest) {
  plant("tests/unit/built_test.cc");
  plant("tests/unit/deep/forgotten_test.cc");
  plant("tests/unit/README.md");
  const SourcesReport report =
      unbuilt_sources(root_, {"tests"}, {root_ / "tests/unit/built_test.cc"});
  EXPECT_EQ(report.files, 2u);
  EXPECT_EQ(report.unbuilt, std::vector<std::string>{"tests/unit/deep/forgotten_test.cc"});
}

TEST_F(BuiltSourcesOfATree, NeedNotHoldAFuzzTargetThatItsFolderLists) {
  plant("tests/fuzz/CMakeLists.txt", "hb_fuzz(frame SOURCES frame_fuzz.cc)\n");
  plant("tests/fuzz/frame_fuzz.cc");
  plant("tests/fuzz/fuzz.cc");
  EXPECT_EQ(unbuilt_sources(root_, {"tests"}, {}).unbuilt,
            std::vector<std::string>{"tests/fuzz/fuzz.cc"});
}

TEST_F(BuiltSourcesOfATree, AreReadFromTheBuildTree) {
  plant("a.cc");
  const nlohmann::json commands = {
      {{"directory", (root_ / "build").string()}, {"command", "c++"}, {"file", "../a.cc"}}};
  plant("build/compile_commands.json", commands.dump());
  EXPECT_EQ(built_sources(root_ / "build"), std::set<fs::path>{root_ / "a.cc"});
}

TEST_F(BuiltSourcesOfATree, CannotBeReadFromABuildTreeWithoutThem) {
  EXPECT_THROW(built_sources(root_), nlohmann::json::exception);
  EXPECT_THROW(unbuilt_sources(root_, {"tests"}, {}), fs::filesystem_error);
}

}  // namespace
}  // namespace hb::arch
