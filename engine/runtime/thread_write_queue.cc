#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "engine/runtime/posix_file.h"
#include "engine/runtime/write_queue.h"

namespace hb {
namespace {

class ThreadWriteQueue final : public WriteQueue {
 public:
  ThreadWriteQueue(unsigned threads, CompletionInbox& inbox) : inbox_(inbox) {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
  }
  ~ThreadWriteQueue() override {
    {
      const std::scoped_lock lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void start(const WriteJob& job) override {
    {
      const std::scoped_lock lock(mutex_);
      jobs_.push_back(job);
    }
    wake_.notify_one();
  }
  // The inbox is polled, and switched, by its owner.
  std::size_t poll(std::span<Completion>) override { return 0; }
  void set_notifications(bool) override {}

 private:
  void run() {
    while (const std::optional<WriteJob> job = next()) {
      Completion completion{.token = job->token, .error = std::nullopt, .file = {}};
      auto written = write_all(job->fd, job->offset, job->bytes, "write");
      if (!written) completion.error = std::move(written.error());
      inbox_.put(std::move(completion));
    }
  }

  // Nothing when it is time to stop and all is written.
  std::optional<WriteJob> next() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
    if (jobs_.empty()) return std::nullopt;
    const WriteJob job = jobs_.front();
    jobs_.pop_front();
    return job;
  }

  CompletionInbox& inbox_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<WriteJob> jobs_;  // guarded by mutex_, as is stop_
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<WriteQueue> open_thread_write_queue(unsigned threads, CompletionInbox& inbox) {
  return std::make_unique<ThreadWriteQueue>(threads, inbox);
}

}  // namespace hb
