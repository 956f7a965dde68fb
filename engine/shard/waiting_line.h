// A line of things that wait, first come, first served: a ring that doubles when it is full and
// never shrinks, so that a line which has once been this long allocates nothing.
//
// Threads:    none.
#pragma once

#include <boost/circular_buffer.hpp>
#include <cstddef>
#include <utility>

namespace hb {

template <class T>
class WaitingLine {
 public:
  void push_back(T value) {
    if (ring_.full()) ring_.set_capacity(ring_.capacity() * 2 + first_capacity);
    ring_.push_back(std::move(value));
  }
  void pop_front() { ring_.pop_front(); }
  T& front() { return ring_.front(); }
  bool empty() const { return ring_.empty(); }
  std::size_t size() const { return ring_.size(); }

 private:
  static constexpr std::size_t first_capacity = 64;
  boost::circular_buffer<T> ring_;
};

}  // namespace hb
