#include "tools/hongbaod/settings.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <map>
#include <string_view>

#include "engine/base/text.h"

namespace hb {

namespace {

constexpr int wrong_usage = 2;

// Sums of either, and of a window and a batch, stay far below an uint32.
constexpr std::uint32_t connections_limit = 1'000'000;
constexpr std::uint32_t window_limit = 1 << 24;

// "90s", "24h", "500ms", "7d": a whole number and a unit.
std::optional<Duration> parse_duration(std::string_view text) {
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || n < 0) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  struct Unit {
    std::string_view name;
    std::int64_t us;
  };
  for (const Unit& u :
       {Unit{"us", 1}, Unit{"ms", 1'000}, Unit{"s", 1'000'000}, Unit{"m", 60'000'000},
        Unit{"h", 3'600'000'000}, Unit{"d", 86'400'000'000}}) {
    std::int64_t us = 0;
    if (unit == u.name && !__builtin_mul_overflow(n, u.us, &us)) return Duration::us(us);
  }
  return std::nullopt;
}

std::string show_duration(Duration duration) {
  if (duration.us() % 3'600'000'000 == 0) return fmt::format("{}h", duration.us() / 3'600'000'000);
  if (duration.us() % 1'000'000 == 0) return fmt::format("{}s", duration.us() / 1'000'000);
  return fmt::format("{}us", duration.us());
}

void add_duration(CLI::App& app, const std::string& name, Duration& value,
                  const std::string& help) {
  app.add_option_function<std::string>(
         name,
         [&value, name](const std::string& text) {
           const std::optional<Duration> parsed = parse_duration(text);
           if (!parsed) {
             throw CLI::ValidationError(
                 name, fmt::format("'{}' is no duration; write 90s, 24h or 7d", text));
           }
           value = *parsed;
         },
         fmt::format("{} [{}]", help, show_duration(value)))
      ->type_name("DURATION");
}

void add_amount(CLI::App& app, const std::string& name, Amount& value, const std::string& help) {
  app.add_option_function<std::string>(
         name,
         [&value, name](const std::string& text) {
           const std::optional<Amount> parsed = parse_amount(text);
           if (!parsed) {
             throw CLI::ValidationError(name, fmt::format("'{}' is no amount; write 20.00", text));
           }
           value = *parsed;
         },
         fmt::format("{} [{}]", help, format_amount(value)))
      ->type_name("AMOUNT");
}

struct LevelName {
  std::string_view name;
  Acknowledgement level;
};
constexpr LevelName level_names[] = {{"memory", Acknowledgement::memory},
                                     {"disk", Acknowledgement::disk}};

// "127.0.0.1:7700" or "[::1]:7700", and behind a comma, if need be, what its answers wait for.
std::optional<net::Listener> parse_listener(std::string_view text, Acknowledgement level) {
  net::Listener listener{.acknowledgement = level};
  if (const std::size_t comma = text.find(','); comma != std::string_view::npos) {
    const auto* found = std::ranges::find(level_names, text.substr(comma + 1), &LevelName::name);
    if (found == std::end(level_names)) return std::nullopt;
    listener.acknowledgement = found->level;
    text = text.substr(0, comma);
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, listener.port);
  if (error != std::errc{} || rest != end) return std::nullopt;
  listener.host = text.substr(0, colon);
  if (listener.host.size() > 2 && listener.host.front() == '[') {
    listener.host = listener.host.substr(1, listener.host.size() - 2);
  }
  return listener;
}

// When everything else is read, since the level of all may come after the addresses.
void set_listeners(const std::vector<std::string>& texts, Acknowledgement level,
                   net::ServerOptions& server) {
  if (texts.empty()) {
    server.listeners.front().acknowledgement = level;
    return;
  }
  server.listeners.clear();
  for (const std::string& text : texts) {
    const std::optional<net::Listener> listener = parse_listener(text, level);
    if (!listener) {
      throw CLI::ValidationError("--listen",
                                 fmt::format("'{}' is not ADDRESS:PORT, like 127.0.0.1:7700, or "
                                             "ADDRESS:PORT,LEVEL with level memory or disk",
                                             text));
    }
    server.listeners.push_back(*listener);
  }
}

// Whoever does not wait for the disk does not wait for a worker that does either.
bool all_wait_for_disk(const net::ServerOptions& server) {
  return std::ranges::all_of(server.listeners, [](const net::Listener& listener) {
    return listener.acknowledgement == Acknowledgement::disk;
  });
}

// A section of the settings file, whose keys are not flags of the command line's help.
CLI::App& section(CLI::App& app, const std::string& name, const std::string& help) {
  CLI::App* const sub = app.add_subcommand(name, help)->group("");
  sub->configurable();
  return *sub;
}

// Flags that make sense only together.
struct ListenFlags {
  std::vector<std::string> listen{};
  Acknowledgement acknowledgement = Acknowledgement::disk;
};

void add_flags(CLI::App& app, Settings& s, ListenFlags& listen) {
  app.add_option("--listen", listen.listen,
                 "Where clients connect; port 0 lets the system choose; given again, or as a list "
                 "in the file, there are several, each with a level of its own [127.0.0.1:7700]")
      ->type_name("ADDR:PORT[,LEVEL]");
  app.add_option("--data", s.engine.data, "Directory of the journals; made if missing")
      ->capture_default_str();
  app.add_option("--workers", s.engine.workers, "Threads, each with one shard")
      ->capture_default_str();
  app.add_option("--cpus", s.engine.cpus,
                 "The workers' processors, one each, kept free of the server's other threads where "
                 "there are more [wherever the system puts them]")
      ->delimiter(',')
      ->type_name("N,...");
  app.add_option("--acknowledgement", listen.acknowledgement,
                 "What an answer waits for, unless its listener says: memory or disk [disk]")
      ->transform(CLI::CheckedTransformer(std::map<std::string, Acknowledgement>{
          {"memory", Acknowledgement::memory}, {"disk", Acknowledgement::disk}}))
      ->type_name("LEVEL");
  app.add_flag("--insecure", s.server.insecure,
               "Listen beyond loopback although connections are not encrypted");
  app.add_option("--log-level", s.log_level, "trace, debug, info, warn, error or off")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}))
      ->capture_default_str();
}

