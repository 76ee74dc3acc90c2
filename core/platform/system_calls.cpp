// SPDX-License-Identifier: BSD-3-Clause
#include "platform/system_calls.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace torchfits {
namespace {

int make_room(int file, off_t size) {
#ifdef __linux__
  // Not posix_fallocate: where the file system cannot, that one writes to every block.
  return fallocate(file, 0, 0, size);
#else
  (void)file;
  (void)size;
  errno = EOPNOTSUPP;
  return -1;
#endif
}

ssize_t copy_in_kernel(int from, off_t from_offset, int to, off_t to_offset, std::size_t size) {
#ifdef __linux__
  return copy_file_range(from, &from_offset, to, &to_offset, size, 0);
#else
  (void)from, (void)from_offset, (void)to, (void)to_offset, (void)size;
  errno = ENOSYS;
  return -1;
#endif
}

int exchange_names(const char* one, const char* other) {
#ifdef RENAME_EXCHANGE
  return renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE);
#else
  (void)one, (void)other;
  errno = ENOSYS;
  return -1;
#endif
}

}  // namespace

SystemCalls system_calls{
    .pwrite = ::pwrite,
    .ftruncate = ::ftruncate,
    .fallocate = make_room,
    .copy_file_range = copy_in_kernel,
    .fsync = ::fsync,
    .rename = std::rename,
    .exchange = exchange_names,
    .link = ::link,
    .unlink = ::unlink,
};

}  // namespace torchfits
