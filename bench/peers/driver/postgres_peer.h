// PostgreSQL as a claim engine: three tables, and a claim is one call of a PL/pgSQL function
// (bench/peers/schema.sql) by a prepared statement, in libpq's pipeline mode.  A request is a
// transaction: a batch is one call a claim within one statement.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bench/peers/driver/peer.h"

namespace hb::bench {

// Connects to 127.0.0.1 as user postgres; `schema` makes the tables and the function.
Result<std::unique_ptr<Peer>> open_postgres(std::uint16_t port, const std::string& schema);

}  // namespace hb::bench
