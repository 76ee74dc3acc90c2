// SPDX-License-Identifier: BSD-3-Clause
// A file descriptor that closes itself, and what can be asked of it without a cursor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace torchfits {

/// What an open file is. Two that are equal hold the same bytes, as far as the file system tells.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// What `path` leads to now; no value where it leads nowhere.
[[nodiscard]] std::optional<FileIdentity> find_identity(const std::string& path);

/// All members may be called by many threads at once. Errors are ErrorCode::io without a place.
class FileHandle {
 public:
  /// ErrorCode::file_not_found, or ErrorCode::io for all that is no regular file; never waits for a
  /// pipe. `identity` is filled from the same call that looked what the file is.
  static FileHandle open_for_reading(const std::string& path, FileIdentity& identity);
  /// The same for reading and writing.
  static FileHandle open_for_update(const std::string& path, FileIdentity& identity);

  /// Takes `descriptor` over.
  explicit FileHandle(int descriptor) noexcept : descriptor_(descriptor) {}
  FileHandle(FileHandle&& other) noexcept;
  FileHandle& operator=(FileHandle&& other) noexcept;
  ~FileHandle();

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] FileIdentity identity() const;
  /// Another handle of the same open file: a lock belongs to both.
  [[nodiscard]] FileHandle duplicate() const;

  /// On a network or user-space file system, where a page fault is a round trip and may fail.
  [[nodiscard]] bool on_network() const noexcept;

  /// Fills `into` from `offset`; returns fewer bytes only where the file ends.
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan into) const;
  void write_at(std::uint64_t offset, ByteView bytes) const;
  /// `range` of `from` to `offset`, in the kernel where it can; ErrorCode::changed where `from`
  /// ends earlier.
  void copy_from(const FileHandle& from, ByteRange range, std::uint64_t offset) const;

  /// Makes room for `size` bytes, where the file system can; ErrorCode::io where there is none.
  void preallocate(std::uint64_t size) const;
  void set_size(std::uint64_t size) const;
  /// Waits until the disk has all bytes.
  void sync() const;

 private:
  std::uint64_t copy_through_memory(const FileHandle& from, ByteRange range,
                                    std::uint64_t offset) const;

  int descriptor_ = -1;
};

}  // namespace torchfits
