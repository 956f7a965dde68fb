#include "engine/archive/cursors.h"

#include <charconv>
#include <cstdint>
#include <span>
#include <utility>

#include "engine/archive/keys.h"
#include "engine/base/checksum.h"

namespace hb::archive {
namespace {

constexpr std::size_t check_bytes = sizeof(std::uint32_t);
static_assert(1 + 2 * (cursor_place_bytes_max + check_bytes) <= cursor_bytes_max);

std::string check_of(std::string_view list, std::string_view place) {
  const std::string both = std::string(list) + std::string(place);
  const auto sum = checksum64(std::as_bytes(std::span(both)));
  return Key('?').add(static_cast<std::uint32_t>(sum)).str().substr(1);
}

std::optional<std::string> from_hex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    unsigned byte = 0;
    const char* const end = text.data() + i + 2;
    const auto [at, error] = std::from_chars(text.data() + i, end, byte, 16);
    if (error != std::errc{} || at != end) return std::nullopt;
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

}  // namespace

Cursor cursor_of(std::string_view list, std::string_view place) {
  const std::string bytes = std::string(place) + check_of(list, place);
  return Cursor(list.front() + to_hex(std::as_bytes(std::span(bytes))));
}

std::optional<std::string> place_in(std::string_view list, std::size_t place_bytes,
                                    const Cursor& cursor) {
  const std::string_view text = cursor.view();
  if (text.size() != 1 + 2 * (place_bytes + check_bytes)) return std::nullopt;
  auto place = from_hex(text.substr(1, 2 * place_bytes));
  return place && cursor_of(list, *place).view() == text ? place : std::nullopt;
}

}  // namespace hb::archive