// "2026-02-17" as days since the epoch.
std::optional<std::int32_t> parse_date(const std::string& text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%4d-%2u-%2u%c", &year, &month, &day, &rest) != 3) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  return static_cast<std::int32_t>(std::chrono::sys_days(date).time_since_epoch().count());
}

// "+08:00", "-03:30".
std::optional<Duration> parse_utc_offset(const std::string& text) {
  char sign = 0;
  int hours = 0;
  int minutes = 0;
  char rest = 0;
  const int found = std::sscanf(text.c_str(), "%c%2d:%2d%c", &sign, &hours, &minutes, &rest);
  if (found != 3 || (sign != '+' && sign != '-') || minutes > 59) return std::nullopt;
  const std::int64_t seconds = hours * 3'600 + minutes * 60;
  return Duration::seconds(sign == '-' ? -seconds : seconds);
}

// A setting whose text `parse` turns into a value; what it gives nothing for is refused, with an
// example of what would be right.
template <class Value, class Parse>
void add_parsed(CLI::App& app, const std::string& name, Value& value, Parse parse,
                const std::string& example, const std::string& help) {
  app.add_option_function<std::string>(
      name,
      [&value, parse, name, example](const std::string& text) {
        const std::optional<Value> parsed = parse(text);
        if (!parsed) {
          throw CLI::ValidationError(name,
                                     fmt::format("'{}' is not valid; write {}", text, example));
        }
        value = *parsed;
      },
      help);
}

template <class Value, class Parse>
void add_list(CLI::App& app, const std::string& name, std::vector<Value>& values, Parse parse,
              const std::string& example, const std::string& help) {
  app.add_option_function<std::vector<std::string>>(
      name,
      [&values, parse, name, example](const std::vector<std::string>& texts) {
        values.clear();
        for (const std::string& text : texts) {
          const std::optional<Value> parsed = parse(text);
          if (!parsed) {
            throw CLI::ValidationError(name,
                                       fmt::format("'{}' is not valid; write {}", text, example));
          }
          values.push_back(*parsed);
        }
      },
      help);
}

void add_packet_policy(CLI::App& app, Policy& p) {
  add_amount(app, "--share_min", p.share_min, "Least share");
  add_amount(app, "--share_max", p.share_max, "Largest share");
  add_amount(app, "--holiday_share_max", p.holiday_share_max, "Largest share on holidays");
  add_list(app, "--holidays", p.holidays, parse_date, "dates like 2026-02-17", "Holidays");
  app.add_option("--shares_max", p.shares_max, "Most shares of a packet");
  app.add_option("--recipients_max", p.recipients_max, "Most users that a packet names");
  add_duration(app, "--expiry_default", p.expiry_default, "Life of a packet");
  add_duration(app, "--expiry_min", p.expiry_min, "Shortest life to ask for");
  add_duration(app, "--expiry_max", p.expiry_max, "Longest life to ask for");
  add_duration(app, "--opens_ahead_max", p.opens_ahead_max, "Farthest opening time");
  app.add_option("--lucky_split", p.lucky_split, "How lucky packets are split unless they say")
      ->transform(CLI::CheckedTransformer(std::map<std::string, Split>{
          {"double_mean", Split::double_mean}, {"order_fair", Split::order_fair}}));
  app.add_option("--code_tries_max", p.code_tries_max, "Wrong codes before a user is locked out");
  add_duration(app, "--return_window", p.return_window, "How long a share may be returned");
}

