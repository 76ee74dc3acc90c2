// SPDX-License-Identifier: BSD-3-Clause
// Finds the HDUs of a file, one at a time, without doing any I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "fits/header.h"

namespace torchfits {

enum class HduKind : std::uint8_t {
  image,
  compressed_image,
  table,
  ascii_table,
  random_groups,
  unknown
};

/// The public spelling: 'image', 'compressed_image', ...
[[nodiscard]] std::string_view kind_name(HduKind kind) noexcept;

/// One HDU as the mandatory keywords describe it (FITS 4.0 section 4.4.1): where it lies, and its
/// cards unparsed.
struct HduRecord {
  std::size_t index = 0;
  HduKind kind = HduKind::unknown;
  std::uint64_t header_offset = 0;
  std::uint64_t data_offset = 0;
  std::uint64_t data_bytes = 0;  ///< without padding
  std::int64_t bitpix = 8;
  std::vector<std::uint64_t> axes;  ///< NAXIS1 first, as in the header
  std::uint64_t pcount = 0;
  std::uint64_t gcount = 1;
  Header header;
  std::vector<std::string> warnings;  ///< what was read leniently, such as GCOUNT = 12151.

  /// Where the next HDU begins.
  [[nodiscard]] std::uint64_t end() const noexcept;
  [[nodiscard]] std::string name()
      const;  ///< EXTNAME, trimmed; "PRIMARY" for HDU 0 without one; else ""
  [[nodiscard]] std::int64_t version() const;  ///< EXTVER, 1 by default
  [[nodiscard]] std::string label() const;     ///< for messages: "HDU 2 'SCI'"
};

/// scan_hdu needs the first `bytes` bytes from the HDU's start on.
struct NeedBytes {
  std::uint64_t bytes;
};
/// No HDU begins here: the end of the file, or bytes after the last HDU that are none.
struct NoMoreHdus {
  std::string warning;  ///< empty at a clean end
};

using ScanStep = std::variant<HduRecord, NeedBytes, NoMoreHdus>;

/// One step of the state machine. `bytes` are the bytes from `offset` on that are at hand;
/// `complete` says that the file has no more than them. Throws ErrorCode::format for a header that
/// cannot be read, ErrorCode::truncated where it ends early.
[[nodiscard]] ScanStep scan_hdu(std::size_t index, std::uint64_t offset, ByteView bytes,
                                bool complete);

}  // namespace torchfits
