// expect: ignoring returned value of type .hb::Result<void>.
#include "engine/base/result.h"

hb::Result<void> write_block() {
  return {};
}

bool write_twice() {
#ifdef HB_MUST_NOT_COMPILE
  write_block();
#else
  if (!write_block()) return false;
#endif
  return write_block().has_value();
}
