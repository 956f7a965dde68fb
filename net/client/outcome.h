// Inside net/client: responses become typed outcomes.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "net/client/client.h"
#include "net/client/request_table.h"
#include "net/wire/status_message.h"

namespace hb::net {

// Takes the answer of the expected kind out of a response; false: it is of another.
template <class T>
bool take_answer(const Response& response, T& to) {
  const auto* from = std::get_if<T>(&response.answer);
  if (from != nullptr) to = *from;
  return from != nullptr;
}

inline bool take_answer(const Response& response, PacketRecord& to) {
  const auto* from = std::get_if<PacketDetail>(&response.answer);
  if (from == nullptr) return false;
  to.packet = from->packet;
  to.seed_commitment = from->seed_commitment;
  to.claims.assign(from->claims.begin(), from->claims.end());
  to.share_states.assign(from->share_states.begin(), from->share_states.end());
  to.share_states.resize(to.claims.size(), ShareState::held);
  to.recipients.assign(from->recipients.begin(), from->recipients.end());
  to.seed = from->seed;
  return true;
}

inline bool take_answer(const Response& response, std::span<const ClaimAnswer>& to) {
  const auto* from = std::get_if<ClaimListAnswer>(&response.answer);
  if (from != nullptr) to = from->claims;
  return from != nullptr;
}

template <class T>
Result<Outcome<T>> outcome(const Response& response) {
  Outcome<T> to;
  to.status = response.status;
  to.replayed = response.replayed;
  to.limit = response.limit;
  to.retry_after = response.retry_after;
  to.message = response.message;
  if (!take_answer(response, to.answer) && succeeded(response.status)) {
    return fail(ErrorCode::protocol, "the server's answer is of another kind than the request");
  }
  return to;
}

// One claim of a batch.
inline Outcome<ClaimAnswer> outcome_of(const ClaimAnswer& answer, Duration retry_after) {
  Outcome<ClaimAnswer> to;
  to.status = answer.status;
  to.limit = claim_limit(answer);
  to.answer = answer;
  if (answer.status == Status::overloaded) {
    to.limit = retry_after.us();
    to.retry_after = retry_after;
  }
  if (!succeeded(answer.status)) to.message = status_message(answer.status, to.limit).view();
  return to;
}

template <class T>
Completion completion(Callback<T> done) {
  return [done = std::move(done)](Result<const Response*> result) {
    if (!result) return done(fail(std::move(result.error())));
    done(outcome<T>(**result));
  };
}

}  // namespace hb::net
