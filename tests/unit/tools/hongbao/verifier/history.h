// A history of one shard that goes straight to the verifier's books.
#pragma once

#include <memory>
#include <ostream>
#include <vector>

#include "engine/base/partition.h"
#include "tests/unit/tools/hongbao/verifier/event_script.h"
#include "tools/hongbao/verifier/books.h"

namespace hb::verifier {

void PrintTo(Rule rule, std::ostream* out);

}  // namespace hb::verifier

namespace hb::test {

using Rules = std::vector<verifier::Rule>;

class History : public EventScript {
 public:
  explicit History(journal::Identity identity = {ShardId(0), 1})
      : EventScript(Time(1'700'000'000'000'000)), books_(identity, *violations_) {}

  // Closes the books; the rules that were violated, in the order they were found.
  Rules broken_rules();

  verifier::Books& books() { return books_; }
  const verifier::Violations& violations() const { return *violations_; }

 private:
  Result<void> take(Sequence sequence, const EventHeader* record) override;

  std::unique_ptr<verifier::Violations> violations_ = std::make_unique<verifier::Violations>();
  verifier::Books books_;
};

// ---- people and packets that histories are about ------------------------------------------------

inline constexpr UserId mei{7};
inline constexpr UserId lan{8};
inline constexpr UserId bo{9};
inline constexpr UserId jun{10};

// What mei sends first, second and third.
inline constexpr PacketId first = packet_id(partition_of(mei), 1);
inline constexpr PacketId second = packet_id(partition_of(mei), 2);
inline constexpr PacketId third = packet_id(partition_of(mei), 3);
// The first case about one of them.
inline constexpr CaseId first_case = case_id(partition_of(mei), 1);

inline constexpr std::int64_t day_s = 24 * 3600;
// When mei's packet is sent, and expires.
inline constexpr std::int64_t sent_s = 100;
inline constexpr std::int64_t expiry_s = sent_s + day_s;

// Mei has 100.00; nothing else has happened.
History mei_with_money();
// Mei has sent a lucky packet of 30.00 in 3 shares, one second ago, and holds 70.00.
History mei_with_packet(const Terms& terms = {});

// What happens in a day or two: every event that one shard can have by itself, all as it should be.
// In the end Mei holds 930.00, Lan 85.00, Jun 8.00, Bo nothing; of what Mei sent, in this order, an
// order-fair packet is sold out, an even one recalled, an exclusive one refunded, a direct and a
// lucky one are refunded to outside, a transfer is returned, one has arrived, one each is declined,
// cancelled, expired and revoked, a packet of 6.00 and a transfer of 4.00 are open.
void live_through_everything(EventScript& script);

}  // namespace hb::test
