// expect: conversion from .int. to non-scalar type .hb::Amount.
#include "engine/base/units.h"

hb::Amount price() {
#ifdef HB_MUST_NOT_COMPILE
  hb::Amount amount = 100;
#else
  hb::Amount amount(100);
#endif
  return amount;
}
