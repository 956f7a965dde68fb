#include "net/session/reassembly.h"

#include <algorithm>
#include <array>

#include "engine/base/assert.h"
#include "engine/base/limits.h"
#include "engine/base/partition.h"

namespace hb::net {

std::uint32_t JointAnswers::open(std::span<const ClaimItem> claims, std::uint16_t shard_count) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(joints_.size()));
    joints_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  Joint& joint = joints_[index];
  const std::size_t held_before = joint.memory_bytes();
  joint.answers.resize(claims.size());
  joint.parts_refused = 0;
  joint.refusal = {};
  joint.retry_after = {};
  sort(joint, claims, shard_count);
  joint.parts_open = static_cast<std::uint32_t>(joint.parts.size());
  memory_bytes_ += joint.memory_bytes() - held_before;
  return index;
}

std::size_t JointAnswers::Joint::memory_bytes() const {
  return claims.capacity() * sizeof(ClaimItem) + places.capacity() * sizeof(std::uint32_t) +
         answers.capacity() * sizeof(ClaimAnswer) + parts.capacity() * sizeof(Range);
}

void JointAnswers::release() {
  HB_ASSERT(free_.size() == joints_.size());
  joints_ = std::vector<Joint>();
  free_ = std::vector<std::uint32_t>();
  memory_bytes_ = 0;
}

// A counting sort: stable, so a shard sees its claims in the client's order.
void JointAnswers::sort(Joint& joint, std::span<const ClaimItem> claims,
                        std::uint16_t shard_count) {
  std::array<std::uint32_t, limits::shards_max> next{};
  const auto shard = [&](const ClaimItem& claim) {
    return shard_of(partition_of(claim.packet), shard_count).value;
  };
  for (const ClaimItem& claim : claims) ++next[shard(claim)];

  joint.parts.clear();
  std::uint32_t first = 0;
  for (std::uint16_t s = 0; s < shard_count; ++s) {
    const std::uint32_t count = next[s];
    if (count != 0) joint.parts.push_back({ShardId(s), first, count, false});
    next[s] = first;
    first += count;
  }

  joint.claims.resize(claims.size());
  joint.places.resize(claims.size());
  for (std::uint32_t place = 0; place < claims.size(); ++place) {
    const std::uint32_t to = next[shard(claims[place])]++;
    joint.claims[to] = claims[place];
    joint.places[to] = place;
  }
}

std::uint32_t JointAnswers::part_count(std::uint32_t joint) const {
  return static_cast<std::uint32_t>(joints_[joint].parts.size());
}

JointAnswers::Part JointAnswers::part(std::uint32_t joint, std::uint32_t part) const {
  const Range& range = joints_[joint].parts[part];
  return {range.shard, std::span(joints_[joint].claims).subspan(range.first, range.count)};
}

bool JointAnswers::add(std::uint32_t joint_index, std::uint32_t part, const Reply& reply,
                       const ReplyBatch& batch) {
  Joint& joint = joints_[joint_index];
  HB_ASSERT(part < joint.parts.size() && !joint.parts[part].answered);
  Range& range = joint.parts[part];
  range.answered = true;

  const auto places = std::span(joint.places).subspan(range.first, range.count);
  if (reply.status == Status::ok) {
    const auto& answer = std::get<ClaimBatchAnswer>(reply.answer);
    HB_ASSERT(answer.count == range.count);
    const auto answers = std::span(batch.claims).subspan(answer.first, answer.count);
    for (std::size_t i = 0; i < places.size(); ++i) joint.answers[places[i]] = answers[i];
  } else {
    const ClaimAnswer refused{reply.status, 0, 0, Time(reply.limit)};
    for (const std::uint32_t place : places) joint.answers[place] = refused;
    ++joint.parts_refused;
    joint.refusal = {reply.status, reply.limit};
    if (reply.status == Status::overloaded) {
      joint.retry_after = std::max(joint.retry_after, Duration::us(reply.limit));
    }
  }
  return --joint.parts_open == 0;
}

JointAnswers::Joined JointAnswers::result(std::uint32_t index) const {
  const Joint& joint = joints_[index];
  HB_ASSERT(joint.parts_open == 0);
  return {joint.answers, joint.parts_refused == joint.parts.size(), joint.refusal,
          joint.retry_after};
}

void JointAnswers::close(std::uint32_t joint) {
  free_.push_back(joint);
}

}  // namespace hb::net
