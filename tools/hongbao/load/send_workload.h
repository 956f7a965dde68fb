// Nothing but sends, by many senders in random order.
#pragma once

#include <cstdint>

#include "tools/hongbao/load/random.h"
#include "tools/hongbao/load/scene.h"
#include "tools/hongbao/load/workload.h"

namespace hb::load {

class SendWorkload final : public Workload {
 public:
  // `thread` tells the keys of several such workloads apart.
  SendWorkload(const Scene& scene, std::uint32_t share_count, std::uint64_t seed,
               std::uint64_t thread)
      : scene_(scene), share_count_(share_count), random_(seed), thread_(thread) {}

  bool next(Job& job, std::int64_t) override {
    job.kind = Job::Kind::send;
    job.counted = true;
    job.user = scene_.sender(random_.below(scene_.sender_count()));
    job.share_count = share_count_;
    job.amount = Amount(share_fen_mean * share_count_);
    job.expires_in = {};
    job.key = scene_.key(thread_, ++sent_);
    return true;
  }
  bool done() const override { return false; }
  void answered(const Job&, const net::Response&, std::int64_t) override {}
  void lost(const Job&) override {}

 private:
  const Scene& scene_;
  std::uint32_t share_count_;
  Random random_;
  std::uint64_t thread_;
  std::uint64_t sent_ = 0;
};

}  // namespace hb::load
