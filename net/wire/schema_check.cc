// The schema's numbers are the engine's: checked here, by the compiler alone.
//
// Each list names every enumerator once.  A number that differs fails its static_assert; an
// enumerator that only one side has, or that the list forgot, fails a switch (-Wswitch).
#include <cstddef>

#include "engine/ledger/commands.h"
#include "engine/ledger/status.h"
#include "net/wire/messages.h"
#include "schema/hongbao_generated.h"

namespace hb::net {
namespace {

namespace fb = ::hongbao;

#define HB_STATUSES(X)       \
  X(ok)                      \
  X(already_claimed)         \
  X(user_invalid)            \
  X(amount_not_positive)     \
  X(amount_over_limit)       \
  X(shares_out_of_range)     \
  X(total_below_shares)      \
  X(total_above_shares)      \
  X(total_not_divisible)     \
  X(expiry_too_short)        \
  X(expiry_too_long)         \
  X(text_invalid)            \
  X(text_too_long)           \
  X(kind_unknown)            \
  X(key_missing)             \
  X(key_conflict)            \
  X(wallet_unknown)          \
  X(wallet_exists)           \
  X(insufficient_funds)      \
  X(balance_over_limit)      \
  X(packet_unknown)          \
  X(sold_out)                \
  X(expired)                 \
  X(overloaded)              \
  X(deadline_exceeded)       \
  X(read_only)               \
  X(shutting_down)           \
  X(records_unavailable)     \
  X(records_behind)          \
  X(frame_malformed)         \
  X(frame_too_large)         \
  X(version_unsupported)     \
  X(handshake_required)      \
  X(handshake_repeated)      \
  X(command_unknown)         \
  X(batch_too_large)         \
  X(frame_timeout)           \
  X(split_unknown)           \
  X(split_not_allowed)       \
  X(recipients_out_of_range) \
  X(recipients_not_allowed)  \
  X(recipient_repeated)      \
  X(recipient_is_sender)     \
  X(opens_in_past)           \
  X(opens_too_late)          \
  X(funding_unknown)         \
  X(reference_missing)       \
  X(reference_not_allowed)   \
  X(choice_unknown)          \
  X(arrival_not_offered)     \
  X(refund_target_unknown)   \
  X(operator_missing)        \
  X(decision_unknown)        \
  X(case_user_missing)       \
  X(shard_unknown)           \
  X(page_out_of_range)       \
  X(cursor_invalid)          \
  X(not_open_yet)            \
  X(not_recipient)           \
  X(sender_excluded)         \
  X(code_required)           \
  X(code_wrong)              \
  X(code_locked)             \
  X(packet_frozen)           \
  X(wallet_frozen)           \
  X(not_sender)              \
  X(not_recallable)          \
  X(recalled)                \
  X(claim_unknown)           \
  X(already_returned)        \
  X(return_window_over)      \
  X(return_in_progress)      \
  X(transfer_unknown)        \
  X(transfer_accepted)       \
  X(transfer_arrived)        \
  X(transfer_closed)         \
  X(transfer_not_arrived)    \
  X(cap_count_reached)       \
  X(cap_amount_reached)      \
  X(receive_count_reached)   \
  X(receive_amount_reached)  \
  X(case_unknown)            \
  X(case_resolved)           \
  X(case_exists)             \
  X(payout_unknown)          \
  X(payout_confirmed)        \
  X(already_frozen)          \
  X(not_frozen)              \
  X(reference_used)
#define HB_KINDS(X) X(lucky) X(even) X(direct) X(exclusive)
#define HB_STATES(X) X(open) X(sold_out) X(refunded) X(recalled)
#define HB_SPLITS(X) X(by_kind) X(double_mean) X(order_fair) X(equal)
#define HB_CHOICES(X) X(by_default) X(yes) X(no)
#define HB_FUNDING_SOURCES(X) X(wallet) X(external)
#define HB_REFUND_TARGETS(X) X(source) X(wallet)
#define HB_SHARE_STATES(X) X(held) X(returning) X(returned) X(returned_short)
#define HB_TRANSFER_STATES(X) \
  X(pending) X(accepted) X(arrived) X(declined) X(cancelled) X(expired) X(returned) X(revoked)
#define HB_CASE_STATES(X) X(open) X(refused) X(upheld)
#define HB_DECISIONS(X) X(refuse) X(uphold)
#define HB_PAYOUT_STATES(X) X(owed) X(confirmed)
#define HB_ACKNOWLEDGEMENTS(X) X(memory) X(disk) X(replicated)
#define HB_ROLES(X) X(gateway) X(support) X(operator_) X(auditor)

#define HB_CASE(n) case Enum::n:
#define HB_SAME(n) static_assert(static_cast<int>(Ours::n) == static_cast<int>(Theirs::n));
#define HB_CHECK(ours, theirs, LIST)                                              \
  namespace check_##theirs {                                                      \
    using Ours = ours;                                                            \
    using Theirs = fb::theirs;                                                    \
    LIST(HB_SAME)                                                                 \
    template <class Enum>                                                         \
    constexpr bool listed(Enum value) {                                           \
      switch (value) {                                                            \
        LIST(HB_CASE)                                                             \
        return true;                                                              \
      }                                                                           \
      return false;                                                               \
    }                                                                             \
    static_assert(listed(static_cast<Ours>(Theirs::MIN)) && listed(Theirs::MIN)); \
  }

HB_CHECK(Status, Status, HB_STATUSES)
HB_CHECK(PacketKind, PacketKind, HB_KINDS)
HB_CHECK(PacketState, PacketState, HB_STATES)
HB_CHECK(Split, Split, HB_SPLITS)
HB_CHECK(Choice, Choice, HB_CHOICES)
HB_CHECK(FundingSource, FundingSource, HB_FUNDING_SOURCES)
HB_CHECK(RefundTarget, RefundTarget, HB_REFUND_TARGETS)
HB_CHECK(ShareState, ShareState, HB_SHARE_STATES)
HB_CHECK(TransferState, TransferState, HB_TRANSFER_STATES)
HB_CHECK(CaseState, CaseState, HB_CASE_STATES)
HB_CHECK(Decision, Decision, HB_DECISIONS)
HB_CHECK(PayoutState, PayoutState, HB_PAYOUT_STATES)
HB_CHECK(Acknowledgement, Acknowledgement, HB_ACKNOWLEDGEMENTS)
HB_CHECK(Role, Role, HB_ROLES)

// Vectors of these are copied between frames and the engine as they lie.
static_assert(sizeof(ClaimItem) == sizeof(fb::ClaimItem));
static_assert(offsetof(ClaimItem, packet) == 0 && offsetof(ClaimItem, user) == 8);
static_assert(sizeof(ClaimAnswer) == sizeof(fb::ClaimOutcome));
static_assert(offsetof(ClaimAnswer, status) == 0 && offsetof(ClaimAnswer, share_index) == 2 &&
              offsetof(ClaimAnswer, amount_fen) == 4 && offsetof(ClaimAnswer, claimed_at) == 8);
static_assert(sizeof(PacketClaim) == sizeof(fb::PacketClaim));
static_assert(offsetof(PacketClaim, user) == 0 && offsetof(PacketClaim, amount) == 8 &&
              offsetof(PacketClaim, claimed_at) == 16);
static_assert(sizeof(UserId) == sizeof(std::uint64_t));
static_assert(sizeof(ShareState) == sizeof(fb::ShareState));
static_assert(offsetof(PrfKey, k0) == 0 && offsetof(PrfKey, k1) == 8 && sizeof(PrfKey) == 16);
static_assert(PacketSummary::nobody == 65'535);  // the schema's default of `luckiest`

}  // namespace
}  // namespace hb::net
