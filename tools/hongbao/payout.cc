// hongbao payout list|confirm
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "tools/hongbao/command_line.h"
#include "tools/hongbao/conversation.h"

namespace hb::cli {

namespace {

constexpr std::uint32_t page_rows = 100;       // as most servers allow; fewer where they say so
constexpr std::size_t progress_rows = 10'000;  // between two lines of progress

struct ListTyped {
  std::optional<std::uint16_t> shard{};  // nothing: all
  std::optional<std::uint32_t> page{};   // from 1; nothing: all
  std::uint32_t rows = page_rows;
};

using Page = Result<net::Outcome<net::PayoutPage>>;

// Walks the pages of one shard after another.
class PayoutPages {
 public:
  PayoutPages(net::BlockingClient& client, const ListTyped& typed, std::uint16_t shards)
      : client_(client), rows_(typed.rows), shard_(typed.shard.value_or(0)) {
    end_ = typed.shard ? std::uint32_t{*typed.shard} + 1 : shards;
  }

  bool done() const { return shard_ == end_; }
  Page next() {
    Page page = ask();
    const bool too_many = page && page->status == Status::page_out_of_range;
    if (too_many && page->limit > 0 && page->limit < rows_) {
      rows_ = static_cast<std::uint32_t>(page->limit);
      page = ask();
    }
    if (page && succeeded(page->status)) step(page->answer);
    return page;
  }

 private:
  Page ask() {
    return client_.list_payouts({.shard = ShardId(static_cast<std::uint16_t>(shard_)),
                                 .after = after_,
                                 .count_max = rows_});
  }
  void step(const net::PayoutPage& page) {
    if (page.more && !page.payouts.empty()) {
      after_ = page.payouts.back().packet;
    } else {
      after_ = PacketId{};
      ++shard_;
    }
  }

  net::BlockingClient& client_;
  std::uint32_t rows_;
  std::uint32_t shard_;
  std::uint32_t end_ = 0;
  PacketId after_;
};

// The wanted page, or all of them as one.  What holds no rows is no page.
Page gather(PayoutPages& pages, const ListTyped& typed, Console& console) {
  net::Outcome<net::PayoutPage> all;
  std::vector<Payout>& rows = all.answer.payouts;
  std::size_t told_rows = 0;
  for (std::uint32_t number = 1; !pages.done();) {
    Page page = pages.next();
    if (!page || !succeeded(page->status)) return page;
    const std::vector<Payout>& more = page->answer.payouts;
    if (more.empty()) continue;
    all.answer.more = typed.page && number > *typed.page;
    if (all.answer.more) break;
    if (!typed.page || number == *typed.page) rows.insert(rows.end(), more.begin(), more.end());
    ++number;
    if (rows.size() - told_rows < progress_rows) continue;
    told_rows = rows.size();
    console.note(fmt::format("{} payouts read\n", told_rows));
  }
  return all;
}

ExitStatus list(const ListTyped& typed, const CommandLine& line, Console& console) {
  return converse(line, console, [&](net::BlockingClient& client, const net::Welcome& welcome) {
    PayoutPages pages(client, typed, welcome.shards);
    return conclude(console, gather(pages, typed, console), {},
                    [](const net::PayoutPage& page) { return told(page); });
  });
}

void add_list(CLI::App& payout, CommandLine& line) {
  auto* app = payout.add_subcommand("list", "List the refunds owed to external rails");
  app->footer(
      "Examples:\n"
      "  hongbao payout list\n"
      "  hongbao payout list --shard 0 --rows 50 --page 2 --json");
  const auto typed = std::make_shared<ListTyped>();
  add_number(*app, "--shard", typed->shard, bounds::shard, "N", "only this shard's [all]");
  add_number(*app, "--page", typed->page, bounds::page, "N", "only this page [all]");
  add_number(*app, "--rows", typed->rows, bounds::payout_rows, "N", "rows of a page [100]");
  app->callback([&line, typed] {
    line.run = [typed](const CommandLine& l, Console& console) { return list(*typed, l, console); };
  });
}

void add_confirm(CLI::App& payout, CommandLine& line) {
  auto* app = payout.add_subcommand("confirm", "Note that the rail has paid a refund back");
  app->footer("Example:\n  hongbao payout confirm 4097 --reference back-1234");
  const auto command = std::make_shared<ConfirmPayout>();
  add_packet(*app, command->packet);
  add_text(*app, "--reference", command->reference, "TEXT", "the rail's, of the payment back")
      ->required();
  add_key(*app, command->key);
  on_typed(*app, line, command, &net::BlockingClient::confirm_payout);
}

}  // namespace

void add_payout(CLI::App& app, CommandLine& line) {
  auto* payout = app.add_subcommand("payout", "Refunds owed to external rails");
  payout->require_subcommand(1);
  payout->footer(
      "Examples:\n"
      "  hongbao payout list\n"
      "  hongbao payout confirm 4097 --reference back-1234");
  add_list(*payout, line);
  add_confirm(*payout, line);
}

}  // namespace hb::cli
