// A command of each kind and an answer of each, with no field at its default and every text as long
// as it may be, and whoever forgets one is told.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "tests/unit/net/wire/every_field.h"

namespace hb::net {

// Longest text of its kind.
template <class Text>
Text longest(char c) {
  return []<std::size_t Capacity>(std::type_identity<ShortText<Capacity>>, char filler) {
    return ShortText<Capacity>(std::string(Capacity, filler));
  }(std::type_identity<Text>(), c);
}

inline constexpr Key128 sample_key{0x1111'2222'3333'4444, 0x5555'6666'7777'8888};

// Calls visit(std::type_identity<T>) for each command that travels by itself (a claim batch does
// not: see claims() of the encoder).
template <class Visit>
void for_each_command(const Visit& visit) {
  [&]<class... T>(std::type_identity<std::variant<T...>>) {
    const auto one = [&]<class C>(std::type_identity<C> type) {
      if constexpr (!std::is_same_v<C, ClaimBatch>) visit(type);
    };
    (one(std::type_identity<T>()), ...);
  }(std::type_identity<Command>());
}

// The same for each query of the records.
template <class Visit>
void for_each_query(const Visit& visit) {
  [&]<class... T>(std::type_identity<std::variant<T...>>) {
    (visit(std::type_identity<T>()), ...);
  }(std::type_identity<archive::Query>());
}

// The same for each answer to one.
template <class Visit>
void for_each_page(const Visit& visit) {
  [&]<class... T>(std::type_identity<std::variant<std::monostate, T...>>) {
    (visit(std::type_identity<T>()), ...);
  }(std::type_identity<archive::QueryAnswer>());
}

// Fails for each field of the sample that a message without it would carry as well.
template <class T>
void expect_no_default(const T& sample) {
  const T plain{};
  const auto a = fields(sample);
  const auto b = fields(plain);
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    const bool differs[] = {std::get<I>(a) != std::get<I>(b)...};
    for (std::size_t i = 0; i < sizeof...(I); ++i) EXPECT_TRUE(differs[i]) << "field " << i;
  }
  (std::make_index_sequence<std::tuple_size_v<decltype(a)>>());
}

// ---- commands -----------------------------------------------------------------------------------

template <class T>
T sample();

