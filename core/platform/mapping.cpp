// SPDX-License-Identifier: BSD-3-Clause
#include "platform/mapping.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

#include "base/error.h"

namespace torchfits {
namespace {

std::size_t page_bytes() {
  static const auto bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

}  // namespace

MappedWindow::MappedWindow(const FileHandle& file, ByteRange range) {
  if (range.length == 0) return;
  const auto page = page_bytes();
  const auto skip = range.offset % page;
  const auto length = checked_add(range.length, skip);
  const auto end = checked_add(range.offset, range.length);
  if (!end || *end > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max()) || !length ||
      *length > std::numeric_limits<std::size_t>::max() - page) {
    throw FitsError::io("map the file", EOVERFLOW);
  }
  mapped_ = (*length + page - 1) / page * page;
  void* pages = mmap(nullptr, mapped_, PROT_READ, MAP_PRIVATE, file.descriptor(),
                     static_cast<off_t>(range.offset - skip));
  if (pages == MAP_FAILED) throw FitsError::io("map the file", errno);
  pages_ = static_cast<std::byte*>(pages);
  bytes_ = {pages_ + skip, static_cast<std::size_t>(range.length)};
  try {
    guard_.emplace(pages_, mapped_);
  } catch (...) {
    munmap(pages_, mapped_);
    throw;
  }
}

MappedWindow::~MappedWindow() {
  guard_.reset();  // before the addresses can belong to anybody else
  if (pages_ == nullptr) return;
  // munmap alone holds up all other mappings of the process as long as it takes (Linux before 6.17
  // does so either way).
  madvise(pages_, mapped_, MADV_DONTNEED);
  munmap(pages_, mapped_);
}

}  // namespace torchfits
