// The verifier's books: support cases.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/limits.h"
#include "engine/base/partition.h"
#include "tools/hongbao/verifier/books.h"

namespace hb::verifier {

void Books::open_case(const CaseOpened& event) {
  const PartitionId partition = partition_of(event.subject);
  check_home(event.subject);
  check_key(partition, event.key);
  check_operator(event.operator_bytes);
  std::uint64_t& last = last_case_number_[partition];
  const CaseId expected = case_id(partition, ++last);
  if (event.case_id != expected) {
    violate(Rule::case_id_not_next,
            fmt::format("case {} where {} is the subject's partition's next", event.case_id.value,
                        expected.value));
    if (partition_of(event.case_id) == partition) {
      last = event.case_id.value >> limits::partition_bits;
    }
  }
  if (!packets_.contains(event.subject) && !transfers_.contains(event.subject)) {
    violate(Rule::case_subject_unknown, fmt::format("case {} is about {}, which was never sent",
                                                    event.case_id.value, event.subject.value));
  } else {
    check_case_user(event.subject, event.user, false);
  }
  cases_[event.case_id] = Case{.subject = event.subject, .user = event.user};
}

void Books::resolve_case(const CaseResolved& event) {
  check_home(event.case_id);
  check_key(partition_of(event.case_id), event.key);
  check_operator(event.operator_bytes);
  const auto it = cases_.find(event.case_id);
  if (it == cases_.end()) {
    return violate(Rule::case_unknown,
                   fmt::format("case {} was never opened", event.case_id.value));
  }
  Case& opened = it->second;
  if (opened.state != CaseState::open) {
    violate(Rule::case_resolved_twice,
            fmt::format("case {} was resolved before", event.case_id.value));
  }
  const bool upheld = event.decision == Decision::uphold;
  if (!upheld && event.decision != Decision::refuse) {
    return violate(Rule::case_decision_wrong,
                   fmt::format("case {} is decided as {}", event.case_id.value,
                               static_cast<unsigned>(event.decision)));
  }
  if (upheld) check_case_user(opened.subject, event.user, true);
  opened.user = event.user;
  opened.state = upheld ? CaseState::upheld : CaseState::refused;
}

// Of a transfer, somebody is its recipient.
bool Books::has_share(PacketId subject, UserId user) const {
  const auto transfer = transfers_.find(subject);
  if (transfer != transfers_.end()) return transfer->second.recipient == user;
  const auto packet = packets_.find(subject);
  if (packet == packets_.end()) return false;
  const auto& shares = packet->second.shares;
  return std::ranges::find(shares, user, &Share::user) != shares.end();
}

void Books::check_case_user(PacketId subject, UserId user, bool somebody) {
  const bool nobody_will_do = !somebody && !transfers_.contains(subject);
  if (nobody_will_do && user == UserId{}) return;
  if (has_share(subject, user)) return;
  violate(Rule::case_user_wrong,
          fmt::format("a case about user {}, who has no share of {}", user.value, subject.value));
}

void Books::check_redress(CaseId id, PacketId subject, UserId user) {
  const auto it = cases_.find(id);
  if (it == cases_.end()) {
    return violate(Rule::case_unknown,
                   fmt::format("{} is taken back for case {}, which was never opened",
                               subject.value, id.value));
  }
  Case& upheld = it->second;
  if (upheld.state != CaseState::upheld) {
    violate(Rule::case_not_upheld,
            fmt::format("{} is taken back for case {}, which is {}", subject.value, id.value,
                        upheld.state == CaseState::open ? "open" : "refused"));
  }
  if (upheld.subject != subject || upheld.user != user) {
    violate(
        Rule::case_mismatch,
        fmt::format("{} is taken back from user {} for case {}, which is about {} and user {}",
                    subject.value, user.value, id.value, upheld.subject.value, upheld.user.value));
  }
  if (upheld.redressed) {
    violate(Rule::case_redressed_twice, fmt::format("case {} has moved money before", id.value));
  }
  upheld.redressed = true;
}

}  // namespace hb::verifier
