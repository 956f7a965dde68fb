// Starts threads, with a name each for `top -H` and debuggers.
//
// Errors: a system that gives no more threads ends the process; see exhausted.h.
#pragma once

#include <pthread.h>

#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "engine/os/exhausted.h"

namespace hb {

// `name` has at most 15 characters.
template <class Body>
std::thread start_thread(std::string name, Body body) {
  try {
    return std::thread([name, body = std::move(body)]() mutable {
      ::pthread_setname_np(::pthread_self(), name.c_str());
      body();
    });
  } catch (const std::system_error& error) {
    end_exhausted("cannot start the thread '" + name + "': " + error.what() +
                  "; stopping at once.  Raise the limit on threads (ulimit -u, TasksMax=) or on "
                  "memory, then start again");
  }
}

}  // namespace hb
