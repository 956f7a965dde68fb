#include <pthread.h>

#include <atomic>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "engine/runtime/job_queue.h"
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
    jobs_.close();
    for (std::thread& thread : threads_) thread.join();
  }

  void start(const WriteJob& job) override {
    ++on_their_way_;
    jobs_.put(job);
  }
  bool idle() const override { return on_their_way_ == 0; }
  // The inbox is polled, and switched, by its owner.
  std::size_t poll(std::span<Completion>) override { return 0; }
  void set_notifications(bool) override {}

 private:
  void run() {
    ::pthread_setname_np(::pthread_self(), "journal writer");
    while (const std::optional<WriteJob> job = jobs_.next()) {
      Completion completion = write_now(*job);
      --on_their_way_;
      inbox_.put(std::move(completion));
    }
  }

  CompletionInbox& inbox_;
  std::atomic<unsigned> on_their_way_{0};
  JobQueue<WriteJob> jobs_;
  std::vector<std::thread> threads_;
};

}  // namespace

Completion write_now(const WriteJob& job) {
  Completion completion{.token = job.token, .error = std::nullopt, .file = {}};
  auto written = write_all(job.fd, job.offset, job.bytes, "write");
  if (!written) completion.error = std::move(written.error());
  return completion;
}

std::unique_ptr<WriteQueue> open_thread_write_queue(unsigned threads, CompletionInbox& inbox) {
  return std::make_unique<ThreadWriteQueue>(threads, inbox);
}

}  // namespace hb
