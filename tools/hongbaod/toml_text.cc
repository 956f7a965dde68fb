#include "tools/hongbaod/toml_text.h"

// toml++ 3.3.0 asserts, instead of reporting an error, where a section's name starts with what no
// name does ("[[["); without assertions it would read on as if it had.  So its assertions stay, in
// this file, whatever the build type, and throw.
#undef NDEBUG

namespace hb {
namespace {

struct AssertionOfToml {};

[[noreturn]] void throw_assertion() {
  throw AssertionOfToml();
}

}  // namespace
}  // namespace hb

#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 1
#define TOML_ASSERT(condition) ((condition) ? void() : hb::throw_assertion())
#include <toml++/toml.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <tuple>

#include "engine/base/text.h"
#include "tools/hongbao/text/values.h"

namespace hb {

namespace {

constexpr std::size_t shown_bytes_max = 80;

// Line `number`, from 1, without its end.
std::string_view line_of(std::string_view text, std::size_t number) {
  for (std::size_t i = 1; i < number; ++i) {
    const std::size_t end = text.find('\n');
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  std::string_view line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// The byte at which the character of that column, from 1, starts.
std::size_t offset_of(std::string_view line, std::size_t column) {
  std::size_t at = 0;
  for (std::size_t i = 1; i < column && at < line.size(); ++i) {
    do ++at;
    while (at < line.size() && continues_character(line[at]));
  }
  return at;
}

// At most so much of it, and whole characters.
std::string shortened(std::string_view text) {
  if (text.size() <= shown_bytes_max) return std::string(text);
  std::size_t end = shown_bytes_max;
  while (end > 0 && continues_character(text[end])) --end;
  return std::string(text.substr(0, end)) + "...";
}

SyntaxError syntax_error(std::string_view text, Place place, std::string what) {
  what += ": " + in_quotes(shortened(line_of(text, place.line)));
  return {place, std::move(what)};
}

Place place_of(const toml::source_position& position) {
  return {position.line, position.column};
}

std::optional<SyntaxError> not_a_text(std::string_view text) {
  std::size_t number = 1;
  for (std::string_view rest = text; !rest.empty(); ++number) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    const std::size_t zero = line.find('\0');
    if (zero != line.npos) {
      return SyntaxError{{number, zero + 1}, "a zero byte: this is no settings file"};
    }
    if (!valid_utf8(line)) {
      return SyntaxError{{number, 1}, "bytes that are not UTF-8: this is no settings file"};
    }
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  return std::nullopt;
}

bool asserts(std::string_view text) {
  try {
    std::ignore = toml::parse(text);
  } catch (const toml::parse_error&) {
  } catch (const AssertionOfToml&) {
    return true;
  }
  return false;
}

// The first line with which it asserts.
SyntaxError error_at_assertion(std::string_view text) {
  std::size_t number = 1;
  std::size_t end = text.find('\n');
  while (end != text.npos && !asserts(text.substr(0, end))) {
    ++number;
    end = text.find('\n', end + 1);
  }
  return syntax_error(text, {number, 1}, "this is not TOML");
}

// The node as it stands in the text; of one over several lines the first.
std::string source_of(const toml::node& node, std::string_view text) {
  const toml::source_region& region = node.source();
  const std::string_view line = line_of(text, region.begin.line);
  const std::size_t begin = offset_of(line, region.begin.column);
  const bool one_line = region.begin.line == region.end.line;
  const std::size_t end = one_line ? offset_of(line, region.end.column) : line.size();
  return shortened(line.substr(begin, end - begin)) + (one_line ? "" : "...");
}

template <class Value>
std::string streamed(const Value& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

Written written(const toml::node& node, std::string_view text);

Written written_list(const toml::array& array, std::string_view text) {
  Written list{.form = Written::Form::list};
  for (const toml::node& item : array) {
    list.items.push_back(written(item, text));
    list.shown += (list.shown.empty() ? "" : ", ") + list.items.back().shown;
  }
  list.shown = "[" + shortened(list.shown) + "]";
  return list;
}

Written written(const toml::node& node, std::string_view text) {
  using Form = Written::Form;
  if (const auto* array = node.as_array()) return written_list(*array, text);
  if (const auto* string = node.as_string()) {
    return {
        .form = Form::text, .text = string->get(), .shown = in_quotes(shortened(string->get()))};
  }
  Written value{.form = Form::other, .shown = source_of(node, text)};
  if (const auto* number = node.as_integer()) {
    value.form = Form::number;
    value.text = std::to_string(number->get());
  } else if (const auto* truth = node.as_boolean()) {
    value.form = Form::truth;
    value.text = truth->get() ? "true" : "false";
  } else if (const auto* date = node.as_date()) {
    value.form = Form::date;
    value.text = streamed(date->get());
  }
  return value;
}

std::string joined(const std::string& section, std::string_view key) {
  return section.empty() ? std::string(key) : section + "." + std::string(key);
}

void add_assignments(const toml::table& table, const std::string& section, std::string_view text,
                     std::vector<Assignment>& into) {
  for (const auto& [key, node] : table) {
    const Place place = place_of(key.source().begin);
    if (const toml::table* inner = node.as_table()) {
      const std::string name = joined(section, key.str());
      into.push_back({.section = name, .key = {}, .value = {}, .place = place});
      add_assignments(*inner, name, text, into);
    } else {
      into.push_back({.section = section,
                      .key = std::string(key.str()),
                      .value = written(node, text),
                      .place = place});
    }
  }
}

}  // namespace

tl::expected<std::vector<Assignment>, SyntaxError> parse_toml(std::string_view text) {
  if (auto binary = not_a_text(text)) return tl::unexpected(std::move(*binary));
  std::vector<Assignment> assignments;
  try {
    const toml::table root = toml::parse(text);
    add_assignments(root, "", text, assignments);
  } catch (const toml::parse_error& error) {
    const Place place = place_of(error.source().begin);
    return tl::unexpected(syntax_error(text, place, std::string(error.description())));
  } catch (const AssertionOfToml&) {
    return tl::unexpected(error_at_assertion(text));
  }
  std::ranges::stable_sort(assignments, {}, [](const Assignment& assignment) {
    return std::pair(assignment.place.line, assignment.place.column);
  });
  return assignments;
}

}  // namespace hb
