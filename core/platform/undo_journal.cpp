// SPDX-License-Identifier: BSD-3-Clause
// A journal: 40 bytes of head (magic, inode, size of the file, number of ranges, CRC-32 of all but
// itself, when the file was made), 16 bytes for each range (offset, length), and the old bytes of
// all ranges. All numbers are big-endian.
#include "platform/undo_journal.h"

#include <fcntl.h>
#include <libdeflate.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "base/defaults.h"
#include "base/error.h"
#include "platform/folder.h"
#include "platform/system_calls.h"

namespace torchfits {
namespace {

constexpr std::uint64_t kMagic = 0x5446554e444f310a;  // "TFUNDO1\n"
constexpr std::size_t kHeadBytesOfJournal = 40;
constexpr std::size_t kCrcAt = 32;
constexpr std::size_t kBirthAt = 36;
constexpr std::size_t kRangeBytes = 16;
/// A name may have 255 bytes.
constexpr std::size_t kLongestName = 200;
/// Ranges that lie so close are kept as one: a range costs an entry, and a read of its own.
constexpr std::uint64_t kGap = 4096;
/// Follows the name of a journal that is not whole.
constexpr const char* kUnfinished = ".new";

struct Head {
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::uint64_t ranges = 0;
  std::uint32_t birth = 0;
};

void put_head(std::byte* to, const Head& head) {
  store_be(to, kMagic);
  store_be(to + 8, head.inode);
  store_be(to + 16, head.size);
  store_be(to + 24, head.ranges);
  store_be(to + kBirthAt, head.birth);
}

std::optional<Head> head_of(ByteView bytes) {
  if (bytes.size() < kHeadBytesOfJournal || load_be<std::uint64_t>(bytes.data()) != kMagic)
    return std::nullopt;
  return Head{.inode = load_be<std::uint64_t>(bytes.data() + 8),
              .size = load_be<std::uint64_t>(bytes.data() + 16),
              .ranges = load_be<std::uint64_t>(bytes.data() + 24),
              .birth = load_be<std::uint32_t>(bytes.data() + kBirthAt)};
}

/// When the file was made, in nanoseconds, of which the last 32 bits tell it from another one that
/// was given the inode after it. 0: the file system does not say.
std::uint32_t birth_of(const FileHandle& file) {
#ifdef STATX_BTIME
  struct statx status{};
  if (statx(file.descriptor(), "", AT_EMPTY_PATH, STATX_BTIME, &status) != 0 ||
      (status.stx_mask & STATX_BTIME) == 0)
    return 0;
  const auto seconds = static_cast<std::uint64_t>(status.stx_btime.tv_sec);
  return static_cast<std::uint32_t>(seconds * 1'000'000'000 + status.stx_btime.tv_nsec);
#else
  (void)file;
  return 0;
#endif
}

bool belongs_to(const Head& head, const FileHandle& file) {
  if (head.inode != file.identity().inode) return false;
  const auto birth = birth_of(file);
  return head.birth == birth || head.birth == 0 || birth == 0;
}

/// Where `file` really stands: links do not hide its journal.
std::string true_path(const FileHandle& file, const std::string& path) {
  const auto link = "/proc/self/fd/" + std::to_string(file.descriptor());
  std::array<char, 4096> text{};
  const auto length = readlink(link.c_str(), text.data(), text.size());
  if (length > 0 && text[0] == '/') return {text.data(), static_cast<std::size_t>(length)};
  const std::unique_ptr<char, void (*)(void*)> resolved(realpath(path.c_str(), nullptr), std::free);
  return resolved ? resolved.get() : path;
}

/// In order, without overlaps, those that lie close joined, cut at the end of the file.
std::vector<ByteRange> joined(std::span<const ByteRange> ranges, std::uint64_t size) {
  std::vector<ByteRange> sorted(ranges.begin(), ranges.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const ByteRange& a, const ByteRange& b) { return a.offset < b.offset; });
  std::vector<ByteRange> parts;
  for (const auto& range : sorted) {
    const auto end = std::min(range.end(), size);
    if (range.offset >= end) continue;
    if (!parts.empty() && range.offset <= parts.back().end() + kGap) {
      parts.back().length = std::max(parts.back().end(), end) - parts.back().offset;
    } else {
      parts.push_back({range.offset, end - range.offset});
    }
  }
  return parts;
}

FitsError damaged(const std::string& journal) {
  return {ErrorCode::io, "an update was interrupted, and its journal " + journal +
                             " is damaged; check the file with torchfits.verify, then remove the "
                             "journal"};
}

/// Of what is written or read from the start on.
class RunningCrc {
 public:
  void add(ByteView bytes) { crc_ = libdeflate_crc32(crc_, bytes.data(), bytes.size()); }
  [[nodiscard]] std::uint32_t value() const noexcept { return crc_; }

