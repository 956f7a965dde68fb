#include "net/wire/buffers.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace hb::net {
namespace {

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string text(std::span<const std::byte> from) {
  return {reinterpret_cast<const char*>(from.data()), from.size()};
}

TEST(ByteBuffer, GivesBackWhatWasAppendedInOrder) {
  ByteBuffer buffer;
  buffer.append(bytes("red "));
  buffer.append(bytes("packet"));
  EXPECT_EQ(text(buffer.bytes()), "red packet");
  buffer.consumed(4);
  EXPECT_EQ(text(buffer.bytes()), "packet");
}

TEST(ByteBuffer, KeepsUnconsumedBytesWhenItGrows) {
  ByteBuffer buffer;
  buffer.append(bytes(std::string(buffer_initial_bytes - 8, 'a')));
  buffer.consumed(buffer_initial_bytes - 16);
  buffer.append(bytes(std::string(buffer_initial_bytes, 'b')));
  EXPECT_EQ(text(buffer.bytes()), std::string(8, 'a') + std::string(buffer_initial_bytes, 'b'));
}

TEST(ByteBuffer, MovesToTheFrontBeforeItGrows) {
  ByteBuffer buffer;
  buffer.append(bytes(std::string(buffer_initial_bytes - 8, 'a')));
  buffer.consumed(buffer_initial_bytes - 16);
  EXPECT_GE(buffer.room(buffer_initial_bytes - 8).size(), buffer_initial_bytes - 8);
  EXPECT_EQ(buffer.capacity(), buffer_initial_bytes);
  EXPECT_EQ(text(buffer.bytes()), std::string(8, 'a'));
}

TEST(ByteBuffer, GrowsToItsCapacityMaxAndNoFurther) {
  ByteBuffer buffer;
  const std::size_t capacity_max = buffer_initial_bytes + 8;
  buffer.append(bytes(std::string(buffer_initial_bytes, 'a')));
  EXPECT_EQ(buffer.room(8, capacity_max).size(), 8);
  EXPECT_EQ(buffer.capacity(), capacity_max);
}

TEST(ByteBuffer, ReleaseGivesTheMemoryBack) {
  ByteBuffer buffer;
  buffer.append(bytes("x"));
  buffer.consumed(1);
  buffer.release();
  EXPECT_EQ(buffer.capacity(), 0);
  buffer.append(bytes("again"));
  EXPECT_EQ(text(buffer.bytes()), "again");
}

TEST(SendBuffer, OutputStaysWhereItIsWhileMoreGathers) {
  SendBuffer buffer;
  buffer.append(bytes("first"));
  const auto output = buffer.output();
  buffer.append(bytes(std::string(1 << 20, 'x')));
  EXPECT_EQ(text(output), "first");
  EXPECT_EQ(buffer.output().data(), output.data());
}

TEST(SendBuffer, WhatGatheredComesWhenTheFirstPartIsConsumed) {
  SendBuffer buffer;
  buffer.append(bytes("first"));
  ASSERT_EQ(text(buffer.output()), "first");
  buffer.append(bytes("second"));
  buffer.consumed(2);
  EXPECT_EQ(text(buffer.output()), "rst");
  buffer.consumed(3);
  EXPECT_EQ(text(buffer.output()), "second");
  buffer.consumed(6);
  EXPECT_TRUE(buffer.output().empty());
  EXPECT_TRUE(buffer.empty());
}

}  // namespace
}  // namespace hb::net
