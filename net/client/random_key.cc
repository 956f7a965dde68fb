#include <sys/random.h>

#include "engine/base/assert.h"
#include "net/client/client.h"

namespace hb::net {

// One system call a key: a pool of random bytes in the process would give the same keys to both
// sides of a fork, and two commands with one key are one command.
Key128 random_key() {
  Key128 key;
  do {
    HB_ASSERT(getrandom(&key, sizeof(key), 0) == sizeof(key));
  } while (key.empty());
  return key;
}

}  // namespace hb::net
