#include "engine/base/graphemes.h"

#include <utf8proc.h>

namespace hb {

namespace {

struct Decoded {
  utf8proc_int32_t code_point = 0;  // U+FFFD: not UTF-8
  std::size_t bytes = 1;
};

// REQUIRES: text is not empty.
Decoded decode_first(std::string_view text) {
  Decoded first;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const auto size =
      utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size()), &first.code_point);
  if (size <= 0) return {.code_point = 0xfffd};
  first.bytes = static_cast<std::size_t>(size);
  return first;
}

}  // namespace

std::vector<std::string_view> graphemes(std::string_view text) {
  std::vector<std::string_view> clusters;
  utf8proc_int32_t state = 0;
  utf8proc_int32_t before = 0;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Decoded next = decode_first(text.substr(at));
    if (at > 0 && utf8proc_grapheme_break_stateful(before, next.code_point, &state)) {
      clusters.push_back(text.substr(begin, at - begin));
      begin = at;
    }
    before = next.code_point;
    at += next.bytes;
  }
  if (begin < text.size()) clusters.push_back(text.substr(begin));
  return clusters;
}

bool is_visible(std::string_view grapheme) {
  if (grapheme.empty()) return false;
  switch (utf8proc_category(decode_first(grapheme).code_point)) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
      return false;
    default:
      return true;
  }
}

}  // namespace hb
