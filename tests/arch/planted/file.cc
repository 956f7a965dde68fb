// Planted: the purity check must report what this file takes from the world.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

char planted_file() {
  char c = 0;
  const int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (read(file, &c, 1) != 1) c = 'x';
  std::ifstream("/dev/null").get(c);
  if (std::FILE* const other = std::fopen("/dev/null", "r")) std::fclose(other);
  std::printf("%c", c);
  return c;
}
