// Purity of the core: what its libraries may take from the world, read off their symbol tables.
//
// The core has no clock, thread, lock, randomness or file of its own.  C functions are held against
// a list of the harmless ones, so that a new one is an error until somebody has looked at it; C++
// names are held against a list of the harmful ones, since the standard library's harmless ones
// have no end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hb::arch {

// What a library does wrong, a sentence each; also when it is missing, holds no object files or
// refers to nothing at all, since then nothing was checked.  Runs nm (binutils).
std::vector<std::string> purity_violations(const std::string& library);

// What is wrong with one symbol that `object` (such as "assert.cc.o") needs from elsewhere; empty
// when it may.  The name is demangled.
std::string symbol_violation(std::string_view object, std::string_view symbol);

}  // namespace hb::arch
