#include "tools/hongbao/data_audit.h"

#include <vector>

#include "engine/runtime/data_directory.h"
#include "tools/hongbao/text/event_text.h"

namespace hb::cli {

Result<verifier::Audit> audit_data_directory(const Journals& journals,
                                             const verifier::Progress& progress,
                                             std::ostream& notes) {
  note_archive_problem(journals, notes);
  std::vector<verifier::ShardJournal> shards;
  for (const JournalFiles& files : journals.files) {
    shards.push_back({files.path, files.storage.get()});
  }
  const auto in_use = DataDirectory::in_use(journals.path);
  if (!in_use) return fail(in_use.error());
  const auto writing = *in_use ? verifier::Writing::going_on : verifier::Writing::stopped;
  auto audit = verifier::audit_journals(shards, progress, writing);
  if (!audit) return audit;
  for (std::size_t i = 0; i < audit->shards.size(); ++i) {
    const auto complete = journals.files[i].check_complete(audit->shards[i].tail);
    if (!complete) return fail(complete.error());
  }
  return audit;
}

}  // namespace hb::cli
