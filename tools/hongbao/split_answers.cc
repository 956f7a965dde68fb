#include "tools/hongbao/split_answers.h"

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>

#include "engine/base/text.h"
#include "tools/hongbao/text/names.h"
#include "tools/hongbao/text/values.h"

namespace hb::cli {

namespace {

using Json = nlohmann::ordered_json;

std::string_view verdict_of(bool ok) {
  return ok ? "ok" : "differs";
}

Json luckiest_json(std::uint16_t index) {
  return index == PacketSummary::nobody ? Json() : Json(index);
}

// To a person shares count from 1.
std::string luckiest_text(std::uint16_t index) {
  return index == PacketSummary::nobody ? "nobody" : fmt::format("share {}", index + 1);
}

Json shares_json(const SplitCheck& check) {
  Json shares = Json::array();
  for (const ShareCheck& share : check.shares) {
    shares.push_back({{"share_index", shares.size()},
                      {"user", share.user.value},
                      {"amount", share.amount.fen()},
                      {"drawn", share.drawn ? Json(share.drawn->fen()) : Json()},
                      {"ok", share.ok()}});
  }
  return shares;
}

Json json_of(const SplitCheck& check, const net::PacketRecord& shown,
             const std::optional<Digest256>& noted) {
  const PacketSummary& p = shown.packet;
  return {{"packet", p.packet.value},
          {"verdict", check.as_drawn() ? "as_drawn" : "differs"},
          {"kind", hb::name(p.kind)},
          {"state", hb::name(p.state)},
          {"split", hb::name(p.split)},
          {"share_count", p.share_count},
          {"claimed_count", p.claimed_count},
          {"total", p.total.fen()},
          {"share_min", p.share_min.fen()},
          {"share_max", p.share_max.fen()},
          {"seed", format_seed(*shown.seed)},
          {"seed_commitment", to_hex(shown.seed_commitment)},
          {"commitment_ok", check.commitment_ok},
          {"noted_commitment", noted ? Json(to_hex(*noted)) : Json()},
          {"noted_ok", check.noted_ok ? Json(*check.noted_ok) : Json()},
          {"terms_ok", check.terms_ok},
          {"claims_ok", check.claims_ok},
          {"luckiest", luckiest_json(p.luckiest)},
          {"luckiest_drawn", luckiest_json(check.luckiest_drawn)},
          {"luckiest_ok", check.luckiest_ok},
          {"shares", shares_json(check)}};
}

std::string shares_text(const SplitCheck& check) {
  std::string text;
  for (std::size_t i = 0; i < check.shares.size(); ++i) {
    const ShareCheck& share = check.shares[i];
    fmt::format_to(std::back_inserter(text),
                   "  share {:>3}  {:>10}  drawn {:>10}  {:<7}  user {}\n", i + 1,
                   format_amount(share.amount), share.drawn ? format_amount(*share.drawn) : "-",
                   verdict_of(share.ok()), share.user.value);
  }
  return text;
}

std::string seed_text(const SplitCheck& check, const net::PacketRecord& shown,
                      const std::optional<Digest256>& noted) {
  std::string text;
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "  seed {}, its SHA-256 {}\n", format_seed(*shown.seed),
                 to_hex(check.seed_digest));
  fmt::format_to(out, "  seed commitment {}  {}\n", to_hex(shown.seed_commitment),
                 verdict_of(check.commitment_ok));
  if (noted) {
    fmt::format_to(out, "  noted at the send {}  {}\n", to_hex(*noted),
                   verdict_of(*check.noted_ok));
  }
  return text;
}

// What is worth a line only where it is wrong, or where there is somebody to name.
std::string rest_text(const SplitCheck& check, const PacketSummary& p) {
  std::string text;
  const auto out = std::back_inserter(text);
  if (!check.terms_ok) text += "  terms  differs: no such packet is split so\n";
  if (!check.claims_ok) {
    fmt::format_to(out, "  claims  differs: {} are listed\n", check.shares.size());
  }
  if (!check.luckiest_ok) {
    fmt::format_to(out, "  luckiest {}  differs: the draw says {}\n", luckiest_text(p.luckiest),
                   luckiest_text(check.luckiest_drawn));
  } else if (p.luckiest != PacketSummary::nobody) {
    fmt::format_to(out, "  luckiest {}  ok\n", luckiest_text(p.luckiest));
  }
  return text;
}

}  // namespace

Told told(const SplitCheck& check, const net::PacketRecord& shown,
          const std::optional<Digest256>& noted) {
  const PacketSummary& p = shown.packet;
  std::string text = fmt::format(
      "packet {}: {}\n  {}, {}: {} of {} shares of {} taken, {}\n", p.packet.value,
      check.as_drawn() ? "as drawn" : "differs from its draw", hb::name(p.kind), hb::name(p.split),
      p.claimed_count, p.share_count, format_amount(p.total), hb::name(p.state));
  text += shares_text(check) + seed_text(check, shown, noted) + rest_text(check, p);
  return {.json = json_of(check, shown, noted), .text = std::move(text)};
}

Told told_without_seed(const net::PacketRecord& shown) {
  const PacketSummary& p = shown.packet;
  const bool open = p.state == PacketState::open;
  const std::string message =
      open ? "it is open, and its seed is not revealed before it closes: when the last share is "
             "taken, or its rest has gone back"
           : "its seed is missing";
  return {.json = {{"packet", p.packet.value},
                   {"verdict", "not_revealed"},
                   {"state", hb::name(p.state)},
                   {"seed_commitment", to_hex(shown.seed_commitment)},
                   {"message", message}},
          .text = fmt::format("packet {}: {}\n", p.packet.value, message)};
}

}  // namespace hb::cli
