// The verifier's books: references of external rails, which are used once over all shards.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <string>

#include "engine/base/checksum.h"
#include "engine/base/limits.h"
#include "engine/base/partition.h"
#include "tools/hongbao/verifier/books.h"

namespace hb::verifier {

namespace {

// As journals name a reference: the first 16 bytes of SHA-256 of the use and the text.
ReferenceName named(ReferenceUse use, std::string_view text) {
  std::string whole(1, static_cast<char>(use));
  whole += text;
  const Digest256 digest = sha256(std::as_bytes(std::span(whole.data(), whole.size())));
  ReferenceName name;
  std::memcpy(&name, digest.data(), sizeof name);
  return name;
}

std::string to_text(const ReferenceName& name) {
  return fmt::format("reference {:016x}{:016x}", name.high, name.low);
}

}  // namespace

ShardId Books::home_of(const ReferenceName& name) const {
  const auto partition = static_cast<std::uint16_t>(name.low >> (64 - limits::partition_bits));
  return shard_of(PartitionId(partition), identity_.shard_count);
}

// An event that does not say that its reference was booked is of a version that did not look.
void Books::use_reference(ReferenceUse use, std::string_view text, bool booked, Key128 key) {
  const ReferenceName name = named(use, text);
  const bool at_home = home_of(name) == identity_.shard;
  bool is_new = !booked || reference_uses_.emplace(name, here_).second;
  if (at_home) {
    const bool free = references_booked_.emplace(name, std::pair<ShardId, Sequence>()).second;
    is_new = is_new && (free || !booked);
  }
  if (!is_new) violate(Rule::reference_used_twice, fmt::format("'{}' was used before", text));
  if (at_home) return;
  if (!booked) return;
  const auto asked = std::ranges::find_if(references_asked_, [&](const auto& entry) {
    return entry.second.key == key && entry.second.reference == name && entry.second.granted;
  });
  if (asked == references_asked_.end()) {
    return violate(Rule::reference_not_booked,
                   fmt::format("'{}' is used, and its home did not book it", text));
  }
  references_asked_.erase(asked);
}

void Books::request_reference(const ReferenceRequested& event) {
  const ShardId home = home_of(event.reference);
  if (home == identity_.shard) {
    return violate(Rule::reference_not_booked,
                   to_text(event.reference) + " is asked for at another shard than its home");
  }
  if (event.told == 0) {
    check_home(PartitionId(event.partition), "partition", event.partition);
    if (event.key.empty()) violate(Rule::key_missing, "a request for a reference without key");
    references_asked_[here_.sequence] = {.reference = event.reference, .key = event.key};
  }
  send_message(home, {.kind = MessageKind::reference_request,
                      .forced = event.told != 0,
                      .use = event.use,
                      .reference = event.reference});
}

void Books::decide_reference(const ReferenceDecided& event) {
  if (home_of(event.reference) != identity_.shard) {
    violate(Rule::foreign_partition, to_text(event.reference) + " has its home on another shard");
  }
  if (!receive_message(event.source, {.sequence = event.source_sequence,
                                      .kind = MessageKind::reference_request,
                                      .forced = event.told != 0,
                                      .use = event.use,
                                      .reference = event.reference})) {
    return;
  }
  const bool free = !references_booked_.contains(event.reference);
  if (event.status != (free ? Status::ok : Status::reference_used)) {
    violate(Rule::reference_answer_wrong,
            fmt::format("{}, which is {}, is answered with status {}", to_text(event.reference),
                        free ? "free" : "used", static_cast<unsigned>(event.status)));
  }
  if (event.status == Status::ok) {
    references_booked_[event.reference] = {ShardId(event.source), event.source_sequence};
  }
  if (event.told != 0) return;
  send_message(ShardId(event.source), {.kind = MessageKind::reference_answer,
                                       .status = event.status,
                                       .use = event.use,
                                       .reference = event.reference,
                                       .request = event.source_sequence});
}

void Books::settle_reference(const ReferenceSettled& event) {
  if (!receive_message(event.home, {.sequence = event.answer_sequence,
                                    .kind = MessageKind::reference_answer,
                                    .status = event.status,
                                    .use = event.use,
                                    .reference = event.reference,
                                    .request = event.request})) {
    return;
  }
  const auto asked = references_asked_.find(event.request);
  if (asked == references_asked_.end() || asked->second.reference != event.reference ||
      asked->second.granted) {
    return violate(Rule::reference_not_booked,
                   to_text(event.reference) + " is answered, but was not asked for so");
  }
  if (event.status == Status::ok) {
    asked->second.granted = true;
  } else {
    references_asked_.erase(asked);
  }
}

void Books::release_reference(const ReferenceReleased& event) {
  const auto asked = references_asked_.find(event.request);
  if (asked == references_asked_.end() || asked->second.reference != event.reference ||
      !asked->second.granted) {
    violate(Rule::reference_not_booked,
            to_text(event.reference) + " is released, but was not booked for this shard");
  } else {
    references_asked_.erase(asked);
  }
  send_message(home_of(event.reference), {.kind = MessageKind::reference_release,
                                          .use = event.use,
                                          .reference = event.reference,
                                          .request = event.request});
}

void Books::free_reference(const ReferenceFreed& event) {
  if (!receive_message(event.source, {.sequence = event.source_sequence,
                                      .kind = MessageKind::reference_release,
                                      .use = event.use,
                                      .reference = event.reference,
                                      .request = event.request})) {
    return;
  }
  const auto booked = references_booked_.find(event.reference);
  if (booked == references_booked_.end() ||
      booked->second != std::pair(ShardId(event.source), event.request)) {
    return violate(Rule::reference_answer_wrong,
                   to_text(event.reference) + " is freed, but was not booked for that request");
  }
  references_booked_.erase(booked);
}

}  // namespace hb::verifier
