// A packet's secrets, as the journal holds them, looked for in everything that comes out of a
// server while the packet is open: the answer to every command, the log, the tool's output.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/checksum.h"
#include "engine/ledger/events.h"
#include "net/wire/request_encoder.h"
#include "tests/e2e/support/asking.h"
#include "tests/e2e/support/raw_connection.h"
#include "tests/e2e/support/server_process.h"

namespace hb::e2e {
namespace {

constexpr UserId ann{1};
constexpr UserId ben{2};
constexpr std::string_view code = "geheim-8888";
constexpr Key128 send_key{.low = 0x9e3779b97f4a7c15, .high = 0xbf58476d1ce4e5b9};

std::string bytes_of(std::uint64_t word) {
  return {reinterpret_cast<const char*>(&word), sizeof word};
}

class SecretsTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.start());
    net::BlockingClient client(server_.client_options());
    open_with(client, ann, Amount(10'000));
    open_with(client, ben, Amount(10'000));
    packet_ = answer_of(client.send({.key = send_key,
                                     .sender = ann,
                                     .total = Amount(1'000),
                                     .share_count = 5,
                                     .split = Split::order_fair,
                                     .recallable = true,
                                     .code = ClaimCode(code)}))
                  .packet;
    case_ = answer_of(client.open_case({.subject = packet_, .by = Operator("op")}, "why")).case_id;
    sent_ = journalled();
    ASSERT_NE(sent_.seed.k0 | sent_.seed.k1, 0u);
    // What is looked for: the seed's halves, the code and what it can be found from.
    secrets_ = {{"the seed", bytes_of(sent_.seed.k0)},
                {"the seed", bytes_of(sent_.seed.k1)},
                {"the code's tag", bytes_of(sent_.code_tag)},
                {"the command's fingerprint", bytes_of(sent_.fingerprint)},
                {"the command's key", bytes_of(sent_.key.low)},
                {"the command's key", fmt::format("{:016x}", sent_.key.low)},
                {"the code", std::string(code)}};
  }

  // The packet_sent of packet_, found in the segments by its packet and type.
  PacketSent journalled() const {
    PacketSent sent;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(server_.settings().data)) {
      if (entry.path().extension() != ".seg") continue;
      const std::string bytes = read_file(entry.path());
      for (std::size_t at = 0; at + sizeof sent <= bytes.size(); at += limits::record_unit_bytes) {
        if (static_cast<EventType>(bytes[at]) != EventType::packet_sent) continue;
        std::memcpy(static_cast<void*>(&sent), bytes.data() + at, sizeof sent);
        if (sent.packet == packet_ && sent.sender == ann) return sent;
      }
    }
    ADD_FAILURE() << "the journal does not hold the packet";
    return {};
  }

  // Those that the bytes hold, as they are or in hexadecimal digits.
  std::set<std::string> found_in(std::string_view bytes) const {
    std::set<std::string> found;
    for (const auto& [what, secret] : secrets_) {
      const auto raw = std::as_bytes(std::span(secret.data(), secret.size()));
      const bool there = bytes.find(secret) != std::string_view::npos ||
                         bytes.find(to_hex(raw)) != std::string_view::npos;
      if (there) found.insert(what);
    }
    return found;
  }

  Finished hongbao(std::vector<std::string> words) const {
    words.insert(words.begin(),
                 {HB_HONGBAO, "--server", "127.0.0.1:" + std::to_string(server_.port())});
    return run(words);
  }

  TempDirectory directory_;
  ServerProcess server_{{.data = directory_ / "data"}};
  PacketId packet_{};
  CaseId case_{};
  PacketSent sent_{};
  std::vector<std::pair<std::string, std::string>> secrets_;
};

// One of each alternative, about the packet wherever it can be.
std::vector<Command> every_command(PacketId packet, CaseId case_id) {
  auto key = [n = std::uint64_t{100}]() mutable { return key_number(++n); };
  const Operator op("op");
  return {OpenWallet{key(), UserId(9), DisplayName("nine")}, Deposit{key(), ann, Amount(5)},
          Withdraw{key(), ann, Amount(5)}, ShowWallet{ann},
          // The same command again, and with another code: both hear of the first.
          SendPacket{.key = send_key,
                     .sender = ann,
                     .total = Amount(1'000),
                     .share_count = 5,
                     .split = Split::order_fair,
                     .recallable = true,
                     .code = ClaimCode("another")},
          ClaimWithCode{packet, ben, ClaimCode("wrong")}, PeekPacket{packet, ben},
          ShowPacket{packet}, SetRefundTarget{key(), ann, RefundTarget::wallet},
          CheckRecipient{ann}, ReturnShare{key(), packet, ben},
          SendTransfer{.key = key(), .sender = ann, .recipient = ben, .amount = Amount(1)},
          AcceptTransfer{key(), packet, ben}, DeclineTransfer{key(), packet, ben},
          CancelTransfer{key(), packet, ann}, ReturnTransfer{key(), packet, ben},
          ShowTransfer{packet}, ListPayouts{ShardId(0), {}, 100},
          ConfirmPayout{key(), packet, Reference("rail")}, OpenCase{key(), packet, ben, op, 0},
          ShowCase{case_id}, ResolveCase{key(), case_id, Decision::refuse, {}, op, 0},
          FreezePacket{key(), packet, true, op, 0}, FreezePacket{key(), packet, false, op, 0},
          FreezeWallet{key(), ann, true, op, 0},
          // A stranger's: the packet stays open.
          RecallPacket{key(), packet, ben}};
}

std::vector<archive::Query> every_query(PacketId packet, CaseId case_id) {
  return {archive::ListSent{ann, {}, 100},      archive::ListReceived{ben, {}, 100},
          archive::ListStatement{ann, {}, 100}, archive::ShowHistory{packet, {}, 100},
          archive::CaseBundle{case_id},         archive::ReadFeed{ShardId(0), Sequence(1), 0, {}}};
}

TEST_F(SecretsTest, NoAnswerHoldsASecretOfAnOpenPacket) {
  RawConnection connection(server_.port());
  ASSERT_TRUE(connection.greet());
  net::RequestEncoder encoder;
  std::uint64_t id = 0;
  const auto payload = [&](std::span<const std::byte> frame) -> std::string {
    EXPECT_TRUE(connection.send(frame));
    const auto heard = connection.hear();
    EXPECT_TRUE(heard);
    if (!heard) return {};
    return {reinterpret_cast<const char*>(heard->payload.data()),
            heard->payload.size() * sizeof heard->payload[0]};
  };

  std::set<std::size_t> commands;
  for (const Command& command : every_command(packet_, case_)) {
    commands.insert(command.index());
    std::visit(
        [&]<class T>(const T& c) {
          if constexpr (!std::is_same_v<T, ClaimBatch>) {
            const auto answer = payload(encoder.command(++id, Time{}, c, {.note = "why"}));
            EXPECT_EQ(found_in(answer), std::set<std::string>()) << "command " << command.index();
          }
        },
        command);
  }
  const ClaimItem claim{packet_, ben};
  EXPECT_EQ(found_in(payload(encoder.command(++id, Time{}, claim))), std::set<std::string>());
  EXPECT_EQ(found_in(payload(encoder.claims(++id, Time{}, std::span(&claim, 1)))),
            std::set<std::string>());
  commands.insert(Command(ClaimBatch{}).index());
  EXPECT_EQ(commands.size(), std::variant_size_v<Command>) << "a command is not tried here";

  std::set<std::size_t> queries;
  for (const archive::Query& query : every_query(packet_, case_)) {
    queries.insert(query.index());
    std::visit(
        [&](const auto& q) {
          // The records follow the journal: until they know the packet there is nothing to look at.
          std::string answer;
          const bool known = eventually([&] {
            answer = payload(encoder.command(++id, Time{}, q));
            return answer.find(bytes_of(packet_.value)) != std::string::npos ||
                   std::holds_alternative<archive::ListReceived>(query);
          });
          EXPECT_TRUE(known) << "query " << query.index() << " does not know the packet";
          EXPECT_EQ(found_in(answer), std::set<std::string>()) << "query " << query.index();
        },
        query);
  }
  EXPECT_EQ(queries.size(), std::variant_size_v<archive::Query>) << "a query is not tried here";

  net::BlockingClient client(server_.client_options());
  EXPECT_EQ(answer_of(client.show(packet_)).packet.state, PacketState::open)
      << "it was not open all the time";
}

TEST_F(SecretsTest, NeitherTheLogNorTheToolTellsThem) {
  const std::string packet = std::to_string(packet_.value);
  ASSERT_TRUE(eventually([&] {
    return hongbao({"records", "history", packet, "--all"}).output.find("packet_sent") !=
           std::string::npos;
  }));
  const std::string data = server_.settings().data;
  const std::vector<std::vector<std::string>> commands{
      {"show", packet},
      {"peek", packet, "--user", "2"},
      {"records", "history", packet, "--all"},
      {"records", "sent", "1"},
      {"records", "statement", "1"},
      {"case", "show", std::to_string(case_.value)},
      {"case", "bundle", std::to_string(case_.value)},
      {"feed"},
      {"journal", "cat", data},
      {"journal", "check", data},
      {"verify", data}};
  for (std::vector<std::string> words : commands) {
    for (const bool json : {false, true}) {
      if (json) words.insert(words.begin(), "--json");
      const Finished end = hongbao(words);
      EXPECT_EQ(end.status, 0) << words[0] << ' ' << words[1] << ": " << end.errors;
      EXPECT_EQ(found_in(end.output + end.errors), std::set<std::string>()) << end.output;
    }
  }
  ASSERT_EQ(server_.stop(), 0);
  EXPECT_EQ(found_in(server_.log()), std::set<std::string>());
}

}  // namespace
}  // namespace hb::e2e
