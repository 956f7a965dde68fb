// The settings file in tools/hongbaod/README.md: that it starts the server is an end-to-end test.
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "tools/hongbaod/setting_table.h"
#include "tools/hongbaod/settings_file.h"
#include "tools/hongbaod/toml_text.h"

namespace hb {
namespace {

std::string documented() {
  std::ifstream page(HB_SETTINGS_PAGE);
  std::stringstream text;
  text << page.rdbuf();
  const std::string all = text.str();
  const std::string begin = "\n```toml\n";
  const std::size_t at = all.find(begin);
  if (at == all.npos) return "";
  const std::size_t first = at + begin.size();
  return all.substr(first, all.find("```", first) - first);
}

TEST(DocumentedSettings, AreEachSettingWithItsDefault) {
  const auto assignments = parse_toml(documented());
  ASSERT_TRUE(assignments) << assignments.error().what;
  std::set<std::string> found;
  for (const Assignment& assignment : *assignments) {
    if (assignment.key.empty()) continue;
    const Setting* setting = find_setting(assignment.section, assignment.key);
    ASSERT_TRUE(setting) << assignment.key << " is documented, and there is no such setting";
    Settings settings;
    EXPECT_TRUE(setting->kind.write(settings, assignment.value)) << setting->name();
    EXPECT_EQ(setting->kind.show(settings), setting->kind.show(Settings{})) << setting->name();
    found.insert(setting->name());
  }
  for (const Setting& setting : all_settings()) {
    EXPECT_EQ(found.contains(setting.name()), !setting.kind.is_retired) << setting.name();
  }
}

}  // namespace
}  // namespace hb
