#define OPENSSL_SUPPRESS_DEPRECATED  // SHA256_Init and its kin, see Sha256

#include "engine/base/checksum.h"

#include <openssl/sha.h>
#include <xxhash.h>

#include <new>

namespace hb {

std::uint64_t checksum64(std::span<const std::byte> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

Checksum128 checksum128(std::span<const std::byte> bytes) {
  const XXH128_hash_t h = XXH3_128bits(bytes.data(), bytes.size());
  return {h.low64, h.high64};
}

// OpenSSL's plain functions: its EVP interface, which SHA256() takes too, looks the algorithm up
// under a lock each time, and that costs more than hashing a seed.
Sha256::Sha256() {
  static_assert(sizeof(SHA256_CTX) <= sizeof state_ && alignof(SHA256_CTX) <= 8);
  SHA256_Init(new (state_) SHA256_CTX);
}

void Sha256::update(std::span<const std::byte> bytes) {
  SHA256_Update(reinterpret_cast<SHA256_CTX*>(state_), bytes.data(), bytes.size());
}

Digest256 Sha256::finish() {
  Digest256 digest;
  SHA256_Final(reinterpret_cast<unsigned char*>(digest.data()),
               reinterpret_cast<SHA256_CTX*>(state_));
  return digest;
}

Digest256 sha256(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

std::string to_hex(std::span<const std::byte> bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::byte b : bytes) {
    text.push_back(digits[std::to_integer<unsigned>(b) >> 4]);
    text.push_back(digits[std::to_integer<unsigned>(b) & 15]);
  }
  return text;
}

}  // namespace hb
