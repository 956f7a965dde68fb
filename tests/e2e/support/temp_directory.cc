#include "tests/e2e/support/temp_directory.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

#include "engine/base/assert.h"

namespace hb::e2e {

namespace fs = std::filesystem;

TempDirectory::TempDirectory(const fs::path& parent) {
  std::string name = parent / "hongbao-e2e-XXXXXX";
  HB_ASSERT(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;  // a leftover file is no reason to fail a test
  fs::remove_all(path_, ignored);
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

void write_file(const fs::path& path, std::string_view content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << content;
  file.close();
  HB_ASSERT(!file.fail());
}

}  // namespace hb::e2e
