// A value as somebody wrote it, in the settings file or behind a flag, not yet read as anything.
#pragma once

#include <string>
#include <vector>

namespace hb {

struct Written {
  enum class Form {
    word,    // behind a flag: any value but a list
    text,    // "in quotes"
    number,  // whole
    truth,   // true or false
    date,    // 2026-02-17
    list,    // of any of these
    other,   // which no setting is: a float, a time of day, a table
  };

  Form form = Form::word;
  std::string text{};            // without quotes; decimal for a number
  std::vector<Written> items{};  // of a list
  std::string shown{};           // for an error message, on one line

  // As a flag's value.
  static Written as_word(const std::string& word) {
    return {.form = Form::word, .text = word, .shown = "'" + word + "'"};
  }
};

}  // namespace hb
