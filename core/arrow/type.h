// SPDX-License-Identifier: BSD-3-Clause
// Arrow's format strings and metadata: parsed and printed side by side.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fits/element_type.h"

namespace torchfits {

enum class ArrowKind : std::uint8_t {
  number,
  boolean,     ///< bits, least significant first
  text,        ///< offsets and bytes
  fixed_text,  ///< `size` bytes each
  text_view,   ///< 16 bytes each, which hold a short text or point to a long one
  list,        ///< offsets into the child
  fixed_list,  ///< `size` elements of the child each
  structure,
};

struct ArrowType {
  ArrowKind kind = ArrowKind::structure;
  ElementType element = ElementType::u8;  ///< of numbers
  std::uint64_t size = 0;                 ///< of fixed_text and fixed_list
  bool wide = false;                      ///< of text and list: the offsets have 64 bits
  bool utf8 = false;                      ///< of text: it is UTF-8, not just bytes

  /// ErrorCode::type names a type that no column of a FITS table has, and says what to do.
  [[nodiscard]] static ArrowType parse(std::string_view format);
  [[nodiscard]] std::string format() const;
  friend bool operator==(const ArrowType&, const ArrowType&) = default;
};

/// Keys and values of a field.
using ArrowMetadata = std::vector<std::pair<std::string, std::string>>;

/// From the ABI's binary form; null is none. ErrorCode::value for a negative count or length.
[[nodiscard]] ArrowMetadata parse_arrow_metadata(const char* encoded);
[[nodiscard]] std::string format_arrow_metadata(const ArrowMetadata& metadata);

}  // namespace torchfits
