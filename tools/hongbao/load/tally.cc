#include "tools/hongbao/load/tally.h"

#include <variant>

namespace hb::load {

namespace {

// Claims that are won one after the other are counted without a dependency through memory.
void count_claims(std::span<const ClaimAnswer> claims, std::array<std::uint64_t, 256>& outcomes) {
  std::uint64_t ok = 0;
  for (const ClaimAnswer& claim : claims) {
    if (claim.status == Status::ok) {
      ++ok;
    } else {
      ++outcomes[static_cast<std::size_t>(claim.status)];
    }
  }
  outcomes[static_cast<std::size_t>(Status::ok)] += ok;
}

}  // namespace

void Tally::add(const Job& job, const net::Response& response, std::int64_t latency_ns) {
  const auto* list = std::get_if<net::ClaimListAnswer>(&response.answer);
  if (list != nullptr && list->claims.size() == job.claims.size()) {
    count_claims(list->claims, outcomes);
  } else {
    outcomes[static_cast<std::size_t>(response.status)] += job.count();
  }
  latency.add(latency_ns, job.count());
}

void Tally::merge(const Tally& other) {
  for (std::size_t i = 0; i < outcomes.size(); ++i) outcomes[i] += other.outcomes[i];
  errors += other.errors;
  latency.merge(other.latency);
}

void Tally::clear() {
  outcomes.fill(0);
  errors = 0;
  latency.clear();
}

}  // namespace hb::load
