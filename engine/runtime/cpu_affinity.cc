#include "engine/runtime/cpu_affinity.h"

#include <fmt/format.h>
#include <sched.h>

#include <cerrno>
#include <utility>

#include "engine/runtime/posix_file.h"

namespace hb {

namespace {

Result<cpu_set_t> allowed_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return fail_system("sched_getaffinity", errno);
  return set;
}

Result<void> allow(const cpu_set_t& set) {
  if (::sched_setaffinity(0, sizeof set, &set) != 0) return fail_system("sched_setaffinity", errno);
  return {};
}

bool contains(const cpu_set_t& set, unsigned cpu) {
  return cpu < CPU_SETSIZE && CPU_ISSET(cpu, &set);
}

}  // namespace

Result<void> check_cpus(std::span<const unsigned> cpus) {
  auto left = allowed_cpus();
  if (!left) return fail(std::move(left.error()));
  const cpu_set_t allowed = *left;
  for (const unsigned cpu : cpus) {
    if (!contains(allowed, cpu)) {
      return fail(ErrorCode::invalid,
                  fmt::format("processor {} is not one that this process may use", cpu));
    }
    if (!contains(*left, cpu)) {
      return fail(ErrorCode::invalid, fmt::format("processor {} is named twice", cpu));
    }
    CPU_CLR(cpu, &*left);
  }
  return {};
}

Result<void> run_on_cpu(unsigned cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (cpu < CPU_SETSIZE) CPU_SET(cpu, &set);
  return allow(set);
}

Result<void> keep_off_cpus(std::span<const unsigned> cpus) {
  auto others = allowed_cpus();
  if (!others) return fail(std::move(others.error()));
  for (const unsigned cpu : cpus) {
    if (cpu < CPU_SETSIZE) CPU_CLR(cpu, &*others);
  }
  return CPU_COUNT(&*others) == 0 ? Result<void>() : allow(*others);
}

}  // namespace hb
