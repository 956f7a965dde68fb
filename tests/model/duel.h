// One episode: engine and model get the same random commands, and everything they say and hold is
// compared.
//
//   after every command   the reply: status, limit, replayed, every field of the answer
//   now and then          every balance, and the sums of the books
//                         that a refusal left the state's hash as it was
//   when all is quiet     every packet, transfer, case and payout; then all shards start again
//                         from their disks and have the same hash
//   after each restart    where asked for, every user's records, page by page
//   at the end            the verifier's proof of the books, from the journals alone
//
// Threads: none.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/model/dice.h"
#include "tests/model/engine_under_test.h"
#include "tests/model/ledger_model.h"
#include "tests/model/random_commands.h"
#include "tests/model/records_under_test.h"

namespace hb::model {

struct DuelOptions {
  std::uint64_t seed = 1;
  std::uint16_t shards = 1;
  std::uint64_t commands = 50'000;
  bool records = false;  // are compared too; refunds are then booked one a step
};

// How often each outcome came: a test that never sees one does not test it.
using Outcomes = std::map<Status, std::uint64_t>;

class Duel {
 public:
  explicit Duel(const DuelOptions& options);

  // The first difference, told so that a person can start; nothing when they agree.
  std::optional<std::string> run();

  const Outcomes& outcomes() const { return outcomes_; }

 private:
  void round();
  void ask_some();
  void ask_and_look_for_traces();
  void step(ShardId shard);
  void follow_letters(ShardId shard, const EngineUnderTest::Progress& progress);
  void follow_bookings(ShardId shard);
  void follow_commands(const EngineUnderTest::Progress::Decided& decided);
  bool booked(PacketId id) const;
  void expect(const std::vector<LateAnswer>& late);
  void count(const Reply& reply, const ReplyBatch& batch);
  void take_finished(ShardId shard);
  void take_late_replies(ShardId shard);
  void carry();
  void settle();
  void restart();
  void compare_wallets();
  void compare_books();
  void compare_everything();
  void compare_records();
  void prove_books();
  void compare_query(ShardId shard, const Command& query);
  void compare(const std::string& what, const std::string& engine, const std::string& model);
  void fail(const std::string& what);
  ReplyTo next_reply_to() { return {.connection = 7, .request = ++requests_}; }
  template <class Visit>
  void for_each_shard(Visit&& visit);

  const DuelOptions options_;
  Dice dice_;
  Time now_;
  Policy policy_;
  LedgerModel model_;
  EngineUnderTest engine_;
  std::optional<RecordsUnderTest> records_;
  RandomCommands random_;
  std::uint64_t requests_ = 0;
  std::uint64_t asked_ = 0;
  std::map<std::uint64_t, std::string> waiting_;  // by request: commands answered late
  std::map<std::uint64_t, std::string> late_;     // their answers, as the model has them
  Outcomes outcomes_;
  std::optional<std::string> difference_;
};

}  // namespace hb::model
