// expect: no match for .operator==. .*hb::ShardId.*hb::PartitionId
#include "engine/base/ids.h"

bool same(hb::ShardId shard, hb::PartitionId partition) {
#ifdef HB_MUST_NOT_COMPILE
  return shard == partition;
#else
  return shard.value == partition.value;
#endif
}
