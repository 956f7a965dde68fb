// The server's settings: from the command line and from a TOML file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/runtime/engine.h"
#include "net/server/options.h"

namespace hb {

// An address to listen on, as it is written; nothing: the level of all.
struct ListenAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 7700;  // 0: the system chooses
  std::optional<Acknowledgement> acknowledgement{};
};

struct Settings {
  EngineOptions engine{};
  net::ServerOptions server{};  // its listeners follow from the next two
  std::vector<ListenAddress> listen{ListenAddress{}};
  Acknowledgement acknowledgement = Acknowledgement::disk;
  std::string log_level = "info";
  // What an operator should change although the server starts; a line of the log each.
  std::vector<std::string> warnings{};
};

// Nothing to run: the text (help, version or what is wrong) has been printed, this is the status.
struct ExitStatus {
  int value = 0;
};

// Reads both; the command line wins.  All that is wrong is printed, a line each: where it stands, the
// setting's name, what was written and what is accepted.
tl::expected<Settings, ExitStatus> read_settings(int argc, const char* const* argv);

// Nothing wrong, or an error that names settings that do not go together.
Result<void> validate(const Settings& settings);

}  // namespace hb
