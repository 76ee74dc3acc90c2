// SPDX-License-Identifier: BSD-3-Clause
// The calls of the operating system that change files: one table, in which a test puts calls that
// fail.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace torchfits {

struct SystemCalls {
  ssize_t (*pwrite)(int file, const void* bytes, std::size_t size, off_t offset);
  int (*ftruncate)(int file, off_t size);
  int (*fallocate)(int file, off_t size);  ///< without changing what can be read, but for the size
  /// From one file to another without the way through memory.
  ssize_t (*copy_file_range)(int from, off_t from_offset, int to, off_t to_offset,
                             std::size_t size);
  int (*fsync)(int file);
  int (*rename)(const char* from, const char* to);
  /// Two files change names, both there at any moment.
  int (*exchange)(const char* one, const char* other);
  int (*link)(const char* from, const char* to);
  int (*unlink)(const char* path);
};

/// Changed by tests only, while no other thread is in a call.
extern SystemCalls system_calls;

}  // namespace torchfits
