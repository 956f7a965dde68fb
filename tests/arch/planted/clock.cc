// Planted: the purity check must report what this file takes from the world.
#include <chrono>
#include <ctime>

long planted_clock() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_nsec + std::chrono::steady_clock::now().time_since_epoch().count() + time(nullptr);
}
