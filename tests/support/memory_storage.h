// A disk in memory, for tests: it completes, fails, fills up and loses power when told to.
//
// Normally every start_... call is done at the next poll().  With hold_completions(true) a test
// decides what is done and in which order.  When power is lost, each write that was not done
// survives in part: unit by unit (512 or 4096 bytes) either its new bytes are there or the old
// ones.
//
// Threads:    one.
// Errors:     as told; after power is lost every call fails with io until restart().
// Invariants: equal calls and seeds give equal bytes; a buffer handed to start_write that its owner
//             changes before the write is done fails an assertion.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/port/storage.h"

namespace hb::test {

class MemoryStorage final : public Storage {
 public:
  // ---- what a test tells it ----

  void hold_completions(bool hold) { hold_ = hold; }
  // start_... calls that are not done, oldest first.
  std::size_t held() const { return pending_.size(); }
  // What the `index`-th of these is.
  bool held_is_creation(std::size_t index) const { return pending_.at(index).creates; }
  std::uint64_t held_offset(std::size_t index) const { return pending_.at(index).offset; }
  std::size_t held_bytes(std::size_t index) const { return pending_.at(index).bytes.size(); }
  // The `index`-th of these is done now; the next poll() tells.
  void complete(std::size_t index);
  void complete_all();

  // The `nth` start_write from now on (1: the next) fails with io when it would be done.
  void fail_write(std::uint64_t nth) { fail_write_at_ = writes_ + nth; }
  // Creations and small files fail with no_space.
  void set_no_space(bool on) { no_space_ = on; }

  // Power is lost in the midst of the `nth` changing call from now on (1: the next).
  void lose_power_at(std::uint64_t nth) { lose_power_at_ = changes_ + nth; }
  void lose_power();
  bool has_power() const { return power_; }
  // Power is back; all open files are gone.  What was not done is torn, as the seed has it.
  void restart(std::uint64_t seed);

  // Changing calls so far: start_create, start_write, cut, write_file, remove.
  std::uint64_t changes() const { return changes_; }
  std::uint64_t writes() const { return writes_; }

  // A file's bytes, to look at and to damage.
  std::vector<std::byte>& bytes(std::string_view name);
  bool exists(std::string_view name) const { return files_.contains(name); }
  void put(std::string_view name, std::vector<std::byte> bytes);
  void erase(std::string_view name) { files_.erase(files_.find(name)); }

  // ---- Storage ----

  Result<std::vector<FileEntry>> list() override;
  Result<FileId> open(std::string_view name, OpenMode mode) override;
  void close(FileId file) override;
  Result<std::size_t> read(FileId file, std::uint64_t offset, std::span<std::byte> into) override;
  Result<void> cut(FileId file, std::uint64_t offset) override;
  Result<void> write_file(std::string_view name, std::span<const std::byte> content) override;
  Result<void> remove(std::string_view name) override;
  void start_create(std::string_view name, std::uint64_t bytes, std::uint64_t token) override;
  void start_write(FileId file, std::uint64_t offset, std::span<const std::byte> from,
                   std::uint64_t token) override;
  std::size_t poll(std::span<Completion> completions) override;

 private:
  using File = std::shared_ptr<std::vector<std::byte>>;

  // A call that is not done.
  struct Pending {
    bool creates = false;
    bool fails = false;
    std::uint64_t token = 0;
    std::string name;  // of a creation
    File file;         // what is written to, or the new file
    std::uint64_t offset = 0;
    std::vector<std::byte> bytes;  // of a write, as they were when it was started
    std::span<const std::byte> source;
  };
  struct Open {
    File file;
    OpenMode mode = OpenMode::read;
  };

  // Counts a changing call.  False when there is no power for it at all; when power is lost in its
  // midst it is still true, and has_power() is false.
  bool begin_change();
  void finish(Pending call);
  FileId add_open(File file, OpenMode mode);
  static void store(const Pending& write, std::size_t from, std::size_t bytes);
  void tear(const Pending& call, std::mt19937_64& random);

  std::map<std::string, File, std::less<>> files_;
  std::map<std::uint32_t, Open> open_;
  std::uint32_t next_file_ = 1;
  std::deque<Pending> pending_;
  std::vector<Pending> lost_;  // will never be done: failed, or caught by the loss of power
  std::deque<Completion> completions_;
  bool hold_ = false;
  bool no_space_ = false;
  bool power_ = true;
  std::uint64_t changes_ = 0;
  std::uint64_t writes_ = 0;
  std::uint64_t lose_power_at_ = 0;
  std::uint64_t fail_write_at_ = 0;
};

}  // namespace hb::test
