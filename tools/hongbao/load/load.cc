#include "tools/hongbao/load/load.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <csignal>
#include <ctime>
#include <memory>
#include <thread>
#include <utility>

#include "tools/hongbao/load/claim_workloads.h"
#include "tools/hongbao/load/expiry_storm.h"
#include "tools/hongbao/load/mixed_workload.h"
#include "tools/hongbao/load/scene.h"
#include "tools/hongbao/load/send_workload.h"
#include "tools/hongbao/load/timeline.h"

namespace hb::load {

namespace {

constexpr std::uint64_t shares_ahead_max = 400'000'000;  // 7 GB of a server's memory
constexpr std::uint64_t packets_ahead_min = 1'000;
constexpr double claims_per_second_max = 8e6;   // no server of today does more
constexpr double grabs_per_second_max = 30e6;   // most of which are refused
constexpr double singles_per_second_max = 5e5;  // one claim a frame
constexpr double sends_per_second_max = 3e6;
constexpr std::uint64_t mixed_packets = 10'000;
constexpr std::uint64_t storm_packets = 1'000'000;
constexpr std::uint32_t storm_share_count = 5;
constexpr std::uint32_t storm_senders = 64;
constexpr double storm_sends_per_second = 100'000;  // a guess on the low side
constexpr std::uint32_t descriptors_spare = 64;
constexpr std::int64_t start_in_ns = 20'000'000;

double asking_seconds(const LoadOptions& options) {
  return static_cast<double>(options.warm_up.us() + options.duration.us()) / 1e6;
}

// ---- the scene
// ------------------------------------------------------------------------------------

// What each sender needs: its part of the most that could be sent, twice.
Amount deposit_for(const LoadOptions& options) {
  const double sends = sends_per_second_max * asking_seconds(options);
  const double sent_ahead = static_cast<double>(options.packets) * options.share_count +
                            static_cast<double>(shares_ahead_max + options.users);
  const double shares = sends * options.share_count + sent_ahead;
  const double each = 2 * shares * share_fen_mean / options.senders;
  const double storm = static_cast<double>(options.packets + storm_packets) / storm_senders *
                       storm_share_count * share_fen_mean;
  return Amount(static_cast<std::int64_t>(std::min(each + 2 * storm, 9e15)));
}

// How many packets the claims of the whole run need, when claims come as fast as they did while
// users' wallets were opened, or twice as fast.
std::uint64_t packets_needed(const LoadOptions& options, double claims_per_second) {
  if (options.workload == WorkloadKind::send) return 0;
  if (options.workload == WorkloadKind::mixed) return mixed_packets;
  const bool storm = options.workload == WorkloadKind::grab_storm;
  double rate = storm ? std::min(8 * claims_per_second, grabs_per_second_max)
                      : std::min(3 * claims_per_second, claims_per_second_max);
  if (options.batch == 1) rate = std::min(rate, singles_per_second_max);
  if (options.rate > 0) rate = options.rate * 1.1;
  const std::uint64_t claims_each = storm ? GrabStorm::taps : options.share_count;
  const auto wanted = static_cast<std::uint64_t>(rate * asking_seconds(options)) / claims_each;
  return std::clamp(wanted, packets_ahead_min, shares_ahead_max / options.share_count);
}

std::uint64_t packets_to_send(const LoadOptions& options, double claims_per_second) {
  std::uint64_t count = options.packets;
  if (count == 0 || options.workload == WorkloadKind::expiry_storm) {
    count = packets_needed(options, claims_per_second);
  }
  if (options.workload != WorkloadKind::grab_storm) return count;
  constexpr std::uint64_t group = GrabStorm::packets_at_once;
  return (count + group - 1) / group * group;
}

Result<Storm> brew_storm(Stage& stage, const Scene& scene, const LoadOptions& options,
                         Receipts& receipts) {
  Storm storm;
  storm.packets = options.packets == 0 ? storm_packets : options.packets;
  storm.sender_count = std::min(storm_senders, scene.sender_count() - 1);
  storm.first_sender = scene.sender_count() - storm.sender_count;
  PacketPlan plan;
  plan.count = storm.packets;
  plan.share_count = storm_share_count;
  plan.first_sender = storm.first_sender;
  plan.sender_count = storm.sender_count;
  const auto sending_us =
      static_cast<std::int64_t>(static_cast<double>(plan.count) / storm_sends_per_second * 1e6);
  const std::int64_t expire_at_us = now_ns() / 1'000 + options.expires_in.us() + sending_us;
  plan.expires_in = [&](std::uint64_t i) {
    const double part = static_cast<double>(i) / static_cast<double>(plan.count);
    const auto later =
        static_cast<std::int64_t>(part * static_cast<double>(options.expiry_spread.us()));
    return Duration::us(std::max(expire_at_us - now_ns() / 1'000, options.expires_in.us()) + later);
  };
  const auto sent = stage.send_packets(scene, plan, options.seed, receipts);
  if (!sent) return fail(sent.error());
  timespec wall{};
  clock_gettime(CLOCK_REALTIME, &wall);
  const std::int64_t offset_ns =
      now_ns() - (std::int64_t{wall.tv_sec} * 1'000'000'000 + wall.tv_nsec);
  storm.first_expiry_ns = sent->first_expiry.us() * 1'000 + offset_ns;
  storm.last_expiry_ns = sent->last_expiry.us() * 1'000 + offset_ns;
  return storm;
}

// ---- threads
// --------------------------------------------------------------------------------------

// One thread's part of the load.
struct Lane {
  std::unique_ptr<Generator> generator;
  std::unique_ptr<Workload> workload;
  Receipts receipts;
  Result<void> outcome{};
};

class Load {
 public:
  Load(const LoadOptions& options, std::ostream& progress)
      : options_(options), progress_(progress), stage_(options.server, progress) {}

  Result<LoadReport> run();

 private:
  Result<void> prepare();
  Result<void> connect();
  std::unique_ptr<Workload> make_workload(std::uint32_t thread);
  void drive();
  void run_lane(std::size_t index, std::int64_t start_ns);
  std::int64_t start_time() const;
  double measured_seconds(std::int64_t ns) const;
  void watch(const sigset_t& signals);
  void tell_progress();
  void take_second(const Tally& tally);
  void take_rest(const Tally& rest);
  void sum_up(double cpu_seconds);
  void sum_up_storm();
  void audit();

  LoadOptions options_;
  std::ostream& progress_;
  Stage stage_;
  std::optional<Scene> scene_;
  std::optional<Receipts> receipts_;
  std::optional<Storm> storm_;
  ClaimCounter counter_;
  std::vector<Lane> lanes_;
  std::optional<Timeline> timeline_;
  std::atomic<bool> stop_{false};
  std::atomic<std::size_t> lanes_over_{0};
  std::int64_t measured_from_ns_ = 0;  // after the warm-up
  std::int64_t warm_up_seconds_left_ = 0;
  bool interrupted_ = false;
  LoadReport report_;
};

Result<void> allow_descriptors(std::uint32_t connections) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max >= connections + descriptors_spare) return {};
  return fail(ErrorCode::invalid,
              fmt::format("{} connections need more open files than the limit of {}; raise it "
                          "with ulimit -Hn",
                          connections, limit.rlim_max));
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Result<LoadReport> Load::run() {
  if (auto allowed = allow_descriptors(options_.connections); !allowed) {
    return fail(allowed.error());
  }
  if (auto prepared = prepare(); !prepared) return fail(prepared.error());
  if (auto connected = connect(); !connected) return fail(connected.error());
  drive();
  if (report_.ending != Ending::server_gone) audit();
  return std::move(report_);
}

Result<void> Load::prepare() {
  const auto welcome = stage_.connect();
  if (!welcome) return fail(welcome.error());
  report_.server = *welcome;
  options_.batch = std::min(options_.batch, welcome->claim_batch_max);
  options_.window = std::min(options_.window, welcome->window_max);

  auto scene = stage_.build(static_cast<unsigned>(std::countr_zero(options_.users)),
                            options_.senders, deposit_for(options_));
  if (!scene) return fail(scene.error());
  scene_ = std::move(*scene);
  receipts_.emplace(scene_->sender(0), scene_->sender_count());
  double claims_per_second = 0;
  if (options_.workload != WorkloadKind::send) {
    const auto rate = stage_.open_users(*scene_, *receipts_);
    if (!rate) return fail(rate.error());
    claims_per_second = *rate;
  }
  PacketPlan plan;
  plan.count = packets_to_send(options_, claims_per_second);
  plan.share_count = options_.share_count;
  plan.sender_count = scene_->sender_count();
  if (options_.workload == WorkloadKind::expiry_storm) {
    plan.sender_count -= std::min(storm_senders, plan.sender_count - 1);
  }
  if (plan.count > 0) {
    auto sent = stage_.send_packets(*scene_, plan, options_.seed, *receipts_);
    if (!sent) return fail(sent.error());
    scene_->packets = std::move(sent->packets);
  }
  scene_->share_count = options_.share_count;
  if (options_.workload == WorkloadKind::expiry_storm) {
    const auto storm = brew_storm(stage_, *scene_, options_, *receipts_);
    if (!storm) return fail(storm.error());
    storm_ = *storm;
    report_.storm.emplace();
  } else {
    options_.packets = plan.count;
  }
  return {};
}

std::unique_ptr<Workload> Load::make_workload(std::uint32_t thread) {
  const std::uint64_t seed = mix64(options_.seed + thread);
  switch (options_.workload) {
    case WorkloadKind::claim:
      break;
    case WorkloadKind::grab_storm:
      return std::make_unique<GrabStorm>(*scene_, counter_, options_.batch);
    case WorkloadKind::send:
      return std::make_unique<SendWorkload>(*scene_, options_.share_count, seed, thread);
    case WorkloadKind::mixed:
      return std::make_unique<MixedWorkload>(*scene_, options_.batch, seed, thread);
    case WorkloadKind::expiry_storm:
      if (thread != 0) break;
      return std::make_unique<ExpiryStorm>(*scene_, counter_, options_.batch, *storm_);
  }
  return std::make_unique<SpreadClaims>(*scene_, counter_, options_.batch);
}

Result<void> Load::connect() {
  for (std::uint32_t i = 0; i < options_.threads; ++i) {
    GeneratorOptions options;
    options.server = options_.server;
    options.connections = options_.connections / options_.threads +
                          (i < options_.connections % options_.threads ? 1 : 0);
    options.window = options_.window;
    options.job_count = options_.batch;
    lanes_.push_back({std::make_unique<Generator>(options), make_workload(i),
                      Receipts(scene_->sender(0), scene_->sender_count())});
    const auto welcome = lanes_.back().generator->connect();
    if (!welcome) return fail(welcome.error());
  }
  timeline_.emplace(lanes_.size());
  return {};
}

// In an expiry storm the run begins early enough to show what is normal.
std::int64_t Load::start_time() const {
  const std::int64_t soon = now_ns() + start_in_ns;
  if (!storm_) return soon;
  const std::int64_t before_us = options_.warm_up.us() + options_.duration.us() / 4;
  return std::max(soon, storm_->first_expiry_ns - before_us * 1'000);
}

double Load::measured_seconds(std::int64_t ns) const {
  return static_cast<double>(ns - measured_from_ns_) / 1e9;
}

void Load::run_lane(std::size_t index, std::int64_t start_ns) {
  Lane& lane = lanes_[index];
  Generator::Run run;
  run.start_ns = start_ns;
  run.end_ns = measured_from_ns_ + options_.duration.us() * 1'000;
  run.stop = &stop_;
  run.second_over = [&](const Tally& tally) { timeline_->post(index, tally); };
  if (options_.rate > 0) {
    run.schedule.emplace(options_.rate / options_.batch / static_cast<double>(lanes_.size()),
                         mix64(options_.seed ^ (index + 1)));
  }
  lane.outcome = lane.generator->run(std::move(run), *lane.workload, lane.receipts);
  if (!lane.outcome) stop_ = true;
  ++lanes_over_;
}

void Load::drive() {
  const std::int64_t start_ns = start_time();
  measured_from_ns_ = start_ns + options_.warm_up.us() * 1'000;
  warm_up_seconds_left_ = options_.warm_up.us() / Duration::seconds(1).us();
  const double wait_s = static_cast<double>(start_ns - now_ns()) / 1e9;
  if (wait_s > 1) {
    progress_ << fmt::format("waiting {:.0f} s, until shortly before the first expiry\n", wait_s)
              << std::flush;
  }
  sigset_t signals;
  sigset_t before;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, &before);
  const double cpu_before = cpu_seconds();
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    threads.emplace_back([this, i, start_ns] { run_lane(i, start_ns); });
  }
  watch(signals);
  for (std::thread& thread : threads) thread.join();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  tell_progress();
  sum_up(cpu_seconds() - cpu_before);
}

void Load::watch(const sigset_t& signals) {
  const timespec patience{0, 50'000'000};
  while (lanes_over_ < lanes_.size()) {
    if (sigtimedwait(&signals, nullptr, &patience) > 0) {
      interrupted_ = true;
      stop_ = true;
    }
    tell_progress();
  }
}

void Load::tell_progress() {
  while (const auto tally = timeline_->take_whole_second()) take_second(*tally);
}

void Load::take_second(const Tally& tally) {
  const Second figures = second_of(tally, 1);
  if (warm_up_seconds_left_ > 0) {
    report_.tally.errors += tally.errors;  // what got no answer is always told
    progress_ << "warm-up" << progress_line(warm_up_seconds_left_--, figures) << std::flush;
    return;
  }
  if (storm_) {
    const auto begin_s = static_cast<double>(report_.seconds.size());
    if (begin_s + 1 <= measured_seconds(storm_->first_expiry_ns)) {
      report_.storm->latency_before.merge(tally.latency);
    } else if (begin_s < measured_seconds(storm_->last_expiry_ns)) {
      report_.storm->latency_while_expiring.merge(tally.latency);
    }
  }
  report_.tally.merge(tally);
  report_.seconds.push_back(figures);
  progress_ << progress_line(report_.seconds.size(), figures) << std::flush;
}

// The last second, which is never a whole one, where it is long enough to mean something.
void Load::take_rest(const Tally& rest) {
  if (warm_up_seconds_left_ > 0) {
    report_.tally.errors += rest.errors;
    return;
  }
  report_.tally.merge(rest);
  const double rest_s = report_.duration_s - static_cast<double>(report_.seconds.size());
  if (rest_s < 0.5) return;
  report_.seconds.push_back(second_of(rest, rest_s));
  progress_ << progress_line(report_.seconds.size(), report_.seconds.back()) << std::flush;
}

void Load::sum_up(double cpu_seconds) {
  std::int64_t last_ns = measured_from_ns_;
  bool used_up = false;
  for (const Lane& lane : lanes_) {
    receipts_->merge(lane.receipts);
    last_ns = std::max(last_ns, lane.generator->last_answer_ns());
    used_up = used_up || lane.workload->done();
    report_.broken_connections += lane.generator->breaks();
    if (lane.outcome || !report_.failure.empty()) continue;
    report_.failure = lane.outcome.error().message;
  }
  report_.options = options_;
  report_.duration_s = measured_seconds(last_ns);
  take_rest(timeline_->take_rest());
  if (report_.duration_s > 0) {
    const double asked_s = report_.duration_s + static_cast<double>(options_.warm_up.us()) / 1e6;
    report_.generator_cores = cpu_seconds / asked_s;
  }
  if (!report_.failure.empty()) {
    report_.ending = Ending::server_gone;
  } else if (interrupted_) {
    report_.ending = Ending::interrupted;
  } else if (used_up) {
    report_.ending = Ending::packets_used_up;
  }
  sum_up_storm();
}

void Load::sum_up_storm() {
  if (!storm_) return;
  StormReport& storm = *report_.storm;
  storm.packets = storm_->packets;
  storm.first_expiry_s = measured_seconds(storm_->first_expiry_ns);
  storm.last_expiry_s = measured_seconds(storm_->last_expiry_ns);
  if (storm_->drained_ns) storm.drained_s = measured_seconds(*storm_->drained_ns);
}

void Load::audit() {
  progress_ << "auditing\n" << std::flush;
  Refunds refunds;
  if (storm_) {
    refunds = {storm_->first_sender, storm_->sender_count, storm_->drained_ns.has_value()};
  }
  auto audited = run_audit(stage_, *scene_, *receipts_, refunds);
  if (audited) {
    report_.audit = std::move(*audited);
  } else {
    report_.audit_failure = audited.error().message;
  }
}

}  // namespace

Result<LoadReport> run_load(const LoadOptions& options, std::ostream& progress) {
  const auto settled = settle(options);
  if (!settled) return fail(settled.error());
  return Load(*settled, progress).run();
}

}  // namespace hb::load
