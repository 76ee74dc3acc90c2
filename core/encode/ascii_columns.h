// SPDX-License-Identifier: BSD-3-Clause
// Columns in memory become rows of text (FITS 4.0 section 7.2): decode/ascii_columns.h's mirror.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "encode/memory_table.h"

namespace torchfits {

/// Columns of the layout have `text`; what lies in memory is of the type `coding.natural`, of text
/// `characters` bytes each.
struct MemoryAsciiTable {
  MemoryTable table;
};

/// A text without what pads it: up to a NUL, without the blanks at its end.
[[nodiscard]] std::string_view content_of(const std::byte* text, std::uint64_t characters) noexcept;

/// Rows `first` to `first + count` as they stand in a file, into `out`, which has
/// `count * row_bytes`. Used by many threads.
void encode_ascii_rows(const MemoryAsciiTable& table, std::uint64_t first, std::uint64_t count,
                       ByteSpan out);

}  // namespace torchfits
