// expect: conversion from .int. to non-scalar type .hb::Duration.
#include "engine/base/units.h"

hb::Duration patience() {
#ifdef HB_MUST_NOT_COMPILE
  hb::Duration duration = 100;
#else
  hb::Duration duration = hb::Duration::ms(100);
#endif
  return duration;
}
