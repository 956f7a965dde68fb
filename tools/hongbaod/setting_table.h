// All settings of the server, in the order in which the settings file is best read.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/hongbaod/setting.h"

namespace hb {

std::span<const Setting> all_settings();

// Nothing when there is none.
const Setting* find_setting(std::string_view section, std::string_view key);

struct Section {
  std::string_view name;  // empty: the file's top
  std::string_view help;
};

std::span<const Section> all_sections();

}  // namespace hb
