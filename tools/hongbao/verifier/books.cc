#include "tools/hongbao/verifier/books.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "engine/base/limits.h"
#include "engine/base/partition.h"
#include "engine/base/text.h"

namespace hb::verifier {

namespace {

// How long a key is promised to be remembered.
constexpr Duration key_life = Duration::hours(48);

std::string yuan(std::int64_t fen) {
  return format_amount(Amount(fen));
}

// Sums of a forged journal may pass 64 bits.
__extension__ using Wide = __int128;
Wide wide(std::int64_t fen) {
  return fen;
}

}  // namespace

bool Figures::conserved() const {
  return wide(deposits_fen) + wide(credits_received_fen) ==
         wide(wallets_fen) + wide(packets_fen) + wide(withdrawals_fen) + wide(credits_sent_fen);
}

// ---- events -------------------------------------------------------------------------------------

// One line a type of event: its least length, the length that it says it has, and how it is booked.
struct Books::EventRule {
  EventType type;
  std::size_t (*bytes)(const EventHeader*);
  void (Books::*book)(const EventHeader*);
};

namespace {

template <class Event>
std::size_t fixed_bytes(const EventHeader*) {
  return sizeof(Event);
}

std::size_t wallet_opened_bytes(const EventHeader* record) {
  return offsetof(WalletOpened, name) + read_event<WalletOpened>(record).name_bytes;
}

std::size_t packet_sent_bytes(const EventHeader* record) {
  const auto event = read_event<PacketSent>(record);
  return offsetof(PacketSent, texts) + event.remark_bytes + event.group_bytes;
}

}  // namespace

const Books::EventRule* Books::rule_for(EventType type) {
  static constexpr EventRule rules[] = {
      {EventType::wallet_opened, wallet_opened_bytes,
       &Books::read_and_book<WalletOpened, &Books::open_wallet>},
      {EventType::deposited, fixed_bytes<MoneyMoved>,
       &Books::read_and_book<MoneyMoved, &Books::deposit>},
      {EventType::withdrawn, fixed_bytes<MoneyMoved>,
       &Books::read_and_book<MoneyMoved, &Books::withdraw>},
      {EventType::packet_sent, packet_sent_bytes, &Books::read_and_book<PacketSent, &Books::send>},
      {EventType::claimed, fixed_bytes<Claimed>, &Books::read_and_book<Claimed, &Books::claim>},
      {EventType::refunded, fixed_bytes<Refunded>, &Books::read_and_book<Refunded, &Books::refund>},
      {EventType::credit_received, fixed_bytes<CreditReceived>,
       &Books::read_and_book<CreditReceived, &Books::receive_credit>},
      {EventType::credits_acknowledged, fixed_bytes<CreditsAcknowledged>,
       &Books::read_and_book<CreditsAcknowledged, &Books::acknowledge_credits>},
  };
  const auto* rule = std::ranges::find(rules, type, &EventRule::type);
  return rule == std::end(rules) ? nullptr : rule;
}

Result<void> Books::record(const journal::Record& record, journal::Position position) {
  const EventRule* rule = rule_for(record.event->type);
  if (rule == nullptr) {
    return fail(ErrorCode::newer_format,
                fmt::format("{}: event {} has type {}, which a newer version wrote; use that "
                            "version's tools",
                            journal::to_string(position), record.sequence.value,
                            static_cast<unsigned>(record.event->type)));
  }
  here_.position = position;
  check_order(record);
  const std::size_t bytes = rule->bytes(record.event);
  if (units_for(bytes) != record.event->units) {
    violate(Rule::record_malformed,
            fmt::format("the event has {} bytes, its content needs {}", record.event->bytes(),
                        units_for(bytes) * limits::record_unit_bytes));
    return {};
  }
  (this->*rule->book)(record.event);
  return {};
}

void Books::check_order(const journal::Record& record) {
  const std::uint64_t expected = here_.sequence.value + 1;
  here_.sequence = record.sequence;
  last_sequence_ = record.sequence;
  if (record.sequence.value != expected) {
    violate(Rule::sequence_gap,
            fmt::format("event {} where {} should follow", record.sequence.value, expected));
  }
  const Time at = record.event->at;
  if (figures_.events == 0) {
    figures_.first_at = at;
  } else if (at < now_) {
    violate(Rule::time_went_back,
            fmt::format("time {} us after an event of {} us", at.us(), now_.us()));
  }
  now_ = std::max(now_, at);
  figures_.last_at = now_;
  ++figures_.events;
}

void Books::check_key(PartitionId partition, Key128 key) {
  if (key.empty()) return violate(Rule::key_missing, "a command's event without key");
  while (!key_order_.empty() && now_.us() - key_order_.front().first.us() >= key_life.us()) {
    const auto& [used_at, place] = key_order_.front();
    const auto it = keys_.find(place);
    if (it != keys_.end() && it->second == used_at) keys_.erase(it);
    key_order_.pop_front();
  }
  const KeyPlace place{partition, key};
  const auto [it, is_new] = keys_.try_emplace(place, now_);
  if (!is_new) {
    violate(Rule::key_reused, fmt::format("key {:016x}{:016x} was used {} us before", key.high,
                                          key.low, now_.us() - it->second.us()));
    it->second = now_;
  }
  key_order_.emplace_back(now_, place);
}

void Books::check_home(PartitionId partition, const char* what, std::uint64_t id) {
  const ShardId home = shard_of(partition, identity_.shard_count);
  if (home == identity_.shard) return;
  violate(Rule::foreign_partition, fmt::format("{} {} belongs to shard {}", what, id, home.value));
}

bool Books::check_amount(std::int64_t fen) {
  if (fen > 0 && fen <= limits::amount_max) return true;
  violate(Rule::amount_invalid, fmt::format("an amount of {} fen", fen));
  return false;
}

// ---- wallets ------------------------------------------------------------------------------------

void Books::open_wallet(const WalletOpened& event) {
  check_home(partition_of(event.user), "user", event.user.value);
  const auto [it, is_new] = wallets_.try_emplace(event.user);
  Wallet& wallet = it->second;
  const bool by_command = !event.key.empty();
  if (by_command) check_key(partition_of(event.user), event.key);
  if (by_command ? wallet.opened : !is_new) {
    violate(Rule::wallet_opened_twice,
            fmt::format("the wallet of user {} was opened before", event.user.value));
  }
  wallet.opened = wallet.opened || by_command;
}

void Books::deposit(const MoneyMoved& event) {
  check_home(partition_of(event.user), "user", event.user.value);
  check_key(partition_of(event.user), event.key);
  if (!check_amount(event.amount.fen())) return;
  add(figures_.deposits_fen, event.amount.fen());
  settle(event.user, event.amount.fen(), event.balance.fen());
}

void Books::withdraw(const MoneyMoved& event) {
  check_home(partition_of(event.user), "user", event.user.value);
  check_key(partition_of(event.user), event.key);
  if (!check_amount(event.amount.fen())) return;
  add(figures_.withdrawals_fen, event.amount.fen());
  settle(event.user, -event.amount.fen(), event.balance.fen());
}

void Books::credit(UserId user, std::int64_t fen) {
  add(wallets_[user].balance_fen, fen);
}

void Books::settle(UserId user, std::int64_t change_fen, std::int64_t recorded_fen) {
  std::int64_t& balance_fen = wallets_[user].balance_fen;
  const std::int64_t before_fen = balance_fen;
  add(balance_fen, change_fen);
  if (balance_fen < 0 && change_fen < 0) {
    violate(Rule::overdraft, fmt::format("{} taken from user {}, whose wallet holds {}",
                                         yuan(-change_fen), user.value, yuan(before_fen)));
  }
  if (balance_fen != recorded_fen) {
    violate(Rule::balance_wrong,
            fmt::format("the balance of user {} is recorded as {}, but comes to {}", user.value,
                        yuan(recorded_fen), yuan(balance_fen)));
    balance_fen = recorded_fen;
  }
}

// ---- packets ------------------------------------------------------------------------------------

void Books::send(const PacketSent& event) {
  check_home(partition_of(event.sender), "user", event.sender.value);
  check_key(partition_of(event.sender), event.key);
  check_packet_id(event);
  if (!check_amount(event.total.fen())) return;
  check_terms(event);
  settle(event.sender, -event.total.fen(), event.balance.fen());
  add(figures_.sent_fen, event.total.fen());
  packets_[event.packet] = Packet{.sender = event.sender,
                                  .expires_at = event.expires_at,
                                  .total_fen = event.total.fen(),
                                  .escrow_fen = event.total.fen(),
                                  .share_fen_min = event.share_fen_min,
                                  .share_fen_max = event.share_fen_max,
                                  .share_count = event.share_count,
                                  .kind = event.kind};
}

void Books::check_packet_id(const PacketSent& event) {
  const PartitionId partition = partition_of(event.sender);
  const PacketId expected = packet_id(partition, ++last_number_[partition]);
  if (event.packet == expected) return;
  violate(Rule::packet_id_not_next,
          fmt::format("packet {} where {} is the sender's partition's next", event.packet.value,
                      expected.value));
  if (partition_of(event.packet) == partition) {
    last_number_[partition] = event.packet.value >> limits::partition_bits;
  }
}

void Books::check_terms(const PacketSent& event) {
  const std::int64_t shares = event.share_count;
  const std::int64_t total_fen = event.total.fen();
  const bool kind_known = event.kind == PacketKind::lucky || event.kind == PacketKind::even;
  if (!kind_known || shares < 1 || shares > limits::packet_shares_max || event.share_fen_min < 1 ||
      event.share_fen_min > event.share_fen_max) {
    violate(Rule::packet_terms_wrong,
            fmt::format("packet {} of kind {} has {} shares of {} to {} fen", event.packet.value,
                        static_cast<unsigned>(event.kind), shares, event.share_fen_min,
                        event.share_fen_max));
  } else if (total_fen < shares * event.share_fen_min || total_fen > shares * event.share_fen_max) {
    violate(Rule::total_out_of_bounds,
            fmt::format("packet {} holds {} in {} shares of {} to {} fen", event.packet.value,
                        yuan(total_fen), shares, event.share_fen_min, event.share_fen_max));
  } else if (event.kind == PacketKind::even && total_fen % shares != 0) {
    violate(Rule::total_not_divisible, fmt::format("even packet {} holds {} in {} shares",
                                                   event.packet.value, yuan(total_fen), shares));
  }
  if (event.expires_at <= event.at ||
      event.expires_at.us() - event.at.us() > limits::packet_life_us_max) {
    violate(Rule::expiry_out_of_range,
            fmt::format("packet {} is sent at {} us and expires at {} us", event.packet.value,
                        event.at.us(), event.expires_at.us()));
  }
}

Packet* Books::find_packet(PacketId packet) {
  const auto it = packets_.find(packet);
  if (it != packets_.end()) return &it->second;
  violate(Rule::packet_unknown, fmt::format("packet {} was never sent", packet.value));
  return nullptr;
}

void Books::claim(const Claimed& event) {
  ++figures_.claims;
  check_home(partition_of(event.packet), "packet", event.packet.value);
  if (!check_amount(event.amount_fen)) return;
  if (Packet* packet = find_packet(event.packet)) {
    check_share(*packet, event);
    take_share(*packet, event);
  }
  add(figures_.claimed_fen, event.amount_fen);
  credit_or_send(event.user, event.amount_fen);
}

void Books::check_share(const Packet& packet, const Claimed& event) {
  const std::uint64_t id = event.packet.value;
  if (packet.state != PacketState::open) {
    return violate(
        Rule::claim_after_close,
        fmt::format("user {} claims packet {}, which {}", event.user.value, id,
                    packet.state == PacketState::refunded ? "is refunded" : "has no share left"));
  }
  if (event.at >= packet.expires_at) {
    violate(Rule::claim_after_expiry,
            fmt::format("packet {} expired at {} us and is claimed at {} us", id,
                        packet.expires_at.us(), event.at.us()));
  }
  if (event.share_index != packet.claimed_count) {
    violate(Rule::share_index_wrong, fmt::format("share {} of packet {} where {} is next",
                                                 event.share_index, id, packet.claimed_count));
  }
  if (std::ranges::find(packet.claimers, event.user) != packet.claimers.end()) {
    violate(Rule::share_taken_twice,
            fmt::format("user {} has a share of packet {} already", event.user.value, id));
  }
  check_share_amount(packet, event);
}

void Books::check_share_amount(const Packet& packet, const Claimed& event) {
  const std::uint64_t id = event.packet.value;
  const std::int64_t fen = event.amount_fen;
  if (fen < packet.share_fen_min || fen > packet.share_fen_max) {
    violate(Rule::share_out_of_bounds,
            fmt::format("a share of {} fen of packet {}, whose shares are {} to {} fen", fen, id,
                        packet.share_fen_min, packet.share_fen_max));
  }
  if (packet.kind == PacketKind::even && fen * packet.share_count != packet.total_fen) {
    violate(Rule::even_share_unequal,
            fmt::format("a share of {} of even packet {}, which holds {} in {} shares", yuan(fen),
                        id, yuan(packet.total_fen), packet.share_count));
  }
  if (fen > packet.escrow_fen) {
    violate(Rule::share_over_rest, fmt::format("a share of {} of packet {}, which holds {}",
                                               yuan(fen), id, yuan(packet.escrow_fen)));
  } else if (packet.claimed_count + 1 == packet.share_count && fen != packet.escrow_fen) {
    violate(Rule::last_share_not_rest,
            fmt::format("the last share of packet {} is {}, but {} are left", id, yuan(fen),
                        yuan(packet.escrow_fen)));
  }
}

void Books::take_share(Packet& packet, const Claimed& event) {
  add(packet.claimed_fen, event.amount_fen);
  ++packet.claimed_count;
  if (packet.state != PacketState::open) return;
  packet.escrow_fen = std::max<std::int64_t>(packet.escrow_fen - event.amount_fen, 0);
  packet.claimers.push_back(event.user);
  if (packet.claimed_count == packet.share_count) {
    packet.state = PacketState::sold_out;
    packet.escrow_fen = 0;
    packet.claimers = {};
  }
}

void Books::refund(const Refunded& event) {
  check_home(partition_of(event.packet), "packet", event.packet.value);
  if (!check_amount(event.amount.fen())) return;
  Packet* packet = find_packet(event.packet);
  if (packet == nullptr) return;
  const std::uint64_t id = event.packet.value;
  if (packet->state == PacketState::refunded) {
    violate(Rule::refund_twice,
            fmt::format("packet {} got {} back before", id, yuan(packet->refunded_fen)));
  } else if (packet->state == PacketState::sold_out) {
    violate(Rule::refund_of_nothing, fmt::format("packet {} has no share left", id));
  } else if (event.amount.fen() != packet->escrow_fen) {
    violate(Rule::refund_not_rest,
            fmt::format("{} of packet {} go back, but {} are left", yuan(event.amount.fen()), id,
                        yuan(packet->escrow_fen)));
  }
  if (event.at < packet->expires_at) {
    violate(Rule::refund_before_expiry,
            fmt::format("packet {} expires at {} us and is refunded at {} us", id,
                        packet->expires_at.us(), event.at.us()));
  }
  packet->state = PacketState::refunded;
  packet->escrow_fen = 0;
  packet->claimers = {};
  add(packet->refunded_fen, event.amount.fen());
  add(figures_.refunded_fen, event.amount.fen());
  credit(packet->sender, event.amount.fen());
}

// ---- credits between shards ---------------------------------------------------------------------

void Books::credit_or_send(UserId user, std::int64_t fen) {
  const ShardId home = shard_of(partition_of(user), identity_.shard_count);
  if (home == identity_.shard) return credit(user, fen);
  here_.shard = identity_.shard;
  credits_[home].sent.push_back({here_.sequence, user, fen, here_});
  add(figures_.credits_sent_fen, fen);
}

void Books::receive_credit(const CreditReceived& event) {
  check_home(partition_of(event.user), "user", event.user.value);
  if (!check_amount(event.amount_fen)) return;
  if (event.source >= identity_.shard_count || ShardId(event.source) == identity_.shard) {
    return violate(Rule::credit_unknown, fmt::format("a credit from shard {}", event.source));
  }
  here_.shard = identity_.shard;
  credits_[ShardId(event.source)].received.push_back(
      {event.source_sequence, event.user, event.amount_fen, here_});
  add(figures_.credits_received_fen, event.amount_fen);
  credit(event.user, event.amount_fen);
}

void Books::acknowledge_credits(const CreditsAcknowledged& event) {
  if (event.target >= identity_.shard_count || ShardId(event.target) == identity_.shard) {
    return violate(Rule::credit_unknown, fmt::format("credits to shard {}", event.target));
  }
  credits_[ShardId(event.target)].acknowledged = event.through;
}

// ---- the end ------------------------------------------------------------------------------------

const Figures& Books::close() {
  here_ = Place{.shard = identity_.shard};
  figures_.wallets = wallets_.size();
  for (const auto& [user, wallet] : wallets_) add(figures_.wallets_fen, wallet.balance_fen);
  for (const auto& [id, packet] : packets_) count(id, packet);
  if (!figures_.conserved()) {
    violate(Rule::shard_not_conserved,
            fmt::format("deposits {} and credits received {} are not wallets {} + packets {} + "
                        "withdrawals {} + credits sent {}",
                        yuan(figures_.deposits_fen), yuan(figures_.credits_received_fen),
                        yuan(figures_.wallets_fen), yuan(figures_.packets_fen),
                        yuan(figures_.withdrawals_fen), yuan(figures_.credits_sent_fen)));
  }
  return figures_;
}

void Books::count(PacketId id, const Packet& packet) {
  switch (packet.state) {
    case PacketState::open:
      ++figures_.packets_open;
      break;
    case PacketState::sold_out:
      ++figures_.packets_sold_out;
      break;
    case PacketState::refunded:
    case PacketState::recalled:
      ++figures_.packets_refunded;
      break;
  }
  add(figures_.packets_fen, packet.escrow_fen);
  if (wide(packet.total_fen) ==
      wide(packet.claimed_fen) + wide(packet.escrow_fen) + wide(packet.refunded_fen)) {
    return;
  }
  violate(Rule::packet_not_conserved,
          fmt::format("packet {}: total {} is not claims {} + escrow {} + refunded {}", id.value,
                      yuan(packet.total_fen), yuan(packet.claimed_fen), yuan(packet.escrow_fen),
                      yuan(packet.refunded_fen)));
}

void Books::add(std::int64_t& sum_fen, std::int64_t fen) {
  if (__builtin_add_overflow(sum_fen, fen, &sum_fen)) {
    violate(Rule::sum_overflow, fmt::format("{} more fen than can be counted", fen));
  }
}

void Books::violate(Rule rule, std::string what) {
  here_.shard = identity_.shard;
  violations_->add({rule, here_, std::move(what)});
}

}  // namespace hb::verifier
