#include "engine/runtime/write_queue.h"

#include <optional>
#include <utility>

#include "engine/os/thread.h"
#include "engine/runtime/posix_file.h"

namespace hb {

Completion write_now(const WriteJob& job) {
  Completion completion{.token = job.token, .error = std::nullopt, .file = {}};
  auto written = write_all(job.fd, job.offset, job.bytes, "write");
  if (!written) completion.error = std::move(written.error());
  return completion;
}

WriteQueue::WriteQueue(unsigned threads, CompletionInbox& inbox) : inbox_(inbox) {
  for (unsigned i = 0; i < threads; ++i) {
    threads_.push_back(start_thread("journal writer", [this] { run(); }));
  }
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
  while (const std::optional<WriteJob> job = jobs_.next()) {
    Completion completion = write_now(*job);
    --in_flight_;
    inbox_.put(std::move(completion));
  }
}

}  // namespace hb
