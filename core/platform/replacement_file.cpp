// SPDX-License-Identifier: BSD-3-Clause
#include "platform/replacement_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <random>
#include <utility>

#include "base/error.h"

namespace torchfits {
namespace {

constexpr int kMostLinks = 40;
constexpr int kMostNames = 100;

std::optional<struct stat> status_of(const std::string& path) {
  struct stat status{};
  if (lstat(path.c_str(), &status) == 0) return status;
  if (errno == ENOENT) return std::nullopt;
  throw FitsError::io("look at the path", errno);
}

/// With its slash; empty for the current one.
std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

std::string link_target(const std::string& path) {
  std::array<char, 4096> text{};
  const auto length = readlink(path.c_str(), text.data(), text.size());
  if (length < 0) throw FitsError::io("follow the symbolic link", errno);
  std::string target(text.data(), static_cast<std::size_t>(length));
  return target.starts_with('/') ? target : folder_of(path) + target;
}

/// The link stays a link: what it leads to is replaced. Gives what stands there, if anything does.
std::optional<struct stat> follow_links(std::string& path) {
  for (int links = 0; links < kMostLinks; ++links) {
    const auto status = status_of(path);
    if (!status || !S_ISLNK(status->st_mode)) return status;
    path = link_target(path);
  }
  throw FitsError::io("follow the symbolic link", ELOOP);
}

FitsError taken() {
  return {ErrorCode::io, "the file exists already; pass overwrite=True to replace it"};
}

std::string random_name() {
  std::random_device random;
  std::string name = ".torchfits-";
  for (int i = 0; i < 12; ++i) name += static_cast<char>('a' + random() % 26);
  return name + ".tmp";
}

/// Cannot be done, as opposed to failed.
bool not_supported(int error) {
  return error == EOPNOTSUPP || error == ENOSYS || error == EINVAL || error == EPERM ||
         error == EMLINK;
}

}  // namespace

ReplacementFile::ReplacementFile(std::string path, bool overwrite) : overwrite_(overwrite) {
  if (path.find('\0') != std::string::npos)
    throw FitsError(ErrorCode::value, "the path contains a NUL character");
  if (path.empty()) throw FitsError(ErrorCode::value, "the path of the file is empty");
  path_ = std::move(path);
  const auto old = follow_links(path_);
  if (old && S_ISDIR(old->st_mode)) throw FitsError(ErrorCode::io, "is a directory");
  if (old && !overwrite) throw taken();
  if (old && !S_ISREG(old->st_mode)) {
    throw FitsError(ErrorCode::io,
                    "is no regular file and cannot be replaced; write to a path of its own");
  }
  int descriptor = -1;
  for (int tries = 0; descriptor < 0 && tries < kMostNames; ++tries) {
    temporary_ = folder_of(path_) + random_name();
    descriptor = open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0 && errno != EEXIST && errno != EINTR) break;
  }
  if (descriptor < 0) {
    temporary_.clear();
    throw FitsError::io("make a file in its folder", errno);
  }
  file_ = FileHandle(descriptor);
  // The new file may be read and written by those who could the old one, as far as may be.
  if (old && fchmod(descriptor, old->st_mode & 07777) != 0) errno = 0;
}

ReplacementFile::~ReplacementFile() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void ReplacementFile::preallocate(std::uint64_t size) const {
  if (size == 0) return;
  int error = 0;
#ifdef __linux__
  // Not posix_fallocate: where the file system cannot, that one writes to every block.
  do {
    error = fallocate(file_.descriptor(), 0, 0, static_cast<off_t>(size)) == 0 ? 0 : errno;
  } while (error == EINTR);
#endif
  if (error != 0 && !not_supported(error)) throw FitsError::io("make room for the file", error);
}

void ReplacementFile::commit(std::uint64_t size) {
  if (file_.identity().size != size && ftruncate(file_.descriptor(), static_cast<off_t>(size)) != 0)
    throw FitsError::io("set the size of the file", errno);
  bool linked = false;
  if (!overwrite_) {
    // A link, unlike a rename, never replaces a file that somebody else made meanwhile.
    linked = link(temporary_.c_str(), path_.c_str()) == 0;
    if (!linked && (errno == EEXIST || (not_supported(errno) && status_of(path_)))) throw taken();
    if (!linked && !not_supported(errno)) throw FitsError::io("name the file", errno);
  }
  const int done = linked ? unlink(temporary_.c_str()) : rename(temporary_.c_str(), path_.c_str());
  if (done != 0 && !linked) throw FitsError::io("rename the file", errno);
  temporary_.clear();
}

}  // namespace torchfits
