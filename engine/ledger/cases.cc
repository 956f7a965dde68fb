// The rules of support cases: opening, resolving, and what upholding one does.
#include "engine/base/assert.h"
#include "engine/base/text.h"
#include "engine/ledger/decisions.h"
#include "engine/ledger/ledger.h"

namespace hb {

// ---- opening ------------------------------------------------------------------------------------

CaseId Ledger::next_case_id(PartitionId partition) const {
  const auto count = case_counts_.find(partition);
  return case_id(partition, count == case_counts_.end() ? 1 : count->second + 1);
}

Verdict Ledger::decide(Time now, const OpenCase& c, std::string_view note,
                       CaseOpened& event) const {
  if (c.key.empty()) return refuse(Status::key_missing);
  const std::uint64_t fingerprint = Fingerprint(EventType::case_opened)
                                        .add(c.subject.value)
                                        .add(c.user.value)
                                        .add(c.by.view())
                                        .add(note)
                                        .value();
  Verdict verdict;
  if (replay(now, partition_of(c.subject), c.key, fingerprint, verdict)) return verdict;
  if (const Verdict v = check_support(c.by, note); !v.accepted()) return v;
  const PacketRow* row = packets_.find(c.subject);
  if (row == nullptr) return refuse(Status::packet_unknown);
  const bool transfer = row->has(PacketRow::is_transfer);
  const UserId user = transfer ? packets_.share(*row, 0).user : c.user;
  std::uint16_t index = 0;
  if (!transfer && user != UserId{} && packets_.find_claim(*row, user, index) == nullptr) {
    return refuse(Status::claim_unknown);
  }
  if (const auto open = open_cases_.find({c.subject, user}); open != open_cases_.end()) {
    return refuse(Status::case_exists, static_cast<std::int64_t>(open->second.value));
  }
  event = CaseOpened{.note_bytes = static_cast<std::uint16_t>(note.size()),
                     .operator_bytes = static_cast<std::uint16_t>(c.by.size()),
                     .at = now,
                     .case_id = next_case_id(partition_of(c.subject)),
                     .subject = c.subject,
                     .user = user,
                     .fingerprint = fingerprint,
                     .key = c.key};
  event.units = units_for(event.bytes());
  put_texts(event.texts, {c.by.view(), note});
  return {};
}

void Ledger::apply(const CaseOpened& e) {
  const PartitionId partition = partition_of(e.case_id);
  HB_ASSERT(e.case_id == next_case_id(partition));
  ++case_counts_[partition];
  const std::string_view texts(e.texts, std::size_t{e.operator_bytes} + e.note_bytes);
  const CaseRecord record{.case_id = e.case_id,
                          .subject = e.subject,
                          .user = e.user,
                          .opened_at = e.at,
                          .opened_by = Operator(texts.substr(0, e.operator_bytes)),
                          .opened_note = Note(texts.substr(e.operator_bytes))};
  cases_.emplace(e.case_id, CaseRow{.record = record, .opened_for = e.user});
  open_cases_[{e.subject, e.user}] = e.case_id;
  remember(e.at, partition, {e.key, e.fingerprint, e.case_id.value});
}

// ---- resolving ----------------------------------------------------------------------------------

// Whether a share (or the transfer), or what is still owed of it, can be taken back now.
Verdict Ledger::check_contested(const PacketRow& row, UserId user, std::uint16_t& index) const {
  if (row.has(PacketRow::is_transfer)) {
    if (holds_money(row)) return {};
    const TransferState state = row.transfer_state;
    if (state != TransferState::arrived && state != TransferState::returned) {
      return refuse(Status::transfer_closed, static_cast<std::int64_t>(state));
    }
  } else {
    if (user == UserId{}) return refuse(Status::case_user_missing);
    if (packets_.find_claim(row, user, index) == nullptr) return refuse(Status::claim_unknown);
  }
  switch (packets_.share(row, index).state()) {
    case ShareState::held:
    case ShareState::returned_short:
      return {};
    case ShareState::returning:
      return refuse(Status::return_in_progress);
    case ShareState::returned:
      break;
  }
  return refuse(Status::already_returned);
}

Verdict Ledger::decide(Time now, const ResolveCase& c, std::string_view note,
                       CaseResolved& event) const {
  if (c.key.empty()) return refuse(Status::key_missing);
  const std::uint64_t fingerprint = Fingerprint(EventType::case_resolved)
                                        .add(c.case_id.value)
                                        .add(static_cast<std::uint64_t>(c.decision))
                                        .add(c.user.value)
                                        .add(c.by.view())
                                        .add(note)
                                        .value();
  Verdict verdict;
  if (replay(now, partition_of(c.case_id), c.key, fingerprint, verdict)) return verdict;
  if (const Verdict v = check_support(c.by, note); !v.accepted()) return v;
  if (c.decision != Decision::refuse && c.decision != Decision::uphold) {
    return refuse(Status::decision_unknown);
  }
  const auto found = cases_.find(c.case_id);
  if (found == cases_.end()) return refuse(Status::case_unknown);
  const CaseRecord& record = found->second.record;
  if (record.state != CaseState::open) {
    return refuse(Status::case_resolved, static_cast<std::int64_t>(record.state));
  }
  const PacketRow& row = *packets_.find(record.subject);
  const bool names_user = c.user != UserId{} && !row.has(PacketRow::is_transfer);
  const UserId user = names_user ? c.user : record.user;
  if (c.decision == Decision::uphold) {
    std::uint16_t index = 0;
    const Verdict v = check_contested(row, user, index);
    if (!v.accepted()) return v;
  }
  event = CaseResolved{.note_bytes = static_cast<std::uint16_t>(note.size()),
                       .operator_bytes = static_cast<std::uint16_t>(c.by.size()),
                       .decision = c.decision,
                       .at = now,
                       .case_id = c.case_id,
                       .user = user,
                       .key = c.key,
                       .fingerprint = fingerprint};
  event.units = units_for(event.bytes());
  put_texts(event.texts, {c.by.view(), note});
  return {};
}

void Ledger::apply(const CaseResolved& e) {
  CaseRecord& record = cases_.at(e.case_id).record;
  HB_ASSERT(record.state == CaseState::open);
  const std::string_view texts(e.texts, std::size_t{e.operator_bytes} + e.note_bytes);
  open_cases_.erase({record.subject, record.user});
  record.state = e.decision == Decision::uphold ? CaseState::upheld : CaseState::refused;
  record.user = e.user;
  record.resolved_at = e.at;
  record.resolved_by = Operator(texts.substr(0, e.operator_bytes));
  record.resolved_note = Note(texts.substr(e.operator_bytes));
  if (record.state == CaseState::upheld) redress_due_.insert(e.case_id);
  remember(e.at, partition_of(e.case_id), {e.key, e.fingerprint, e.case_id.value});
}

// An upheld case owes this until its event is there: a crash between the two finds it due.
Redress Ledger::decide_redress(Time now) const {
  if (redress_due_.empty()) return {};
  const CaseRecord& record = cases_.at(*redress_due_.begin()).record;
  const PacketRow& row = *packets_.find(record.subject);
  if (row.has(PacketRow::is_transfer) && holds_money(row)) {
    TransferClosed event = closing(now, record.subject, row, TransferState::revoked);
    event.case_id = record.case_id;
    return event;
  }
  std::uint16_t index = 0;
  HB_ASSERT(check_contested(row, record.user, index).accepted());
  return make_plan(now, {record.subject, index},
                   {.user = record.user,
                    .amount = still_owed({record.subject, index}, row),
                    .forced = true,
                    .case_id = record.case_id});
}

void Ledger::redressed(CaseId id, Amount returned, Amount shortfall) {
  CaseRecord& record = cases_.at(id).record;
  record.returned += returned;
  record.shortfall += shortfall;
  redress_due_.erase(id);
}

// ---- looking ------------------------------------------------------------------------------------

const CaseRecord& Ledger::case_record(CaseId id) const {
  return cases_.at(id).record;
}

// The first answer to open_case, whatever has happened since.
CaseRecord Ledger::case_as_opened(CaseId id) const {
  const CaseRow& row = cases_.at(id);
  return {.case_id = id,
          .subject = row.record.subject,
          .user = row.opened_for,
          .opened_at = row.record.opened_at,
          .opened_by = row.record.opened_by,
          .opened_note = row.record.opened_note};
}

Verdict Ledger::show(const ShowCase& q, CaseAnswer& answer, ReplyBatch& batch) const {
  const auto found = cases_.find(q.case_id);
  if (found == cases_.end()) return refuse(Status::case_unknown);
  answer.index = static_cast<std::uint32_t>(batch.cases.size());
  batch.cases.push_back(found->second.record);
  return {};
}

}  // namespace hb
