// Memory made ready before it is written for the first time.
//
// The system backs a page when it is first touched, and clears it then: for whoever touches it
// that is a pause of 0.1 ms a huge page on bare machines, and of several ms in guests whose memory
// the host gives out lazily.  Who knows what it will need next can have another thread do that.
#pragma once

#include <cstddef>
#include <span>

namespace hb {

class MemoryAhead {
 public:
  virtual ~MemoryAhead() = default;
  // The bytes will be written soon.  Returns at once, and changes none of them; they may be in use
  // already, and may be given back at any time.  A wish: without it only time is lost.
  // REQUIRES: starts and ends at a multiple of the system's page.
  virtual void expect(std::span<std::byte> bytes) = 0;
};

}  // namespace hb
