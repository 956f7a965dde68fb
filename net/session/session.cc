#include "net/session/session.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "engine/base/assert.h"
#include "engine/ledger/home.h"
#include "net/wire/answer_bytes.h"
#include "net/wire/frame.h"
#include "net/wire/request_decoder.h"
#include "net/wire/weight.h"

namespace hb::net {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

// How much one read may bring, from a quiet connection to a busy one.
constexpr std::size_t read_bytes_min = 4UL * 1024;
constexpr std::size_t read_bytes_max = 256UL * 1024;

// What a connection may hold however little of the budget is free: enough for one small command
// after the other.
constexpr std::size_t held_bytes_least = buffer_initial_bytes;
// When a client may come again that found the budget exhausted: answers are written meanwhile.
constexpr Duration memory_retry_after = Duration::ms(100);

// A reply's address: which slot, which part of a split batch, which turn of the slot.
constexpr unsigned part_shift = 32;
constexpr unsigned turn_shift = 48;

// The shard that decides the command; nothing when it names one that is not there.
template <class Command>
std::optional<ShardId> shard_of_command(const Command& command, std::uint16_t shard_count) {
  if constexpr (requires { command.shard; }) {
    return command.shard.value < shard_count ? std::optional(command.shard) : std::nullopt;
  } else {
    return shard_of(home_of(command), shard_count);
  }
}

// ---- what goes into a batch, in place: an envelope is large, and so copied no more than needed --

template <class Command>
Command& push_command(CommandBatch& batch, ReplyTo to, Time deadline, const Command& command) {
  CommandEnvelope& envelope = batch.commands.emplace_back();
  envelope.reply_to = to;
  envelope.deadline = deadline;
  return envelope.command.emplace<Command>(command);
}

void push_claims(CommandBatch& batch, ReplyTo to, Time deadline,
                 std::span<const ClaimItem> claims) {
  const ClaimBatch range{static_cast<std::uint32_t>(batch.claims.size()),
                         static_cast<std::uint32_t>(claims.size())};
  batch.claims.insert(batch.claims.end(), claims.begin(), claims.end());
  push_command(batch, to, deadline, range);
}

// The variable parts of a command, and where the command finds them.
template <class Command>
void push_parts(CommandBatch& batch, const Request& request, Command& command) {
  if constexpr (std::is_same_v<Command, SendPacket>) {
    command.recipients_first = static_cast<std::uint32_t>(batch.users.size());
    batch.users.insert(batch.users.end(), request.users.begin(), request.users.end());
  } else if constexpr (SupportCommand<Command>) {
    command.note = static_cast<std::uint32_t>(batch.notes.size());
    batch.notes.emplace_back(request.note);
  }
}

}  // namespace

Session::Session(const SessionOptions& options, ResponseEncoder& encoder, MemoryBudget& budget,
                 std::uint64_t connection, Time opened_at)
    : options_(options),
      encoder_(encoder),
      budget_(budget),
      connection_(connection),
      opened_at_(opened_at),
      read_bytes_(read_bytes_min),
      unread_since_(opened_at),
      idle_since_(opened_at),
      next_bytes_(small_answer_bytes) {
  HB_ASSERT(options.shard_count >= 1 && options.shard_count <= limits::shards_max);
  HB_ASSERT(options.window_max >= 1 && options.claim_batch_max >= 1);
  HB_ASSERT(options.frame_bytes_max >= frame_alignment);
  HB_ASSERT(options.hello_frame_bytes_max >= frame_alignment);
}

Session::~Session() {
  budget_.change(accounted_bytes_, 0);
}

// ---- input --------------------------------------------------------------------------------------

std::span<std::byte> Session::writable() {
  HB_ASSERT(wants_read());
  // Less than one frame is there, else it would be decoded or held, so there is room.
  const std::size_t capacity_max = sizeof(FrameHeader) + frame_bytes_max();
  const std::size_t wanted = std::min(read_bytes_, std::max(budget_.share(), read_bytes_min));
  const std::size_t least = std::min(wanted, capacity_max - receive_.size());
  const std::span<std::byte> room = receive_.room(least, capacity_max);
  room_bytes_ = room.size();
  return room;
}

