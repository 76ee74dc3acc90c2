// SPDX-License-Identifier: BSD-3-Clause
// Text between FITS, where it has a width and blanks behind it, and Arrow, where it has offsets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "arrow/view.h"

namespace torchfits {

/// Text of a FITS table: `width` bytes each or, with offsets, one behind the other. The text of an
/// entry ends at its first NUL and loses its trailing blanks.
struct FitsText {
  const char* data = nullptr;
  std::size_t count = 0;
  std::size_t width = 0;
  const std::int64_t* offsets = nullptr;  ///< count + 1 of them, or none
};

/// How text goes to Arrow; bytes above 127 are Latin-1.
enum class TextCoding : std::uint8_t { bytes, utf8 };

/// Whether a text has a byte above 127.
[[nodiscard]] bool beyond_ascii(const FitsText& text);

/// Offset is int32 or int64; `offsets` has count + 1. ErrorCode::value where int32 is too narrow.
template <class Offset>
void write_text_offsets(const FitsText& text, TextCoding coding, Offset* offsets);

/// The bytes; `offsets` are those that were written.
template <class Offset>
void write_text_bytes(const FitsText& text, TextCoding coding, const Offset* offsets, char* out);

/// Bytes of Arrow's strings in Latin-1.
struct TextSize {
  std::uint64_t total = 0, longest = 0;
};

/// Of a leaf of text. ErrorCode::value names the first string that FITS cannot hold: characters
/// outside Latin-1, bytes that are no UTF-8. Null strings are empty.
[[nodiscard]] TextSize measure_arrow_text(const ArrowView& leaf);

/// Texts of `width` bytes each, none of them longer, with blanks behind; text as it was measured.
void copy_padded_text(const ArrowView& leaf, std::size_t width, char* out);

/// Texts one behind the other, and where each begins, counted from `start`, without the end.
void copy_packed_text(const ArrowView& leaf, std::int64_t start, std::int64_t* places, char* out);

}  // namespace torchfits
