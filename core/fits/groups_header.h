// SPDX-License-Identifier: BSD-3-Clause
// Headers of random groups that are written: read_groups_layout()'s mirror (FITS 4.0 section 6).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fits/hdu_cards.h"
#include "fits/layout.h"

namespace torchfits {

struct GroupParameter {
  std::string ptype, comment;
  Scaling scaling{};  ///< PSCAL and PZERO
};

struct GroupsDescription {
  std::uint64_t groups = 0;
  std::vector<GroupParameter> parameters{};
  std::vector<std::uint64_t> shape{};  ///< of the array of a group, numpy order
  ElementCoding coding{};              ///< of the array; the parameters are of its stored type
  std::string unit{};                  ///< BUNIT, where the user's header has none
};

[[nodiscard]] Header groups_header(const GroupsDescription& groups, const UserCards& user,
                                   bool checksum);

}  // namespace torchfits
