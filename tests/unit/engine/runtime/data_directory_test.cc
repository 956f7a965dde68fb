#include "engine/runtime/data_directory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/temp_directory.h"

namespace hb {
namespace {

namespace fs = std::filesystem;

class DataDirectoryTest : public testing::Test {
 protected:
  void write_meta(const std::string& text) {
    fs::create_directories(data_);
    std::ofstream(data_ + "/META") << text;
  }
  std::string meta() {
    std::ifstream file(data_ + "/META");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void make_segment(const std::string& shard) {
    fs::create_directories(data_ + "/" + shard);
    std::ofstream(data_ + "/" + shard + "/00000001.seg") << "x";
  }
  bool begun() {
    const auto found = DataDirectory::read_meta(data_);
    EXPECT_TRUE(found) << found.error().message;
    return found && found->begun;
  }

  test::TempDirectory directory_;
  const std::string data_ = directory_ / "data";
};

TEST_F(DataDirectoryTest, IsBegunOnlyWhenItIsSaidSo) {
  {
    auto directory = DataDirectory::open(data_, 2);
    ASSERT_TRUE(directory) << directory.error().message;
    EXPECT_FALSE(directory->begun());
    EXPECT_FALSE(begun());
    ASSERT_TRUE(directory->set_begun());
    EXPECT_TRUE(begun());
  }
  EXPECT_EQ(meta(), "{\"format\":2,\"shards\":2,\"begun\":true}\n");
  EXPECT_TRUE(DataDirectory::open(data_, 2)->begun());
}

// Format 1 did not say: a segment of any shard says that the journals were begun.
TEST_F(DataDirectoryTest, OfFormatOneIsBegunWhenAnyShardHasASegment) {
  write_meta("{\"format\":1,\"shards\":2}\n");
  EXPECT_FALSE(begun());
  fs::create_directories(data_ + "/shard-0000");
  EXPECT_FALSE(begun());
  make_segment("shard-0001");
  EXPECT_TRUE(begun());
  auto directory = DataDirectory::open(data_, 2);
  ASSERT_TRUE(directory);
  EXPECT_TRUE(directory->begun());
  EXPECT_EQ(meta(), "{\"format\":1,\"shards\":2}\n") << "changed before the start is sure";
  ASSERT_TRUE(directory->set_begun());
  EXPECT_EQ(meta(), "{\"format\":2,\"shards\":2,\"begun\":true}\n");
}

TEST_F(DataDirectoryTest, IsDamagedWhereMetaIsNotWhatIsWrittenThere) {
  for (const char* text :
       {"", "{}", "{\"format\":2,\"shards\":2}", "{\"format\":2,\"shards\":2,\"begum\":true}",
        "{\"format\":2,\"shards\":2,\"begun\":1}", "{\"format\":2,\"shards\":0,\"begun\":true}",
        "{\"format\":0,\"shards\":2,\"begun\":true}", "{\"format\":1,\"shards\":2,\"begun\":true}",
        "{\"format\":2,\"shards\":2,\"begun\":true,\"more\":1}"}) {
    SCOPED_TRACE(text);
    write_meta(text);
    EXPECT_EQ(DataDirectory::read_meta(data_).error().code, ErrorCode::damaged);
    EXPECT_EQ(DataDirectory::open(data_, 2).error().code, ErrorCode::damaged);
  }
  write_meta("{\"format\":3,\"anything\":1}");
  EXPECT_EQ(DataDirectory::read_meta(data_).error().code, ErrorCode::newer_format);
}

TEST_F(DataDirectoryTest, TellsWhetherItIsInUse) {
  EXPECT_FALSE(*DataDirectory::in_use(data_));
  {
    auto directory = DataDirectory::open(data_, 1);
    EXPECT_TRUE(*DataDirectory::in_use(data_));
  }
  EXPECT_FALSE(*DataDirectory::in_use(data_));
  EXPECT_FALSE(DataDirectory::in_use(data_ + "/META")) << "cannot be looked at";
}

}  // namespace
}  // namespace hb
