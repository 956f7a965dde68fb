// hongbao: the command-line tool.
#include <unistd.h>

#include <iostream>

#include "tools/hongbao/command_line.h"

int main(int argc, char** argv) {
  const hb::cli::Console console{
      .out = std::cout, .err = std::cerr, .out_is_terminal = ::isatty(STDOUT_FILENO) == 1};
  return static_cast<int>(hb::cli::run(argc, argv, console));
}