void Session::received(std::size_t n, Time now, CommandSink& sink) {
  if (closing_) return;
  heard_ = true;
  receive_.filled(n);
  if (n == room_bytes_) read_bytes_ = std::min(2 * read_bytes_, read_bytes_max);
  decode(now, sink);
  account();
}

bool Session::wants_read() const {
  return may_decode() && !held_ && !input_ended_;
}

void Session::resume(Time now, CommandSink& sink) {
  if (!held_) return;
  decode(now, sink);
  account();
}

void Session::input_ended() {
  input_ended_ = true;
  if (!greeted_ && !closing_ && !receive_.empty()) {
    end_ = {.status = Status::frame_malformed, .looks_like = recognise(receive_.bytes())};
  }
}

bool Session::may_decode() const {
  return !closing_ && in_flight_ < options_.window_max && has_room(next_bytes_);
}

// One command is taken in any case, so that a connection whose answers are all read always goes on.
bool Session::has_room(std::size_t bytes) const {
  const std::size_t waiting = send_.size() + reserved_bytes_;
  const std::size_t share = std::max(budget_.share(), held_bytes_least);
  return waiting == 0 || waiting + bytes <= std::min(options_.output_bytes_max, share);
}

// While it is in flight, and then as an answer that is not read.
std::size_t Session::bytes_taken_by(const Request& request) const {
  constexpr std::size_t command = sizeof(CommandEnvelope);
  return std::visit(
      Overloaded{
          [](const Refusal&) { return small_answer_bytes; },
          [](const Ping&) { return small_answer_bytes; },
          [](const Hello&) { return row_answer_bytes; },
          [](const SingleClaim&) { return command + sizeof(ClaimItem) + small_answer_bytes; },
          [&](const ClaimList& list) {
            const std::size_t claims =
                std::min<std::size_t>(list.claims.size(), options_.claim_batch_max);
            return command + claims * sizeof(ClaimItem) + claims_answer_bytes_max(claims);
          },
          [&](const Command& c) {
            const std::size_t answer =
                std::visit([](const auto& one) { return answer_bytes_max(one); }, c);
            return command + std::as_bytes(request.users).size() + request.note.size() + answer;
          },
          [](const archive::Query& q) {
            return sizeof(archive::QueryEnvelope) +
                   std::visit([](const auto& one) { return answer_bytes_max(one); }, q);
          },
      },
      request.body);
}

std::size_t Session::frame_bytes_max() const {
  return greeted_ ? options_.frame_bytes_max
                  : std::min(options_.frame_bytes_max, options_.hello_frame_bytes_max);
}

bool Session::may_grow_to(std::size_t receive_bytes) const {
  const std::size_t there = receive_.capacity();
  return receive_bytes <= there + std::max(budget_.share(), held_bytes_least);
}

std::size_t Session::held_bytes() const {
  const std::size_t all = receive_.capacity() + send_.capacity() + reserved_bytes_ +
                          slots_.capacity() * sizeof(Slot) + joints_.memory_bytes();
  return all - std::min(all, own_bytes);
}

void Session::account() {
  const std::size_t held = held_bytes();
  budget_.change(accounted_bytes_, held);
  accounted_bytes_ = held;
}

void Session::decode(Time now, CommandSink& sink) {
  bool another_frame = false;
  while (may_decode()) {
    const FrameView frame = first_frame(receive_.bytes(), frame_bytes_max());
    switch (frame.state) {
      case FrameState::incomplete:
        held_ = false;
        if (!may_grow_to(frame.frame_bytes)) {
          return close(0, {Status::overloaded, memory_retry_after.us()});
        }
        return note_partial(now, another_frame);
      case FrameState::malformed:
        return close(0, {Status::frame_malformed, 0});
      case FrameState::too_large:
        return close(0, {Status::frame_too_large, static_cast<std::int64_t>(frame_bytes_max())});
      case FrameState::complete: {
        const Request request = decode_request(frame.payload);
        next_bytes_ = bytes_taken_by(request);
        const bool exhausted = next_bytes_ > std::max(budget_.share(), held_bytes_least);
        if (exhausted) next_bytes_ = small_answer_bytes;
        if (!has_room(next_bytes_)) break;  // the loop ends, and the frame is held
        dispatch(request, exhausted, sink);
        next_bytes_ = small_answer_bytes;
        receive_.consumed(frame.frame_bytes);
        another_frame = true;
      }
    }
  }
  held_ = !receive_.empty();
  partial_ = false;
}

