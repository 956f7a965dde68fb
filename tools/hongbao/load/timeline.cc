#include "tools/hongbao/load/timeline.h"

#include <algorithm>
#include <utility>

namespace hb::load {

void Timeline::post(std::size_t thread, const Tally& tally) {
  const std::scoped_lock lock(mutex_);
  const std::size_t at = posted_[thread]++ - taken_;
  if (at >= seconds_.size()) seconds_.resize(at + 1);
  seconds_[at].merge(tally);
}

std::optional<Tally> Timeline::take_whole_second() {
  const std::scoped_lock lock(mutex_);
  // A thread's last post is of less than a second, so a second needs one after it.
  if (posted_.empty() || std::ranges::min(posted_) < taken_ + 2) return std::nullopt;
  Tally second = std::move(seconds_.front());
  seconds_.pop_front();
  ++taken_;
  return second;
}

Tally Timeline::take_rest() {
  const std::scoped_lock lock(mutex_);
  Tally rest;
  for (const Tally& second : seconds_) rest.merge(second);
  taken_ += seconds_.size();
  seconds_.clear();
  return rest;
}

}  // namespace hb::load
