// SPDX-License-Identifier: BSD-3-Clause
// Ranges of an open file, lent from mapped windows or read into buffers.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/fork.h"
#include "io/byte_source.h"
#include "io/range_groups.h"
#include "platform/file.h"
#include "platform/mapping.h"

namespace torchfits {

/// How a span of a file is brought into memory.
enum class Access : std::uint8_t {
  copy,      ///< read into a buffer
  map_all,   ///< a window of its own, all pages at once
  map_some,  ///< a window whose pages are mapped as they are touched
};

/// The one decision between reading and mapping: `wanted` of the `span` bytes will be looked at, as
/// part of a request that spans `request` bytes.
[[nodiscard]] Access choose_access(std::uint64_t span, std::uint64_t wanted, std::uint64_t request,
                                   bool on_network);

/// A window that stays mapped between requests, and what it shows.
struct KeptWindow {
  std::uint64_t offset = 0;
  std::shared_ptr<const MappedWindow> window;
  [[nodiscard]] bool covers(ByteRange span) const noexcept;
};

/// An open file seen through windows; many threads at once. It keeps the last two sparse windows of
/// small requests: the next cutout near by costs no system call but the check that the file is
/// unchanged.
class FileWindows {
 public:
  explicit FileWindows(FileHandle file) : file_(std::move(file)) {}

  [[nodiscard]] const FileHandle& file() const noexcept { return file_; }

  /// Hands over `ranges`, which `request` has found to lie in the first `size` bytes.
  /// ErrorCode::changed where the file turns out to be shorter.
  void for_each(std::uint64_t size, std::span<const ByteRange> ranges, RangeGroups& request,
                const Consume& consume, const Usage& usage) const;

 private:
  class Request;
  [[nodiscard]] bool on_network() const noexcept;
  [[nodiscard]] KeptWindow sparse_window(ByteRange span, std::uint64_t size, bool keep) const;
  void drop_kept() const;

  enum class Place : std::uint8_t { unknown, local, network };

  FileHandle file_;
  mutable std::atomic<Place> place_{Place::unknown};
  mutable ForkMutex mutex_;
  mutable std::array<KeptWindow, 2> kept_;  // guarded by mutex_; the last one used comes first
};

}  // namespace torchfits
