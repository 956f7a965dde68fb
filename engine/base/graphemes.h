// What a reader takes for one character: extended grapheme clusters (Unicode's UAX #29), as in a
// letter with its accent, a flag, or people joined to a family.
#pragma once

#include <string_view>
#include <vector>

namespace hb {

// The clusters of a text in their order.  A byte that is not UTF-8 is a cluster of its own.
std::vector<std::string_view> graphemes(std::string_view text);

// False for a space, a control or a format character: a reader sees nothing there.
bool is_visible(std::string_view grapheme);

}  // namespace hb
