// What the log says of a shard's disk space: one line when the next segment finds no room, one when
// changes begin to be refused for it, and one when they are accepted again.
//
// A shard near the end of its segment may accept a change now and then in between; the end is only
// reported when the segment exists.
//
// Threads: none.
#pragma once

#include <cstdint>

namespace hb {

class SpaceWatch {
 public:
  enum class News : std::uint8_t {
    none,
    lacking,    // the next segment lacks space; what the current one holds is still accepted
    read_only,  // changes are refused
    ended,      // the next segment exists
  };

  // `lacks_space`: the next segment could not be made; `refuses`: a change would be refused for it.
  News look(bool lacks_space, bool refuses) {
    if (!lacks_space) return state_ == News::none ? News::none : change_to(News::none, News::ended);
    if (refuses && state_ != News::read_only) return change_to(News::read_only, News::read_only);
    if (state_ == News::none) return change_to(News::lacking, News::lacking);
    return News::none;
  }

 private:
  News change_to(News state, News news) {
    state_ = state;
    return news;
  }
  News state_ = News::none;
};

}  // namespace hb
