// One connection's state machine: bytes in, commands out; replies in, bytes out.
//
// The session cuts frames, does the handshake, answers pings, routes commands to shards, splits
// claim batches that touch several and joins their answers, and bounds what one connection may
// hold. It owns no socket and reads no clock: the server reads into writable(), says received(),
// writes output() and passes the time.
//
//   server                          session                       shard
//   read into writable()
//   received(n, now, sink)  ----->  commands to sink.batch(s) ->  step
//                                   answer(reply, batch)  <-----  replies
//                                   queries to sink.query()   ->  the records
//                                   answer(query_reply)   <-----  their answers
//   write output(), consumed(n)
//   resume(now, sink)       ----->  commands that had to wait
//
// Window:     a command is taken while fewer than window_max are in flight.  A claim counts as one,
//             a claim batch as many as it has claims, the others as net/wire/weight.h says; so
//             in_flight() stays below window_max + claim_batch_max.  What has no room stays
//             undecoded in the receive buffer, and wants_read() is false until answers made room
//             and resume() was called.
// Memory:     receive buffer frame_bytes_max + 8 at most; output output_bytes_max at most, plus the
//             answers of one window.  Both start small and grow with what really comes.
// Errors:     whatever breaks the protocol puts one last response into the output, and closing()
//             is true from then on: no more input is taken, answers that still come are dropped,
//             and the server closes when output() is empty.
// Order:      Hello and Ping are answered in their order of arrival, everything else when its
//             answer comes.
// Cost:       no allocation at steady state; a claim of a batch costs the copy of its 16 bytes in
//             and out.
// Threads:    none.  A session, its sink and its encoder belong to one worker.
// Invariants: each command taken is answered exactly once (asserted); in_flight() is the weight of
//             those not yet answered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/archive/queries.h"
#include "engine/base/limits.h"
#include "engine/base/partition.h"
#include "engine/base/units.h"
#include "engine/ledger/commands.h"
#include "net/session/reassembly.h"
#include "net/wire/buffers.h"
#include "net/wire/messages.h"
#include "net/wire/response_encoder.h"

namespace hb::net {

// What holds for all connections of a listener.
struct SessionOptions {
  std::string server_version;
  std::uint16_t shard_count = 1;
  Acknowledgement acknowledgement = Acknowledgement::disk;
  std::uint32_t window_max = 65'536;
  std::uint32_t frame_bytes_max = limits::frame_bytes_max;  // payload of one frame
  std::uint32_t claim_batch_max = limits::claim_batch_max;
  std::size_t output_bytes_max = 4UL * 1024 * 1024;
  Duration frame_timeout = Duration::seconds(10);      // from a frame's first byte to its last
  Duration handshake_timeout = Duration::seconds(10);  // from opened_at to Hello
};

// What the server says of its time.
struct ServerTime {
  Time now;        // of the ledger
  Duration ahead;  // of the machine's clock; negative: behind it
};

// Where commands go: one open batch a shard, which the server hands to the shard when it likes.
// Queries of the records go one by one, to whoever answers them.
class CommandSink {
 public:
  virtual ~CommandSink() = default;
  // The batch that gathers for this shard.  The reference is good until the session's call returns.
  virtual CommandBatch& batch(ShardId shard) = 0;
  // Its answer is due to Session::answer(), after the session's call has returned.
  virtual void query(archive::QueryEnvelope envelope) = 0;
  virtual ServerTime server_time() const = 0;
};

class Session {
 public:
  // `connection` comes back in every ReplyTo.  The options and the encoder (which sessions of one
  // worker share) outlive the session.
  Session(const SessionOptions& options, ResponseEncoder& encoder, std::uint64_t connection,
          Time opened_at);

  // ---- input --------------------------------------------------------------------------------

  // Where the next bytes from the socket go; not empty.  REQUIRES: wants_read().
  std::span<std::byte> writable();
  // n bytes were read into writable().  Complete frames become commands in the sink's batches, or
  // answers in output().
  void received(std::size_t n, Time now, CommandSink& sink);
  // False: do not read now, there is no room for what it could bring; after answers or writes,
  // resume() and ask again.
  bool wants_read() const;
  // Takes the commands that had to wait.  Cheap when there are none; call it once after a batch of
  // answer() or consumed().
  void resume(Time now, CommandSink& sink);
  // resume() would take something.
  bool wants_resume() const { return held_ && may_decode(); }

