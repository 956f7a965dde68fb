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
// Memory:     a command is taken while the answers that are not written yet, and the room kept for
//             those of commands in flight (net/wire/answer_bytes.h), stay within output_bytes_max
//             and within the connection's share of the MemoryBudget; what has no room waits as it
//             does at the window's end.  What is larger than the share by itself is refused with
//             `overloaded`.  The receive buffer holds one frame, of hello_frame_bytes_max before
//             Hello.  Buffers start small, grow with what really comes, and are given back when
//             they are empty.
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
#include "net/session/memory_budget.h"
#include "net/session/reassembly.h"
#include "net/wire/buffers.h"
#include "net/wire/foreign.h"
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
  std::uint32_t hello_frame_bytes_max = 4096;  // the same before Hello
  std::size_t output_bytes_max = 4UL * 1024 * 1024;
  Duration frame_timeout = Duration::seconds(10);      // from a frame's first byte to its last
  Duration handshake_timeout = Duration::seconds(10);  // from opened_at to Hello
  Duration unread_timeout = Duration::seconds(30);     // answers wait and the client reads none
  Duration idle_timeout{};  // nothing is asked and nothing is in flight; 0: for ever
};

// Why a session ended its connection.
struct SessionEnd {
  Status status = Status::ok;  // what the client was told, where it was told anything
  std::int64_t limit = 0;
  bool unread = false;                    // it read nothing for unread_timeout
  Foreign looks_like = Foreign::unknown;  // what came instead of Hello
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
  // `connection` comes back in every ReplyTo. The options, and the encoder and the budget (which
  // sessions of one worker share), outlive the session.
  Session(const SessionOptions& options, ResponseEncoder& encoder, MemoryBudget& budget,
          std::uint64_t connection, Time opened_at);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

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
  // The client sends nothing more, but still reads: what it sent before is carried out and
  // answered, then the session is finished().
  void input_ended();

  // ---- output -------------------------------------------------------------------------------

  // One answer.  REQUIRES: reply.to is what the session put into a command, not yet answered.
  void answer(const Reply& reply, const ReplyBatch& batch);
  void answer(const archive::QueryReply& reply);
  // Bytes to write; empty: none.  They stay valid and unchanged until consumed() has covered them,
  // whatever else is called.
  std::span<const std::byte> output() { return send_.output(); }
  // The first n bytes of output() are written.
  void consumed(std::size_t n);

  // ---- time and end -------------------------------------------------------------------------

  // Ends the connection that stopped within a frame, never said Hello, reads no answers or is idle
  // for too long. A frame's time does not run while wants_read() is false. Call it about once a
  // second.
  void check_idle(Time now);
  // Gives the memory of empty buffers back.  REQUIRES: no read or write under way.
  void release_idle_memory();
  // Ends the connection for a reason of the server's (overloaded, shutting_down): one last response
  // with this status, then closing().  REQUIRES: `overloaded` comes with a limit, its retry-after.
  void close_with(Status status, std::int64_t limit = 0);
  bool closing() const { return closing_; }
  // All is said: the socket can be closed.
  bool finished() const {
    return send_.empty() && (closing_ || (input_ended_ && in_flight_ == 0 && !held_));
  }
  // Why, where it was this side that ended the connection.
  const std::optional<SessionEnd>& end() const { return end_; }

  bool greeted() const { return greeted_; }
  std::uint64_t connection() const { return connection_; }
  // Commands not yet answered, by weight.
  std::uint32_t in_flight() const { return in_flight_; }
  // What every connection may hold without asking the budget: its buffers at their first size.
  static constexpr std::size_t own_bytes = 3 * buffer_initial_bytes;
  // What it holds of the budget, in bytes: all beyond own_bytes.
  std::size_t held_bytes() const;
  // What the client calls itself, at most client_name_bytes_max of it.  Any bytes: escape it before
  // you show it.  Empty before Hello.
  const std::string& client_name() const { return client_name_; }

 private:
  enum class Form : std::uint8_t { command, single_claim, claim_list, query };

  // A command in flight.
  struct Slot {
    std::uint64_t request = 0;  // the client's id
    std::uint32_t weight = 0;
    std::uint32_t joint = 0;           // in joints_, where the command was split
    std::uint32_t reserved_bytes = 0;  // for the command and its answer
    std::uint16_t turn = 0;  // tells the slot's commands apart, so that a stray answer is noticed
    Form form = Form::command;
    bool split = false;
    bool taken = false;
  };

  bool may_decode() const;
  bool has_room(std::size_t bytes) const;
  std::size_t bytes_taken_by(const Request& request) const;
  std::size_t frame_bytes_max() const;
  bool may_grow_to(std::size_t receive_bytes) const;
  void account();
  void check_unread(Time now);
  void check_silence(Time now);
  void decode(Time now, CommandSink& sink);
  void note_partial(Time now, bool another_frame);
  void dispatch(const Request& request, bool exhausted, CommandSink& sink);
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
  MemoryBudget& budget_;
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
  bool input_ended_ = false;
  std::optional<SessionEnd> end_;

  bool written_ = false;  // since the last check_idle()
  bool heard_ = false;    // the same
  Time unread_since_;
  Time idle_since_;

  std::size_t accounted_bytes_ = 0;  // held_bytes() as the budget knows it
  std::size_t reserved_bytes_ = 0;   // of all slots
  std::size_t next_bytes_;           // what taking the frame at the front needs, as far as known
  std::uint32_t in_flight_ = 0;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  JointAnswers joints_;
};

}  // namespace hb::net
