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
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>
#include <vector>

#include "base/defaults.h"
#include "base/error.h"
#include "platform/system_calls.h"

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

FitsError read_only(int error) {
  auto refused = FitsError::io("open for writing", error);
  return {ErrorCode::io,
          refused.problem() + "; change the permissions of the file, or read it and write another"};
}

/// A relative path is looked for in a folder that the user may not think of.
FitsError not_there(const std::string& path) {
  std::error_code unknown;
  const auto here = std::filesystem::current_path(unknown);
  const auto where = path.starts_with('/') || unknown ? "" : " in " + here.string();
  return {ErrorCode::file_not_found, "No such file or directory" + where};
}

bool fits_off_t(std::uint64_t offset, std::uint64_t length) {
  const auto end = checked_add(offset, length);
  return end && *end <= static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
}

FileHandle open_regular(const std::string& path, int access, FileIdentity& identity) {
  // A path with a NUL would silently open another file. O_NONBLOCK: opening a pipe does not wait
  // for its writer.
  if (path.find('\0') != std::string::npos) {
    throw FitsError(ErrorCode::value, "the path contains a NUL character");
  }
  int descriptor = -1;
  do {
    descriptor = open(path.c_str(), access | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0 && errno == ENXIO) throw not_a_file("socket");
  if (descriptor < 0 && errno == EISDIR) throw not_a_file("directory");
  if (descriptor < 0 && access == O_RDWR && (errno == EACCES || errno == EROFS || errno == EPERM))
    throw read_only(errno);
  if (descriptor < 0 && errno == ENOENT) throw not_there(path);
  if (descriptor < 0) throw FitsError::io("cannot open it", errno);
  FileHandle file(descriptor);
  const auto status = status_of(descriptor);
  require_regular(status.st_mode);
  identity = identify(status);
  return file;
}

/// Cannot be done, as opposed to failed.
bool not_supported(int error) {
  return error == EOPNOTSUPP || error == ENOSYS || error == EINVAL || error == EPERM ||
         error == EXDEV;
}

}  // namespace

std::optional<FileIdentity> find_identity(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return identify(status);
}

FileHandle FileHandle::open_for_reading(const std::string& path, FileIdentity& identity) {
  return open_regular(path, O_RDONLY, identity);
}

FileHandle FileHandle::open_for_update(const std::string& path, FileIdentity& identity) {
  return open_regular(path, O_RDWR, identity);
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

FileHandle FileHandle::duplicate() const {
  const int copy = fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) throw FitsError::io("open the file again", errno);
  return FileHandle(copy);
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
    const auto put =
        system_calls.pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) throw FitsError::io("write", errno);
    offset += static_cast<std::uint64_t>(put);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}

void FileHandle::copy_from(const FileHandle& from, ByteRange range, std::uint64_t offset) const {
  if (!fits_off_t(range.offset, range.length) || !fits_off_t(offset, range.length))
    throw FitsError::io("copy", EOVERFLOW);
  constexpr std::uint64_t kMost = 1 << 30;
  bool in_kernel = true;
  while (range.length > 0) {
    std::uint64_t done = 0;
    if (in_kernel) {
      const auto copied = system_calls.copy_file_range(
          from.descriptor(), static_cast<off_t>(range.offset), descriptor_,
          static_cast<off_t>(offset), static_cast<std::size_t>(std::min(range.length, kMost)));
      if (copied < 0 && errno == EINTR) continue;
      if (copied < 0 && !not_supported(errno)) throw FitsError::io("copy", errno);
      // Some file systems copy nothing and call it done.
      in_kernel = copied > 0;
      done = in_kernel ? static_cast<std::uint64_t>(copied) : 0;
    } else {
      done = copy_through_memory(from, range, offset);
    }
    range = {range.offset + done, range.length - done};
    offset += done;
  }
}

std::uint64_t FileHandle::copy_through_memory(const FileHandle& from, ByteRange range,
                                              std::uint64_t offset) const {
  std::vector<std::byte> block(
      static_cast<std::size_t>(std::min<std::uint64_t>(range.length, kMaxWindowBytes)));
  std::uint64_t done = 0;
  while (done < range.length) {
    const auto part = ByteSpan(block).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(range.length - done, block.size())));
    if (from.read_at(range.offset + done, part) != part.size())
      throw FitsError(ErrorCode::changed, "the file became shorter while it was copied");
    write_at(offset + done, part);
    done += part.size();
  }
  return done;
}

void FileHandle::preallocate(std::uint64_t size) const {
  if (size == 0) return;
  if (!fits_off_t(0, size)) throw FitsError::io("make room for the file", EFBIG);
  while (system_calls.fallocate(descriptor_, static_cast<off_t>(size)) != 0) {
    if (errno == EINTR) continue;
    if (not_supported(errno)) return;
    throw FitsError::io("make room for the file", errno);
  }
}

void FileHandle::set_size(std::uint64_t size) const {
  if (!fits_off_t(0, size)) throw FitsError::io("set the size of the file", EFBIG);
  while (system_calls.ftruncate(descriptor_, static_cast<off_t>(size)) != 0) {
    if (errno != EINTR) throw FitsError::io("set the size of the file", errno);
  }
}

void FileHandle::sync() const {
  while (system_calls.fsync(descriptor_) != 0) {
    if (errno == EINVAL) return;  // a file system that has nothing to wait for
    if (errno != EINTR) throw FitsError::io("write the file to the disk", errno);
  }
}

}  // namespace torchfits
