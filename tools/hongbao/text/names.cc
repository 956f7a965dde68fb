#include "tools/hongbao/text/names.h"

#include <algorithm>
#include <iterator>

namespace hb {

namespace {

template <class Enum>
struct Named {
  Enum value;
  std::string_view name;
};

template <class Enum>
constexpr bool table = false;  // each enumeration has its own, below

template <>
constexpr Named<PacketKind> table<PacketKind>[] = {{PacketKind::lucky, "lucky"},
                                                   {PacketKind::even, "even"},
                                                   {PacketKind::direct, "direct"},
                                                   {PacketKind::exclusive, "exclusive"}};

template <>
constexpr Named<PacketState> table<PacketState>[] = {{PacketState::open, "open"},
                                                     {PacketState::sold_out, "sold_out"},
                                                     {PacketState::refunded, "refunded"},
                                                     {PacketState::recalled, "recalled"}};

template <>
constexpr Named<Split> table<Split>[] = {{Split::double_mean, "double_mean"},
                                         {Split::order_fair, "order_fair"},
                                         {Split::equal, "equal"},
                                         {Split::by_kind, "by_kind"}};

template <>
constexpr Named<Choice> table<Choice>[] = {{Choice::yes, "yes"}, {Choice::no, "no"}};

template <>
constexpr Named<FundingSource> table<FundingSource>[] = {{FundingSource::wallet, "wallet"},
                                                         {FundingSource::external, "external"}};

template <>
constexpr Named<RefundTarget> table<RefundTarget>[] = {{RefundTarget::source, "source"},
                                                       {RefundTarget::wallet, "wallet"}};

template <>
constexpr Named<ShareState> table<ShareState>[] = {{ShareState::held, "held"},
                                                   {ShareState::returning, "returning"},
                                                   {ShareState::returned, "returned"},
                                                   {ShareState::returned_short, "returned_short"}};

template <>
constexpr Named<TransferState> table<TransferState>[] = {
    {TransferState::pending, "pending"},     {TransferState::accepted, "accepted"},
    {TransferState::arrived, "arrived"},     {TransferState::declined, "declined"},
    {TransferState::cancelled, "cancelled"}, {TransferState::expired, "expired"},
    {TransferState::returned, "returned"},   {TransferState::revoked, "revoked"}};

template <>
constexpr Named<CaseState> table<CaseState>[] = {
    {CaseState::open, "open"}, {CaseState::refused, "refused"}, {CaseState::upheld, "upheld"}};

template <>
constexpr Named<Decision> table<Decision>[] = {{Decision::refuse, "refuse"},
                                               {Decision::uphold, "uphold"}};

template <>
constexpr Named<PayoutState> table<PayoutState>[] = {{PayoutState::owed, "owed"},
                                                     {PayoutState::confirmed, "confirmed"}};

template <class Enum>
std::string_view look_up(Enum value) {
  const auto* found = std::ranges::find(table<Enum>, value, &Named<Enum>::value);
  return found == std::end(table<Enum>) ? "unknown" : found->name;
}

}  // namespace

std::string_view name(PacketKind kind) {
  return look_up(kind);
}

std::string_view name(PacketState state) {
  return look_up(state);
}

std::string_view name(Split split) {
  return look_up(split);
}

std::string_view name(FundingSource funding) {
  return look_up(funding);
}

std::string_view name(RefundTarget target) {
  return look_up(target);
}

std::string_view name(ShareState state) {
  return look_up(state);
}

std::string_view name(TransferState state) {
  return look_up(state);
}

std::string_view name(CaseState state) {
  return look_up(state);
}

std::string_view name(Decision decision) {
  return look_up(decision);
}

std::string_view name(PayoutState state) {
  return look_up(state);
}

template <class Enum>
std::optional<Enum> parse_name(std::string_view text) {
  const auto* found = std::ranges::find(table<Enum>, text, &Named<Enum>::name);
  if (found == std::end(table<Enum>)) return std::nullopt;
  return found->value;
}

template <class Enum>
std::string names_of() {
  std::string names;
  for (const Named<Enum>& row : table<Enum>) {
    const bool last = &row == std::end(table<Enum>) - 1;
    if (!names.empty()) names += last ? " or " : ", ";
    names += row.name;
  }
  return names;
}

template std::optional<PacketKind> parse_name(std::string_view);
template std::optional<PacketState> parse_name(std::string_view);
template std::optional<Split> parse_name(std::string_view);
template std::optional<Choice> parse_name(std::string_view);
template std::optional<FundingSource> parse_name(std::string_view);
template std::optional<RefundTarget> parse_name(std::string_view);
template std::optional<Decision> parse_name(std::string_view);
template std::string names_of<PacketKind>();
template std::string names_of<Split>();
template std::string names_of<Choice>();
template std::string names_of<FundingSource>();
template std::string names_of<RefundTarget>();
template std::string names_of<Decision>();

}  // namespace hb
