#include "net/server/peer_log.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "engine/base/printable.h"
#include "net/wire/status_message.h"

namespace hb::net {
namespace {

std::string suppressed_before(std::uint64_t count) {
  return count == 0 ? std::string() : fmt::format(" ({} lines like this suppressed)", count);
}

}  // namespace

std::string describe(const SessionEnd& end) {
  if (end.unread) return fmt::format("read no answer for {} s", end.limit / 1'000'000);
  const std::string status(status_message(end.status, end.limit).view());
  if (end.looks_like != Foreign::unknown) {
    return fmt::format("sent {} instead of this protocol's Hello", describe(end.looks_like));
  }
  return status;
}

void PeerLog::greeted(Time now, std::string_view peer, std::string_view client_name) {
  const std::scoped_lock lock(mutex_);
  if (const auto suppressed = greetings_.admit(now)) {
    spdlog::info("client {} is \"{}\"{}", peer, printable(client_name),
                 suppressed_before(*suppressed));
  }
}

void PeerLog::ended(Time now, std::string_view peer, std::string_view client_name,
                    const SessionEnd& end) {
  if (end.status == Status::shutting_down) return;  // all of them, and the log says so already
  const std::scoped_lock lock(mutex_);
  const auto suppressed = ends_.admit(now);
  if (!suppressed) return;
  const std::string name =
      client_name.empty() ? "" : fmt::format(" (\"{}\")", printable(client_name));
  spdlog::warn("client {}{}: connection closed: {}{}", peer, name, describe(end),
               suppressed_before(*suppressed));
}

void PeerLog::not_accepted(Time now, std::string_view why) {
  const std::scoped_lock lock(mutex_);
  if (const auto suppressed = failures_.admit(now)) {
    spdlog::warn("cannot accept a connection: {}{}", why, suppressed_before(*suppressed));
  }
}

void PeerLog::report_suppressed(Time now) {
  const std::scoped_lock lock(mutex_);
  if (const std::uint64_t count = greetings_.due(now)) {
    spdlog::info("{} more clients connected", count);
  }
  if (const std::uint64_t count = ends_.due(now)) {
    spdlog::warn("{} more connections were closed for errors of their clients", count);
  }
  if (const std::uint64_t count = failures_.due(now)) {
    spdlog::warn("{} more connections could not be accepted", count);
  }
}

}  // namespace hb::net
