// SPDX-License-Identifier: BSD-3-Clause
#include "io/file_source.h"

#include <algorithm>
#include <utility>

#include "base/defaults.h"
#include "base/error.h"
#include "base/stats.h"
#include "io/file_windows.h"
#include "io/memory_source.h"
#include "io/range_groups.h"
#include "platform/file.h"
#include "platform/undo_journal.h"

namespace torchfits {
namespace {

class FileSource final : public ByteSource {
 public:
  FileSource(FileHandle file, const FileIdentity& identity, std::string name, std::uint64_t size)
      : name_(std::move(name)),
        opened_(identity),
        size_(std::min(identity.size, size)),
        windows_(std::move(file)),
        head_(size_ <= kSmallFileBytes ? size_ : kHeadBytes) {
    if (windows_.file().read_at(0, head_.span()) != head_.size()) throw changed();
    stats().files_opened.fetch_add(1, std::memory_order_relaxed);
  }

  [[nodiscard]] std::uint64_t extent(std::uint64_t wanted) const override {
    return std::min(wanted, size_);
  }

  [[nodiscard]] const std::string& name() const noexcept override { return name_; }

 private:
  void deliver(std::span<const ByteRange> ranges, const Consume& consume,
               const Usage& usage) const override {
    RangeGroups request(ranges, size_);
    stats().bytes_read.fetch_add(request.wanted(), std::memory_order_relaxed);
    if (request.span().end() <= head_.size())
      return lend_ranges(head_.span(), ranges, request, usage.weight, consume);
    try {
      windows_.for_each(size_, ranges, request, consume, usage);
    } catch (const FitsError&) {
      check_unchanged();  // a complaint about bytes of another file would mislead
      throw;
    }
    check_unchanged();
  }

  void check_unchanged() const {
    if (windows_.file().identity() != opened_) throw changed();
  }

  static FitsError changed() {
    return {ErrorCode::changed,
            "the file was changed (size or modification time) after it was opened; open it again"};
  }

  std::string name_;
  FileIdentity opened_;
  std::uint64_t size_;  ///< of the part that is read
  FileWindows windows_;
  Scratch head_;
};

}  // namespace

std::shared_ptr<const ByteSource> open_file(const std::string& path) {
  try {
    FileIdentity identity;
    auto file = FileHandle::open_for_reading(path, identity);
    // Smaller ones are not changed in place but within one page, or replaced.
    if (identity.size > kReplacedBytes) check_not_interrupted(file, path);
    return open_file(std::move(file), identity, path);
  } catch (FitsError& error) {
    error.in_file(path);
    throw;
  }
}

std::shared_ptr<const ByteSource> open_file(FileHandle file, const FileIdentity& identity,
                                            std::string name, std::uint64_t size) {
  return std::make_shared<const FileSource>(std::move(file), identity, std::move(name), size);
}

}  // namespace torchfits
