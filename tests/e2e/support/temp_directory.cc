#include "tests/e2e/support/temp_directory.h"

#include <fstream>
#include <iterator>

#include "engine/base/assert.h"

namespace hb::e2e {

namespace fs = std::filesystem;

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
