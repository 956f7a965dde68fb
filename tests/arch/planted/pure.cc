// Planted: the purity check must have nothing to say about this file.
#include <string>
#include <vector>

std::vector<std::string> planted_pure(int n) {
  std::vector<std::string> texts;
  for (int i = 0; i < n; ++i) texts.push_back(std::to_string(i));
  return texts;
}
