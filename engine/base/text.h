// Texts: UTF-8 validation, and amounts as people write them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/assert.h"
#include "engine/base/units.h"

namespace hb {

// True when the bytes are well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
bool valid_utf8(std::string_view bytes);

// "20", "20.5" and "20.00" are 2000, 2050 and 2000 fen.  Nothing for anything else, a sign, more
// than two decimals, or a sum over limits::amount_max.
std::optional<Amount> parse_amount(std::string_view text);

// 2050 fen is "20.50".
std::string format_amount(Amount amount);

// A short text held in place: plain data, no allocation.
template <std::size_t Capacity>
class ShortText {
 public:
  ShortText() = default;
  // REQUIRES: text.size() <= Capacity.
  explicit ShortText(std::string_view text) : size_(static_cast<std::uint16_t>(text.size())) {
    HB_ASSERT(text.size() <= Capacity);
    text.copy(bytes_.data(), text.size());
  }
  std::string_view view() const { return {bytes_.data(), size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  std::uint16_t size_ = 0;
  std::array<char, Capacity> bytes_{};
};

}  // namespace hb
