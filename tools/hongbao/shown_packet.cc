#include "tools/hongbao/shown_packet.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <utility>

#include "tools/hongbao/text/names.h"
#include "tools/hongbao/text/values.h"

namespace hb::cli {

namespace {

using nlohmann::json;

// Takes field after field, and remembers the first that is not as it must be.
class Fields {
 public:
  const std::string& wrong() const { return wrong_; }

  const json& at(const json& object, const char* field) {
    static const json nothing;
    const auto found = object.find(field);
    if (found != object.end()) return *found;
    note(field);
    return nothing;
  }

  // A whole number that fits.
  template <class Number>
  Number number(const json& object, const char* field) {
    const json& value = at(object, field);
    const bool fits =
        value.is_number_unsigned()
            ? std::in_range<Number>(value.get<std::uint64_t>())
            : value.is_number_integer() && std::in_range<Number>(value.get<std::int64_t>());
    if (fits) return value.get<Number>();
    note(field);
    return {};
  }

  Amount amount(const json& object, const char* field) {
    return Amount(number<std::int64_t>(object, field));
  }

  // A text that `parse` knows.
  template <class Parse>
  auto text(const json& object, const char* field, Parse parse) {
    const json& value = at(object, field);
    const auto parsed = parse(value.is_string() ? value.get<std::string>() : std::string());
    if (!parsed) note(field);
    return parsed ? *parsed : std::remove_cvref_t<decltype(*parsed)>{};
  }

  // A number, or its text, as with --ids-as-strings.
  std::uint64_t id(const json& object, const char* field) {
    const bool is_text = at(object, field).is_string();
    return is_text ? text(object, field, parse_id) : number<std::uint64_t>(object, field);
  }

  const json& list(const json& object, const char* field) {
    const json& value = at(object, field);
    if (!value.is_array()) note(field);
    return value;
  }

  void note(const char* field) {
    if (wrong_.empty()) wrong_ = field;
  }

 private:
  std::string wrong_;
};

PacketSummary summary_in(const json& shown, Fields& fields) {
  const json& packet = fields.at(shown, "packet");
  PacketSummary summary;
  summary.packet = PacketId(fields.id(packet, "packet"));
  summary.kind = fields.text(packet, "kind", parse_name<PacketKind>);
  summary.state = fields.text(packet, "state", parse_name<PacketState>);
  summary.split = fields.text(packet, "split", parse_name<Split>);
  summary.share_count = fields.number<std::uint16_t>(packet, "share_count");
  summary.claimed_count = fields.number<std::uint16_t>(packet, "claimed_count");
  summary.total = fields.amount(packet, "total");
  summary.share_min = fields.amount(packet, "share_min");
  summary.share_max = fields.amount(packet, "share_max");
  summary.luckiest = PacketSummary::nobody;
  if (!fields.at(packet, "luckiest").is_null()) {
    summary.luckiest = fields.number<std::uint16_t>(packet, "luckiest");
  }
  return summary;
}

}  // namespace

Result<net::PacketRecord> parse_shown(std::string_view text) {
  const json shown = json::parse(text, nullptr, false);
  if (!shown.is_object()) return fail(ErrorCode::invalid, "no JSON object");
  Fields fields;
  net::PacketRecord record;
  record.packet = summary_in(shown, fields);
  record.seed_commitment = fields.text(shown, "seed_commitment", parse_digest);
  for (const json& claim : fields.list(shown, "claims")) {
    record.claims.push_back(
        {.user = UserId(fields.id(claim, "user")), .amount = fields.amount(claim, "amount")});
  }
  if (!fields.at(shown, "seed").is_null()) record.seed = fields.text(shown, "seed", parse_seed);
  if (!fields.wrong().empty()) {
    return fail(ErrorCode::invalid, "'" + fields.wrong() + "' is missing or not valid");
  }
  return record;
}

}  // namespace hb::cli
