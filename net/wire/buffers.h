// The two byte buffers of a connection: what came in, what goes out.
//
// Memory:  each starts at the first byte with initial_bytes and doubles only as bytes really come,
//          never by what a frame's header promises; release() gives an idle buffer's memory back.
// Threads: none.  A buffer belongs to its connection.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include "engine/base/assert.h"

namespace hb::net {

inline constexpr std::size_t buffer_initial_bytes = 8UL * 1024;

// Bytes in a row: appended at the end, taken from the front.
class ByteBuffer {
 public:
  std::span<const std::byte> bytes() const { return {data_.get() + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  std::size_t capacity() const { return capacity_; }

  // At least `least` writable bytes after bytes(); invalidates what bytes() returned before.  The
  // block grows to capacity_max at most.  REQUIRES: size() + least <= capacity_max.
  std::span<std::byte> room(std::size_t least, std::size_t capacity_max = SIZE_MAX) {
    if (capacity_ - end_ < least) make_room(least, capacity_max);
    return {data_.get() + end_, capacity_ - end_};
  }
  // The first n bytes of room() are now part of bytes().
  void filled(std::size_t n) {
    HB_ASSERT(n <= capacity_ - end_);
    end_ += n;
  }
  void append(std::span<const std::byte> more) {
    if (more.empty()) return;
    std::memcpy(room(more.size()).data(), more.data(), more.size());
    end_ += more.size();
  }
  void consumed(std::size_t n) {
    HB_ASSERT(n <= size());
    begin_ += n;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  void clear() { begin_ = end_ = 0; }
  // REQUIRES: empty().
  void release() {
    HB_ASSERT(empty());
    data_.reset();
    begin_ = end_ = capacity_ = 0;
  }
  void swap(ByteBuffer& other) {
    std::swap(data_, other.data_);
    std::swap(capacity_, other.capacity_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
  }

 private:
  // Moves what is there to the front (where it is aligned again), into a larger block if need be.
  void make_room(std::size_t least, std::size_t capacity_max) {
    const std::size_t kept = size();
    HB_ASSERT(kept <= capacity_max && least <= capacity_max - kept);
    if (capacity_ - kept < least) {
      std::size_t larger = std::max(capacity_, buffer_initial_bytes);
      while (larger - kept < least) larger *= 2;
      reallocate(std::min(larger, capacity_max), kept);
    } else if (kept != 0) {
      std::memmove(data_.get(), data_.get() + begin_, kept);
    }
    begin_ = 0;
    end_ = kept;
  }

  void reallocate(std::size_t capacity, std::size_t kept) {
    auto block = std::make_unique_for_overwrite<std::byte[]>(capacity);
    if (kept != 0) std::memcpy(block.get(), data_.get() + begin_, kept);
    data_ = std::move(block);
    capacity_ = capacity;
  }

  std::unique_ptr<std::byte[]> data_;  // aligned for any type, so for frames
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

// What goes out: while one part is being written the next gathers in another block, so the bytes
// given to the socket stay where they are.
class SendBuffer {
 public:
  void append(std::span<const std::byte> frame) { gathering_.append(frame); }

  // What to write next.  Stays valid and unchanged, whatever is appended, until consumed() has
  // covered it; then the next call gives what gathered meanwhile.  Empty: nothing to write.
  std::span<const std::byte> output() {
    if (writing_.empty()) writing_.swap(gathering_);
    return writing_.bytes();
  }
  // The first n bytes of output() are written.
  void consumed(std::size_t n) { writing_.consumed(n); }

  std::size_t size() const { return writing_.size() + gathering_.size(); }
  std::size_t capacity() const { return writing_.capacity() + gathering_.capacity(); }
  bool empty() const { return size() == 0; }
  void clear() {
    writing_.clear();
    gathering_.clear();
  }
  // REQUIRES: empty(), and no write under way.
  void release() {
    writing_.release();
    gathering_.release();
  }

 private:
  ByteBuffer writing_;
  ByteBuffer gathering_;
};

}  // namespace hb::net
