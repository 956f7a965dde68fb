#include "tests/e2e/support/system_calls.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <sstream>
#include <string_view>
#include <thread>
#include <utility>

#include "tests/e2e/support/patience.h"
#include "tests/e2e/support/process.h"

namespace hb::e2e {
namespace {

constexpr const char* strace = "/usr/bin/strace";

// Takes "123 " off the front.
std::string take_word(std::string& line) {
  const std::size_t end = line.find(' ');
  std::string word = line.substr(0, end);
  line.erase(0, end == line.npos ? end : line.find_first_not_of(' ', end));
  return word;
}

// "name(arguments) = result" as the two halves of a call have given it.
SystemCall parse(const std::string& thread, const std::string& text) {
  SystemCall call{.thread = thread};
  const std::size_t open = text.find('(');
  const std::size_t equals = text.rfind(" = ");
  if (open == text.npos || equals == text.npos || equals < open) return call;
  const std::size_t close = text.rfind(')', equals);
  call.name = text.substr(0, open);
  call.arguments = text.substr(open + 1, close - open - 1);
  call.result = text.substr(equals + 3);
  call.injected = call.result.find("(INJECTED)") != call.result.npos;
  return call;
}

}  // namespace

std::vector<std::string> SystemCall::paths() const {
  std::vector<std::string> found;
  std::string directory;
  for (std::size_t at = 0; at < arguments.size();) {
    const std::size_t from = arguments.find_first_of("<\"", at);
    if (from == arguments.npos) break;
    const bool quoted = arguments[from] == '"';
    const std::size_t to = arguments.find(quoted ? '"' : '>', from + 1);
    if (to == arguments.npos) break;
    const std::string text = arguments.substr(from + 1, to - from - 1);
    at = to + 1;
    if (!quoted) {
      // A directory before a relative name is that name's; by itself, or before a buffer, which is
      // shown as an empty text, it is a file.
      const std::size_t following = arguments.find_first_not_of(", ", at);
      const bool leads = following != arguments.npos && arguments[following] == '"' &&
                         arguments.compare(following, 2, "\"\"") != 0;
      directory = text;
      if (!leads) found.push_back(text);
    } else if (!text.empty()) {
      found.push_back(text.starts_with("/") ? text : directory + "/" + text);
    }
  }
  return found;
}

std::string why_untraceable() {
  static const std::string why = [] {
    if (!std::filesystem::exists(strace)) return std::string("strace is not installed");
    const TempDirectory directory;
    const Finished end = run({strace, "-f", "-o", directory / "trace", "-e", "trace=getdents64",
                              "-e", "inject=getdents64:error=EIO", "/bin/ls", directory.path()});
    if (read_file(directory / "trace").find("INJECTED") != std::string::npos) return std::string();
    return "strace may not trace processes here: " + end.errors;
  }();
  return why;
}

std::vector<std::string> Trace::prefix() const {
  std::vector<std::string> words = {
      strace, "-D", "-f", "-qq", "-y", "-s", "0", "--signal=none", "-o", directory_ / "trace"};
  words.insert(words.end(), options_.begin(), options_.end());
  return words;
}

bool Trace::injected() const {
  return read_file(directory_ / "trace").find("(INJECTED)") != std::string::npos;
}

std::vector<SystemCall> Trace::calls() const {
  // Nothing is added for a moment: the program has ended, and its tracer too.
  std::string text;
  eventually([&] {
    const std::string before = std::exchange(text, read_file(directory_ / "trace"));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return !text.empty() && text == before;
  });
  std::vector<SystemCall> calls;
  std::map<std::string, std::pair<std::string, std::size_t>> unfinished;
  std::istringstream lines(text);
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line); ++number) {
    const std::string thread = take_word(line);
    std::size_t begin = number;
    constexpr std::string_view cut = " <unfinished ...>";
    if (line.ends_with(cut)) {
      unfinished[thread] = {line.substr(0, line.size() - cut.size()), number};
      continue;
    }
    if (line.starts_with("<... ")) {
      const std::size_t rest = line.find("resumed>");
      if (rest == line.npos || !unfinished.contains(thread)) continue;
      begin = unfinished[thread].second;
      line = unfinished[thread].first + line.substr(rest + std::string_view("resumed>").size());
    }
    SystemCall call = parse(thread, line);
    if (call.name.empty()) continue;
    call.begin = begin;
    call.end = number;
    calls.push_back(std::move(call));
  }
  std::ranges::sort(calls, {}, &SystemCall::begin);
  return calls;
}

}  // namespace hb::e2e
