// SPDX-License-Identifier: BSD-3-Clause
// TFORMn of a binary table, "rTa" (FITS 4.0 section 7.3.1), and TDIMn; TFORMn of an ASCII table,
// "Tw.d" (section 7.2.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fits/element_type.h"

namespace torchfits {

struct TForm {
  std::uint64_t repeat = 1;
  char code = 'A';     ///< one of L X B I J K A E D C M P Q
  char heap_code = 0;  ///< of P and Q: the code of the elements in the heap
  std::optional<std::uint64_t>
      maximum;       ///< of P and Q: the number in parentheses; often wrong or absent
  std::string rest;  ///< what follows the code, verbatim (substring conventions)

  /// ErrorCode::format with the text and the codes that are allowed; lower case and surrounding
  /// blanks are accepted.
  [[nodiscard]] static TForm parse(std::string_view text);
  [[nodiscard]] std::string str() const;
  /// Of P and Q: a row has a descriptor, the elements lie in the heap.
  [[nodiscard]] bool in_heap() const noexcept { return heap_code != 0; }

  /// Bytes that the field takes in a row; no value on overflow. X: (repeat + 7) / 8; P: 8, Q: 16 (0
  /// where repeat is 0).
  [[nodiscard]] std::optional<std::uint64_t> width() const noexcept;
  friend bool operator==(const TForm&, const TForm&) = default;
};

struct AsciiForm {
  char code = 'A';                      ///< one of A I F E D
  std::uint64_t width = 0;              ///< characters of the field
  std::optional<std::uint64_t> digits;  ///< of F E D: behind the point of a number without one

  /// ErrorCode::format with the text and the forms that are allowed; lower case and surrounding
  /// blanks are accepted.
  [[nodiscard]] static AsciiForm parse(std::string_view text);
  [[nodiscard]] std::string str() const;
  friend bool operator==(const AsciiForm&, const AsciiForm&) = default;
};

/// Bytes of one element of a code (L 1, X 1 for a packed byte, C 8, M 16, P 8, Q 16); 0 for an
/// unknown code.
[[nodiscard]] std::uint64_t tform_element_size(char code) noexcept;

/// The code of columns of a type: of uint16, uint32, uint64 and int8 that of the offset convention;
/// 0 for float16 and bfloat16, which no table holds.
[[nodiscard]] char tform_code(ElementType type) noexcept;

/// "(2,3,4)" in the Standard's (Fortran) order; no value where the text is malformed.
[[nodiscard]] std::optional<std::vector<std::uint64_t>> parse_tdim(std::string_view text);

}  // namespace torchfits
