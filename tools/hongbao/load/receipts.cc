#include "tools/hongbao/load/receipts.h"

#include <algorithm>
#include <variant>

#include "engine/base/assert.h"

namespace hb::load {

Receipts::Receipts(UserId first_sender, std::size_t sender_count)
    : first_sender_(first_sender), spendings_(sender_count) {}

void Receipts::answered(const Job& job, const net::Response& response) {
  if (const auto* list = std::get_if<net::ClaimListAnswer>(&response.answer)) {
    if (list->claims.size() == job.claims.size()) take_claims(job.claims, list->claims);
  } else if (const auto* one = std::get_if<ClaimAnswer>(&response.answer)) {
    if (job.kind == Job::Kind::claim) take_claims(job.claims, {one, 1});
  } else if (const auto* sent = std::get_if<SendAnswer>(&response.answer)) {
    if (job.kind == Job::Kind::send && succeeded(response.status)) take_send(job, sent->packet);
  }
}

void Receipts::take_claims(std::span<const ClaimItem> claims,
                           std::span<const ClaimAnswer> answers) {
  std::int64_t won_fen = 0;
  for (std::size_t i = 0; i < claims.size(); ++i) {
    if (answers[i].status == Status::ok) won_fen += answers[i].amount_fen;
    const bool in_sample =
        sampled(claims[i].packet.value, level_) | sampled(claims[i].user.value, level_);
    if (in_sample) take_claim(claims[i], answers[i]);
  }
  claimed_fen_ += won_fen;
  thin_out();
}

void Receipts::take_claim(const ClaimItem& claim, const ClaimAnswer& answer) {
  if (!succeeded(answer.status)) return;
  claims_.push_back({claim, answer.status, false, answer.share_index, answer.amount_fen});
}

void Receipts::take_send(const Job& job, PacketId packet) {
  const std::size_t sender = job.user.value - first_sender_.value;
  HB_ASSERT(sender < spendings_.size());
  spendings_[sender].sent += job.amount.fen();
  if (!sampled(packet.value, level_)) return;
  sends_.push_back({packet, job.user, job.amount, job.share_count});
  thin_out();
}

void Receipts::lost(const Job& job) {
  if (job.kind == Job::Kind::send) {
    spendings_[job.user.value - first_sender_.value].in_doubt += job.amount.fen();
  } else if (job.is_claim()) {
    for (const ClaimItem& claim : job.claims) {
      if (!sampled(claim.packet.value, level_) && !sampled(claim.user.value, level_)) continue;
      claims_.push_back({claim, Status::ok, true, 0, 0});
    }
    thin_out();
  }
}

void Receipts::merge(const Receipts& other) {
  claims_.insert(claims_.end(), other.claims_.begin(), other.claims_.end());
  sends_.insert(sends_.end(), other.sends_.begin(), other.sends_.end());
  for (std::size_t i = 0; i < spendings_.size(); ++i) {
    spendings_[i].sent += other.spendings_[i].sent;
    spendings_[i].in_doubt += other.spendings_[i].in_doubt;
  }
  claimed_fen_ += other.claimed_fen_;
  raise_level(std::max(level_, other.level_));
}

void Receipts::thin_out() {
  while (claims_.size() + sends_.size() > receipts_max && level_ < level_max) {
    raise_level(level_ + 1);
  }
}

void Receipts::raise_level(unsigned level) {
  level_ = level;
  std::erase_if(claims_, [&](const ClaimReceipt& receipt) {
    return !sampled(receipt.claim.packet.value, level_) &&
           !sampled(receipt.claim.user.value, level_);
  });
  std::erase_if(sends_,
                [&](const SendReceipt& receipt) { return !sampled(receipt.packet.value, level_); });
}

}  // namespace hb::load
