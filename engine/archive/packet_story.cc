#include "engine/archive/packet_story.h"

#include <cstring>
#include <string_view>
#include <vector>

#include "engine/ledger/events.h"

namespace hb::archive {
namespace {

void tell_sent(PacketStory& story, const EventHeader* record) {
  const auto e = read_event<PacketSent>(record);
  story.sender = e.sender;
  if (e.kind == PacketKind::direct) story.entry.recipient = recipients_of(record, e).front();
  story.entry.packet = e.packet;
  story.entry.kind = e.kind;
  story.entry.total = e.total;
  story.entry.share_count = e.share_count;
  story.entry.sent_at = e.at;
  const std::string_view texts(e.texts, e.text_bytes());
  story.entry.remark = Remark(texts.substr(0, e.remark_bytes));
  story.entry.group = Group(texts.substr(e.remark_bytes, e.group_bytes));
}

void tell(PacketStory& story, const TransferSent& e) {
  story.sender = e.sender;
  story.entry.packet = e.transfer;
  story.entry.is_transfer = true;
  story.entry.recipient = e.recipient;
  story.entry.total = e.amount;
  story.entry.share_count = 1;
  story.entry.sent_at = e.at;
  story.entry.remark = Remark(std::string_view(e.remark, e.remark_bytes));
}

void tell(PacketStory& story, const Claimed& e) {
  ++story.entry.claimed_count;
  story.entry.claimed += Amount{e.amount_fen};
  story.shares[e.user] = {.amount = Amount{e.amount_fen}};
  if (story.entry.claimed_count == story.entry.share_count) {
    story.entry.state = PacketState::sold_out;
  }
}

void arrived(PacketStory& story, Amount amount) {
  story.entry.transfer_state = TransferState::arrived;
  story.entry.claimed_count = 1;
  story.entry.claimed = amount;
  story.shares[story.entry.recipient] = {.amount = amount};
}

void gone_back(PacketStory& story, PacketState state, Amount amount) {
  story.entry.state = state;
  story.entry.refunded = amount;
}

void tell(PacketStory& story, const ReturnSettled& e) {
  if (e.status != Status::ok) {
    story.shares[e.user].state = ShareState::held;
    return;
  }
  const bool whole = e.shortfall == Amount{};
  story.shares[e.user].state = whole ? ShareState::returned : ShareState::returned_short;
  story.entry.returned += e.taken;
  if (story.entry.is_transfer) story.entry.transfer_state = TransferState::returned;
}

void tell(PacketStory& story, const EventHeader* r) {
  switch (r->type) {
    case EventType::packet_sent:
      return tell_sent(story, r);
    case EventType::transfer_sent:
      return tell(story, read_event<TransferSent>(r));
    case EventType::claimed:
      return tell(story, read_event<Claimed>(r));
    case EventType::refunded:
      return gone_back(story, PacketState::refunded, read_event<Refunded>(r).amount);
    case EventType::packet_recalled:
      return gone_back(story, PacketState::recalled, read_event<PacketRecalled>(r).amount);
    case EventType::transfer_accepted: {
      const auto e = read_event<TransferAccepted>(r);
      story.entry.transfer_state = TransferState::accepted;
      if (e.arrives_at_once()) arrived(story, e.amount);
      return;
    }
    case EventType::transfer_arrived:
      return arrived(story, read_event<TransferArrived>(r).amount);
    case EventType::transfer_closed: {
      const auto e = read_event<TransferClosed>(r);
      story.entry.transfer_state = e.state;
      story.entry.refunded = e.amount;
      return;
    }
    case EventType::return_requested:
      story.shares[read_event<ReturnRequested>(r).user].state = ShareState::returning;
      return;
    case EventType::return_settled:
      return tell(story, read_event<ReturnSettled>(r));
    default:
      return;  // changes nothing that lists show
  }
}

}  // namespace

Result<std::optional<PacketStory>> read_story(const View& view, PacketId packet) {
  std::optional<PacketStory> story;
  std::vector<std::byte> record;
  const std::string prefix = Key('e').add(packet).str();
  const Result<void> read = view.forward(prefix, prefix, [&](std::string_view, std::string_view v) {
    // Records are read as structs, which wants them aligned.
    record.resize(v.size());
    std::memcpy(record.data(), v.data(), v.size());
    if (!story) story.emplace();
    tell(*story, reinterpret_cast<const EventHeader*>(record.data()));
    return true;
  });
  if (!read) return fail(read.error());
  return story;
}

}  // namespace hb::archive
