// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace torchfits {

/// decode(first, count) of `count` items, all at once; where that fails, one by one, so that the
/// error names the column and row_of(item) of the first that is wrong.
template <class Decode, class RowOf>
void decode_naming_row(const std::string& column, std::uint64_t count, const Decode& decode,
                       const RowOf& row_of) {
  const auto named = [&](const FitsError& error, std::uint64_t item) {
    return FitsError(error.code(), "column '" + column + "', row " + std::to_string(row_of(item)) +
                                       ": " + error.problem());
  };
  try {
    decode(0, count);
  } catch (const FitsError& error) {
    for (std::uint64_t item = 0; count > 1 && item < count; ++item) {
      try {
        decode(item, 1);
      } catch (const FitsError& of_one) {
        throw named(of_one, item);
      }
    }
    throw named(error, 0);
  }
}

}  // namespace torchfits
