// The offline proof of the books of a data directory, and that its journals are complete.
#pragma once

#include <ostream>

#include "engine/base/result.h"
#include "tools/hongbao/journal_files.h"
#include "tools/hongbao/verifier/verifier.h"

namespace hb::cli {

// `journals` are those of a whole data directory.  `notes` gets a line when a witness of the
// journals' end could not be read.
// Errors: as verifier::audit_journals; damaged when a journal ends earlier than something else in
//         the directory proves.
Result<verifier::Audit> audit_data_directory(const Journals& journals,
                                             const verifier::Progress& progress,
                                             std::ostream& notes);

}  // namespace hb::cli
