// SPDX-License-Identifier: BSD-3-Clause
// An open FITS file: a source and the index of its HDUs, found as far as they are asked for.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/fork.h"
#include "file/tile_cache.h"
#include "fits/layout.h"
#include "fits/scan.h"
#include "io/byte_source.h"

namespace torchfits {

/// Which HDU is meant: a position (negative: from the end), a name with or without a version, or
/// none of them.
struct HduChoice {
  std::optional<std::int64_t> index;
  std::optional<std::string> name;
  std::optional<std::int64_t> version;
};

/// Safe to use from many threads at once; there is no cursor. References stay valid as long as the
/// File.
class File {
 public:
  /// Keeps at most `tile_cache_bytes` of decoded tiles. `allow_truncated`: an HDU that is cut off
  /// is one of what is there (file/salvage.h), with a warning.
  explicit File(std::shared_ptr<const ByteSource> source, std::size_t tile_cache_bytes = 0,
                bool allow_truncated = false);

  [[nodiscard]] const ByteSource& source() const noexcept { return *source_; }
  [[nodiscard]] const TileCache& tiles() const noexcept { return tiles_; }

  /// The HDU at `index`; those before it are scanned, those after are not. ErrorCode::hdu_index
  /// beyond the last.
  [[nodiscard]] const HduRecord& hdu(std::size_t index) const;
  /// What its data look like; may outlive the File.
  [[nodiscard]] std::shared_ptr<const Layout> layout(std::size_t index) const;
  /// Scans to the end of the file. HDUs from an unreadable header on are not counted: a warning
  /// names it, and hdu() throws what is wrong with it.
  [[nodiscard]] std::size_t count() const;
  /// First HDU whose name equals `name` (case-insensitive, trimmed) and, if given, whose version is
  /// `version`.
  [[nodiscard]] std::size_t find(std::string_view name, std::optional<std::int64_t> version) const;

  enum class Want : std::uint8_t { any, image, table };
  /// hdu=None: the first HDU with data bytes; else the first zero-row table or zero-axis image;
  /// else ErrorCode::no_data.
  [[nodiscard]] std::size_t first_with_data(Want want) const;

  /// The position of the HDU that is meant.
  [[nodiscard]] std::size_t choose(const HduChoice& choice, Want want) const;

  /// ErrorCode::truncated where the file ends before the data of `hdu` do.
  void check_data_present(const HduRecord& hdu) const;

  /// "; HDUs with data: 1 'SCI', ..." for the message of a header without data.
  [[nodiscard]] std::string hdus_with_data() const;

  [[nodiscard]] bool has_warnings() const noexcept { return warned_; }
  /// Everything that was read leniently so far, in order, each with file and HDU.
  [[nodiscard]] std::vector<std::string> take_warnings() const;

 private:
  struct Entry {
    HduRecord record;
    std::shared_ptr<const Layout> layout;
  };
  [[nodiscard]] const Entry* recent(std::size_t index) const noexcept;
  Entry* scan_to(
      std::size_t index) const;  ///< null past the last HDU; the lock is held by the caller
  bool scan_next() const;
  bool scan_one() const;
  [[nodiscard]] std::uint64_t first_look() const;
  void add(HduRecord hdu) const;
  void salvage(HduRecord& hdu) const;
  void warn(std::string text) const;
  void add_what_follows(std::uint64_t offset, ByteView bytes) const;

  std::shared_ptr<const ByteSource> source_;
  TileCache tiles_;
  mutable ForkMutex mutex_;
  mutable std::deque<Entry> entries_;
  mutable std::atomic<const Entry*> recent_{nullptr};  ///< whose layout was asked for last
  bool allow_truncated_ = false;
  mutable bool cut_off_ = false;  ///< nothing follows the last entry
  mutable bool complete_ = false;
  mutable std::optional<FitsError>
      failure_;  ///< of the first header that could not be read, if not that of HDU 0
  mutable std::vector<std::string> warnings_;
  mutable std::atomic<bool> warned_{false};  ///< there may be some
};

}  // namespace torchfits
