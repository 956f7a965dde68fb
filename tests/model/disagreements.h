// Where engine and model are known to disagree: each is kept out of the random commands, or out of
// the comparison, until the engine or the rule is changed.  Then its line goes, and seed 1 tells.
#pragma once

namespace hb::model {

// Deposit and Withdraw look at the amount before the key.  The rule: the stored key comes first, so
// a used key with a wrong amount is a key_conflict.
inline constexpr bool amount_is_checked_before_the_key = true;

// ResolveCase takes the case's own user even when the command names another one.  The rule, in
// commands.h: the command's user, and the case's own when that is 0.
inline constexpr bool case_user_overrides_the_commands = true;

// The answer to CancelTransfer says arrives_at 0 of a transfer that was accepted; ShowTransfer
// tells the same transfer's arrives_at.  The rule, in commands.h: the transfer as it stood after
// the command.
inline constexpr bool cancel_forgets_the_arrival = true;

}  // namespace hb::model