 private:
  std::uint32_t crc_ = 0;
};

/// May be read by those who may read `file`.
FileHandle create(const std::string& path, const FileHandle& file) {
  struct stat status{};
  if (fstat(file.descriptor(), &status) != 0) throw FitsError::io("fstat", errno);
  for (int tries = 0; tries < 2; ++tries) {
    const int made = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (made >= 0) {
      if (fchmod(made, status.st_mode & 0666) != 0) errno = 0;
      return FileHandle(made);
    }
    if (errno != EEXIST) break;
    // Left by a process that was killed: who holds the lock of the file is alone.
    system_calls.unlink(path.c_str());
  }
  throw FitsError::io("make a journal beside the file", errno);
}

/// Fills a journal.
class Recorder {
 public:
  Recorder(const FileHandle& file, const FileHandle& journal) : file_(file), journal_(journal) {}

  void record(const FileIdentity& identity, std::span<const ByteRange> parts) {
    std::vector<std::byte> start(kHeadBytesOfJournal + kRangeBytes * parts.size());
    put_head(start.data(), {.inode = identity.inode,
                            .size = identity.size,
                            .ranges = parts.size(),
                            .birth = birth_of(file_)});
    for (std::size_t i = 0; i < parts.size(); ++i) {
      auto* entry = start.data() + kHeadBytesOfJournal + kRangeBytes * i;
      store_be(entry, parts[i].offset);
      store_be(entry + 8, parts[i].length);
    }
    crc_.add(start);
    end_ = start.size();
    for (const auto& part : parts) keep(part);
    store_be(start.data() + kCrcAt, crc_.value());
    journal_.write_at(0, start);
  }

 private:
  void keep(ByteRange part) {
    std::vector<std::byte> block(
        static_cast<std::size_t>(std::min<std::uint64_t>(part.length, MiB)));
    for (std::uint64_t done = 0; done < part.length;) {
      const auto some = ByteSpan(block).first(
          static_cast<std::size_t>(std::min<std::uint64_t>(part.length - done, block.size())));
      if (file_.read_at(part.offset + done, some) != some.size())
        throw FitsError(ErrorCode::changed, "the file became shorter; open it again");
      crc_.add(some);
      journal_.write_at(end_, some);
      end_ += some.size();
      done += some.size();
    }
  }

