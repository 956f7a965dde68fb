#include "tools/hongbao/load/series.h"

#include <utility>

namespace hb::load {

Series::Series(std::uint64_t count, Make make, Got got)
    : count_(count), make_(std::move(make)), got_(std::move(got)) {}

bool Series::next(Job& job, std::int64_t) {
  if (!again_.empty()) {
    job = std::move(again_.back());
    again_.pop_back();
    return true;
  }
  if (made_ == count_) return false;
  job.counted = true;
  make_(made_++, job);
  return true;
}

void Series::answered(const Job& job, const net::Response& response, std::int64_t) {
  if (response.status == Status::overloaded || response.status == Status::shutting_down) {
    again_.push_back(job);
  } else if (!succeeded(response.status)) {
    refusal_ = Refusal{response.status, response.limit, std::string(response.message)};
  } else {
    ++answered_;
    got_(job, response);
  }
}

}  // namespace hb::load
