// expect: no match for .operator\+. .*hb::Time.*hb::Time
#include "engine/base/units.h"

hb::Time later(hb::Time a, hb::Time b) {
#ifdef HB_MUST_NOT_COMPILE
  return a + b;
#else
  return a + (b - a);
#endif
}
