// Engine against model, on random commands.
//
//   model [--seed N] [--commands N] [--shards N] [gtest options]
//
// Commands are spread over episodes of 50,000, each from its own seed (N, N + 1, ...) with its own
// policy and habits.  A failure names the seed of its episode: --seed that --commands 50000
// --shards as it says repeats it.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "tests/model/duel.h"

namespace hb::model {
namespace {

constexpr std::uint64_t commands_per_episode = 50'000;
// Records are compared in each episode whose seed this divides.
constexpr std::uint64_t records_interval = 8;

struct Arguments {
  std::uint64_t seed = 1;
  std::uint64_t commands = 8'000'000;
};
Arguments arguments;

Outcomes agree(std::uint16_t shards, std::uint64_t seed, std::uint64_t commands) {
  Outcomes outcomes;
  for (std::uint64_t left = commands; left > 0; ++seed) {
    const std::uint64_t now = std::min(left, commands_per_episode);
    Duel duel(
        {.seed = seed, .shards = shards, .commands = now, .records = seed % records_interval == 0});
    const auto difference = duel.run();
    EXPECT_FALSE(difference) << *difference;
    if (difference) break;
    for (const auto& [status, count] : duel.outcomes()) outcomes[status] += count;
    left -= now;
  }
  return outcomes;
}

void print(const Outcomes& outcomes) {
  for (const auto& [status, count] : outcomes) std::cout << name(status) << ' ' << count << '\n';
}

TEST(Model, AgreesWithOneShard) {
  print(agree(1, arguments.seed, arguments.commands));
}

TEST(Model, AgreesWithTwoShards) {
  print(agree(2, arguments.seed, arguments.commands));
}

TEST(Model, AgreesWithEightShards) {
  print(agree(8, arguments.seed, arguments.commands));
}

}  // namespace

// The value of `--name N` or `--name=N`, wherever it stands.
void read(std::string_view name, int argc, char** argv, std::uint64_t& value) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument(argv[i]);
    if (argument == name && i + 1 < argc) value = std::stoull(argv[i + 1]);
    if (argument.starts_with(name) && argument.substr(name.size()).starts_with('=')) {
      value = std::stoull(std::string(argument.substr(name.size() + 1)));
    }
  }
}

}  // namespace hb::model

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (const char* const seed = std::getenv("HB_SEED"))
    hb::model::arguments.seed = std::stoull(seed);
  hb::model::read("--seed", argc, argv, hb::model::arguments.seed);
  hb::model::read("--commands", argc, argv, hb::model::arguments.commands);
  return RUN_ALL_TESTS();
}
