#include "tools/hongbao/record_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace hb::cli {

namespace {

// Where a server does not say how long to wait.
constexpr Duration wait_min = Duration::ms(1);

}  // namespace

bool Patience::after(Status status, Duration retry_after) {
  if (status != Status::records_unavailable || left_ <= Duration{}) return false;
  const Duration wait = std::min(left_, std::max(retry_after, wait_min));
  left_ = Duration::us(left_.us() - wait.us());
  console_.err << fmt::format("hongbao: the records are being built anew; trying again in {:.1f} s",
                              static_cast<double>(wait.us()) / 1e6)
               << std::endl;
  std::this_thread::sleep_for(std::chrono::microseconds(wait.us()));
  return true;
}

}  // namespace hb::cli
