#include "tools/hongbao/record_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace hb::cli {

namespace {

// Where a server does not say how long to wait.
constexpr Duration wait_min = Duration::ms(1);
constexpr Duration behind_wait = Duration::seconds(1);

}  // namespace

bool Patience::after(Status status, std::int64_t limit, Duration retry_after) {
  const bool behind = status == Status::records_behind;
  if (!behind && status != Status::records_unavailable) return false;
  if (left_ <= Duration{}) return false;
  const Duration wait = std::min(left_, std::max(retry_after, behind ? behind_wait : wait_min));
  left_ = Duration::us(left_.us() - wait.us());
  console_.note(fmt::format(
      "hongbao: the records are {}; trying again in {:.1f} s\n",
      behind ? fmt::format("{} behind", count_of(static_cast<std::uint64_t>(limit), "event"))
             : "being built anew",
      static_cast<double>(wait.us()) / 1e6));
  std::this_thread::sleep_for(std::chrono::microseconds(wait.us()));
  return true;
}

}  // namespace hb::cli
