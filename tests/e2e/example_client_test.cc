// The client program that the manual shows works, on a server of its own.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/e2e/support/server_process.h"

namespace hb::e2e {
namespace {

constexpr const char* python = "/usr/bin/python3";

TEST(ExampleClient, DoesWhatItPrints) {
  if (!std::filesystem::exists(python) || run({python, "-c", "import flatbuffers"}).status != 0) {
    GTEST_SKIP() << "needs the packages python3 and python3-flatbuffers";
  }
  TempDirectory directory;
  const std::string generated = directory / "python";
  const Finished made =
      run({HB_FLATC, "--python", "--gen-object-api", "-o", generated, HB_SCHEMA "/hongbao.fbs"});
  ASSERT_EQ(made.status, 0) << made.errors;
  ServerProcess server({.data = directory / "data", .flags = {"--workers", "2"}});
  ASSERT_TRUE(server.start());
  const Finished client =
      run({"/usr/bin/env", "PYTHONPATH=" + generated, python, "-B", HB_SCHEMA "/example_client.py",
           "127.0.0.1:" + std::to_string(server.port())});
  EXPECT_EQ(client.status, 0) << client.errors;
  for (const char* text :
       {"2 shard(s)", "wallet of 小明: 100.00", "sold_out, 3 of 3 shares, 20.00 of 20.00",
        "3 of them claims of this packet"}) {
    EXPECT_NE(client.output.find(text), std::string::npos) << "no '" << text << "' in\n"
                                                           << client.output;
  }
  EXPECT_EQ(server.stop(), 0);
}

}  // namespace
}  // namespace hb::e2e
