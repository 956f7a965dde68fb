// Text made safe to print on a terminal and in a log.
//
// Hazard: a terminal acts on control characters (U+009B alone starts a sequence), a log reader
// takes a line break for the end of an entry, and bidirectional controls show text in another
// order than it has.  Text of users, files and clients may hold all of them.
//
// Escaped, as \u202e (a surrogate pair above U+FFFF) or \n, \r, \t:
//   - C0, DEL, C1;
//   - bidirectional controls, line and paragraph separators, and all else that is invisible by
//     definition (Unicode's Default_Ignorable_Code_Point, interlinear annotations);
//   - except where an invisible character has a visible effect: one variation selector after a
//     character, a zero-width joiner between two pictographs, either joiner within a script that
//     joins its letters (Arabic to Mongolian), and the tags of a flag.
// A byte that is not UTF-8 becomes \xff.  All else, backslashes too, is left as it is.
//
// Cost: one pass; a copy where the text is printable ASCII.
#pragma once

#include <string>
#include <string_view>

namespace hb {

std::string printable(std::string_view text);

// The same for a text of several lines: keeps '\n'.
std::string printable_lines(std::string_view text);

}  // namespace hb
