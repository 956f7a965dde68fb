// Commands whose reference's home is another shard: they wait for its answer, and are decided again.
#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/base/assert.h"
#include "engine/shard/booking.h"
#include "engine/shard/shard.h"

namespace hb {

namespace {

// When too many commands wait.
constexpr Duration held_retry_after = Duration::ms(100);
// Most uses of which one step notifies their homes.
constexpr std::size_t tells_per_step = 256;

}  // namespace

void Shard::ask_home(Reply& reply, const ReferenceRequested& request) {
  const Ledger::KeyPlace place{PartitionId(request.partition), request.key};
  // A repeat gets the answer to the request that is under way.
  if (await_home(reply, place) && !ledger_.reference_asked(place)) book(request);
}

// The reply to the command that runs comes when the home has answered; false when too many wait.
bool Shard::await_home(Reply& reply, Ledger::KeyPlace place) {
  if (commands_held_ >= options_.commands_held_max) {
    reply.status = Status::overloaded;
    reply.limit = held_retry_after.us();
    return false;
  }
  hold_command(place);
  reply_is_late_ = true;
  return true;
}

void Shard::hold_command(Ledger::KeyPlace place) {
  HeldCommand held{.envelope = current_->commands.commands[current_->next_command],
                   .origin = current_->origin,
                   .acknowledgement = current_->acknowledgement};
  if (auto* send = std::get_if<SendPacket>(&held.envelope.command)) {
    const auto first = current_->commands.users.begin() + send->recipients_first;
    held.recipients.assign(first, first + send->recipients_count);
    send->recipients_first = 0;
  }
  held_commands_[place].push_back(std::move(held));
  ++commands_held_;
}

std::vector<Shard::HeldCommand> Shard::take_held(Ledger::KeyPlace place) {
  auto taken = held_commands_.extract(place);
  if (taken.empty()) return {};
  commands_held_ -= taken.mapped().size();
  return std::move(taken.mapped());
}

// REQUIRES: room for the answer and what follows from it.
void Shard::take_answer(const ReferenceSettled& answer) {
  const Ledger::KeyPlace place = ledger_.asked_by(answer.request);
  book(answer);
  if (answer.status == Status::ok) return settle_reference(place);
  for (const HeldCommand& held : take_held(place)) {
    answer_late(held, {.to = held.envelope.reply_to, .status = answer.status});
  }
}

// What was booked at its home is used now, or released.
void Shard::settle_reference(Ledger::KeyPlace place) {
  for (HeldCommand& held : take_held(place)) resume(std::move(held), Admission::now);
  ReferenceReleased released;
  if (ledger_.decide_release(now_, place, released)) book(released);
}

// Decides the command as if it came now.
void Shard::resume(HeldCommand held, Admission admission) {
  resumed_.clear();
  resumed_.origin = held.origin;
  resumed_.acknowledgement = held.acknowledgement;
  resumed_.commands.commands.push_back(held.envelope);
  resumed_.commands.users = std::move(held.recipients);
  run(resumed_, resumed_.commands.commands.front(), admission);
  HB_ASSERT(resumed_.replies.replies.size() == 1);
  answer_late(held, resumed_.replies.replies.front());
}

void Shard::answer_late(const HeldCommand& held, const Reply& reply) {
  resumed_replies_.push_back({.reply = reply,
                              .origin = held.origin,
                              .acknowledgement = held.acknowledgement,
                              .needs = journal_->appended()});
}

// What a crash cut off between an answer and its use, and what earlier versions used.
void Shard::settle_references() {
  if (!writable()) return refuse_held_commands();
  while (journal_->room_bytes() >= settling_bytes_max) {
    const std::optional<Ledger::KeyPlace> place = ledger_.granted_reference();
    if (!place) break;
    settle_reference(*place);
  }
  ReferenceRequested told;
  for (std::size_t i = 0; i < tells_per_step; ++i) {
    if (journal_->room_bytes() < settling_bytes_max || !may_tell_references()) break;
    if (ledger_.decide_tell(now_, told)) book(told);
  }
}

bool Shard::may_tell_references() const {
  return ledger_.has_untold_references() &&
         ledger_.outbox_size_max() < options_.outbox_messages_max;
}

// The journal takes nothing until there is space: held commands are refused now, not later.
void Shard::refuse_held_commands() {
  for (auto& [place, commands] : std::exchange(held_commands_, {})) {
    commands_held_ -= commands.size();
    for (HeldCommand& held : commands) resume(std::move(held), Admission::refused);
  }
}

void Shard::collect_resumed(std::uint16_t origin, Parcel& parcel) {
  const auto ready = [&](const ResumedReply& late) {
    const bool at_once = late.acknowledgement == Acknowledgement::memory;
    return late.origin == origin && (at_once || late.needs <= journal_->durable());
  };
  for (const ResumedReply& late : resumed_replies_) {
    if (ready(late)) parcel.replies.replies.push_back(late.reply);
  }
  std::erase_if(resumed_replies_, ready);
}

}  // namespace hb