void Session::note_partial(Time now, bool another_frame) {
  if (another_frame || !partial_) partial_since_ = now;
  partial_ = !receive_.empty();
}

void Session::dispatch(const Request& request, bool exhausted, CommandSink& sink) {
  if (const auto* refusal = std::get_if<Refusal>(&request.body);
      refusal != nullptr && closes_connection(refusal->status)) {
    return close(request.id, *refusal);
  }
  if (const auto* hello = std::get_if<Hello>(&request.body)) return greet(request.id, *hello);
  if (!greeted_) return close(request.id, {Status::handshake_required, 0});
  if (exhausted && !std::holds_alternative<Ping>(request.body)) {
    return turn_away(request.id, {Status::overloaded, memory_retry_after.us()});
  }

  std::visit(Overloaded{
                 [&](const Refusal& refusal) { turn_away(request.id, refusal); },
                 [&](const Hello&) {},
                 [&](const Ping&) { answer_ping(request.id, sink.server_time()); },
                 [&](const auto& command) { take(request, command, sink); },
             },
             request.body);
}

void Session::greet(std::uint64_t id, const Hello& hello) {
  if (greeted_) return close(id, {Status::handshake_repeated, 0});
  if (hello.protocol_version != protocol_version) {
    return close(id, {Status::version_unsupported, protocol_version});
  }
  greeted_ = true;
  client_name_ = hello.client.substr(0, client_name_bytes_max);
  Welcome welcome;
  welcome.server_version = options_.server_version;
  welcome.shards = options_.shard_count;
  welcome.frame_bytes_max = options_.frame_bytes_max;
  welcome.window_max = options_.window_max;
  welcome.claim_batch_max = options_.claim_batch_max;
  welcome.acknowledgement = options_.acknowledgement;
  send_.append(encoder_.welcome(id, welcome));
}

void Session::answer_ping(std::uint64_t id, const ServerTime& time) {
  send_.append(encoder_.pong(id, {.now = time.now, .clock_ahead = time.ahead}));
}

void Session::turn_away(std::uint64_t id, Refusal refusal) {
  send_.append(encoder_.refusal(id, refusal));
}

// ---- commands -----------------------------------------------------------------------------------

void Session::take(const Request& request, const Command& command, CommandSink& sink) {
  std::visit([&](const auto& c) { take_one(request, c, sink); }, command);
}

template <class Command>
void Session::take_one(const Request& request, const Command& command, CommandSink& sink) {
  const std::optional<ShardId> shard = shard_of_command(command, options_.shard_count);
  if (!shard) return turn_away(request.id, {Status::shard_unknown, options_.shard_count});
  const std::uint32_t slot = open_slot(request.id, weight_of(command), Form::command);
  CommandBatch& batch = sink.batch(*shard);
  push_parts(batch, request, push_command(batch, reply_to(slot, 0), request.deadline, command));
}

// The decoder never makes one: claims are routed one by one.
void Session::take_one(const Request&, const ClaimBatch&, CommandSink&) {
  HB_ASSERT(false);
}

void Session::take(const Request& request, const SingleClaim& single, CommandSink& sink) {
  const std::uint32_t slot = open_slot(request.id, 1, Form::single_claim);
  push_claims(sink.batch(shard_of_packet(single.claim.packet)), reply_to(slot, 0), request.deadline,
              {&single.claim, 1});
}

