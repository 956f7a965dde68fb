// What a setting is: where it stands in the settings file, what it accepts, where its value goes.
//
// The functions at the end make the kinds of settings; setting_table.cc has them all.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/units.h"
#include "tools/hongbaod/written.h"

namespace hb {

struct Settings;

struct SettingKind {
  std::string type;      // for --help: "AMOUNT"
  std::string accepted;  // for an error message: "an amount from \"0.01\" to \"41943.03\""
  bool is_list = false;
  bool is_switch = false;   // its flag takes no value
  bool is_retired = false;  // accepted from old files, and neither documented nor shown
  // False, and nothing has changed, for a value that is not accepted.
  std::function<bool(Settings&, const Written&)> write{};
  // Its value, as TOML.
  std::function<std::string(const Settings&)> show{};
};

struct Setting {
  std::string_view section;  // of the file; empty: the file's top, and --key is a flag
  std::string_view key;
  std::string_view help;  // one line, without the default
  SettingKind kind;

  // "policy.share_max", as errors name it.
  std::string name() const {
    return section.empty() ? std::string(key) : fmt::format("{}.{}", section, key);
  }
};

// ---- Notations: how a value of one kind is read, shown and described.  parse() gives nothing for
// what is not accepted.

struct NumberNotation {
  using Value = std::uint64_t;
  std::string_view unit;  // "shares"; may be empty
  std::uint64_t least = 0;
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t multiple_of = 1;

  std::optional<Value> parse(const Written& written) const;
  std::string show(Value value) const;
  std::string accepted() const;
  std::string type() const { return "N"; }
};

struct AmountNotation {
  using Value = Amount;
  Amount least{};
  Amount most{};

  std::optional<Value> parse(const Written& written) const;
  std::string show(Value value) const;
  std::string accepted() const;
  std::string type() const { return "AMOUNT"; }
};

struct DurationNotation {
  using Value = Duration;
  Duration least{};
  Duration most{};

  std::optional<Value> parse(const Written& written) const;
  std::string show(Value value) const;
  std::string accepted() const;
  std::string type() const { return "DURATION"; }
};

struct TruthNotation {
  using Value = bool;

  std::optional<Value> parse(const Written& written) const;
  std::string show(Value value) const { return value ? "true" : "false"; }
  std::string accepted() const { return "true or false"; }
  std::string type() const { return "true|false"; }
};

// Days since the epoch, as "2026-02-17".
struct DateNotation {
  using Value = std::int32_t;

  std::optional<Value> parse(const Written& written) const;
  std::string show(Value value) const;
  std::string accepted() const { return "a date such as \"2026-02-17\""; }
  std::string type() const { return "DATE"; }
};

// A time zone's distance from UTC.
struct OffsetNotation {
  using Value = Duration;

  std::optional<Value> parse(const Written& written) const;
  std::string show(Value value) const;
  std::string accepted() const { return "an offset from \"-14:00\" to \"+14:00\""; }
  std::string type() const { return "OFFSET"; }
};

struct TextNotation {
  using Value = std::string;
  std::string_view what;  // "a path"
  std::string_view name;  // "PATH"

  std::optional<Value> parse(const Written& written) const;
  std::string show(const Value& value) const;
  std::string accepted() const { return fmt::format("{} in quotes", what); }
  std::string type() const { return std::string(name); }
};

// An enumeration's values by name.
template <class Enumeration>
struct ChoiceNotation {
  using Value = Enumeration;
  std::span<const std::pair<std::string_view, Enumeration>> names;

  std::optional<Value> parse(const Written& written) const {
    if (written.form != Written::Form::text && written.form != Written::Form::word) return {};
    for (const auto& [name, value] : names) {
      if (written.text == name) return value;
    }
    return std::nullopt;
  }
  std::string show(Value value) const {
    for (const auto& [name, named] : names) {
      if (named == value) return fmt::format("\"{}\"", name);
    }
    return "?";
  }
  std::string accepted() const { return joined("\"", ", ", " or "); }
  std::string type() const { return joined("", "|", "|"); }

 private:
  std::string joined(std::string_view quote, std::string_view then, std::string_view last) const {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (i > 0) text += i + 1 == names.size() ? last : then;
      text.append(quote).append(names[i].first).append(quote);
    }
    return text;
  }
};

// ---- Kinds: a notation, and the place of the value.  `place` returns a reference to it, for
// Settings& and for const Settings&.

template <class Place, class Notation>
SettingKind one(Place place, Notation notation) {
  using Value = std::remove_cvref_t<decltype(place(std::declval<Settings&>()))>;
  SettingKind kind{.type = notation.type(), .accepted = notation.accepted()};
  kind.is_switch = std::same_as<Value, bool>;
  kind.write = [place, notation](Settings& settings, const Written& written) {
    const auto value = notation.parse(written);
    if (value) place(settings) = static_cast<Value>(*value);
    return value.has_value();
  };
  kind.show = [place, notation](const Settings& settings) {
    return notation.show(place(settings));
  };
  return kind;
}

// A setting of earlier versions: any value is accepted, so that an upgrade does not keep the server
// from starting, and `warning` goes to the log.
SettingKind retired(std::string warning);

// "1,2" as a list of words.
std::vector<Written> split_word(const Written& word);

struct ListBounds {
  std::size_t least = 0;
  std::size_t most = std::numeric_limits<std::size_t>::max();
};

std::string accepted_list(const std::string& accepted_item, ListBounds bounds);

// A list; one value alone is a list of it.  Behind a flag commas separate the items, unless they
// belong to them.
template <class Place, class Notation>
SettingKind list(Place place, Notation notation, ListBounds bounds = {},
                 bool commas_separate = true) {
  using Values = std::remove_cvref_t<decltype(place(std::declval<Settings&>()))>;
  SettingKind kind{.type = notation.type() + (commas_separate ? ",..." : ""),
                   .accepted = accepted_list(notation.accepted(), bounds),
                   .is_list = true};
  kind.write = [=](Settings& settings, const Written& written) {
    const bool is_list = written.form == Written::Form::list;
    Values values;
    for (const Written& part : is_list ? written.items : std::vector<Written>{written}) {
      const bool splits = commas_separate && part.form == Written::Form::word;
      for (const Written& item : splits ? split_word(part) : std::vector<Written>{part}) {
        const auto value = notation.parse(item);
        if (!value) return false;
        values.push_back(static_cast<typename Values::value_type>(*value));
      }
    }
    if (values.size() < bounds.least || values.size() > bounds.most) return false;
    place(settings) = std::move(values);
    return true;
  };
  kind.show = [place, notation](const Settings& settings) {
    std::string text;
    for (const auto& value : place(settings)) {
      text += (text.empty() ? "" : ", ") + notation.show(value);
    }
    return "[" + text + "]";
  };
  return kind;
}

}  // namespace hb
