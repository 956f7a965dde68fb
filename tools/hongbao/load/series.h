// A fixed number of jobs, each of which must be done: how a scene is prepared and audited.
//
// Jobs that found the server full, or lost their connection, are asked again (with the same key).
// Any other refusal ends the series.
//
// Cost:    two calls through std::function a job.
// Threads: none.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tools/hongbao/load/workload.h"

namespace hb::load {

class Series final : public Workload {
 public:
  using Make = std::function<void(std::uint64_t index, Job& job)>;
  using Got = std::function<void(const Job& job, const net::Response& response)>;

  Series(std::uint64_t count, Make make, Got got);

  bool next(Job& job, std::int64_t now_ns) override;
  bool done() const override { return refusal_ || answered_ == count_; }
  void answered(const Job& job, const net::Response& response, std::int64_t now_ns) override;
  void lost(const Job& job) override { again_.push_back(job); }

  // What ended the series before its time.
  struct Refusal {
    Status status = Status::ok;
    std::int64_t limit = 0;
    std::string message;
  };
  const std::optional<Refusal>& refusal() const { return refusal_; }
  std::uint64_t answered() const { return answered_; }

 private:
  std::uint64_t count_;
  Make make_;
  Got got_;
  std::uint64_t made_ = 0;
  std::uint64_t answered_ = 0;
  std::vector<Job> again_;
  std::optional<Refusal> refusal_;
};

}  // namespace hb::load
