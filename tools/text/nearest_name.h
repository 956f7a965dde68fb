// The name that was probably meant where an unknown one was typed.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace hb {

// The known name that the fewest insertions, deletions, replacements and swaps of neighbours turn
// `typed` into; the first of several.  Empty when even that one differs in more than a third of the
// longer name's characters.
std::string_view nearest_name(std::string_view typed, std::span<const std::string_view> known);

// "; did you mean 'share_max'?", or nothing when no known name is near.
std::string did_you_mean(std::string_view typed, std::span<const std::string_view> known);

}  // namespace hb
