// hongbao send: puts money into a packet.
#include <chrono>
#include <memory>
#include <vector>

#include "tools/hongbao/command_line.h"
#include "tools/hongbao/conversation.h"

namespace hb::cli {

namespace {

struct SendTyped {
  SendPacket packet{};
  Duration opens_in{};
  std::vector<UserId> recipients{};
};

Time wall_clock() {
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return Time(duration_cast<microseconds>(since_epoch).count());
}

// --to may be given again, and may name several users each time.
void add_recipients(CLI::App& app, std::vector<UserId>& into) {
  const auto take = [&into](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      const auto user = parse_id(text);
      if (!user) throw CLI::ValidationError("--to", "'" + text + "' is not a user's number");
      into.emplace_back(*user);
    }
  };
  app.add_option_function<std::vector<std::string>>(
         "--to", take, "who may claim: one user of a direct packet, many of an exclusive one")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("USER[,USER...]");
}

void add_money(CLI::App& app, SendPacket& packet) {
  add_user(app, "--from", packet.sender, "the sender, whose wallet pays")->required();
  add_amount(app, "--total", packet.total, "what all shares come to")->required();
  add_number(app, "--shares", packet.share_count, bounds::send_shares, "N",
             "how many can claim [direct: 1, exclusive: one for each named user]");
  add_name(app, "--funding", packet.funding, "SOURCE",
           "where the money comes from: wallet, or external, a rail outside [wallet]");
  add_text(app, "--reference", packet.reference, "TEXT", "the external rail's, of its payment");
}

void add_rules(CLI::App& app, SendPacket& packet) {
  add_name(app, "--kind", packet.kind, "KIND",
           "lucky: shares differ by chance; even: all alike; direct, exclusive: for the users that "
           "--to names [lucky]");
  add_name(app, "--split", packet.split, "SPLIT",
           "double_mean, order_fair (waiting gains nothing) or equal [the server's for the kind]");
  add_text(app, "--code", packet.code, "TEXT", "a word that claimers must know");
  add_name(app, "--sender-may-claim", packet.sender_may_claim, "yes|no",
           "[yes for lucky and even, no for the others]");
  app.add_flag("--recallable", packet.recallable, "the sender may take the rest back early");
}

void add_times(CLI::App& app, SendTyped& typed) {
  auto* in = add_duration(app, "--opens-in", typed.opens_in, bounds::ahead,
                          "closed until then, by this machine's clock [open at once]");
  add_value(app, "--opens-at", typed.packet.opens_at, parse_time, "TIME",
            "a time like 2026-02-16T12:00:00Z, or in microseconds since 1970",
            "closed until then; 2026-02-16T12:00:00Z, or microseconds since 1970")
      ->excludes(in);
  add_duration(app, "--expires-in", typed.packet.expires_in, bounds::life,
               "from opening; then the rest goes back [the server's setting, 24h]");
}

void add_texts(CLI::App& app, SendPacket& packet) {
  add_text(app, "--remark", packet.remark, "TEXT", "the sender's words");
  add_text(app, "--group", packet.group, "ID", "the chat group it is sent to, for records");
}

SendPacket command_of(const SendTyped& typed) {
  SendPacket command = typed.packet;
  if (typed.opens_in != Duration{}) command.opens_at = wall_clock() + typed.opens_in;
  command.recipients_count = static_cast<std::uint32_t>(typed.recipients.size());
  if (command.key.empty()) command.key = net::random_key();
  return command;
}

ExitStatus send(const SendTyped& typed, const CommandLine& line, Console& console) {
  return converse(line, console, [&](net::BlockingClient& client, const net::Welcome&) {
    const SendPacket command = command_of(typed);
    return conclude(
        console, client.send(command, typed.recipients), command.key,
        [&](const SendAnswer& answer) { return told(answer, command); }, ids_of(command));
  });
}

}  // namespace

void add_send(CLI::App& app, CommandLine& line) {
  auto* send_app = app.add_subcommand("send", "Send a packet");
  send_app->footer(
      "With --key, name the opening by --opens-at: --opens-in is another time at each call, so "
      "the\n"
      "repeated command would not be the same.\n"
      "\n"
      "Examples:\n"
      "  hongbao send --from 7 --total 20.00 --shares 10\n"
      "  hongbao send --from 7 --total 20.00 --shares 10 --split order_fair --code 发财\n"
      "  hongbao send --from 7 --total 8.88 --shares 1 --kind even --expires-in 10m --remark 恭喜\n"
      "  hongbao send --from 7 --total 5.20 --kind direct --to 8 --recallable\n"
      "  hongbao send --from 7 --total 9.00 --kind exclusive --to 8,9,10 --opens-in 1h\n"
      "  hongbao send --from 7 --total 50.00 --shares 5 --funding external --reference pay-1234");
  const auto typed = std::make_shared<SendTyped>();
  add_money(*send_app, typed->packet);
  add_rules(*send_app, typed->packet);
  add_recipients(*send_app, typed->recipients);
  add_times(*send_app, *typed);
  add_texts(*send_app, typed->packet);
  add_key(*send_app, typed->packet.key);
  send_app->callback([&line, typed] {
    line.run = [typed](const CommandLine& l, Console& console) { return send(*typed, l, console); };
  });
}

}  // namespace hb::cli
