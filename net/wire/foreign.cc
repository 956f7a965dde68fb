#include "net/wire/foreign.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace hb::net {
namespace {

// HTTP, RFC 9110 section 9.
constexpr std::array<std::string_view, 9> http_methods = {
    "GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "CONNECT ", "OPTIONS ", "TRACE ", "PATCH "};
// Redis without its array form: what people type into telnet.
constexpr std::array<std::string_view, 5> inline_redis = {"PING", "AUTH ", "INFO", "QUIT", "SET "};

bool is_any_start(std::string_view text, std::span<const std::string_view> starts) {
  return std::ranges::any_of(starts, [&](std::string_view s) { return text.starts_with(s); });
}

// A handshake record of TLS 1.0 to 1.3, RFC 8446 section 5.1.
bool is_tls(std::string_view text) {
  return text.size() >= 3 && text[0] == '\x16' && text[1] == '\x03' && text[2] <= '\x04';
}

// "*1\r\n$4\r\n...": an array of the Redis protocol.
bool is_redis_array(std::string_view text) {
  return text.size() >= 2 && text[0] == '*' && std::isdigit(static_cast<unsigned char>(text[1]));
}

}  // namespace

Foreign recognise(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (is_tls(text)) return Foreign::tls;
  if (text.starts_with("PRI * HTTP/2")) return Foreign::http2;
  if (is_any_start(text, http_methods)) return Foreign::http;
  if (is_redis_array(text) || is_any_start(text, inline_redis)) return Foreign::redis;
  if (text.starts_with("SSH-")) return Foreign::ssh;
  return Foreign::unknown;
}

std::string_view describe(Foreign protocol) {
  switch (protocol) {
    case Foreign::http:
      return "an HTTP request";
    case Foreign::http2:
      return "an HTTP/2 preface";
    case Foreign::tls:
      return "a TLS handshake";
    case Foreign::redis:
      return "a Redis command";
    case Foreign::ssh:
      return "an SSH greeting";
    case Foreign::unknown:
      break;
  }
  return "unknown bytes";
}

}  // namespace hb::net
