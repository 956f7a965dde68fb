#include "net/wire/frame.h"

#include <gtest/gtest.h>

#include <vector>

namespace hb::net {
namespace {

std::vector<std::byte> frame(FrameHeader header, std::size_t payload_bytes) {
  std::vector<std::byte> bytes(sizeof(header) + payload_bytes);
  std::memcpy(bytes.data(), &header, sizeof(header));
  return bytes;
}

TEST(Frame, HeaderLiesAsTheManualSays) {
  const auto bytes = frame({.payload_bytes = 0x01020308}, 0);
  const std::vector<int> expected = {0x08, 0x03, 0x02, 0x01, 'H', 'B', 0, 0};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(std::to_integer<int>(bytes[i]), expected[i]) << i;
  }
}

TEST(Frame, IsCompleteWithItsLastByte) {
  const auto bytes = frame({.payload_bytes = 16}, 16);
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_EQ(first_frame({bytes.data(), n}, 1024).state, FrameState::incomplete) << n;
  }
  const FrameView whole = first_frame(bytes, 1024);
  EXPECT_EQ(whole.state, FrameState::complete);
  EXPECT_EQ(whole.frame_bytes, 24);
  EXPECT_EQ(whole.payload.data(), bytes.data() + 8);
  EXPECT_EQ(whole.payload.size(), 16);
}

TEST(Frame, BytesAfterItAreNotItsOwn) {
  const auto bytes = frame({.payload_bytes = 16}, 40);
  EXPECT_EQ(first_frame(bytes, 1024).payload.size(), 16);
}

TEST(Frame, AtTheCapIsTakenAndOverItIsTooLarge) {
  EXPECT_EQ(first_frame(frame({.payload_bytes = 1024}, 1024), 1024).state, FrameState::complete);
  EXPECT_EQ(first_frame(frame({.payload_bytes = 1032}, 0), 1024).state, FrameState::too_large);
  EXPECT_EQ(first_frame(frame({.payload_bytes = 0xfffffff8}, 0), 1024).state,
            FrameState::too_large);
}

TEST(Frame, HeaderThatBreaksTheRulesIsMalformed) {
  const FrameHeader broken[] = {
      {.payload_bytes = 0},
      {.payload_bytes = 12},
      {.payload_bytes = 16, .magic = 0x4849},
      {.payload_bytes = 16, .reserved = 1},
  };
  for (const FrameHeader& header : broken) {
    EXPECT_EQ(first_frame(frame(header, 16), 1024).state, FrameState::malformed);
  }
}

}  // namespace
}  // namespace hb::net
