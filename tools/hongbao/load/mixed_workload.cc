#include "tools/hongbao/load/mixed_workload.h"

#include <variant>

namespace hb::load {

namespace {

// Of 100 commands.
constexpr double claims_share = 83;
constexpr double peeks_share = 10;
constexpr double sends_share = 5;
constexpr double packets_shown_share = 1;
constexpr double wallets_shown_share = 1;

}  // namespace

MixedWorkload::MixedWorkload(const Scene& scene, std::uint32_t batch, std::uint64_t seed,
                             std::uint64_t thread)
    : scene_(scene),
      batch_(batch),
      random_(seed),
      thread_(thread),
      packets_(scene.packets),
      packet_ranks_(packets_.size(), exponent),
      user_ranks_(scene.user_count(), exponent) {}

bool MixedWorkload::next(Job& job, std::int64_t) {
  job.kind = draw_kind();
  job.counted = true;
  switch (job.kind) {
    case Job::Kind::send:
      make_send(job);
      break;
    case Job::Kind::show_wallet:
      job.user = scene_.user(mix64(user_ranks_.draw(random_) + 1));
      break;
    case Job::Kind::claim_batch:
      job.claims.resize(batch_);
      for (ClaimItem& claim : job.claims) claim = draw_tap();
      break;
    default:
      job.claim(draw_tap());
  }
  return true;
}

Job::Kind MixedWorkload::draw_kind() {
  const double claim_jobs = claims_share / batch_;
  double at = random_.unit() *
              (claim_jobs + peeks_share + sends_share + packets_shown_share + wallets_shown_share);
  if ((at -= claim_jobs) < 0) return batch_ == 1 ? Job::Kind::claim : Job::Kind::claim_batch;
  if ((at -= peeks_share) < 0) return Job::Kind::peek;
  if ((at -= sends_share) < 0) return Job::Kind::send;
  if ((at -= packets_shown_share) < 0) return Job::Kind::show_packet;
  return Job::Kind::show_wallet;
}

ClaimItem MixedWorkload::draw_tap() {
  const std::size_t age = packet_ranks_.draw(random_);
  const std::size_t at = newest_ >= age ? newest_ - age : newest_ + packets_.size() - age;
  return {packets_[at], scene_.user(mix64(user_ranks_.draw(random_) + 1))};
}

void MixedWorkload::make_send(Job& job) {
  job.user = scene_.sender(random_.below(scene_.sender_count()));
  job.share_count = scene_.share_count;
  job.amount = Amount(share_fen_mean * scene_.share_count);
  job.expires_in = {};
  job.key = scene_.key(thread_, ++sent_);
}

void MixedWorkload::answered(const Job& job, const net::Response& response, std::int64_t) {
  if (job.kind != Job::Kind::send) return;
  const auto* sent = std::get_if<SendAnswer>(&response.answer);
  if (sent == nullptr) return;
  newest_ = newest_ + 1 == packets_.size() ? 0 : newest_ + 1;
  packets_[newest_] = sent->packet;
}

}  // namespace hb::load
