// What a run of the load is told.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/units.h"
#include "tools/hongbao/text/values.h"

namespace hb::load {

enum class WorkloadKind : std::uint8_t { claim, grab_storm, send, mixed, expiry_storm };

std::string_view name(WorkloadKind kind);
std::optional<WorkloadKind> parse_workload(std::string_view text);

struct LoadOptions {
  Endpoint server{"127.0.0.1", 7700};
  WorkloadKind workload = WorkloadKind::claim;
  std::uint32_t connections = 16;
  std::uint32_t threads = 1;
  std::uint32_t batch = 1;   // claims a request; 1: single claims
  std::uint32_t window = 0;  // claims in flight a connection; 0: by the workload, see settle()
  double rate = 0;           // claims a second; 0: closed loop
  Duration warm_up{};        // asked first, audited, but not measured; whole seconds
  Duration duration = Duration::seconds(10);
  std::uint64_t seed = 1;

  std::uint64_t packets = 0;      // sent ahead; in an expiry storm: that expire; 0: by the workload
  std::uint32_t share_count = 0;  // of each; 0: by the workload
  std::uint64_t users = 1 << 20;  // rounded up to a power of two
  std::uint32_t senders = 0;      // 0: by the workload
  Duration expires_in = Duration::seconds(60);  // expiry storm: the shortest life of its packets
  Duration expiry_spread{};                     // expiry storm: over which they expire
};

// Fills in what is left to the workload; an Error (invalid) where options do not fit together.
Result<LoadOptions> settle(LoadOptions options);

}  // namespace hb::load
