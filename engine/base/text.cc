#include "engine/base/text.h"

#include <boost/nowide/utf/utf.hpp>

#include "engine/base/limits.h"

namespace hb {

bool valid_utf8(std::string_view bytes) {
  namespace utf = boost::nowide::utf;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at != end) {
    const utf::code_point c = utf::utf_traits<char>::decode(at, end);
    if (c == utf::illegal || c == utf::incomplete) return false;
  }
  return true;
}

std::optional<Amount> parse_amount(std::string_view text) {
  const std::size_t dot = text.find('.');
  const std::string_view yuan = text.substr(0, dot);
  const std::string_view decimals = dot == text.npos ? "" : text.substr(dot + 1);
  const bool decimals_ok = dot == text.npos || decimals.size() == 1 || decimals.size() == 2;
  // Fourteen digits of yuan already reach limits::amount_max, and cannot overflow an int64.
  if (yuan.empty() || yuan.size() > 14 || !decimals_ok) return std::nullopt;

  std::int64_t fen = 0;
  for (const std::string_view part : {yuan, decimals}) {
    for (const char c : part) {
      if (c < '0' || c > '9') return std::nullopt;
      fen = fen * 10 + (c - '0');
    }
  }
  for (std::size_t i = decimals.size(); i < 2; ++i) fen *= 10;
  if (fen > limits::amount_max) return std::nullopt;
  return Amount(fen);
}

std::string format_amount(Amount amount) {
  const bool negative = amount.fen() < 0;
  const std::uint64_t fen = negative ? 0 - static_cast<std::uint64_t>(amount.fen())
                                     : static_cast<std::uint64_t>(amount.fen());
  std::string text = std::to_string(fen / 100);
  text.push_back('.');
  text.push_back(static_cast<char>('0' + fen % 100 / 10));
  text.push_back(static_cast<char>('0' + fen % 10));
  return negative ? "-" + text : text;
}

}  // namespace hb
