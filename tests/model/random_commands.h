// Random commands that mean something: mostly about users, packets, transfers and cases that there
// are, by those who may, with now and then a wrong one of everything.
//
// It reads the model to know what there is.  Everything follows from one seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/units.h"
#include "engine/ledger/commands.h"
#include "tests/model/dice.h"
#include "tests/model/ledger_model.h"

namespace hb::model {

// A command with its parts, in no batch yet.
struct LooseCommand {
  Command command{};
  std::vector<ClaimItem> claims{};
  std::vector<UserId> users{};
  Note note{};
  Time deadline{};
};

// Puts it at the end of the batch.
void append(const LooseCommand& loose, ReplyTo to, CommandBatch& batch);

class RandomCommands {
 public:
  // How an episode differs from others.
  struct Mood {
    std::uint32_t users = 200;
    bool huge_sums = false;  // deposits that reach the bound of all money
    std::uint32_t claims_max = 30;
  };

  RandomCommands(std::uint64_t seed, const Mood& mood, const LedgerModel& model);

  LooseCommand next(Time now);
  // The time of the next commands, at or after `now`.
  Time next_time(Time now);
  // What a reply tells about what there is now.
  void learn(const Reply& reply, const ReplyBatch& batch);

 private:
  UserId user();
  UserId known_user();
  PacketId packet();
  PacketId transfer();
  CaseId case_id();
  Amount amount();
  Operator by();
  Note note();
  std::string_view words();
  // One of a few, so that some are used before.
  Reference rail_reference();
  Key128 key();
  Time instant(Time now);

  LooseCommand fresh(Time now);
  LooseCommand random_claims();
  LooseCommand random_send(Time now);
  void spoil(SendPacket& c, LooseCommand& loose, Time now);
  LooseCommand random_claim_with_code();
  LooseCommand random_return();
  LooseCommand random_transfer_step();
  LooseCommand random_wallet_step();
  LooseCommand random_support_step();
  LooseCommand random_look();
  LooseCommand repeated(const LooseCommand& old);
  UserId claimer_of(PacketId id);
  UserId wanted_user(PacketId id);

  Dice dice_;
  Mood mood_;
  const LedgerModel& model_;
  std::vector<PacketId> packets_;
  std::vector<PacketId> transfers_;
  std::vector<CaseId> cases_;
  std::vector<LooseCommand> keyed_;  // that went out
  std::uint64_t keys_ = 0;
};

}  // namespace hb::model
