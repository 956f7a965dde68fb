// How many files, and so how many connections, the system's limit on open files leaves room for.
//
// The journal opens a file now and then as long as the server runs, and a server that cannot is out
// of service.  So neither connections nor the archive ever take the last descriptors: connections
// beyond what fits are refused with Status::overloaded and closed.
#pragma once

#include <cstdint>

#include "engine/base/result.h"

namespace hb {

struct OpenFiles {
  std::uint32_t connections = 0;  // of each worker
  int archive = 0;                // tables that the archive keeps open
};

// What `limit` descriptors are enough for.
// Errors: io when they are too few for the server to work, with the number that is needed.
Result<OpenFiles> share_open_files(std::uint64_t limit, std::uint32_t connections_wanted,
                                   std::uint16_t workers, bool archive_enabled);

// Raises the soft limit to the hard one; returns how many files this process may open.
std::uint64_t raise_open_files_limit();

}  // namespace hb
