// SPDX-License-Identifier: BSD-3-Clause
#include "platform/file_lock.h"

#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/error.h"

namespace torchfits {
namespace {

/// 0, or the error.
int lock(int descriptor, int operation) noexcept {
  while (flock(descriptor, operation | LOCK_NB) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

}  // namespace

FileLock::FileLock(const FileHandle& file) : descriptor_(file.descriptor()), owner_(getpid()) {
  if (lock(descriptor_, LOCK_EX) == EWOULDBLOCK) {
    throw FitsError(ErrorCode::io,
                    "the file is open for updating elsewhere, in this process or another; close it "
                    "there first");
  }
}

FileLock::FileLock(FileLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), owner_(other.owner_) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(owner_, other.owner_);
  return *this;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0 && of_this_process()) lock(descriptor_, LOCK_UN);
}

bool FileLock::of_this_process() const noexcept { return owner_ == getpid(); }

bool is_locked(const FileHandle& file) noexcept {
  const auto error = lock(file.descriptor(), LOCK_SH);
  if (error == 0) lock(file.descriptor(), LOCK_UN);
  return error == EWOULDBLOCK;
}

}  // namespace torchfits
