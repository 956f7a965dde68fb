#include "tools/hongbao/text/event_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>

#include "engine/base/checksum.h"
#include "engine/base/text.h"
#include "engine/ledger/events.h"
#include "tools/hongbao/text/names.h"
#include "tools/hongbao/text/values.h"

namespace hb {

namespace {

using Json = nlohmann::ordered_json;

// A text of an event.  The record may say a longer one than it has room for.
std::string text_of(std::span<const char> room, std::size_t offset, std::size_t bytes) {
  offset = std::min(offset, room.size());
  bytes = std::min(bytes, room.size() - offset);
  return {room.data() + offset, bytes};
}

std::string commitment(const PrfKey& seed) {
  return to_hex(sha256(std::as_bytes(std::span(&seed, 1))));
}

std::string yuan(Amount amount) {
  return format_amount(amount);
}

// ---- one function a type of event and form ------------------------------------------------------

void tell(const WalletOpened& e, std::string& text) {
  fmt::format_to(std::back_inserter(text), "user {}", e.user.value);
  if (e.name_bytes > 0) text += " name " + in_quotes(text_of(e.name, 0, e.name_bytes));
}
void tell(const WalletOpened& e, Json& json) {
  json["user"] = e.user.value;
  json["name"] = text_of(e.name, 0, e.name_bytes);
  json["key"] = format_key(e.key);
}

void tell(const MoneyMoved& e, std::string& text) {
  fmt::format_to(std::back_inserter(text), "user {} amount {} balance {}", e.user.value,
                 yuan(e.amount), yuan(e.balance));
}
void tell(const MoneyMoved& e, Json& json) {
  json["user"] = e.user.value;
  json["amount"] = e.amount.fen();
  json["balance"] = e.balance.fen();
  json["key"] = format_key(e.key);
}

void tell(const PacketSent& e, std::string& text) {
  fmt::format_to(std::back_inserter(text),
                 "packet {} sender {} total {} in {} {} shares of {} to {} expires {} balance {}",
                 e.packet.value, e.sender.value, yuan(e.total), e.share_count, name(e.kind),
                 yuan(Amount(e.share_fen_min)), yuan(Amount(e.share_fen_max)),
                 format_time(e.expires_at), yuan(e.balance));
  if (e.remark_bytes > 0) text += " remark " + in_quotes(text_of(e.texts, 0, e.remark_bytes));
  if (e.group_bytes > 0)
    text += " group " + in_quotes(text_of(e.texts, e.remark_bytes, e.group_bytes));
}
void tell(const PacketSent& e, Json& json) {
  json["packet"] = e.packet.value;
  json["sender"] = e.sender.value;
  json["kind"] = name(e.kind);
  json["share_count"] = e.share_count;
  json["total"] = e.total.fen();
  json["share_fen_min"] = e.share_fen_min;
  json["share_fen_max"] = e.share_fen_max;
  json["expires_at"] = e.expires_at.us();
  json["balance"] = e.balance.fen();
  json["seed_commitment"] = commitment(e.seed);
  json["remark"] = text_of(e.texts, 0, e.remark_bytes);
  json["group"] = text_of(e.texts, e.remark_bytes, e.group_bytes);
  json["key"] = format_key(e.key);
}

void tell(const Claimed& e, std::string& text) {
  fmt::format_to(std::back_inserter(text), "packet {} user {} share_index {} amount {}",
                 e.packet.value, e.user.value, e.share_index, yuan(Amount(e.amount_fen)));
}
void tell(const Claimed& e, Json& json) {
  json["packet"] = e.packet.value;
  json["user"] = e.user.value;
  json["share_index"] = e.share_index;
  json["amount_fen"] = e.amount_fen;
}

void tell(const Refunded& e, std::string& text) {
  fmt::format_to(std::back_inserter(text), "packet {} amount {}", e.packet.value, yuan(e.amount));
}
void tell(const Refunded& e, Json& json) {
  json["packet"] = e.packet.value;
  json["amount"] = e.amount.fen();
}

void tell(const CreditReceived& e, std::string& text) {
  fmt::format_to(std::back_inserter(text), "user {} amount {} from event {} of shard {}",
                 e.user.value, yuan(Amount(e.amount_fen)), e.source_sequence.value, e.source);
}
void tell(const CreditReceived& e, Json& json) {
  json["user"] = e.user.value;
  json["amount_fen"] = e.amount_fen;
  json["source_shard"] = e.source;
  json["source_sequence"] = e.source_sequence.value;
}

void tell(const CreditsAcknowledged& e, std::string& text) {
  fmt::format_to(std::back_inserter(text), "shard {} has credits through event {}", e.target,
                 e.through.value);
}
void tell(const CreditsAcknowledged& e, Json& json) {
  json["target_shard"] = e.target;
  json["through"] = e.through.value;
}

// ---- their table --------------------------------------------------------------------------------

template <class Event, class Out>
void read_and_tell(const EventHeader* record, Out& out) {
  tell(read_event<Event>(record), out);
}

struct EventWords {
  EventType type;
  std::string_view name;
  void (*text)(const EventHeader*, std::string&);
  void (*json)(const EventHeader*, Json&);
};

constexpr EventWords words[] = {
    {EventType::wallet_opened, "wallet_opened", read_and_tell<WalletOpened>,
     read_and_tell<WalletOpened>},
    {EventType::deposited, "deposited", read_and_tell<MoneyMoved>, read_and_tell<MoneyMoved>},
    {EventType::withdrawn, "withdrawn", read_and_tell<MoneyMoved>, read_and_tell<MoneyMoved>},
    {EventType::packet_sent, "packet_sent", read_and_tell<PacketSent>, read_and_tell<PacketSent>},
    {EventType::claimed, "claimed", read_and_tell<Claimed>, read_and_tell<Claimed>},
    {EventType::refunded, "refunded", read_and_tell<Refunded>, read_and_tell<Refunded>},
    {EventType::credit_received, "credit_received", read_and_tell<CreditReceived>,
     read_and_tell<CreditReceived>},
    {EventType::credits_acknowledged, "credits_acknowledged", read_and_tell<CreditsAcknowledged>,
     read_and_tell<CreditsAcknowledged>},
};

const EventWords* words_for(EventType type) {
  const auto* it = std::ranges::find(words, type, &EventWords::type);
  return it == std::end(words) ? nullptr : it;
}

}  // namespace

std::string to_text(const journal::Record& record) {
  const EventHeader& event = *record.event;
  const EventWords* known = words_for(event.type);
  std::string text = fmt::format("{:>8}  {}  {:<13}  ", record.sequence.value,
                                 format_time(event.at), known ? known->name : "unknown");
  if (known) {
    known->text(record.event, text);
  } else {
    fmt::format_to(std::back_inserter(text), "type {}, {} bytes, written by a newer version",
                   static_cast<unsigned>(event.type), event.bytes());
  }
  return text;
}

Json to_json(ShardId shard, journal::Position position, const journal::Record& record) {
  const EventHeader& event = *record.event;
  const EventWords* known = words_for(event.type);
  Json json{{"shard", shard.value},
            {"sequence", record.sequence.value},
            {"segment", position.segment},
            {"offset", position.offset},
            {"event", known ? known->name : "unknown"},
            {"type", static_cast<unsigned>(event.type)},
            {"at", event.at.us()}};
  if (known) {
    known->json(record.event, json);
  } else {
    json["bytes"] = event.bytes();
  }
  return json;
}

Error in_directory(const std::string& directory, Error error) {
  const bool names_file = error.message.starts_with(directory);
  if (!names_file) error.message = directory + "/" + error.message;
  return error;
}

std::string tail_text(const journal::Tail& tail) {
  if (!tail.torn()) return "tail clean";
  return fmt::format(
      "tail torn at {} (unfinished writes of a running or killed server; nothing acknowledged)",
      journal::to_string(tail.torn_at));
}

Json tail_json(const journal::Tail& tail) {
  Json json{{"state", tail.torn() ? "torn" : "clean"},
            {"last_sequence", tail.last_sequence().value},
            {"segment", tail.end.segment},
            {"offset", tail.end.offset}};
  if (tail.torn()) {
    json["torn_at"] = {{"segment", tail.torn_at.segment}, {"offset", tail.torn_at.offset}};
  }
  return json;
}

}  // namespace hb
