#include "tools/hongbaod/setting.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>

#include "engine/base/duration_text.h"
#include "engine/base/text.h"
#include "tools/hongbao/text/values.h"
#include "tools/hongbaod/settings.h"

namespace hb {

namespace {

using Form = Written::Form;

bool is_text(const Written& written) {
  return written.form == Form::text || written.form == Form::word;
}

template <class Value>
std::optional<Value> between(std::optional<Value> value, Value least, Value most) {
  return value && *value >= least && *value <= most ? value : std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> NumberNotation::parse(const Written& written) const {
  if (written.form != Form::number && written.form != Form::word) return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = written.text.data() + written.text.size();
  const auto [rest, error] = std::from_chars(written.text.data(), end, number);
  if (error != std::errc{} || rest != end || number % multiple_of != 0) return std::nullopt;
  return between<std::uint64_t>(number, least, most);
}

std::string NumberNotation::show(std::uint64_t value) const {
  return std::to_string(value);
}

std::string NumberNotation::accepted() const {
  std::string text =
      multiple_of == 1 ? "a whole number" : fmt::format("a multiple of {}", multiple_of);
  if (!unit.empty()) text += fmt::format(" of {}", unit);
  if (most == std::numeric_limits<std::uint64_t>::max())
    return text + fmt::format(", at least {}", least);
  return text + fmt::format(" from {} to {}", least, most);
}

std::optional<Amount> AmountNotation::parse(const Written& written) const {
  if (!is_text(written)) return std::nullopt;
  return between(parse_amount(written.text), least, most);
}

std::string AmountNotation::show(Amount value) const {
  return in_quotes(format_amount(value));
}

std::string AmountNotation::accepted() const {
  return fmt::format("an amount in quotes from {} to {}", show(least), show(most));
}

std::optional<Duration> DurationNotation::parse(const Written& written) const {
  if (!is_text(written)) return std::nullopt;
  return between(parse_duration(written.text), least, most);
}

std::string DurationNotation::show(Duration value) const {
  return in_quotes(format_duration(value));
}

std::string DurationNotation::accepted() const {
  return fmt::format("a duration in quotes from {} to {} (units us, ms, s, m, h, d)", show(least),
                     show(most));
}

std::optional<bool> TruthNotation::parse(const Written& written) const {
  if (written.form != Form::truth && written.form != Form::word) return std::nullopt;
  if (written.text == "true") return true;
  if (written.text == "false") return false;
  return std::nullopt;
}

std::optional<std::int32_t> DateNotation::parse(const Written& written) const {
  if (!is_text(written) && written.form != Form::date) return std::nullopt;
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  char rest = 0;
  if (std::sscanf(written.text.c_str(), "%4d-%2u-%2u%c", &year, &month, &day, &rest) != 3) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  return static_cast<std::int32_t>(std::chrono::sys_days(date).time_since_epoch().count());
}

std::string DateNotation::show(std::int32_t value) const {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(value))};
  return fmt::format("\"{:04}-{:02}-{:02}\"", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::optional<Duration> OffsetNotation::parse(const Written& written) const {
  if (!is_text(written)) return std::nullopt;
  char sign = 0;
  int hours = 0;
  int minutes = 0;
  char rest = 0;
  const int found =
      std::sscanf(written.text.c_str(), "%c%2d:%2d%c", &sign, &hours, &minutes, &rest);
  if (found != 3 || (sign != '+' && sign != '-') || hours < 0 || minutes < 0 || minutes > 59) {
    return std::nullopt;
  }
  const std::int64_t seconds = hours * 3'600 + minutes * 60;
  return between(std::optional(Duration::seconds(sign == '-' ? -seconds : seconds)),
                 Duration::hours(-14), Duration::hours(14));
}

std::string OffsetNotation::show(Duration value) const {
  const std::int64_t minutes = std::abs(value.us()) / 60'000'000;
  return fmt::format("\"{}{:02}:{:02}\"", value < Duration{} ? '-' : '+', minutes / 60,
                     minutes % 60);
}

std::optional<std::string> TextNotation::parse(const Written& written) const {
  if (!is_text(written) || written.text.empty()) return std::nullopt;
  if (written.text.find('\0') != std::string::npos) return std::nullopt;
  return written.text;
}

std::string TextNotation::show(const std::string& value) const {
  return in_quotes(value);
}

SettingKind retired(std::string warning) {
  SettingKind kind;
  kind.is_retired = true;
  kind.write = [warning = std::move(warning)](Settings& settings, const Written&) {
    settings.warnings.push_back(warning);
    return true;
  };
  kind.show = [](const Settings&) { return std::string(); };
  return kind;
}

std::vector<Written> split_word(const Written& word) {
  std::vector<Written> items;
  std::size_t begin = 0;
  while (true) {
    const std::size_t comma = word.text.find(',', begin);
    items.push_back(Written::as_word(word.text.substr(begin, comma - begin)));
    if (comma == std::string::npos) return items;
    begin = comma + 1;
  }
}

std::string accepted_list(const std::string& accepted_item, ListBounds bounds) {
  std::string text = "a list, each ";
  if (bounds.most != std::numeric_limits<std::size_t>::max()) {
    text = fmt::format("a list of {} to {}, each ", bounds.least, bounds.most);
  }
  return text + accepted_item;
}

}  // namespace hb
