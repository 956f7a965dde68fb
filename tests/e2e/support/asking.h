// Asking a server and expecting an answer, in one line of a test.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "engine/ledger/commands.h"
#include "net/client/blocking_client.h"

namespace hb::e2e {

// The answer of a command that succeeds; otherwise a failure of the test, and an empty answer.
template <class T>
T answer_of(const Result<net::Outcome<T>>& result) {
  if (!result) {
    ADD_FAILURE() << "no answer: " << result.error().message;
    return {};
  }
  EXPECT_TRUE(succeeded(result->status)) << name(result->status) << ": " << result->message;
  return result->answer;
}

// The status of a command that is answered.
template <class T>
Status status_of(const Result<net::Outcome<T>>& result) {
  if (result) return result->status;
  ADD_FAILURE() << "no answer: " << result.error().message;
  return Status::frame_timeout;
}

// Keys that tests choose: distinct, and the same at every run.
inline Key128 key_number(std::uint64_t number) {
  return {number, 0xe2e};
}

// A user with a wallet that holds this much.
inline void open_with(net::BlockingClient& client, UserId user, Amount balance) {
  answer_of(client.open_wallet({.user = user}));
  answer_of(client.deposit({.user = user, .amount = balance}));
}

inline Amount balance_of(net::BlockingClient& client, UserId user) {
  return answer_of(client.show_wallet(user)).balance;
}

}  // namespace hb::e2e
