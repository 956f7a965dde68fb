// The way back for answers that other threads give: into the turn of the loop that asked.
//
// An answer may come when its loop has ended already; then it is dropped, like every answer to a
// connection that is gone.
//
// Threads: put() from any; take() and close() from the loop's.
#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/archive/queries.h"

namespace hb::net {

class QueryReturns {
 public:
  // `arrived` is called by put(), on its thread, when the first answer since the last take() is
  // there.
  explicit QueryReturns(std::function<void()> arrived) : arrived_(std::move(arrived)) {}

  void put(archive::QueryReply reply) {
    const std::scoped_lock lock(mutex_);
    if (closed_) return;
    replies_.push_back(std::move(reply));
    if (replies_.size() == 1) arrived_();
  }
  std::vector<archive::QueryReply> take() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(replies_, {});
  }
  // After this `arrived` is never called again.
  void close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
  }

 private:
  std::function<void()> arrived_;
  std::mutex mutex_;
  std::vector<archive::QueryReply> replies_;
  bool closed_ = false;
};

}  // namespace hb::net
