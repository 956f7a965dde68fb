// Arbitrary bytes through a session: no crash, every command answered once, memory within the caps.
//
// The first byte chooses whether the handshake is done, how many shards there are and how the rest
// is cut; the rest is what a peer sends.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/assert.h"
#include "net/session/session.h"
#include "net/wire/request_encoder.h"

namespace {

using namespace hb;
using namespace hb::net;

class Sink : public CommandSink {
 public:
  CommandBatch& batch(ShardId shard) override { return batches.at(shard.value); }
  void query(archive::QueryEnvelope envelope) override { queries.push_back(envelope.to); }
  ServerTime server_time() const override { return {}; }
  std::vector<CommandBatch> batches = std::vector<CommandBatch>(limits::shards_max);
  std::vector<ReplyTo> queries;
};

void feed(Session& session, Sink& sink, std::span<const std::byte> bytes, std::size_t at_once) {
  while (!bytes.empty() && session.wants_read()) {
    const auto room = session.writable();
    const std::size_t n = std::min({room.size(), bytes.size(), at_once});
    std::memcpy(room.data(), bytes.data(), n);
    bytes = bytes.subspan(n);
    session.received(n, Time(1), sink);
  }
}

// A command refers to nothing outside of its batch.
void check_parts(const CommandBatch& batch, const Command& command) {
  std::visit(
      [&]<class T>(const T& c) {
        if constexpr (std::is_same_v<T, ClaimBatch>) {
          HB_ASSERT(c.first + c.count <= batch.claims.size());
        } else if constexpr (std::is_same_v<T, SendPacket>) {
          HB_ASSERT(c.recipients_count <= limits::packet_recipients_max);
          HB_ASSERT(c.recipients_first + c.recipients_count <= batch.users.size());
        } else if constexpr (SupportCommand<T>) {
          HB_ASSERT(c.note < batch.notes.size());
        }
      },
      command);
}

void answer_all(Session& session, Sink& sink) {
  for (CommandBatch& batch : sink.batches) {
    for (const CommandEnvelope& command : batch.commands) {
      ReplyBatch replies;
      Reply reply;
      reply.to = command.reply_to;
      check_parts(batch, command.command);
      if (const auto* claims = std::get_if<ClaimBatch>(&command.command)) {
        replies.claims.resize(claims->count);
        reply.answer = ClaimBatchAnswer{0, claims->count};
      }
      session.answer(reply, replies);
    }
    batch.clear();
  }
  for (const ReplyTo to : std::exchange(sink.queries, {})) {
    session.answer({to, Status::ok, 0, archive::FeedPage{}});
  }
  HB_ASSERT(session.in_flight() == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::uint8_t choice = data[0];
  SessionOptions options;
  options.shard_count = (choice & 2) != 0 ? 4 : 1;
  options.frame_bytes_max = 4096;
  options.window_max = 64;
  options.claim_batch_max = 64;
  options.output_bytes_max = 8192;
  ResponseEncoder encoder;
  MemoryBudget budget((choice & 8) != 0 ? 40'000 : 1UL << 30);
  Session session(options, encoder, budget, 1, Time(0));
  Sink sink;
  if ((choice & 1) != 0) {
    RequestEncoder client;
    feed(session, sink, client.hello(1, {}), SIZE_MAX);
  }
  const std::size_t at_once = (choice & 4) != 0 ? 1 + (choice >> 3) : SIZE_MAX;
  feed(session, sink, std::as_bytes(std::span(data + 1, size - 1)), at_once);
  answer_all(session, sink);
  session.resume(Time(2), sink);
  answer_all(session, sink);
  session.check_idle(Time(3));
  while (!session.output().empty()) session.consumed(session.output().size());
  return 0;
}
