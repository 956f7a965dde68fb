// Properties that RapidCheck tries to refute, with the seed that every other random test takes.
//
//   EXPECT_TRUE(holds("a share is within the bounds", [](const SplitState& whole) { ... }));
//
// HB_SEED chooses the cases, like everywhere (see seed.h).  A refuted property prints the smallest
// case that was found, and an RC_PARAMS that goes through it again; a RC_PARAMS in the environment
// is left as it is (https://github.com/emil-e/rapidcheck/blob/master/doc/configuration.md).
#pragma once

#include <rapidcheck.h>

#include <cstdlib>
#include <string>
#include <utility>

#include "tests/support/seed.h"

namespace hb::test {

inline constexpr int property_cases = 2'000;

// False, and told on standard error, when there is a case for which `property` fails.
template <class Property>
bool holds(const std::string& sentence, Property&& property) {
  const std::string settings =
      "seed=" + std::to_string(seeds(1).front()) + " max_success=" + std::to_string(property_cases);
  // RapidCheck reads it once, before its first property.
  setenv("RC_PARAMS", settings.c_str(), /*replace=*/0);
  return rc::check(sentence, std::forward<Property>(property));
}

}  // namespace hb::test
