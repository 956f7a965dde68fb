// hongbao: the command-line tool.
#include <iostream>

#include "tools/hongbao/command_line.h"

int main(int argc, char** argv) {
  const auto status = hb::cli::run(argc, argv, std::cout, std::cerr);
  std::cout.flush();
  if (!std::cout) return static_cast<int>(hb::cli::ExitStatus::failed);
  return static_cast<int>(status);
}
