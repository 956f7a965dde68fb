// `hongbao verify-split` and the real server: what it draws is what the tool draws again, and what
// somebody changed afterwards is found.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/checksum.h"
#include "tests/e2e/support/asking.h"
#include "tests/e2e/support/audit.h"
#include "tests/e2e/support/patience.h"
#include "tests/e2e/support/server_process.h"

namespace hb::e2e {
namespace {

using Json = nlohmann::json;

constexpr int done = 0;
constexpr int refused = 1;
constexpr int failed = 3;

constexpr UserId sender{1};
constexpr UserId first_claimer{100};

class VerifySplit : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.start());
    client_.emplace(server_.client_options());
    open_with(client(), sender, Amount(10'000'000));
  }

  void TearDown() override {
    client_.reset();
    EXPECT_EQ(server_.stop(), 0);
    EXPECT_TRUE(audit(directory_ / "data").balanced());
  }

  net::BlockingClient& client() { return *client_; }

  static SendPacket lucky(Split split, std::uint32_t shares, Amount total) {
    SendPacket command{.sender = sender, .total = total, .share_count = shares};
    command.split = split;
    command.recallable = true;
    return command;
  }

  // So many users claim, one after the other.
  void claim(PacketId packet, std::uint32_t users) {
    std::vector<ClaimItem> claims;
    for (std::uint32_t i = 0; i < users; ++i) {
      claims.push_back({packet, UserId(first_claimer.value + i)});
    }
    for (const ClaimAnswer& answer : answer_of(client().claim_batch(claims))) {
      ASSERT_EQ(answer.status, Status::ok);
    }
  }

  void recall(PacketId packet) { answer_of(client().recall({.packet = packet, .sender = sender})); }

  Finished type(std::vector<std::string> words) const {
    words.insert(words.begin(),
                 {HB_HONGBAO, "--json", "--server", "127.0.0.1:" + std::to_string(server_.port())});
    return run(words);
  }

  // Checks the packet by asking the server.
  Finished verify(PacketId packet) const {
    return type({"verify-split", std::to_string(packet.value)});
  }

  // What `show` prints of it.
  Json shown(PacketId packet) const {
    return Json::parse(type({"show", std::to_string(packet.value)}).output);
  }

  // Checks a file that holds this.
  Finished verify_file(const Json& content) const {
    const std::string path = directory_ / "shown.json";
    write_file(path, content.dump());
    return type({"verify-split", "--file", path});
  }

  // The verdict is `as_drawn`, about so many shares, asked of the server and from the file.
  void expect_as_drawn(PacketId packet, std::size_t shares) const {
    for (const Finished& end : {verify(packet), verify_file(shown(packet))}) {
      EXPECT_EQ(end.status, done) << end.output << end.errors;
      const Json found = Json::parse(end.output);
      EXPECT_EQ(found["verdict"], "as_drawn");
      EXPECT_EQ(found["shares"].size(), shares);
    }
  }

  TempDirectory directory_;
  ServerProcess server_{{.data = directory_ / "data", .policy = "expiry_min = \"1s\"\n"}};

 private:
  std::optional<net::BlockingClient> client_;
};

TEST_F(VerifySplit, FindsSoldOutPacketsAsDrawnByBothRules) {
  for (const Split split : {Split::double_mean, Split::order_fair}) {
    for (const std::uint32_t shares : {1u, 3u, 500u}) {
      const PacketId packet =
          answer_of(client().send(lucky(split, shares, Amount(200 * shares)))).packet;
      claim(packet, shares);
      expect_as_drawn(packet, shares);
    }
  }
}

TEST_F(VerifySplit, FindsSharesAtTheirBoundsAsDrawn) {
  for (const Split split : {Split::double_mean, Split::order_fair}) {
    for (const std::int64_t total_fen : {100, 130, 100 * 20'000 - 30, 100 * 20'000}) {
      const PacketId packet = answer_of(client().send(lucky(split, 100, Amount(total_fen)))).packet;
      claim(packet, 100);
      expect_as_drawn(packet, 100);
    }
  }
}

