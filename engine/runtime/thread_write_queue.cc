#include <pthread.h>

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

  void start(const WriteJob& job) override { jobs_.put(job); }
  // The inbox is polled, and switched, by its owner.
  std::size_t poll(std::span<Completion>) override { return 0; }
  void set_notifications(bool) override {}

 private:
  void run() {
    ::pthread_setname_np(::pthread_self(), "journal writer");
    while (const std::optional<WriteJob> job = jobs_.next()) {
      Completion completion{.token = job->token, .error = std::nullopt, .file = {}};
      auto written = write_all(job->fd, job->offset, job->bytes, "write");
      if (!written) completion.error = std::move(written.error());
      inbox_.put(std::move(completion));
    }
  }

  CompletionInbox& inbox_;
  JobQueue<WriteJob> jobs_;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<WriteQueue> open_thread_write_queue(unsigned threads, CompletionInbox& inbox) {
  return std::make_unique<ThreadWriteQueue>(threads, inbox);
}

}  // namespace hb
