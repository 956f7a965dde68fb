#include "tests/unit/tools/hongbao/served.h"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <thread>

#include "tools/hongbao/command_line.h"

namespace hb::cli {

ExitStatus Served::type(std::vector<std::string> words, Answer answer) {
  boost::asio::io_context io;
  net::FakeServer server(io, session_options);
  server.answer_query = std::move(answer);
  std::thread serving([&] { io.run(); });

  words.insert(words.begin(),
               {"hongbao", "--server", "127.0.0.1:" + std::to_string(server.port())});
  std::vector<const char*> line;
  std::ranges::transform(words, std::back_inserter(line), &std::string::c_str);
  std::ostringstream out;
  std::ostringstream err;
  const ExitStatus status = run(static_cast<int>(line.size()), line.data(),
                                {.out = out, .err = err, .out_is_terminal = out_is_terminal});

  io.stop();
  serving.join();
  out_ = out.str();
  err_ = err.str();
  queries_ = server.queries;
  return status;
}

}  // namespace hb::cli
