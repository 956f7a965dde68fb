// Slabs: large regions of equal cells, addressed by a 32-bit index instead of a pointer.
//
// A region is 64 MiB, so an index resolves through a handful of region pointers that stay in the
// first cache level, and the kernel can back it with huge pages.  Regions are never returned or
// moved: a reference to a cell stays good.
//
// Cost:       get is two loads, the first of them cached.  allocate is O(1).
// Memory:     no header a cell; what does not fit behind the last run of a region is left empty.
// Threads:    none.  One ledger owns its slabs.
#pragma once

#include <sys/mman.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "engine/base/assert.h"

namespace hb {

inline constexpr std::size_t slab_region_bytes = std::size_t{64} << 20;

struct FreeMemory {
  void operator()(void* memory) const { std::free(memory); }
};

template <class Cell>
class Slab {
 public:
  static_assert(std::has_single_bit(sizeof(Cell)));
  static constexpr std::uint32_t cells_per_region = slab_region_bytes / sizeof(Cell);
  static constexpr std::uint32_t none = UINT32_MAX;
  static constexpr std::uint32_t run_max = cells_per_region / 2;

  // Index of `count` cells side by side, with whatever bytes were there before.
  // REQUIRES: 0 < count <= run_max.
  std::uint32_t allocate(std::uint32_t count = 1) {
    HB_ASSERT(count > 0 && count <= run_max);
    if (regions_.empty() || used_ + count > cells_per_region) add_region();
    const std::uint32_t run =
        static_cast<std::uint32_t>(regions_.size() - 1) * cells_per_region + used_;
    used_ += count;
    return run;
  }

  Cell& get(std::uint32_t index) {
    return regions_[index / cells_per_region].get()[index % cells_per_region];
  }
  const Cell& get(std::uint32_t index) const {
    return regions_[index / cells_per_region].get()[index % cells_per_region];
  }

  // Bytes handed out, and left empty in between.
  std::size_t bytes() const {
    if (regions_.empty()) return 0;
    return (regions_.size() - 1) * slab_region_bytes + used_ * sizeof(Cell);
  }

 private:
  static constexpr std::size_t huge_page_bytes = std::size_t{2} << 20;

  void add_region() {
    // The last index is kept for none.
    HB_ASSERT((regions_.size() + 1) * cells_per_region < none);
    void* memory = std::aligned_alloc(huge_page_bytes, slab_region_bytes);
    HB_ASSERT(memory != nullptr);
    madvise(memory, slab_region_bytes, MADV_HUGEPAGE);  // a wish; without it only speed is lost
    regions_.emplace_back(static_cast<Cell*>(memory));
    used_ = 0;
  }

  std::vector<std::unique_ptr<Cell, FreeMemory>> regions_;
  std::uint32_t used_ = 0;  // cells handed out of the last region
};

}  // namespace hb
