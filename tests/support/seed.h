// The seeds that a random test runs with.
//
// By default a fixed range, so that every run of a commit tests the same; HB_SEED=N in the
// environment runs the one seed N instead, to repeat a failure or to look for a new one.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace hb::test {

// 1 .. count, or the seed that HB_SEED names.
inline std::vector<std::uint64_t> seeds(std::uint64_t count) {
  if (const char* const chosen = std::getenv("HB_SEED")) return {std::stoull(chosen)};
  std::vector<std::uint64_t> all;
  for (std::uint64_t seed = 1; seed <= count; ++seed) all.push_back(seed);
  return all;
}

// What a failure prints: SCOPED_TRACE(seed_text(seed)).
inline std::string seed_text(std::uint64_t seed) {
  return "repeat with HB_SEED=" + std::to_string(seed);
}

}  // namespace hb::test
