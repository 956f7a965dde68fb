// Checksums and digests: XXH3 for what the machine may damage, SHA-256 for what a person may alter.
//
// Cost here: XXH3 14 GB/s, SHA-256 about 1 GB/s (so never on the hot path for bulk data).
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace hb {

struct Checksum128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend constexpr auto operator<=>(const Checksum128&, const Checksum128&) = default;
};

// XXH3-64 and XXH3-128 (seed 0) of the bytes.
std::uint64_t checksum64(std::span<const std::byte> bytes);
Checksum128 checksum128(std::span<const std::byte> bytes);

using Digest256 = std::array<std::byte, 32>;

// SHA-256 (FIPS 180-4) of the bytes.
Digest256 sha256(std::span<const std::byte> bytes);

// The same of bytes that come in pieces.
// Errors: none; OpenSSL failing to make a context is out of memory, which stops the process.
class Sha256 {
 public:
  Sha256();
  void update(std::span<const std::byte> bytes);
  // The digest of all pieces.  The object is then used up.
  Digest256 finish();

 private:
  alignas(8) std::byte state_[112];
};

// Lower-case hexadecimal.
std::string to_hex(std::span<const std::byte> bytes);

}  // namespace hb
