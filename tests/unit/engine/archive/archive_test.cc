// The database itself: opened again, foreign, and damaged.
#include "engine/archive/archive.h"

#include <filesystem>

#include "tests/unit/engine/archive/archive_fixture.h"

namespace hb::archive {
namespace {

namespace fs = std::filesystem;

class ArchiveTest : public testing::Test {
 protected:
  // Filled, and closed.
  void fill() {
    archived_.index_all();
    content_ = archived_.content();
    ASSERT_TRUE(archived_.archive().flush());
    archived_.close();
    fs::copy(archived_.directory(), copy_, fs::copy_options::recursive);
  }
  void restore() {
    fs::remove_all(archived_.directory());
    fs::copy(copy_, archived_.directory(), fs::copy_options::recursive);
  }
  std::vector<fs::path> files(std::string_view begin, std::string_view end = "") const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(archived_.directory())) {
      const std::string name = entry.path().filename();
      if (name.starts_with(begin) && name.ends_with(end)) found.push_back(entry.path());
    }
    return found;
  }

  // Opens it and reads all: either everything is as it was, or the error says damaged, or it is as
  // empty as a new one, marks and all.
  void expect_same_or_damaged() {
    const auto archive = Archive::open(archived_.directory(), shard_count);
    if (!archive) {
      EXPECT_EQ(archive.error().code, ErrorCode::damaged) << archive.error().message;
      EXPECT_TRUE(archive.error().message.starts_with("archive"));
      ++damage_found_;
      return;
    }
    std::map<std::string, std::string> content;
    const auto read = (*archive)->view().forward("", "", [&](std::string_view k, auto v) {
      content.emplace(k, v);
      return true;
    });
    if (read) {
      const bool empty = content.size() == 1;  // but for its version
      EXPECT_TRUE(empty || content == content_);
      damage_found_ += empty ? 1 : 0;
    } else {
      EXPECT_EQ(read.error().code, ErrorCode::damaged) << read.error().message;
      ++damage_found_;
    }
  }
  void expect_damaged() {
    const auto archive = Archive::open(archived_.directory(), shard_count);
    ASSERT_FALSE(archive);
    EXPECT_EQ(archive.error().code, ErrorCode::damaged) << archive.error().message;
  }
  // With each of some bytes of the file flipped, one at a time.
  void flip_bytes_of(const fs::path& file) {
    constexpr std::size_t flips = 40;
    const std::string whole = e2e::read_file(file);
    ASSERT_FALSE(whole.empty());
    for (std::size_t i = 0; i < std::min(flips, whole.size()); ++i) {
      const std::size_t at = i * whole.size() / std::min(flips, whole.size());
      SCOPED_TRACE(file.filename().string() + ", byte " + std::to_string(at));
      std::string flipped = whole;
      flipped[at] = static_cast<char>(~flipped[at]);
      e2e::write_file(file, flipped);
      expect_same_or_damaged();
      restore();
    }
  }

  Scene scene_;
  Archived archived_{sources_of(scene_.shards)};
  e2e::TempDirectory elsewhere_;
  const std::string copy_ = elsewhere_ / "copy";
  std::map<std::string, std::string> content_;
  int damage_found_ = 0;
};

TEST_F(ArchiveTest, IsThereAgainWhenOpenedAgain) {
  fill();
  archived_.open();
  EXPECT_EQ(archived_.content(), content_);
}

TEST_F(ArchiveTest, IsNobodyElsesToRead) {
  EXPECT_EQ(fs::status(archived_.directory()).permissions(), fs::perms::owner_all);
}

TEST_F(ArchiveTest, OfAnotherNumberOfShardsIsDamaged) {
  fill();
  const auto other = Archive::open(archived_.directory(), shard_count + 1);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::damaged);
}

TEST_F(ArchiveTest, OfAnotherVersionIsDamaged) {
  rocksdb::WriteBatch batch;
  batch.Put("V", Key('V').add(std::uint16_t{999}).add(shard_count).str());
  ASSERT_TRUE(archived_.archive().write(batch));
  archived_.close();
  expect_damaged();
}

TEST_F(ArchiveTest, TellsDamageOfItsTables) {
  fill();
  ASSERT_FALSE(files("", ".sst").empty());
  for (const fs::path& file : files("", ".sst")) flip_bytes_of(file);
  EXPECT_GT(damage_found_, 0);
}

TEST_F(ArchiveTest, TellsDamageOfItsManifest) {
  fill();
  for (const fs::path& file : files("MANIFEST")) flip_bytes_of(file);
  EXPECT_GT(damage_found_, 0);
}

TEST_F(ArchiveTest, TellsDamageOfItsCurrent) {
  fill();
  flip_bytes_of(archived_.directory() + "/CURRENT");
  for (const char* nonsense : {"", "\n", "nonsense", "MANIFEST-999999\n"}) {
    SCOPED_TRACE(nonsense);
    e2e::write_file(archived_.directory() + "/CURRENT", nonsense);
    expect_damaged();
    restore();
  }
}

TEST_F(ArchiveTest, TellsThatATableOrTheManifestIsMissing) {
  fill();
  for (const auto& [begin, end] : {std::pair{"", ".sst"}, std::pair{"MANIFEST", ""}}) {
    for (const fs::path& file : files(begin, end)) {
      SCOPED_TRACE(file);
      fs::remove(file);
      expect_damaged();
      restore();
    }
  }
}

TEST_F(ArchiveTest, BehindAFileInTheWayIsDamaged) {
  archived_.close();
  fs::remove_all(archived_.directory());
  e2e::write_file(archived_.directory(), "in the way");
  EXPECT_FALSE(Archive::open(archived_.directory(), shard_count));
  ASSERT_TRUE(Archive::destroy(archived_.directory()));
  EXPECT_TRUE(Archive::open(archived_.directory(), shard_count));
}

TEST(MarkTest, IsReadAsItWasWritten) {
  const Mark mark{.last = Sequence(7), .block = {.low = 8, .high = UINT64_MAX}};
  EXPECT_EQ(decode_mark(encode(mark)), mark);
}

}  // namespace
}  // namespace hb::archive