TEST_F(VerifySplit, ChecksOnlyTheSharesTakenBeforeARecall) {
  for (const Split split : {Split::double_mean, Split::order_fair}) {
    for (const std::uint32_t claimed : {0u, 4u}) {
      const PacketId packet = answer_of(client().send(lucky(split, 10, Amount(2'000)))).packet;
      claim(packet, claimed);
      recall(packet);
      expect_as_drawn(packet, claimed);
    }
  }
}

TEST_F(VerifySplit, ChecksAPacketWhoseRestWentBackAtItsExpiry) {
  SendPacket command = lucky(Split::double_mean, 10, Amount(2'000));
  command.expires_in = Duration::seconds(1);
  const PacketId packet = answer_of(client().send(command)).packet;
  claim(packet, 3);
  EXPECT_TRUE(eventually([&] { return verify(packet).status == done; }));
  EXPECT_EQ(shown(packet)["packet"]["state"], "refunded");
  expect_as_drawn(packet, 3);
}

TEST_F(VerifySplit, ChecksEvenDirectAndExclusivePackets) {
  SendPacket even = lucky(Split::by_kind, 4, Amount(2'000));
  even.kind = PacketKind::even;
  SendPacket direct = lucky(Split::by_kind, 0, Amount(500));
  direct.kind = PacketKind::direct;
  SendPacket exclusive = lucky(Split::order_fair, 0, Amount(777));
  exclusive.kind = PacketKind::exclusive;
  const std::vector<UserId> both = {first_claimer, UserId(first_claimer.value + 1)};
  const std::vector<UserId> one = {first_claimer};
  const struct {
    PacketId packet;
    std::uint32_t shares;
  } sent[] = {{answer_of(client().send(even)).packet, 4},
              {answer_of(client().send(direct, one)).packet, 1},
              {answer_of(client().send(exclusive, both)).packet, 2}};
  for (const auto& [packet, shares] : sent) {
    claim(packet, shares);
    expect_as_drawn(packet, shares);
  }
}

TEST_F(VerifySplit, ChecksAReturnedShareAsItWasDrawn) {
  const PacketId packet =
      answer_of(client().send(lucky(Split::order_fair, 3, Amount(2'000)))).packet;
  claim(packet, 3);
  answer_of(client().return_share({.packet = packet, .user = first_claimer}));
  expect_as_drawn(packet, 3);
}

TEST_F(VerifySplit, FindsThePacketAsDrawnAfterACrash) {
  const PacketId packet =
      answer_of(client().send(lucky(Split::double_mean, 5, Amount(2'000)))).packet;
  claim(packet, 3);
  recall(packet);
  server_.kill();
  ASSERT_TRUE(server_.start());
  expect_as_drawn(packet, 3);
}

TEST_F(VerifySplit, SaysThatTheSeedIsNotRevealedWhileThePacketIsOpen) {
  const PacketId packet =
      answer_of(client().send(lucky(Split::double_mean, 3, Amount(2'000)))).packet;
  claim(packet, 2);
  for (const Finished& end : {verify(packet), verify_file(shown(packet))}) {
    EXPECT_EQ(end.status, refused);
    EXPECT_EQ(Json::parse(end.output)["verdict"], "not_revealed") << end.output;
  }
}

TEST_F(VerifySplit, ComparesTheCommitmentThatSendTold) {
  const SendAnswer sent = answer_of(client().send(lucky(Split::order_fair, 3, Amount(2'000))));
  claim(sent.packet, 3);
  const std::string packet = std::to_string(sent.packet.value);
  const std::string noted = to_hex(sent.seed_commitment);
  EXPECT_EQ(type({"verify-split", packet, "--commitment", noted}).status, done);
  const std::string other = (noted[0] == '0' ? '1' : '0') + noted.substr(1);
  EXPECT_EQ(type({"verify-split", packet, "--commitment", other}).status, refused);
}

TEST_F(VerifySplit, FindsEachThingThatSomebodyChanged) {
  const PacketId packet =
      answer_of(client().send(lucky(Split::order_fair, 3, Amount(2'000)))).packet;
  claim(packet, 3);
  const Json honest = shown(packet);
  const std::uint64_t next_luckiest = (honest["packet"]["luckiest"].get<std::uint64_t>() + 1) % 3;
  const Json changes[] = {
      {{"op", "replace"}, {"path", "/packet/total"}, {"value", 2'003}},
      {{"op", "replace"}, {"path", "/packet/share_max"}, {"value", 666}},
      {{"op", "replace"}, {"path", "/packet/share_count"}, {"value", 4}},
      {{"op", "replace"}, {"path", "/packet/claimed_count"}, {"value", 2}},
      {{"op", "replace"}, {"path", "/packet/kind"}, {"value", "even"}},
      {{"op", "replace"}, {"path", "/packet/state"}, {"value", "recalled"}},
      {{"op", "replace"}, {"path", "/packet/luckiest"}, {"value", next_luckiest}},
      {{"op", "replace"}, {"path", "/seed"}, {"value", std::string(32, 'a')}},
      {{"op", "replace"}, {"path", "/seed_commitment"}, {"value", std::string(64, 'a')}},
      {{"op", "replace"},
       {"path", "/claims/1/amount"},
       {"value", honest["claims"][1]["amount"].get<int>() + 1}},
      {{"op", "remove"}, {"path", "/claims/2"}}};
  for (const Json& change : changes) {
    const Finished end = verify_file(honest.patch(Json::array({change})));
    EXPECT_EQ(end.status, refused) << change << end.output;
    EXPECT_EQ(Json::parse(end.output)["verdict"], "differs") << change;
  }
  EXPECT_EQ(verify_file(honest).status, done);
}

TEST_F(VerifySplit, ReadsStandardInputAndNeedsNoServerForIt) {
  const PacketId packet =
      answer_of(client().send(lucky(Split::double_mean, 3, Amount(2'000)))).packet;
  claim(packet, 3);
  const std::string path = directory_ / "shown.json";
  write_file(path, shown(packet).dump());
  server_.kill();
  const Finished end =
      run({"/bin/sh", "-c", "exec \"$0\" verify-split --file - < \"$1\"", HB_HONGBAO, path});
  EXPECT_EQ(end.status, done) << end.errors;
  EXPECT_TRUE(end.output.starts_with("packet " + std::to_string(packet.value) + ": as drawn\n"))
      << end.output;
  EXPECT_EQ(verify(packet).status, failed);
  ASSERT_TRUE(server_.start());
}

TEST_F(VerifySplit, TellsTheServersRefusal) {
  const Finished end = verify(PacketId(409'600'001));
  EXPECT_EQ(end.status, refused);
  EXPECT_EQ(Json::parse(end.output)["status"], "packet_unknown");
}

}  // namespace
}  // namespace hb::e2e
