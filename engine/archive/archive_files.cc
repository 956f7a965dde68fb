#include "engine/archive/archive_files.h"

#include <rocksdb/file_system.h>

#include <string>
#include <utility>

namespace hb::archive {
namespace {

using rocksdb::FileOptions;
using rocksdb::FSDirectory;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

// What `call` returns, called as an errand.
template <class Call>
IOStatus sent(const Errand& errand, Call call) {
  IOStatus status;
  errand([&] { status = call(); });
  return status;
}

class WrittenFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WrittenFile(std::unique_ptr<FSWritableFile> file, const Errand& errand)
      : FSWritableFileOwnerWrapper(std::move(file)), errand_(errand) {}

  IOStatus Truncate(std::uint64_t size, const IOOptions& o, IODebugContext* d) override {
    return sent(errand_, [&] { return target()->Truncate(size, o, d); });
  }
  IOStatus Close(const IOOptions& o, IODebugContext* d) override {
    return sent(errand_, [&] { return target()->Close(o, d); });
  }
  IOStatus Sync(const IOOptions& o, IODebugContext* d) override {
    return sent(errand_, [&] { return target()->Sync(o, d); });
  }
  IOStatus Fsync(const IOOptions& o, IODebugContext* d) override {
    return sent(errand_, [&] { return target()->Fsync(o, d); });
  }
  IOStatus RangeSync(std::uint64_t offset, std::uint64_t bytes, const IOOptions& o,
                     IODebugContext* d) override {
    return sent(errand_, [&] { return target()->RangeSync(offset, bytes, o, d); });
  }
  // Comes with each block of a table; seldom is there space to allocate.
  void PrepareWrite(std::size_t offset, std::size_t bytes, const IOOptions& o,
                    IODebugContext* d) override {
    std::size_t block_bytes = 0;
    std::size_t blocks = 0;
    target()->GetPreallocationStatus(&block_bytes, &blocks);
    if (block_bytes == 0 || offset + bytes <= block_bytes * blocks) return;
    errand_([&] { target()->PrepareWrite(offset, bytes, o, d); });
  }
  IOStatus Allocate(std::uint64_t offset, std::uint64_t bytes, const IOOptions& o,
                    IODebugContext* d) override {
    return sent(errand_, [&] { return target()->Allocate(offset, bytes, o, d); });
  }

 private:
  const Errand& errand_;
};

class SyncedDirectory final : public rocksdb::FSDirectoryWrapper {
 public:
  SyncedDirectory(std::unique_ptr<FSDirectory> directory, const Errand& errand)
      : FSDirectoryWrapper(std::move(directory)), errand_(errand) {}

  IOStatus Fsync(const IOOptions& o, IODebugContext* d) override {
    return sent(errand_, [&] { return FSDirectoryWrapper::Fsync(o, d); });
  }
  IOStatus FsyncWithDirOptions(const IOOptions& o, IODebugContext* d,
                               const rocksdb::DirFsyncOptions& how) override {
    return sent(errand_, [&] { return FSDirectoryWrapper::FsyncWithDirOptions(o, d, how); });
  }

 private:
  const Errand& errand_;
};

class Files final : public rocksdb::FileSystemWrapper {
 public:
  explicit Files(Errand errand)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), errand_(std::move(errand)) {}
  const char* Name() const override { return "hongbao.files"; }

  IOStatus NewWritableFile(const std::string& name, const FileOptions& o,
                           std::unique_ptr<FSWritableFile>* file, IODebugContext* d) override {
    return wrapped(file, [&](auto* made) { return target()->NewWritableFile(name, o, made, d); });
  }
  IOStatus ReopenWritableFile(const std::string& name, const FileOptions& o,
                              std::unique_ptr<FSWritableFile>* file, IODebugContext* d) override {
    return wrapped(file,
                   [&](auto* made) { return target()->ReopenWritableFile(name, o, made, d); });
  }
  IOStatus ReuseWritableFile(const std::string& name, const std::string& old_name,
                             const FileOptions& o, std::unique_ptr<FSWritableFile>* file,
                             IODebugContext* d) override {
    return wrapped(
        file, [&](auto* made) { return target()->ReuseWritableFile(name, old_name, o, made, d); });
  }
  IOStatus NewDirectory(const std::string& name, const IOOptions& o,
                        std::unique_ptr<FSDirectory>* directory, IODebugContext* d) override {
    std::unique_ptr<FSDirectory> opened;
    IOStatus status = target()->NewDirectory(name, o, &opened, d);
    if (status.ok()) *directory = std::make_unique<SyncedDirectory>(std::move(opened), errand_);
    return status;
  }
  IOStatus DeleteFile(const std::string& name, const IOOptions& o, IODebugContext* d) override {
    return sent(errand_, [&] { return target()->DeleteFile(name, o, d); });
  }
  IOStatus Truncate(const std::string& name, std::size_t size, const IOOptions& o,
                    IODebugContext* d) override {
    return sent(errand_, [&] { return target()->Truncate(name, size, o, d); });
  }
  IOStatus CreateDir(const std::string& name, const IOOptions& o, IODebugContext* d) override {
    return sent(errand_, [&] { return target()->CreateDir(name, o, d); });
  }
  IOStatus CreateDirIfMissing(const std::string& name, const IOOptions& o,
                              IODebugContext* d) override {
    return sent(errand_, [&] { return target()->CreateDirIfMissing(name, o, d); });
  }
  IOStatus DeleteDir(const std::string& name, const IOOptions& o, IODebugContext* d) override {
    return sent(errand_, [&] { return target()->DeleteDir(name, o, d); });
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& o,
                      IODebugContext* d) override {
    return sent(errand_, [&] { return target()->RenameFile(from, to, o, d); });
  }
  IOStatus LinkFile(const std::string& from, const std::string& to, const IOOptions& o,
                    IODebugContext* d) override {
    return sent(errand_, [&] { return target()->LinkFile(from, to, o, d); });
  }
  IOStatus LockFile(const std::string& name, const IOOptions& o, rocksdb::FileLock** lock,
                    IODebugContext* d) override {
    return sent(errand_, [&] { return target()->LockFile(name, o, lock, d); });
  }

 private:
  template <class Make>
  IOStatus wrapped(std::unique_ptr<FSWritableFile>* file, Make make) {
    std::unique_ptr<FSWritableFile> made;
    IOStatus status = sent(errand_, [&] { return make(&made); });
    if (status.ok()) *file = std::make_unique<WrittenFile>(std::move(made), errand_);
    return status;
  }

  const Errand errand_;
};

}  // namespace

void at_once(const std::function<void()>& job) {
  job();
}

std::unique_ptr<rocksdb::Env> files_through(Errand errand) {
  return rocksdb::NewCompositeEnv(std::make_shared<Files>(std::move(errand)));
}

}  // namespace hb::archive
