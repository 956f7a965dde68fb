#include "tools/hongbao/load/expiry_storm.h"

#include <variant>

namespace hb::load {

bool ExpiryStorm::next(Job& job, std::int64_t now_ns) {
  const bool look =
      !looking_ && !storm_.drained_ns && now_ns >= storm_.last_expiry_ns && now_ns >= next_look_ns_;
  if (!look) return SpreadClaims::next(job, now_ns);
  job.kind = Job::Kind::show_wallet;
  job.counted = false;
  job.user = scene_.sender(storm_.first_sender + whole_);
  looking_ = true;
  return true;
}

void ExpiryStorm::answered(const Job& job, const net::Response& response, std::int64_t now_ns) {
  if (job.counted) return;
  looking_ = false;
  next_look_ns_ = now_ns + look_every_ns;
  const auto* wallet = std::get_if<WalletAnswer>(&response.answer);
  if (wallet == nullptr || wallet->balance != scene_.deposited) return;
  next_look_ns_ = now_ns;
  if (++whole_ == storm_.sender_count) storm_.drained_ns = now_ns;
}

void ExpiryStorm::lost(const Job& job) {
  if (!job.counted) looking_ = false;
}

}  // namespace hb::load
