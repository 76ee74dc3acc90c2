// SPDX-License-Identifier: BSD-3-Clause
// One updater at a time. Readers take no lock.
#pragma once

#include <sys/types.h>

#include "platform/file.h"

namespace torchfits {

/// An advisory lock (flock) on an open file, against all other handles, of this process and others.
/// A child of a fork shares the open file and so the lock: it is let go when the process that took
/// it ends this object, or when the last of both has closed the file; a child never lets it go for
/// its parent.
class FileLock {
 public:
  FileLock() = default;
  /// `file` outlives the lock. ErrorCode::io where another handle has it. A file system that has no
  /// locks gives one that excludes nobody.
  explicit FileLock(const FileHandle& file);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

  /// Whether this process took it, and not the one that it was forked from.
  [[nodiscard]] bool of_this_process() const noexcept;

 private:
  int descriptor_ = -1;
  pid_t owner_ = 0;
};

/// Whether some handle has the lock of `file`.
[[nodiscard]] bool is_locked(const FileHandle& file) noexcept;

}  // namespace torchfits
