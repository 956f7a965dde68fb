// Power is lost at every change that the journal makes to its disk, inside recovery too, and what
// was not done is dropped, reordered and torn at random.  Each time: all that was durable is found
// again, and what is found is a prefix of what was appended.

#include <gtest/gtest.h>

#include <random>

#include "tests/unit/engine/journal/journal_fixture.h"

namespace hb::journal {
namespace {

constexpr std::uint64_t records_wanted = 420;  // two and a half segments

class Crash : public testing::Test {
 protected:
  // Appends until all is written or power is lost; completions come in random order and late.
  void run(std::mt19937_64& random) {
    auto writer = Writer::open(storage_, test_identity, small_options(), tail_);
    if (!writer) return;  // no power to open it
    storage_.hold_completions(true);
    while (storage_.has_power() && (*writer)->durable() < Sequence(records_wanted)) {
      step(**writer, random);
      durable_ = (*writer)->durable();
      appended_ = (*writer)->appended();
    }
    // What was done before power was lost has still to be noticed.
    (*writer)->poll();
    durable_ = (*writer)->durable();
    storage_.hold_completions(false);
  }

  void step(Writer& writer, std::mt19937_64& random) {
    const auto& record = record_at(writer.appended().value + 1);
    if (writer.appended() < Sequence(records_wanted) && writer.room_bytes() >= record.size()) {
      writer.append(record);
    }
    if (random() % 6 == 0 || writer.room_bytes() < limits::record_bytes_max ||
        writer.appended() == Sequence(records_wanted)) {
      writer.flush();
    }
    if (storage_.held() > 0 && random() % 3 != 0) storage_.complete(random() % storage_.held());
    if (random() % 2 == 0) writer.poll();
  }

  // Recovers until it succeeds; power is lost inside recovery `crashes` times first.
  void recover_after(std::uint64_t crashes, std::mt19937_64& random) {
    for (std::uint64_t i = 0;; ++i) {
      storage_.restart(random());
      if (i < crashes) storage_.lose_power_at(1 + i % 2);
      const Recovered recovered = recover_and_compare(storage_);
      if (!recovered.tail) {
        ASSERT_FALSE(storage_.has_power()) << recovered.tail.error().message;
        continue;
      }
      if (!storage_.has_power()) continue;
      ASSERT_TRUE(recovered.all_as_written);
      ASSERT_GE(recovered.records, durable_.value) << "an acknowledged record is lost";
      ASSERT_LE(recovered.records, appended_.value) << "a record appeared from nowhere";
      tail_ = *recovered.tail;
      durable_ = appended_ = Sequence(recovered.records);
      if (tail_.torn()) ++torn_tails_;
      return;
    }
  }

  test::MemoryStorage storage_;
  Tail tail_;
  Sequence durable_;
  Sequence appended_;
  int torn_tails_ = 0;
};

TEST_F(Crash, AtEveryChangeLosesNothingThatWasDurable) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    std::uint64_t crash_at = 1;
    for (bool crashed = true; crashed; ++crash_at) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", power lost at change " +
                   std::to_string(crash_at));
      std::mt19937_64 random(seed * 1000 + crash_at);
      storage_ = test::MemoryStorage();
      tail_ = Tail();
      durable_ = appended_ = Sequence(0);
      storage_.lose_power_at(crash_at);
      run(random);
      crashed = !storage_.has_power();
      recover_after(crash_at % 3, random);
      if (HasFatalFailure()) return;
    }
    ASSERT_GT(crash_at, 40U) << "the run is long enough to be worth it";
  }
  EXPECT_GT(torn_tails_, 50) << "the disk tore enough to be worth it";
}

TEST_F(Crash, ManyInALifeLoseNothingThatWasDurable) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    std::mt19937_64 random(seed);
    storage_ = test::MemoryStorage();
    tail_ = Tail();
    durable_ = appended_ = Sequence(0);
    for (int life = 0; life < 40 && durable_ < Sequence(records_wanted); ++life) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", life " + std::to_string(life));
      storage_.lose_power_at(1 + random() % 12);
      run(random);
      recover_after(random() % 3, random);
      if (HasFatalFailure()) return;
    }
    ASSERT_EQ(durable_, Sequence(records_wanted)) << "seed " << seed;
  }
}

TEST_F(Crash, AfterAFailedWriteLosesNothingThatWasDurable) {
  for (std::uint64_t nth = 1; nth <= 40; ++nth) {
    SCOPED_TRACE("write " + std::to_string(nth) + " fails");
    std::mt19937_64 random(nth);
    storage_ = test::MemoryStorage();
    tail_ = Tail();
    auto writer = Writer::open(storage_, test_identity, small_options(), tail_);
    ASSERT_TRUE(writer);
    storage_.fail_write(nth);
    storage_.hold_completions(true);
    while ((*writer)->state() != WriterState::failed && (*writer)->durable() < Sequence(420)) {
      step(**writer, random);
    }
    ASSERT_EQ((*writer)->state(), WriterState::failed);
    durable_ = (*writer)->durable();
    appended_ = (*writer)->appended();
    storage_.hold_completions(false);
    writer->reset();
    recover_after(0, random);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace hb::journal
