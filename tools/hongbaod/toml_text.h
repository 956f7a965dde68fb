// TOML, read as a list of assignments.
//
// The only place that knows the TOML library.  It is strict: what is not TOML is refused with its
// line and column, and so are zero bytes and bytes that are not UTF-8, by which a program or another
// binary file is told from settings.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "tools/hongbaod/written.h"

namespace hb {

// Where something stands, both from 1; a column counts characters.
struct Place {
  std::size_t line = 0;
  std::size_t column = 0;
};

struct Assignment {
  std::string section;  // "a.b" for a section in a section; empty above the first one
  std::string key;      // empty: a section's own line, before its keys
  Written value;
  Place place;  // the key's
};

struct SyntaxError {
  Place place;
  std::string what;  // ends with the line itself
};

// In the order of the text.
tl::expected<std::vector<Assignment>, SyntaxError> parse_toml(std::string_view text);

}  // namespace hb
