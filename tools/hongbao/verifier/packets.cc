// The verifier's books: packets, their claims, and what becomes of the rest.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "engine/base/limits.h"
#include "engine/base/partition.h"
#include "tools/hongbao/verifier/books.h"

namespace hb::verifier {

namespace {

bool has(const PacketSent& event, std::uint8_t flag) {
  return (event.flags & flag) != 0;
}

Split split_of(const PacketSent& event) {
  if (event.split != Split::by_kind) return event.split;
  return event.kind == PacketKind::lucky ? Split::double_mean : Split::equal;
}

bool suits(PacketKind kind, Split split) {
  const bool drawn = split == Split::double_mean || split == Split::order_fair;
  switch (kind) {
    case PacketKind::lucky:
      return drawn;
    case PacketKind::even:
    case PacketKind::direct:
      return split == Split::equal;
    case PacketKind::exclusive:
      return drawn || split == Split::equal;
  }
  return false;
}

bool names_recipients(PacketKind kind) {
  return kind == PacketKind::direct || kind == PacketKind::exclusive;
}

bool are_different_users(std::span<const UserId> users) {
  std::vector<UserId> sorted(users.begin(), users.end());
  std::ranges::sort(sorted);
  const bool somebody = sorted.empty() || sorted.front() != UserId{};
  return somebody && std::ranges::adjacent_find(sorted) == sorted.end();
}

const char* end_of(PacketState state) {
  switch (state) {
    case PacketState::open:
      break;
    case PacketState::sold_out:
      return "has no share left";
    case PacketState::refunded:
      return "is refunded";
    case PacketState::recalled:
      return "is recalled";
  }
  return "is open";
}

}  // namespace

// ---- sending ------------------------------------------------------------------------------------

void Books::send(const PacketSent& event, std::span<const UserId> recipients) {
  check_home(event.sender);
  check_key(partition_of(event.sender), event.key);
  check_next_id(event.sender, event.packet);
  if (!check_amount(event.total.fen())) return;
  check_terms(event);
  check_split(event);
  check_recipients(event, recipients);
  check_times(event);
  check_not_frozen(event.sender);
  if (has(event, PacketSent::external)) {
    use_reference(ReferenceUse::incoming, event.reference(),
                  has(event, PacketSent::reference_booked), event.key);
    figures_.external_fen += event.total.fen();
    check_balance(event.sender, event.balance.fen());
  } else {
    settle(event.sender, -event.total.fen(), event.balance.fen());
  }
  figures_.sent_fen += event.total.fen();
  packets_[event.packet] = Packet{.sender = event.sender,
                                  .opens_at = event.opens_at,
                                  .expires_at = event.expires_at,
                                  .total_fen = event.total.fen(),
                                  .escrow_fen = event.total.fen(),
                                  .share_fen_min = event.share_fen_min,
                                  .share_fen_max = event.share_fen_max,
                                  .share_count = event.share_count,
                                  .split = split_of(event),
                                  .sender_excluded = has(event, PacketSent::sender_excluded),
                                  .recallable = has(event, PacketSent::recallable),
                                  .external = has(event, PacketSent::external),
                                  .needs_code = event.code_tag != 0,
                                  .recipients{recipients.begin(), recipients.end()}};
}

void Books::check_terms(const PacketSent& event) {
  constexpr std::uint8_t known_flags = PacketSent::sender_excluded | PacketSent::recallable |
                                       PacketSent::external | PacketSent::reference_booked;
  const std::int64_t shares = event.share_count;
  const std::int64_t total_fen = event.total.fen();
  const bool kind_known = event.kind >= PacketKind::lucky && event.kind <= PacketKind::exclusive;
  if (!kind_known || shares < 1 || shares > limits::packet_shares_max || event.share_fen_min < 1 ||
      event.share_fen_min > event.share_fen_max || (event.flags & ~known_flags) != 0 ||
      (event.kind == PacketKind::direct && shares != 1)) {
    violate(Rule::packet_terms_wrong,
            fmt::format("packet {} of kind {} with flags {} has {} shares of {} to {} fen",
                        event.packet.value, static_cast<unsigned>(event.kind), event.flags, shares,
                        event.share_fen_min, event.share_fen_max));
  } else if (total_fen < shares * event.share_fen_min || total_fen > shares * event.share_fen_max) {
    violate(Rule::total_out_of_bounds,
            fmt::format("packet {} holds {} in {} shares of {} to {} fen", event.packet.value,
                        yuan(total_fen), shares, event.share_fen_min, event.share_fen_max));
  } else if (split_of(event) == Split::equal && total_fen % shares != 0) {
    violate(Rule::total_not_divisible, fmt::format("packet {} holds {} in {} equal shares",
                                                   event.packet.value, yuan(total_fen), shares));
  }
}

void Books::check_split(const PacketSent& event) {
  const bool kind_known = event.kind >= PacketKind::lucky && event.kind <= PacketKind::exclusive;
  if (!kind_known || suits(event.kind, split_of(event))) return;
  violate(Rule::split_wrong,
          fmt::format("packet {} of kind {} has split {}", event.packet.value,
                      static_cast<unsigned>(event.kind), static_cast<unsigned>(event.split)));
}

void Books::check_recipients(const PacketSent& event, std::span<const UserId> recipients) {
  const bool named = names_recipients(event.kind);
  const std::size_t least = named ? 1 : 0;
  const std::size_t most = event.kind == PacketKind::direct ? 1
                           : named                          ? limits::packet_recipients_max
                                                            : 0;
  if (recipients.size() < least || recipients.size() > most || !are_different_users(recipients)) {
    violate(Rule::recipients_wrong,
            fmt::format("packet {} of kind {} names {} users, who must be {} to {} different ones",
                        event.packet.value, static_cast<unsigned>(event.kind), recipients.size(),
                        least, most));
  }
  const bool external = has(event, PacketSent::external);
  if (external == (event.reference_bytes != 0)) return;
  violate(Rule::reference_wrong,
          fmt::format("packet {}, paid {}, has a reference of {} bytes", event.packet.value,
                      external ? "from outside" : "from the wallet", event.reference_bytes));
}

void Books::check_times(const PacketSent& event) {
  const std::int64_t at_us = event.at.us();
  const Wide ahead_us = wide(event.opens_at.us()) - at_us;
  const bool timed = event.opens_at != Time{};
  if (timed && (ahead_us <= 0 || ahead_us > limits::opens_ahead_us_max)) {
    violate(Rule::opening_out_of_range,
            fmt::format("packet {} is sent at {} us and opens at {} us", event.packet.value, at_us,
                        event.opens_at.us()));
  }
  const std::int64_t open_us = std::max(at_us, event.opens_at.us());
  const Wide life_us = wide(event.expires_at.us()) - open_us;
  if (life_us > 0 && life_us <= limits::packet_life_us_max) return;
  violate(Rule::expiry_out_of_range,
          fmt::format("packet {} is open at {} us and expires at {} us", event.packet.value,
                      open_us, event.expires_at.us()));
}

Packet* Books::find_packet(PacketId packet) {
  const auto it = packets_.find(packet);
  if (it != packets_.end()) return &it->second;
  violate(Rule::packet_unknown, fmt::format("packet {} was never sent", packet.value));
  return nullptr;
}

void Books::check_thawed(PacketId id, bool frozen) {
  if (!frozen) return;
  violate(Rule::frozen_packet_moved, fmt::format("{} is frozen", id.value));
}

// ---- claims -------------------------------------------------------------------------------------

void Books::claim(const Claimed& event) {
  ++figures_.claims;
  check_home(event.packet);
  if (!check_amount(event.amount_fen)) return;
  if (Packet* packet = find_packet(event.packet)) {
    check_share(*packet, event);
    take_share(*packet, event);
  }
  figures_.claimed_fen += event.amount_fen;
  credit_or_send(event.user, event.amount_fen);
}

void Books::check_share(const Packet& packet, const Claimed& event) {
  const std::uint64_t id = event.packet.value;
  if (packet.state != PacketState::open) {
    return violate(Rule::claim_after_close,
                   fmt::format("user {} claims packet {}, which {}", event.user.value, id,
                               end_of(packet.state)));
  }
  check_thawed(event.packet, packet.frozen);
  if (event.at >= packet.expires_at) {
    violate(Rule::claim_after_expiry,
            fmt::format("packet {} expired at {} us and is claimed at {} us", id,
                        packet.expires_at.us(), event.at.us()));
  }
  if (event.at < packet.opens_at) {
    violate(Rule::claim_before_opening,
            fmt::format("packet {} opens at {} us and is claimed at {} us", id,
                        packet.opens_at.us(), event.at.us()));
  }
  if (event.share_index != packet.shares.size()) {
    violate(Rule::share_index_wrong, fmt::format("share {} of packet {} where {} is next",
                                                 event.share_index, id, packet.shares.size()));
  }
  check_claimer(packet, event);
  check_share_amount(packet, event);
}

void Books::check_claimer(const Packet& packet, const Claimed& event) {
  const std::uint64_t id = event.packet.value;
  const std::uint64_t user = event.user.value;
  if (std::ranges::find(packet.shares, event.user, &Share::user) != packet.shares.end()) {
    violate(Rule::share_taken_twice,
            fmt::format("user {} has a share of packet {} already", user, id));
  }
  const auto& named = packet.recipients;
  if (!named.empty() && std::ranges::find(named, event.user) == named.end()) {
    violate(Rule::claim_not_recipient, fmt::format("packet {} does not name user {}", id, user));
  }
  if (packet.sender_excluded && event.user == packet.sender) {
    violate(Rule::claim_by_sender,
            fmt::format("user {} sent packet {} and may not claim it", user, id));
  }
}

void Books::check_share_amount(const Packet& packet, const Claimed& event) {
  const std::uint64_t id = event.packet.value;
  const std::int64_t fen = event.amount_fen;
  if (fen < packet.share_fen_min || fen > packet.share_fen_max) {
    violate(Rule::share_out_of_bounds,
            fmt::format("a share of {} fen of packet {}, whose shares are {} to {} fen", fen, id,
                        packet.share_fen_min, packet.share_fen_max));
  }
  if (packet.split == Split::equal && fen * packet.share_count != packet.total_fen) {
    violate(Rule::share_not_equal,
            fmt::format("a share of {} of packet {}, which holds {} in {} equal shares", yuan(fen),
                        id, yuan(packet.total_fen), packet.share_count));
  }
  if (fen > packet.escrow_fen) {
    violate(Rule::share_over_rest, fmt::format("a share of {} of packet {}, which holds {}",
                                               yuan(fen), id, yuan(packet.escrow_fen)));
  } else if (packet.shares.size() + 1 == packet.share_count && fen != packet.escrow_fen) {
    violate(Rule::last_share_not_rest,
            fmt::format("the last share of packet {} is {}, but {} are left", id, yuan(fen),
                        yuan(packet.escrow_fen)));
  }
}

void Books::take_share(Packet& packet, const Claimed& event) {
  add(packet.claimed_fen, event.amount_fen);
  packet.shares.push_back({.user = event.user, .fen = event.amount_fen});
  if (packet.state != PacketState::open) return;
  packet.escrow_fen = std::max<std::int64_t>(packet.escrow_fen - event.amount_fen, 0);
  if (packet.shares.size() == packet.share_count) {
    close_packet(event.packet, packet, PacketState::sold_out);
  }
}

void Books::close_packet(PacketId id, Packet& packet, PacketState state) {
  packet.state = state;
  packet.escrow_fen = 0;
  packet.shares.shrink_to_fit();
  packet.recipients = {};
  code_tries_.erase(id);
}

void Books::try_code(const CodeTried& event) {
  check_home(event.packet);
  const Packet* packet = find_packet(event.packet);
  if (packet == nullptr) return;
  if (!packet->needs_code || packet->state != PacketState::open) {
    return violate(
        Rule::code_not_wanted,
        fmt::format("user {} tries a code on packet {}, which {}", event.user.value,
                    event.packet.value, packet->needs_code ? end_of(packet->state) : "wants none"));
  }
  std::map<UserId, std::uint16_t>& triers = code_tries_[event.packet];
  std::uint16_t& tries = triers[event.user];
  const bool may_be_forgotten = triers.size() > limits::code_triers_max;
  if (event.tries != tries + 1 && !(event.tries == 1 && may_be_forgotten)) {
    violate(Rule::code_tries_wrong,
            fmt::format("try {} of user {} on packet {} after {}", event.tries, event.user.value,
                        event.packet.value, tries));
  }
  tries = event.tries;
}

// ---- the rest goes back -------------------------------------------------------------------------

void Books::refund(const Refunded& event) {
  check_home(event.packet);
  if (!check_amount(event.amount.fen())) return;
  Packet* packet = find_packet(event.packet);
  if (packet == nullptr) return;
  check_rest(event.packet, *packet, event.amount.fen());
  if (event.at < packet->expires_at) {
    violate(Rule::refund_before_expiry,
            fmt::format("packet {} expires at {} us and is refunded at {} us", event.packet.value,
                        packet->expires_at.us(), event.at.us()));
  }
  give_back(event.packet, *packet, event.amount.fen(), event.route, PacketState::refunded);
}

void Books::recall(const PacketRecalled& event) {
  check_home(event.packet);
  check_key(partition_of(event.packet), event.key);
  if (!check_amount(event.amount.fen())) return;
  Packet* packet = find_packet(event.packet);
  if (packet == nullptr) return;
  if (!packet->recallable) {
    violate(Rule::recall_not_allowed,
            fmt::format("packet {} is recalled, which it does not allow", event.packet.value));
  }
  check_rest(event.packet, *packet, event.amount.fen());
  if (event.at >= packet->expires_at) {
    violate(Rule::recall_after_expiry,
            fmt::format("packet {} expired at {} us and is recalled at {} us", event.packet.value,
                        packet->expires_at.us(), event.at.us()));
  }
  give_back(event.packet, *packet, event.amount.fen(), event.route, PacketState::recalled);
}

void Books::check_rest(PacketId id, const Packet& packet, std::int64_t fen) {
  check_thawed(id, packet.frozen);
  if (packet.state == PacketState::sold_out) {
    violate(Rule::refund_of_nothing, fmt::format("packet {} has no share left", id.value));
  } else if (packet.state != PacketState::open) {
    violate(Rule::refund_twice,
            fmt::format("packet {} gave {} back before", id.value, yuan(packet.refunded_fen)));
  } else if (fen != packet.escrow_fen) {
    violate(Rule::refund_not_rest, fmt::format("{} of packet {} go back, but {} are left",
                                               yuan(fen), id.value, yuan(packet.escrow_fen)));
  }
}

// To where it came from; what came from outside goes to the wallet where that is set so.
void Books::check_route(PacketId id, const Packet& packet, RefundRoute route) {
  const Wallet* wallet = find_wallet(packet.sender);
  const bool to_wallet = wallet != nullptr && wallet->refund_target == RefundTarget::wallet;
  const RefundRoute right =
      packet.external && !to_wallet ? RefundRoute::payout : RefundRoute::wallet;
  if (route == right) return;
  violate(Rule::refund_route_wrong,
          fmt::format("the rest of packet {} takes route {}, not {}", id.value,
                      static_cast<unsigned>(route), static_cast<unsigned>(right)));
}

void Books::give_back(PacketId id, Packet& packet, std::int64_t fen, RefundRoute route,
                      PacketState state) {
  check_route(id, packet, route);
  close_packet(id, packet, state);
  add(packet.refunded_fen, fen);
  figures_.refunded_fen += fen;
  if (route == RefundRoute::wallet) return credit(packet.sender, fen);
  Payout& payout = payouts_[id];
  payout.sender = packet.sender;
  add(payout.fen, fen);
}

void Books::confirm_payout(const PayoutConfirmed& event) {
  check_home(event.packet);
  check_key(partition_of(event.packet), event.key);
  if (event.reference_bytes == 0) {
    violate(Rule::reference_wrong,
            fmt::format("the payout of packet {} has no reference", event.packet.value));
  }
  use_reference(ReferenceUse::outgoing, {event.reference, event.reference_bytes},
                event.reference_booked != 0, event.key);
  if (!check_amount(event.amount.fen())) return;
  figures_.payouts_paid_fen += event.amount.fen();
  const auto it = payouts_.find(event.packet);
  if (it == payouts_.end()) {
    return violate(Rule::payout_unknown,
                   fmt::format("nothing is owed for packet {}", event.packet.value));
  }
  Payout& payout = it->second;
  if (payout.state == PayoutState::confirmed) {
    violate(Rule::payout_confirmed_twice,
            fmt::format("the payout of packet {} was confirmed before", event.packet.value));
  } else if (payout.fen != event.amount.fen()) {
    violate(Rule::payout_amount_wrong,
            fmt::format("{} are paid for packet {}, but {} are owed", yuan(event.amount.fen()),
                        event.packet.value, yuan(payout.fen)));
  }
  payout.state = PayoutState::confirmed;
}

}  // namespace hb::verifier
