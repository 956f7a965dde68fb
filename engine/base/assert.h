// HB_ASSERT: our own bugs stop the process, in release too.
//
// A business outcome is a status, a failing environment is a Result; what neither covers is a
// broken promise of ours, and then the only safe act for a ledger is to stop before the next
// write.  Recovery starts from the journal, which holds nothing that the bug made up after it.
//
// Cost:    one predicted branch.
// Threads: any.
#pragma once

namespace hb {

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace hb

#define HB_ASSERT(condition)                                  \
  do {                                                        \
    if (!(condition)) [[unlikely]]                            \
      ::hb::assertion_failed(#condition, __FILE__, __LINE__); \
  } while (false)
