// Lines typed at a small server in the same process.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/net/client/fake_server.h"
#include "tools/hongbao/console.h"

namespace hb::cli {

class Served : public testing::Test {
 protected:
  using Answer = std::function<archive::QueryReply(const archive::Query&)>;

  // Serves while the line runs.  Afterwards out() and err() have what it printed, queries() what
  // it asked.
  ExitStatus type(std::vector<std::string> words, Answer answer);

  const std::string& out() const { return out_; }
  const std::string& err() const { return err_; }
  const std::vector<archive::Query>& queries() const { return queries_; }
  template <class Query>
  const Query& asked(std::size_t i) const {
    return std::get<Query>(queries_.at(i));
  }

  net::SessionOptions session_options;
  bool out_is_terminal = false;

 private:
  std::string out_;
  std::string err_;
  std::vector<archive::Query> queries_;
};

inline archive::QueryReply answered(archive::QueryAnswer answer) {
  return {.to = {}, .status = Status::ok, .limit = 0, .answer = std::move(answer)};
}

inline archive::QueryReply refused(Status status, std::int64_t limit = 0) {
  return {.to = {}, .status = status, .limit = limit, .answer = {}};
}

}  // namespace hb::cli
