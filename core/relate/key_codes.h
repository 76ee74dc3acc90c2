// SPDX-License-Identifier: BSD-3-Clause
// Keys of any type as unsigned numbers that compare as the keys do.
#pragma once

#include <cstdint>
#include <span>

#include "relate/array.h"
#include "relate/key_column.h"

namespace torchfits {

/// Values that are none. In this order they come last; in a join none of them matches anything.
enum class Special : std::uint8_t {
  none,
  nan,
  null,
  foreign,  ///< of a join: a number that the other table's type cannot hold
};

/// What the codes are for. Codes of long texts have an order only where it is wanted.
enum class Wanted : std::uint8_t { equality, order };

struct KeyCodes {
  Array<std::uint64_t> codes;    ///< of specials: anything
  Array<std::uint8_t> specials;  ///< a Special of each row; empty where no row has one
  std::uint64_t low = 0;         ///< of the codes that are not special
  std::uint64_t high = 0;
};

/// The key of all rows of `tables`, those of the first table first. Integers of all widths and
/// signs compare exactly, so do both floats; -0 equals 0. FitsError (type) where the types of the
/// columns do not compare, (unsupported) for more rows than are counted.
[[nodiscard]] KeyCodes encode_key(std::span<const KeyColumn> tables, Wanted wanted);

}  // namespace torchfits
