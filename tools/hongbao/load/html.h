// The report as one page that needs nothing else: throughput over time, latency on a percentile
// axis, outcomes.
#pragma once

#include <string>

#include "tools/hongbao/load/report.h"

namespace hb::load {

std::string to_html(const LoadReport& report);

}  // namespace hb::load
