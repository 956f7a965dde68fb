// A case as one document: the case, who did what when and why, its subject's complete history, and
// what moved.
#pragma once

#include "engine/archive/queries.h"
#include "tools/hongbao/answers.h"

namespace hb::cli {

Told told(const CaseRecord& record, const archive::HistoryPage& history);

}  // namespace hb::cli
