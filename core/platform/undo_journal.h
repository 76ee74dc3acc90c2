// SPDX-License-Identifier: BSD-3-Clause
// The old bytes of a file that is changed in place, kept in a file beside it until the change is
// complete: a change that was interrupted can be taken back.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "platform/file.h"
#include "platform/file_lock.h"

namespace torchfits {

/// The journal has its name, and so is seen, when it is whole; a journal that was cut to nothing
/// counts for none. It belongs to one file (inode, and when that was made), and keeps the size and
/// the bytes of some ranges.
class UndoJournal {
 public:
  /// Keeps what `ranges` of `file` hold now, and its size; the parts of them behind its end hold
  /// nothing yet. `path` leads to the file, not by a symbolic link; the caller holds its lock.
  /// `durable`: it is on the disk before anything is changed.
  UndoJournal(const FileHandle& file, const std::string& path, std::span<const ByteRange> ranges,
              bool durable);
  /// Takes the change back, unless it was completed: errors are lost here, and the journal stays.
  ~UndoJournal();
  UndoJournal(const UndoJournal&) = delete;
  UndoJournal& operator=(const UndoJournal&) = delete;

  /// The change is complete: the journal goes. After an error the change counts for nothing.
  void complete();
  /// The file is as it was. ErrorCode::io where it cannot be: then the journal stays.
  void take_back();

 private:
  void remove();

  const FileHandle& file_;
  std::string path_;
  FileHandle journal_{-1};
  FileLock lock_;  ///< tells readers that the change goes on
  bool durable_;
  bool open_ = false;   ///< the change goes on
  bool named_ = false;  ///< the journal has its name
};

/// Takes an interrupted change of `file` back, if there was one; the caller holds its lock.
/// ErrorCode::io for a journal that is damaged, or belongs to another user. What a process that was
/// killed left of an unfinished journal goes.
void take_back_interrupted(const FileHandle& file, const std::string& path);

/// ErrorCode::changed where `file` is being changed, ErrorCode::io where a change was interrupted
/// and not taken back.
void check_not_interrupted(const FileHandle& file, const std::string& path);

/// What a journal tells of a change that goes on, or was interrupted.
struct UnfinishedChange {
  std::string journal;            ///< its path
  bool goes_on = false;           ///< the process that changes the file lives
  bool damaged = false;           ///< the journal is: it is not known what the change touched
  std::uint64_t old_size = 0;     ///< of the file; bytes behind it are new
  std::vector<ByteRange> ranges;  ///< bytes that may be new
};

/// Nothing where no change of `file` is unfinished.
[[nodiscard]] std::optional<UnfinishedChange> find_unfinished_change(const FileHandle& file,
                                                                     const std::string& path);

/// Where the journal of a file stands.
[[nodiscard]] std::string undo_journal_path(const FileHandle& file, const std::string& path);

}  // namespace torchfits
