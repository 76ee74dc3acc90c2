// SPDX-License-Identifier: BSD-3-Clause
// Columns as the user gives them become random groups: encode/new_table.h for FITS 4.0 section 6.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "encode/memory_table.h"
#include "encode/new_table.h"
#include "fits/groups_header.h"

namespace torchfits {

/// What a parameter is to be called, and how the file that it was read from scaled it.
struct ParameterWish {
  std::string ptype;
  std::optional<Scaling> scaling{};
};

struct MemoryGroups {
  GroupsDescription description;
  MemoryTable table;                           ///< a row is a group: parameters, array
  std::vector<std::vector<std::byte>> stored;  ///< the parameters that the table refers to
};

/// The last column is the array, the others are parameters; `wishes` has one for each of these. A
/// parameter is stored as a number of the array's type: scaled as wished or not at all where every
/// value reads back equal, else, of floats, as several of one name that add up to the value
/// (section 6.1.2). ErrorCode::value, with what to do, where no way leads back to the value.
[[nodiscard]] MemoryGroups groups_of(std::vector<NewColumn> columns,
                                     const std::vector<ParameterWish>& wishes);

}  // namespace torchfits
