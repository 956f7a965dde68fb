#include "tests/unit/tools/hongbao/verifier/history.h"

namespace hb::verifier {

void PrintTo(Rule rule, std::ostream* out) {
  *out << name(rule);
}

}  // namespace hb::verifier

namespace hb::test {

Result<void> History::take(Sequence sequence, const EventHeader* record) {
  return books_.record({sequence, record}, {.segment = 1, .offset = 4096 + 32 * sequence.value});
}

Rules History::broken_rules() {
  books_.close();
  Rules rules;
  for (const verifier::Violation& violation : violations_->kept()) rules.push_back(violation.rule);
  return rules;
}

History mei_with_money() {
  History history;
  history.open(mei, "Mei").deposit(mei, 10'000, 10'000);
  return history;
}

History mei_with_packet(const Terms& terms) {
  History history = mei_with_money();
  const bool external = (terms.flags & PacketSent::external) != 0;
  history.at(sent_s).send(first, mei, 3'000, external ? 10'000 : 7'000, terms);
  return history;
}

namespace {

PacketId nth(std::uint64_t number) {
  return packet_id(partition_of(mei), number);
}

void send_packets(EventScript& s) {
  s.send(nth(1), mei, 3'000, 97'000, {.split = Split::order_fair, .remark = "恭喜发财"});
  s.claim(nth(1), lan, 0, 1'000).claim(nth(1), bo, 1, 1'200).claim(nth(1), jun, 2, 800);
  s.send(nth(2), mei, 2'000, 95'000,
         {.kind = PacketKind::even, .share_count = 2, .flags = PacketSent::recallable});
  s.claim(nth(2), lan, 0, 1'000).recall(nth(2), 1'000);
  s.send(nth(3), mei, 1'000, 95'000,
         {.kind = PacketKind::exclusive,
          .split = Split::equal,
          .share_count = 2,
          .opens_in = Duration::hours(1),
          .flags = PacketSent::sender_excluded,
          .code_tag = 77,
          .recipients = {lan, bo}});
  s.send(nth(4), mei, 500, 95'000,
         {.kind = PacketKind::direct,
          .split = Split::equal,
          .share_count = 1,
          .flags = PacketSent::external,
          .reference = "rail-4",
          .recipients = {lan}});
  s.send(nth(5), mei, 700, 95'000, {.flags = PacketSent::external, .reference = "rail-5"});
  s.at(3 * 3600).try_code(nth(3), lan, 1).try_code(nth(3), lan, 2).claim(nth(3), lan, 0, 500);
}

void send_transfers(EventScript& s) {
  constexpr Duration two_hours = Duration::hours(2);
  s.send_transfer(nth(6), mei, lan, 3'000, 92'000).accept(nth(6), 3'000);
  s.return_here(nth(6), lan, 0, 3'000);
  s.send_transfer(nth(7), mei, lan, 2'000, 93'000, {.arrives_after = two_hours});
  s.at(4 * 3600).accept(nth(7), 2'000, two_hours);
  s.at(6 * 3600).arrive(nth(7), 2'000);
  s.send_transfer(nth(8), mei, lan, 1'000, 92'000).close(nth(8), TransferState::declined, 1'000);
  s.send_transfer(nth(9), mei, lan, 1'000, 92'000).close(nth(9), TransferState::cancelled, 1'000);
  s.send_transfer(nth(10), mei, lan, 1'000, 92'000).send_transfer(nth(11), mei, bo, 1'000, 91'000);
}

void support(EventScript& s) {
  const auto nth_case = [](std::uint64_t n) { return case_id(partition_of(mei), n); };
  s.return_here(nth(1), lan, 0, 1'000);
  s.open_case(nth_case(1), nth(11), bo).freeze(nth(11));
  s.resolve_case(nth_case(1), Decision::uphold, bo);
  s.close(nth(11), TransferState::revoked, 1'000, nth_case(1)).unfreeze(nth(11));
  s.withdraw(bo, 1'000, 200).freeze(bo).open_case(nth_case(2), nth(1), UserId{});
  s.resolve_case(nth_case(2), Decision::uphold, bo);
  s.return_here(nth(1), bo, 1, 200, nth_case(2), 1'000).unfreeze(bo);
  s.open_case(nth_case(3), nth(1), jun).resolve_case(nth_case(3), Decision::refuse, jun);
  s.open_case(nth_case(4), nth(1), jun);
}

}  // namespace

void live_through_everything(EventScript& s) {
  s.open(mei, "Mei").open(lan).deposit(mei, 100'000, 100'000).deposit(lan, 5'000, 5'000);
  s.set_refund_target(lan, RefundTarget::wallet);
  send_packets(s);
  send_transfers(s);
  support(s);
  s.at(2 * day_s).refund(nth(3), 500).close(nth(10), TransferState::expired, 1'000);
  s.refund(nth(4), 500, RefundRoute::payout).refund(nth(5), 700, RefundRoute::payout);
  s.confirm_payout(nth(4), 500).withdraw(mei, 700, 94'000);
  s.send(nth(12), mei, 600, 93'400).send_transfer(nth(13), mei, jun, 400, 93'000);
}

}  // namespace hb::test
