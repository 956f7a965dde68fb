// The records' queries: pages made from one moment of the archive.
//
// Cost:    a page of lists reads the events of each packet on it, some 500 at most.
// Threads: any, one at a time.
// Errors:  as the archive's; what the query itself does wrong is a Status in the reply.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/archive/archive.h"
#include "engine/archive/queries.h"
#include "engine/base/result.h"

namespace hb::archive {

class Records {
 public:
  // `page_rows_max` bounds count_max.
  Records(const Archive& archive, std::uint16_t shard_count, std::uint32_t page_rows_max)
      : archive_(&archive), shard_count_(shard_count), page_rows_max_(page_rows_max) {}

  // `durable` is each shard's last durable event, to tell how far behind the answer is.
  // REQUIRES: not a ReadFeed.
  Result<QueryReply> answer(const Query& query, const std::vector<Sequence>& durable) const;

 private:
  template <class Page, class MakeEntry>
  Result<QueryReply> list(char kind, UserId user, const Cursor& cursor, std::uint32_t count_max,
                          const std::vector<Sequence>& durable, const MakeEntry& make) const;
  Result<QueryReply> answer_one(const ListSent& query, const std::vector<Sequence>& durable) const;
  Result<QueryReply> answer_one(const ListReceived& query,
                                const std::vector<Sequence>& durable) const;
  Result<QueryReply> answer_one(const ListStatement& query,
                                const std::vector<Sequence>& durable) const;
  Result<QueryReply> answer_one(const ShowHistory& query,
                                const std::vector<Sequence>& durable) const;
  Result<QueryReply> answer_one(const CaseBundle& query,
                                const std::vector<Sequence>& durable) const;
  Result<QueryReply> answer_one(const ReadFeed& query, const std::vector<Sequence>& durable) const;

  Result<QueryReply> bundle_part(const View& view, CaseId case_id, PacketId subject,
                                 const std::string& from, std::size_t count_max,
                                 const std::vector<Sequence>& durable) const;
  template <class Page>
  Result<QueryReply> told(const View& view, Page page, const std::vector<Sequence>& durable) const;
  Result<std::vector<AsOf>> as_of(const View& view, const std::vector<Sequence>& durable) const;
  Result<AsOf> as_of(const View& view, ShardId shard, const std::vector<Sequence>& durable) const;
  Result<QueryReply> not_found(const View& view, Status unknown, PartitionId partition,
                               const std::vector<Sequence>& durable) const;

  const Archive* archive_;
  std::uint16_t shard_count_;
  std::uint32_t page_rows_max_;
};

}  // namespace hb::archive
