// SPDX-License-Identifier: BSD-3-Clause
// Numbers as the text of a field (FITS 4.0 section 7.2.5): decode/text_number.h's mirror.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "fits/tform.h"

namespace torchfits {

/// The fewest digits that read back as the same number: d.ddd x 10^exponent.
struct Decimal {
  std::array<char, 24> digits{};
  int count = 1;
  int exponent = 0;
  bool negative = false;

  /// Of a finite number.
  [[nodiscard]] static Decimal of(double value) noexcept;
  [[nodiscard]] static Decimal of(float value) noexcept;
};

/// Characters that a field needs for some numbers.
class DecimalExtent {
 public:
  void add(const Decimal& number) noexcept;
  void add(const DecimalExtent& other) noexcept;
  /// Fw.d where it is no wider than with an exponent, else `code` (E or D).
  [[nodiscard]] AsciiForm form(char code) const noexcept;

 private:
  int whole_ = 1;     ///< characters before the point, the sign included
  int behind_ = 1;    ///< digits behind it
  int digits_ = 2;    ///< of a number with exponent
  int exponent_ = 2;  ///< digits of an exponent
  bool negative_ = false;
};

/// Puts the number to the right end of a field of `form`, the rest of which stays as it is. Does
/// nothing and gives false where it would need more room, or lose digits.
bool put_decimal(const Decimal& number, const AsciiForm& form, char* field) noexcept;

}  // namespace torchfits
