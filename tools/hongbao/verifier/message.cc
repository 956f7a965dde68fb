#include "tools/hongbao/verifier/message.h"

#include <fmt/format.h>

#include <string_view>
#include <tuple>

namespace hb::verifier {

namespace {

auto content(const Message& m) {
  return std::tie(m.sequence, m.kind, m.user, m.fen, m.packet, m.share_index, m.forced, m.status,
                  m.use, m.reference, m.request, m.day, m.count);
}

std::string_view words(MessageKind kind) {
  switch (kind) {
    case MessageKind::credit:
      return "a credit";
    case MessageKind::debit_request:
      return "a request";
    case MessageKind::debit_answer:
      return "an answer";
    case MessageKind::reference_request:
      return "a request for a reference";
    case MessageKind::reference_answer:
      return "an answer about a reference";
    case MessageKind::reference_release:
      return "a release of a reference";
    case MessageKind::receive_cap:
      return "a reached cap";
  }
  return "a message";
}

}  // namespace

bool same(const Message& a, const Message& b) {
  return content(a) == content(b);
}

std::string to_text(const Message& m) {
  if (m.kind >= MessageKind::reference_request) {
    return fmt::format("{} {:016x}{:016x} from event {}", words(m.kind), m.reference.high,
                       m.reference.low, m.sequence.value);
  }
  std::string text = fmt::format("{} of {} fen for user {} from event {}", words(m.kind), m.fen,
                                 m.user.value, m.sequence.value);
  if (m.kind == MessageKind::receive_cap) {
    text += fmt::format(", received {} times on day {}", m.count, m.day);
  } else if (m.kind != MessageKind::credit) {
    text += fmt::format(", about share {} of packet {}", m.share_index, m.packet.value);
  }
  return text;
}

}  // namespace hb::verifier
