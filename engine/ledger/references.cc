// The rules of external references: each is used once, whatever user or shard brings it.
//
// Where a reference's home is the shard that decides the command, the command's event books it.
// Where it is another shard, that one is asked first, by a message, and the command is decided again
// when the answer has come: then it uses the reference, or releases it.  The command waits in memory
// only; after a crash the booked reference is released, and the command, sent again, asks anew.
// What one shard tells another is one sequence, so a new request never overtakes a release.
#include "engine/ledger/references.h"

#include <array>
#include <cstring>
#include <vector>

#include "engine/base/assert.h"
#include "engine/base/checksum.h"
#include "engine/base/limits.h"
#include "engine/ledger/decisions.h"
#include "engine/ledger/ledger.h"

namespace hb {

ReferenceName reference_name(ReferenceUse use, std::string_view reference) {
  HB_ASSERT(reference.size() <= limits::reference_bytes_max);
  std::array<char, 1 + limits::reference_bytes_max> text;
  text[0] = static_cast<char>(use);
  reference.copy(text.data() + 1, reference.size());
  const Digest256 digest = sha256(std::as_bytes(std::span(text.data(), 1 + reference.size())));
  ReferenceName name;
  std::memcpy(&name, digest.data(), sizeof name);
  return name;
}

PartitionId partition_of(const ReferenceName& name) {
  return PartitionId(static_cast<std::uint16_t>(name.low >> (64 - limits::partition_bits)));
}

// ---- asking -------------------------------------------------------------------------------------

namespace {

ReferenceRequested request(Time at, ReferenceUse use, std::string_view reference,
                           PartitionId partition, Key128 key, std::uint64_t fingerprint) {
  return {.use = use,
          .partition = partition.value,
          .at = at,
          .reference = reference_name(use, reference),
          .key = key,
          .fingerprint = fingerprint};
}

}  // namespace

ReferenceRequested Ledger::request_for(const PacketSent& e) {
  return request(e.at, ReferenceUse::incoming, e.reference(), partition_of(e.sender), e.key,
                 e.fingerprint);
}

ReferenceRequested Ledger::request_for(const MoneyMoved& e) {
  return request(e.at, ReferenceUse::incoming, {e.reference, e.reference_bytes},
                 partition_of(e.user), e.key, e.fingerprint);
}

ReferenceRequested Ledger::request_for(const PayoutConfirmed& e) {
  return request(e.at, ReferenceUse::outgoing, {e.reference, e.reference_bytes},
                 partition_of(e.packet), e.key, e.fingerprint);
}

// ---- deciding -----------------------------------------------------------------------------------

Ledger::ReferenceTable& Ledger::references_of(const ReferenceName& name) {
  HB_ASSERT(owns(partition_of(name)));
  return references_[index_of(partition_of(name))];
}

bool Ledger::reference_is_used(const ReferenceName& name) const {
  HB_ASSERT(owns(partition_of(name)));
  return references_[index_of(partition_of(name))].contains(name);
}

// ok, reference_used, or asks_home.  The command of `place` may use what was booked for it.
Verdict Ledger::check_reference(ReferenceUse use, std::string_view reference,
                                KeyPlace place) const {
  const ReferenceName name = reference_name(use, reference);
  if (owns(partition_of(name))) {
    return reference_is_used(name) ? refuse(Status::reference_used) : Verdict{};
  }
  const auto asked = references_asked_.find(place);
  const bool granted =
      asked != references_asked_.end() && references_granted_.contains(asked->second);
  return {.asks_home = !granted};
}

std::optional<Ledger::KeyPlace> Ledger::granted_reference() const {
  if (references_granted_.empty()) return std::nullopt;
  return pending_references_.at(*references_granted_.begin()).place;
}

bool Ledger::decide_release(Time now, KeyPlace place, ReferenceReleased& event) const {
  const auto asked = references_asked_.find(place);
  if (asked == references_asked_.end()) return false;
  const PendingReference& pending = pending_references_.at(asked->second);
  event = {.use = pending.use, .at = now, .request = asked->second, .reference = pending.reference};
  return true;
}

bool Ledger::decide_tell(Time now, ReferenceRequested& event) const {
  if (references_untold_.empty()) return false;
  const auto& [name, use] = *references_untold_.begin();
  event = {.use = use, .told = 1, .at = now, .reference = name};
  return true;
}

// ---- applying -----------------------------------------------------------------------------------

// `booked` is false in events of the versions that did not look: they may use one twice, and their
// references' homes on other shards have yet to be notified.
void Ledger::use_reference(ReferenceUse use, std::string_view reference, bool booked,
                           KeyPlace place) {
  const ReferenceName name = reference_name(use, reference);
  if (owns(partition_of(name))) {
    const bool is_new = references_of(name).try_emplace(name).second;
    HB_ASSERT(is_new || !booked);
  } else if (!booked) {
    references_untold_.emplace(name, use);
  } else {
    const auto asked = references_asked_.find(place);
    HB_ASSERT(asked != references_asked_.end() && references_granted_.contains(asked->second));
    HB_ASSERT(pending_references_.at(asked->second).reference == name);
    end_request(asked->second);
  }
}

void Ledger::end_request(Sequence request) {
  const auto pending = pending_references_.find(request);
  HB_ASSERT(pending != pending_references_.end());
  keys_under_way_.erase(pending->second.place);
  references_asked_.erase(pending->second.place);
  references_granted_.erase(request);
  pending_references_.erase(pending);
}

void Ledger::apply(Sequence sequence, const ReferenceRequested& e) {
  if (e.told != 0) {
    references_untold_.erase({e.reference, e.use});
  } else {
    const KeyPlace place{PartitionId(e.partition), e.key};
    HB_ASSERT(!references_asked_.contains(place));
    pending_references_[sequence] = {.place = place, .use = e.use, .reference = e.reference};
    references_asked_[place] = sequence;
    keys_under_way_[place] = e.fingerprint;
  }
  send_message({.sequence = sequence,
                .kind = MessageKind::reference_request,
                .use = e.use,
                .told = e.told != 0,
                .reference = e.reference});
}

void Ledger::apply(Sequence sequence, const ReferenceDecided& e) {
  receive(e.source, e.source_sequence);
  if (e.status == Status::ok) {
    const ReferenceOwner owner{e.source_sequence, ShardId(e.source)};
    HB_ASSERT(references_of(e.reference).try_emplace(e.reference, owner).second);
  }
  if (e.told != 0) return;
  outboxes_[e.source].add({.sequence = sequence,
                           .kind = MessageKind::reference_answer,
                           .status = e.status,
                           .use = e.use,
                           .reference = e.reference,
                           .request = e.source_sequence});
}

void Ledger::apply(const ReferenceSettled& e) {
  receive(e.home, e.answer_sequence);
  HB_ASSERT(pending_references_.contains(e.request));
  if (e.status == Status::ok) {
    references_granted_.insert(e.request);
  } else {
    end_request(e.request);
  }
}

void Ledger::apply(Sequence sequence, const ReferenceReleased& e) {
  HB_ASSERT(references_granted_.contains(e.request));
  end_request(e.request);
  send_message({.sequence = sequence,
                .kind = MessageKind::reference_release,
                .use = e.use,
                .reference = e.reference,
                .request = e.request});
}

void Ledger::apply(const ReferenceFreed& e) {
  receive(e.source, e.source_sequence);
  ReferenceTable& table = references_of(e.reference);
  const auto row = table.find(e.reference);
  const ReferenceOwner owner{e.request, ShardId(e.source)};
  HB_ASSERT(row != table.end() && row->second == owner);
  table.erase(row);
}

}  // namespace hb
