// Answers about wallets, transfers and payouts, told.
#include <fmt/format.h>

#include <iterator>
#include <string>

#include "engine/base/text.h"
#include "tools/hongbao/answers.h"
#include "tools/hongbao/text/names.h"
#include "tools/hongbao/text/values.h"

namespace hb::cli {

namespace {

using Json = nlohmann::ordered_json;

std::string yuan(Amount amount) {
  return format_amount(amount);
}

// What comes next for a transfer, and when.
std::string outlook(const TransferAnswer& t) {
  if (t.state == TransferState::pending) return ", waits until " + format_time(t.expires_at);
  if (t.state == TransferState::accepted) return ", arrives " + format_time(t.arrives_at);
  return {};
}

Json payout_json(const Payout& p) {
  return {{"packet", p.packet.value},    {"sender", p.sender.value},
          {"amount", p.amount.fen()},    {"state", hb::name(p.state)},
          {"owed_at", p.owed_at.us()},   {"confirmed_at", p.confirmed_at.us()},
          {"funding", p.funding.view()}, {"confirmation", p.confirmation.view()}};
}

std::string payout_text(const Payout& p) {
  std::string text = fmt::format("packet {}: {} owed to user {} since {}, funded by {}",
                                 p.packet.value, yuan(p.amount), p.sender.value,
                                 format_time(p.owed_at), in_quotes(p.funding.view()));
  if (p.state == PayoutState::confirmed) {
    fmt::format_to(std::back_inserter(text), ", paid {} by {}", format_time(p.confirmed_at),
                   in_quotes(p.confirmation.view()));
  }
  return text + '\n';
}

}  // namespace

Told told(const WalletAnswer& wallet) {
  Told told{.json = {{"user", wallet.user.value},
                     {"balance", wallet.balance.fen()},
                     {"opened_at", wallet.opened_at.us()},
                     {"name", wallet.name.view()},
                     {"frozen", wallet.frozen},
                     {"refund_target", hb::name(wallet.refund_target)}},
            .text = fmt::format("user {}: balance {}, wallet opened {}", wallet.user.value,
                                yuan(wallet.balance), format_time(wallet.opened_at))};
  if (!wallet.name.empty()) told.text += ", name " + in_quotes(wallet.name.view());
  if (wallet.refund_target == RefundTarget::wallet) told.text += ", refunds to the wallet";
  if (wallet.frozen) told.text += ", frozen";
  told.text += '\n';
  return told;
}

Told told(const RecipientAnswer& answer) {
  Told told{.json = {{"user", answer.user.value},
                     {"exists", answer.exists},
                     {"frozen", answer.frozen},
                     {"masked_name", answer.masked_name.view()}},
            .text = fmt::format("user {} {}", answer.user.value,
                                answer.exists ? "has a wallet" : "has no wallet")};
  if (!answer.masked_name.empty()) told.text += ", name " + in_quotes(answer.masked_name.view());
  if (answer.frozen) told.text += ", frozen";
  told.text += '\n';
  return told;
}

Told told(const TransferAnswer& t) {
  Told told{.json = {{"transfer", t.transfer.value},
                     {"sender", t.sender.value},
                     {"recipient", t.recipient.value},
                     {"amount", t.amount.fen()},
                     {"state", hb::name(t.state)},
                     {"frozen", t.frozen},
                     {"sent_at", t.sent_at.us()},
                     {"expires_at", t.expires_at.us()},
                     {"arrives_after_us", t.arrives_after.us()},
                     {"arrives_at", t.arrives_at.us()},
                     {"remark", t.remark.view()}},
            .text = fmt::format("transfer {}: {} from user {} to user {}, {}{}", t.transfer.value,
                                yuan(t.amount), t.sender.value, t.recipient.value,
                                hb::name(t.state), outlook(t))};
  if (t.frozen) told.text += ", frozen";
  if (!t.remark.empty()) told.text += ", remark " + in_quotes(t.remark.view());
  told.text += '\n';
  return told;
}

Told told(const PayoutAnswer& answer) {
  return {.json = {{"payout", payout_json(answer.payout)}}, .text = payout_text(answer.payout)};
}

Told told(const net::PayoutPage& page) {
  Told told{.json = {{"payouts", Json::array()}, {"more", page.more}}, .text = {}};
  Amount sum;
  for (const Payout& payout : page.payouts) {
    told.json["payouts"].push_back(payout_json(payout));
    told.text += payout_text(payout);
    sum += payout.amount;
  }
  fmt::format_to(std::back_inserter(told.text), "{}, {} in all{}\n",
                 count_of(page.payouts.size(), "payout"), yuan(sum),
                 page.more ? "; there are more" : "");
  return told;
}

}  // namespace hb::cli
