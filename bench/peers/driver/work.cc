#include "bench/peers/driver/work.h"

#include <algorithm>
#include <bit>

#include "tools/hongbao/load/random.h"

namespace hb::bench {

namespace {

unsigned user_bits(std::uint64_t users) {
  return static_cast<unsigned>(std::countr_zero(std::bit_ceil(users)));
}

}  // namespace

Work::Work(const WorkSize& size) : scene_(0, 0, user_bits(size.users), 0) {
  scene_.share_count = size.shares;
  scene_.packets.reserve(size.packets);
  for (std::uint64_t i = 1; i <= size.packets; ++i) scene_.packets.push_back(PacketId(i));
  load::Random random(1);
  for (std::size_t i = scene_.packets.size(); i > 1; --i) {
    std::swap(scene_.packets[i - 1], scene_.packets[random.below(i)]);
  }
}

}  // namespace hb::bench
