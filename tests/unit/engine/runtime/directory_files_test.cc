#include "engine/runtime/directory_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/runtime/posix_file.h"
#include "tests/support/temp_directory.h"

namespace hb {
namespace {

namespace fs = std::filesystem;

class DirectoryFilesTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    std::ofstream(directory_.path() / name) << text;
  }
  std::string content(const std::string& name) {
    std::ifstream file(directory_.path() / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  test::TempDirectory directory_;
  const std::string path_ = directory_.path();
  const Fd fd_{::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
};

TEST_F(DirectoryFilesTest, ListsRegularFilesByNameWithTheirSizes) {
  write("b", "12345");
  write("a", "");
  fs::create_directory(directory_.path() / "folder");
  const auto files = list_files(fd_.get(), path_);
  ASSERT_TRUE(files) << files.error().message;
  ASSERT_EQ(files->size(), 2u);
  EXPECT_EQ((*files)[0].name, "a");
  EXPECT_EQ((*files)[1].name, "b");
  EXPECT_EQ((*files)[1].bytes, 5u);
}

TEST_F(DirectoryFilesTest, FailsToListAnEntryThatCannotBeRead) {
  fs::create_symlink("missing", directory_.path() / "00000001.seg");
  const auto files = list_files(fd_.get(), path_);
  ASSERT_FALSE(files);
  EXPECT_NE(files.error().message.find("00000001.seg"), std::string::npos);
}

TEST_F(DirectoryFilesTest, FailsToListADirectoryThatIsGone) {
  const fs::path gone = directory_.path() / "gone";
  fs::create_directory(gone);
  const Fd fd(::open(gone.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  fs::remove(gone);
  EXPECT_FALSE(list_files(fd.get(), gone));
}

TEST_F(DirectoryFilesTest, GivesANameOnceAndNeverReplaces) {
  write("file.new", "first");
  ASSERT_TRUE(give_name(fd_.get(), path_, "file.new", "file"));
  write("file.new", "second");
  const auto named = give_name(fd_.get(), path_, "file.new", "file");
  ASSERT_FALSE(named);
  EXPECT_NE(named.error().message.find("File exists"), std::string::npos);
  EXPECT_EQ(content("file"), "first");
  EXPECT_EQ(content("file.new"), "second");
}

TEST_F(DirectoryFilesTest, ReplacesAFileAndLeavesNothingElse) {
  const auto replace = [&](std::string_view text) {
    return replace_file(fd_.get(), path_, "file", std::as_bytes(std::span(text)));
  };
  ASSERT_TRUE(replace("first"));
  ASSERT_TRUE(replace("second, longer"));
  EXPECT_EQ(content("file"), "second, longer");
  EXPECT_EQ(list_files(fd_.get(), path_)->size(), 1u);
}

TEST_F(DirectoryFilesTest, AFailedReplacementLeavesTheOldFileAndNothingElse) {
  fs::create_directory(directory_.path() / "file");
  write("file/inside", "");
  const std::string_view text = "new";
  EXPECT_FALSE(replace_file(fd_.get(), path_, "file", std::as_bytes(std::span(text))));
  EXPECT_TRUE(fs::exists(directory_.path() / "file/inside"));
  EXPECT_FALSE(fs::exists(directory_.path() / "file.new"));
}

TEST_F(DirectoryFilesTest, ReadsAWholeFileUpToItsLimit) {
  write("file", "12345");
  EXPECT_EQ(*read_file(fd_.get(), path_, "file", 5), "12345");
  EXPECT_EQ(read_file(fd_.get(), path_, "file", 4).error().code, ErrorCode::damaged);
  EXPECT_FALSE(read_file(fd_.get(), path_, "missing", 5));
}

TEST_F(DirectoryFilesTest, TellsAMissingFileFromOneThatCannotBeLookedAt) {
  write("file", "");
  EXPECT_TRUE(*file_exists(fd_.get(), path_, "file"));
  EXPECT_FALSE(*file_exists(fd_.get(), path_, "missing"));
  EXPECT_FALSE(file_exists(fd_.get(), path_, "file/inside"));
}

}  // namespace
}  // namespace hb
