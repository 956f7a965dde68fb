#include "engine/runtime/last_seals.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "engine/runtime/directory_files.h"
#include "engine/runtime/posix_file.h"
#include "tests/support/temp_directory.h"

namespace hb {
namespace {

class LastSealsTest : public testing::Test {
 protected:
  std::vector<LastSeal> read() {
    const auto seals = LastSeals::read(fd_.get(), path_, 3);
    EXPECT_TRUE(seals) << seals.error().message;
    return seals.value_or(std::vector<LastSeal>(3));
  }
  static journal::Seal seal(std::uint64_t segment, std::uint64_t last) {
    return {.segment = segment,
            .bytes = 0,
            .first_sequence = {},
            .last_sequence = Sequence(last),
            .digest = {},
            .chain = {}};
  }
  std::string content() { return *read_file(fd_.get(), path_, LastSeals::file_name, 1 << 16); }
  void write(std::string_view text) {
    ASSERT_TRUE(
        replace_file(fd_.get(), path_, LastSeals::file_name, std::as_bytes(std::span(text))));
  }

  test::TempDirectory directory_;
  const std::string path_ = directory_.path();
  const Fd fd_{::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
};

TEST_F(LastSealsTest, AreNoneWithoutAFile) {
  for (const LastSeal& seal : read()) EXPECT_EQ(seal.segment, 0u);
}

TEST_F(LastSealsTest, AreRememberedForEachShard) {
  {
    LastSeals seals(fd_.get(), path_, read());
    seals.add(ShardId(2), seal(7, 100));
    EXPECT_EQ(read()[2].segment, 7u) << "the first at once";
    seals.add(ShardId(0), seal(1, 50));
    seals.add(ShardId(2), seal(8, 120));
  }
  const auto after_stop = read();
  EXPECT_EQ(after_stop[0].segment, 1u);
  EXPECT_EQ(after_stop[1].segment, 0u);
  EXPECT_EQ(after_stop[2].segment, 8u);
  EXPECT_EQ(after_stop[2].last_sequence, Sequence(120));
}

TEST_F(LastSealsTest, AreTakenBackFromTheFirstLostSegmentOn) {
  LastSeals seals(fd_.get(), path_, read());
  seals.add(ShardId(1), seal(7, 100));
  ASSERT_TRUE(seals.take_back(ShardId(1), 8));
  EXPECT_EQ(read()[1].segment, 7u);
  ASSERT_TRUE(seals.take_back(ShardId(1), 7));
  EXPECT_EQ(read()[1].segment, 0u);
}

TEST_F(LastSealsTest, AreDamagedWhenAnyByteIsAnother) {
  LastSeals(fd_.get(), path_, read()).add(ShardId(1), seal(7, 100));
  const std::string right = content();
  for (std::size_t i = 0; i < right.size(); ++i) {
    std::string wrong = right;
    wrong[i] = static_cast<char>(wrong[i] ^ 1);
    write(wrong);
    const auto seals = LastSeals::read(fd_.get(), path_, 3);
    ASSERT_FALSE(seals) << wrong;
    EXPECT_EQ(seals.error().code, ErrorCode::damaged);
  }
  write(right.substr(0, right.size() / 2));
  EXPECT_FALSE(LastSeals::read(fd_.get(), path_, 3));
  write(right);
  EXPECT_FALSE(LastSeals::read(fd_.get(), path_, 1)) << "another number of shards";
}

}  // namespace
}  // namespace hb
