#include "tools/hongbao/output_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <sstream>
#include <thread>

#include "tests/support/temp_directory.h"

namespace hb::cli {
namespace {

namespace fs = std::filesystem;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class OutputFileTest : public testing::Test {
 protected:
  Result<OutputFile> open(const std::string& name) {
    return OutputFile::open(directory_ / name, standard_output_);
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(directory_ / name) << text;
  }
  std::size_t entries() const {
    const fs::directory_iterator files(directory_ / "");
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
  }

  test::TempDirectory directory_;
  std::ostringstream standard_output_;
};

TEST_F(OutputFileTest, DashIsStandardOutput) {
  auto file = OutputFile::open("-", standard_output_);
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->is_standard_output());
  ASSERT_TRUE(write_file(*file, "rows"));
  EXPECT_EQ(standard_output_.str(), "rows");
  EXPECT_FALSE(fs::exists("-"));
}

TEST_F(OutputFileTest, AFileHasItsNameWhenItIsWhole) {
  write("old", "old");
  fs::permissions(directory_ / "old", fs::perms::owner_read | fs::perms::owner_write);
  for (const char* const name : {"new", "old"}) {
    auto file = open(name);
    ASSERT_TRUE(file) << file.error().message;
    file->stream() << "rows" << std::flush;
    EXPECT_EQ(read_file(directory_ / name), std::string(name) == "old" ? "old" : "");
    ASSERT_TRUE(file->commit());
    EXPECT_EQ(read_file(directory_ / name), "rows");
  }
  EXPECT_EQ(fs::status(directory_ / "old").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(entries(), 2u);
}

TEST_F(OutputFileTest, LeavesWhatWasThereWhenItIsNotCommitted) {
  write("old", "old");
  for (const char* const name : {"new", "old"}) open(name)->stream() << "half";
  EXPECT_EQ(read_file(directory_ / "old"), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(OutputFileTest, FollowsALink) {
  fs::create_directory(directory_ / "elsewhere");
  write("elsewhere/old", "old");
  fs::create_symlink("elsewhere/old", directory_ / "to-old");
  fs::create_symlink(directory_ / "elsewhere/new", directory_ / "to-new");
  for (const char* const name : {"old", "new"}) {
    auto file = open(std::string("to-") + name);
    ASSERT_TRUE(file && write_file(*file, "rows"));
    EXPECT_TRUE(fs::is_symlink(directory_ / ("to-" + std::string(name))));
    EXPECT_EQ(read_file(directory_ / ("elsewhere/" + std::string(name))), "rows");
  }
}

TEST_F(OutputFileTest, WritesToAPipeAndLeavesItInPlace) {
  const std::string pipe = directory_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::string read;
  std::thread reader([&] { read = read_file(pipe); });
  {
    auto file = open("pipe");
    ASSERT_TRUE(file && write_file(*file, "rows"));
  }
  reader.join();
  EXPECT_EQ(read, "rows");
  EXPECT_TRUE(fs::is_fifo(pipe));
  EXPECT_EQ(entries(), 1u);
}

// Through a link, so that a fault here replaces the link and not the machine's /dev/full.
TEST_F(OutputFileTest, SaysWhyADeviceTakesNothing) {
  fs::create_symlink("/dev/full", directory_ / "full");
  auto file = open("full");
  ASSERT_TRUE(file);
  const auto written = write_file(*file, "rows");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::no_space);
  EXPECT_EQ(written.error().message,
            "cannot write " + (directory_ / "full") + ": No space left on device");
  EXPECT_TRUE(fs::is_symlink(directory_ / "full"));
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(OutputFileTest, RefusesAFolderAndAFolderThatDoesNotExist) {
  EXPECT_NE(OutputFile::open(directory_ / "", standard_output_).error().message.find("directory"),
            std::string::npos);
  const auto nowhere = open("nowhere/file");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().message,
            "cannot write " + (directory_ / "nowhere/file") + ": No such file or directory");
}

}  // namespace
}  // namespace hb::cli
