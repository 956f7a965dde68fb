// The benchmarks, a function a file: each adds its own to what will be run.
//
// State that takes long to build is built by the first benchmark that needs it, so a filter pays
// for what it runs only.
#pragma once

#include "bench/micro/sizes.h"

namespace hb::bench {

void register_step(const Sizes& sizes);
void register_split();
void register_wheel(const Sizes& sizes);
void register_claim_set();
void register_stored_answers(const Sizes& sizes);
void register_journal();
void register_wire();

}  // namespace hb::bench
