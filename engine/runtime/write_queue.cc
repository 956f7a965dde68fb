#include "engine/runtime/write_queue.h"

#include <pthread.h>

#include <optional>
#include <utility>

#include "engine/runtime/posix_file.h"

namespace hb {

Completion write_now(const WriteJob& job) {
  Completion completion{.token = job.token, .error = std::nullopt, .file = {}};
  auto written = write_all(job.fd, job.offset, job.bytes, "write");
  if (!written) completion.error = std::move(written.error());
  return completion;
}

WriteQueue::WriteQueue(unsigned threads, CompletionInbox& inbox) : inbox_(inbox) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

WriteQueue::~WriteQueue() {
  jobs_.close();
  for (std::thread& thread : threads_) thread.join();
}

void WriteQueue::start(const WriteJob& job) {
  ++in_flight_;
  jobs_.put(job);
}

void WriteQueue::run() {
  ::pthread_setname_np(::pthread_self(), "journal writer");
  while (const std::optional<WriteJob> job = jobs_.next()) {
    Completion completion = write_now(*job);
    --in_flight_;
    inbox_.put(std::move(completion));
  }
}

}  // namespace hb
