// How shares are distributed over the places in the queue, against theory.
//
// Every packet here has a seed of its own, derived from one number that HB_SEED may name; each test
// draws a million shares or more.  Bounds are such that a right draw fails with fewer than one in
// ten thousand fresh numbers: `doubt` for a chi-square, `errors_max` standard errors for a mean.
//
// The shares of one packet depend on each other (they add up).  Where a test needs independent
// observations it takes one from each packet.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <ostream>
#include <span>
#include <vector>

#include "engine/ledger/split.h"
#include "tests/support/chi_square.h"
#include "tests/support/seed.h"

namespace hb {
namespace {

using test::chance_if_homogeneous;
using test::chance_if_uniform;
using test::Counts;
using test::doubt;

using Shares = std::span<const std::uint32_t>;

// A right mean is further off once in 26 million times.
constexpr double errors_max = 5.5;

// Calls visit(shares_fen, number) for so many packets of that form.
template <class Visit>
void for_each_packet(Split split, const SplitState& whole, std::uint64_t packets, Visit visit) {
  const std::uint64_t run = test::seeds(1).front();
  std::vector<std::uint32_t> shares_fen(static_cast<std::size_t>(whole.shares_left));
  for (std::uint64_t number = 0; number < packets; ++number) {
    draw_all(split, {run, number}, whole, shares_fen);
    visit(Shares(shares_fen), number);
  }
}

// The mean of what was seen, and how sure it is.
class Sample {
 public:
  void add(double value) {
    ++count_;
    sum_ += value;
    square_sum_ += value * value;
  }
  double mean() const { return sum_ / count_; }
  // Rounding must not make a variance of nothing negative.
  double error() const {
    return std::sqrt(std::max(0.0, square_sum_ / count_ - mean() * mean()) / count_);
  }

