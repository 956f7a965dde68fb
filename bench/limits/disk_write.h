// How long one durable write of 4 KiB takes, one at a time: the least that a durable answer can
// take.
//
// The file has no name, is filled with zeros first (as the journal's segments are) and written in
// a row.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/result.h"
#include "tools/hongbao/load/histogram.h"

namespace hb::bench {

struct DiskWriteFigures {
  bool direct = true;  // false: the file system has no O_DIRECT (tmpfs), so this is no disk
  load::LatencyHistogram latency;
};

// `writes` of them on the file system of `directory`.
Result<DiskWriteFigures> disk_writes(const std::string& directory, std::uint32_t writes);

}  // namespace hb::bench