void Session::take(const Request& request, const ClaimList& list, CommandSink& sink) {
  if (list.claims.empty()) return send_.append(encoder_.claims(request.id, {}));
  if (list.claims.size() > options_.claim_batch_max) {
    return turn_away(request.id, {Status::batch_too_large, options_.claim_batch_max});
  }
  const std::optional<ShardId> shard = only_shard(list.claims);
  if (!shard) return take_split(request, list.claims, sink);
  const std::uint32_t slot = open_slot(request.id, list.claims.size(), Form::claim_list);
  push_claims(sink.batch(*shard), reply_to(slot, 0), request.deadline, list.claims);
}

void Session::take_split(const Request& request, std::span<const ClaimItem> claims,
                         CommandSink& sink) {
  const std::uint32_t slot = open_slot(request.id, claims.size(), Form::claim_list);
  const std::uint32_t joint = joints_.open(claims, options_.shard_count);
  slots_[slot].split = true;
  slots_[slot].joint = joint;
  for (std::uint32_t i = 0; i < joints_.part_count(joint); ++i) {
    const JointAnswers::Part part = joints_.part(joint, i);
    push_claims(sink.batch(part.shard), reply_to(slot, i), request.deadline, part.claims);
  }
}

// ---- queries of the records ---------------------------------------------------------------------

void Session::take(const Request& request, const archive::Query& query, CommandSink& sink) {
  const auto* feed = std::get_if<archive::ReadFeed>(&query);
  if (feed != nullptr && feed->shard.value >= options_.shard_count) {
    return turn_away(request.id, {Status::shard_unknown, options_.shard_count});
  }
  const std::uint32_t weight = std::visit([](const auto& q) { return weight_of(q); }, query);
  const std::uint32_t slot = open_slot(request.id, weight, Form::query);
  sink.query({reply_to(slot, 0), query});
}

// ---- where claims are decided -------------------------------------------------------------------

ShardId Session::shard_of_packet(PacketId packet) const {
  return shard_of(partition_of(packet), options_.shard_count);
}

// The shard that all claims belong to, if they do.  REQUIRES: claims is not empty.
std::optional<ShardId> Session::only_shard(std::span<const ClaimItem> claims) const {
  if (options_.shard_count == 1) return ShardId(0);
  const ShardId first = shard_of_packet(claims.front().packet);
  const bool same = std::all_of(claims.begin(), claims.end(), [&](const ClaimItem& claim) {
    return shard_of_packet(claim.packet) == first;
  });
  return same ? std::optional(first) : std::nullopt;
}

// ---- slots --------------------------------------------------------------------------------------

std::uint32_t Session::open_slot(std::uint64_t request, std::size_t weight, Form form) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_slots_.back();
  free_slots_.pop_back();
  Slot& slot = slots_[index];
  slot.request = request;
  slot.weight = static_cast<std::uint32_t>(weight);
  slot.reserved_bytes = static_cast<std::uint32_t>(next_bytes_);
  slot.form = form;
  slot.split = false;
  slot.taken = true;
  reserved_bytes_ += slot.reserved_bytes;
  in_flight_ += slot.weight;
  return index;
}

void Session::close_slot(std::uint32_t index) {
  Slot& slot = slots_[index];
  HB_ASSERT(slot.weight <= in_flight_ && slot.reserved_bytes <= reserved_bytes_);
  in_flight_ -= slot.weight;
  reserved_bytes_ -= slot.reserved_bytes;
  slot.taken = false;
  ++slot.turn;
  free_slots_.push_back(index);
}

ReplyTo Session::reply_to(std::uint32_t index, std::uint32_t part) const {
  return {connection_, std::uint64_t{index} | std::uint64_t{part} << part_shift |
                           std::uint64_t{slots_[index].turn} << turn_shift};
}

// ---- answers ------------------------------------------------------------------------------------

// The slot that an answer is for, still open.
std::uint32_t Session::slot_of(ReplyTo to) const {
  const auto index = static_cast<std::uint32_t>(to.request);
  const auto turn = static_cast<std::uint16_t>(to.request >> turn_shift);
  HB_ASSERT(to.connection == connection_ && index < slots_.size());
  HB_ASSERT(slots_[index].taken && slots_[index].turn == turn);
  return index;
}

