// Asks for a cache line before it is needed.
//
// Cost: an instruction.  The line comes some 100 ns later, while the caller does other work.
#pragma once

namespace hb {

inline void prefetch(const void* address) {
  __builtin_prefetch(address, 1);
  // To the compiler a function that only prefetches has no effect, and it drops the calls to it.
  asm volatile("");
}

}  // namespace hb
