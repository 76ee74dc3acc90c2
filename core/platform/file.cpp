// SPDX-License-Identifier: BSD-3-Clause
#include "platform/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/vfs.h>
#endif

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include "base/error.h"

namespace torchfits {
namespace {

FileIdentity identify(const struct stat& status) {
#ifdef __APPLE__
  const auto& modified = status.st_mtimespec;
#else
  const auto& modified = status.st_mtim;
#endif
  return {.device = static_cast<std::uint64_t>(status.st_dev),
          .inode = static_cast<std::uint64_t>(status.st_ino),
          .size = static_cast<std::uint64_t>(status.st_size),
          .modified_ns = static_cast<std::int64_t>(modified.tv_sec) * 1'000'000'000 +
                         static_cast<std::int64_t>(modified.tv_nsec)};
}

struct stat status_of(int descriptor) {
  struct stat status{};
  if (fstat(descriptor, &status) != 0) throw FitsError::io("fstat", errno);
  return status;
}

FitsError not_a_file(const char* kind) {
  return {ErrorCode::io, std::string("is a ") + kind +
                             ", not a regular file; pass the path of a FITS file, or read it and "
                             "pass the bytes"};
}

void require_regular(mode_t mode) {
  if (S_ISREG(mode)) return;
  if (S_ISDIR(mode)) throw not_a_file("directory");
  if (S_ISFIFO(mode)) throw not_a_file("pipe (FIFO)");
  if (S_ISSOCK(mode)) throw not_a_file("socket");
  throw not_a_file("device");
}

bool fits_off_t(std::uint64_t offset, std::uint64_t length) {
  const auto end = checked_add(offset, length);
  return end && *end <= static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
}

}  // namespace

FileHandle FileHandle::open_for_reading(const std::string& path, FileIdentity& identity) {
  // A path with a NUL would silently open another file. O_NONBLOCK: opening a pipe does not wait
  // for its writer.
  if (path.find('\0') != std::string::npos) {
    throw FitsError(ErrorCode::value, "the path contains a NUL character");
  }
  int descriptor = -1;
  do {
    descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0 && errno == ENXIO) throw not_a_file("socket");
  if (descriptor < 0) throw FitsError::io("open", errno);
  FileHandle file(descriptor);
  const auto status = status_of(descriptor);
  require_regular(status.st_mode);
  identity = identify(status);
  return file;
}

FileHandle::FileHandle(FileHandle&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileHandle& FileHandle::operator=(FileHandle&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileHandle::~FileHandle() {
  if (descriptor_ >= 0) close(descriptor_);
}

FileIdentity FileHandle::identity() const { return identify(status_of(descriptor_)); }

bool FileHandle::on_network() const noexcept {
#ifdef __linux__
  // Numbers of statfs(2) and linux/magic.h.
  static constexpr std::array<std::uint32_t, 17> kRemote = {
      0x6969,      // NFS
      0x517B,      // SMB
      0xFE534D42,  // SMB2
      0xFF534D42,  // CIFS
      0x65735546,  // FUSE
      0x0BD00BD0,  // Lustre
      0x00C36400,  // Ceph
      0x47504653,  // GPFS
      0x5346414F,  // AFS (OpenAFS)
      0x6B414653,  // AFS (Linux)
      0x01021997,  // 9P
      0x73757245,  // Coda
      0x564C,      // NCP
      0x19830326,  // BeeGFS
      0xAAD7AAEA,  // PanFS
      0x786F4256,  // VirtualBox shared folder
      0x01161970,  // GFS2
  };
  struct statfs system{};
  if (fstatfs(descriptor_, &system) != 0) return true;  // unknown: take the careful way
  const auto type = static_cast<std::uint32_t>(system.f_type);
  return std::find(kRemote.begin(), kRemote.end(), type) != kRemote.end();
#else
  return false;
#endif
}

std::size_t FileHandle::read_at(std::uint64_t offset, ByteSpan into) const {
  if (!fits_off_t(offset, into.size())) throw FitsError::io("read", EOVERFLOW);
  std::size_t done = 0;
  while (done < into.size()) {
    const auto got = pread(descriptor_, into.data() + done, into.size() - done,
                           static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw FitsError::io("read", errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

void FileHandle::write_at(std::uint64_t offset, ByteView bytes) const {
  if (!fits_off_t(offset, bytes.size())) throw FitsError::io("write", EOVERFLOW);
  while (!bytes.empty()) {
    const auto put = pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) throw FitsError::io("write", errno);
    offset += static_cast<std::uint64_t>(put);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}

}  // namespace torchfits
