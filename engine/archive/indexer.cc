#include "engine/archive/indexer.h"

#include <string>

#include "engine/base/assert.h"
#include "engine/base/partition.h"

namespace hb::archive {
namespace {

rocksdb::Slice slice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

// A value is written as a key is, without its kind.
std::string value_of(const Key& key) {
  return key.str().substr(1);
}

}  // namespace

std::string encode(const Parties& parties) {
  return value_of(Key('p').add(parties.sender).add(parties.recipient));
}

Parties decode_parties(std::string_view value) {
  Parts parts(value);
  const auto sender = parts.take_id<UserId>();
  return {.sender = sender, .recipient = parts.take_id<UserId>()};
}

std::string encode(const MovementRow& row) {
  return value_of(Key('m')
                      .add(row.at)
                      .add(static_cast<std::uint8_t>(row.cause))
                      .add(static_cast<std::uint64_t>(row.amount_fen))
                      .add(row.packet)
                      .add(row.source)
                      .add(row.source_sequence));
}

MovementRow decode_movement(std::string_view value) {
  Parts parts(value);
  MovementRow row;
  row.at = parts.take_time();
  row.cause = static_cast<EventType>(parts.take<std::uint8_t>());
  row.amount_fen = static_cast<std::int64_t>(parts.take<std::uint64_t>());
  row.packet = parts.take_id<PacketId>();
  row.source = parts.take_id<ShardId>();
  row.source_sequence = parts.take_id<Sequence>();
  return row;
}

// ---- what is kept -------------------------------------------------------------------------------

void Indexer::keep(const Here& here, PacketId packet) {
  const Key key = Key('e').add(packet).add(here.record->at).add(here.shard).add(here.sequence);
  batch_.Put(slice(key), slice({reinterpret_cast<const char*>(here.record), here.record->bytes()}));
}

void Indexer::keep_of_wallet(const Here& here, UserId user) {
  const Key key = Key('f').add(user).add(here.record->at).add(here.shard).add(here.sequence);
  batch_.Put(slice(key), slice({reinterpret_cast<const char*>(here.record), here.record->bytes()}));
}

void Indexer::list(char kind, const Here& here, UserId user, PacketId packet) {
  const Key key = Key(kind).add(user).add(here.record->at).add(here.shard).add(here.sequence);
  batch_.Put(slice(key), value_of(Key(kind).add(packet)));
}

void Indexer::move(Here& here, UserId user, std::int64_t amount_fen, PacketId packet,
                   ShardId source, Sequence source_sequence) {
  const MovementRow row{.at = here.record->at,
                        .cause = here.record->type,
                        .amount_fen = amount_fen,
                        .packet = packet,
                        .source = source,
                        .source_sequence = source_sequence};
  batch_.Put(slice(Key('m').add(user).add(here.sequence).add(here.part++)), encode(row));
  batch_.Merge(slice(Key('w').add(user)),
               value_of(Key('w').add(static_cast<std::uint64_t>(amount_fen))));
}

void Indexer::pay(Here& here, UserId user, Amount amount, PacketId packet) {
  if (shard_of(partition_of(user), shard_count_) == here.shard) {
    return move(here, user, amount.fen(), packet);
  }
  // The movement comes with the other shard's event, which knows only which event sent it.
  batch_.Put(slice(Key('x').add(user).add(here.shard).add(here.sequence)),
             value_of(Key('x').add(packet).add(static_cast<std::uint8_t>(here.record->type))));
}

void Indexer::concern(CaseId case_id, UserId user) {
  if (user != UserId{}) batch_.Put(slice(Key('u').add(case_id).add(user)), slice({}));
}

void Indexer::know(PacketId packet, const Parties& parties) {
  batch_.Put(slice(Key('p').add(packet)), encode(parties));
  new_parties_[packet] = parties;
}

Result<Parties> Indexer::parties_of(PacketId packet) const {
  if (const auto fresh = new_parties_.find(packet); fresh != new_parties_.end()) {
    return fresh->second;
  }
  const auto value = archive_->view().get(Key('p').add(packet));
  if (!value) return fail(value.error());
  if (!*value) {
    return fail(ErrorCode::damaged,
                "archive: nothing is known of packet " + std::to_string(packet.value));
  }
  return decode_parties(**value);
}

// ---- events -------------------------------------------------------------------------------------

void Indexer::index(Here& here, const MoneyMoved& e) {
  const bool in = e.type == EventType::deposited;
  move(here, e.user, in ? e.amount.fen() : -e.amount.fen(), {});
}

void Indexer::index(Here& here, const PacketSent& e) {
  keep(here, e.packet);
  know(e.packet, {.sender = e.sender});
  list('s', here, e.sender, e.packet);
  if ((e.flags & PacketSent::external) == 0) move(here, e.sender, -e.total.fen(), e.packet);
}

void Indexer::index(Here& here, const Claimed& e) {
  keep(here, e.packet);
  list('r', here, e.user, e.packet);
  pay(here, e.user, Amount{e.amount_fen}, e.packet);
}

void Indexer::index(Here& here, const TransferSent& e) {
  keep(here, e.transfer);
  know(e.transfer, {.sender = e.sender, .recipient = e.recipient});
  list('s', here, e.sender, e.transfer);
  move(here, e.sender, -e.amount.fen(), e.transfer);
}

void Indexer::index(Here& here, const CreditReceived& e) {
  move(here, e.user, e.amount_fen, {}, ShardId(e.source), e.source_sequence);
}

void Indexer::index(Here& here, const DebitDecided& e) {
  keep(here, e.packet);
  if (e.taken != Amount{}) move(here, e.user, -e.taken.fen(), e.packet);
}

void Indexer::index(Here& here, const CaseOpened& e) {
  keep(here, e.subject);
  concern(e.case_id, e.user);
  batch_.Put(slice(Key('c').add(e.case_id)), value_of(Key('c').add(e.subject)));
  new_cases_[e.case_id] = e.subject;
}

Result<void> Indexer::index(Here& here, const CaseResolved& e) {
  concern(e.case_id, e.user);
  if (const auto fresh = new_cases_.find(e.case_id); fresh != new_cases_.end()) {
    keep(here, fresh->second);
    return {};
  }
  const auto value = archive_->view().get(Key('c').add(e.case_id));
  if (!value) return fail(value.error());
  if (!*value) {
    return fail(ErrorCode::damaged,
                "archive: nothing is known of case " + std::to_string(e.case_id.value));
  }
  keep(here, Parts(**value).take_id<PacketId>());
  return {};
}

Result<void> Indexer::index_refund(Here& here, PacketId packet, Amount amount, RefundRoute route) {
  keep(here, packet);
  if (route == RefundRoute::payout) return {};
  const auto parties = parties_of(packet);
  if (!parties) return fail(parties.error());
  move(here, parties->sender, amount.fen(), packet);
  return {};
}

Result<void> Indexer::index_arrival(Here& here, PacketId transfer, Amount amount) {
  const auto parties = parties_of(transfer);
  if (!parties) return fail(parties.error());
  list('r', here, parties->recipient, transfer);
  pay(here, parties->recipient, amount, transfer);
  return {};
}

Result<void> Indexer::index(Here& here, const TransferClosed& e) {
  keep(here, e.transfer);
  const auto parties = parties_of(e.transfer);
  if (!parties) return fail(parties.error());
  move(here, parties->sender, e.amount.fen(), e.transfer);
  return {};
}

Result<void> Indexer::index(Here& here, const ReturnSettled& e) {
  keep(here, e.packet);
  if (e.status != Status::ok || e.taken == Amount{}) return {};
  const auto parties = parties_of(e.packet);
  if (!parties) return fail(parties.error());
  if (e.answer_sequence == Sequence{}) move(here, e.user, -e.taken.fen(), e.packet);
  move(here, parties->sender, e.taken.fen(), e.packet);
  return {};
}

Result<Mark*> Indexer::reached(ShardId shard) {
  const auto known = reached_.find(shard);
  if (known != reached_.end()) return &known->second;
  const auto mark = archive_->mark(shard);
  if (!mark) return fail(mark.error());
  return &(reached_[shard] = *mark);
}

Result<void> Indexer::add(ShardId shard, const journal::BlockView& block) {
  const auto reached_here = reached(shard);
  if (!reached_here) return fail(reached_here.error());
  Mark& mark = **reached_here;
  HB_ASSERT(block.first_sequence().value <= mark.last.value + 1);
  for (const journal::Record record : block) {
    if (record.sequence <= mark.last) continue;
    if (Result<void> added = add(shard, record); !added) return added;
    mark.last = record.sequence;
    mark.block = block.header().checksum;
    pace_.step();
    if (++gathered_ < batch_events_) continue;
    if (Result<void> written = commit(); !written) return written;
  }
  return {};
}

Result<void> Indexer::add(ShardId shard, const journal::Record& record) {
  Here here{.shard = shard, .sequence = record.sequence, .record = record.event};
  ++events_;
  const EventHeader* const r = record.event;
  switch (r->type) {
    case EventType::wallet_opened:
    case EventType::wallet_set:
    case EventType::credits_acknowledged:
    case EventType::receive_cap_reached:
    case EventType::receive_cap_heard:
    // The event that uses the reference is the one to index.
    case EventType::reference_requested:
    case EventType::reference_decided:
    case EventType::reference_settled:
    case EventType::reference_released:
    case EventType::reference_freed:
      return {};
    case EventType::deposited:
    case EventType::withdrawn:
      index(here, read_event<MoneyMoved>(r));
      return {};
    case EventType::packet_sent:
      index(here, read_event<PacketSent>(r));
      return {};
    case EventType::claimed:
      index(here, read_event<Claimed>(r));
      return {};
    case EventType::refunded: {
      const auto e = read_event<Refunded>(r);
      return index_refund(here, e.packet, e.amount, e.route);
    }
    case EventType::packet_recalled: {
      const auto e = read_event<PacketRecalled>(r);
      return index_refund(here, e.packet, e.amount, e.route);
    }
    case EventType::credit_received:
      index(here, read_event<CreditReceived>(r));
      return {};
    case EventType::wallet_frozen:
    case EventType::wallet_unfrozen:
      keep_of_wallet(here, read_event<FreezeSet>(r).user());
      return {};
    case EventType::packet_frozen:
    case EventType::packet_unfrozen:
      keep(here, read_event<FreezeSet>(r).packet());
      return {};
    case EventType::code_tried:
      keep(here, read_event<CodeTried>(r).packet);
      return {};
    case EventType::payout_confirmed:
      keep(here, read_event<PayoutConfirmed>(r).packet);
      return {};
    case EventType::transfer_sent:
      index(here, read_event<TransferSent>(r));
      return {};
    case EventType::transfer_accepted: {
      const auto e = read_event<TransferAccepted>(r);
      keep(here, e.transfer);
      return e.arrives_at_once() ? index_arrival(here, e.transfer, e.amount) : Result<void>{};
    }
    case EventType::transfer_arrived: {
      const auto e = read_event<TransferArrived>(r);
      keep(here, e.transfer);
      return index_arrival(here, e.transfer, e.amount);
    }
    case EventType::transfer_closed:
      return index(here, read_event<TransferClosed>(r));
    case EventType::return_requested:
      keep(here, read_event<ReturnRequested>(r).packet);
      return {};
    case EventType::debit_decided:
      index(here, read_event<DebitDecided>(r));
      return {};
    case EventType::return_settled:
      return index(here, read_event<ReturnSettled>(r));
    case EventType::case_opened:
      index(here, read_event<CaseOpened>(r));
      return {};
    case EventType::case_resolved:
      return index(here, read_event<CaseResolved>(r));
  }
  return fail(ErrorCode::newer_format, "archive: an event of a newer version");
}

Result<void> Indexer::commit() {
  for (const auto& [shard, mark] : reached_) {
    batch_.Put(slice(Key('P').add(shard)), encode(mark));
  }
  Result<void> written = archive_->write(batch_);
  if (!written) return written;
  batch_.Clear();
  new_parties_.clear();
  new_cases_.clear();
  gathered_ = 0;
  return {};
}

}  // namespace hb::archive
