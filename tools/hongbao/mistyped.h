// What was mistyped in a command line that the parser refused, and what was probably meant.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

namespace hb::cli {

// In words: the first subcommand or option that does not exist, and the nearest that does, if any
// is near.  Nothing: all words are known, something else is wrong.
std::optional<std::string> mistyped(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace hb::cli
