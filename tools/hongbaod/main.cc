// hongbaod: the server.
//
// Exit status: 0 after a clean stop (SIGTERM or SIGINT), 2 for wrong usage, 3 when the data
// directory, the disk, the address or the clock keeps it from starting, when writing the journal
// fails, or when the system gives too little memory, or too few threads or descriptors.

#include <fmt/format.h>
#include <malloc.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstring>
#include <iostream>

#include "engine/os/exhausted.h"
#include "engine/runtime/engine.h"
#include "net/server/server.h"
#include "tools/hongbaod/open_files.h"
#include "tools/hongbaod/settings.h"
#include "tools/hongbaod/signals.h"

namespace hb {
namespace {

constexpr int cannot_start = 3;

bool flush_standard_output() {
  const bool flushed = std::cout.flush().good();
  return std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && flushed;
}

int no_output() {
  spdlog::error("standard output cannot be written");
  return cannot_start;
}

int complain(const Error& error) {
  spdlog::error("{}", error.message);
  return error.code == ErrorCode::invalid ? 2 : cannot_start;
}

void log_recovered(const Engine& engine) {
  for (std::uint16_t i = 0; i < engine.worker_count(); ++i) {
    const ShardFigures f = engine.shard(i).figures();
    spdlog::info("shard {}: {} events, {} wallets, {} packets ({} open), {} MiB", i,
                 f.appended.value, f.counts.wallets, f.counts.packets, f.counts.packets_open,
                 f.ledger_bytes >> 20);
  }
}

std::string_view show(Acknowledgement level) {
  return level == Acknowledgement::memory ? "memory" : "disk";
}

// The listeners but the first.
std::string show_others(const net::Server& server, const net::ServerOptions& options) {
  std::string text;
  for (std::size_t i = 1; i < options.listeners.size(); ++i) {
    text += fmt::format("; also on {}, acknowledgement {}", server.addresses()[i],
                        show(options.listeners[i].acknowledgement));
  }
  return text;
}

Result<void> fit_open_files(Settings& settings) {
  const std::uint64_t limit = raise_open_files_limit();
  const auto share = share_open_files(limit, settings.server.connections_max,
                                      settings.engine.workers, settings.engine.archive.enabled);
  if (!share) return fail(share.error());
  if (share->connections < settings.server.connections_max) {
    // The default was not chosen by an operator, so a lower limit of the machine is no fault.
    const bool is_default = settings.server.connections_max == net::ServerOptions{}.connections_max;
    spdlog::log(is_default ? spdlog::level::info : spdlog::level::warn,
                "room for {} connections a worker instead of {}: this process may open {} files "
                "(ulimit -Hn)",
                share->connections, settings.server.connections_max, limit);
  }
  settings.server.connections_max = share->connections;
  settings.engine.archive.open_tables_max = share->archive;
  return {};
}

// An arena of each thread reserves 64 MiB of address space, and a limit on that counts all of it.
void share_one_arena_where_address_space_is_limited() {
  rlimit space{};
  if (::getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY) {
    ::mallopt(M_ARENA_MAX, 1);
  }
}

int run(Settings settings) {
  Signals signals;
  for (const std::string& warning : settings.warnings) spdlog::warn("{}", warning);
  if (Result<void> fits = fit_open_files(settings); !fits) return complain(fits.error());
  auto engine = Engine::open(settings.engine, [](std::uint64_t done, std::uint64_t total) {
    spdlog::info("recovering: {} of {} MiB read", done >> 20, total >> 20);
  });
  if (!engine) return complain(engine.error());
  log_recovered(**engine);

  settings.server.session.shard_count = settings.engine.workers;
  net::Server server(settings.server);
  for (std::uint16_t i = 0; i < (*engine)->worker_count(); ++i) {
    server.add_worker((*engine)->worker(i), (*engine)->storage(i), (*engine)->archive(),
                      (*engine)->cpu(i));
  }
  if (Result<void> started = server.start(); !started) return complain(started.error());
  const net::Listener& first = settings.server.listeners.front();
  fmt::print("hongbaod ready: listening on {}, data {}, workers {}, acknowledgement {}{}\n",
             server.addresses().front(), settings.engine.data, settings.engine.workers,
             show(first.acknowledgement), show_others(server, settings.server));
  if (!flush_standard_output())
    spdlog::warn("standard output cannot be written; the server is ready");

  const int signal_number = signals.wait_for_stop();
  spdlog::info("stopping on {}: answering what was taken", strsignal(signal_number));
  server.stop();
  spdlog::info("stopped");
  return 0;
}

}  // namespace
}  // namespace hb

int main(int argc, char** argv) {
  hb::end_when_exhausted("hongbaod");
  hb::share_one_arena_where_address_space_is_limited();
  umask(S_IRWXG | S_IRWXO);  // whatever file anybody makes here, it is nobody else's
  spdlog::set_default_logger(spdlog::stderr_color_mt("hongbaod"));
  auto settings = hb::read_settings(argc, argv);
  // Help or a version that cannot be printed is a failure, too.
  if (!settings) return hb::flush_standard_output() ? settings.error().value : hb::no_output();
  spdlog::set_level(spdlog::level::from_str(settings->log_level));
  return hb::run(std::move(*settings));
}
