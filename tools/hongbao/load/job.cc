#include "tools/hongbao/load/job.h"

#include "engine/base/assert.h"

namespace hb::load {

namespace {

SendPacket send_packet(const Job& job) {
  SendPacket command;
  command.key = job.key;
  command.sender = job.user;
  command.total = job.amount;
  command.share_count = job.share_count;
  command.expires_in = job.expires_in;
  return command;
}

}  // namespace

net::RequestEncoder::Frame encode(net::RequestEncoder& encoder, std::uint64_t id, const Job& job) {
  switch (job.kind) {
    case Job::Kind::claim:
      return encoder.command(id, Time(), job.claims.front());
    case Job::Kind::claim_batch:
      return encoder.claims(id, Time(), job.claims);
    case Job::Kind::send:
      return encoder.command(id, Time(), send_packet(job));
    case Job::Kind::peek:
      return encoder.command(id, Time(),
                             PeekPacket{job.claims.front().packet, job.claims.front().user});
    case Job::Kind::show_packet:
      return encoder.command(id, Time(), ShowPacket{job.claims.front().packet});
    case Job::Kind::show_wallet:
      return encoder.command(id, Time(), ShowWallet{job.user});
    case Job::Kind::open_wallet:
      return encoder.command(id, Time(), OpenWallet{job.key, job.user, {}});
    case Job::Kind::deposit:
      return encoder.command(id, Time(), Deposit{job.key, job.user, job.amount});
  }
  HB_ASSERT(false);
}

}  // namespace hb::load