void Session::answer(const Reply& reply, const ReplyBatch& batch) {
  const std::uint32_t index = slot_of(reply.to);
  const Slot& slot = slots_[index];
  HB_ASSERT(slot.form != Form::query);
  const auto part = static_cast<std::uint16_t>(reply.to.request >> part_shift);
  if (slot.split) return answer_part(index, part, reply, batch);
  if (!closing_) send_.append(encode(slot, reply, batch));
  close_slot(index);
  account();
}

void Session::answer(const archive::QueryReply& reply) {
  const std::uint32_t index = slot_of(reply.to);
  const Slot& slot = slots_[index];
  HB_ASSERT(slot.form == Form::query);
  if (!closing_) send_.append(encoder_.query(slot.request, reply));
  close_slot(index);
  account();
}

void Session::answer_part(std::uint32_t index, std::uint32_t part, const Reply& reply,
                          const ReplyBatch& batch) {
  const Slot& slot = slots_[index];
  if (!joints_.add(slot.joint, part, reply, batch)) return;
  const JointAnswers::Joined joined = joints_.result(slot.joint);
  if (!closing_) {
    send_.append(joined.refused
                     ? encoder_.refusal(slot.request, joined.refusal)
                     : encoder_.claims(slot.request, joined.answers, joined.retry_after));
  }
  joints_.close(slot.joint);
  close_slot(index);
  account();
}

ResponseEncoder::Frame Session::encode(const Slot& slot, const Reply& reply,
                                       const ReplyBatch& batch) {
  const bool one_claim = slot.form == Form::single_claim && reply.status == Status::ok;
  if (!one_claim) return encoder_.reply(slot.request, reply, batch);
  const auto& answer = std::get<ClaimBatchAnswer>(reply.answer);
  HB_ASSERT(answer.count == 1);
  return encoder_.claim(slot.request, batch.claims[answer.first]);
}

// ---- time and end -------------------------------------------------------------------------------

void Session::consumed(std::size_t n) {
  send_.consumed(n);
  written_ = true;
}

void Session::check_idle(Time now) {
  check_unread(now);
  if (!closing_) check_silence(now);
  account();
}

// Also of a closing session, whose last response waits to be read.
void Session::check_unread(Time now) {
  if (send_.empty() || std::exchange(written_, false)) {
    unread_since_ = now;
  } else if (now - unread_since_ >= options_.unread_timeout) {
    if (!end_) end_ = {.limit = options_.unread_timeout.us(), .unread = true};
    closing_ = true;
    send_.clear();
  }
}

void Session::check_silence(Time now) {
  if (!greeted_ && now - opened_at_ >= options_.handshake_timeout) {
    return close(0, {Status::frame_timeout, options_.handshake_timeout.us()});
  }
  if (!wants_read()) {
    partial_since_ = now;
  } else if (partial_ && now - partial_since_ >= options_.frame_timeout) {
    return close(0, {Status::frame_timeout, options_.frame_timeout.us()});
  }
  if (std::exchange(heard_, false) || in_flight_ > 0 || held_ || !send_.empty()) {
    idle_since_ = now;
  } else if (options_.idle_timeout > Duration() && now - idle_since_ >= options_.idle_timeout) {
    close(0, {Status::frame_timeout, options_.idle_timeout.us()});
  }
}

void Session::release_idle_memory() {
  if (receive_.empty()) {
    receive_.release();
    read_bytes_ = read_bytes_min;
  }
  if (send_.empty()) send_.release();
  if (in_flight_ == 0) {
    // Assigning {} would keep the capacity.
    slots_ = std::vector<Slot>();
    free_slots_ = std::vector<std::uint32_t>();
    joints_.release();
  }
  account();
}

void Session::close_with(Status status, std::int64_t limit) {
  close(0, {status, limit});
  account();
}

void Session::close(std::uint64_t id, Refusal refusal) {
  if (closing_) return;
  closing_ = true;
  end_ = {.status = refusal.status, .limit = refusal.limit};
  if (!greeted_) end_->looks_like = recognise(receive_.bytes());
  send_.append(encoder_.refusal(id, refusal));
}

}  // namespace hb::net
