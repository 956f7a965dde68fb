#include "engine/journal/witness.h"

#include <algorithm>
#include <utility>

#include "engine/journal/segment_seal.h"

namespace hb::journal {
namespace {

std::string events(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " event is" : " events are");
}

}  // namespace

Witness seal_witness(std::string name, std::uint64_t segment, Sequence last) {
  return {.name = std::move(name), .last = Sequence(last.value + 1), .segment = segment + 1};
}

Result<std::optional<Witness>> newest_seal_witness(Storage& storage) {
  const auto seal = newest_seal(storage);
  if (!seal) return fail(seal.error());
  if (seal->segment == 0) return std::optional<Witness>();
  return std::optional(seal_witness(seal_name(seal->segment), seal->segment, seal->last_sequence));
}

std::optional<Loss> find_loss(const Tail& tail, std::span<const Witness> witnesses) {
  const auto furthest = std::ranges::max_element(witnesses, {}, &Witness::last);
  const std::uint64_t last = tail.last_sequence().value;
  if (furthest == witnesses.end() || furthest->last.value <= last) return std::nullopt;
  Loss loss;
  loss.events = furthest->last.value - last;
  loss.what = "at least " + events(loss.events) + " missing: " + furthest->name +
              " proves that event " + std::to_string(furthest->last.value) + " was written";
  if (furthest->segment > tail.end.segment) {
    loss.what +=
        ", so " + segment_name(std::max<std::uint64_t>(tail.end.segment + 1, 1)) + " existed";
  }
  loss.what += last == 0 ? ", but the journal holds no event"
                         : ", but the journal ends at event " + std::to_string(last);
  return loss;
}

}  // namespace hb::journal
