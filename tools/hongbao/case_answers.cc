// Answers about support cases, told.
#include <fmt/format.h>

#include <iterator>
#include <string>

#include "engine/base/text.h"
#include "tools/hongbao/answers.h"
#include "tools/hongbao/text/names.h"
#include "tools/hongbao/text/values.h"

namespace hb::cli {

namespace {

// Who did something to a case, when and why.
std::string deed(std::string_view verb, Time at, const Operator& by, const Note& note) {
  std::string text = fmt::format("  {} {} by {}", verb, format_time(at), in_quotes(by.view()));
  if (!note.empty()) text += ": " + in_quotes(note.view());
  return text + '\n';
}

std::string record_text(const CaseRecord& c) {
  std::string text =
      fmt::format("case {}: {}, about {}", c.case_id.value, hb::name(c.state), c.subject.value);
  auto out = std::back_inserter(text);
  if (c.user != UserId{}) fmt::format_to(out, ", share of user {}", c.user.value);
  text += '\n' + deed("opened", c.opened_at, c.opened_by, c.opened_note);
  if (c.state == CaseState::open) return text;
  text += deed(hb::name(c.state), c.resolved_at, c.resolved_by, c.resolved_note);
  if (c.state == CaseState::refused) return text;
  fmt::format_to(out, "  {} returned", format_amount(c.returned));
  if (c.shortfall != Amount{}) fmt::format_to(out, ", {} short", format_amount(c.shortfall));
  return text + '\n';
}

}  // namespace

Told told(const CaseRecord& c) {
  return {.json = {{"record",
                    {{"case_id", c.case_id.value},
                     {"subject", c.subject.value},
                     {"user", c.user.value},
                     {"state", hb::name(c.state)},
                     {"opened_at", c.opened_at.us()},
                     {"resolved_at", c.resolved_at.us()},
                     {"returned", c.returned.fen()},
                     {"shortfall", c.shortfall.fen()},
                     {"opened_by", c.opened_by.view()},
                     {"resolved_by", c.resolved_by.view()},
                     {"opened_note", c.opened_note.view()},
                     {"resolved_note", c.resolved_note.view()}}}},
          .text = record_text(c)};
}

}  // namespace hb::cli
