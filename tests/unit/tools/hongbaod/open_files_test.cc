#include "tools/hongbaod/open_files.h"

#include <gtest/gtest.h>

namespace hb {
namespace {

TEST(OpenFiles, GiveEveryoneWhatIsWantedWhereThereAreMany) {
  const auto share = share_open_files(1'000'000, 20'000, 4, true);
  ASSERT_TRUE(share);
  EXPECT_EQ(share->connections, 20'000u);
  EXPECT_EQ(share->archive, 256);
}

TEST(OpenFiles, KeepWhatJournalAndArchiveNeedFromTheConnections) {
  for (const std::uint64_t limit : {128u, 200u, 256u, 1'024u, 4'096u}) {
    for (const bool archive_enabled : {false, true}) {
      const auto share = share_open_files(limit, 20'000, 1, archive_enabled);
      ASSERT_TRUE(share) << limit;
      EXPECT_GT(share->connections, 0u);
      EXPECT_EQ(share->archive > 0, archive_enabled);
      EXPECT_LE(share->connections + static_cast<std::uint64_t>(share->archive) + 64, limit);
    }
  }
}

TEST(OpenFiles, AreRefusedWithTheNumberThatIsNeededWhereTheyAreTooFew) {
  for (const std::uint64_t limit : {0u, 10u, 16u, 24u, 40u, 63u}) {
    for (const bool archive_enabled : {false, true}) {
      const auto share = share_open_files(limit, 20'000, 1, archive_enabled);
      ASSERT_FALSE(share) << limit;
      EXPECT_NE(share.error().code, ErrorCode::invalid) << "no setting is wrong";
    }
  }
  EXPECT_EQ(share_open_files(60, 20'000, 1, true).error().message,
            "this process may open 60 files, but needs at least 100 with workers = 1; raise "
            "the limit (ulimit -Hn, LimitNOFILE=)");
  EXPECT_TRUE(share_open_files(100, 20'000, 1, true));
  EXPECT_FALSE(share_open_files(99, 20'000, 1, true));
}

TEST(OpenFiles, AreNeededByEachWorker) {
  EXPECT_TRUE(share_open_files(100, 20'000, 1, true));
  EXPECT_FALSE(share_open_files(100, 20'000, 2, true));
}

}  // namespace
}  // namespace hb