template <>
inline OpenWallet sample() {
  return {sample_key, UserId(9), longest<DisplayName>('n')};
}
template <>
inline Deposit sample() {
  return {sample_key, UserId(9), Amount(-5), longest<Reference>('d')};
}
template <>
inline Withdraw sample() {
  return {sample_key, UserId(8), Amount(INT64_MAX)};
}
template <>
inline SetRefundTarget sample() {
  return {sample_key, UserId(7), RefundTarget::wallet};
}
template <>
inline ShowWallet sample() {
  return {UserId(UINT64_MAX)};
}
template <>
inline CheckRecipient sample() {
  return {UserId(6)};
}
template <>
inline SendPacket sample() {
  return {.key = sample_key,
          .sender = UserId(9),
          .total = Amount(2000),
          .share_count = 500,
          .kind = PacketKind::exclusive,
          .split = Split::order_fair,
          .sender_may_claim = Choice::no,
          .recallable = true,
          .funding = FundingSource::external,
          .expires_in = Duration::hours(24),
          .opens_at = Time(1'700'000'000'000'000),
          .remark = longest<Remark>('r'),
          .group = longest<Group>('g'),
          .code = longest<ClaimCode>('c'),
          .reference = longest<Reference>('f')};
}
template <>
inline ClaimWithCode sample() {
  return {PacketId(4096), UserId(7), longest<ClaimCode>('c')};
}
template <>
inline PeekPacket sample() {
  return {PacketId(4097), UserId(7)};
}
template <>
inline ShowPacket sample() {
  return {PacketId(4098)};
}
template <>
inline RecallPacket sample() {
  return {sample_key, PacketId(4099), UserId(3)};
}
template <>
inline ReturnShare sample() {
  return {sample_key, PacketId(4100), UserId(4)};
}
template <>
inline SendTransfer sample() {
  return {sample_key, UserId(5), UserId(6), Amount(900), Duration::hours(2), longest<Remark>('r')};
}
template <>
inline AcceptTransfer sample() {
  return {sample_key, PacketId(4101), UserId(6)};
}
template <>
inline DeclineTransfer sample() {
  return {sample_key, PacketId(4102), UserId(7)};
}
template <>
inline CancelTransfer sample() {
  return {sample_key, PacketId(4103), UserId(8)};
}
template <>
inline ReturnTransfer sample() {
  return {sample_key, PacketId(4104), UserId(9)};
}
template <>
inline ShowTransfer sample() {
  return {PacketId(4105)};
}
template <>
inline ListPayouts sample() {
  return {ShardId(63), PacketId(4106), 100};
}
template <>
inline ConfirmPayout sample() {
  return {sample_key, PacketId(4107), longest<Reference>('f')};
}
template <>
inline OpenCase sample() {
  return {sample_key, PacketId(4108), UserId(1), longest<Operator>('o')};
}
template <>
inline ResolveCase sample() {
  return {sample_key, CaseId(4109), Decision::uphold, UserId(2), longest<Operator>('o')};
}
template <>
inline FreezePacket sample() {
  return {sample_key, PacketId(4110), false, longest<Operator>('o')};
}
template <>
inline FreezeWallet sample() {
  return {sample_key, UserId(3), false, longest<Operator>('o')};
}
template <>
inline ShowCase sample() {
  return {CaseId(4111)};
}

// ---- answers ------------------------------------------------------------------------------------

inline Digest256 sample_digest() {
  Digest256 bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = std::byte(i);
  return bytes;
}

template <>
inline WalletAnswer sample() {
  return {UserId(3), Amount(2050), Time(99), longest<DisplayName>('n'), true, RefundTarget::wallet};
}
template <>
inline RecipientAnswer sample() {
  return {UserId(4), true, true, longest<DisplayName>('*')};
}
template <>
inline SendAnswer sample() {
  return {PacketId(4097), Time(12), sample_digest()};
}
template <>
inline ClaimAnswer sample() {
  return {Status::already_claimed, 3, 250, Time(8)};
}
template <>
inline PacketSummary sample() {
  return {.packet = PacketId(4096 + 5),
          .sender = UserId(77),
          .kind = PacketKind::even,
          .state = PacketState::refunded,
          .share_count = 500,
          .claimed_count = 499,
          .total = Amount(50'000),
          .remaining = Amount(100),
          .refunded = Amount(99),
          .sent_at = Time(11),
          .expires_at = Time(12),
          .remark = longest<Remark>('r'),
          .group = longest<Group>('g'),
          .split = Split::equal,
          .funding = FundingSource::external,
          .frozen = true,
          .sender_may_claim = false,
          .recallable = true,
          .needs_code = true,
          .luckiest = 498,
          .recipient_count = 500,
          .share_min = Amount(1),
          .share_max = Amount(20'000),
          .returned = Amount(98),
          .opens_at = Time(13)};
}
template <>
inline RecallAnswer sample() {
  return {PacketId(4098), Amount(97), RefundTarget::source};
}
template <>
inline ReturnAnswer sample() {
  return {PacketId(4099), UserId(5), Amount(96)};
}
template <>
inline TransferAnswer sample() {
  return {.transfer = PacketId(4100),
          .sender = UserId(6),
          .recipient = UserId(7),
          .amount = Amount(95),
          .state = TransferState::revoked,
          .frozen = true,
          .sent_at = Time(14),
          .expires_at = Time(15),
          .arrives_after = Duration::hours(2),
          .arrives_at = Time(16),
          .remark = longest<Remark>('r')};
}
template <>
inline PacketFreezeAnswer sample() {
  return {PacketId(4101), true};
}
template <>
inline Payout sample() {
  return {.packet = PacketId(4102),
          .sender = UserId(8),
          .amount = Amount(94),
          .state = PayoutState::confirmed,
          .owed_at = Time(17),
          .confirmed_at = Time(18),
          .funding = longest<Reference>('f'),
          .confirmation = longest<Reference>('c')};
}
template <>
inline PayoutAnswer sample() {
  return {sample<Payout>()};
}
template <>
inline CaseRecord sample() {
  return {.case_id = CaseId(4103),
          .subject = PacketId(4104),
          .user = UserId(9),
          .state = CaseState::upheld,
          .opened_at = Time(19),
          .resolved_at = Time(20),
          .returned = Amount(93),
          .shortfall = Amount(92),
          .opened_by = longest<Operator>('o'),
          .resolved_by = longest<Operator>('p'),
          .opened_note = longest<Note>('1'),
          .resolved_note = longest<Note>('2')};
}

// ---- queries of the records, and their answers --------------------------------------------------

template <>
inline archive::ListSent sample() {
  return {UserId(5), longest<archive::Cursor>('c'), 100};
}
template <>
inline archive::ListReceived sample() {
  return {UserId(6), longest<archive::Cursor>('d'), UINT32_MAX};
}
template <>
inline archive::ListStatement sample() {
  return {UserId(7), longest<archive::Cursor>('e'), 1};
}
template <>
inline archive::ShowHistory sample() {
  return {PacketId(4112), longest<archive::Cursor>('f'), 2};
}
template <>
inline archive::CaseBundle sample() {
  return {CaseId(4113)};
}
template <>
inline archive::ReadFeed sample() {
  return {ShardId(63), Sequence(UINT64_MAX), 1 << 20, Duration::seconds(30)};
}

// A record of so many units, as far as its frame goes.
inline std::vector<std::byte> sample_record(std::uint8_t units, std::byte filler = std::byte{7}) {
  std::vector<std::byte> record(units * limits::record_unit_bytes, filler);
  record[0] = std::byte(EventType::claimed);
  record[1] = std::byte(units);
  return record;
}

inline std::vector<archive::AsOf> sample_as_of() {
  return {{ShardId(0), Sequence(17), 3}, {ShardId(1), Sequence(UINT64_MAX), UINT64_MAX}};
}

template <>
inline archive::SentEntry sample() {
  return {.packet = PacketId(4114),
          .is_transfer = true,
          .kind = PacketKind::direct,
          .state = PacketState::recalled,
          .transfer_state = TransferState::arrived,
          .recipient = UserId(8),
          .total = Amount(91),
          .share_count = 500,
          .claimed_count = 499,
          .claimed = Amount(90),
          .refunded = Amount(89),
          .returned = Amount(88),
          .sent_at = Time(21),
          .remark = longest<Remark>('r'),
          .group = longest<Group>('g')};
}
template <>
inline archive::ReceivedEntry sample() {
  return {.packet = PacketId(4115),
          .is_transfer = true,
          .sender = UserId(9),
          .amount = Amount(87),
          .received_at = Time(22),
          .state = ShareState::returned_short,
          .remark = longest<Remark>('r')};
}
template <>
inline archive::Movement sample() {
  return {Sequence(23),   Time(24),    EventType::transfer_arrived,
          PacketId(4116), Amount(-86), Amount(85)};
}
template <>
inline archive::HistoryRecord sample() {
  return {ShardId(3), Sequence(25), sample_record(2)};
}
template <>
inline archive::SentPage sample() {
  return {{sample<archive::SentEntry>(), {}}, longest<archive::Cursor>('n'), sample_as_of()};
}
template <>
inline archive::ReceivedPage sample() {
  return {{sample<archive::ReceivedEntry>(), {}}, longest<archive::Cursor>('n'), sample_as_of()};
}
template <>
inline archive::StatementPage sample() {
  return {{sample<archive::Movement>(), {}}, longest<archive::Cursor>('n'), sample_as_of()};
}
template <>
inline archive::HistoryPage sample() {
  return {{sample<archive::HistoryRecord>(), {ShardId(), Sequence(), sample_record(255)}},
          longest<archive::Cursor>('n'),
          sample_as_of()};
}
template <>
inline archive::FeedPage sample() {
  std::vector<std::byte> records = sample_record(1);
  const std::vector<std::byte> second = sample_record(3, std::byte{9});
  records.insert(records.end(), second.begin(), second.end());
  return {ShardId(3), Sequence(26), 2, Sequence(28), records};
}

}  // namespace hb::net
