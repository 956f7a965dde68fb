#include "bench/limits/ping_pong.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <thread>
#include <vector>

#include "bench/descriptor.h"
#include "tools/hongbao/load/generator.h"

namespace hb::bench {

namespace {

using load::now_ns;

constexpr std::size_t message_bytes_max = 4'096;

tl::unexpected<Error> system_failure(const char* what) {
  return fail(ErrorCode::io, std::string(what) + ": " + strerror(errno));
}

// One connection's end: how much of the message that it waits for has come, and since when.
struct End {
  Descriptor socket;
  std::size_t come = 0;
  std::int64_t asked_ns = 0;
};

// The ends that one thread looks after.
class Ends {
 public:
  Ends(std::size_t incoming_bytes, std::size_t outgoing_bytes)
      : incoming_bytes_(incoming_bytes),
        outgoing_bytes_(outgoing_bytes),
        epoll_(epoll_create1(0)) {}

  // `end` stays where it is.
  bool add(End& end) {
    const int on = 1;
    setsockopt(end.socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &end}};
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, end.socket.get(), &event) != 0) return false;
    ++open_;
    return true;
  }
  std::size_t open() const { return open_; }

  bool write(End& end) const {
    return send(end.socket.get(), bytes_.data(), outgoing_bytes_, MSG_NOSIGNAL) ==
           static_cast<ssize_t>(outgoing_bytes_);
  }

  // Waits, and calls whole(end) for each end whose message has come.  False: the system failed.
  template <class Whole>
  bool turn(int wait_ms, const Whole& whole) {
    std::array<epoll_event, 256> events;
    const int n = epoll_wait(epoll_.get(), events.data(), events.size(), wait_ms);
    if (n < 0) return errno == EINTR;
    for (int i = 0; i < n; ++i) {
      End& end = *static_cast<End*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (!read(end)) continue;
      if (!whole(end)) return false;
    }
    return true;
  }

 private:
  // True: the message is whole.  An end whose other side is gone is closed.
  bool read(End& end) {
    const ssize_t n = recv(end.socket.get(), bytes_.data(), incoming_bytes_ - end.come, 0);
    if (n <= 0) {
      end.socket = Descriptor{};
      --open_;
      return false;
    }
    end.come += static_cast<std::size_t>(n);
    if (end.come < incoming_bytes_) return false;
    end.come = 0;
    return true;
  }

  std::size_t incoming_bytes_;
  std::size_t outgoing_bytes_;
  std::size_t open_ = 0;
  Descriptor epoll_;
  std::array<std::byte, message_bytes_max> bytes_{};
};

struct Listener {
  Descriptor socket;
  sockaddr_in address{};
};

Result<Listener> listen_on_loopback(std::uint32_t connections) {
  Listener listener{Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  listener.address.sin_family = AF_INET;
  listener.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const address = reinterpret_cast<sockaddr*>(&listener.address);
  socklen_t bytes = sizeof listener.address;
  if (!listener.socket || bind(listener.socket.get(), address, bytes) != 0 ||
      listen(listener.socket.get(), static_cast<int>(connections)) != 0 ||
      getsockname(listener.socket.get(), address, &bytes) != 0) {
    return system_failure("listening on loopback");
  }
  return listener;
}

// Connects pairs of ends, one after the other, so that none waits in the queue of the listener.
Result<void> connect(const Listener& listener, std::vector<End>& asking,
                     std::vector<End>& answering) {
  for (std::size_t i = 0; i < asking.size(); ++i) {
    asking[i].socket = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!asking[i].socket ||
        ::connect(asking[i].socket.get(), reinterpret_cast<const sockaddr*>(&listener.address),
                  sizeof listener.address) != 0) {
      return system_failure("connecting");
    }
    answering[i].socket =
        Descriptor(accept4(listener.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!answering[i].socket) return system_failure("accepting");
  }
  return {};
}

// Answers until every asking end is gone.
bool answer_all(Ends& ends) {
  while (ends.open() > 0) {
    if (!ends.turn(-1, [&](End& end) { return ends.write(end); })) return false;
  }
  return true;
}

// Asks on every end until the time is over, and takes in the last answers.
bool ask_all(Ends& ends, std::vector<End>& asking, double duration_s, PingPongFigures& figures) {
  const std::int64_t start = now_ns();
  const std::int64_t over = start + static_cast<std::int64_t>(duration_s * 1e9);
  std::size_t waiting = 0;
  const auto ask = [&](End& end, std::int64_t now) {
    end.asked_ns = now;
    ++waiting;
    return ends.write(end);
  };
  for (End& end : asking) {
    if (!ask(end, now_ns())) return false;
  }
  std::int64_t last = start;
  while (waiting > 0 && ends.open() == asking.size()) {
    const bool fine = ends.turn(1'000, [&](End& end) {
      last = now_ns();
      figures.latency.add(last - end.asked_ns, 1);
      --waiting;
      return last >= over || ask(end, last);
    });
    if (!fine) return false;
  }
  figures.answers = figures.latency.count();
  figures.duration_s = static_cast<double>(last - start) / 1e9;
  return waiting == 0;
}

}  // namespace

Result<PingPongFigures> ping_pong(const PingPongOptions& options) {
  if (std::max(options.question_bytes, options.answer_bytes) > message_bytes_max) {
    return fail(ErrorCode::invalid, "a message has 4096 bytes at most");
  }
  auto listener = listen_on_loopback(options.connections);
  if (!listener) return fail(listener.error());
  std::vector<End> asking(options.connections);
  std::vector<End> answering(options.connections);
  if (auto connected = connect(*listener, asking, answering); !connected) {
    return fail(connected.error());
  }
  Ends ask_ends(options.answer_bytes, options.question_bytes);
  Ends answer_ends(options.question_bytes, options.answer_bytes);
  const auto add = [](Ends& ends, std::vector<End>& all) {
    return std::ranges::all_of(all, [&](End& end) { return ends.add(end); });
  };
  if (!add(ask_ends, asking) || !add(answer_ends, answering)) return system_failure("epoll");

  bool answered = false;
  std::thread answerer([&] { answered = answer_all(answer_ends); });
  PingPongFigures figures;
  const bool asked = ask_all(ask_ends, asking, options.duration_s, figures);
  asking.clear();  // closes, which ends the answerer
  answerer.join();
  if (!asked || !answered) return fail(ErrorCode::io, "a loopback connection broke");
  return figures;
}

}  // namespace hb::bench
