// SPDX-License-Identifier: BSD-3-Clause
#include "platform/replacement_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <utility>

#include "base/error.h"
#include "platform/folder.h"
#include "platform/system_calls.h"

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

/// Another one each time. It need not be secret: O_EXCL refuses a file that is there already. The
/// random numbers of the processor would take longer than the file.
std::string fresh_name() {
  static std::atomic<std::uint64_t> count{0};
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  std::seed_seq seed{static_cast<std::uint64_t>(now), static_cast<std::uint64_t>(now) >> 32,
                     static_cast<std::uint64_t>(getpid()), count.fetch_add(1)};
  std::array<std::uint32_t, 12> numbers{};
  seed.generate(numbers.begin(), numbers.end());
  std::string name = ".torchfits-";
  for (const auto number : numbers) name += static_cast<char>('a' + number % 26);
  return name + ".tmp";
}

/// Cannot be done, as opposed to failed.
bool not_supported(int error) {
  return error == EOPNOTSUPP || error == ENOSYS || error == EINVAL || error == EPERM ||
         error == EMLINK;
}

/// The new file may be read and written by those who could the old one, as far as may be.
void take_over_access(int descriptor, const struct stat& old) {
  if (old.st_uid != geteuid() || old.st_gid != getegid()) {
    if (fchown(descriptor, old.st_uid, old.st_gid) != 0) errno = 0;
  }
  if (fchmod(descriptor, old.st_mode & 07777) != 0) errno = 0;
}

}  // namespace

ReplacementFile::ReplacementFile(std::string path, bool overwrite)
    : overwrite_(overwrite), owner_(getpid()) {
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
    temporary_ = folder_of(path_) + fresh_name();
    descriptor = open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0 && errno != EEXIST && errno != EINTR) break;
  }
  if (descriptor < 0) {
    const auto error = errno;
    temporary_.clear();
    if (error == ENOENT)
      throw FitsError(ErrorCode::file_not_found, "its folder does not exist; make that first");
    throw FitsError::io("cannot make a file in its folder", error);
  }
  file_ = FileHandle(descriptor);
  if (old) take_over_access(descriptor, *old);
}

ReplacementFile::~ReplacementFile() {
  if (!temporary_.empty() && of_this_process()) system_calls.unlink(temporary_.c_str());
}

bool ReplacementFile::of_this_process() const noexcept { return owner_ == getpid(); }

void ReplacementFile::commit(std::uint64_t size, bool durable) {
  if (file_.identity().size != size) file_.set_size(size);
  if (durable) file_.sync();
  if (!overwrite_) {
    // A link, unlike a rename, never replaces a file that somebody else made meanwhile.
    committed_ = system_calls.link(temporary_.c_str(), path_.c_str()) == 0;
    const int error = committed_ ? 0 : errno;
    if (error == EEXIST || (not_supported(error) && status_of(path_))) throw taken();
    if (error != 0 && !not_supported(error)) throw FitsError::io("name the file", error);
  }
  // A rename over a file makes some file systems write the new one to the disk at once, which is
  // what `durable` asks for; names that change places do not.
  if (!committed_ && !durable)
    committed_ = system_calls.exchange(temporary_.c_str(), path_.c_str()) == 0;
  if (!committed_) {
    if (system_calls.rename(temporary_.c_str(), path_.c_str()) != 0)
      throw FitsError::io("rename the file", errno);
    committed_ = true;
    temporary_.clear();
  } else if (system_calls.unlink(temporary_.c_str()) == 0) {
    temporary_.clear();  // else it is tried again at the end
  }
  if (durable) sync_folder(path_);
}

}  // namespace torchfits
