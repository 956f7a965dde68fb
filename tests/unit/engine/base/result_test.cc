#include "engine/base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace hb {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return fail(ErrorCode::invalid, "odd");
  return n / 2;
}

Result<int> quarter(int n) {
  Result<int> halved = half(n);
  if (!halved) return fail(std::move(halved).error());
  return half(*halved);
}

TEST(Result, HoldsAValue) {
  const Result<int> result = half(8);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(*result, 4);
}

TEST(Result, HoldsAnErrorWithCodeAndMessage) {
  const Result<int> result = half(7);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::invalid);
  EXPECT_EQ(result.error().message, "odd");
}

TEST(Result, PassesAnotherCallsFailureOn) {
  EXPECT_EQ(quarter(12).value(), 3);
  EXPECT_EQ(quarter(7).error().message, "odd");
  EXPECT_EQ(quarter(6).error().message, "odd");
}

TEST(Result, OfNothingIsDoneOrFailed) {
  const Result<void> done;
  const Result<void> failed = fail(ErrorCode::no_space, "full");
  EXPECT_TRUE(done.has_value());
  EXPECT_EQ(failed.error().code, ErrorCode::no_space);
}

TEST(Result, MovesAValueThatCannotBeCopied) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  const std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 5);
}

}  // namespace
}  // namespace hb
