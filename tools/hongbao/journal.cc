// hongbao journal cat|check: what the journals hold, and whether they are whole.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "engine/journal/reader.h"
#include "engine/journal/segment_seal.h"
#include "tools/hongbao/command_line.h"
#include "tools/hongbao/journal_files.h"
#include "tools/hongbao/text/event_text.h"

namespace hb::cli {

namespace {

using Json = nlohmann::ordered_json;

struct JournalArguments {
  std::string directory{};
  std::optional<std::uint16_t> shard{};
  std::uint64_t from = 1;
  std::uint64_t to = std::numeric_limits<std::uint64_t>::max();
};
using Arguments = std::shared_ptr<JournalArguments>;

// The journals that were asked for.
Result<std::vector<JournalFiles>> open_selected(const JournalArguments& arguments,
                                                Console& console) {
  auto opened = open_journals_or_one(arguments.directory);
  if (!opened) return fail(std::move(opened.error()));
  note_archive_problem(*opened, console.err);
  Result<std::vector<JournalFiles>> journals(std::move(opened->files));
  if (!arguments.shard) return journals;
  std::erase_if(*journals, [&](const JournalFiles& files) {
    return files.identity && files.identity->shard.value != *arguments.shard;
  });
  if (journals->empty()) {
    return fail(ErrorCode::invalid,
                fmt::format("{} has no shard {}", arguments.directory, *arguments.shard));
  }
  return journals;
}

Result<journal::Reader> open_reader(const JournalFiles& files) {
  return journal::Reader::open(*files.storage, {.identity = files.identity});
}

ShardId shard_of(const journal::Reader& reader) {
  return reader.identity() ? reader.identity()->shard : ShardId{};
}

// ---- cat ----------------------------------------------------------------------------------------

void print(const journal::Reader& reader, const journal::BlockView& block,
           const journal::Record& record, Console& console) {
  if (console.json) {
    console.print_json(to_json(shard_of(reader), block.position_of(record), record));
  } else {
    console.print(to_text(record) + '\n');
  }
}

Result<void> cat(const JournalFiles& files, const JournalArguments& arguments, Console& console) {
  auto reader = open_reader(files);
  if (!reader) return fail(std::move(reader.error()));
  for (;;) {
    auto block = reader->next();
    if (!block) return fail(std::move(block.error()));
    if (!block->has_value()) break;
    for (const journal::Record record : **block) {
      if (record.sequence.value > arguments.to || !console.out) return {};
      if (record.sequence.value >= arguments.from) print(*reader, **block, record, console);
    }
  }
  if (!console.json && reader->tail().torn()) {
    console.note(files.path + ": " + tail_text(reader->tail()) + '\n');
  }
  return {};
}

ExitStatus cat_all(const JournalArguments& arguments, const CommandLine&, Console& console) {
  const auto journals = open_selected(arguments, console);
  if (!journals) return console.fail(journals.error());
  for (const JournalFiles& files : *journals) {
    if (!console.json && journals->size() > 1) console.print("# " + files.path + '\n');
    const auto printed = cat(files, arguments, console);
    if (!printed) return console.fail(in_directory(files.path, printed.error()));
  }
  return ExitStatus::done;
}

// ---- check --------------------------------------------------------------------------------------

// What a journal holds and how far it is good.
struct Check {
  ShardId shard{};
  std::uint64_t segments = 0;
  std::uint64_t blocks = 0;
  std::uint64_t events = 0;
  Time first_at{};
  Time last_at{};
  journal::Tail tail{};
  journal::Seal newest_seal{};
  std::optional<Error> error{};
};

Result<void> read_blocks(const JournalFiles& files, Check& check) {
  auto reader = open_reader(files);
  if (!reader) return fail(std::move(reader.error()));
  for (;;) {
    auto block = reader->next();
    if (!block) return fail(std::move(block.error()));
    if (!block->has_value()) break;
    ++check.blocks;
    check.segments = (*block)->position().segment;
    for (const journal::Record record : **block) {
      if (check.events++ == 0) check.first_at = record.event->at;
      check.last_at = record.event->at;
    }
  }
  check.shard = shard_of(*reader);
  check.tail = reader->tail();
  check.segments = check.tail.end.segment;
  return {};
}

Check check_journal(const JournalFiles& files) {
  Check check;
  if (files.identity) check.shard = files.identity->shard;
  if (auto read = read_blocks(files, check); !read) {
    check.error = in_directory(files.path, read.error());
    return check;
  }
  if (auto complete = files.check_complete(check.tail); !complete) {
    check.error = complete.error();
    return check;
  }
  auto seal = journal::check_seals(*files.storage);
  if (seal) {
    check.newest_seal = *seal;
  } else {
    check.error = in_directory(files.path, seal.error());
  }
  return check;
}

Json check_json(const JournalFiles& files, const Check& check) {
  Json json{{"shard", check.shard.value},       {"path", files.path},
            {"good", !check.error.has_value()}, {"segments", check.segments},
            {"blocks", check.blocks},           {"events", check.events},
            {"first_at", check.first_at.us()},  {"last_at", check.last_at.us()}};
  if (check.error) {
    json["error"] = name(check.error->code);
    json["message"] = check.error->message;
    return json;
  }
  json["tail"] = tail_json(check.tail);
  json["seals"] = check.newest_seal.segment;
  json["seal_chain"] =
      check.newest_seal.segment == 0 ? Json() : Json(to_hex(check.newest_seal.chain));
  return json;
}

std::string check_text(const JournalFiles& files, const Check& check) {
  std::string text =
      fmt::format("{}: {}, {}, {}\n", files.path, count_of(check.segments, "segment"),
                  count_of(check.blocks, "block"), count_of(check.events, "event"));
  auto out = std::back_inserter(text);
  if (check.events > 0) {
    fmt::format_to(out, "  from {} to {}\n", format_time(check.first_at),
                   format_time(check.last_at));
  }
  if (check.error) {
    fmt::format_to(out, "  {}: {}\n", name(check.error->code), check.error->message);
    return text;
  }
  fmt::format_to(out, "  every checksum and link is good; {}\n", tail_text(check.tail));
  if (check.newest_seal.segment == 0) {
    text += "  no segment is sealed yet\n";
  } else {
    fmt::format_to(out, "  {} sealed, unaltered; chain {}\n",
                   count_of(check.newest_seal.segment, "segment"), to_hex(check.newest_seal.chain));
  }
  return text;
}

ExitStatus check_all(const JournalArguments& arguments, const CommandLine&, Console& console) {
  const auto journals = open_selected(arguments, console);
  if (!journals) return console.fail(journals.error());
  std::optional<Error> first_error;
  std::string text;
  Json shards = Json::array();
  for (const JournalFiles& files : *journals) {
    const Check check = check_journal(files);
    if (!first_error) first_error = check.error;
    text += check_text(files, check);
    shards.push_back(check_json(files, check));
  }
  Json json{{"good", !first_error.has_value()}, {"shards", std::move(shards)}};
  if (!first_error) return console.tell(json, text + "journals are good\n");
  json["error"] = name(first_error->code);
  json["message"] = first_error->message;
  return console.tell(json, text + "journals are NOT good\n", ExitStatus::failed);
}

// ---- both ---------------------------------------------------------------------------------------

using Act = ExitStatus (*)(const JournalArguments&, const CommandLine&, Console&);

CLI::App& add_act(CLI::App& app, CommandLine& line, const char* name, const char* help,
                  const Arguments& arguments, Act act) {
  auto* act_app = app.add_subcommand(name, help);
  act_app
      ->add_option("dir", arguments->directory, "the server's data directory, or one shard's in it")
      ->type_name("DIR")
      ->required();
  add_number(*act_app, "--shard", arguments->shard, bounds::shard, "N", "this shard only");
  act_app->callback([&line, arguments, act] {
    if (arguments->from > arguments->to) {
      throw CLI::ValidationError("--to", "it is before --from");
    }
    line.run = [arguments, act](const CommandLine& l, Console& console) {
      return act(*arguments, l, console);
    };
  });
  return *act_app;
}

}  // namespace

void add_journal(CLI::App& app, CommandLine& line) {
  auto* journal_app = app.add_subcommand("journal", "Read the journals of a data directory");
  journal_app->require_subcommand(1);
  journal_app->footer(
      "A server may be running on the directory; its newest events may then be missing here.\n"
      "\n"
      "Examples:\n"
      "  hongbao journal cat ./data --from 100 --to 120\n"
      "  hongbao journal cat ./data --json | grep '\"user\":7,'\n"
      "  hongbao journal check ./data");
  const auto arguments = std::make_shared<JournalArguments>();
  auto& cat_app =
      add_act(*journal_app, line, "cat", "Print the events, one a line", arguments, cat_all);
  add_number(cat_app, "--from", arguments->from, bounds::sequence, "SEQUENCE",
             "the first event's sequence");
  add_number(cat_app, "--to", arguments->to, bounds::sequence, "SEQUENCE",
             "the last event's sequence");
  add_act(*journal_app, line, "check", "Check every block, link and seal", arguments, check_all);
}

}  // namespace hb::cli
