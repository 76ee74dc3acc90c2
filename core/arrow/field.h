// SPDX-License-Identifier: BSD-3-Clause
// What an Arrow schema says, checked and owned.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "arrow/abi.h"
#include "arrow/type.h"

namespace torchfits {

struct ArrowField {
  std::string name;
  ArrowType type;  ///< of a dictionary-encoded field: of the positions
  ArrowMetadata metadata;
  std::vector<ArrowField> children;
  std::vector<ArrowField> dictionary;  ///< one or none: the values that positions stand for

  /// Of one element: numbers and bools, or texts, through all fixed lists and dictionaries.
  [[nodiscard]] const ArrowField& leaf() const;
  [[nodiscard]] bool holds_text() const;
};

/// The columns of a table. ErrorCode::type where it is none, or a column is nothing for FITS
/// (structs, lists of lists, times, ...): the message names the column; ErrorCode::value where the
/// schema contradicts itself. The schema stays its owner's.
[[nodiscard]] ArrowField read_arrow_schema(const ArrowSchema& schema);

}  // namespace torchfits
