// Result<T>: what a failing environment or bad bytes yield.
//
// A business outcome is never an Error (it is a Status in a reply), and our own bug is neither (it
// is an HB_ASSERT).  An Error's message names the file, the offset or the setting and says what an
// operator can do about it.
#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace hb {

enum class ErrorCode : std::uint8_t {
  io,            // the system refused or failed an operation
  no_space,      // the disk is full
  damaged,       // bytes on disk are not what was written
  newer_format,  // written by a later version
  in_use,        // another process holds it
  invalid,       // a setting or an input is not valid
  closed,        // the other side ended the connection
  timed_out,     // no answer in the time given
  protocol,      // the other side does not keep to the protocol
};

struct Error {
  ErrorCode code = ErrorCode::io;
  std::string message;
};

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  Result(tl::unexpected<Error> e) : tl::expected<T, Error>(std::move(e)) {}
};

inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

// Passes another call's failure on.
inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace hb
