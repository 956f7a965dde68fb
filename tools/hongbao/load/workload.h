// What is asked of the server: the next job, whenever there is room for one.
//
// Threads: none.  Each thread of the load has a workload of its own.
// Cost:    one virtual call a request, none a claim.
#pragma once

#include <cstdint>

#include "net/wire/messages.h"
#include "tools/hongbao/load/job.h"

namespace hb::load {

class Workload {
 public:
  virtual ~Workload() = default;

  // Fills the next job in; false: there is none, now or (see done()) any more.
  virtual bool next(Job& job, std::int64_t now_ns) = 0;
  // No job will come any more.
  virtual bool done() const = 0;
  // The server's answer, which lives during the call.
  virtual void answered(const Job& job, const net::Response& response, std::int64_t now_ns) = 0;
  // The connection broke before the answer came: the job may have been done, or not.
  virtual void lost(const Job& job) = 0;
};

}  // namespace hb::load
