#include "bench/peers/driver/postgres_peer.h"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/partition.h"

namespace hb::bench {

namespace {

constexpr const char* statement = "claim";
constexpr std::string_view deadlock = "40P01";

struct Free {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* result) const { PQclear(result); }
};
using Connection = std::unique_ptr<PGconn, Free>;
using Answer = std::unique_ptr<PGresult, Free>;

tl::unexpected<Error> broken(PGconn* connection) {
  return fail(ErrorCode::io, std::string("postgres: ") + PQerrorMessage(connection));
}

bool succeeded(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

Result<Connection> connect_to(std::uint16_t port) {
  const std::string where =
      "host=127.0.0.1 user=postgres dbname=postgres sslmode=disable "
      "gssencmode=disable port=" +
      std::to_string(port);
  Connection connection(PQconnectdb(where.c_str()));
  if (PQstatus(connection.get()) != CONNECTION_OK) return broken(connection.get());
  PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr);
  return connection;
}

Result<Answer> carry_out(PGconn* connection, const std::string& sql) {
  Answer answer(PQexec(connection, sql.c_str()));
  if (!succeeded(answer.get())) return broken(connection);
  return answer;
}

std::int64_t number_at(const PGresult* result, int row, int column) {
  const char* const text = PQgetvalue(result, row, column);
  std::int64_t number = 0;
  std::from_chars(text, text + PQgetlength(result, row, column), number);
  return number;
}

// ---- a connection -----------------------------------------------------------------------------

// A parameter: one number, or several as an array.
class Numbers {
 public:
  void clear() { text_.clear(); }
  void add(std::uint64_t number) {
    char digits[20];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
    text_ += text_.empty() ? "" : ",";
    text_.append(digits, end);
  }
  void make_array() { text_ = "{" + text_ + "}"; }
  const char* text() const { return text_.c_str(); }

 private:
  std::string text_;
};

class PostgresLink final : public PeerLink {
 public:
  PostgresLink(Connection connection, bool batches)
      : connection_(std::move(connection)), batches_(batches) {}

  int descriptor() const override { return PQsocket(connection_.get()); }

  Result<void> ask(std::span<const ClaimItem> claims) override {
    // Wallets are then locked in one order by all, and no two transactions wait for each other.
    sorted_.assign(claims.begin(), claims.end());
    std::ranges::sort(sorted_, {}, &ClaimItem::user);
    for (Numbers& parameter : parameters_) parameter.clear();
    for (const ClaimItem& claim : sorted_) {
      parameters_[0].add(claim.packet.value);
      parameters_[1].add(claim.user.value);
      parameters_[2].add(mix64(claim.packet.value ^ mix64(claim.user.value)) >> 33);
    }
    std::array<const char*, 3> texts;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (batches_) parameters_[i].make_array();
      texts[i] = parameters_[i].text();
    }
    // The synchronisation ends the transaction.
    if (PQsendQueryPrepared(connection_.get(), statement, texts.size(), texts.data(), nullptr,
                            nullptr, 0) == 0 ||
        PQpipelineSync(connection_.get()) == 0) {
      return broken(connection_.get());
    }
    ++unanswered_;
    return {};
  }

  Result<bool> flush() override {
    const int left = PQflush(connection_.get());
    if (left < 0) return broken(connection_.get());
    return left == 0;
  }

  Result<void> read(const std::function<void(const PeerAnswer&)>& answered) override {
    if (PQconsumeInput(connection_.get()) == 0) return broken(connection_.get());
    while (unanswered_ > 0 && PQisBusy(connection_.get()) == 0) {
      const Answer answer(PQgetResult(connection_.get()));
      if (answer == nullptr) continue;  // the end of one statement's results
      if (auto taken = take(answer.get(), answered); !taken) return taken;
    }
    return {};
  }

 private:
  // A request is answered by its rows (or an error), and then by the end of its transaction.
  Result<void> take(const PGresult* result,
                    const std::function<void(const PeerAnswer&)>& answered) {
    switch (PQresultStatus(result)) {
      case PGRES_TUPLES_OK:
        outcomes_.clear();
        for (int row = 0; row < PQntuples(result); ++row) {
          outcomes_.push_back(number_at(result, row, 0));
        }
        again_ = false;
        return {};
      case PGRES_PIPELINE_SYNC:
        --unanswered_;
        answered({.again = again_, .outcomes = outcomes_});
        return {};
      case PGRES_FATAL_ERROR: {
        const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        again_ = state != nullptr && state == deadlock;
        if (again_) return {};
        return fail(ErrorCode::io, std::string("postgres: ") + PQresultErrorMessage(result));
      }
      default:
        return fail(ErrorCode::io, "postgres: an answer of no known kind");
    }
  }

