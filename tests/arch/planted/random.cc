// Planted: the purity check must report what this file takes from the world.
#include <cstdlib>
#include <random>

unsigned planted_random() {
  std::random_device device;
  return device() + static_cast<unsigned>(std::rand());
}
