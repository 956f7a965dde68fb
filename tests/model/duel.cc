#include "tests/model/duel.h"

#include <span>
#include <utility>

#include "engine/base/assert.h"
#include "engine/base/partition.h"
#include "tests/model/journal_audit.h"
#include "tests/model/random_policy.h"
#include "tests/model/routing.h"
#include "tests/model/text_of.h"

namespace hb::model {

namespace {

constexpr Time start{1'767'000'000'123'456};

// Between two looks at every balance, and at everything.
constexpr std::uint64_t rounds_per_look = 500;
constexpr std::uint64_t rounds_per_restart = 6'000;

RandomCommands::Mood random_mood(Dice& dice) {
  return {.users = static_cast<std::uint32_t>(dice.percent(30) ? dice.between(3, 12)
                                                               : dice.between(40, 400)),
          .huge_sums = dice.percent(15),
          .claims_max = dice.percent(10) ? 600u : 30u};
}

Letter letter_of(const Message& m) {
  Letter letter{.kind = Letter::Kind::credit, .user = m.user, .amount = m.amount};
  if (m.kind == MessageKind::credit) return letter;
  if (m.kind >= MessageKind::reference_request) {
    letter.kind = m.kind == MessageKind::reference_request  ? Letter::Kind::reference_request
                  : m.kind == MessageKind::reference_answer ? Letter::Kind::reference_answer
                                                            : Letter::Kind::reference_release;
    letter.status = m.status;
    letter.reference = m.reference;
    return letter;
  }
  letter.kind = m.kind == MessageKind::debit_request ? Letter::Kind::debit_request
                                                     : Letter::Kind::debit_answer;
  letter.packet = m.packet;
  letter.share_index = m.share_index;
  letter.forced = m.forced;
  letter.status = m.status;
  letter.balance = m.balance;
  return letter;
}

// What chance decided, as the engine tells it.
Drawn drawn_of(const Reply& reply, const ReplyBatch& batch) {
  Drawn drawn;
  if (const auto* sent = std::get_if<SendAnswer>(&reply.answer)) {
    drawn.seed_commitment = sent->seed_commitment;
  } else if (const auto* claim = std::get_if<ClaimAnswer>(&reply.answer)) {
    drawn.claims = {*claim};
  } else if (const auto* claims = std::get_if<ClaimBatchAnswer>(&reply.answer)) {
    const auto first = batch.claims.begin() + claims->first;
    drawn.claims.assign(first, first + claims->count);
  } else if (const auto* shown = std::get_if<ShowPacketAnswer>(&reply.answer)) {
    drawn.seed = shown->seed;
  }
  return drawn;
}

bool is_question(const Command& command) {
  const bool claims =
      std::holds_alternative<ClaimBatch>(command) || std::holds_alternative<ClaimWithCode>(command);
  const bool keyed = std::visit(
      []<class C>(const C&) {
        return requires(C c) {
          c.key;
        };
      },
      command);
  return !claims && !keyed;
}

std::string text_of(const Books& b) {
  std::string text;
  for (const AmountSum sum : {b.deposits, b.external_funding, b.withdrawals, b.wallets, b.packets,
                              b.transfers, b.payouts_owed, b.payouts_paid, b.under_way}) {
    text += std::to_string(sum.low()) + ' ';
    if (sum.fen() > INT64_MAX) text += "and 2^64 times " + std::to_string(sum.high()) + ' ';
  }
  return text;
}

}  // namespace

Duel::Duel(const DuelOptions& options)
    : options_(options),
      dice_(options.seed),
      now_(start),
      policy_(random_policy(dice_, start)),
      model_(policy_, options.shards),
      engine_(options.shards, policy_, options.seed, start, options.records ? 1 : 3),
      random_(dice_.word(), random_mood(dice_), model_) {
  if (options.records) records_.emplace(engine_, options.seed);
  model_.on_late_send([this](PacketId id) {
    ShowPacketAnswer shown;
    ReplyBatch batch;
    const Ledger& ledger = engine_.ledger(model_.home_of(id));
    return ledger.show(ShowPacket{id}, shown, batch).accepted() ? shown.seed_commitment
                                                                : Digest256{};
  });
}

template <class Visit>
void Duel::for_each_shard(Visit&& visit) {
  for (std::uint16_t s = 0; s < options_.shards; ++s) visit(ShardId{s});
}

std::optional<std::string> Duel::run() {
  for (std::uint64_t rounds = 1; asked_ < options_.commands && !difference_; ++rounds) {
    round();
    if (rounds % rounds_per_look == 0) {
      compare_wallets();
      compare_books();
    }
    if (rounds % rounds_per_restart == 0) restart();
  }
  if (!difference_) settle();
  if (!difference_) compare_everything();
  if (!difference_) restart();
  if (!difference_) prove_books();
  return difference_;
}

// Time goes on or stands still, parcels move, somebody asks.
void Duel::round() {
  now_ = random_.next_time(now_);
  carry();
  if (dice_.permille(20)) {
    ask_and_look_for_traces();
  } else {
    ask_some();
  }
  for_each_shard([this](ShardId s) {
    if (dice_.percent(30)) step(s);
    if (dice_.percent(15)) engine_.finish_writes(s);
    take_finished(s);
    if (dice_.percent(30)) take_late_replies(s);
  });
}

// A parcel for each shard that is asked something.
void Duel::ask_some() {
  const std::uint64_t count = dice_.percent(70) ? 1 : dice_.below(25);
  std::map<ShardId, CommandBatch> batches;
  for (std::uint64_t i = 0; i < count; ++i) {
    const LooseCommand loose = random_.next(now_);
    append(loose, next_reply_to(), batches[home_of(loose.command, loose.claims, options_.shards)]);
    ++asked_;
  }
  for (auto& [shard, batch] : batches) {
    engine_.bring(shard, std::move(batch),
                  static_cast<std::uint16_t>(dice_.below(options_.shards)));
    step(shard);
  }
}

// A refusal, and a question, leave no trace.
void Duel::ask_and_look_for_traces() {
  const LooseCommand loose = random_.next(now_);
  const ShardId shard = home_of(loose.command, loose.claims, options_.shards);
  // Whatever is due or has arrived is done with first.
  for (int i = 0; i < 3 || engine_.has_more(shard); ++i) {
    engine_.finish_writes(shard);
    step(shard);
    if (difference_) return;
  }
  const std::uint64_t hash = engine_.ledger(shard).state_hash();
  const Sequence appended = engine_.shard(shard).journal().appended();
  CommandBatch batch;
  append(loose, next_reply_to(), batch);
  ++asked_;
  const Parcel& parcel = engine_.bring(shard, std::move(batch), 0);
  step(shard);
  if (difference_ || parcel.replies.replies.empty()) return;
  const Reply& reply = parcel.replies.replies.front();
  const bool changes =
      reply.status == Status::code_wrong || std::get_if<ClaimBatch>(&loose.command);
  if (changes || (succeeded(reply.status) && !reply.replayed && !is_question(loose.command)))
    return;
  const bool traces = engine_.ledger(shard).state_hash() != hash ||
                      engine_.shard(shard).journal().appended() != appended;
  if (traces) fail("this left a trace: " + text_of(loose.command, parcel.commands));
}

// ---- following what the engine does -------------------------------------------------------------

void Duel::step(ShardId shard) {
  if (difference_) return;
  const EngineUnderTest::Progress& progress = engine_.step(shard, now_);
  follow_letters(shard, progress);
  follow_bookings(shard);
  for (const auto& decided : progress.decided) follow_commands(decided);
  for (const std::string& complaint : model_.take_complaints()) fail(complaint);
}

void Duel::follow_letters(ShardId shard, const EngineUnderTest::Progress& progress) {
  for (const auto& [from, message] : progress.arrived) {
    if (message.kind == MessageKind::receive_cap) {
      model_.hear(from, shard,
                  {.user = message.user,
                   .day = message.day,
                   .received = {.count = message.count, .amount = message.amount}});
      continue;
    }
    expect(model_.deliver(now_, from, shard, letter_of(message)));
  }
}

// What is due may be booked at any time from then on; the model hears of it when it was.
void Duel::follow_bookings(ShardId shard) {
  for (const PacketId id : model_.due(now_)) {
    if (model_.home_of(id) == shard && booked(id)) model_.book(now_, id);
  }
}

bool Duel::booked(PacketId id) const {
  const Ledger& ledger = engine_.ledger(model_.home_of(id));
  if (model_.packets().contains(id)) {
    PeekAnswer peeked;
    HB_ASSERT(ledger.peek(now_, {.packet = id, .user = UserId{1}}, peeked).accepted());
    return peeked.packet.state == PacketState::refunded;
  }
  TransferAnswer shown;
  HB_ASSERT(ledger.show(ShowTransfer{id}, shown).accepted());
  if (model_.transfers().at(id).state == TransferState::pending) {
    return shown.state == TransferState::expired;
  }
  return shown.state == TransferState::arrived || shown.state == TransferState::returned;
}

void Duel::follow_commands(const EngineUnderTest::Progress::Decided& decided) {
  const Parcel& parcel = *decided.parcel;
  std::size_t next_reply = decided.first_reply;
  for (std::size_t i = decided.first; i < decided.end && !difference_; ++i) {
    const CommandEnvelope& envelope = parcel.commands.commands[i];
    const std::vector<Reply>& replies = parcel.replies.replies;
    const bool answered =
        next_reply < replies.size() && replies[next_reply].to.request == envelope.reply_to.request;
    const Drawn drawn = answered ? drawn_of(replies[next_reply], parcel.replies) : Drawn{};
    const auto expected = model_.run(now_, envelope, parcel.commands, drawn);
    const std::string engine =
        answered ? text_of(replies[next_reply], parcel.replies) : "answered later";
    const std::string model =
        expected ? text_of(expected->replies.front(), *expected) : "answered later";
    if (engine != model) {
      return compare(text_of(envelope.command, parcel.commands), engine, model);
    }
    if (!answered) {
      waiting_[envelope.reply_to.request] = text_of(envelope.command, parcel.commands);
      continue;
    }
    count(replies[next_reply], parcel.replies);
    random_.learn(replies[next_reply], parcel.replies);
    ++next_reply;
  }
  if (next_reply != decided.end_reply) fail("more replies than commands");
}

void Duel::count(const Reply& reply, const ReplyBatch& batch) {
  ++outcomes_[reply.status];
  if (const auto* claims = std::get_if<ClaimBatchAnswer>(&reply.answer)) {
    for (std::uint32_t i = 0; i < claims->count; ++i) {
      ++outcomes_[batch.claims[claims->first + i].status];
    }
  }
}

void Duel::expect(const std::vector<LateAnswer>& late) {
  for (const LateAnswer& one : late) {
    late_[one.to.request] = text_of(one.answer.replies.front(), one.answer);
  }
}

// In the order they were brought, with a reply to each command that is not answered later.
void Duel::take_finished(ShardId shard) {
  for (const Parcel* parcel : engine_.finished(shard)) {
    std::size_t next = 0;
    for (const CommandEnvelope& envelope : parcel->commands.commands) {
      if (next < parcel->replies.replies.size() &&
          parcel->replies.replies[next].to.request == envelope.reply_to.request) {
        ++next;
      } else if (!waiting_.contains(envelope.reply_to.request)) {
        return fail("no reply to " + text_of(envelope.command, parcel->commands));
      }
    }
  }
}

void Duel::take_late_replies(ShardId shard) {
  for (std::uint16_t origin = 0; origin < options_.shards; ++origin) {
    const ReplyBatch batch = engine_.late_replies(shard, origin);
    for (const Reply& reply : batch.replies) {
      const auto expected = late_.find(reply.to.request);
      const auto command = waiting_.find(reply.to.request);
      if (expected == late_.end() || command == waiting_.end()) {
        return fail("a late reply that nobody waits for: " + text_of(reply, batch));
      }
      compare("late: " + command->second, text_of(reply, batch), expected->second);
      count(reply, batch);
      random_.learn(reply, batch);
      late_.erase(expected);
      waiting_.erase(command);
    }
  }
}

// ---- the way between shards ---------------------------------------------------------------------

void Duel::carry() {
  for_each_shard([this](ShardId from) {
    for_each_shard([this, from](ShardId to) {
      if (from == to) return;
      if (dice_.percent(20)) engine_.post(from, to);
      if (dice_.percent(20)) engine_.hand_in(from, to);
    });
    if (dice_.percent(40)) engine_.acknowledge(from);
  });
}

// Until nothing moves any more: every parcel has arrived, everything due is booked, every answer is
// there.
void Duel::settle() {
  now_ = now_ + Duration::us(2 * limits::tick_us);
  for (int quiet_rounds = 0, rounds = 0; quiet_rounds < 3 && !difference_; ++rounds) {
    bool more = false;
    for_each_shard([&](ShardId s) {
      for_each_shard([&](ShardId to) {
        if (s != to) more |= engine_.post(s, to);
        if (s != to) more |= engine_.hand_in(s, to);
      });
      engine_.finish_writes(s);
      step(s);
      more |= engine_.has_more(s);
      while (engine_.acknowledge(s)) more = true;
      take_finished(s);
      take_late_replies(s);
    });
    quiet_rounds = more || !engine_.quiet() ? 0 : quiet_rounds + 1;
    if (rounds > 100'000) return fail("the engine does not come to rest");
  }
  if (difference_) return;
  if (model_.letters() > 0) fail("letters were never delivered");
  model_.expect_caps_known(now_);
  for (const std::string& complaint : model_.take_complaints()) fail(complaint);
  for (const auto& [request, text] : waiting_) fail("never answered: " + text);
  for (const PacketId id : model_.due(now_ + Duration::us(-limits::tick_us))) {
    fail("due and never booked: " + std::to_string(id.value));
  }
}

void Duel::restart() {
  // Half of the times in the midst of everything that travels.
  if (dice_.percent(50)) {
    settle();
    if (!difference_) compare_everything();
  }
  std::vector<std::uint64_t> hashes;
  for_each_shard([&](ShardId s) {
    while (!difference_ && !engine_.at_rest(s)) {
      engine_.finish_writes(s);
      step(s);
      take_finished(s);
    }
    hashes.push_back(engine_.ledger(s).state_hash());
  });
  if (difference_) return;
  policy_ = dice_.percent(50) ? changed_policy(dice_, policy_, now_) : policy_;
  engine_.restart(policy_, now_);
  model_.set_policy(policy_);
  model_.forget_waiters();
  waiting_.clear();
  late_.clear();
  for_each_shard([&](ShardId s) {
    if (engine_.ledger(s).state_hash() != hashes[s.value]) {
      fail("shard " + std::to_string(s.value) + " has another state after its restart");
    }
  });
  if (records_) compare_records();
}

// ---- comparing ----------------------------------------------------------------------------------

void Duel::compare(const std::string& what, const std::string& engine, const std::string& model) {
  if (engine != model) fail(what + "\n  engine: " + engine + "\n  model:  " + model);
}

void Duel::fail(const std::string& what) {
  if (difference_) return;
  difference_ = "seed " + std::to_string(options_.seed) + ", " + std::to_string(options_.shards) +
                " shards, after " + std::to_string(asked_) + " commands, at " +
                std::to_string(now_.us()) + ":\n  " + what;
}

// Asks both the same, past all parcels.
void Duel::compare_query(ShardId shard, const Command& query) {
  if (difference_) return;
  const Ledger& ledger = engine_.ledger(shard);
  ReplyBatch batch;
  Reply& reply = batch.replies.emplace_back();
  const auto show = [&]<class AnswerType>(AnswerType answer, auto&&... more) {
    return [&, answer](const auto& q) mutable {
      const Verdict verdict = ledger.show(q, answer, more...);
      reply.status = verdict.status;
      reply.limit = verdict.limit;
      if (verdict.accepted()) reply.answer = answer;
    };
  };
  if (const auto* q = std::get_if<ShowWallet>(&query)) show(WalletAnswer{})(*q);
  if (const auto* q = std::get_if<ShowPacket>(&query)) show(ShowPacketAnswer{}, batch)(*q);
  if (const auto* q = std::get_if<ShowTransfer>(&query)) show(TransferAnswer{})(*q);
  if (const auto* q = std::get_if<ShowCase>(&query)) show(CaseAnswer{}, batch)(*q);
  if (const auto* q = std::get_if<ListPayouts>(&query)) show(PayoutListAnswer{}, batch)(*q);
  const CommandBatch no_parts;
  const auto expected =
      model_.run(now_, CommandEnvelope{.command = query}, no_parts, drawn_of(reply, batch));
  compare(text_of(query, no_parts), text_of(reply, batch),
          text_of(expected->replies.front(), *expected));
}

void Duel::compare_wallets() {
  for (const auto& [user, wallet] : model_.wallets()) {
    compare_query(model_.home_of(user), ShowWallet{user});
  }
}

void Duel::compare_books() {
  Books sum;
  AmountSum sent{};
  AmountSum received{};
  std::uint64_t wallets = 0;
  std::uint64_t packets = 0;
  for_each_shard([&](ShardId s) {
    const Totals& t = engine_.ledger(s).totals();
    sum.deposits += t.deposits;
    sum.external_funding += t.external_funding;
    sum.withdrawals += t.withdrawals;
    sum.wallets += t.wallets;
    sum.packets += t.packets;
    sum.transfers += t.transfers;
    sum.payouts_owed += t.payouts_owed;
    sum.payouts_paid += t.payouts_paid;
    sent += t.sent;
    received += t.received;
    wallets += engine_.ledger(s).counts().wallets;
    packets += engine_.ledger(s).counts().packets;
  });
  sum.under_way = sent - received;
  const Books books = model_.books();
  compare("the books", text_of(sum), text_of(books));
  if (!books.balanced()) fail("the model's books do not balance: " + text_of(books));
  if (wallets != model_.wallets().size()) fail("another number of wallets");
  if (packets != model_.packets().size() + model_.transfers().size()) {
    fail("another number of packets and transfers");
  }
}

void Duel::compare_everything() {
  compare_wallets();
  compare_books();
  for (const auto& [id, packet] : model_.packets()) {
    compare_query(model_.home_of(id), ShowPacket{id});
  }
  for (const auto& [id, transfer] : model_.transfers()) {
    compare_query(model_.home_of(id), ShowTransfer{id});
  }
  for (const auto& [id, contested] : model_.cases()) {
    compare_query(shard_of(partition_of(id), options_.shards), ShowCase{id});
  }
  for_each_shard([this](ShardId s) {
    for (const auto& [id, payout] : model_.payouts()) {
      compare_query(s, ListPayouts{.shard = s, .after = PacketId(id.value - 1), .count_max = 1});
    }
  });
  for (const std::string& complaint : model_.take_complaints()) fail(complaint);
}

void Duel::compare_records() {
  if (difference_) return;
  records_->catch_up();
  for (const UserId user : model_.users()) {
    if (const auto difference = records_->difference(user, model_)) {
      return fail("records of user " + std::to_string(user.value) + ": " + *difference);
    }
  }
}

void Duel::prove_books() {
  if (const auto violation = violation_in_journals(engine_)) fail(*violation);
}

}  // namespace hb::model
