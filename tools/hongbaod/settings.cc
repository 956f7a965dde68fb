#include "tools/hongbaod/settings.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

#include "tools/hongbaod/setting_table.h"
#include "tools/hongbaod/settings_file.h"

namespace hb {

namespace {

constexpr int wrong_usage = 2;
constexpr int cannot_read = 3;

// The values of flags, as they were typed.
struct TypedFlag {
  const Setting* setting = nullptr;
  std::vector<std::string> words{};
};

std::string flag_of(const Setting& setting) {
  return fmt::format("--{}", setting.key);
}

// Without TOML's quotes and brackets, which the command line has not.
std::string default_of(const Setting& setting) {
  std::string text = setting.kind.show(Settings{});
  std::erase_if(text, [](char c) { return c == '"' || c == '[' || c == ']'; });
  return text;
}

void add_flag(CLI::App& app, const Setting& setting, std::vector<TypedFlag>& typed) {
  const auto take = [&typed, &setting](const std::vector<std::string>& words) {
    typed.push_back({&setting, words});
  };
  if (setting.kind.is_switch) {
    app.add_flag_callback(
        flag_of(setting), [take] { take({"true"}); }, std::string(setting.help));
    return;
  }
  const std::string shown = default_of(setting);
  CLI::Option* const option = app.add_option_function<std::vector<std::string>>(
      flag_of(setting), take,
      shown.empty() ? std::string(setting.help) : fmt::format("{} [{}]", setting.help, shown));
  option->option_text(setting.kind.type)->allow_extra_args(false);
  if (!setting.kind.is_list) option->expected(1);
}

std::string file_help() {
  std::string text =
      "Exit status: 0 clean stop, 2 a flag or setting is wrong, 3 the data directory, the disk, "
      "the\n"
      "address or the clock keeps it from starting, or writing, memory, threads or descriptors "
      "fail.\n\n"
      "The settings file is TOML.  It takes the settings above, without their dashes, and these, "
      "which "
      "are\nshown with their defaults (tools/hongbaod/README.md has them all as one file):\n";
  for (const Section& section : all_sections()) {
    if (section.name.empty()) continue;
    text += fmt::format("\n[{}]  {}\n", section.name, section.help);
    for (const Setting& setting : all_settings()) {
      if (setting.section != section.name || setting.kind.is_retired) continue;
      const std::string line = fmt::format("{} = {}", setting.key, setting.kind.show(Settings{}));
      text += fmt::format("  {:<29} {}\n", line, setting.help);
    }
  }
  return text;
}

std::vector<std::string> apply_flags(const std::vector<TypedFlag>& typed, Settings& settings) {
  std::vector<std::string> problems;
  for (const auto& [setting, words] : typed) {
    Written written{.form = Written::Form::list};
    for (const std::string& word : words) written.items.push_back(Written::as_word(word));
    for (const Written& item : written.items) {
      written.shown += (written.shown.empty() ? "" : ", ") + item.shown;
    }
    const Written& value = setting->kind.is_list ? written : written.items.front();
    if (setting->kind.write(settings, value)) continue;
    problems.push_back(fmt::format("{} is {}; accepted: {}", flag_of(*setting), value.shown,
                                   setting->kind.accepted));
  }
  return problems;
}

// Does not wait for the disk on behalf of others when a client itself does not.
bool all_wait_for_disk(const net::ServerOptions& server) {
  return std::ranges::all_of(server.listeners, [](const net::Listener& listener) {
    return listener.acknowledgement == Acknowledgement::disk;
  });
}

// What follows from several settings together.
void derive(Settings& settings) {
  net::ServerOptions& server = settings.server;
  server.listeners.clear();
  for (const ListenAddress& address : settings.listen) {
    const Acknowledgement level = address.acknowledgement.value_or(settings.acknowledgement);
    server.listeners.push_back(
        {.host = address.host, .port = address.port, .acknowledgement = level});
  }
  settings.engine.disk.write_inline &= all_wait_for_disk(server);
}

tl::unexpected<ExitStatus> refuse(const std::vector<std::string>& problems, int status) {
  for (const std::string& problem : problems) fmt::print(stderr, "hongbaod: {}\n", problem);
  return tl::unexpected(ExitStatus{status});
}

tl::expected<Settings, ExitStatus> assemble(const std::optional<std::string>& config,
                                            const std::vector<TypedFlag>& typed) {
  Settings settings;
  settings.server.session.server_version = HB_VERSION;
  SettingsFile file("", "");
  if (config) {
    Result<SettingsFile> found = SettingsFile::read(*config);
    if (!found) {
      const bool wrong = found.error().code == ErrorCode::invalid;
      return refuse({found.error().message}, wrong ? wrong_usage : cannot_read);
    }
    file = std::move(*found);
  }
  std::vector<std::string> problems = file.apply(settings);
  std::ranges::move(apply_flags(typed, settings), std::back_inserter(problems));
  if (!problems.empty()) return refuse(problems, wrong_usage);
  derive(settings);
  if (Result<void> valid = validate(settings); !valid) {
    return refuse({file.located(valid.error().message)}, wrong_usage);
  }
  return settings;
}

// A batch is decided when the journal has room for all of its claims, and some room is kept for a
// record of another kind.
Result<void> validate_batches(const Settings& settings) {
  const std::size_t room_bytes = journal::room_bytes_max(settings.engine.journal);
  const std::uint32_t claims = settings.server.session.claim_batch_max;
  const std::size_t needed_bytes = claims * sizeof(Claimed) + limits::record_bytes_max;
  if (needed_bytes <= room_bytes) return {};
  return fail(ErrorCode::invalid,
              fmt::format("connections.claim_batch_max is {}, but a batch of so many claims needs "
                          "{} bytes, more than the {} that journal.block_count blocks of "
                          "journal.block_bytes_max surely hold; make it smaller, or one of them "
                          "larger",
                          claims, needed_bytes, room_bytes));
}

}  // namespace

tl::expected<Settings, ExitStatus> read_settings(int argc, const char* const* argv) {
  CLI::App app{"The claim engine for red packets.", "hongbaod"};
  app.set_version_flag("--version", HB_VERSION);
  std::optional<std::string> config;
  app.add_option("--config", config, "Settings file; a flag here wins over it")->type_name("FILE");
  // For one start, so it is no setting of the file.
  std::optional<std::uint64_t> accept_lost_events;
  app.add_option("--accept-lost-events", accept_lost_events,
                 "Start although events are missing from the journals: the number that the refusal "
                 "to start names.  For one start; restore the files instead if you can")
      ->type_name("N");
  std::vector<TypedFlag> typed;
  for (const Setting& setting : all_settings()) {
    if (setting.section.empty()) add_flag(app, setting, typed);
  }
  app.footer(file_help());
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return tl::unexpected(ExitStatus{app.exit(error) == 0 ? 0 : wrong_usage});
  }
  auto settings = assemble(config, typed);
  if (settings) settings->engine.accept_lost_events = accept_lost_events;
  return settings;
}

Result<void> validate(const Settings& settings) {
  if (Result<void> valid = hb::validate(settings.engine.policy); !valid) return valid;
  if (Result<void> valid = journal::validate(settings.engine.journal); !valid) return valid;
  if (Result<void> valid = validate_batches(settings); !valid) return valid;
  return net::validate(settings.server);
}

}  // namespace hb
