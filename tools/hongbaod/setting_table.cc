// To add a setting: give it a member (of Policy, of an options struct, or of Settings) with its
// default, and a row here:
//
//   {"connections", "idle_timeout", "Closes a connection that sends nothing for so long; 0s: never",
//    one(AT(server.session.idle_timeout), DurationNotation{Duration{}, Duration::hours(24)})},
//
// A row that is not needed any more becomes retired().  A row of section "" is also a flag of the
// command line, --key.  Bounds that depend on another setting are checked by validate() of the
// struct; a message there that starts with section.key gets the setting's line put in
// front.  Then document it: the settings file in README.md here holds every setting with its
// default, which a test compares with this table.
#include "tools/hongbaod/setting_table.h"

#include <algorithm>
#include <charconv>

#include "engine/base/limits.h"
#include "engine/journal/format.h"
#include "engine/journal/writer.h"
#include "tools/hongbao/text/values.h"
#include "tools/hongbaod/settings.h"

namespace hb {

namespace {

constexpr std::pair<std::string_view, Acknowledgement> acknowledgement_names[] = {
    {"memory", Acknowledgement::memory}, {"disk", Acknowledgement::disk}};

constexpr std::pair<std::string_view, Split> split_names[] = {{"double_mean", Split::double_mean},
                                                              {"order_fair", Split::order_fair}};

constexpr std::string_view log_levels[] = {"trace", "debug", "info", "warn", "error", "off"};

// "127.0.0.1:7700" or "[::1]:7700", and behind a comma, if need be, what its answers wait for.
struct AddressNotation {
  using Value = ListenAddress;

  std::optional<Value> parse(const Written& written) const {
    if (written.form != Written::Form::text && written.form != Written::Form::word) return {};
    std::string_view text = written.text;
    Value address;
    if (const std::size_t comma = text.find(','); comma != text.npos) {
      const Written level = Written::as_word(std::string(text.substr(comma + 1)));
      address.acknowledgement = levels.parse(level);
      if (!address.acknowledgement) return std::nullopt;
      text = text.substr(0, comma);
    }
    const std::size_t colon = text.rfind(':');
    if (colon == text.npos) return std::nullopt;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, address.port);
    if (error != std::errc{} || rest != end) return std::nullopt;
    address.host = text.substr(0, colon);
    if (address.host.size() > 2 && address.host.front() == '[') {
      address.host = address.host.substr(1, address.host.size() - 2);
    }
    return address;
  }
  std::string show(const Value& address) const {
    std::string text = format_endpoint({address.host, address.port});
    if (address.acknowledgement) {
      for (const auto& [name, level] : acknowledgement_names) {
        if (level == *address.acknowledgement) text.append(",").append(name);
      }
    }
    return in_quotes(text);
  }
  std::string accepted() const {
    return "ADDR:PORT, such as \"127.0.0.1:7700\", or ADDR:PORT,LEVEL with level memory or disk";
  }
  std::string type() const { return "ADDR:PORT[,LEVEL]"; }

  ChoiceNotation<Acknowledgement> levels{acknowledgement_names};
};

// The log's levels are names to its library too.
struct LogLevelNotation {
  using Value = std::string;

