#include "tests/model/journal_audit.h"

#include <vector>

#include "tools/hongbao/verifier/report.h"
#include "tools/hongbao/verifier/verifier.h"

namespace hb::model {

std::optional<std::string> violation_in_journals(EngineUnderTest& engine) {
  std::vector<verifier::ShardJournal> journals;
  for (std::uint16_t s = 0; s < engine.shard_count(); ++s) {
    journals.push_back({"shard " + std::to_string(s), &engine.storage(ShardId{s})});
  }
  const auto audit = verifier::audit_journals(journals, {});
  if (!audit) return "the journals cannot be audited: " + audit.error().message;
  if (audit->balanced()) return std::nullopt;
  return "the audit: " + verifier::to_text(*audit);
}

}  // namespace hb::model
