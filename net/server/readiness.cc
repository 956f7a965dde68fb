#include "net/server/readiness.h"

#include <cerrno>

namespace hb::net {

Result<Readiness> Readiness::open() {
  Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return fail_system("epoll_create1", errno);
  return Readiness(std::move(epoll));
}

Result<void> Readiness::add(int fd, std::uint64_t id) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = id;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return fail_system("epoll_ctl", errno);
  }
  return {};
}

std::span<const Readiness::Event> Readiness::poll(int wait_ms) {
  const int count =
      ::epoll_wait(epoll_.get(), found_.data(), static_cast<int>(events_max), wait_ms);
  // Interrupted, if anything: what there is will be told next time.
  const auto found = static_cast<std::size_t>(count < 0 ? 0 : count);
  for (std::size_t i = 0; i < found; ++i) {
    const std::uint32_t events = found_[i].events;
    constexpr std::uint32_t ends = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    events_[i] = {.id = found_[i].data.u64,
                  .readable = (events & (EPOLLIN | ends)) != 0,
                  .writable = (events & (EPOLLOUT | ends)) != 0,
                  .ended = (events & ends) != 0,
                  .failed = (events & (EPOLLHUP | EPOLLERR)) != 0};
  }
  return {events_.data(), found};
}

}  // namespace hb::net
