// Slabs: large regions of equal cells, addressed by a 32-bit index instead of a pointer.
//
// A region is 64 MiB, so an index resolves through a handful of region pointers that stay in the
// first cache level, and the kernel can back it with huge pages.  Regions are never returned or
// moved: a reference to a cell stays good.  What is wanted next is asked for ahead, if somebody is
// there who makes it ready.
//
// Cost:       get is two loads, the first of them cached.  allocate is O(1).
// Memory:     no header a cell; what does not fit behind the last run of a region is left empty;
//             ahead of use an eighth of what is in use, 16 MiB at most.
// Threads:    none.  One ledger owns its slabs.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <vector>

#include "engine/base/assert.h"
#include "engine/base/memory_ahead.h"

namespace hb {

inline constexpr std::size_t slab_region_bytes = std::size_t{64} << 20;

// Regions come from operator new, so that a process without memory ends as its new-handler says.
struct FreeRegion {
  static constexpr std::align_val_t alignment{std::size_t{2} << 20};  // a huge page
  void operator()(void* memory) const { ::operator delete(memory, alignment); }
};

template <class Cell>
class Slab {
 public:
  static_assert(std::has_single_bit(sizeof(Cell)));
  static constexpr std::uint32_t cells_per_region = slab_region_bytes / sizeof(Cell);
  static constexpr std::uint32_t none = UINT32_MAX;
  static constexpr std::uint32_t run_max = cells_per_region / 2;

  // `ahead`, if any, outlives the slab.
  explicit Slab(MemoryAhead* ahead = nullptr)
      : ahead_(ahead), ask_at_(ahead == nullptr ? none : 1) {}

  // Index of `count` cells side by side, with whatever bytes were there before.
  // REQUIRES: 0 < count <= run_max.
  std::uint32_t allocate(std::uint32_t count = 1) {
    const std::uint32_t run = reserve(count);
    use(end_);
    return run;
  }

  // The same for cells that are used later: use() tells when.
  std::uint32_t reserve(std::uint32_t count) {
    HB_ASSERT(count > 0 && count <= run_max);
    const std::uint32_t left = cells_per_region - end_ % cells_per_region;
    const std::uint32_t run = count <= left ? end_ : end_ + left;
    end_ = run + count;
    if (end_ > regions_.size() * cells_per_region) add_region();
    return run;
  }

  // The cells before `end` are in use now.
  void use(std::uint32_t end) {
    if (end >= ask_at_) ask_ahead(end);
  }

  Cell& get(std::uint32_t index) {
    return regions_[index / cells_per_region].get()[index % cells_per_region];
  }
  const Cell& get(std::uint32_t index) const {
    return regions_[index / cells_per_region].get()[index % cells_per_region];
  }

  // Bytes handed out, and left empty in between.
  std::size_t bytes() const { return end_ * sizeof(Cell); }

 private:
  static constexpr auto huge_page_bytes = static_cast<std::size_t>(FreeRegion::alignment);
  static constexpr std::uint32_t cells_per_page = huge_page_bytes / sizeof(Cell);
  static constexpr std::uint32_t pages_ahead_max = 8;
  // The last index is kept for none.
  static constexpr std::size_t regions_max = none / cells_per_region;

  void add_region() {
    HB_ASSERT(regions_.size() < regions_max);
    void* memory = ::operator new(slab_region_bytes, FreeRegion::alignment);
    madvise(memory, slab_region_bytes, MADV_HUGEPAGE);  // a wish; without it only speed is lost
    regions_.emplace_back(static_cast<Cell*>(memory));
  }

  void ask_ahead(std::uint32_t end) {
    const std::uint32_t used = (end - 1) / cells_per_page + 1;  // pages
    const std::uint32_t wanted = used + std::min(used / 8, pages_ahead_max);
    for (std::uint32_t page = std::max(used, asked_pages_); page < wanted; ++page) {
      const std::uint32_t first = page * cells_per_page;
      if (first / cells_per_region == regions_.size()) {
        if (regions_.size() == regions_max) break;
        add_region();
      }
      ahead_->expect(std::as_writable_bytes(std::span(&get(first), cells_per_page)));
      asked_pages_ = page + 1;
    }
    ask_at_ = used * cells_per_page + 1;  // with the next page
  }

  std::vector<std::unique_ptr<Cell, FreeRegion>> regions_;
  std::uint32_t end_ = 0;  // behind the last cell handed out
  MemoryAhead* ahead_;
  std::uint32_t ask_at_;           // the end of the cells in use at which more is asked for
  std::uint32_t asked_pages_ = 0;  // before this one all are in use or asked for
};

}  // namespace hb
