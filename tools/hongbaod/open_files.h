// How many connections the system's limit on open files leaves room for.
//
// The journal opens a file now and then as long as the server runs, and a server that cannot is out
// of service.  So connections never take the last descriptors: beyond what fits they are told
// Status::overloaded and closed.
#pragma once

#include <cstdint>

namespace hb {

// Raises the soft limit to the hard one, and returns `wanted` or, where that is fewer, the
// connections that each of the workers may have.
std::uint32_t connections_that_fit(std::uint32_t wanted, std::uint16_t workers);

}  // namespace hb
