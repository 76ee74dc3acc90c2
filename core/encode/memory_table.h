// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fits/layout.h"

namespace torchfits {

/// The values of one column in memory, C-ordered and aligned: the mirror of what a table reader
/// fills.
struct MemoryColumn {
  /// `rows` cells of the column's shape, in its natural type. Text: `characters` bytes for each
  /// string. L: a byte for each, 0 or 1. X: a byte for each bit. Of variable length: the elements
  /// of all cells, one behind the other.
  const std::byte* values = nullptr;
  /// A byte for each element (of text: for each string), not 0 where it is null; nullptr: no nulls.
  const std::byte* nulls = nullptr;
  /// Of variable length: rows + 1 positions in `values`, counted in elements, checked to rise from
  /// 0; else nullptr.
  const std::int64_t* offsets = nullptr;
};

/// A table that is written. `layout` says how each column is stored (fits/table_header.h makes it);
/// `columns` has as many as it has.
struct MemoryTable {
  TableLayout layout;
  std::vector<MemoryColumn> columns;
};

}  // namespace torchfits
