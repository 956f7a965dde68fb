#include "tools/hongbao/mistyped.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "tools/text/nearest_name.h"

namespace hb::cli {

namespace {

// A negative number is a value.
bool is_option(std::string_view word) {
  return word.size() > 1 && word[0] == '-' && (word[1] < '0' || word[1] > '9');
}

// The option of that name in the subcommand, or in those that it is of.
const CLI::Option* find_option(const CLI::App* app, const std::string& name) {
  for (; app != nullptr; app = app->get_parent()) {
    if (const CLI::Option* option = app->get_option_no_throw(name)) return option;
  }
  return nullptr;
}

std::vector<std::string> option_names(const CLI::App* app) {
  std::vector<std::string> names;
  for (; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

std::vector<std::string> subcommand_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(sub->get_name());
  }
  return names;
}

std::string command_of(const CLI::App& app) {
  std::string name = app.get_name();
  for (const CLI::App* at = app.get_parent(); at != nullptr; at = at->get_parent()) {
    name = at->get_name() + " " + name;
  }
  return name;
}

std::string no_such(const CLI::App& app, std::string_view what, const std::string& word,
                    const std::vector<std::string>& known) {
  const std::vector<std::string_view> names(known.begin(), known.end());
  return fmt::format("'{}' has no {} '{}'{}", command_of(app), what, word,
                     did_you_mean(word, names));
}

}  // namespace

std::optional<std::string> mistyped(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* at = &app;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") break;
    if (is_option(word)) {
      const std::string name = word.substr(0, word.find('='));
      const CLI::Option* option = find_option(at, name);
      if (option == nullptr) return no_such(*at, "option", name, option_names(at));
      const bool has_value = option->get_expected_min() > 0 && name.size() == word.size();
      if (has_value) ++i;
      continue;
    }
    const std::vector<std::string> known = subcommand_names(*at);
    if (known.empty()) continue;  // a positional argument
    if (std::ranges::find(known, word) == known.end()) {
      return no_such(*at, "subcommand", word, known);
    }
    at = at->get_subcommand(word);
  }
  return std::nullopt;
}

}  // namespace hb::cli
