#include "bench/peers/driver/redis_peer.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>

#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/partition.h"

namespace hb::bench {

namespace {

constexpr const char* loopback = "127.0.0.1";
constexpr std::size_t preparing_in_flight = 1'000;

struct Free {
  void operator()(redisContext* context) const { redisFree(context); }
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Context = std::unique_ptr<redisContext, Free>;
using Reply = std::unique_ptr<redisReply, Free>;

tl::unexpected<Error> broken(const redisContext* context) {
  return fail(ErrorCode::io,
              std::string("redis: ") + (context == nullptr ? "no memory" : context->errstr));
}

Result<Context> connect_to(std::uint16_t port) {
  Context context(redisConnect(loopback, port));
  if (context == nullptr || context->err != 0) return broken(context.get());
  return context;
}

// The words of one command, kept side by side.
class Words {
 public:
  void clear() {
    text_.clear();
    ends_.clear();
  }
  Words& add(std::string_view word) {
    text_ += word;
    ends_.push_back(text_.size());
    return *this;
  }
  Words& add(std::string_view prefix, std::uint64_t number) {
    char digits[20];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
    text_ += prefix;
    text_.append(digits, end);
    ends_.push_back(text_.size());
    return *this;
  }
  bool append_to(redisContext* context) {
    starts_.clear();
    bytes_.clear();
    std::size_t start = 0;
    for (const std::size_t end : ends_) {
      starts_.push_back(text_.data() + start);
      bytes_.push_back(end - std::exchange(start, end));
    }
    return redisAppendCommandArgv(context, static_cast<int>(starts_.size()), starts_.data(),
                                  bytes_.data()) == REDIS_OK;
  }

 private:
  std::string text_;
  std::vector<std::size_t> ends_;
  std::vector<const char*> starts_;
  std::vector<std::size_t> bytes_;
};

Result<Reply> next_reply(redisContext* context) {
  void* raw = nullptr;
  if (redisGetReply(context, &raw) != REDIS_OK) return broken(context);
  Reply reply(static_cast<redisReply*>(raw));
  if (reply->type == REDIS_REPLY_ERROR) {
    return fail(ErrorCode::io, std::string("redis: ") + reply->str);
  }
  return reply;
}

Result<Reply> ask_once(redisContext* context, Words& words) {
  if (!words.append_to(context)) return broken(context);
  return next_reply(context);
}

std::int64_t number_in(const redisReply& reply) {
  std::int64_t number = 0;
  std::from_chars(reply.str, reply.str + reply.len, number);
  return number;
}

// ---- a connection -----------------------------------------------------------------------------

class RedisLink final : public PeerLink {
 public:
  RedisLink(Context context, std::string sha) : context_(std::move(context)), sha_(std::move(sha)) {
    context_->flags &= ~REDIS_BLOCK;  // so that reads and writes take what is there
  }

  int descriptor() const override { return context_->fd; }

  Result<void> ask(std::span<const ClaimItem> claims) override {
    words_.clear();
    words_.add("EVALSHA").add(sha_).add("", 2 * claims.size());
    for (const ClaimItem& claim : claims) {
      words_.add("p:", claim.packet.value).add("w:", claim.user.value);
    }
    for (const ClaimItem& claim : claims) {
      // Lua's numbers are exact up to 2^53; 31 bits of chance are plenty.
      const std::uint64_t chance = mix64(claim.packet.value ^ mix64(claim.user.value)) >> 33;
      words_.add("", claim.user.value).add("", chance);
    }
    if (!words_.append_to(context_.get())) return broken(context_.get());
    return {};
  }

  Result<bool> flush() override {
    int done = 0;
    if (redisBufferWrite(context_.get(), &done) != REDIS_OK) return broken(context_.get());
    return done != 0;
  }

  Result<void> read(const std::function<void(const PeerAnswer&)>& answered) override {
    if (redisBufferRead(context_.get()) != REDIS_OK) return broken(context_.get());
    while (true) {
      void* raw = nullptr;
      if (redisGetReplyFromReader(context_.get(), &raw) != REDIS_OK) return broken(context_.get());
      if (raw == nullptr) return {};
      const Reply reply(static_cast<redisReply*>(raw));
      if (reply->type != REDIS_REPLY_ARRAY) {
        return fail(ErrorCode::io,
                    std::string("redis: ") + (reply->str != nullptr ? reply->str : "no array"));
      }
      outcomes_.clear();
      for (std::size_t i = 0; i < reply->elements; ++i) {
        outcomes_.push_back(reply->element[i]->integer);
      }
      answered({.outcomes = outcomes_});
    }
  }

