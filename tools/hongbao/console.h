// Where results go: to a person or, with --json, to a program; and with which exit status.
//
// With --json everything, refusals and errors too, is one object on standard output, so that a
// script reads one place.  Without, answers go to standard output, all else to standard error.
//
// Hazard: texts of users, servers and files would act on a terminal.  All text goes out through
// print(), note() and tell(), which escape it (engine/base/printable.h).  `out` and `err` themselves
// are for what cannot hold such text, and for data (CSV) that a program reads.
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <string_view>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/ledger/status.h"

namespace hb::cli {

enum class ExitStatus : int {
  done = 0,
  refused = 1,  // by a rule; also: books that do not balance
  usage = 2,
  failed = 3,  // no connection, no service, no file, damaged files
};

// Refused by a rule, or failed: the service cannot take it now, or the protocol was broken.
ExitStatus exit_status_of(Status status);

// As in engine/base/result.h.
std::string_view name(ErrorCode code);

struct Console {
  std::ostream& out;
  std::ostream& err;
  bool json = false;
  bool out_is_terminal = false;
  bool ids_as_strings = false;  // in JSON, see json_ids.h

  // One or several lines, with their ends, to `out` or to `err` (which is then flushed).
  void print(std::string_view text);
  void note(std::string_view text);
  // One line, without its end: as all JSON for programs is printed.
  std::string json_text(const nlohmann::ordered_json& object) const;
  // One line.
  void print_json(const nlohmann::ordered_json& object);

  // `text` has its line's end.
  ExitStatus tell(const nlohmann::ordered_json& object, std::string_view text,
                  ExitStatus status = ExitStatus::done);
  // An empty key: the command had none.
  ExitStatus fail(const Error& error, Key128 key = {});
  ExitStatus wrong_usage(std::string_view message);
};

}  // namespace hb::cli
