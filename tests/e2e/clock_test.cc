// A machine whose clock is behind the journals': the server was started once while it was ahead.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "engine/runtime/data_directory.h"
#include "engine/runtime/disk_storage.h"
#include "engine/shard/shard.h"
#include "net/wire/request_encoder.h"
#include "tests/e2e/support/asking.h"
#include "tests/e2e/support/audit.h"
#include "tests/e2e/support/raw_connection.h"
#include "tests/e2e/support/server_process.h"

namespace hb::e2e {
namespace {

constexpr UserId user{1};
constexpr Amount fortune{100'000};
// And a little, so that they are shown as two hours after some seconds too.
constexpr Duration two_hours = Duration::seconds(7'230);

Time wall_clock() {
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return Time(duration_cast<microseconds>(since_epoch).count());
}

class WrongClock : public testing::Test {
 protected:
  ServerSettings settings() const {
    return {.data = directory_ / "data", .policy = "expiry_min = \"1s\"\n"};
  }

  // Leaves a data directory whose last event was written while the clock was so far ahead.
  void run_once_with_the_clock_ahead(Duration ahead) {
    {
      ServerProcess first(settings());
      ASSERT_TRUE(first.start());
      net::BlockingClient client(first.client_options());
      open_with(client, user, fortune);
      EXPECT_EQ(first.stop(), 0);
    }
    auto storage = open_disk_storage(DataDirectory::shard_path(directory_ / "data", ShardId(0)));
    ASSERT_TRUE(storage) << storage.error().message;
    const Time now = wall_clock() + ahead;
    auto shard =
        Shard::open(**storage, {.journal = {.segment_bytes = 1 << 20, .block_bytes_max = 64 << 10}},
                    Policy{}, PrfKey{}, now, {});
    ASSERT_TRUE(shard) << shard.error().message;
    Parcel parcel;
    parcel.commands.commands.push_back(
        {.reply_to = {1, 1},
         .command = Deposit{.key = key_number(1), .user = user, .amount = Amount(1)}});
    (*shard)->accept(&parcel);
    EXPECT_TRUE(eventually([&] {
      (*shard)->step(now);
      return (*shard)->finished() == &parcel;
    }));
  }

  static Status deposit_by(RawConnection& connection, std::uint64_t number, Time deadline) {
    net::RequestEncoder encoder;
    connection.send(encoder.command(
        number, deadline,
        Deposit{.key = key_number(100 + number), .user = user, .amount = Amount(1)}));
    const auto heard = connection.hear();
    return heard ? heard->response.status : Status::frame_timeout;
  }

  TempDirectory directory_;
};

TEST_F(WrongClock, FarBehindTheJournalsRefusesAStartAndNamesTheWayOut) {
  run_once_with_the_clock_ahead(two_hours);
  const Finished refused = ServerProcess(settings()).start_in_vain();
  EXPECT_EQ(refused.status, 3);
  for (const char* const words :
       {"machine's clock", "2 h", "clock.ahead_max (10 min)", "--accept-clock-ahead"}) {
    EXPECT_NE(refused.errors.find(words), std::string::npos) << words << ": " << refused.errors;
  }
  EXPECT_TRUE(audit(directory_ / "data").balanced());
}

TEST_F(WrongClock, ThatIsAcceptedIsLoggedAndStopsNothing) {
  run_once_with_the_clock_ahead(two_hours);
  ServerSettings accepting = settings();
  accepting.flags = {"--accept-clock-ahead"};
  ServerProcess server(accepting);
  ASSERT_TRUE(server.start());
  const std::string warning = "ahead of the machine's clock";
  EXPECT_TRUE(eventually([&] { return server.log().find(warning) != std::string::npos; }));
  EXPECT_NE(server.log().find("agree, in 6 h"), std::string::npos) << server.log();

  net::BlockingClient client(server.client_options());
  const net::Pong pong = answer_of(client.ping());
  EXPECT_GT(pong.clock_ahead, Duration::seconds(7'000));
  EXPECT_LT(pong.clock_ahead, Duration::seconds(7'231));
  EXPECT_GT(pong.now, wall_clock() + Duration::seconds(7'000));

  // Deadlines count by the machine's clock.
  RawConnection connection(server.port());
  ASSERT_TRUE(connection.greet());
  EXPECT_EQ(deposit_by(connection, 2, wall_clock() + Duration::seconds(60)), Status::ok);
  EXPECT_EQ(deposit_by(connection, 3, wall_clock() + Duration::seconds(-60)),
            Status::deadline_exceeded);

  // Time goes on: what is not claimed comes back.
  const Amount before = balance_of(client, user);
  SendPacket command{.sender = user, .total = Amount(100), .share_count = 2};
  command.expires_in = Duration::seconds(1);
  const SendAnswer sent = answer_of(client.send(command));
  EXPECT_TRUE(eventually([&] { return balance_of(client, user) == before; }));
  EXPECT_EQ(status_of(client.claim(sent.packet, UserId(2))), Status::expired);
  EXPECT_EQ(server.stop(), 0);
  EXPECT_TRUE(audit(directory_ / "data").balanced());
}

TEST_F(WrongClock, ALittleBehindTheJournalsIsOnlyLogged) {
  run_once_with_the_clock_ahead(Duration::seconds(300));
  ServerProcess server(settings());
  ASSERT_TRUE(server.start());
  EXPECT_TRUE(eventually([&] {
    return server.log().find("ahead of the machine's clock") != std::string::npos;
  })) << server.log();
  EXPECT_EQ(server.stop(), 0);
}

}  // namespace
}  // namespace hb::e2e
