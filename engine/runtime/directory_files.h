// The files of one directory: listed without gaps, made without replacing, replaced atomically.
//
// Every function takes the directory's descriptor and its path; the path is for messages only.
//
// Threads: any; blocking.
// Errors:  as system_error(); each names the file or the directory.
// Durable: what a function has made, replaced or removed survives a crash once it has returned.
//          After an error either state may be found.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/port/storage.h"

namespace hb {

// The regular files, sorted by name.  An entry that cannot be read is an error, never an end:
// a listing that misses a file would make its content look lost.
Result<std::vector<FileEntry>> list_files(int directory_fd, const std::string& directory);

// Renames `unfinished` to `name`.  An existing `name` is an error and stays as it is.
Result<void> give_name(int directory_fd, const std::string& directory,
                       const std::string& unfinished, const std::string& name);

// Makes or replaces a small file: a crash leaves the old content or the new, whole.
Result<void> replace_file(int directory_fd, const std::string& directory, const std::string& name,
                          std::span<const std::byte> content);

Result<void> remove_file(int directory_fd, const std::string& directory, const std::string& name);

// The whole content; an error when the file is larger than `bytes_max`.
Result<std::string> read_file(int directory_fd, const std::string& directory,
                              const std::string& name, std::size_t bytes_max);

// Whether there is anything of that name.
Result<bool> file_exists(int directory_fd, const std::string& directory, const std::string& name);

// Makes durable which names the directory holds.
Result<void> sync_directory(int directory_fd, const std::string& directory);

}  // namespace hb
