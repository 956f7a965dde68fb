#include "engine/runtime/delegate.h"

#include <optional>
#include <utility>

#include "engine/os/thread.h"

namespace hb {

Delegate::Delegate(std::string name)
    : thread_(start_thread(std::move(name), [this] {
        while (auto job = jobs_.next()) (*job)();
      })) {}

Delegate::~Delegate() {
  jobs_.close();
  thread_.join();
}

void Delegate::run(const std::function<void()>& job) {
  std::packaged_task<void()> task(std::cref(job));
  std::future<void> done = task.get_future();
  jobs_.put(std::move(task));
  done.get();
}

}  // namespace hb
