// A run of the load: scene, workload, audit.
//
// Threads: one for each LoadOptions::threads, and the caller's, which tells the progress and waits
//          for SIGINT or SIGTERM: either stops the run early, and what was measured is reported.
#pragma once

#include <ostream>

#include "engine/base/result.h"
#include "tools/hongbao/load/options.h"
#include "tools/hongbao/load/report.h"

namespace hb::load {

// `progress` hears a line a second.  An Error: the run did not begin (invalid: the options are
// wrong, or the server does not allow what they ask for).  A server that goes away during the run
// is in the report.
Result<LoadReport> run_load(const LoadOptions& options, std::ostream& progress);

}  // namespace hb::load
