// The verifier's books: returns of claimed shares and of arrived transfers.
//
// Either one event, where the recipient's wallet is on the packet's shard, or three: asked by the
// packet's shard, decided by the wallet's, settled by the packet's.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/limits.h"
#include "engine/base/partition.h"
#include "tools/hongbao/verifier/books.h"

namespace hb::verifier {

namespace {

bool in_bounds(Amount amount) {
  return amount >= Amount{} && amount <= Amount{limits::amount_max};
}

// Whether the wallet gives this reason to refuse a debit, or none.
bool holds(Status status, const Wallet* wallet, const DebitDecided& event) {
  if (status == Status::ok) return true;
  if (event.forced != 0) return false;
  const std::int64_t balance_fen = wallet == nullptr ? 0 : wallet->balance_fen;
  switch (status) {
    case Status::insufficient_funds:
      return balance_fen < event.wanted.fen();
    case Status::wallet_frozen:
      return wallet != nullptr && wallet->frozen;
    case Status::wallet_unknown:
      // A policy may want a command before it calls a wallet one.
      return wallet == nullptr || !wallet->opened;
    default:
      return false;
  }
}

}  // namespace

// ---- on the packet's shard: asking --------------------------------------------------------------

void Books::request_return(const ReturnRequested& event) {
  const ShareName name{event.packet, event.share_index};
  const bool forced = event.forced != 0;
  check_home(event.packet);
  if (!check_amount(event.amount.fen())) return;
  const PartitionId home = partition_of(event.user);
  if (is_home(home)) {
    return violate(Rule::return_place_wrong,
                   fmt::format("another shard is asked for money of user {}, whose wallet is here",
                               event.user.value));
  }
  if (!forced && event.key.empty()) violate(Rule::key_missing, "a return without key");
  check_cause(name, event.user, forced, event.case_id);
  send_message(shard_of(home, identity_.shard_count), {.user = event.user,
                                                       .fen = event.amount.fen(),
                                                       .kind = MessageKind::debit_request,
                                                       .forced = forced,
                                                       .share_index = event.share_index,
                                                       .packet = event.packet});
  const std::optional<Held> share = find_share(name, event.user);
  if (!share) return;
  check_returnable(name, *share, forced);
  if (event.amount.fen() != share->owed_fen) {
    violate(Rule::return_amount_wrong,
            fmt::format("{} are asked back for share {} of packet {}, of which {} are owed",
                        yuan(event.amount.fen()), event.share_index, event.packet.value,
                        yuan(share->owed_fen)));
  }
  *share->state = ShareState::returning;
  pending_returns_[name] = {
      .user = event.user, .forced = forced, .case_id = event.case_id, .key = event.key};
}

// By force only for a case, and for a case only by force.
void Books::check_cause(ShareName name, UserId user, bool forced, CaseId id) {
  if (forced) return check_redress(id, name.first, user);
  if (id == CaseId{}) return;
  violate(Rule::case_mismatch,
          fmt::format("user {} returns a share of packet {} unforced, but case "
                      "{} is named",
                      user.value, name.first.value, id.value));
}

// What a case found missing, a later case may collect.
void Books::check_returnable(ShareName name, const Held& share, bool forced) {
  const bool collects = forced && *share.state == ShareState::returned_short;
  if (*share.state == ShareState::returning) {
    violate(Rule::return_under_way,
            fmt::format("share {} of packet {} is being returned", name.second, name.first.value));
  } else if (*share.state != ShareState::held && !collects) {
    violate(Rule::return_twice, fmt::format("share {} of packet {} was returned before",
                                            name.second, name.first.value));
  }
  if (!forced) check_thawed(name.first, share.frozen);
}

std::optional<Books::Held> Books::find_share(ShareName name, UserId user) {
  std::optional<Held> share = held_share(name, user);
  if (!share) {
    violate(Rule::share_unknown, fmt::format("share {} of packet {} is not user {}'s", name.second,
                                             name.first.value, user.value));
  }
  return share;
}

std::optional<Books::Held> Books::held_share(ShareName name, UserId user) {
  const auto [id, index] = name;
  const auto shortfall = shortfalls_fen_.find(name);
  const auto owed_fen = [&](std::int64_t share_fen) {
    return shortfall == shortfalls_fen_.end() ? share_fen : shortfall->second;
  };
  if (const auto it = packets_.find(id); it != packets_.end()) {
    Packet& packet = it->second;
    if (index >= packet.shares.size() || packet.shares[index].user != user) return std::nullopt;
    Share& share = packet.shares[index];
    return Held{.sender = packet.sender,
                .fen = share.fen,
                .owed_fen = owed_fen(share.fen),
                .frozen = packet.frozen,
                .state = &share.state,
                .returned_fen = &packet.returned_fen};
  }
  const auto it = transfers_.find(id);
  if (it == transfers_.end()) return std::nullopt;
  Transfer& transfer = it->second;
  const bool arrived =
      transfer.state == TransferState::arrived || transfer.state == TransferState::returned;
  if (!arrived || index != 0 || transfer.recipient != user) return std::nullopt;
  return Held{.sender = transfer.sender,
              .fen = transfer.amount_fen,
              .owed_fen = owed_fen(transfer.amount_fen),
              .frozen = transfer.frozen,
              .state = &transfer.share_state,
              .returned_fen = &transfer.returned_fen,
              .transfer_state = &transfer.state};
}

// ---- on the wallet's shard ----------------------------------------------------------------------

void Books::decide_debit(const DebitDecided& event) {
  check_home(event.user);
  if (!check_debit_amounts(event)) return;
  const bool forced = event.forced != 0;
  const ShardId packet_home = shard_of(partition_of(event.packet), identity_.shard_count);
  Message message{.sequence = event.source_sequence,
                  .user = event.user,
                  .fen = event.wanted.fen(),
                  .kind = MessageKind::debit_request,
                  .forced = forced,
                  .share_index = event.share_index,
                  .packet = event.packet};
  if (!receive_message(event.source, message)) return;
  if (ShardId(event.source) != packet_home) {
    violate(Rule::message_unknown,
            fmt::format("shard {} asks about packet {} of shard {}", event.source,
                        event.packet.value, packet_home.value));
  }
  check_debit(event);
  if (event.taken != Amount{}) debit(event.user, event.taken.fen());
  check_balance(event.user, event.balance.fen());
  figures_.credits_sent_fen += event.taken.fen();
  message.kind = MessageKind::debit_answer;
  message.fen = event.taken.fen();
  message.status = event.status;
  send_message(ShardId(event.source), message);
}

bool Books::check_debit_amounts(const DebitDecided& event) {
  if (!check_amount(event.wanted.fen())) return false;
  if (in_bounds(event.taken)) return true;
  violate(Rule::amount_invalid, fmt::format("{} fen were taken", event.taken.fen()));
  return false;
}

void Books::check_debit(const DebitDecided& event) {
  const Wallet* wallet = find_wallet(event.user);
  const std::int64_t balance_fen = wallet == nullptr ? 0 : wallet->balance_fen;
  const bool done = event.status == Status::ok;
  const Amount forced{std::clamp<std::int64_t>(balance_fen, 0, event.wanted.fen())};
  const Amount right = !done ? Amount{} : event.forced != 0 ? forced : event.wanted;
  if (event.taken != right) {
    violate(Rule::debit_wrong, fmt::format("{} of {} are taken from user {}, where {} is right",
                                           yuan(event.taken.fen()), yuan(event.wanted.fen()),
                                           event.user.value, yuan(right.fen())));
  }
  if (!holds(event.status, wallet, event)) {
    violate(Rule::debit_status_wrong,
            fmt::format("user {}, whose wallet holds {}, is not debited {} with status {}",
                        event.user.value, yuan(balance_fen), yuan(event.wanted.fen()),
                        static_cast<unsigned>(event.status)));
  }
  if (done && event.forced == 0) check_not_frozen(event.user);
}

// ---- on the packet's shard: the end -------------------------------------------------------------

void Books::settle_return(const ReturnSettled& event) {
  check_home(event.packet);
  if (!in_bounds(event.taken) || !in_bounds(event.shortfall)) {
    return violate(Rule::amount_invalid, fmt::format("{} fen were taken and {} are missing",
                                                     event.taken.fen(), event.shortfall.fen()));
  }
  if (event.answer_sequence == Sequence{}) {
    take_here(event);
  } else if (!take_answer(event)) {
    return;
  }
  const std::optional<Held> share = find_share({event.packet, event.share_index}, event.user);
  if (!share) return;
  if (event.answer_sequence == Sequence{}) {
    check_returnable({event.packet, event.share_index}, *share, event.forced != 0);
  }
  check_settled(event, *share);
  end_return(event, *share);
}

// False when it is no message at all.
bool Books::take_answer(const ReturnSettled& event) {
  if (!receive_message(event.answer_shard, {.sequence = event.answer_sequence,
                                            .user = event.user,
                                            .fen = event.taken.fen(),
                                            .kind = MessageKind::debit_answer,
                                            .status = event.status,
                                            .forced = event.forced != 0,
                                            .share_index = event.share_index,
                                            .packet = event.packet})) {
    return false;
  }
  figures_.credits_received_fen += event.taken.fen();
  const auto it = pending_returns_.find({event.packet, event.share_index});
  const bool asked = it != pending_returns_.end() && it->second.user == event.user &&
                     it->second.forced == (event.forced != 0) &&
                     it->second.case_id == event.case_id && it->second.key == event.key;
  if (!asked) {
    violate(Rule::return_not_asked,
            fmt::format("the return of share {} of packet {} by user {} was not asked for so",
                        event.share_index, event.packet.value, event.user.value));
  }
  if (it != pending_returns_.end()) pending_returns_.erase(it);
  return true;
}

void Books::take_here(const ReturnSettled& event) {
  const bool forced = event.forced != 0;
  check_cause({event.packet, event.share_index}, event.user, forced, event.case_id);
  if (!is_home(partition_of(event.user))) {
    return violate(Rule::return_place_wrong,
                   fmt::format("user {}, whose wallet is on another shard, is debited here",
                               event.user.value));
  }
  if (!forced && event.key.empty()) violate(Rule::key_missing, "a return without key");
  if (!forced && event.status == Status::ok) check_not_frozen(event.user);
  const Wallet* wallet = find_wallet(event.user);
  const std::int64_t balance_fen = wallet == nullptr ? 0 : wallet->balance_fen;
  if (event.shortfall != Amount{} && event.taken.fen() < balance_fen) {
    violate(Rule::debit_wrong,
            fmt::format("{} are taken from user {}, whose wallet holds {}, and {} are missing",
                        yuan(event.taken.fen()), event.user.value, yuan(balance_fen),
                        yuan(event.shortfall.fen())));
  }
  if (event.taken != Amount{}) debit(event.user, event.taken.fen());
}

// All that is owed is there, or what a case could not get is named; or nothing was taken.
void Books::check_settled(const ReturnSettled& event, const Held& share) {
  const bool done = event.status == Status::ok;
  const Wide found = wide(event.taken.fen()) + event.shortfall.fen();
  const bool short_of = event.shortfall != Amount{};
  const bool right =
      done ? found == share.owed_fen && (event.forced != 0 || !short_of) : found == 0;
  if (right) return;
  violate(
      Rule::return_amount_wrong,
      fmt::format("of share {} of packet {} {} are owed; its return brings {}, and {} are missing",
                  event.share_index, event.packet.value, yuan(share.owed_fen),
                  yuan(event.taken.fen()), yuan(event.shortfall.fen())));
}

void Books::end_return(const ReturnSettled& event, const Held& share) {
  add(*share.returned_fen, event.taken.fen());
  if (event.taken != Amount{}) credit(share.sender, event.taken.fen());
  if (event.status != Status::ok) {
    *share.state = ShareState::held;
    return;
  }
  *share.state = event.shortfall == Amount{} ? ShareState::returned : ShareState::returned_short;
  if (share.transfer_state != nullptr) *share.transfer_state = TransferState::returned;
  std::int64_t& shortfall_fen = shortfalls_fen_[{event.packet, event.share_index}];
  figures_.shortfall_fen += wide(event.shortfall.fen()) - shortfall_fen;
  shortfall_fen = event.shortfall.fen();
  if (shortfall_fen == 0) shortfalls_fen_.erase({event.packet, event.share_index});
  if (const auto it = cases_.find(event.case_id); it != cases_.end()) {
    add(it->second.returned_fen, event.taken.fen());
    add(it->second.shortfall_fen, event.shortfall.fen());
  }
  // A refused return leaves its key free.
  if (!event.key.empty()) check_key(partition_of(event.packet), event.key);
}

}  // namespace hb::verifier
