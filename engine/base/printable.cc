#include "engine/base/printable.h"

#include <algorithm>
#include <boost/nowide/utf/utf.hpp>
#include <cstdint>
#include <iterator>

namespace hb {

namespace {

namespace utf = boost::nowide::utf;
using utf::code_point;

constexpr code_point zero_width_non_joiner = 0x200c;
constexpr code_point zero_width_joiner = 0x200d;
constexpr code_point flag_base = 0x1f3f4;  // the black flag, which tags make a region's

struct Range {
  code_point first;
  code_point last;
  bool contains(code_point c) const { return first <= c && c <= last; }
};

// Sorted.  Default_Ignorable_Code_Point of Unicode 15 without the combining grapheme joiner
// (U+034F), which is a combining mark, and the controls.
constexpr Range unseen[] = {
    {0x0000, 0x001f},    // C0
    {0x007f, 0x009f},    // DEL, C1
    {0x00ad, 0x00ad},    // soft hyphen
    {0x061c, 0x061c},    // Arabic letter mark
    {0x115f, 0x1160},    // Hangul fillers
    {0x17b4, 0x17b5},    // Khmer inherent vowels
    {0x180b, 0x180f},    // Mongolian selectors and vowel separator
    {0x200b, 0x200f},    // zero widths, left-to-right and right-to-left marks
    {0x2028, 0x202e},    // separators, embeddings and overrides
    {0x2060, 0x206f},    // word joiner, invisible operators, isolates
    {0x3164, 0x3164},    // Hangul filler
    {0xfe00, 0xfe0f},    // variation selectors
    {0xfeff, 0xfeff},    // byte order mark
    {0xffa0, 0xffa0},    // halfwidth Hangul filler
    {0xfff0, 0xfffb},    // interlinear annotations
    {0x1bca0, 0x1bca3},  // shorthand format controls
    {0x1d173, 0x1d17a},  // musical format controls
    {0xe0000, 0xe0fff},  // tags, supplementary variation selectors
};

constexpr Range variation_selectors[] = {
    {0x180b, 0x180d}, {0x180f, 0x180f}, {0xfe00, 0xfe0f}, {0xe0100, 0xe01ef}};
constexpr Range flag_tags[] = {{0xe0030, 0xe0039}, {0xe0061, 0xe007a}, {0xe007f, 0xe007f}};
// Whose letters a joiner changes.
constexpr Range joining_letters[] = {{0x0600, 0x10ff}, {0x1780, 0x18af}, {0xa840, 0xa87f}};
constexpr Range pictographs[] = {
    {0x2190, 0x2bff}, {0x3030, 0x303d}, {0x3297, 0x3299}, {0x1f000, 0x1faff}};

template <std::size_t N>
bool in(const Range (&ranges)[N], code_point c) {
  return std::ranges::any_of(ranges, [c](const Range& range) { return range.contains(c); });
}

bool is_unseen(code_point c) {
  const auto after =
      std::ranges::upper_bound(unseen, c, {}, [](const Range& range) { return range.first; });
  return after != std::begin(unseen) && std::prev(after)->contains(c);
}

bool is_plain(char byte) {
  return byte >= 0x20 && byte < 0x7f;
}

// What stands before a code point that was kept, and what comes after it.
struct Neighbours {
  code_point before;  // 0: nothing, or something escaped
  code_point after;   // 0: nothing, or not UTF-8
};

// Whether an invisible code point changes how its neighbours look.
bool has_effect(code_point c, const Neighbours& near) {
  if (near.before == 0) return false;
  if (in(variation_selectors, c)) return !is_unseen(near.before);
  if (in(flag_tags, c)) return near.before == flag_base || in(flag_tags, near.before);
  if (c != zero_width_joiner && c != zero_width_non_joiner) return false;
  if (in(joining_letters, near.before) && in(joining_letters, near.after)) return true;
  // A pictograph may carry a variation selector.
  return c == zero_width_joiner && in(pictographs, near.after) &&
         (in(pictographs, near.before) || in(variation_selectors, near.before));
}

void add_hex(std::string& to, std::uint32_t number, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    to += "0123456789abcdef"[(number >> shift) & 0xf];
  }
}

void add_escape(std::string& to, code_point c) {
  if (c == '\n' || c == '\r' || c == '\t') {
    to += '\\';
    to += c == '\n' ? 'n' : c == '\r' ? 'r' : 't';
    return;
  }
  if (c > 0xffff) {
    add_escape(to, 0xd800 + ((c - 0x10000) >> 10));
    add_escape(to, 0xdc00 + ((c - 0x10000) & 0x3ff));
    return;
  }
  to += "\\u";
  add_hex(to, c, 4);
}

code_point peek(const char* at, const char* end) {
  if (at == end) return 0;
  const code_point c = utf::utf_traits<char>::decode(at, end);
  return c == utf::illegal || c == utf::incomplete ? 0 : c;
}

std::string escaped(std::string_view text, bool keeps_line_breaks) {
  const auto passes = [&](char byte) {
    return is_plain(byte) || (keeps_line_breaks && byte == '\n');
  };
  if (std::ranges::all_of(text, passes)) return std::string(text);
  std::string to;
  to.reserve(text.size() + 16);
  code_point before = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const char* const first = at;
    const code_point c = utf::utf_traits<char>::decode(at, end);
    if (c == utf::illegal || c == utf::incomplete) {
      at = first + 1;
      to += "\\x";
      add_hex(to, static_cast<unsigned char>(*first), 2);
      before = 0;
      continue;
    }
    const bool kept = !is_unseen(c) || (keeps_line_breaks && c == '\n') ||
                      has_effect(c, {.before = before, .after = peek(at, end)});
    if (kept) {
      to.append(first, at);
    } else {
      add_escape(to, c);
    }
    before = kept && c != '\n' ? c : 0;
  }
  return to;
}

}  // namespace

std::string printable(std::string_view text) {
  return escaped(text, false);
}

std::string printable_lines(std::string_view text) {
  return escaped(text, true);
}

}  // namespace hb
