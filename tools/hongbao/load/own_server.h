// A throw-away server for a load that names none: hongbaod from beside this program, on a free port
// of 127.0.0.1, with its data in a temporary directory.
//
// A guardian process owns both: it stops the server and removes the data when this process ends,
// however it ends (Ctrl-C, SIGKILL), because the pipe between them then closes.
//
// Threads: start it before any thread: it forks.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "engine/base/result.h"
#include "tools/hongbao/text/values.h"

namespace hb::load {

class OwnServer {
 public:
  // `program` is hongbaod's path.  An Error (io) has the end of the server's log.
  static Result<std::unique_ptr<OwnServer>> start(const std::string& program);
  // Stopped and removed when it returns.
  ~OwnServer();
  OwnServer(const OwnServer&) = delete;
  OwnServer& operator=(const OwnServer&) = delete;

  const Endpoint& address() const { return address_; }
  const std::string& directory() const { return directory_; }

 private:
  OwnServer() = default;
  Result<void> await_ready();
  Error not_started() const;

  std::string directory_;
  Endpoint address_;
  pid_t guardian_ = -1;
  int lifeline_ = -1;  // the guardian waits for its end
  int ready_ = -1;     // the server's standard output
};

// hongbaod beside the running program.
std::string program_beside();

}  // namespace hb::load