  Connection connection_;
  bool batches_;
  std::size_t unanswered_ = 0;
  bool again_ = false;
  std::vector<ClaimItem> sorted_;
  std::array<Numbers, 3> parameters_;
  std::vector<ClaimOutcome> outcomes_;
};

// ---- the peer ---------------------------------------------------------------------------------

class PostgresPeer final : public Peer {
 public:
  PostgresPeer(std::uint16_t port, Connection connection, std::string schema)
      : port_(port), connection_(std::move(connection)), schema_(std::move(schema)) {}

  std::string version() const override {
    return PQparameterStatus(connection_.get(), "server_version");
  }
  Result<void> prepare(const Work& work) override;
  Result<std::unique_ptr<PeerLink>> connect(std::uint32_t batch) override;
  Result<Books> audit(const Work& work) override;

 private:
  std::uint16_t port_;
  Connection connection_;
  std::string schema_;
};

Result<void> PostgresPeer::prepare(const Work& work) {
  const auto series = [](const char* table, std::uint64_t count, const std::string& values) {
    return std::string("INSERT INTO ") + table + " SELECT i, " + values +
           " FROM generate_series(1, " + std::to_string(count) + ") AS i";
  };
  const std::string total = std::to_string(work.packet_total().fen());
  const std::string packet = std::to_string(work.shares()) + ", " + total + ", 0";
  // Each by itself, not in one transaction: rows of a table's own transaction are not logged, and
  // the log would then take every page whole at its first change.
  for (const std::string& sql :
       {schema_, series("packet", work.packets(), packet),
        series("wallet", work.users(), std::to_string(work.wallet_balance().fen())),
        std::string("VACUUM ANALYZE")}) {
    if (auto done = carry_out(connection_.get(), sql); !done) return fail(done.error());
  }
  return {};
}

Result<std::unique_ptr<PeerLink>> PostgresPeer::connect(std::uint32_t batch) {
  constexpr const char* one = "SELECT claim_share($1::bigint, $2::bigint, $3::bigint)";
  constexpr const char* many =
      "SELECT claim_share(p, u, w) FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])"
      " AS t(p, u, w)";
  auto connection = connect_to(port_);
  if (!connection) return fail(connection.error());
  PGconn* const raw = connection->get();
  const Answer prepared(PQprepare(raw, statement, batch == 1 ? one : many, 3, nullptr));
  if (!succeeded(prepared.get()) || PQsetnonblocking(raw, 1) != 0 ||
      PQenterPipelineMode(raw) == 0) {
    return broken(raw);
  }
  return std::make_unique<PostgresLink>(std::move(*connection), batch != 1);
}

Result<Books> PostgresPeer::audit(const Work& work) {
  const auto numbers = [&](const std::string& sql) { return carry_out(connection_.get(), sql); };
  const auto wallets = numbers("SELECT sum(balance)::bigint FROM wallet");
  if (!wallets) return fail(wallets.error());
  const auto packets = numbers(
      "SELECT sum(remaining)::bigint, coalesce(sum(claims), 0)::bigint,"
      " count(*) FILTER (WHERE remaining + coalesce(won, 0) <> " +
      std::to_string(work.packet_total().fen()) + " OR shares_left + coalesce(claims, 0) <> " +
      std::to_string(work.shares()) +
      ") FROM packet LEFT JOIN (SELECT packet, sum(amount) AS won, count(*) AS claims"
      " FROM claim GROUP BY packet) AS c ON c.packet = packet.id");
  if (!packets) return fail(packets.error());
  return Books{.in_wallets = Amount(number_at(wallets->get(), 0, 0)),
               .in_packets = Amount(number_at(packets->get(), 0, 0)),
               .claims = static_cast<std::uint64_t>(number_at(packets->get(), 0, 1)),
               .broken_packets = static_cast<std::uint64_t>(number_at(packets->get(), 0, 2))};
}

}  // namespace

Result<std::unique_ptr<Peer>> open_postgres(std::uint16_t port, const std::string& schema) {
  auto connection = connect_to(port);
  if (!connection) return fail(connection.error());
  return std::make_unique<PostgresPeer>(port, std::move(*connection), schema);
}

}  // namespace hb::bench
