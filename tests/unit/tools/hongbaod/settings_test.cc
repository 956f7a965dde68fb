// What the settings become; what of them is refused, and how, the tests of the binary tell.

#include "tools/hongbaod/settings.h"

#include <gtest/gtest.h>

#include <vector>

namespace hb {
namespace {

bool writes_inline(std::vector<const char*> flags) {
  flags.insert(flags.begin(), "hongbaod");
  const auto settings = read_settings(static_cast<int>(flags.size()), flags.data());
  EXPECT_TRUE(settings);
  return settings && settings->engine.disk.write_inline;
}

TEST(Settings, LetWorkersWaitForTheDiskOnlyWhereEveryListenerDoes) {
  EXPECT_TRUE(writes_inline({}));
  EXPECT_TRUE(writes_inline({"--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0,disk"}));
  EXPECT_FALSE(writes_inline({"--acknowledgement", "memory"}));
  EXPECT_FALSE(writes_inline({"--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0,memory"}));
}

TEST(Settings, RefuseAStartFarBehindTheJournalsUnlessAFlagAcceptsIt) {
  const auto accepts = [](std::vector<const char*> flags) {
    flags.insert(flags.begin(), "hongbaod");
    const auto settings = read_settings(static_cast<int>(flags.size()), flags.data());
    EXPECT_TRUE(settings);
    return settings && settings->engine.accept_clock_ahead;
  };
  EXPECT_FALSE(accepts({}));
  EXPECT_TRUE(accepts({"--accept-clock-ahead"}));
}

}  // namespace
}  // namespace hb
