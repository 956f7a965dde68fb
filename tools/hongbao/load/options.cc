#include "tools/hongbao/load/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "engine/base/limits.h"
#include "tools/hongbao/load/claim_workloads.h"

namespace hb::load {

namespace {

constexpr std::array<std::pair<WorkloadKind, std::string_view>, 5> names = {{
    {WorkloadKind::claim, "claim"},
    {WorkloadKind::grab_storm, "grab-storm"},
    {WorkloadKind::send, "send"},
    {WorkloadKind::mixed, "mixed"},
    {WorkloadKind::expiry_storm, "expiry-storm"},
}};

// Batches under way on a connection, so that the server has the next while it answers one.
constexpr std::uint32_t batches_in_flight = 4;
constexpr std::uint32_t sends_in_flight = 1'024;
constexpr std::uint32_t window_max = 65'536;

std::uint32_t default_window(const LoadOptions& options) {
  if (options.rate > 0) return window_max;
  if (options.workload == WorkloadKind::send) return sends_in_flight;
  return options.batch == 1 ? 1 : options.batch * batches_in_flight;
}

std::uint32_t default_shares(WorkloadKind workload) {
  if (workload == WorkloadKind::grab_storm) return GrabStorm::share_count;
  return workload == WorkloadKind::send ? 10 : 100;
}

Result<void> check(const LoadOptions& options) {
  const auto wrong = [](const std::string& why) { return fail(ErrorCode::invalid, why); };
  if (options.batch > limits::claim_batch_max) {
    return wrong(fmt::format("--batch is {} at most", limits::claim_batch_max));
  }
  if (options.window < options.batch && options.workload != WorkloadKind::send) {
    return wrong(
        fmt::format("--window {} does not hold a batch of {}", options.window, options.batch));
  }
  if (options.duration.us() <= 0) return wrong("--duration must be more than nothing");
  if (options.warm_up.us() < 0 || options.warm_up.us() % Duration::seconds(1).us() != 0) {
    return wrong("--warm-up is whole seconds");
  }
  if (options.threads > options.connections) {
    return wrong("--threads must not be more than --connections");
  }
  if (options.share_count > limits::packet_shares_max) {
    return wrong(fmt::format("--shares is {} at most", limits::packet_shares_max));
  }
  if (options.users > std::uint64_t{1} << Scene::user_bits_max) {
    return wrong(fmt::format("--users is {} at most", std::uint64_t{1} << Scene::user_bits_max));
  }
  if (options.workload == WorkloadKind::grab_storm &&
      options.share_count != GrabStorm::share_count) {
    return wrong(fmt::format("a grab storm's packets have {} shares", GrabStorm::share_count));
  }
  return {};
}

}  // namespace

std::string_view name(WorkloadKind kind) {
  for (const auto& [known, text] : names) {
    if (known == kind) return text;
  }
  return "unknown";
}

std::optional<WorkloadKind> parse_workload(std::string_view text) {
  for (const auto& [kind, known] : names) {
    if (known == text) return kind;
  }
  return std::nullopt;
}

Result<LoadOptions> settle(LoadOptions options) {
  if (options.workload == WorkloadKind::send) options.batch = 1;
  if (options.window == 0) options.window = default_window(options);
  if (options.share_count == 0) options.share_count = default_shares(options.workload);
  if (options.senders == 0) {
    options.senders = options.workload == WorkloadKind::send ? 100'000 : 10'000;
  }
  // A packet's claimers are all different.
  options.users = std::bit_ceil(std::max<std::uint64_t>(options.users, limits::packet_shares_max));
  if (auto right = check(options); !right) return fail(right.error());
  return options;
}

}  // namespace hb::load
