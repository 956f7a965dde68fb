#include "tools/hongbao/console.h"

#include "engine/base/printable.h"
#include "tools/hongbao/json_ids.h"
#include "tools/hongbao/text/values.h"

namespace hb::cli {

namespace {

// The service or the protocol, not the command, is what fails.
bool about_the_service(Status status) {
  switch (status) {
    case Status::overloaded:
    case Status::deadline_exceeded:
    case Status::read_only:
    case Status::shutting_down:
    case Status::records_unavailable:
    case Status::records_behind:
    case Status::frame_malformed:
    case Status::frame_too_large:
    case Status::version_unsupported:
    case Status::handshake_required:
    case Status::handshake_repeated:
    case Status::command_unknown:
    case Status::batch_too_large:
    case Status::frame_timeout:
      return true;
    default:
      return false;
  }
}

}  // namespace

ExitStatus exit_status_of(Status status) {
  if (succeeded(status)) return ExitStatus::done;
  return about_the_service(status) ? ExitStatus::failed : ExitStatus::refused;
}

std::string_view name(ErrorCode code) {
  switch (code) {
    case ErrorCode::io:
      return "io";
    case ErrorCode::no_space:
      return "no_space";
    case ErrorCode::damaged:
      return "damaged";
    case ErrorCode::newer_format:
      return "newer_format";
    case ErrorCode::in_use:
      return "in_use";
    case ErrorCode::invalid:
      return "invalid";
    case ErrorCode::closed:
      return "closed";
    case ErrorCode::timed_out:
      return "timed_out";
    case ErrorCode::protocol:
      return "protocol";
  }
  return "unknown";
}

void Console::print(std::string_view text) {
  out << printable_lines(text);
}

std::string Console::json_text(const nlohmann::ordered_json& object) const {
  return json_line(ids_as_strings ? with_ids_as_strings(object) : object);
}

void Console::print_json(const nlohmann::ordered_json& object) {
  out << json_text(object) << '\n';
}

void Console::note(std::string_view text) {
  err << printable_lines(text) << std::flush;
}

ExitStatus Console::tell(const nlohmann::ordered_json& object, std::string_view text,
                         ExitStatus status) {
  if (json) {
    print_json(object);
  } else if (status == ExitStatus::done) {
    print(text);
  } else {
    note(text);
  }
  return status;
}

ExitStatus Console::fail(const Error& error, Key128 key) {
  nlohmann::ordered_json object{{"error", name(error.code)}, {"message", error.message}};
  std::string text = "hongbao: " + error.message + "\n";
  if (!key.empty()) {
    object["key"] = format_key(key);
    text += "Whether it was done is not known.  The same command with --key " + format_key(key) +
            " does it if it was not, and tells its answer.\n";
  }
  return tell(object, text, ExitStatus::failed);
}

ExitStatus Console::wrong_usage(std::string_view message) {
  const nlohmann::ordered_json object{{"error", "usage"}, {"message", message}};
  return tell(object, "hongbao: " + std::string(message) + "\n", ExitStatus::usage);
}

}  // namespace hb::cli
