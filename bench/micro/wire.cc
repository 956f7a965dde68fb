// The wire: requests found, verified and decoded, replies encoded.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

#include "bench/micro/registry.h"
#include "bench/micro/timing.h"
#include "engine/base/limits.h"
#include "net/wire/frame.h"
#include "net/wire/request_decoder.h"
#include "net/wire/request_encoder.h"
#include "net/wire/response_encoder.h"

namespace hb::bench {

namespace {

using benchmark::State;

constexpr Time now{1'700'000'000'000'000};

std::vector<ClaimItem> some_claims(std::int64_t count) {
  std::vector<ClaimItem> claims;
  for (std::int64_t i = 1; i <= count; ++i) {
    const auto n = static_cast<std::uint64_t>(i);
    claims.push_back({PacketId(n << limits::partition_bits), UserId(n)});
  }
  return claims;
}

SendPacket some_send() {
  return {.key = {1, 2},
          .sender = UserId{7},
          .total = Amount(1'000),
          .share_count = 10,
          .remark = Remark("Happy new year"),
          .group = Group("family")};
}

// The frame's bytes, where a connection's buffer would have them.  Words: frames are 8-aligned.
std::vector<std::uint64_t> kept(std::span<const std::byte> frame) {
  std::vector<std::uint64_t> words(frame.size() / sizeof(std::uint64_t));
  std::ranges::copy(frame, std::as_writable_bytes(std::span(words)).begin());
  return words;
}

// Decodes the frame again and again; `right` says whether it came out as it went in.
template <class Right>
void decode(State& state, std::span<const std::byte> frame, const Right& right) {
  const std::vector<std::uint64_t> words = kept(frame);
  const auto bytes = std::as_bytes(std::span(words));
  for ([[maybe_unused]] auto _ : state) {
    const net::FrameView found = net::first_frame(bytes, limits::frame_bytes_max);
    const net::Request request = net::decode_request(found.payload);
    if (!right(request)) return state.SkipWithError("the frame was not decoded right");
  }
  state.SetBytesProcessed(state.iterations() * std::ssize(bytes));
  state.counters["frame_bytes"] = static_cast<double>(bytes.size());
}

void decode_claims(State& state) {
  net::RequestEncoder encoder;
  const auto claims = some_claims(state.range(0));
  decode(state, encoder.claims(1, {}, claims), [&](const net::Request& r) {
    const auto* const list = std::get_if<net::ClaimList>(&r.body);
    return list != nullptr && list->claims.size() == claims.size();
  });
  count_each(state, "per_claim", state.iterations() * state.range(0));
}

void decode_claim(State& state) {
  net::RequestEncoder encoder;
  decode(state, encoder.command(1, {}, ClaimItem{PacketId{4096}, UserId{7}}),
         [](const net::Request& r) { return std::holds_alternative<net::SingleClaim>(r.body); });
  count_each(state, "per_claim", state.iterations());
}

void decode_send(State& state) {
  net::RequestEncoder encoder;
  decode(state, encoder.command(1, {}, some_send()), [](const net::Request& r) {
    const auto* const command = std::get_if<Command>(&r.body);
    return command != nullptr && std::holds_alternative<SendPacket>(*command);
  });
  count_each(state, "per_send", state.iterations());
}

constexpr ClaimAnswer won{.share_index = 3, .amount_fen = 123, .claimed_at = now};

template <class Encode>
void encode(State& state, const Encode& encode_one) {
  std::size_t frame_bytes = 0;
  net::ResponseEncoder encoder;
  for ([[maybe_unused]] auto _ : state) {
    const auto frame = encode_one(encoder);
    benchmark::DoNotOptimize(frame.data());
    frame_bytes = frame.size();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(frame_bytes));
  state.counters["frame_bytes"] = static_cast<double>(frame_bytes);
}

void encode_claims(State& state) {
  const std::vector<ClaimAnswer> answers(static_cast<std::size_t>(state.range(0)), won);
  encode(state, [&](net::ResponseEncoder& e) { return e.claims(1, answers); });
  count_each(state, "per_claim", state.iterations() * state.range(0));
}

void encode_claim(State& state) {
  encode(state, [](net::ResponseEncoder& e) { return e.claim(1, won); });
  count_each(state, "per_claim", state.iterations());
}

void encode_send(State& state) {
  const ReplyBatch batch;
  const Reply reply{.answer = SendAnswer{.packet = PacketId{4096}, .expires_at = now}};
  encode(state, [&](net::ResponseEncoder& e) { return e.reply(1, reply, batch); });
  count_each(state, "per_send", state.iterations());
}

}  // namespace

void register_wire() {
  using benchmark::RegisterBenchmark;
  const auto add_batch = [](const char* name, void (*measure)(State&)) {
    RegisterBenchmark(name, measure)
        ->ArgName("batch")
        ->Arg(100)
        ->Arg(1'000)
        ->Arg(static_cast<std::int64_t>(limits::claim_batch_max));
  };
  add_batch("decode/claim_batch", decode_claims);
  RegisterBenchmark("decode/claim", decode_claim);
  RegisterBenchmark("decode/send", decode_send);
  add_batch("encode/claim_batch", encode_claims);
  RegisterBenchmark("encode/claim", encode_claim);
  RegisterBenchmark("encode/send", encode_send);
}

}  // namespace hb::bench
