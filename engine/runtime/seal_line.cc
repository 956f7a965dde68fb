#include "engine/runtime/seal_line.h"

#include <algorithm>

#include "engine/base/assert.h"

namespace hb {

SealLine::Line& SealLine::line_of(ShardId shard) {
  const auto found = std::ranges::find(lines_, shard, &Line::shard);
  if (found != lines_.end()) return *found;
  return lines_.emplace_back(Line{.shard = shard});
}

void SealLine::add(Task task) {
  std::deque<std::uint64_t>& segments = line_of(task.shard).segments;
  HB_ASSERT(segments.empty() || segments.back() < task.segment);
  segments.push_back(task.segment);
}

std::optional<SealLine::Task> SealLine::next(Time now) {
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const Line& line = lines_[turn_++ % lines_.size()];
    if (line.segments.empty() || !line.outage.due(now)) continue;
    return Task{line.shard, line.segments.front()};
  }
  return std::nullopt;
}

std::optional<Time> SealLine::next_try() const {
  std::optional<Time> first;
  for (const Line& line : lines_) {
    if (line.segments.empty()) continue;
    first = std::min(first.value_or(line.outage.next_try()), line.outage.next_try());
  }
  return first;
}

bool SealLine::made(const Task& task) {
  Line& line = line_of(task.shard);
  HB_ASSERT(!line.segments.empty() && line.segments.front() == task.segment);
  line.segments.pop_front();
  return line.outage.ended();
}

bool SealLine::failed(const Task& task, const Error& why, Time now) {
  Line& line = line_of(task.shard);
  HB_ASSERT(!line.segments.empty() && line.segments.front() == task.segment);
  return line.outage.failed(why, now);
}

}  // namespace hb
