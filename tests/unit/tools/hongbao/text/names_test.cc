#include "tools/hongbao/text/names.h"

#include <gtest/gtest.h>

namespace hb {
namespace {

TEST(Names, AreReadBackAsTheirValues) {
  for (const Split split : {Split::by_kind, Split::double_mean, Split::order_fair, Split::equal}) {
    EXPECT_EQ(parse_name<Split>(name(split)), split);
  }
  for (const PacketKind kind :
       {PacketKind::lucky, PacketKind::even, PacketKind::direct, PacketKind::exclusive}) {
    EXPECT_EQ(parse_name<PacketKind>(name(kind)), kind);
  }
  for (const PacketState state :
       {PacketState::open, PacketState::sold_out, PacketState::refunded, PacketState::recalled}) {
    EXPECT_EQ(parse_name<PacketState>(name(state)), state);
  }
}

TEST(Names, TellEveryStateApart) {
  EXPECT_EQ(name(PacketState::recalled), "recalled");
  EXPECT_EQ(name(ShareState::returned_short), "returned_short");
  EXPECT_EQ(name(TransferState::revoked), "revoked");
  EXPECT_EQ(name(CaseState::upheld), "upheld");
  EXPECT_EQ(name(PayoutState::confirmed), "confirmed");
}

TEST(Names, CallWhatANewerServerSaysUnknown) {
  EXPECT_EQ(name(static_cast<TransferState>(200)), "unknown");
  EXPECT_EQ(name(static_cast<PacketKind>(0)), "unknown");
}

TEST(Names, AreNothingForWhatIsNoName) {
  EXPECT_EQ(parse_name<Decision>(""), std::nullopt);
  EXPECT_EQ(parse_name<Decision>("Uphold"), std::nullopt);
  EXPECT_EQ(parse_name<Choice>("by_default"), std::nullopt);
}

TEST(Names, AreListedForPeople) {
  EXPECT_EQ(names_of<Decision>(), "refuse or uphold");
  EXPECT_EQ(names_of<PacketKind>(), "lucky, even, direct or exclusive");
}

}  // namespace
}  // namespace hb
