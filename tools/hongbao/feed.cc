// hongbao feed: every shard's durable events, from any place on.
#include <fmt/format.h>

#include <limits>
#include <memory>
#include <optional>

#include "tools/hongbao/command_line.h"
#include "tools/hongbao/conversation.h"
#include "tools/hongbao/record_pages.h"
#include "tools/hongbao/text/event_text.h"

namespace hb::cli {

namespace {

// How long one read waits for events at the end, when following.
constexpr Duration follow_wait = Duration::seconds(10);

struct FeedArguments {
  std::optional<std::uint16_t> shard{};
  std::optional<std::uint64_t> from{};
  bool follow = false;
  std::uint64_t count = std::numeric_limits<std::uint64_t>::max();
};

void print(ShardId shard, const journal::Record& record, Console& console) {
  if (console.json) {
    console.print_json(to_json(shard, std::nullopt, record));
  } else {
    console.print(to_text(record) + '\n');
  }
}

// The page's events, `left` at most; `left` is what is left of them after it.
void print(const archive::FeedPage& page, std::uint64_t& left, Console& console) {
  using Iterator = journal::BlockView::Iterator;
  Iterator at(page.records.data(), page.first);
  const Iterator end(page.records.data() + page.records.size(), {});
  for (; at != end && left > 0; ++at, --left) print(page.shard, *at, console);
  console.out.flush();
}

// A place that is not there is told in the feed's own words.
ExitStatus refuse_read(const net::Outcome<archive::FeedPage>& page, Console& console) {
  const std::string words =
      page.status == Status::cursor_invalid
          ? fmt::format("there is no such place yet; the next event will be {}", page.limit)
          : page.message;
  return refuse(console, page.status, page.limit, page.retry_after, words, {});
}

// Nothing: all that was asked for is printed.
std::optional<ExitStatus> read_shard(net::BlockingClient& client, ShardId shard,
                                     const FeedArguments& arguments, std::uint64_t& left,
                                     const CommandLine& line, Console& console) {
  archive::ReadFeed query{.shard = shard, .from = Sequence(arguments.from.value_or(1))};
  if (arguments.follow) query.wait = follow_wait;
  while (left > 0 && console.out.good()) {
    const auto page = ask_patiently(line, console, [&] { return client.read_feed(query); });
    if (!page) return console.fail(page.error());
    if (!succeeded(page->status)) return refuse_read(*page, console);
    print(page->answer, left, console);
    query.from = Sequence(page->answer.first.value + page->answer.count);
    if (!arguments.follow && query.from > page->answer.durable) break;
  }
  return std::nullopt;
}

ExitStatus read_feed(net::BlockingClient& client, std::uint16_t shard_count,
                     const FeedArguments& arguments, const CommandLine& line, Console& console) {
  const bool one_shard = arguments.shard || shard_count == 1;
  if (!one_shard && (arguments.follow || arguments.from)) {
    return console.wrong_usage(
        fmt::format("the server has {} shards, each with its own sequences; name one with --shard",
                    shard_count));
  }
  std::uint64_t left = arguments.count;
  if (one_shard) {
    const ShardId shard(arguments.shard.value_or(0));
    return read_shard(client, shard, arguments, left, line, console).value_or(ExitStatus::done);
  }
  for (std::uint16_t i = 0; i < shard_count && left > 0; ++i) {
    if (!console.json) console.out << "# shard " << i << '\n';
    const auto ended = read_shard(client, ShardId(i), arguments, left, line, console);
    if (ended) return *ended;
  }
  return ExitStatus::done;
}

}  // namespace

void add_feed(CLI::App& app, CommandLine& line) {
  auto* feed = app.add_subcommand("feed", "Print the server's durable events, one a line");
  feed->footer(
      "Ends at the last durable event, or with --follow never.  Without --shard, one shard after\n"
      "the other.  The next --from is the last event's sequence plus one.\n"
      "\n"
      "Examples:\n"
      "  hongbao feed --count 20\n"
      "  hongbao feed --shard 0 --from 1000 --json\n"
      "  hongbao feed --shard 1 --follow");
  const auto arguments = std::make_shared<FeedArguments>();
  add_number(*feed, "--shard", arguments->shard, bounds::shard, "N", "this shard only");
  add_number(*feed, "--from", arguments->from, bounds::sequence, "SEQUENCE",
             "the first event's sequence [1]");
  feed->add_flag("--follow", arguments->follow, "go on with events as they come");
  add_number(*feed, "--count", arguments->count, bounds::events, "N", "at most this many events");
  const auto run = [arguments](const CommandLine& l, Console& console) {
    return converse(l, console, [&](net::BlockingClient& client, const net::Welcome& welcome) {
      return read_feed(client, welcome.shards, *arguments, l, console);
    });
  };
  feed->callback([&line, run] { line.run = run; });
}

}  // namespace hb::cli
