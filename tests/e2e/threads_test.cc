// The server's threads: in which class and on which processors they run, and that no claim waits for
// those of the background.
#include <errno.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/support/asking.h"
#include "tests/e2e/support/audit.h"
#include "tests/e2e/support/server_process.h"

namespace hb::e2e {
namespace {

constexpr UserId user{1};

struct Thread {
  pid_t id = 0;
  std::string name;
};

std::vector<Thread> threads_of(pid_t process) {
  std::vector<Thread> threads;
  const std::string tasks = "/proc/" + std::to_string(process) + "/task";
  for (const auto& entry : std::filesystem::directory_iterator(tasks)) {
    std::string name = read_file(entry.path() / "comm");
    name.erase(name.find_last_not_of('\n') + 1);
    threads.push_back({std::stoi(entry.path().filename()), std::move(name)});
  }
  return threads;
}

// These compute in the idle class.  RocksDB's threads without a name have that of the indexer, which
// starts them.
bool idle(const Thread& thread) {
  return thread.name == "indexer" || thread.name.starts_with("rocksdb");
}

// A claim may wait for any thread but these.
bool in_background(const Thread& thread) {
  return idle(thread) || thread.name == "sealer" || thread.name == "archive files";
}

std::vector<Thread> background_of(pid_t process) {
  std::vector<Thread> threads = threads_of(process);
  std::erase_if(threads, [](const Thread& thread) { return !in_background(thread); });
  return threads;
}

bool may_run_on(const Thread& thread, std::size_t cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  EXPECT_EQ(::sched_getaffinity(thread.id, sizeof set, &set), 0) << thread.name;
  return CPU_ISSET(cpu, &set);
}

// Processors that this test may use.
std::vector<std::size_t> processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  EXPECT_EQ(::sched_getaffinity(0, sizeof set, &set), 0);
  std::vector<std::size_t> numbers;
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) numbers.push_back(cpu);
  }
  return numbers;
}

// Some events and the archive's threads, all of them.
void deposit(ServerProcess& server, int times) {
  net::BlockingClient client(server.client_options());
  for (int i = 0; i < times; ++i) answer_of(client.deposit({.user = user, .amount = Amount(1)}));
}
void open_wallet(ServerProcess& server) {
  net::BlockingClient client(server.client_options());
  open_with(client, user, Amount(100));
}
void wait_for_archive(ServerProcess& server) {
  ASSERT_TRUE(eventually([&] {
    const std::vector<Thread> threads = background_of(server.process().pid());
    return std::ranges::any_of(threads,
                               [](const Thread& t) { return t.name.starts_with("rocksdb"); });
  }));
}

// Also those that create, rename, remove or sync files: what they hold meanwhile, the journal needs.
TEST(Threads, ThatClaimsWaitForAreOfTheNormalClass) {
  const TempDirectory directory;
  ServerProcess server({.data = directory / "data"});
  ASSERT_TRUE(server.start());
  open_wallet(server);
  wait_for_archive(server);
  std::map<std::string, int> seen;
  for (const Thread& thread : threads_of(server.process().pid())) {
    ++seen[thread.name];
    if (idle(thread)) continue;
    EXPECT_EQ(::sched_getscheduler(thread.id), SCHED_OTHER) << thread.name;
    EXPECT_EQ(::getpriority(PRIO_PROCESS, static_cast<id_t>(thread.id)),
              ::getpriority(PRIO_PROCESS, 0))
        << thread.name;
  }
  for (const char* name : {"worker 0", "file maker", "indexer", "sealer", "archive files"}) {
    EXPECT_GE(seen[name], 1) << name;
  }
  EXPECT_EQ(seen["journal writer"], 4) << "as many as blocks in flight";
  EXPECT_EQ(server.stop(), 0);
}

TEST(Threads, LeaveTheWorkersProcessorToTheWorker) {
  const std::vector<std::size_t> cpus = processors();
  if (cpus.size() < 2) GTEST_SKIP() << "needs two processors";
  const TempDirectory directory;
  ServerProcess server({.data = directory / "data", .flags = {"--cpus", std::to_string(cpus[0])}});
  ASSERT_TRUE(server.start());
  open_wallet(server);
  wait_for_archive(server);
  for (const Thread& thread : threads_of(server.process().pid())) {
    const bool worker = thread.name == "worker 0";
    EXPECT_EQ(may_run_on(thread, cpus[0]), worker) << thread.name;
    EXPECT_EQ(may_run_on(thread, cpus[1]), !worker) << thread.name;
  }
  EXPECT_EQ(server.stop(), 0);
}

// Holds threads of another process where they are, until the end of its life.
class Stopped {
 public:
  Stopped() = default;
  ~Stopped() {
    for (const pid_t thread : threads_) ::ptrace(PTRACE_DETACH, thread, nullptr, nullptr);
  }
  Stopped(const Stopped&) = delete;
  Stopped& operator=(const Stopped&) = delete;

  // False: not permitted here.
  bool stop(pid_t thread) {
    if (::ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) != 0) return false;
    EXPECT_EQ(::ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr), 0) << std::strerror(errno);
    int status = 0;
    EXPECT_EQ(::waitpid(thread, &status, __WALL), thread);
    threads_.push_back(thread);
    return true;
  }

 private:
  std::vector<pid_t> threads_;
};

// What a thread of the background holds, at whatever place it is kept waiting, no claim needs: not
// in many segments.
TEST(Threads, OfTheBackgroundMayStandStillAndEveryChangeIsAnswered) {
  const TempDirectory directory;
  ServerProcess server({.data = directory / "data"});
  ASSERT_TRUE(server.start());
  open_wallet(server);
  wait_for_archive(server);
  for (int round = 0; round < 3; ++round) {
    deposit(server, 100);
    Stopped background;
    for (const Thread& thread : background_of(server.process().pid())) {
      if (!background.stop(thread.id)) GTEST_SKIP() << "ptrace: " << std::strerror(errno);
    }
    deposit(server, 1'000);
  }
  EXPECT_TRUE(std::filesystem::exists(directory / "data/shard-0000/00000008.seg"));
  EXPECT_EQ(server.stop(), 0);
  EXPECT_TRUE(audit(server.settings().data).balanced());
}

}  // namespace
}  // namespace hb::e2e
