// SPDX-License-Identifier: BSD-3-Clause
// Fields of an ASCII table become numbers and null masks: one column of some rows at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "decode/pixels.h"
#include "fits/layout.h"

namespace torchfits {

/// What reading a byte of text as numbers costs, in bytes copied.
inline constexpr std::uint64_t kTextWeight = 16;

/// Fields of one column in some rows.
struct TextFields {
  const char* first = nullptr;
  std::ptrdiff_t stride = 0;
  std::size_t rows = 0;
  std::uint64_t file_row = 0;  ///< of the first, for messages
  std::int64_t file_step = 1;
  std::span<const std::int64_t> listed{};  ///< the rows of the table, where no step leads to them
  std::size_t out_row = 0;                 ///< of the first, for messages

  /// Null rows have no distance: nothing is added to a pointer that would leave the block.
  [[nodiscard]] const char* row(std::size_t index) const noexcept {
    return first + static_cast<std::ptrdiff_t>(index) * stride;
  }
  [[nodiscard]] std::int64_t row_in_file(std::size_t index) const noexcept {
    return listed.empty()
               ? static_cast<std::int64_t>(file_row) + static_cast<std::int64_t>(index) * file_step
               : listed[index];
  }
  [[nodiscard]] TextFields part(std::size_t from, std::size_t count) const noexcept {
    auto some = *this;
    some.first = row(from);
    some.rows = count;
    some.out_row += from;
    some.file_row += from * static_cast<std::uint64_t>(file_step);
    if (!listed.empty()) some.listed = listed.subspan(from, count);
    return some;
  }
};

/// A column of an ASCII table; made once for a read, used by many threads.
class AsciiColumn {
 public:
  /// `coding` is that of the request, `type` what comes out.
  AsciiColumn(const Column& column, const ElementCoding& coding, ElementType type);

  /// The numbers of all rows to `out`, packed, and to `mask`, unless it is null itself, 1 where a
  /// field is blank or has the text of TNULL: there is 0 or NaN. Returns how many those are.
  /// ErrorCode::format where a field is no number, with its column, row and text.
  std::uint64_t decode(const TextFields& in, std::byte* out, std::uint8_t* mask) const;

  /// Of characters: where a field has the text of TNULL; blank text is an empty string. Sets all of
  /// `mask`, unless it is null itself, and returns how many there are.
  std::uint64_t mark(const TextFields& in, std::uint8_t* mask) const noexcept;

 private:
  template <class Stored>
  std::uint64_t parse(const TextFields& in, std::byte* out, std::uint8_t* mask) const;
  std::uint64_t convert(const TextFields& in, std::byte* out, std::uint8_t* mask) const;
  /// The numbers of all rows, one behind the other.
  void scale(const TextFields& in, const std::byte* numbers, std::byte* out) const;
  [[nodiscard]] bool is_null_text(std::string_view field) const noexcept;
  [[noreturn]] void refuse(const TextFields& in, std::size_t row, bool too_large) const;
  void clear(std::byte* element) const noexcept;

  std::string name_, null_text_;
  AsciiForm form_;
  std::size_t width_;
  ElementType type_;
  std::optional<ElementDecoder> scale_;  ///< none where the numbers come out as they are
};

}  // namespace torchfits
