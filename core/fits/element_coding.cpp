// SPDX-License-Identifier: BSD-3-Clause
// Which element type stored numbers become: FITS 4.0 sections 4.4.2.5 and 5.2.5 for images, 7.3.2
// for tables.
#include <cmath>
#include <string>

#include "base/error.h"
#include "fits/layout.h"

namespace torchfits {
namespace {

using Rule = ElementCoding::Rule;

constexpr double kTwo63 = 9223372036854775808.0;

/// The natural type of a convention that shifts the whole range by half its size: Tables 11 and 19
/// of the Standard.
std::optional<ElementType> shifted_type(ElementType stored, Scaling scaling) {
  if (scaling.scale != 1.0) return std::nullopt;
  switch (stored) {
    case ElementType::u8:
      return scaling.zero == -128.0 ? std::optional(ElementType::i8) : std::nullopt;
    case ElementType::i16:
      return scaling.zero == 32768.0 ? std::optional(ElementType::u16) : std::nullopt;
    case ElementType::i32:
      return scaling.zero == 2147483648.0 ? std::optional(ElementType::u32) : std::nullopt;
    case ElementType::i64:
      return scaling.zero == kTwo63 && !scaling.whole_zero ? std::optional(ElementType::u64)
                                                           : std::nullopt;
    default: return std::nullopt;
  }
}

/// TSCAL = 1 and a whole TZERO: 64-bit integers stay exact.
std::optional<std::int64_t> whole_offset(ElementType stored, Scaling scaling) {
  if (stored != ElementType::i64 || scaling.scale != 1.0) return std::nullopt;
  if (scaling.whole_zero) return scaling.whole_zero;
  const bool whole =
      std::trunc(scaling.zero) == scaling.zero && scaling.zero >= -kTwo63 && scaling.zero < kTwo63;
  return whole ? std::optional(static_cast<std::int64_t>(scaling.zero)) : std::nullopt;
}

ElementCoding copied(ElementType stored, ElementType natural) {
  ElementCoding coding;
  coding.stored = stored;
  coding.natural = natural;
  return coding;
}

/// What images and columns share; `scaled` is the type where a scaling leaves no integers.
ElementCoding make(ElementType stored, ElementType scaled, Scaling scaling,
                   std::optional<std::int64_t> null) {
  auto coding = copied(stored, stored);
  coding.null = null;
  if (scaling.identity()) return coding;
  if (const auto shifted = shifted_type(stored, scaling)) {
    coding.natural = *shifted;
    coding.rule = Rule::offset;
  } else if (const auto offset = whole_offset(stored, scaling)) {
    coding.offset = *offset;
    coding.rule = Rule::offset;
  } else {
    coding.natural = scaled;
    coding.rule = Rule::scale;
    coding.scaling = scaling;
  }
  return coding;
}

}  // namespace

ElementType stored_type(std::int64_t bitpix) {
  switch (bitpix) {
    case 8: return ElementType::u8;
    case 16: return ElementType::i16;
    case 32: return ElementType::i32;
    case 64: return ElementType::i64;
    case -32: return ElementType::f32;
    case -64: return ElementType::f64;
    default: break;
  }
  throw FitsError::format("BITPIX = " + std::to_string(bitpix) +
                          " is none of 8, 16, 32, 64, -32, -64");
}

ElementCoding ElementCoding::image(int bitpix, Scaling scaling, std::optional<std::int64_t> blank) {
  const auto stored = stored_type(bitpix);
  const auto scaled =
      info(stored).size <= 2 || stored == ElementType::f32 ? ElementType::f32 : ElementType::f64;
  if (!is_integer(stored)) return make(stored, scaled, scaling, std::nullopt);
  // Pixels that may be undefined need NaN, whatever the scaling: the dtype follows from the header
  // alone.
  auto coding = blank ? copied(stored, scaled) : make(stored, scaled, scaling, std::nullopt);
  if (blank) {
    coding.rule = Rule::scale;
    coding.scaling = scaling;
    coding.null = blank;
  }
  return coding;
}

ElementCoding ElementCoding::column(char code, Scaling scaling, std::optional<std::int64_t> tnull) {
  constexpr auto scaled = ElementType::f64;
  switch (code) {
    case 'B': return make(ElementType::u8, scaled, scaling, tnull);
    case 'I': return make(ElementType::i16, scaled, scaling, tnull);
    case 'J': return make(ElementType::i32, scaled, scaling, tnull);
    case 'K': return make(ElementType::i64, scaled, scaling, tnull);
    // TNULL is for integers only; TSCAL and TZERO are for numbers only.
    case 'E': return make(ElementType::f32, scaled, scaling, std::nullopt);
    case 'D': return make(ElementType::f64, scaled, scaling, std::nullopt);
    case 'C': return make(ElementType::c64, ElementType::c64, scaling, std::nullopt);
    case 'M': return make(ElementType::c128, ElementType::c128, scaling, std::nullopt);
    case 'L': return copied(ElementType::boolean, ElementType::boolean);
    case 'X':
      return copied(ElementType::u8, ElementType::boolean);  // unpacked by the column's decoder
    case 'A': return copied(ElementType::u8, ElementType::u8);
    case 'P':
      return copied(ElementType::i32, ElementType::i32);  // descriptors; the heap has its own
    case 'Q': return copied(ElementType::i64, ElementType::i64);
    default: break;
  }
  throw FitsError::format("TFORM code '" + std::string(1, code) +
                          "' is none of L X B I J K A E D C M P Q");
}

ElementCoding ElementCoding::unscaled() const {
  // L and X are bool however they are read.
  return copied(stored, natural == ElementType::boolean ? natural : stored);
}

}  // namespace torchfits
