// expect: no match for .operator\*. .*hb::Amount.*hb::Amount
#include "engine/base/units.h"

hb::Amount product(hb::Amount a, hb::Amount b) {
#ifdef HB_MUST_NOT_COMPILE
  return a * b;
#else
  return a * b.fen();
#endif
}
