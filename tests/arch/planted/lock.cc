// Planted: the purity check must report what this file takes from the world.
#include <condition_variable>
#include <mutex>
#include <thread>

void planted_lock() {
  std::mutex mutex;
  std::condition_variable changed;
  std::thread other([&] { changed.notify_all(); });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock);
  }
  other.join();
}
