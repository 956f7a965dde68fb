// The table of fields in FORMAT.md is events.h, so that a reader in another language needs no header.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <type_traits>
#include <vector>

#include "engine/ledger/events.h"

namespace hb {
namespace {

struct Field {
  std::string name;
  std::size_t offset = 0;
  std::size_t bytes = 0;
  std::string kind;
};

template <class T>
std::string kind_of() {
  if (std::is_array_v<T>) return "text";
  if (std::is_same_v<T, Key128> || std::is_same_v<T, PrfKey> || std::is_same_v<T, ReferenceName>) {
    return "two u64";
  }
  const bool is_signed = std::is_same_v<T, Amount> || std::is_same_v<T, Time> ||
                         std::is_same_v<T, Duration> || std::is_signed_v<T>;
  return (is_signed ? "i" : "u") + std::to_string(8 * sizeof(T));
}

#define HB_FIELD(Event, member)                                                                   \
  Field {                                                                                         \
#member, offsetof(Event, member), sizeof(Event::member), kind_of < decltype(Event::member)>() \
  }
#define HB_COMMON(Event) HB_FIELD(Event, type), HB_FIELD(Event, units), HB_FIELD(Event, at)

struct Record {
  std::string names;  // as the page's row starts
  std::size_t bytes;
  std::vector<Field> fields;
};

std::vector<Record> records() {
  return {
      {"`wallet_opened`",
       sizeof(WalletOpened),
       {HB_COMMON(WalletOpened), HB_FIELD(WalletOpened, name_bytes),
        HB_FIELD(WalletOpened, reserved), HB_FIELD(WalletOpened, user),
        HB_FIELD(WalletOpened, fingerprint), HB_FIELD(WalletOpened, key),
        HB_FIELD(WalletOpened, name)}},
      {"`deposited`, `withdrawn`",
       sizeof(MoneyMoved),
       {HB_COMMON(MoneyMoved), HB_FIELD(MoneyMoved, reference_bytes),
        HB_FIELD(MoneyMoved, reserved32), HB_FIELD(MoneyMoved, user), HB_FIELD(MoneyMoved, amount),
        HB_FIELD(MoneyMoved, key), HB_FIELD(MoneyMoved, fingerprint), HB_FIELD(MoneyMoved, balance),
        HB_FIELD(MoneyMoved, reference)}},
      {"`packet_sent`",
       sizeof(PacketSent),
       {HB_COMMON(PacketSent),
        HB_FIELD(PacketSent, share_count),
        HB_FIELD(PacketSent, share_fen_max),
        HB_FIELD(PacketSent, packet),
        HB_FIELD(PacketSent, sender),
        HB_FIELD(PacketSent, total),
        HB_FIELD(PacketSent, expires_at),
        HB_FIELD(PacketSent, key),
        HB_FIELD(PacketSent, fingerprint),
        HB_FIELD(PacketSent, share_fen_min),
        HB_FIELD(PacketSent, kind),
        HB_FIELD(PacketSent, split),
        HB_FIELD(PacketSent, remark_bytes),
        HB_FIELD(PacketSent, group_bytes),
        HB_FIELD(PacketSent, seed),
        HB_FIELD(PacketSent, balance),
        HB_FIELD(PacketSent, opens_at),
        HB_FIELD(PacketSent, code_tag),
        HB_FIELD(PacketSent, flags),
        HB_FIELD(PacketSent, reference_bytes),
        HB_FIELD(PacketSent, recipient_count),
        HB_FIELD(PacketSent, cap_day),
        HB_FIELD(PacketSent, texts)}},
      {"`claimed`",
       sizeof(Claimed),
       {HB_COMMON(Claimed), HB_FIELD(Claimed, share_index), HB_FIELD(Claimed, amount_fen),
        HB_FIELD(Claimed, packet), HB_FIELD(Claimed, user)}},
      {"`refunded`",
       sizeof(Refunded),
       {HB_COMMON(Refunded), HB_FIELD(Refunded, route), HB_FIELD(Refunded, reserved32),
        HB_FIELD(Refunded, packet), HB_FIELD(Refunded, amount)}},
      {"`credit_received`",
       sizeof(CreditReceived),
       {HB_COMMON(CreditReceived), HB_FIELD(CreditReceived, source),
        HB_FIELD(CreditReceived, amount_fen), HB_FIELD(CreditReceived, source_sequence),
        HB_FIELD(CreditReceived, user)}},
      {"`credits_acknowledged`",
       sizeof(CreditsAcknowledged),
       {HB_COMMON(CreditsAcknowledged), HB_FIELD(CreditsAcknowledged, target),
        HB_FIELD(CreditsAcknowledged, reserved32), HB_FIELD(CreditsAcknowledged, through),
        HB_FIELD(CreditsAcknowledged, reserved64)}},
      {"`wallet_set`",
       sizeof(WalletSet),
       {HB_COMMON(WalletSet), HB_FIELD(WalletSet, refund_target), HB_FIELD(WalletSet, reserved8),
        HB_FIELD(WalletSet, reserved32), HB_FIELD(WalletSet, user),
        HB_FIELD(WalletSet, fingerprint), HB_FIELD(WalletSet, key),
        HB_FIELD(WalletSet, reserved64)}},
      {"`wallet_frozen`, `wallet_unfrozen`, `packet_frozen`, `packet_unfrozen`",
       sizeof(FreezeSet),
       {HB_COMMON(FreezeSet), HB_FIELD(FreezeSet, note_bytes), HB_FIELD(FreezeSet, operator_bytes),
        HB_FIELD(FreezeSet, reserved16), HB_FIELD(FreezeSet, subject),
        HB_FIELD(FreezeSet, fingerprint), HB_FIELD(FreezeSet, key), HB_FIELD(FreezeSet, texts)}},
      {"`code_tried`",
       sizeof(CodeTried),
       {HB_COMMON(CodeTried), HB_FIELD(CodeTried, tries), HB_FIELD(CodeTried, reserved32),
        HB_FIELD(CodeTried, packet), HB_FIELD(CodeTried, user)}},
      {"`packet_recalled`",
       sizeof(PacketRecalled),
       {HB_COMMON(PacketRecalled), HB_FIELD(PacketRecalled, route),
        HB_FIELD(PacketRecalled, reserved32), HB_FIELD(PacketRecalled, packet),
        HB_FIELD(PacketRecalled, amount), HB_FIELD(PacketRecalled, key),
        HB_FIELD(PacketRecalled, fingerprint), HB_FIELD(PacketRecalled, reserved64)}},
      {"`payout_confirmed`",
       sizeof(PayoutConfirmed),
       {HB_COMMON(PayoutConfirmed), HB_FIELD(PayoutConfirmed, reference_bytes),
        HB_FIELD(PayoutConfirmed, reference_booked), HB_FIELD(PayoutConfirmed, reserved8),
        HB_FIELD(PayoutConfirmed, packet), HB_FIELD(PayoutConfirmed, amount),
        HB_FIELD(PayoutConfirmed, key), HB_FIELD(PayoutConfirmed, fingerprint),
        HB_FIELD(PayoutConfirmed, reference)}},
      {"`transfer_sent`",
       sizeof(TransferSent),
       {HB_COMMON(TransferSent), HB_FIELD(TransferSent, remark_bytes),
        HB_FIELD(TransferSent, cap_day), HB_FIELD(TransferSent, transfer),
        HB_FIELD(TransferSent, sender), HB_FIELD(TransferSent, recipient),
        HB_FIELD(TransferSent, amount), HB_FIELD(TransferSent, expires_at),
        HB_FIELD(TransferSent, arrives_after), HB_FIELD(TransferSent, key),
        HB_FIELD(TransferSent, fingerprint), HB_FIELD(TransferSent, balance),
        HB_FIELD(TransferSent, remark)}},
      {"`transfer_accepted`",
       sizeof(TransferAccepted),
       {HB_COMMON(TransferAccepted), HB_FIELD(TransferAccepted, reserved16),
        HB_FIELD(TransferAccepted, reserved32), HB_FIELD(TransferAccepted, transfer),
        HB_FIELD(TransferAccepted, amount), HB_FIELD(TransferAccepted, arrives_at),
        HB_FIELD(TransferAccepted, fingerprint), HB_FIELD(TransferAccepted, key)}},
      {"`transfer_arrived`",
       sizeof(TransferArrived),
       {HB_COMMON(TransferArrived), HB_FIELD(TransferArrived, reserved16),
        HB_FIELD(TransferArrived, reserved32), HB_FIELD(TransferArrived, transfer),
        HB_FIELD(TransferArrived, amount)}},
      {"`transfer_closed`",
       sizeof(TransferClosed),
       {HB_COMMON(TransferClosed), HB_FIELD(TransferClosed, state),
        HB_FIELD(TransferClosed, reserved8), HB_FIELD(TransferClosed, reserved32),
        HB_FIELD(TransferClosed, transfer), HB_FIELD(TransferClosed, amount),
        HB_FIELD(TransferClosed, key), HB_FIELD(TransferClosed, fingerprint),
        HB_FIELD(TransferClosed, case_id)}},
      {"`return_requested`",
       sizeof(ReturnRequested),
       {HB_COMMON(ReturnRequested), HB_FIELD(ReturnRequested, share_index),
        HB_FIELD(ReturnRequested, forced), HB_FIELD(ReturnRequested, reserved8),
        HB_FIELD(ReturnRequested, packet), HB_FIELD(ReturnRequested, user),
        HB_FIELD(ReturnRequested, amount), HB_FIELD(ReturnRequested, case_id),
        HB_FIELD(ReturnRequested, key), HB_FIELD(ReturnRequested, fingerprint),
        HB_FIELD(ReturnRequested, reserved64)}},
      {"`debit_decided`",
       sizeof(DebitDecided),
       {HB_COMMON(DebitDecided), HB_FIELD(DebitDecided, source),
        HB_FIELD(DebitDecided, share_index), HB_FIELD(DebitDecided, status),
        HB_FIELD(DebitDecided, forced), HB_FIELD(DebitDecided, source_sequence),
        HB_FIELD(DebitDecided, packet), HB_FIELD(DebitDecided, user),
        HB_FIELD(DebitDecided, wanted), HB_FIELD(DebitDecided, taken),
        HB_FIELD(DebitDecided, balance)}},
      {"`return_settled`",
       sizeof(ReturnSettled),
       {HB_COMMON(ReturnSettled), HB_FIELD(ReturnSettled, share_index),
        HB_FIELD(ReturnSettled, answer_shard), HB_FIELD(ReturnSettled, status),
        HB_FIELD(ReturnSettled, forced), HB_FIELD(ReturnSettled, packet),
        HB_FIELD(ReturnSettled, user), HB_FIELD(ReturnSettled, taken),
        HB_FIELD(ReturnSettled, shortfall), HB_FIELD(ReturnSettled, answer_sequence),
        HB_FIELD(ReturnSettled, key), HB_FIELD(ReturnSettled, fingerprint),
        HB_FIELD(ReturnSettled, case_id), HB_FIELD(ReturnSettled, limit)}},
      {"`case_opened`",
       sizeof(CaseOpened),
       {HB_COMMON(CaseOpened), HB_FIELD(CaseOpened, note_bytes),
        HB_FIELD(CaseOpened, operator_bytes), HB_FIELD(CaseOpened, reserved16),
        HB_FIELD(CaseOpened, case_id), HB_FIELD(CaseOpened, subject), HB_FIELD(CaseOpened, user),
        HB_FIELD(CaseOpened, fingerprint), HB_FIELD(CaseOpened, key), HB_FIELD(CaseOpened, texts)}},
      {"`case_resolved`",
       sizeof(CaseResolved),
       {HB_COMMON(CaseResolved), HB_FIELD(CaseResolved, note_bytes),
        HB_FIELD(CaseResolved, operator_bytes), HB_FIELD(CaseResolved, decision),
        HB_FIELD(CaseResolved, reserved8), HB_FIELD(CaseResolved, case_id),
        HB_FIELD(CaseResolved, user), HB_FIELD(CaseResolved, key),
        HB_FIELD(CaseResolved, fingerprint), HB_FIELD(CaseResolved, reserved64),
        HB_FIELD(CaseResolved, texts)}},
      {"`reference_requested`",
       sizeof(ReferenceRequested),
       {HB_COMMON(ReferenceRequested), HB_FIELD(ReferenceRequested, use),
        HB_FIELD(ReferenceRequested, told), HB_FIELD(ReferenceRequested, partition),
        HB_FIELD(ReferenceRequested, reserved16), HB_FIELD(ReferenceRequested, reference),
        HB_FIELD(ReferenceRequested, key), HB_FIELD(ReferenceRequested, fingerprint)}},
      {"`reference_decided`",
       sizeof(ReferenceDecided),
       {HB_COMMON(ReferenceDecided), HB_FIELD(ReferenceDecided, source),
        HB_FIELD(ReferenceDecided, status), HB_FIELD(ReferenceDecided, use),
        HB_FIELD(ReferenceDecided, told), HB_FIELD(ReferenceDecided, reserved8),
        HB_FIELD(ReferenceDecided, source_sequence), HB_FIELD(ReferenceDecided, reference)}},
      {"`reference_settled`",
       sizeof(ReferenceSettled),
       {HB_COMMON(ReferenceSettled), HB_FIELD(ReferenceSettled, home),
        HB_FIELD(ReferenceSettled, status), HB_FIELD(ReferenceSettled, use),
        HB_FIELD(ReferenceSettled, reserved16), HB_FIELD(ReferenceSettled, answer_sequence),
        HB_FIELD(ReferenceSettled, request), HB_FIELD(ReferenceSettled, reference)}},
      {"`reference_released`",
       sizeof(ReferenceReleased),
       {HB_COMMON(ReferenceReleased), HB_FIELD(ReferenceReleased, use),
        HB_FIELD(ReferenceReleased, reserved8), HB_FIELD(ReferenceReleased, reserved32),
        HB_FIELD(ReferenceReleased, request), HB_FIELD(ReferenceReleased, reference)}},
      {"`reference_freed`",
       sizeof(ReferenceFreed),
       {HB_COMMON(ReferenceFreed), HB_FIELD(ReferenceFreed, source), HB_FIELD(ReferenceFreed, use),
        HB_FIELD(ReferenceFreed, reserved8), HB_FIELD(ReferenceFreed, source_sequence),
        HB_FIELD(ReferenceFreed, request), HB_FIELD(ReferenceFreed, reference)}},
      {"`receive_cap_reached`",
       sizeof(ReceiveCapReached),
       {HB_COMMON(ReceiveCapReached), HB_FIELD(ReceiveCapReached, reserved16),
        HB_FIELD(ReceiveCapReached, count), HB_FIELD(ReceiveCapReached, user),
        HB_FIELD(ReceiveCapReached, amount), HB_FIELD(ReceiveCapReached, day),
        HB_FIELD(ReceiveCapReached, reserved32), HB_FIELD(ReceiveCapReached, reserved64)}},
      {"`receive_cap_heard`",
       sizeof(ReceiveCapHeard),
       {HB_COMMON(ReceiveCapHeard), HB_FIELD(ReceiveCapHeard, source),
        HB_FIELD(ReceiveCapHeard, count), HB_FIELD(ReceiveCapHeard, source_sequence),
        HB_FIELD(ReceiveCapHeard, user), HB_FIELD(ReceiveCapHeard, amount),
        HB_FIELD(ReceiveCapHeard, day), HB_FIELD(ReceiveCapHeard, reserved32),
        HB_FIELD(ReceiveCapHeard, reserved64)}},
  };
}

#undef HB_COMMON
#undef HB_FIELD

// "| `claimed` | 2 share_index u16, 4 amount_fen u32, 16 packet u64, 24 user u64 |"
std::string row_of(const Record& record) {
  std::string row = "| " + record.names + " |";
  for (const Field& field : record.fields) {
    const bool is_common = field.name == "type" || field.name == "units" || field.name == "at";
    if (is_common || field.name.starts_with("reserved")) continue;
    row += (row.ends_with('|') ? " " : ", ") + std::to_string(field.offset) + " " + field.name +
           " " + field.kind;
  }
  return row + " |";
}

// To add a type: its record above and its row in FORMAT.md.  A text may end a few bytes before its
// struct does.
TEST(RecordFields, CoverEveryByteOfEveryRecordOnce) {
  for (Record record : records()) {
    std::ranges::sort(record.fields, {}, &Field::offset);
    std::size_t end = 0;
    for (const Field& field : record.fields) {
      EXPECT_EQ(field.offset, end) << record.names << " before " << field.name;
      end = field.offset + field.bytes;
    }
    const std::size_t padding = record.fields.back().kind == "text" ? 7 : 0;
    EXPECT_LE(end, record.bytes) << record.names;
    EXPECT_GE(end + padding, record.bytes) << record.names << ": a field is missing here";
  }
}

std::string page_text() {
  std::ifstream file(HB_FORMAT_PAGE);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(RecordFields, AreThoseOfTheFormatsPage) {
  const std::string page = page_text();
  for (const Record& record : records()) {
    const std::string row = row_of(record);
    EXPECT_NE(page.find("\n" + row + "\n"), std::string::npos) << "FORMAT.md lacks\n" << row;
  }
}

TEST(RecordFields, AreToldOfEveryTypeThatThePageLists) {
  const std::string page = page_text();
  std::string told;
  for (const Record& record : records()) told += record.names;
  std::size_t types = 0;
  const std::regex row("\n\\| \\d+(?:, \\d+)* \\| (`[^|]*`) \\|");
  const std::regex name("`\\w+`");
  for (std::sregex_iterator r(page.begin(), page.end(), row), end; r != end; ++r) {
    const std::string names = (*r)[1];
    for (std::sregex_iterator n(names.begin(), names.end(), name); n != end; ++n, ++types) {
      EXPECT_NE(told.find(n->str()), told.npos) << n->str() << " has no fields here";
    }
  }
  EXPECT_GE(types, 30u);
}

}  // namespace
}  // namespace hb
