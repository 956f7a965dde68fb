// expect: no match for .operator\+. .*hb::Amount.*hb::Duration
#include "engine/base/units.h"

hb::Amount sum(hb::Amount amount, hb::Duration duration) {
#ifdef HB_MUST_NOT_COMPILE
  return amount + duration;
#else
  return amount + hb::Amount(duration.us());
#endif
}
