#include "engine/archive/provenance.h"

#include "tests/unit/engine/archive/archive_fixture.h"

namespace hb::archive {
namespace {

// A shard whose user got one deposit after the other.
struct Deposits {
  explicit Deposits(std::int64_t first_fen, int count = 10) {
    for (int i = 0; i < count; ++i) {
      EXPECT_EQ(shards
                    .ask(i == 0 ? Command(OpenWallet{shards.key(), UserId(1), {}})
                                : Command(Deposit{shards.key(), UserId(1), Amount(first_fen + i)}))
                    .status(),
                Status::ok);
    }
  }
  std::vector<JournalSource> sources() { return sources_of(shards); }

  test::Shards shards{1};
};

void expect_foreign(const Archive& archive, const std::vector<JournalSource>& sources,
                    std::string_view why) {
  const auto checked = check_provenance(archive, sources);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::damaged);
  EXPECT_EQ(checked.error().message, why);
}

constexpr std::string_view others = "archive: it was made from other journals";

TEST(Provenance, IsGoodForTheJournalsItWasMadeFrom) {
  Scene scene;
  Archived archived(sources_of(scene.shards));
  EXPECT_TRUE(check_provenance(archived.archive(), sources_of(scene.shards))) << "empty";
  archived.index(0, Sequence(5));
  EXPECT_TRUE(check_provenance(archived.archive(), sources_of(scene.shards))) << "behind";
  archived.index_all();
  EXPECT_TRUE(check_provenance(archived.archive(), sources_of(scene.shards)));
  scene.shards.fund(UserId(77), 1);
  EXPECT_TRUE(check_provenance(archived.archive(), sources_of(scene.shards))) << "gone on";
}

TEST(Provenance, IsNotGoodForOthersOfTheSameLength) {
  Deposits own(100), other(200);
  ASSERT_EQ(durable_of(own.shards, 0), durable_of(other.shards, 0));
  Archived archived(own.sources());
  archived.index_all();
  expect_foreign(archived.archive(), other.sources(), others);
}

TEST(Provenance, IsNotGoodForLongerOrShorterOnes) {
  Deposits own(100), longer(200, 20), shorter(100, 5);
  Archived archived(own.sources());
  archived.index_all();
  expect_foreign(archived.archive(), longer.sources(), others);
  expect_foreign(archived.archive(), shorter.sources(), "archive: it is ahead of the journals");
}

// As after a backup was restored and went on otherwise.
TEST(Provenance, IsNotGoodForOnesThatBeganAlikeAndWentOnOtherwise) {
  Deposits own(100), other(100);
  for (Deposits* one : {&own, &other}) {
    const Amount amount(one == &own ? 1 : 2);
    one->shards.ask(Deposit{one->shards.key(), UserId(1), amount});
    one->shards.ask(Deposit{one->shards.key(), UserId(1), Amount(5)});
  }
  Archived archived(own.sources());
  archived.index_all();
  expect_foreign(archived.archive(), other.sources(), others);
}

TEST(Provenance, LeavesAJournalThatCannotBeReadToItsOwner) {
  Deposits own(100);
  Archived archived(own.sources());
  archived.index_all();
  own.shards.storage(0).bytes("00000001.seg")[20] ^= std::byte{1};
  const auto checked = check_provenance(archived.archive(), own.sources());
  ASSERT_FALSE(checked);
  EXPECT_FALSE(checked.error().message.starts_with("archive"));
}

}  // namespace
}  // namespace hb::archive
