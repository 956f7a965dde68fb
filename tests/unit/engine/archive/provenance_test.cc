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

void expect_found(Provenance expected, const Archive& archive,
                  const std::vector<JournalSource>& sources) {
  const auto found = find_provenance(archive, sources);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, expected);
}

TEST(Provenance, IsGoodForTheJournalsItWasMadeFrom) {
  Scene scene;
  Archived archived(sources_of(scene.shards));
  expect_found(Provenance::own, archived.archive(), sources_of(scene.shards));
  archived.index(0, Sequence(5));
  expect_found(Provenance::own, archived.archive(), sources_of(scene.shards));
  archived.index_all();
  expect_found(Provenance::own, archived.archive(), sources_of(scene.shards));
  scene.shards.fund(UserId(77), 1);
  expect_found(Provenance::own, archived.archive(), sources_of(scene.shards));
}

TEST(Provenance, IsNotGoodForOthersOfTheSameLength) {
  Deposits own(100), other(200);
  ASSERT_EQ(durable_of(own.shards, 0), durable_of(other.shards, 0));
  Archived archived(own.sources());
  archived.index_all();
  expect_found(Provenance::foreign, archived.archive(), other.sources());
}

TEST(Provenance, IsNotGoodForLongerOrShorterOnes) {
  Deposits own(100), longer(200, 20), shorter(100, 5);
  Archived archived(own.sources());
  archived.index_all();
  expect_found(Provenance::foreign, archived.archive(), longer.sources());
  expect_found(Provenance::ahead, archived.archive(), shorter.sources());
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
  expect_found(Provenance::foreign, archived.archive(), other.sources());
}

TEST(Provenance, LeavesAJournalThatCannotBeReadToItsOwner) {
  Deposits own(100);
  Archived archived(own.sources());
  archived.index_all();
  own.shards.storage(0).bytes("00000001.seg")[20] ^= std::byte{1};
  const auto checked = find_provenance(archived.archive(), own.sources());
  ASSERT_FALSE(checked);
  EXPECT_FALSE(checked.error().message.starts_with("archive"));
}

}  // namespace
}  // namespace hb::archive