  const FileHandle& file_;
  const FileHandle& journal_;
  RunningCrc crc_;
  std::uint64_t end_ = 0;
};

/// What a journal keeps, checked.
struct Record {
  Head head;
  std::vector<ByteRange> parts;
};

bool crc_is_right(const FileHandle& journal, std::uint64_t size) {
  std::vector<std::byte> block(MiB);
  RunningCrc crc;
  std::uint32_t stored = 0;
  for (std::uint64_t at = 0; at < size;) {
    const auto got = journal.read_at(at, block);
    if (got == 0) return false;
    if (at == 0) {
      stored = load_be<std::uint32_t>(block.data() + kCrcAt);
      store_be(block.data() + kCrcAt, std::uint32_t{0});
    }
    crc.add(ByteView(block).first(got));
    at += got;
  }
  return crc.value() == stored;
}

/// No value for a journal that is damaged.
std::optional<Record> read_record(const FileHandle& journal, const Head& head) {
  const auto size = journal.identity().size;
  if (head.ranges > (size - kHeadBytesOfJournal) / kRangeBytes) return std::nullopt;
  if (!crc_is_right(journal, size)) return std::nullopt;
  std::vector<std::byte> table(static_cast<std::size_t>(head.ranges) * kRangeBytes);
  if (journal.read_at(kHeadBytesOfJournal, table) != table.size()) return std::nullopt;
  Record record{head, {}};
  std::uint64_t kept = kHeadBytesOfJournal + table.size();
  for (std::size_t i = 0; i < head.ranges; ++i) {
    const ByteRange part{load_be<std::uint64_t>(table.data() + kRangeBytes * i),
                         load_be<std::uint64_t>(table.data() + kRangeBytes * i + 8)};
    if (part.offset > head.size || part.length > head.size - part.offset ||
        part.length > size - kept)
      return std::nullopt;
    kept += part.length;
    record.parts.push_back(part);
  }
  if (kept != size) return std::nullopt;
  return record;
}

/// `part` of `file` is again what stands at `at` in the journal. Only what differs is written: what
/// could not be changed may not be writable now.
void restore_part(const FileHandle& file, ByteRange part, const FileHandle& journal,
                  std::uint64_t at) {
  std::vector<std::byte> old(static_cast<std::size_t>(std::min<std::uint64_t>(part.length, MiB)));
  std::vector<std::byte> now(old.size());
  for (std::uint64_t done = 0; done < part.length;) {
    const auto some =
        static_cast<std::size_t>(std::min<std::uint64_t>(part.length - done, old.size()));
    const auto kept = ByteSpan(old).first(some);
    if (journal.read_at(at + done, kept) != some)
      throw FitsError(ErrorCode::io, "the journal of an update became shorter");
    const auto got = file.read_at(part.offset + done, ByteSpan(now).first(some));
    if (got != some || !std::equal(kept.begin(), kept.end(), now.begin()))
      file.write_at(part.offset + done, kept);
    done += some;
  }
}

void restore(const FileHandle& file, const FileHandle& journal, const Record& record) {
  auto at = kHeadBytesOfJournal + kRangeBytes * record.parts.size();
  for (const auto& part : record.parts) {
    restore_part(file, part, journal, at);
    at += part.length;
  }
  if (file.identity().size != record.head.size) file.set_size(record.head.size);
  file.sync();
}

/// The journal of `file`, and its head; none where there is no journal that counts.
struct Found {
  FileHandle journal;
  std::optional<Head> head;  ///< none: damaged
  uid_t owner = 0;
};

/// Another user could put bytes into `file` by a journal, where both may write to its folder.
bool is_foreign(const Found& found, const FileHandle& file) {
  struct stat status{};
  if (fstat(file.descriptor(), &status) != 0) throw FitsError::io("fstat", errno);
  return found.owner != geteuid() && found.owner != 0 && found.owner != status.st_uid;
}

std::optional<Found> find_journal(const FileHandle& file, const std::string& journal_path) {
  const int descriptor = open(journal_path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) return std::nullopt;
  Found found{FileHandle(descriptor), std::nullopt};
  struct stat status{};
  if (fstat(descriptor, &status) != 0) throw FitsError::io("fstat", errno);
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  found.owner = status.st_uid;
  std::array<std::byte, kHeadBytesOfJournal> bytes{};
  const auto got = found.journal.read_at(0, bytes);
  if (got == 0) return std::nullopt;
  found.head = head_of(ByteView(bytes).first(got));
  // That of another file which had this name.
  if (found.head && !belongs_to(*found.head, file)) return std::nullopt;
  return found;
}

}  // namespace

std::string undo_journal_path(const FileHandle& file, const std::string& path) {
  const auto place = true_path(file, path);
  const auto folder = folder_of(place);
  const auto name = place.substr(folder.size());
  if (name.size() <= kLongestName) return folder + "." + name + ".torchfits-undo";
  return folder + ".torchfits-undo-" + std::to_string(file.identity().inode);
}

UndoJournal::UndoJournal(const FileHandle& file, const std::string& path,
                         std::span<const ByteRange> ranges, bool durable)
    : file_(file), path_(undo_journal_path(file, path)), durable_(durable) {
  const auto identity = file.identity();
  const auto unfinished = path_ + kUnfinished;
  journal_ = create(unfinished, file);
  try {
    lock_ = FileLock(journal_);
    Recorder(file, journal_).record(identity, joined(ranges, identity.size));
    if (durable) journal_.sync();
    if (system_calls.rename(unfinished.c_str(), path_.c_str()) != 0)
      throw FitsError::io("name the journal", errno);
  } catch (...) {
    system_calls.unlink(unfinished.c_str());
    throw;
  }
  open_ = named_ = true;
  try {
    if (durable) sync_folder(path_);
  } catch (...) {
    remove();
    throw;
  }
}

UndoJournal::~UndoJournal() {
  try {
    if (open_) take_back();
  } catch (const FitsError&) {
    return;  // the journal stays: who opens the file next takes the change back
  }
  if (named_) system_calls.unlink(path_.c_str());  // it is empty; another try
}

void UndoJournal::remove() {
  named_ = system_calls.unlink(path_.c_str()) != 0;
  if (named_) journal_.set_size(0);
  open_ = false;
}

void UndoJournal::complete() {
  if (durable_) file_.sync();
  remove();
  if (durable_) sync_folder(path_);
}

void UndoJournal::take_back() {
  std::array<std::byte, kHeadBytesOfJournal> bytes{};
  const auto got = journal_.read_at(0, bytes);
  const auto head = head_of(ByteView(bytes).first(got));
  const auto record = head ? read_record(journal_, *head) : std::nullopt;
  if (!record) throw damaged(path_);
  restore(file_, journal_, *record);
  remove();
}

void take_back_interrupted(const FileHandle& file, const std::string& path) {
  const auto journal_path = undo_journal_path(file, path);
  system_calls.unlink((journal_path + kUnfinished).c_str());  // of a process that was killed
  if (access(journal_path.c_str(), F_OK) != 0) return;
  if (const auto found = find_journal(file, journal_path)) {
    if (is_foreign(*found, file)) {
      throw FitsError(ErrorCode::io,
                      "an update was interrupted, and its journal " + journal_path +
                          " belongs to another user, who may open the file with mode 'r+'; or "
                          "check the file with torchfits.verify, and remove the journal");
    }
    const auto record = found->head ? read_record(found->journal, *found->head) : std::nullopt;
    if (!record) throw damaged(journal_path);
    restore(file, found->journal, *record);
  }
  system_calls.unlink(journal_path.c_str());
}

void check_not_interrupted(const FileHandle& file, const std::string& path) {
  const auto found = find_journal(file, undo_journal_path(file, path));
  if (!found) return;
  struct stat status{};
  const bool gone = fstat(found->journal.descriptor(), &status) == 0 && status.st_nlink == 0;
  if (gone || is_locked(found->journal)) {
    throw FitsError(
        ErrorCode::changed,
        "the file is being updated by another process; open it again when that is done");
  }
  throw FitsError(ErrorCode::io,
                  "an update of the file was interrupted, and the file may be half changed; open "
                  "it with mode 'r+', which restores the old state");
}

std::optional<UnfinishedChange> find_unfinished_change(const FileHandle& file,
                                                       const std::string& path) {
  UnfinishedChange change;
  change.journal = undo_journal_path(file, path);
  const auto found = find_journal(file, change.journal);
  if (!found) return std::nullopt;
  change.goes_on = is_locked(found->journal);
  if (change.goes_on) return change;
  const auto record = found->head ? read_record(found->journal, *found->head) : std::nullopt;
  change.damaged = !record;
  if (!record) return change;
  change.old_size = record->head.size;
  change.ranges = record->parts;
  return change;
}

}  // namespace torchfits
