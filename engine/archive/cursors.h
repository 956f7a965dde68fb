// Cursors: a letter for the list, a place in it, and a check of the place and of whose list it is,
// in hexadecimal.  So a cursor of another list, or nonsense, is told from one that was given out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "engine/archive/queries.h"

namespace hb::archive {

// What fits Cursor.
inline constexpr std::size_t cursor_place_bytes_max = 27;

// `list` is the Key that all keys of the list begin with.
// REQUIRES: place.size() <= cursor_place_bytes_max.
Cursor cursor_of(std::string_view list, std::string_view place);

// The place, or nothing when it is no cursor of this list, with a place of so many bytes.
std::optional<std::string> place_in(std::string_view list, std::size_t place_bytes,
                                    const Cursor& cursor);

}  // namespace hb::archive
