// What schema/README.md shows is so.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "engine/base/partition.h"
#include "net/wire/frame.h"
#include "net/wire/request_decoder.h"
#include "net/wire/request_encoder.h"

namespace hb::net {
namespace {

alignas(8) constexpr std::array<std::uint8_t, 56> manual_ping = {
    0x30, 0x00, 0x00, 0x00, 0x48, 0x42, 0x00, 0x00,  //
    0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0e, 0x00,  //
    0x14, 0x00, 0x0c, 0x00, 0x00, 0x00, 0x00, 0x00,  //
    0x0b, 0x00, 0x04, 0x00, 0x0e, 0x00, 0x00, 0x00,  //
    0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,  //
    0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,  //
    0x04, 0x00, 0x04, 0x00, 0x04, 0x00, 0x00, 0x00};

TEST(SchemaManual, PingExampleIsReadAndWrittenByteForByte) {
  const auto bytes = std::as_bytes(std::span(manual_ping));
  const Request request = decode_request(first_frame(bytes, 1024).payload);
  EXPECT_EQ(request.id, 7);
  EXPECT_TRUE(std::holds_alternative<Ping>(request.body));

  RequestEncoder encoder;
  const RequestEncoder::Frame frame = encoder.ping(7);
  EXPECT_TRUE(std::equal(frame.begin(), frame.end(), bytes.begin(), bytes.end()));
}

TEST(SchemaManual, PartitionVectorsHold) {
  struct Vector {
    std::uint64_t user, hash;
    std::uint16_t partition;
  };
  const Vector vectors[] = {
      {1, 0x5692161d100b05e5, 1385},         {2, 0xdbd238973a2b148a, 3517},
      {3, 0x1e535eede31428f0, 485},          {1000, 0xc1936642eba4ead7, 3097},
      {123456789, 0xf21c87d4233ffd60, 3873}, {UINT64_MAX, 0xb4d055fcf2cbbd7b, 2893},
  };
  for (const Vector& v : vectors) {
    EXPECT_EQ(mix64(v.user), v.hash);
    EXPECT_EQ(partition_of(UserId(v.user)), PartitionId(v.partition));
  }
  EXPECT_EQ(partition_of(PacketId(8191)), PartitionId(4095));
  EXPECT_EQ(partition_of(PacketId(20480123)), PartitionId(123));
}

}  // namespace
}  // namespace hb::net
