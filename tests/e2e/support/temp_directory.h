// A directory for one test, and whole files in it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "tests/support/temp_directory.h"

namespace hb::e2e {

using test::TempDirectory;

// Whole files, for those who look into a data directory or damage it.
std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view content);

}  // namespace hb::e2e
