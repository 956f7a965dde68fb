// What the check of a draw found, in words and as JSON.
#pragma once

#include <optional>

#include "tools/hongbao/answers.h"
#include "tools/hongbao/split_check.h"

namespace hb::cli {

Told told(const SplitCheck& check, const net::PacketRecord& shown,
          const std::optional<Digest256>& noted);

// Of a packet without its seed there is nothing to check.
Told told_without_seed(const net::PacketRecord& shown);

}  // namespace hb::cli
