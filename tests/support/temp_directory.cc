#include "tests/support/temp_directory.h"

#include <cstdlib>
#include <system_error>

#include "engine/base/assert.h"

namespace hb::test {

namespace fs = std::filesystem;

TempDirectory::TempDirectory(const fs::path& parent) {
  std::string name = parent / "hongbao-test-XXXXXX";
  HB_ASSERT(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;  // a leftover file is no reason to fail a test
  fs::remove_all(path_, ignored);
}

}  // namespace hb::test
