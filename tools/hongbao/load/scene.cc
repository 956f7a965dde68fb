#include "tools/hongbao/load/scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "tools/hongbao/load/random.h"

namespace hb::load {

namespace {

constexpr std::uint32_t stage_connections = 4;
constexpr std::uint32_t stage_window = 8'192;
constexpr std::uint32_t stage_batch = 2'048;
constexpr unsigned run_bits = 26;
constexpr unsigned run_shift = Scene::user_bits_max + 1;
// Keys of the stage; the threads of a run have lower spaces.
constexpr std::uint64_t stage_space = 0xffff;

std::uint64_t random_number() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

GeneratorOptions stage_options(const Endpoint& server) {
  GeneratorOptions options;
  options.server = server;
  options.connections = stage_connections;
  options.window = stage_window;
  return options;
}

double seconds_since(std::int64_t start_ns) {
  return static_cast<double>(now_ns() - start_ns) / 1e9;
}

}  // namespace

Scene::Scene(std::uint64_t run, std::uint64_t key_high, unsigned user_bits,
             std::uint32_t sender_count)
    : first_user_((run << run_shift) + 1),
      first_sender_((run << run_shift) + (1UL << user_bits_max) + 1),
      user_mask_((1UL << user_bits) - 1),
      key_high_(key_high),
      sender_count_(sender_count) {}

Stage::Stage(const Endpoint& server, std::ostream& out)
    : out_(out), generator_(stage_options(server)) {}

Result<void> Stage::carry_out(Series& series, Receipts& receipts) {
  Generator::Run run;
  const std::int64_t start_ns = now_ns();
  run.second_over = [&](const Tally&) {
    if (seconds_since(start_ns) > 1.5 && !series.done()) {
      out_ << fmt::format("  {} done\n", series.answered()) << std::flush;
    }
  };
  const auto outcome = generator_.run(std::move(run), series, receipts);
  if (!outcome) return outcome;
  if (const auto& refusal = series.refusal()) {
    return fail(ErrorCode::invalid, fmt::format("the server refuses to prepare the scene: {} ({})",
                                                refusal->message, name(refusal->status)));
  }
  return {};
}

Result<Scene> Stage::build(unsigned user_bits, std::uint32_t sender_count, Amount deposited) {
  while (true) {
    Scene scene(random_number() >> (64 - run_bits), random_number(), user_bits, sender_count);
    scene.deposited = deposited;
    const auto free = number_is_free(scene);
    if (!free) return fail(free.error());
    if (!*free) continue;
    const auto opened = open_senders(scene);
    if (!opened) return fail(opened.error());
    return scene;
  }
}

// Another run may have drawn the same number before.
Result<bool> Stage::number_is_free(const Scene& scene) {
  Receipts none(scene.sender(0), 0);
  Series series(
      1,
      [&](std::uint64_t, Job& job) {
        job.kind = Job::Kind::show_wallet;
        job.user = scene.sender(0);
      },
      [](const Job&, const net::Response&) {});
  const auto outcome = generator_.run({}, series, none);
  if (!outcome) return fail(outcome.error());
  return series.refusal() && series.refusal()->status == Status::wallet_unknown;
}

Result<void> Stage::open_senders(const Scene& scene) {
  out_ << fmt::format("opening {} senders' wallets\n", scene.sender_count()) << std::flush;
  Receipts none(scene.sender(0), 0);
  for (const Job::Kind kind : {Job::Kind::open_wallet, Job::Kind::deposit}) {
    Series series(
        scene.sender_count(),
        [&](std::uint64_t i, Job& job) {
          job.kind = kind;
          job.user = scene.sender(i);
          job.amount = scene.deposited;
          job.key = scene.key(stage_space, key_number_++);
        },
        [](const Job&, const net::Response&) {});
    if (auto outcome = carry_out(series, none); !outcome) return outcome;
  }
  return {};
}

Result<SentPackets> Stage::send_packets(const Scene& scene, const PacketPlan& plan,
                                        std::uint64_t seed, Receipts& receipts) {
  out_ << fmt::format("sending {} packets of {} shares\n", plan.count, plan.share_count)
       << std::flush;
  SentPackets sent;
  sent.packets.reserve(plan.count);
  Series series(
      plan.count,
      [&](std::uint64_t i, Job& job) {
        job.kind = Job::Kind::send;
        job.user = scene.sender(plan.first_sender + i % plan.sender_count);
        job.share_count = plan.share_count;
        job.amount = Amount(share_fen_mean * plan.share_count);
        job.expires_in = plan.expires_in ? plan.expires_in(i) : Duration();
        job.key = scene.key(stage_space, key_number_++);
      },
      [&](const Job&, const net::Response& response) {
        const auto& answer = std::get<SendAnswer>(response.answer);
        sent.packets.push_back(answer.packet);
        sent.first_expiry = std::min(sent.first_expiry, answer.expires_at);
        sent.last_expiry = std::max(sent.last_expiry, answer.expires_at);
      });
  if (auto outcome = carry_out(series, receipts); !outcome) return fail(outcome.error());
  Random random(seed);
  for (std::size_t i = sent.packets.size(); i > 1; --i) {
    std::swap(sent.packets[i - 1], sent.packets[random.below(i)]);
  }
  return sent;
}

Result<double> Stage::open_users(const Scene& scene, Receipts& receipts) {
  PacketPlan plan;
  plan.share_count = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(limits::packet_shares_max, scene.user_count()));
  plan.count = (scene.user_count() + plan.share_count - 1) / plan.share_count;
  plan.sender_count = scene.sender_count();
  const auto sent = send_packets(scene, plan, 0, receipts);
  if (!sent) return fail(sent.error());

  out_ << fmt::format("opening {} users' wallets with a first share each\n", scene.user_count())
       << std::flush;
  const std::uint64_t total = scene.user_count();
  Series series(
      (total + stage_batch - 1) / stage_batch,
      [&](std::uint64_t i, Job& job) {
        job.kind = Job::Kind::claim_batch;
        job.claims.clear();
        const std::uint64_t end = std::min(total, (i + 1) * stage_batch);
        for (std::uint64_t user = i * stage_batch; user < end; ++user) {
          job.claims.push_back({sent->packets[user / plan.share_count], scene.user(user)});
        }
      },
      [](const Job&, const net::Response&) {});
  const std::int64_t start_ns = now_ns();
  if (auto outcome = carry_out(series, receipts); !outcome) return fail(outcome.error());
  return static_cast<double>(total) / std::max(seconds_since(start_ns), 1e-3);
}

}  // namespace hb::load
