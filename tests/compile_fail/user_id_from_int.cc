// expect: conversion from .int. to non-scalar type .hb::UserId.
#include "engine/base/ids.h"

hb::UserId somebody() {
#ifdef HB_MUST_NOT_COMPILE
  hb::UserId user = 7;
#else
  hb::UserId user(7);
#endif
  return user;
}
