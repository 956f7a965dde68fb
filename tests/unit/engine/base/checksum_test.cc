#include "engine/base/checksum.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace hb {
namespace {

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

TEST(Sha256, YieldsTheVectorsOfFips180) {
  EXPECT_EQ(to_hex(sha256(bytes(""))),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(to_hex(sha256(bytes(std::string(1'000'000, 'a')))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Checksum64, YieldsTheKnownVectorsOfXxh3) {
  EXPECT_EQ(checksum64(bytes("")), 0x2d06800538d394c2u);
  EXPECT_EQ(checksum64(bytes("a")), 0xe6c632b61e964e1fu);
  EXPECT_EQ(checksum64(bytes("abc")), 0x78af5f94892f3950u);
}

TEST(Checksum128, YieldsTheKnownVectorOfXxh3ForNoBytes) {
  EXPECT_EQ(checksum128(bytes("")), (Checksum128{0x6001c324468d497f, 0x99aa06d3014798d8}));
}

TEST(Checksum128, ChangesWithEverySingleBit) {
  std::string block(200, 'x');
  const Checksum128 before = checksum128(bytes(block));
  for (std::size_t i = 0; i < block.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      block[i] = static_cast<char>(block[i] ^ (1 << bit));
      EXPECT_NE(checksum128(bytes(block)), before) << "byte " << i << " bit " << bit;
      block[i] = static_cast<char>(block[i] ^ (1 << bit));
    }
  }
  EXPECT_EQ(checksum128(bytes(block)), before);
}

TEST(ToHex, WritesTwoLowerCaseDigitsAByte) {
  const std::vector<std::byte> some = {std::byte{0x00}, std::byte{0x0f}, std::byte{0xa5},
                                       std::byte{0xff}};
  EXPECT_EQ(to_hex(some), "000fa5ff");
  EXPECT_EQ(to_hex({}), "");
}

}  // namespace
}  // namespace hb