void add_policy(CLI::App& app, Policy& p) {
  add_packet_policy(app, p);
  add_amount(app, "--transfer_max", p.transfer_max, "Largest transfer");
  add_duration(app, "--transfer_accept_window", p.transfer_accept_window,
               "How long a transfer waits for its recipient");
  add_list(app, "--transfer_arrivals", p.transfer_arrivals, parse_duration, "durations like 2h",
           "Arrivals after acceptance that are offered");
  add_duration(app, "--transfer_return_window", p.transfer_return_window,
               "How long an arrived transfer may be returned");
  app.add_option("--credit_opens_wallet", p.credit_opens_wallet,
                 "Whether money for an unknown user opens a wallet");
  app.add_option("--daily_count_cap", p.daily_count_cap, "Sends of a user a day; 0: no cap");
  add_amount(app, "--daily_amount_cap", p.daily_amount_cap, "Their sum; 0: no cap");
  add_parsed(app, "--utc_offset", p.utc_offset, parse_utc_offset, "an offset like +08:00",
             "The time zone of days and holidays");
  add_duration(app, "--day_start", p.day_start, "When a day starts there");
  app.add_option("--page_rows_max", p.page_rows_max, "Most rows of a page of a list");
}

void add_sections(CLI::App& app, Settings& s) {
  add_policy(section(app, "policy", "The product's rules"), s.engine.policy);

  CLI::App& journal = section(app, "journal", "The write-ahead log");
  journal.add_option("--segment_bytes", s.engine.journal.segment_bytes, "Size of a segment file");
  journal.add_option("--block_bytes_max", s.engine.journal.block_bytes_max, "Largest write");
  journal.add_option("--block_count", s.engine.journal.block_count, "Write buffers");
  journal.add_option("--in_flight_max", s.engine.journal.in_flight_max, "Writes at a time");
  // Settings files of earlier versions have it, and an upgrade must not keep a server from starting.
  journal
      .add_option_function<std::string>(
          "--use_io_uring",
          [&s](const std::string&) {
            s.warnings.emplace_back(
                "journal.use_io_uring has no effect any more: the journal is always written by "
                "threads; remove it from the settings");
          },
          "")
      ->group("");  // not in --help
  journal.add_option("--use_direct", s.engine.disk.use_direct, "Write past the page cache");
  journal.add_option("--write_inline", s.engine.disk.write_inline,
                     "Workers make small writes themselves");

  CLI::App& archive = section(app, "archive", "The records");
  archive.add_option("--enabled", s.engine.archive.enabled, "Whether records are kept at all");
  archive.add_option("--batch_events", s.engine.archive.batch_events, "Events of one write to it")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}));
  add_duration(archive, "--pause", s.engine.archive.pause,
               "How long it rests when there is nothing new");
  add_duration(archive, "--flush_interval", s.engine.archive.flush_interval,
               "How often what it knows is made durable");

  CLI::App& connections = section(app, "connections", "Bounds of the clients' connections");
  connections.add_option("--connections_max", s.server.connections_max, "Connections a worker")
      ->check(CLI::Range(std::uint32_t{1}, connections_limit));
  connections
      .add_option("--window_max", s.server.session.window_max,
                  "Commands in flight a connection; a claim counts as one")
      ->check(CLI::Range(std::uint32_t{1}, window_limit));
  connections
      .add_option("--claim_batch_max", s.server.session.claim_batch_max, "Claims of one batch")
      ->check(CLI::Range(std::uint32_t{1}, std::uint32_t{limits::claim_batch_max}));
  add_duration(connections, "--frame_timeout", s.server.session.frame_timeout,
               "Patience with half a frame");
  add_duration(connections, "--handshake_timeout", s.server.session.handshake_timeout,
               "Patience with a silent connection");
}

}  // namespace

tl::expected<Settings, ExitStatus> read_settings(int argc, const char* const* argv) {
  Settings settings;
  settings.server.session.server_version = HB_VERSION;
  CLI::App app{"hongbaod: the claim engine for red packets"};
  app.set_version_flag("--version", HB_VERSION);
  app.set_config("--config", "", "Settings file, TOML; a flag here wins over it");
  app.allow_config_extras(CLI::config_extras_mode::error);
  ListenFlags listen;
  add_flags(app, settings, listen);
  add_sections(app, settings);
  app.footer(
      "The settings file takes the flags above, and the sections [policy], [journal], [archive] "
      "and\n"
      "[connections]; see tools/hongbaod/README.md.");
  try {
    app.parse(argc, argv);
    set_listeners(listen.listen, listen.acknowledgement, settings.server);
    settings.engine.disk.write_inline &= all_wait_for_disk(settings.server);
  } catch (const CLI::ConfigError& error) {
    // Its text ends with the key, as section.key.
    const std::string text = error.what();
    fmt::print(stderr,
               "hongbaod: unknown key '{}' in the settings file; see --help and "
               "tools/hongbaod/README.md\n",
               text.substr(text.rfind(' ') + 1));
    return tl::unexpected(ExitStatus{wrong_usage});
  } catch (const CLI::ParseError& error) {
    return tl::unexpected(ExitStatus{app.exit(error) == 0 ? 0 : wrong_usage});
  }
  return settings;
}

// A batch is decided when the journal has room for all of its claims, and some room is kept for a
// record of another kind.
Result<void> validate(const Settings& settings) {
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

}  // namespace hb
