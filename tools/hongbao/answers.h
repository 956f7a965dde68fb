// A server's answers, told: in words, and as JSON with the schema's field names.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "net/client/client.h"
#include "tools/hongbao/console.h"
#include "tools/hongbao/text/values.h"

namespace hb::cli {

// One answer in both forms; the text has its line's end.
struct Told {
  nlohmann::ordered_json json;
  std::string text;
};

Told told(const net::Welcome& welcome, const net::Pong& pong, const std::string& server,
          Duration round_trip);

Told told(const WalletAnswer& wallet);
Told told(const RecipientAnswer& answer);

Told told(const SendAnswer& answer, const SendPacket& command);
Told told(const ClaimAnswer& answer, const ClaimWithCode& claim);
Told told(const PeekAnswer& answer, const PeekPacket& query);
Told told(const net::PacketRecord& packet);
Told told(const RecallAnswer& answer);
Told told(const ReturnAnswer& answer);
Told told(const PacketFreezeAnswer& answer);

Told told(const TransferAnswer& transfer);
Told told(const PayoutAnswer& answer);
Told told(const net::PayoutPage& page);

Told told(const CaseRecord& record);

// The ids that a command names, as " (packet 4097, user 8)"; empty: none.
template <class Command>
std::string ids_of(const Command& command) {
  std::string text;
  const auto add = [&text](std::string_view what, std::uint64_t id) {
    if (id == 0) return;
    text.append(text.empty() ? " (" : ", ").append(what).append(" ").append(std::to_string(id));
  };
  if constexpr (requires { command.packet.value; }) add("packet", command.packet.value);
  if constexpr (requires { command.transfer.value; }) add("transfer", command.transfer.value);
  if constexpr (requires { command.case_id.value; }) add("case", command.case_id.value);
  if constexpr (requires { command.subject.value; }) add("subject", command.subject.value);
  if constexpr (requires { command.user.value; }) add("user", command.user.value);
  if constexpr (requires { command.sender.value; }) add("sender", command.sender.value);
  if constexpr (requires { command.recipient.value; }) add("recipient", command.recipient.value);
  return text.empty() ? text : text + ")";
}

// A refusal; an empty key: the command had none.  `ids` as from ids_of().
ExitStatus refuse(Console& console, Status status, std::int64_t limit, Duration retry_after,
                  const std::string& message, Key128 key, std::string_view ids = {});

// Tells how a command ended: `tell(answer)` gives the words for an answer.
template <class T, class Tell>
ExitStatus conclude(Console& console, const Result<net::Outcome<T>>& result, Key128 key, Tell tell,
                    std::string_view ids = {}) {
  if (!result) return console.fail(result.error(), key);
  if (!succeeded(result->status)) {
    return refuse(console, result->status, result->limit, result->retry_after, result->message, key,
                  ids);
  }
  Told answer = tell(result->answer);
  nlohmann::ordered_json json;
  json["status"] = name(result->status);
  if (!key.empty()) {
    json["replayed"] = result->replayed;
    json["key"] = format_key(key);
  }
  json.update(answer.json);
  if (result->replayed) answer.text += "(done before, under the same key)\n";
  return console.tell(json, answer.text);
}

}  // namespace hb::cli
