#include "tools/hongbao/record_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "engine/base/text.h"
#include "tools/hongbao/text/event_text.h"
#include "tools/hongbao/text/names.h"
#include "tools/hongbao/text/values.h"

namespace hb::cli {

namespace {

using Json = nlohmann::ordered_json;

// ", 1.00 refunded", where there is anything.
std::string sum(Amount amount, std::string_view what) {
  return amount == Amount{} ? "" : fmt::format(", {} {}", format_amount(amount), what);
}

std::string quoted(std::string_view what, std::string_view text) {
  return text.empty() ? "" : fmt::format(", {} {}", what, in_quotes(text));
}

std::string_view kind_of(bool is_transfer) {
  return is_transfer ? "transfer" : "packet";
}

std::string packet_text(const archive::SentEntry& e) {
  std::string text = fmt::format("packet {}: {}, {} in {}", e.packet.value, name(e.kind),
                                 format_amount(e.total), count_of(e.share_count, "share"));
  auto out = std::back_inserter(text);
  if (e.recipient != UserId{}) fmt::format_to(out, " for user {}", e.recipient.value);
  fmt::format_to(out, ", {} claimed ({}), {}", e.claimed_count, format_amount(e.claimed),
                 name(e.state));
  return text;
}

std::string transfer_text(const archive::SentEntry& e) {
  return fmt::format("transfer {}: {} to user {}, {}", e.packet.value, format_amount(e.total),
                     e.recipient.value, name(e.transfer_state));
}

// Whether a spreadsheet may run the text of a cell: it begins with =, +, -, @, a tab or a line break
// (also in their fullwidth forms), or does so behind blanks and quotes.
bool may_be_formula(std::string_view text) {
  static constexpr std::string_view starts[] = {"=",  "+",  "-",  "@",  "\t", "\r",
                                                "\n", "＝", "＋", "－", "＠"};
  const auto leads = [](std::string_view at) {
    return std::ranges::any_of(starts, [at](std::string_view s) { return at.starts_with(s); });
  };
  while (!text.empty() && !leads(text)) {
    if (text.front() != ' ' && text.front() != '"') return false;
    text.remove_prefix(1);
  }
  return !text.empty();
}

std::string csv_value(const Json& value) {
  if (value.is_null()) return {};
  if (!value.is_string()) return value.dump();
  const auto& told = value.get_ref<const std::string&>();
  const bool guarded = told.starts_with('\'') || may_be_formula(told);
  const std::string text = guarded ? "'" + told : told;
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted_text = "\"";
  for (const char c : text) {
    if (c == '"') quoted_text += '"';
    quoted_text += c;
  }
  return quoted_text + '"';
}

}  // namespace

std::string text_of(const archive::SentEntry& e) {
  return format_time(e.sent_at) + "  " + (e.is_transfer ? transfer_text(e) : packet_text(e)) +
         sum(e.refunded, "refunded") + sum(e.returned, "returned") +
         quoted("remark", e.remark.view()) + quoted("group", e.group.view());
}

std::string text_of(const archive::ReceivedEntry& e) {
  return fmt::format("{}  {} {}: {} from user {}, {}{}", format_time(e.received_at),
                     kind_of(e.is_transfer), e.packet.value, format_amount(e.amount),
                     e.sender.value, name(e.state), quoted("remark", e.remark.view()));
}

std::string text_of(const archive::Movement& m) {
  const std::string amount = (m.amount > Amount{} ? "+" : "") + format_amount(m.amount);
  std::string text =
      fmt::format("{:>8}  {}  {:<17}  {:>12}  balance {:>12}", m.sequence.value, format_time(m.at),
                  event_name(m.cause), amount, format_amount(m.balance));
  if (m.packet != PacketId{}) {
    fmt::format_to(std::back_inserter(text), "  packet {}", m.packet.value);
  }
  return text;
}

std::string text_of(const std::vector<archive::AsOf>& as_of) {
  std::string text = "as of";
  auto out = std::back_inserter(text);
  for (const archive::AsOf& at : as_of) {
    fmt::format_to(out, "{} shard {} event {}", &at == as_of.data() ? "" : ",", at.shard.value,
                   at.sequence.value);
    if (at.events_behind > 0)
      fmt::format_to(out, " ({} behind)", count_of(at.events_behind, "event"));
  }
  return text;
}

Json json_of(const archive::SentEntry& e) {
  return {{"packet", e.packet.value},
          {"is_transfer", e.is_transfer},
          {"kind", e.is_transfer ? Json() : Json(name(e.kind))},
          {"state", e.is_transfer ? Json() : Json(name(e.state))},
          {"transfer_state", e.is_transfer ? Json(name(e.transfer_state)) : Json()},
          {"recipient", e.recipient == UserId{} ? Json() : Json(e.recipient.value)},
          {"total", e.total.fen()},
          {"share_count", e.share_count},
          {"claimed_count", e.claimed_count},
          {"claimed", e.claimed.fen()},
          {"refunded", e.refunded.fen()},
          {"returned", e.returned.fen()},
          {"sent_at", e.sent_at.us()},
          {"remark", e.remark.view()},
          {"group", e.group.view()}};
}

Json json_of(const archive::ReceivedEntry& e) {
  return {{"packet", e.packet.value}, {"is_transfer", e.is_transfer},
          {"sender", e.sender.value}, {"amount", e.amount.fen()},
          {"state", name(e.state)},   {"received_at", e.received_at.us()},
          {"remark", e.remark.view()}};
}

Json json_of(const archive::Movement& m) {
  return {{"sequence", m.sequence.value},
          {"at", m.at.us()},
          {"cause", event_name(m.cause)},
          {"packet", m.packet == PacketId{} ? Json() : Json(m.packet.value)},
          {"amount", m.amount.fen()},
          {"balance", m.balance.fen()}};
}

Json json_of(const std::vector<archive::AsOf>& as_of) {
  Json json = Json::array();
  for (const archive::AsOf& at : as_of) {
    json.push_back({{"shard", at.shard.value},
                    {"sequence", at.sequence.value},
                    {"events_behind", at.events_behind}});
  }
  return json;
}

std::string csv_header(const Json& row) {
  std::string line;
  for (const auto& [name, value] : row.items()) line += (line.empty() ? "" : ",") + name;
  return line + "\r\n";
}

std::string csv_line(const Json& row) {
  std::string line;
  bool first = true;
  for (const Json& value : row) {
    if (!first) line += ',';
    first = false;
    line += csv_value(value);
  }
  return line + "\r\n";
}

}  // namespace hb::cli
