// The server's settings: from the command line and from a TOML file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/runtime/engine.h"
#include "net/server/options.h"

namespace hb {

struct Settings {
  EngineOptions engine{};
  net::ServerOptions server{};
  std::string log_level = "info";
  // What an operator should change although the server starts; a line of the log each.
  std::vector<std::string> warnings{};
};

// Nothing to run: the text (help, version or what is wrong) has been printed, this is the status.
struct ExitStatus {
  int value = 0;
};

// Reads both; the command line wins.  An unknown key or a bad value is told by its name.
tl::expected<Settings, ExitStatus> read_settings(int argc, const char* const* argv);

// Nothing wrong, or an error that names settings that do not go together.
Result<void> validate(const Settings& settings);

}  // namespace hb