  // ---- output -------------------------------------------------------------------------------

  // One answer.  REQUIRES: reply.to is what the session put into a command, not yet answered.
  void answer(const Reply& reply, const ReplyBatch& batch);
  void answer(const archive::QueryReply& reply);
  // Bytes to write; empty: none.  They stay valid and unchanged until consumed() has covered them,
  // whatever else is called.
  std::span<const std::byte> output() { return send_.output(); }
  // The first n bytes of output() are written.
  void consumed(std::size_t n) { send_.consumed(n); }

  // ---- time and end -------------------------------------------------------------------------

  // Ends the connection that stopped within a frame or never said Hello.  A frame's time stands
  // still while wants_read() is false.  Call it about once a second.
  void check_idle(Time now);
  // Gives the memory of empty buffers back.  REQUIRES: no read or write under way.
  void release_idle_memory();
  // Ends the connection for a reason of the server's (overloaded, shutting_down): one last response
  // with this status, then closing().  REQUIRES: `overloaded` comes with a limit, its retry-after.
  void close_with(Status status, std::int64_t limit = 0);
  bool closing() const { return closing_; }
  // Closing, and all is written: the socket can be closed.
  bool finished() const { return closing_ && send_.empty(); }

  bool greeted() const { return greeted_; }
  std::uint64_t connection() const { return connection_; }
  // Commands not yet answered, by weight.
  std::uint32_t in_flight() const { return in_flight_; }
  // What the client calls itself, at most client_name_bytes_max; what is not printable ASCII is
  // '?'. Empty before Hello.
  const std::string& client_name() const { return client_name_; }

 private:
  enum class Form : std::uint8_t { command, single_claim, claim_list, query };

  // A command in flight.
  struct Slot {
    std::uint64_t request = 0;  // the client's id
    std::uint32_t weight = 0;
    std::uint32_t joint = 0;  // in joints_, where the command was split
    std::uint16_t turn = 0;   // tells the slot's commands apart, so that a stray answer is noticed
    Form form = Form::command;
    bool split = false;
    bool taken = false;
  };

  bool may_decode() const;
  void decode(Time now, CommandSink& sink);
  void note_partial(Time now, bool another_frame);
  void dispatch(const Request& request, CommandSink& sink);
  void greet(std::uint64_t id, const Hello& hello);
  void answer_ping(std::uint64_t id, const ServerTime& time);
  void turn_away(std::uint64_t id, Refusal refusal);

  void take(const Request& request, const Command& command, CommandSink& sink);
  template <class Command>
  void take_one(const Request& request, const Command& command, CommandSink& sink);
  void take_one(const Request& request, const ClaimBatch& claims, CommandSink& sink);
  void take(const Request& request, const SingleClaim& single, CommandSink& sink);
  void take(const Request& request, const ClaimList& list, CommandSink& sink);
  void take_split(const Request& request, std::span<const ClaimItem> claims, CommandSink& sink);
  void take(const Request& request, const archive::Query& query, CommandSink& sink);
  ShardId shard_of_packet(PacketId packet) const;
  std::optional<ShardId> only_shard(std::span<const ClaimItem> claims) const;

  std::uint32_t open_slot(std::uint64_t request, std::size_t weight, Form form);
  void close_slot(std::uint32_t index);
  ReplyTo reply_to(std::uint32_t index, std::uint32_t part) const;
  std::uint32_t slot_of(ReplyTo to) const;
  void answer_part(std::uint32_t index, std::uint32_t part, const Reply& reply,
                   const ReplyBatch& batch);
  ResponseEncoder::Frame encode(const Slot& slot, const Reply& reply, const ReplyBatch& batch);
  void close(std::uint64_t id, Refusal refusal);

  const SessionOptions& options_;
  ResponseEncoder& encoder_;
  const std::uint64_t connection_;
  const Time opened_at_;
  std::string client_name_;

  ByteBuffer receive_;
  std::size_t read_bytes_;      // how much room the next read gets
  std::size_t room_bytes_ = 0;  // how much the last one got
  SendBuffer send_;
  Time partial_since_;  // since when the frame at the front is incomplete
  bool partial_ = false;
  bool held_ = false;  // undecoded bytes wait for resume()
  bool greeted_ = false;
  bool closing_ = false;

  std::uint32_t in_flight_ = 0;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  JointAnswers joints_;
};

}  // namespace hb::net
