// The archive's keys: what is kept, and in which order it lies.
//
//   V                                   the archive's version and number of shards
//   P shard                             how much of the shard's journal is in the archive (a Mark)
//   e packet at shard sequence          a record about a packet or transfer, as the journal has it
//   p packet                            who sent it, and for a transfer to whom
//   s user at shard sequence            a packet or transfer that the user sent
//   r user at shard sequence            a share or transfer that the user received
//   m user sequence part                a movement of the user's wallet
//   w user                              the wallet's balance: the sum of its movements
//   x user shard sequence               what another shard's event sent to the user
//   f user at shard sequence            a record of what support did to the user's wallet
//   c case                              the packet or transfer that the case is about
//   u case user                         a user whom the case is about
//
// Numbers are big-endian, so that keys sort as their numbers do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "engine/base/ids.h"
#include "engine/base/units.h"

namespace hb::archive {

class Key {
 public:
  explicit Key(char kind) : bytes_(1, kind) {}

  template <class Number>
  requires std::is_unsigned_v<Number> Key& add(Number number) {
    for (std::size_t i = sizeof number; i-- > 0;) {
      bytes_.push_back(static_cast<char>(number >> (8 * i) & 0xff));
    }
    return *this;
  }
  template <class Tag, class Rep>
  Key& add(StrongId<Tag, Rep> id) {
    return add(id.value);
  }
  Key& add(Time at) { return add(static_cast<std::uint64_t>(at.us())); }

  const std::string& str() const { return bytes_; }
  operator std::string_view() const { return bytes_; }

 private:
  std::string bytes_;
};

// Reads numbers off the front of bytes that a Key (or a value built like one) has written.
class Parts {
 public:
  explicit Parts(std::string_view bytes) : bytes_(bytes) {}

  // 0 where there are not enough bytes; whole() tells.
  template <class Number>
  Number take() {
    if (bytes_.size() < sizeof(Number)) {
      short_ = true;
      return 0;
    }
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
      number = number << 8 | static_cast<unsigned char>(bytes_[i]);
    }
    bytes_.remove_prefix(sizeof(Number));
    return static_cast<Number>(number);
  }
  template <class Id>
  Id take_id() {
    return Id(take<typename Id::rep>());
  }
  Time take_time() { return Time(static_cast<std::int64_t>(take<std::uint64_t>())); }

  bool whole() const { return bytes_.empty() && !short_; }

 private:
  std::string_view bytes_;
  bool short_ = false;
};

}  // namespace hb::archive
