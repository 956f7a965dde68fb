#include "tools/hongbao/conversation.h"

namespace hb::cli {

namespace {

constexpr std::uint32_t connect_attempts_max = 3;

}  // namespace

net::ClientOptions client_options(const CommandLine& line) {
  net::ClientOptions options;
  options.host = line.server.host;
  options.port = line.server.port;
  options.name = "hongbao/" HB_VERSION;
  options.connect_timeout = Duration::us(line.timeout.us() / connect_attempts_max);
  options.connect_attempts_max = connect_attempts_max;
  options.request_timeout = line.timeout;
  return options;
}

Error not_there(Error error) {
  if (error.code != ErrorCode::protocol) {
    error.message += "; start hongbaod, or name another server with --server ADDR:PORT";
  }
  return error;
}

}  // namespace hb::cli