  std::optional<Value> parse(const Written& written) const {
    const bool is_text = written.form == Written::Form::text || written.form == Written::Form::word;
    if (!is_text || std::ranges::count(log_levels, written.text) == 0) return std::nullopt;
    return written.text;
  }
  std::string show(const Value& value) const { return in_quotes(value); }
  std::string accepted() const {
    return "\"trace\", \"debug\", \"info\", \"warn\", \"error\" or \"off\"";
  }
  std::string type() const { return "trace|debug|info|warn|error|off"; }
};

constexpr Duration instant = Duration::us(1);  // the shortest that is not nothing
constexpr Duration life_max = Duration::us(limits::packet_life_us_max);
constexpr Duration return_window_max = Duration::us(limits::return_window_us_max);
constexpr Duration day = Duration::hours(24);
// The connections of a worker need this much, or the largest answers would never have room.
constexpr std::uint64_t memory_least = 16UL << 20;
constexpr Duration pause_max = Duration::hours(1);
constexpr Amount share_max{limits::share_amount_max};

// Sums of either, and of a window and a batch, stay far below an uint32.
constexpr std::uint32_t connections_limit = 1'000'000;
constexpr std::uint32_t window_limit = 1 << 24;

// A page and the fewest and smallest blocks.
constexpr std::uint64_t segment_bytes_min = journal::page_bytes + 2 * journal::block_bytes_min;

#define AT(member)              \
  [](auto& settings) -> auto& { \
    return settings.member;     \
  }

std::vector<Setting> process_settings() {
  return {
      {"", "listen",
       "Where clients connect; port 0: the system chooses; several may be given, each with a level",
       list(AT(listen), AddressNotation{}, {1}, false)},
      {"", "data", "Directory of the journals; made if missing",
       one(AT(engine.data), TextNotation{"a path", "PATH"})},
      {"", "workers", "Threads, each with one shard",
       one(AT(engine.workers), NumberNotation{"workers", 1, limits::shards_max})},
      {"", "cpus",
       "The workers' processors, one each, which the server's other threads leave alone where "
       "there are more; none: wherever the system puts them",
       list(AT(engine.cpus), NumberNotation{"a processor", 0, UINT32_MAX})},
      {"", "acknowledgement", "What an answer waits for, unless its listener says",
       one(AT(acknowledgement), ChoiceNotation<Acknowledgement>{acknowledgement_names})},
      {"", "insecure", "Listen beyond loopback although connections are not encrypted",
       one(AT(server.insecure), TruthNotation{})},
      {"", "accept-clock-ahead",
       "Start although the journals' last event lies in the future by the machine's clock; for one "
       "start",
       one(AT(engine.accept_clock_ahead), TruthNotation{})},
      {"", "log-level", "The least that is logged", one(AT(log_level), LogLevelNotation{})},
  };
}

std::vector<Setting> packet_policy() {
  return {
      {"policy", "share_min", "Least share",
       one(AT(engine.policy.share_min), AmountNotation{Amount(1), share_max})},
      {"policy", "share_max", "Largest share",
       one(AT(engine.policy.share_max), AmountNotation{Amount(1), share_max})},
      {"policy", "holiday_share_max", "Largest share on holidays",
       one(AT(engine.policy.holiday_share_max), AmountNotation{Amount(1), share_max})},
      {"policy", "holidays", "Dates, in the time zone below",
       list(AT(engine.policy.holidays), DateNotation{}, {0, limits::holidays_max})},
      {"policy", "shares_max", "Most shares of a packet",
       one(AT(engine.policy.shares_max), NumberNotation{"shares", 1, limits::packet_shares_max})},
      {"policy", "recipients_max", "Most users that an exclusive packet names",
       one(AT(engine.policy.recipients_max),
           NumberNotation{"users", 1, limits::packet_recipients_max})},
      {"policy", "expiry_default", "Life of a packet that does not say, from its opening",
       one(AT(engine.policy.expiry_default), DurationNotation{instant, life_max})},
      {"policy", "expiry_min", "Shortest life to ask for",
       one(AT(engine.policy.expiry_min), DurationNotation{instant, life_max})},
      {"policy", "expiry_max", "Longest life to ask for",
       one(AT(engine.policy.expiry_max), DurationNotation{instant, life_max})},
      {"policy", "opens_ahead_max", "Farthest opening time",
       one(AT(engine.policy.opens_ahead_max),
           DurationNotation{Duration{}, Duration::us(limits::opens_ahead_us_max)})},
      {"policy", "lucky_split", "How a lucky packet that does not say is split",
       one(AT(engine.policy.lucky_split), ChoiceNotation<Split>{split_names})},
      {"policy", "code_tries_max", "Wrong codes of one user for one packet, then locked",
       one(AT(engine.policy.code_tries_max), NumberNotation{"tries", 1, 1'000})},
      {"policy", "return_window", "How long after the claim a share may be returned",
       one(AT(engine.policy.return_window), DurationNotation{Duration{}, return_window_max})},
  };
}

std::vector<Setting> other_policy() {
  return {
      {"policy", "transfer_max", "Largest transfer",
       one(AT(engine.policy.transfer_max),
           AmountNotation{Amount(1), Amount(limits::transfer_amount_max)})},
      {"policy", "transfer_accept_window", "How long a transfer waits for its recipient",
       one(AT(engine.policy.transfer_accept_window), DurationNotation{instant, life_max})},
      {"policy", "transfer_arrivals", "After acceptance; the sender chooses one",
       list(AT(engine.policy.transfer_arrivals), DurationNotation{Duration{}, life_max},
            {1, limits::transfer_arrivals_max})},
      {"policy", "transfer_return_window", "How long after arrival a transfer may be returned",
       one(AT(engine.policy.transfer_return_window),
           DurationNotation{Duration{}, return_window_max})},
      {"policy", "credit_opens_wallet",
       "Whether money for a user without wallet opens one; if not, it waits",
       one(AT(engine.policy.credit_opens_wallet), TruthNotation{})},
      {"policy", "daily_count_cap", "Packets and transfers that a user may send a day; 0: no cap",
       one(AT(engine.policy.daily_count_cap), NumberNotation{"sends", 0, UINT32_MAX})},
      {"policy", "daily_amount_cap", "Their sum; 0.00: no cap",
       one(AT(engine.policy.daily_amount_cap),
           AmountNotation{Amount{}, Amount(limits::amount_max)})},
      {"policy", "daily_receive_count_cap",
       "Shares and transfers that a user may receive a day; 0: no cap",
       one(AT(engine.policy.daily_receive_count_cap), NumberNotation{"receipts", 0, UINT32_MAX})},
      {"policy", "daily_receive_amount_cap", "Their sum; 0.00: no cap",
       one(AT(engine.policy.daily_receive_amount_cap),
           AmountNotation{Amount{}, Amount(limits::amount_max)})},
      {"policy", "utc_offset", "The time zone of days and holidays",
       one(AT(engine.policy.utc_offset), OffsetNotation{})},
      {"policy", "day_start", "When a day starts there",
       one(AT(engine.policy.day_start), DurationNotation{Duration{}, Duration::us(day.us() - 1)})},
      {"policy", "page_rows_max", "Most rows of a page of a list",
       one(AT(engine.policy.page_rows_max), NumberNotation{"rows", 1, limits::page_rows_max})},
  };
}

std::vector<Setting> journal_settings() {
  return {
      {"journal", "segment_bytes", "Size of a segment file; it holds all blocks and a page",
       one(AT(engine.journal.segment_bytes),
           NumberNotation{"bytes", segment_bytes_min, std::uint64_t{1} << 40,
                          journal::page_bytes})},
      {"journal", "block_bytes_max", "Largest write",
       one(AT(engine.journal.block_bytes_max),
           NumberNotation{"bytes", journal::block_bytes_min, journal::block_bytes_limit,
                          journal::page_bytes})},
      {"journal", "block_count", "Write buffers; more than in_flight_max",
       one(AT(engine.journal.block_count), NumberNotation{"blocks", 2, 1'024})},
      {"journal", "in_flight_max", "Writes at a time",
       one(AT(engine.journal.in_flight_max), NumberNotation{"writes", 1, 1'023})},
      {"journal", "use_io_uring", "Retired",
       retired("journal.use_io_uring has no effect any more: the journal is always written by "
               "threads; remove it from the settings")},
      {"journal", "use_direct", "Write past the page cache; false: through it, synced",
       one(AT(engine.disk.use_direct), TruthNotation{})},
      {"journal", "write_inline",
       "Workers make small writes themselves, unless a listener acknowledges at memory",
       one(AT(engine.disk.write_inline), TruthNotation{})},
  };
}

std::vector<Setting> clock_settings() {
  return {
      {"clock", "ahead_max",
       "A start is refused when the journals' last event lies farther in the future",
       one(AT(engine.clock_ahead_max), DurationNotation{instant, Duration::hours(24 * 365)})},
  };
}

std::vector<Setting> archive_settings() {
  return {
      {"archive", "enabled", "Records: lists, statements, histories; false: only the feed",
       one(AT(engine.archive.enabled), TruthNotation{})},
      {"archive", "batch_events", "Events that one write to it covers",
       one(AT(engine.archive.batch_events), NumberNotation{"events", 1, 1'000'000})},
      {"archive", "pause", "Between looks at journals that have nothing new",
       one(AT(engine.archive.pause), DurationNotation{instant, pause_max})},
      {"archive", "flush_interval",
       "How often it is made durable; after a crash the rest is read from the journals again",
       one(AT(engine.archive.flush_interval), DurationNotation{instant, pause_max})},
  };
}

std::vector<Setting> connection_settings() {
  return {
      {"connections", "connections_max",
       "Connections a worker; fewer where the limit on open files (ulimit -Hn) is lower",
       one(AT(server.connections_max), NumberNotation{"connections", 1, connections_limit})},
      {"connections", "window_max", "Commands in flight a connection; a claim counts as one",
       one(AT(server.session.window_max), NumberNotation{"commands", 1, window_limit})},
      {"connections", "claim_batch_max",
       "Claims of one batch; the journal's blocks must hold it, 32 bytes a claim",
       one(AT(server.session.claim_batch_max),
           NumberNotation{"claims", 1, limits::claim_batch_max})},
      {"connections", "frame_timeout", "From a frame's first byte to its last",
       one(AT(server.session.frame_timeout), DurationNotation{instant, day})},
      {"connections", "handshake_timeout", "From connecting to Hello",
       one(AT(server.session.handshake_timeout), DurationNotation{instant, day})},
      {"connections", "unread_timeout",
       "A client that reads none of its answers for so long is cut off",
       one(AT(server.session.unread_timeout), DurationNotation{Duration::seconds(1), day})},
      {"connections", "idle_timeout", "A connection without a request for so long ends; 0s: never",
       one(AT(server.session.idle_timeout), DurationNotation{Duration{}, life_max})},
      {"connections", "keepalive", "An idle connection is probed after this; 0s: never",
       one(AT(server.keepalive), DurationNotation{Duration{}, Duration::hours(9)})},
      {"connections", "memory_bytes_max",
       "Buffers and answers of all connections a worker; beyond: overloaded",
       one(AT(server.memory_bytes_max), NumberNotation{"bytes", memory_least})},
  };
}

#undef AT

constexpr Section sections[] = {
    {"", "The process"},
    {"policy", "What is accepted from now on; packets already sent keep their terms"},
    {"journal", "The write-ahead log"},
    {"clock", "The server's time"},
    {"archive", "The records"},
    {"connections", "Bounds of the clients' connections"},
};

}  // namespace

std::span<const Setting> all_settings() {
  static const std::vector<Setting> table = [] {
    std::vector<Setting> all;
    for (auto part : {process_settings, packet_policy, other_policy, journal_settings,
                      clock_settings, archive_settings, connection_settings}) {
      for (Setting& setting : part()) all.push_back(std::move(setting));
    }
    return all;
  }();
  return table;
}

const Setting* find_setting(std::string_view section, std::string_view key) {
  const auto found = std::ranges::find_if(all_settings(), [&](const Setting& setting) {
    return setting.section == section && setting.key == key;
  });
  return found == all_settings().end() ? nullptr : &*found;
}

std::span<const Section> all_sections() {
  return sections;
}

}  // namespace hb
