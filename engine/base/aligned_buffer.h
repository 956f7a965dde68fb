// A piece of memory that direct I/O accepts: aligned, zeroed, never resized.
//
// Cost: one allocation when made; none after.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>

namespace hb {

class AlignedBuffer {
 public:
  static constexpr std::size_t alignment_bytes = 4096;

  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t bytes)
      : bytes_(static_cast<std::byte*>(::operator new[](bytes, std::align_val_t(alignment_bytes)))),
        size_(bytes) {
    std::memset(bytes_.get(), 0, bytes);
  }

  std::byte* data() { return bytes_.get(); }
  const std::byte* data() const { return bytes_.get(); }
  std::size_t size() const { return size_; }
  std::span<std::byte> span() { return {bytes_.get(), size_}; }
  std::span<const std::byte> span() const { return {bytes_.get(), size_}; }

 private:
  struct Free {
    void operator()(std::byte* bytes) const {
      ::operator delete[](bytes, std::align_val_t(alignment_bytes));
    }
  };
  std::unique_ptr<std::byte[], Free> bytes_;
  std::size_t size_ = 0;
};

}  // namespace hb
