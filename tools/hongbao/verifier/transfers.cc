// The verifier's books: transfers.
#include <fmt/format.h>

#include "engine/base/limits.h"
#include "engine/base/partition.h"
#include "tools/hongbao/text/names.h"
#include "tools/hongbao/verifier/books.h"

namespace hb::verifier {

// ---- sending ------------------------------------------------------------------------------------

void Books::send_transfer(const TransferSent& event) {
  check_home(event.sender);
  check_key(partition_of(event.sender), event.key);
  check_next_id(event.sender, event.transfer);
  if (!check_amount(event.amount.fen())) return;
  check_transfer_terms(event);
  check_not_frozen(event.sender);
  settle(event.sender, -event.amount.fen(), event.balance.fen());
  figures_.transfers_sent_fen += event.amount.fen();
  transfers_[event.transfer] = Transfer{.sender = event.sender,
                                        .recipient = event.recipient,
                                        .expires_at = event.expires_at,
                                        .arrives_after = event.arrives_after,
                                        .amount_fen = event.amount.fen(),
                                        .escrow_fen = event.amount.fen()};
}

void Books::check_transfer_terms(const TransferSent& event) {
  const Wide life_us = wide(event.expires_at.us()) - event.at.us();
  const std::int64_t way_us = event.arrives_after.us();
  const bool right = event.recipient != UserId{} && event.recipient != event.sender &&
                     event.amount.fen() <= limits::transfer_amount_max && life_us > 0 &&
                     life_us <= limits::packet_life_us_max && way_us >= 0 &&
                     way_us <= limits::packet_life_us_max;
  if (right) return;
  violate(Rule::transfer_terms_wrong,
          fmt::format("transfer {} of {} from user {} to user {} waits {} us and takes {} us",
                      event.transfer.value, yuan(event.amount.fen()), event.sender.value,
                      event.recipient.value, life_us, way_us));
}

Transfer* Books::find_transfer(PacketId transfer) {
  const auto it = transfers_.find(transfer);
  if (it != transfers_.end()) return &it->second;
  violate(Rule::transfer_unknown, fmt::format("transfer {} was never sent", transfer.value));
  return nullptr;
}

// ---- what the recipient, the sender and time do -------------------------------------------------

void Books::accept_transfer(const TransferAccepted& event) {
  check_home(event.transfer);
  check_key(partition_of(event.transfer), event.key);
  if (!check_amount(event.amount.fen())) return;
  Transfer* transfer = find_transfer(event.transfer);
  if (transfer == nullptr) return;
  const PacketId id = event.transfer;
  check_thawed(id, transfer->frozen);
  if (check_transfer_state(id, *transfer, transfer->state == TransferState::pending, "accepted")) {
    check_in_time(id, event.at, transfer->expires_at, "accepted");
  }
  const Wide arrives_us = wide(event.at.us()) + transfer->arrives_after.us();
  if (event.arrives_at.us() != arrives_us) {
    violate(Rule::transfer_arrival_wrong, fmt::format("transfer {} arrives at {} us, not at {} us",
                                                      id.value, event.arrives_at.us(), arrives_us));
  }
  transfer->arrives_at = event.arrives_at;
  if (event.arrives_at_once()) return arrive(id, *transfer, event.amount.fen());
  transfer->state = TransferState::accepted;
  if (event.amount.fen() != transfer->amount_fen) {
    violate(Rule::transfer_amount_wrong,
            fmt::format("{} are accepted of transfer {} of {}", yuan(event.amount.fen()), id.value,
                        yuan(transfer->amount_fen)));
  }
}

void Books::arrive_transfer(const TransferArrived& event) {
  check_home(event.transfer);
  if (!check_amount(event.amount.fen())) return;
  Transfer* transfer = find_transfer(event.transfer);
  if (transfer == nullptr) return;
  const PacketId id = event.transfer;
  check_thawed(id, transfer->frozen);
  if (check_transfer_state(id, *transfer, transfer->state == TransferState::accepted, "arrived")) {
    check_time_come(id, event.at, transfer->arrives_at, "arrived");
  }
  arrive(id, *transfer, event.amount.fen());
}

void Books::close_transfer(const TransferClosed& event) {
  check_home(event.transfer);
  if (!check_amount(event.amount.fen())) return;
  Transfer* transfer = find_transfer(event.transfer);
  if (transfer == nullptr) return;
  check_closing(*transfer, event);
  const bool by_command =
      event.state == TransferState::declined || event.state == TransferState::cancelled;
  if (by_command) check_key(partition_of(event.transfer), event.key);
  if (event.state == TransferState::revoked) {
    check_redress(event.case_id, event.transfer, transfer->recipient);
    const auto it = cases_.find(event.case_id);
    if (it != cases_.end()) add(it->second.returned_fen, event.amount.fen());
  } else {
    check_thawed(event.transfer, transfer->frozen);
    if (event.case_id != CaseId{}) {
      violate(Rule::case_mismatch, fmt::format("transfer {} names case {}, but is not revoked",
                                               event.transfer.value, event.case_id.value));
    }
  }
  empty_transfer(event.transfer, *transfer, event.amount.fen(), event.state);
  add(transfer->refunded_fen, event.amount.fen());
  credit(transfer->sender, event.amount.fen());
}

void Books::check_closing(const Transfer& transfer, const TransferClosed& event) {
  const PacketId id = event.transfer;
  const bool pending = transfer.state == TransferState::pending;
  switch (event.state) {
    case TransferState::declined:
      if (!check_transfer_state(id, transfer, pending, "declined")) return;
      return check_in_time(id, event.at, transfer.expires_at, "declined");
    case TransferState::cancelled:
      if (!check_transfer_state(id, transfer, transfer.holds_money(), "cancelled")) return;
      return check_in_time(id, event.at, pending ? transfer.expires_at : transfer.arrives_at,
                           "cancelled");
    case TransferState::expired:
      if (!check_transfer_state(id, transfer, pending, "expired")) return;
      return check_time_come(id, event.at, transfer.expires_at, "expired");
    default:
      const bool revoked = event.state == TransferState::revoked;
      check_transfer_state(id, transfer, revoked && transfer.holds_money(),
                           revoked ? "revoked" : "closed in a way that there is not");
  }
}

bool Books::check_transfer_state(PacketId id, const Transfer& transfer, bool fits,
                                 const char* end) {
  if (fits) return true;
  violate(Rule::transfer_state_wrong,
          fmt::format("{} transfer {} is {}", id.value, hb::name(transfer.state), end));
  return false;
}

void Books::check_in_time(PacketId id, Time at, Time end, const char* what) {
  if (at < end) return;
  violate(Rule::transfer_too_late,
          fmt::format("transfer {} is {} at {} us, which was possible before {} us", id.value, what,
                      at.us(), end.us()));
}

void Books::check_time_come(PacketId id, Time at, Time start, const char* what) {
  if (at >= start) return;
  violate(Rule::transfer_too_early, fmt::format("transfer {} has {} at {} us, before {} us",
                                                id.value, what, at.us(), start.us()));
}

// ---- money --------------------------------------------------------------------------------------

void Books::empty_transfer(PacketId id, Transfer& transfer, std::int64_t fen, TransferState state) {
  if (fen != transfer.amount_fen) {
    violate(Rule::transfer_amount_wrong, fmt::format("{} leave transfer {} of {}", yuan(fen),
                                                     id.value, yuan(transfer.amount_fen)));
  }
  transfer.escrow_fen = 0;
  transfer.state = state;
}

void Books::arrive(PacketId id, Transfer& transfer, std::int64_t fen) {
  empty_transfer(id, transfer, fen, TransferState::arrived);
  add(transfer.arrived_fen, fen);
  credit_or_send(transfer.recipient, fen);
}

}  // namespace hb::verifier