 private:
  double count_ = 0;
  double sum_ = 0;
  double square_sum_ = 0;
};

// 1e-6: a place that leaves no choice has no error, but the sums of doubles have.
void expect_mean(const Sample& sample, double expected, std::size_t place) {
  EXPECT_NEAR(sample.mean(), expected, errors_max * sample.error() + 1e-6)
      << "place " << place << "; " << test::seed_text(test::seeds(1).front());
}

#define HB_EXPECT_LIKELY(chance) \
  EXPECT_GT((chance), doubt) << test::seed_text(test::seeds(1).front())

// ---- means --------------------------------------------------------------------------------------

struct Form {
  const char* name;
  SplitState whole;
  std::uint64_t packets;
};
void PrintTo(const Form& form, std::ostream* out) {
  *out << form.name;
}

constexpr Form forms[] = {
    {"ten_shares_of_two_yuan", {2'000, 10, 1, 20'000}, 400'000},
    {"mean_is_no_whole_fen", {1'003, 7, 1, 20'000}, 400'000},
    {"hundred_shares", {200'000, 100, 1, 20'000}, 100'000},
    {"least_share_is_near", {1'050, 10, 100, 20'000}, 400'000},
    {"greatest_share_is_near", {195'000, 10, 1, 20'000}, 400'000},
    {"bounds_on_both_sides", {5'000, 20, 100, 400}, 200'000},
    {"a_fen_or_two", {30, 20, 1, 2}, 200'000},
    {"one_fen_to_spare", {11, 10, 1, 20'000}, 400'000},
};

class SplitMean : public testing::TestWithParam<Form> {};

TEST_P(SplitMean, IsTheSameAtEveryPlace) {
  const auto& [name, whole, packets] = GetParam();
  for (const Split split : {Split::double_mean, Split::order_fair}) {
    std::vector<Sample> places(static_cast<std::size_t>(whole.shares_left));
    for_each_packet(split, whole, packets, [&](Shares shares_fen, std::uint64_t) {
      for (std::size_t i = 0; i < shares_fen.size(); ++i) places[i].add(shares_fen[i]);
    });
    SCOPED_TRACE(split == Split::double_mean ? "double mean" : "order-fair");
    const auto mean =
        static_cast<double>(whole.remaining_fen) / static_cast<double>(whole.shares_left);
    for (std::size_t i = 0; i < places.size(); ++i) expect_mean(places[i], mean, i);
  }
}

// Stronger: whatever was drawn before, the expected share is the mean of what is left.  How far a
// share is from that mean is seen apart where little is left and where much is.
TEST_P(SplitMean, OfDoubleMeanIsTheMeanOfWhatIsLeft) {
  const auto& [name, whole, packets] = GetParam();
  const auto shares = static_cast<std::size_t>(whole.shares_left);
  const auto mean = static_cast<double>(whole.remaining_fen) / static_cast<double>(shares);
  std::vector<Sample> little_left(shares), much_left(shares);
  for_each_packet(Split::double_mean, whole, packets, [&](Shares shares_fen, std::uint64_t) {
    auto remaining_fen = static_cast<double>(whole.remaining_fen);
    for (std::size_t i = 0; i < shares; ++i) {
      const double mean_left = remaining_fen / static_cast<double>(shares - i);
      (mean_left < mean ? little_left : much_left)[i].add(shares_fen[i] - mean_left);
      remaining_fen -= shares_fen[i];
    }
  });
  for (std::size_t i = 0; i < shares; ++i) {
    if (i > 0) expect_mean(little_left[i], 0, i);  // before the first share all is left
    expect_mean(much_left[i], 0, i);
  }
}

INSTANTIATE_TEST_SUITE_P(Split, SplitMean, testing::ValuesIn(forms),
                         [](const auto& form) { return form.param.name; });

// ---- spread -------------------------------------------------------------------------------------

// Neither the bounds nor whole fen are felt: the rule as theory has it.
constexpr SplitState vast{1'000'000, 20, 0, 4'000'000};

// A share that is uniform up to twice the mean m of what is left has a mean square of 4/3 m^2, and
// the last of all takes what is left.  So with n shares left of a sum S the next sum's mean square
// is E[S^2] * (1 - 2/n + 4/(3 n^2)).  Returned per place, in squares of the packet's mean share.
std::vector<double> mean_squares_of_double_mean(std::size_t shares) {
  std::vector<double> mean_squares;
  auto sum_square = static_cast<double>(shares * shares);
  for (auto n = static_cast<double>(shares); n > 1; --n) {
    mean_squares.push_back(4.0 / 3 * sum_square / (n * n));
    sum_square *= 1 - 2 / n + 4 / (3 * n * n);
  }
  mean_squares.push_back(sum_square);
  return mean_squares;
}

std::vector<Sample> squares_at_places(Split split, const SplitState& whole, std::uint64_t packets) {
  const auto shares = static_cast<std::size_t>(whole.shares_left);
  const auto mean = static_cast<double>(whole.remaining_fen) / static_cast<double>(shares);
  std::vector<Sample> places(shares);
  for_each_packet(split, whole, packets, [&](Shares shares_fen, std::uint64_t) {
    for (std::size_t i = 0; i < shares; ++i) {
      places[i].add(shares_fen[i] * (shares_fen[i] / (mean * mean)));
    }
  });
  return places;
}

TEST(SplitSpread, OfDoubleMeanGrowsAlongTheQueueAsTheorySays) {
  const std::vector<double> expected = mean_squares_of_double_mean(20);
  const std::vector<Sample> places = squares_at_places(Split::double_mean, vast, 200'000);
  for (std::size_t i = 0; i < places.size(); ++i) expect_mean(places[i], expected[i], i);
}

TEST(SplitSpread, OfOrderFairIsThatOfDoubleMeanOnAverageAtEveryPlace) {
  const std::vector<double> in_turn = mean_squares_of_double_mean(20);
  const double expected = std::accumulate(in_turn.begin(), in_turn.end(), 0.0) / 20;
  const std::vector<Sample> places = squares_at_places(Split::order_fair, vast, 200'000);
  for (std::size_t i = 0; i < places.size(); ++i) expect_mean(places[i], expected, i);
}

TEST(SplitSpread, OfTheFirstShareOfDoubleMeanIsUniform) {
  // Ten shares of 100 fen: 1 to 19 fen.
  Counts seen(19, 0);
  for_each_packet(Split::double_mean, {100, 10, 1, 20'000}, 1'000'000,
                  [&](Shares shares_fen, std::uint64_t) { ++seen.at(shares_fen[0] - 1); });
  HB_EXPECT_LIKELY(chance_if_uniform(seen));
}

// ---- the whole distribution, place by place -----------------------------------------------------

// Sixteen bins up to twice the mean share, three above.
std::size_t bin_of(std::uint32_t share_fen, double mean) {
  const double means = share_fen / mean;
  if (means < 2) return static_cast<std::size_t>(means * 8);
  return means < 2.5 ? 16 : means < 3 ? 17 : 18;
}

// Counts of shares, a row a place, a column a bin; one share of each packet, so that all are
// independent.
std::vector<Counts> bins_at_places(Split split, const SplitState& whole, std::uint64_t packets) {
  const auto shares = static_cast<std::size_t>(whole.shares_left);
  const auto mean = static_cast<double>(whole.remaining_fen) / static_cast<double>(shares);
  std::vector<Counts> rows(shares, Counts(19, 0));
  for_each_packet(split, whole, packets, [&](Shares shares_fen, std::uint64_t number) {
    const std::size_t place = number % shares;
    ++rows[place][bin_of(shares_fen[place], mean)];
  });
  return rows;
}

constexpr SplitState three_shares{6'000, 3, 1, 20'000};
constexpr SplitState ten_shares{20'000, 10, 1, 20'000};
constexpr SplitState hundred_shares{200'000, 100, 1, 20'000};

void expect_one_distribution(const SplitState& whole, std::uint64_t packets) {
  HB_EXPECT_LIKELY(chance_if_homogeneous(bins_at_places(Split::order_fair, whole, packets)));
}

TEST(SplitDistribution, OfOrderFairIsTheSameAtEveryPlace) {
  expect_one_distribution(three_shares, 1'000'000);
  expect_one_distribution(ten_shares, 1'000'000);
  expect_one_distribution(hundred_shares, 300'000);
}

TEST(SplitDistribution, OfDoubleMeanIsNot) {
  EXPECT_LT(chance_if_homogeneous(bins_at_places(Split::double_mean, ten_shares, 1'000'000)),
            doubt);
}

// ---- the luckiest -------------------------------------------------------------------------------

// The earliest of the greatest shares.
std::size_t luckiest_of(Shares shares_fen) {
  return static_cast<std::size_t>(std::ranges::max_element(shares_fen) - shares_fen.begin());
}

struct Luck {
  Counts luckiest;  // per place
  std::uint64_t ties = 0;
};

Luck luck_at_places(Split split, const SplitState& whole, std::uint64_t packets) {
  Luck luck{Counts(static_cast<std::size_t>(whole.shares_left), 0)};
  for_each_packet(split, whole, packets, [&](Shares shares_fen, std::uint64_t) {
    const std::size_t place = luckiest_of(shares_fen);
    ++luck.luckiest[place];
    luck.ties += std::ranges::count(shares_fen.subspan(place), shares_fen[place]) > 1 ? 1 : 0;
  });
  return luck;
}

// Shares of 100 yuan on average, so that two are hardly ever alike to the fen: what the tie rule
// gives to earlier places is far below what a million packets can tell.
constexpr SplitState three_vast_shares{30'000, 3, 1, 4'000'000};
constexpr SplitState ten_vast_shares{100'000, 10, 1, 4'000'000};
constexpr SplitState hundred_vast_shares{1'000'000, 100, 1, 4'000'000};

void expect_equal_luck(const SplitState& whole, std::uint64_t packets) {
  const Luck luck = luck_at_places(Split::order_fair, whole, packets);
  EXPECT_LT(luck.ties, packets / 1'000);
  HB_EXPECT_LIKELY(chance_if_uniform(luck.luckiest));
}

TEST(SplitLuck, OfOrderFairIsTheSameAtEveryPlace) {
  expect_equal_luck(three_vast_shares, 1'000'000);
  expect_equal_luck(ten_vast_shares, 1'000'000);
  expect_equal_luck(hundred_vast_shares, 300'000);
}

// Of 100 shares the last is luckiest some eleven times as often as the first.
TEST(SplitLuck, OfDoubleMeanWaitsForTheLast) {
  const Luck luck = luck_at_places(Split::double_mean, hundred_vast_shares, 100'000);
  EXPECT_LT(chance_if_uniform(luck.luckiest), doubt);
  EXPECT_GT(luck.luckiest.back(), 8 * luck.luckiest.front());
}

}  // namespace
}  // namespace hb
