// What a packet remembers of wrong codes, and whom it forgets first.

#include "engine/ledger/code_tries.h"

#include <gtest/gtest.h>

namespace hb {
namespace {

constexpr PacketId packet{4097};
constexpr std::uint64_t most = limits::code_triers_max;

// Users `first` to `last` have made this many tries, one after the other.
void note(CodeTries& tries, std::uint64_t first, std::uint64_t last, std::uint32_t count) {
  for (std::uint64_t u = first; u <= last; ++u) tries.note(packet, UserId{u}, count);
}

std::uint64_t size(const CodeTries& tries) {
  std::uint64_t users = 0;
  tries.for_each([&](PacketId, UserId, std::uint32_t, std::uint64_t) { ++users; });
  return users;
}

TEST(CodeTries, AreKeptForEachPacketAndUser) {
  CodeTries tries;
  tries.note(packet, UserId{1}, 1);
  tries.note(packet, UserId{1}, 2);
  tries.note(packet, UserId{2}, 1);
  tries.note(PacketId{1}, UserId{1}, 5);
  EXPECT_EQ(tries.of(packet, UserId{1}), 2u);
  EXPECT_EQ(tries.of(packet, UserId{2}), 1u);
  EXPECT_EQ(tries.of(packet, UserId{3}), 0u);
  tries.forget(packet);
  EXPECT_EQ(tries.of(packet, UserId{1}), 0u);
  EXPECT_EQ(tries.of(PacketId{1}, UserId{1}), 5u);
}

TEST(CodeTries, ForgetNobodyBeforeThereAreTooMany) {
  CodeTries tries;
  note(tries, 1, most, 1);
  EXPECT_EQ(size(tries), most);
  EXPECT_EQ(tries.of(packet, UserId{1}), 1u);
  tries.note(packet, UserId{1}, 2);  // who is known needs no place
  EXPECT_EQ(tries.of(packet, UserId{2}), 1u);
}

TEST(CodeTries, ForgetTheFewestTriesFirstAndOfThoseTheOldest) {
  CodeTries tries;
  note(tries, 1, 2, 5);
  note(tries, 3, most, 1);
  tries.note(packet, UserId{3}, 1);  // the newest of these now
  note(tries, most + 1, most + 1, 1);
  EXPECT_EQ(tries.of(packet, UserId{4}), 0u);
  EXPECT_EQ(tries.of(packet, UserId{3}), 1u);
  EXPECT_EQ(tries.of(packet, UserId{1}), 5u);
  EXPECT_EQ(size(tries), most);
}

// However many strangers try: all of them must use up their tries before a locked user is free.
TEST(CodeTries, LockedUserIsForgottenOnlyOnceAllOthersWereLockedLater) {
  CodeTries tries;
  tries.note(packet, UserId{1}, 5);
  note(tries, 2, 3 * most, 4);
  EXPECT_EQ(tries.of(packet, UserId{1}), 5u);
  note(tries, 10'000'000, 10'000'000 + most - 2, 5);
  EXPECT_EQ(tries.of(packet, UserId{1}), 5u);
  tries.note(packet, UserId{5'000'000}, 1);
  EXPECT_EQ(tries.of(packet, UserId{1}), 0u);
  EXPECT_EQ(tries.of(packet, UserId{5'000'000}), 1u) << "who has just tried is remembered";
}

}  // namespace
}  // namespace hb
