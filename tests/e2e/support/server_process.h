// The real hongbaod, on a port that the system chooses.
//
//   ServerProcess server({.data = directory / "data"});
//   ASSERT_TRUE(server.start());
//   net::BlockingClient client(server.client_options());
//   server.kill();                       // kill -9
//   ASSERT_TRUE(server.start());         // the same files, another port
//   EXPECT_EQ(server.stop(), 0);         // SIGTERM
//
// Journals are small unless a test says otherwise, so that segments change during a test and no
// time goes into filling files with zeros.
//
// Threads: one, the test's main thread; see Process.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/client/client.h"
#include "tests/e2e/support/process.h"

namespace hb::e2e {

struct ServerSettings {
  std::string data = {};
  // Lines of the settings file's sections.
  std::string policy = {};
  std::string journal = "segment_bytes = 1048576\nblock_bytes_max = 65536\n";
  std::string connections = {};
  std::string listen = "127.0.0.1:0";
  std::vector<std::string> flags = {};
  std::vector<std::string> prefix = {};  // a program that runs it, with its options
  ProcessLimits limits = {};
};

class ServerProcess {
 public:
  explicit ServerProcess(ServerSettings settings);

  // Starts it and waits for the ready line.  What it said instead is the failure's message.
  testing::AssertionResult start();
  // Starts it and does not wait.
  void launch();
  // Starts it and waits for its end: for those that cannot start.
  Finished start_in_vain();

  void kill() { process_->kill(); }
  // SIGTERM; the exit status, or -1 when it did not end.
  int stop();

  Process& process() { return *process_; }
  std::uint16_t port() const { return port_; }
  std::string log() const { return process_->errors(); }
  const ServerSettings& settings() const { return settings_; }

  // For a client that gives up at the first lost connection, since after a restart the port is
  // another.
  net::ClientOptions client_options() const;

 private:
  std::vector<std::string> command() const;

  const ServerSettings settings_;
  TempDirectory files_;
  std::unique_ptr<Process> process_;
  std::uint16_t port_ = 0;
};

}  // namespace hb::e2e
