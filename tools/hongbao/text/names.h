// The schema's names of enumerations, both ways.
//
// A value that this build does not know, from a newer server, is "unknown".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/ledger/commands.h"

namespace hb {

std::string_view name(PacketKind kind);
std::string_view name(PacketState state);
std::string_view name(Split split);
std::string_view name(FundingSource funding);
std::string_view name(RefundTarget target);
std::string_view name(ShareState state);
std::string_view name(TransferState state);
std::string_view name(CaseState state);
std::string_view name(Decision decision);
std::string_view name(PayoutState state);

// The value of that name.  For PacketKind, PacketState, Split, FundingSource, RefundTarget, Choice
// and Decision: those that are typed, or read back.
template <class Enum>
std::optional<Enum> parse_name(std::string_view text);

// What parse_name takes of those that are typed, for people: "lucky, even, direct or exclusive".
template <class Enum>
std::string names_of();

}  // namespace hb
