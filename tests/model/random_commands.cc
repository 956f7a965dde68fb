#include "tests/model/random_commands.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <type_traits>

#include "engine/base/partition.h"

namespace hb::model {

namespace {

bool has_key(const Command& command) {
  return std::visit(
      []<class C>(const C&) {
        return requires(C c) {
          c.key;
        };
      },
      command);
}

Key128 key_of(const Command& command) {
  return std::visit(
      [](const auto& c) {
        if constexpr (requires { c.key; }) return c.key;
        return Key128{};
      },
      command);
}

void set_key(Command& command, Key128 key) {
  std::visit(
      [key](auto& c) {
        if constexpr (requires { c.key; }) c.key = key;
      },
      command);
}

template <class Enum>
Enum junk(Dice& dice) {
  return static_cast<Enum>(dice.below(256));
}

}  // namespace

void append(const LooseCommand& loose, ReplyTo to, CommandBatch& batch) {
  CommandEnvelope& envelope = batch.commands.emplace_back();
  envelope.reply_to = to;
  envelope.deadline = loose.deadline;
  envelope.command = loose.command;
  std::visit(
      [&](auto& c) {
        using C = std::remove_cvref_t<decltype(c)>;
        if constexpr (std::is_same_v<C, ClaimBatch>) {
          c.first = static_cast<std::uint32_t>(batch.claims.size());
          c.count = static_cast<std::uint32_t>(loose.claims.size());
          batch.claims.insert(batch.claims.end(), loose.claims.begin(), loose.claims.end());
        } else if constexpr (std::is_same_v<C, SendPacket>) {
          c.recipients_first = static_cast<std::uint32_t>(batch.users.size());
          c.recipients_count = static_cast<std::uint32_t>(loose.users.size());
          batch.users.insert(batch.users.end(), loose.users.begin(), loose.users.end());
        } else if constexpr (requires { c.note; }) {
          c.note = static_cast<std::uint32_t>(batch.notes.size());
          batch.notes.push_back(loose.note);
        }
      },
      envelope.command);
}

RandomCommands::RandomCommands(std::uint64_t seed, const Mood& mood, const LedgerModel& model)
    : dice_(seed), mood_(mood), model_(model) {}

// ---- who and what -------------------------------------------------------------------------------

// Of the episode's users; a few of them never open a wallet by themselves.
UserId RandomCommands::known_user() {
  const std::uint64_t n = 1 + dice_.below(mood_.users);
  return UserId(n % 17 == 0 ? mix64(n) : n);
}

UserId RandomCommands::user() {
  return dice_.permille(6) ? UserId{} : known_user();
}

PacketId RandomCommands::packet() {
  if (dice_.permille(10)) return PacketId(dice_.below(3'000'000));
  if (!transfers_.empty() && dice_.permille(15)) return dice_.recent_of(transfers_);
  return packets_.empty() ? PacketId(5000) : dice_.recent_of(packets_);
}

PacketId RandomCommands::transfer() {
  if (!packets_.empty() && dice_.permille(15)) return dice_.recent_of(packets_);
  return transfers_.empty() ? packet() : dice_.recent_of(transfers_);
}

CaseId RandomCommands::case_id() {
  if (cases_.empty() || dice_.permille(20)) return CaseId(dice_.below(3'000'000));
  return dice_.recent_of(cases_);
}

Amount RandomCommands::amount() {
  static constexpr std::array<std::int64_t, 8> odd{
      0, -1, INT64_MIN, INT64_MAX, limits::amount_max, limits::amount_max + 1, 20'000'001, 1};
  if (dice_.permille(15)) return Amount{odd[dice_.below(odd.size())]};
  if (mood_.huge_sums && dice_.permille(20)) {
    return Amount{dice_.between(limits::amount_max / 8, limits::amount_max)};
  }
  if (dice_.percent(20)) return Amount{dice_.between(1, 500'000)};
  return Amount{dice_.between(1, 20'000)};
}

Reference RandomCommands::rail_reference() {
  return Reference("rail-" + std::to_string(dice_.below(2'000)));
}

std::string_view RandomCommands::words() {
  static constexpr std::array<std::string_view, 10> some{"恭喜发财",
                                                         "happy new year",
                                                         "x",
                                                         "",
                                                         "万事如意 🎉",
                                                         "a longer text, of several words",
                                                         "王",
                                                         "Ann",
                                                         "老王👨\u200d👩\u200d👧",
                                                         "Zoe\u0301 "};
  static constexpr std::array<std::string_view, 4> broken{"\xff", "\xc0\x80", "ok\xe6\x81",
                                                          "\xed\xa0\x80"};
  return dice_.permille(12) ? broken[dice_.below(broken.size())] : some[dice_.below(some.size())];
}

Operator RandomCommands::by() {
  if (dice_.permille(20)) return Operator{};
  if (dice_.permille(10)) return Operator("\xfe");
  return Operator(dice_.percent(50) ? "lin@support" : "wang@support");
}

Note RandomCommands::note() {
  return Note(words());
}

Key128 RandomCommands::key() {
  if (dice_.permille(5)) return Key128{};
  return {.low = ++keys_, .high = dice_.percent(10) ? 0 : mix64(keys_)};
}

UserId RandomCommands::claimer_of(PacketId id) {
  const auto found = model_.packets().find(id);
  const bool claimed = found != model_.packets().end() && !found->second.shares.empty();
  return claimed && dice_.percent(90) ? dice_.any_of(found->second.shares).user : user();
}

UserId RandomCommands::wanted_user(PacketId id) {
  const auto found = model_.packets().find(id);
  if (found == model_.packets().end()) return user();
  const Packet& p = found->second;
  if (dice_.permille(60)) return p.sender;
  return !p.recipients.empty() && dice_.percent(80) ? dice_.any_of(p.recipients) : user();
}

// ---- when ---------------------------------------------------------------------------------------

Time RandomCommands::next_time(Time now) {
  const std::uint64_t roll = dice_.below(10'000);
  if (roll < 5'500) return now;
  if (roll < 7'500) return now + Duration::us(dice_.between(1, 2'500));
  if (roll < 8'200) return now + Duration::us(dice_.between(1, 1'000'000));
  if (roll < 8'500) return now + Duration::us(dice_.between(1, 300'000'000));
  if (roll < 8'510) return now + Duration::us(dice_.between(1, Duration::hours(5).us()));
  if (roll < 8'513) return now + Duration::us(dice_.between(1, Duration::hours(40).us()));
  return std::max(now, instant(now));
}

// About an instant at which something changes: just before, at, or just after it.
Time RandomCommands::instant(Time now) {
  Time at = now;
  switch (dice_.below(5)) {
    case 0:
    case 1: {
      const auto next = model_.waiting().lower_bound({now, PacketId{}});
      if (next != model_.waiting().end()) at = next->first;
      break;
    }
    case 2: {
      const auto found = model_.packets().find(packet());
      if (found == model_.packets().end()) break;
      at = dice_.percent(50) ? found->second.opens_at : found->second.expires_at;
      break;
    }
    case 3: {
      const auto found = model_.packets().find(packet());
      if (found == model_.packets().end() || found->second.shares.empty()) break;
      at = dice_.any_of(found->second.shares).claimed_at + model_.policy().return_window;
      break;
    }
    default: {
      const auto found = model_.transfers().find(transfer());
      if (found == model_.transfers().end()) break;
      at = dice_.percent(50) ? found->second.arrives_at
                             : found->second.arrives_at + model_.policy().transfer_return_window;
      break;
    }
  }
  // A far one would end everything else; it is not for every day.
  const bool far = at - now > Duration::hours(1);
  if (far && !dice_.permille(10)) return now;
  static constexpr std::array<std::int64_t, 5> about{-1, 0, 0, 1, 700};
  return at + Duration::us(about[dice_.below(about.size())]);
}

// ---- what is asked ------------------------------------------------------------------------------

LooseCommand RandomCommands::next(Time now) {
  LooseCommand loose =
      !keyed_.empty() && dice_.permille(45) ? repeated(dice_.recent_of(keyed_)) : fresh(now);
  if (dice_.permille(20)) loose.deadline = now + Duration::us(dice_.between(-2, 2));
  if (has_key(loose.command)) keyed_.push_back(loose);
  return loose;
}

LooseCommand RandomCommands::fresh(Time now) {
  LooseCommand loose;
  const std::uint64_t roll = dice_.below(1'000);
  if (roll < 260) {
    loose = random_claims();
  } else if (roll < 350) {
    loose = random_claim_with_code();
  } else if (roll < 450) {
    loose = random_send(now);
  } else if (roll < 560) {
    loose = random_return();
  } else if (roll < 690) {
    loose = random_transfer_step();
  } else if (roll < 810) {
    loose = random_wallet_step();
  } else if (roll < 880) {
    loose = random_support_step();
  } else {
    loose = random_look();
  }
  set_key(loose.command, key());
  return loose;
}

LooseCommand RandomCommands::random_claims() {
  LooseCommand loose{.command = ClaimBatch{}};
  const std::uint64_t count = dice_.percent(50) ? dice_.below(4) : dice_.below(mood_.claims_max);
  const PacketId hot = packet();
  for (std::uint64_t i = 0; i < count; ++i) {
    const PacketId id = dice_.percent(70) ? hot : packet();
    if (model_.home_of(id) != model_.home_of(hot)) continue;
    loose.claims.push_back({id, wanted_user(id)});
  }
  return loose;
}

LooseCommand RandomCommands::random_claim_with_code() {
  const PacketId id = packet();
  ClaimWithCode c{.packet = id, .user = wanted_user(id)};
  const auto found = model_.packets().find(id);
  const bool right = found != model_.packets().end() && dice_.percent(45);
  c.code = right ? found->second.code : ClaimCode(words());
  return {.command = c};
}

LooseCommand RandomCommands::random_send(Time now) {
  LooseCommand loose;
  const Policy& policy = model_.policy();
  SendPacket c{.sender = known_user(), .kind = static_cast<PacketKind>(1 + dice_.below(4))};
  if (dice_.percent(40)) c.kind = PacketKind::lucky;
  std::int64_t shares = 1;
  const bool many = dice_.permille(30);
  if (c.kind == PacketKind::direct) {
    loose.users = {known_user()};
  } else if (c.kind == PacketKind::exclusive) {
    const std::int64_t most = std::min<std::int64_t>(policy.recipients_max, many ? 500 : 8);
    for (std::int64_t i = dice_.between(1, most); i > 0; --i) loose.users.push_back(known_user());
    std::ranges::sort(loose.users);
    const auto twice = std::ranges::unique(loose.users);
    loose.users.erase(twice.begin(), twice.end());
    std::ranges::reverse(loose.users);
    const auto named = static_cast<std::int64_t>(loose.users.size());
    shares = dice_.percent(60) ? named : dice_.between(1, named);
  } else {
    shares = dice_.between(1, std::min<std::int64_t>(policy.shares_max, many ? 500 : 12));
  }
  const std::int64_t share_fen =
      dice_.percent(10) ? policy.share_max.fen()
                        : dice_.between(policy.share_min.fen(),
                                        std::min<std::int64_t>(policy.share_max.fen(), 600));
  const bool odd_total = c.kind == PacketKind::lucky && share_fen < policy.share_max.fen();
  c.total = Amount{share_fen * shares + (odd_total ? dice_.between(0, shares - 1) : 0)};
  const bool by_recipients = shares == static_cast<std::int64_t>(loose.users.size());
  c.share_count = by_recipients && dice_.percent(50) ? 0 : static_cast<std::uint32_t>(shares);
  if (c.kind == PacketKind::lucky && dice_.percent(50)) c.split = Split::order_fair;
  if (c.kind == PacketKind::exclusive) c.split = static_cast<Split>(dice_.below(4));
  if (dice_.percent(20)) c.sender_may_claim = static_cast<Choice>(dice_.below(3));
  c.recallable = dice_.percent(30);
  if (dice_.percent(25)) {
    c.funding = FundingSource::external;
    c.reference = rail_reference();
  }
  if (dice_.percent(85)) {
    const std::int64_t least = policy.expiry_min.us();
    c.expires_in =
        Duration::us(dice_.between(least, std::min(policy.expiry_max.us(), least + 600'000'000)));
  }
  if (dice_.percent(12)) {
    const std::int64_t ahead = std::min<std::int64_t>(policy.opens_ahead_max.us(), 300'000'000);
    c.opens_at = now + Duration::us(dice_.between(1, std::max<std::int64_t>(ahead, 1)));
  }
  c.remark = Remark(words());
  c.group = Group(words());
  if (dice_.percent(15)) c.code = ClaimCode(words());
  if (dice_.percent(15)) spoil(c, loose, now);
  loose.command = c;
  return loose;
}

// Makes one thing odd, and mostly wrong.
void RandomCommands::spoil(SendPacket& c, LooseCommand& loose, Time now) {
  static constexpr std::array<std::int64_t, 6> spans{
      -1, 1, 59'999'999, 60'000'000, 604'800'000'001, INT64_MIN};
  switch (dice_.below(16)) {
    case 0:
      c.kind = junk<PacketKind>(dice_);
      break;
    case 1:
      c.split = junk<Split>(dice_);
      break;
    case 2:
      c.sender_may_claim = junk<Choice>(dice_);
      break;
    case 3:
      c.funding = junk<FundingSource>(dice_);
      break;
    case 4:
      c.split = static_cast<Split>(dice_.below(4));
      break;
    case 5:
      loose.users.push_back(user());
      break;
    case 6:
      loose.users.clear();
      break;
    case 7:
      loose.users.insert(loose.users.begin(), loose.users.empty() ? c.sender : loose.users.back());
      break;
    case 8:
      loose.users = {c.sender};
      break;
    case 9:
      c.total = amount();
      break;
    case 10:
      c.share_count =
          static_cast<std::uint32_t>(dice_.percent(50) ? dice_.below(700) : dice_.word());
      break;
    case 11:
      c.total = c.total + Amount{dice_.between(-2, 2)};
      break;
    case 12:
      c.expires_in = Duration::us(spans[dice_.below(spans.size())]);
      break;
    case 13:
      c.opens_at = dice_.percent(50) ? now + Duration::us(dice_.between(-1, 1))
                                     : now + model_.policy().opens_ahead_max;
      if (dice_.percent(30)) c.opens_at = c.opens_at + Duration::us(1);
      break;
    case 14:
      c.reference = Reference(words());
      break;
    default:
      c.sender = user();
      break;
  }
}

LooseCommand RandomCommands::random_return() {
  if (dice_.percent(20)) {
    const PacketId id = packet();
    const auto found = model_.packets().find(id);
    const bool known = found != model_.packets().end();
    return {.command =
                RecallPacket{.packet = id,
                             .sender = known && dice_.percent(85) ? found->second.sender : user()}};
  }
  const PacketId id = packet();
  return {.command = ReturnShare{.packet = id, .user = claimer_of(id)}};
}

LooseCommand RandomCommands::random_transfer_step() {
  const std::uint64_t roll = dice_.below(100);
  if (roll < 40 || transfers_.empty()) {
    SendTransfer c{.sender = known_user(), .recipient = user(), .amount = amount()};
    c.arrives_after = dice_.any_of(model_.policy().transfer_arrivals);
    if (dice_.permille(15)) c.arrives_after = Duration::us(dice_.between(-1, 1));
    c.remark = Remark(words());
    return {.command = c};
  }
  const PacketId id = transfer();
  const auto found = model_.transfers().find(id);
  const bool known = found != model_.transfers().end();
  const UserId recipient = known && dice_.percent(90) ? found->second.recipient : user();
  const UserId sender = known && dice_.percent(90) ? found->second.sender : user();
  if (roll < 60) return {.command = AcceptTransfer{.transfer = id, .recipient = recipient}};
  if (roll < 67) return {.command = DeclineTransfer{.transfer = id, .recipient = recipient}};
  if (roll < 80) return {.command = CancelTransfer{.transfer = id, .sender = sender}};
  return {.command = ReturnTransfer{.transfer = id, .recipient = recipient}};
}

LooseCommand RandomCommands::random_wallet_step() {
  const std::uint64_t roll = dice_.below(100);
  if (roll < 25) return {.command = OpenWallet{.user = user(), .name = DisplayName(words())}};
  if (roll < 65) {
    Deposit c{.user = user(), .amount = amount()};
    if (dice_.percent(30)) c.reference = rail_reference();
    if (dice_.permille(20)) c.reference = Reference(words());
    return {.command = c};
  }
  if (roll < 85) return {.command = Withdraw{.user = user(), .amount = amount()}};
  SetRefundTarget c{.user = user(), .target = static_cast<RefundTarget>(1 + dice_.below(2))};
  if (dice_.permille(50)) c.target = junk<RefundTarget>(dice_);
  return {.command = c};
}

LooseCommand RandomCommands::random_support_step() {
  LooseCommand loose{.note = note()};
  switch (dice_.below(8)) {
    case 0:
    case 1:
      loose.command = FreezePacket{
          .packet = dice_.percent(60) ? packet() : transfer(), .frozen = true, .by = by()};
      break;
    case 2: {
      FreezePacket c{.packet = packet(), .frozen = false, .by = by()};
      // Mostly something that is frozen.
      for (int i = 0; i < 20; ++i) {
        const PacketId id = dice_.percent(60) ? packet() : transfer();
        const auto p = model_.packets().find(id);
        const auto t = model_.transfers().find(id);
        const bool frozen = (p != model_.packets().end() && p->second.frozen) ||
                            (t != model_.transfers().end() && t->second.frozen);
        if (frozen) c.packet = id;
      }
      loose.command = c;
      break;
    }
    case 3:
      loose.command = FreezeWallet{.user = user(), .frozen = dice_.percent(45), .by = by()};
      break;
    case 4:
    case 5: {
      OpenCase c{.subject = dice_.percent(65) ? packet() : transfer(), .by = by()};
      c.user = dice_.percent(25) ? UserId{} : claimer_of(c.subject);
      loose.command = c;
      break;
    }
    default: {
      ResolveCase c{.case_id = case_id(), .decision = Decision::uphold, .by = by()};
      if (dice_.percent(30)) c.decision = Decision::refuse;
      if (dice_.permille(20)) c.decision = junk<Decision>(dice_);
      const auto found = model_.cases().find(c.case_id);
      if (found != model_.cases().end() && dice_.percent(30)) {
        c.user = claimer_of(found->second.record.subject);
      }
      loose.command = c;
      break;
    }
  }
  return loose;
}

LooseCommand RandomCommands::random_look() {
  switch (dice_.below(9)) {
    case 0:
      return {.command = ShowWallet{user()}};
    case 1:
      return {.command = CheckRecipient{user()}};
    case 2: {
      const PacketId id = packet();
      return {.command = PeekPacket{.packet = id, .user = wanted_user(id)}};
    }
    case 3:
      return {.command = ShowPacket{packet()}};
    case 4:
      return {.command = ShowTransfer{transfer()}};
    case 5:
      return {.command = ShowCase{case_id()}};
    case 6:
      return {.command = ListPayouts{
                  .shard = ShardId(static_cast<std::uint16_t>(dice_.below(model_.shard_count()))),
                  .after = dice_.percent(50) ? PacketId{} : packet(),
                  .count_max = static_cast<std::uint32_t>(
                      dice_.between(0, model_.policy().page_rows_max + 1))}};
    default: {
      ConfirmPayout c{.packet = packet(), .reference = rail_reference()};
      const auto owed = model_.payouts().lower_bound(c.packet);
      if (owed != model_.payouts().end() && dice_.percent(70)) c.packet = owed->first;
      return {.command = c};
    }
  }
}

// ---- keys that were used before -----------------------------------------------------------------

namespace {

// Changes one parameter, and not whose command it is.
struct Alter {
  Dice& dice;
  LooseCommand& loose;

  void operator()(SendPacket& c) const {
    switch (dice.below(12)) {
      case 0:
        c.total = Amount{c.total.fen() == 7 ? 8 : 7};
        break;
      case 1:
        ++c.share_count;
        break;
      case 2:
        c.kind = junk<PacketKind>(dice);
        break;
      case 3:
        c.split = junk<Split>(dice);
        break;
      case 4:
        c.sender_may_claim = junk<Choice>(dice);
        break;
      case 5:
        c.recallable = !c.recallable;
        break;
      case 6:
        c.funding = junk<FundingSource>(dice);
        break;
      case 7:
        c.expires_in = Duration::us(c.expires_in.us() + 1);
        break;
      case 8:
        c.opens_at = c.opens_at + Duration::us(1);
        break;
      case 9:
        c.code = ClaimCode("another");
        break;
      case 10:
        c.remark = Remark("another");
        break;
      default:
        loose.users.push_back(UserId{77});
        break;
    }
  }
  template <class Other>
  void operator()(Other& c) const {
    if constexpr (requires { c.note; }) {
      if (dice.percent(50)) {
        loose.note = Note("another note");
        return;
      }
    }
    if constexpr (requires { c.amount; }) {
      c.amount = dice.percent(50) ? Amount{} : Amount{c.amount.fen() == 5 ? 6 : 5};
    } else if constexpr (requires { c.name; }) {
      c.name = DisplayName("another");
    } else if constexpr (requires { c.target; }) {
      c.target = junk<RefundTarget>(dice);
    } else if constexpr (requires { c.frozen; }) {
      c.frozen = !c.frozen;
    } else if constexpr (requires { c.decision; }) {
      c.decision = junk<Decision>(dice);
    } else if constexpr (requires { c.reference; }) {
      c.reference = Reference("another");
    } else if constexpr (requires { c.subject; }) {
      c.user = UserId(c.user.value + 1);
    } else if constexpr (requires {
                           c.packet;
                           c.user;
                         }) {
      c.user = UserId(c.user.value + 1);
    } else if constexpr (requires {
                           c.transfer;
                           c.recipient;
                         }) {
      c.recipient = UserId(c.recipient.value + 1);
    }
  }
};

template <class C>
UserId who(const C& c) {
  if constexpr (requires { c.recipient; }) {
    return c.recipient;
  } else if constexpr (requires { c.sender; }) {
    return c.sender;
  } else if constexpr (requires { c.user; }) {
    return c.user;
  } else {
    return UserId{1};
  }
}

Command about_packet(PacketId id, UserId user, Dice& dice) {
  switch (dice.below(6)) {
    case 0:
      return ReturnShare{.packet = id, .user = user};
    case 1:
      return ReturnTransfer{.transfer = id, .recipient = user};
    case 2:
      return RecallPacket{.packet = id, .sender = user};
    case 3:
      return CancelTransfer{.transfer = id, .sender = user};
    case 4:
      return DeclineTransfer{.transfer = id, .recipient = user};
    default:
      return AcceptTransfer{.transfer = id, .recipient = user};
  }
}

// Another command about the same packet or by the same user.
Command sibling(const Command& command, Dice& dice) {
  return std::visit(
      [&dice](const auto& c) -> Command {
        if constexpr (requires { c.transfer; }) {
          return about_packet(c.transfer, who(c), dice);
        } else if constexpr (requires { c.packet; }) {
          return about_packet(c.packet, who(c), dice);
        } else if constexpr (requires {
                               c.user;
                               c.amount;
                             }) {
          if (dice.percent(50)) return Withdraw{.user = c.user, .amount = c.amount};
          return Deposit{.user = c.user, .amount = c.amount};
        } else {
          return c;
        }
      },
      command);
}

}  // namespace

LooseCommand RandomCommands::repeated(const LooseCommand& old) {
  LooseCommand loose = old;
  loose.deadline = Time{};
  if (dice_.percent(60)) return loose;
  if (dice_.percent(60)) {
    std::visit(Alter{dice_, loose}, loose.command);
  } else {
    loose.command = sibling(old.command, dice_);
    set_key(loose.command, key_of(old.command));
  }
  return loose;
}

void RandomCommands::learn(const Reply& reply, const ReplyBatch& batch) {
  if (reply.replayed) return;
  if (const auto* sent = std::get_if<SendAnswer>(&reply.answer)) packets_.push_back(sent->packet);
  if (const auto* transfer = std::get_if<TransferAnswer>(&reply.answer)) {
    if (transfer->state == TransferState::pending) transfers_.push_back(transfer->transfer);
  }
  if (const auto* opened = std::get_if<CaseAnswer>(&reply.answer)) {
    const CaseRecord& record = batch.cases.at(opened->index);
    if (record.state == CaseState::open) cases_.push_back(record.case_id);
  }
}

}  // namespace hb::model
