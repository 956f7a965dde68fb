#include <liburing.h>

#include <atomic>
#include <cerrno>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/assert.h"
#include "engine/runtime/write_queue.h"

namespace hb {
namespace {

constexpr unsigned ring_entries = 64;

class UringWriteQueue final : public WriteQueue {
 public:
  UringWriteQueue() = default;
  ~UringWriteQueue() override;
  UringWriteQueue(const UringWriteQueue&) = delete;
  UringWriteQueue& operator=(const UringWriteQueue&) = delete;

  // 0, or an error number.
  int open(int event_fd);

  void start(const WriteJob& job) override;
  bool idle() const override { return free_.size() == jobs_.size(); }
  std::size_t poll(std::span<Completion> completions) override;
  void set_notifications(bool on) override;

 private:
  // A job's place in jobs_ is its user_data; free places wait in free_.
  std::size_t add(const WriteJob& job);
  void submit(std::size_t index);
  void flush_submissions();
  void take_result(std::size_t index, int result);
  void finish(std::size_t index, std::optional<Error> error);
  void reap();

  io_uring ring_{};
  bool is_open_ = false;
  std::vector<WriteJob> jobs_;
  std::vector<std::size_t> free_;
  std::deque<std::size_t> waiting_;  // for a place in the ring
  std::deque<Completion> done_;
  std::atomic<unsigned> barrier_{0};
};

int UringWriteQueue::open(int event_fd) {
  // A write that completes need not interrupt the owner, who looks at the ring in each turn.
  // Kernels before 5.19 do not know that.
  int r = io_uring_queue_init(ring_entries, &ring_,
                              IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG);
  if (r == -EINVAL) r = io_uring_queue_init(ring_entries, &ring_, 0);
  if (r < 0) return -r;
  is_open_ = true;
  return -io_uring_register_eventfd(&ring_, event_fd);
}

UringWriteQueue::~UringWriteQueue() {
  if (!is_open_) return;
  while (!idle()) {
    flush_submissions();
    io_uring_cqe* cqe = nullptr;
    const int r = io_uring_wait_cqe(&ring_, &cqe);
    if (r < 0 && r != -EINTR && r != -EAGAIN) break;
    reap();
  }
  io_uring_queue_exit(&ring_);
}

void UringWriteQueue::start(const WriteJob& job) {
  submit(add(job));
}

std::size_t UringWriteQueue::add(const WriteJob& job) {
  if (free_.empty()) {
    free_.push_back(jobs_.size());
    jobs_.emplace_back();
  }
  const std::size_t index = free_.back();
  free_.pop_back();
  jobs_[index] = job;
  return index;
}

void UringWriteQueue::submit(std::size_t index) {
  waiting_.push_back(index);
  flush_submissions();
}

// What the kernel does not take now (its ring is full, memory is short) goes with the next poll.
void UringWriteQueue::flush_submissions() {
  while (!waiting_.empty()) {
    io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
    if (sqe == nullptr) break;
    const WriteJob& job = jobs_[waiting_.front()];
    io_uring_prep_write(sqe, job.fd, job.bytes.data(), static_cast<unsigned>(job.bytes.size()),
                        job.offset);
    io_uring_sqe_set_data64(sqe, waiting_.front());
    waiting_.pop_front();
  }
  if (io_uring_sq_ready(&ring_) == 0) return;
  const int r = io_uring_submit(&ring_);
  // Anything else is a misuse of the ring, and what it took is not known.
  HB_ASSERT(r >= 0 || r == -EINTR || r == -EAGAIN || r == -EBUSY || r == -ENOMEM);
}

std::size_t UringWriteQueue::poll(std::span<Completion> completions) {
  reap();
  flush_submissions();
  std::size_t n = 0;
  for (; n < completions.size() && !done_.empty(); ++n) {
    completions[n] = std::move(done_.front());
    done_.pop_front();
  }
  return n;
}

void UringWriteQueue::reap() {
  io_uring_cqe* cqe = nullptr;
  while (io_uring_peek_cqe(&ring_, &cqe) == 0 && cqe != nullptr) {
    const std::size_t index = io_uring_cqe_get_data64(cqe);
    const int result = cqe->res;
    io_uring_cqe_seen(&ring_, cqe);
    take_result(index, result);
  }
}

void UringWriteQueue::take_result(std::size_t index, int result) {
  WriteJob& job = jobs_[index];
  if (result == -EINTR || result == -EAGAIN) return submit(index);
  if (result < 0) return finish(index, system_error("write", -result));
  if (result == 0) return finish(index, Error{ErrorCode::io, "write: nothing was written"});
  job.bytes = job.bytes.subspan(static_cast<std::size_t>(result));
  job.offset += static_cast<std::uint64_t>(result);
  if (job.bytes.empty()) return finish(index, std::nullopt);
  submit(index);  // short: goes on, and an error shows then
}

void UringWriteQueue::finish(std::size_t index, std::optional<Error> error) {
  done_.push_back({.token = jobs_[index].token, .error = std::move(error), .file = {}});
  free_.push_back(index);
}

void UringWriteQueue::set_notifications(bool on) {
  const int r = io_uring_cq_eventfd_toggle(&ring_, on);
  // Kernels before 5.8 cannot switch it off: then the owner is woken more often than needed.
  HB_ASSERT(r == 0 || r == -EOPNOTSUPP);
  // The switch must be seen before the owner's next look at the ring, or a wake-up could be missed.
  // (A read-modify-write is as good as a fence here, and the thread sanitizer knows it.)
  barrier_.fetch_add(1, std::memory_order_seq_cst);
}

}  // namespace

Result<std::unique_ptr<WriteQueue>> open_uring_write_queue(int event_fd) {
  auto queue = std::make_unique<UringWriteQueue>();
  if (const int error = queue->open(event_fd); error != 0) return fail_system("io_uring", error);
  return std::unique_ptr<WriteQueue>(std::move(queue));
}

}  // namespace hb
