#include "tests/arch/symbols.h"

#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <sstream>

namespace hb::arch {
namespace {

// C functions and variables that touch nothing outside the process's own memory.
constexpr std::array harmless_names = {
    "memcpy", "memmove", "memset", "memcmp", "memchr", "strlen", "strcmp", "strncmp", "abort",
    "_GLOBAL_OFFSET_TABLE_", "__dso_handle", "__gxx_personality_v0", "_Unwind_Resume",
    "__stack_chk_fail",
    // memory of its own
    "aligned_alloc", "free", "madvise", "snprintf",
    // 128-bit arithmetic of libgcc
    "__udivti3", "__umodti3", "__divti3", "__modti3", "__udivmodti4"};

// The C++ runtime (exceptions, guards, dynamic initialization) and the sanitizers.
constexpr std::array harmless_prefixes = {"__cxa_",  "__asan_",   "__ubsan_",    "__tsan_",
                                          "__lsan_", "__hwasan_", "__sanitizer_"};

// What single files may take beside that.
struct Exception {
  std::string_view object;
  std::string_view prefix;
};
constexpr Exception exceptions[] = {
    // The last words of an assertion.
    {"assert.cc.o", "fprintf"},
    {"assert.cc.o", "stderr"},
    // Pure functions of bytes.
    {"checksum.cc.o", "XXH"},
    {"checksum.cc.o", "SHA256"},
    {"graphemes.cc.o", "utf8proc_"},
};

// C++ names that reach out of the core, wherever they stand in a symbol.
constexpr std::array harmful_parts = {
    "std::chrono::_V2::",  // the clocks
    "std::thread",
    "std::jthread",
    "std::this_thread",
    "std::mutex",
    "std::timed_mutex",
    "std::recursive_",
    "std::shared_mutex",
    "std::shared_timed_mutex",
    "std::condition_variable",
    "std::_V2::condition_variable",
    "std::__condvar",
    "std::__atomic_futex",
    "std::__platform_wait",
    "std::call_once",
    "std::future",
    "std::__future_base",
    "std::promise",
    "std::async",
    "std::random_device",
    "std::filesystem",
    "std::basic_filebuf",
    "std::basic_ifstream",
    "std::basic_ofstream",
    "std::basic_fstream",
    "std::__basic_file",
    "std::cin",
    "std::cout",
    "std::cerr",
    "std::clog",
    "std::ios_base::Init",
    "boost::asio",
    "boost::beast",
    "boost::filesystem",
    "boost::interprocess",
    "::vprint(",  // fmt, to a file
    "spdlog::",
};

// A demangled C++ name has a scope, a parameter list, or a blank ("vtable for ..."); what is left
// after demangling as a plain word is C.  Global operators (new, delete) start with "operator".
bool is_cpp(std::string_view symbol) {
  return symbol.find_first_of(":( <") != symbol.npos || symbol.starts_with("_Z");
}

bool is_harmless_c(std::string_view object, std::string_view name) {
  const auto starts = [&](std::string_view prefix) { return name.starts_with(prefix); };
  return std::ranges::find(harmless_names, name) != harmless_names.end() ||
         std::ranges::any_of(harmless_prefixes, starts) ||
         std::ranges::any_of(exceptions, [&](const Exception& e) {
           return e.object == object && name.starts_with(e.prefix);
         });
}

std::string_view without_version(std::string_view symbol) {
  return symbol.substr(0, symbol.find('@'));
}

// A command's output; nothing when it failed.
std::optional<std::string> output_of(const std::string& command) {
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  if (!pipe) return std::nullopt;
  std::string output;
  std::array<char, 4096> buffer;
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), n);
  }
  const int status = ::pclose(pipe);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
  return output;
}

std::string quoted(const std::string& argument) {
  std::string text = "'";
  for (const char c : argument) {
    if (c == '\'') text += "'\\'";
    text += c;
  }
  return text + "'";
}

struct Undefined {
  std::string object;
  std::string symbol;
};

// A line of nm's archive listing: "assert.cc.o:" opens an object file, "    U symbol" follows.
std::vector<Undefined> parse(const std::string& listing) {
  std::vector<Undefined> symbols;
  std::istringstream lines(listing);
  std::string object;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t type = line.find_first_not_of(' ');
    if (type == line.npos) continue;
    if (type == 0 && line.ends_with(':')) {
      object = line.substr(0, line.size() - 1);
    } else if (type + 2 < line.size() && line[type + 1] == ' ') {
      symbols.push_back({object, std::string(without_version(line.substr(type + 2)))});
    } else {
      symbols.push_back({object, "a line of nm that is not understood: " + line});
    }
  }
  return symbols;
}

}  // namespace

std::string symbol_violation(std::string_view object, std::string_view symbol) {
  const auto in_symbol = [&](std::string_view part) { return symbol.find(part) != symbol.npos; };
  const bool wrong = is_cpp(symbol) ? std::ranges::any_of(harmful_parts, in_symbol)
                                    : !is_harmless_c(object, symbol);
  if (!wrong) return "";
  return std::string(object) + " needs " + std::string(symbol);
}

std::vector<std::string> purity_violations(const std::string& library) {
  const std::optional<std::string> listing =
      output_of("LC_ALL=C nm --demangle --undefined-only " + quoted(library));
  if (!listing) return {library + ": nm cannot read it"};
  const std::vector<Undefined> symbols = parse(*listing);
  if (symbols.empty()) return {library + ": refers to no symbol, so nothing was checked"};
  std::vector<std::string> violations;
  for (const auto& [object, symbol] : symbols) {
    const std::string what = symbol_violation(object, symbol);
    if (!what.empty()) violations.emplace_back(library).append(": ").append(what);
  }
  return violations;
}

}  // namespace hb::arch