 private:
  Context context_;
  std::string sha_;
  Words words_;
  std::vector<ClaimOutcome> outcomes_;
};

// ---- the peer ---------------------------------------------------------------------------------

class RedisPeer final : public Peer {
 public:
  RedisPeer(std::uint16_t port, Context context, std::string sha, std::string version)
      : port_(port),
        context_(std::move(context)),
        sha_(std::move(sha)),
        version_(std::move(version)) {}

  std::string version() const override { return version_; }
  Result<void> prepare(const Work& work) override;
  Result<std::unique_ptr<PeerLink>> connect(std::uint32_t batch) override;
  Result<Books> audit(const Work& work) override;

 private:
  // Asks the commands that fill(i, words) makes for i in 1 .. count, many in flight.
  template <class Fill, class Take>
  Result<void> ask_many(std::uint64_t count, const Fill& fill, const Take& take);

  std::uint16_t port_;
  Context context_;
  std::string sha_;
  std::string version_;
};

template <class Fill, class Take>
Result<void> RedisPeer::ask_many(std::uint64_t count, const Fill& fill, const Take& take) {
  Words words;
  std::uint64_t asked = 0;
  std::uint64_t taken = 0;
  while (taken < count) {
    for (; asked < count && asked - taken < preparing_in_flight; ++asked) {
      words.clear();
      fill(asked + 1, words);
      if (!words.append_to(context_.get())) return broken(context_.get());
    }
    for (; taken < asked; ++taken) {
      const auto reply = next_reply(context_.get());
      if (!reply) return fail(reply.error());
      take(**reply);
    }
  }
  return {};
}

Result<void> RedisPeer::prepare(const Work& work) {
  const auto nothing = [](const redisReply&) {};
  auto packets = ask_many(
      work.packets(),
      [&](std::uint64_t i, Words& words) {
        words.add("HSET")
            .add("p:", i)
            .add("n")
            .add("", work.shares())
            .add("r")
            .add("", static_cast<std::uint64_t>(work.packet_total().fen()));
      },
      nothing);
  if (!packets) return packets;
  return ask_many(
      work.users(),
      [&](std::uint64_t i, Words& words) {
        words.add("SET").add("w:", i).add("",
                                          static_cast<std::uint64_t>(work.wallet_balance().fen()));
      },
      nothing);
}

Result<std::unique_ptr<PeerLink>> RedisPeer::connect(std::uint32_t) {
  auto context = connect_to(port_);
  if (!context) return fail(context.error());
  if (fcntl((*context)->fd, F_SETFL, O_NONBLOCK) != 0) return broken(context->get());
  return std::make_unique<RedisLink>(std::move(*context), sha_);
}

Result<Books> RedisPeer::audit(const Work& work) {
  Books books;
  auto packets = ask_many(
      work.packets(), [](std::uint64_t i, Words& words) { words.add("HGETALL").add("p:", i); },
      [&](const redisReply& hash) {
        std::int64_t sum = 0;
        std::int64_t claims_and_left = 0;
        for (std::size_t i = 0; i + 1 < hash.elements; i += 2) {
          const std::string_view field(hash.element[i]->str, hash.element[i]->len);
          const std::int64_t value = number_in(*hash.element[i + 1]);
          claims_and_left += field == "n" ? value : field == "r" ? 0 : 1;
          if (field == "r") books.in_packets += Amount(value);
          if (field != "n") sum += value;
          if (field != "n" && field != "r") ++books.claims;
        }
        const bool whole = sum == work.packet_total().fen() && claims_and_left == work.shares();
        books.broken_packets += whole ? 0 : 1;
      });
  if (!packets) return fail(packets.error());
  auto wallets = ask_many(
      work.users(), [](std::uint64_t i, Words& words) { words.add("GET").add("w:", i); },
      [&](const redisReply& balance) { books.in_wallets += Amount(number_in(balance)); });
  if (!wallets) return fail(wallets.error());
  return books;
}

}  // namespace

Result<std::unique_ptr<Peer>> open_redis(std::uint16_t port, const std::string& script) {
  auto context = connect_to(port);
  if (!context) return fail(context.error());
  Words words;
  const auto sha = ask_once(context->get(), words.add("SCRIPT").add("LOAD").add(script));
  if (!sha) return fail(sha.error());
  words.clear();
  const auto info = ask_once(context->get(), words.add("INFO").add("server"));
  if (!info) return fail(info.error());
  const std::string_view text((*info)->str, (*info)->len);
  constexpr std::string_view field = "redis_version:";
  const std::size_t at = text.find(field);
  std::string version = "unknown";
  if (at != text.npos) {
    const std::size_t start = at + field.size();
    version = text.substr(start, text.find_first_of("\r\n", start) - start);
  }
  return std::make_unique<RedisPeer>(port, std::move(*context),
                                     std::string((*sha)->str, (*sha)->len), std::move(version));
}

}  // namespace hb::bench
