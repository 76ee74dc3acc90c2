// SPDX-License-Identifier: BSD-3-Clause
#include "fits/groups_header.h"

#include <utility>

#include "fits/image_header.h"

namespace torchfits {

Header groups_header(const GroupsDescription& groups, const UserCards& user, bool checksum) {
  CardText cards;
  // NAXIS1 = 0 is the signature of random groups.
  std::vector<std::uint64_t> axes{0};
  axes.insert(axes.end(), groups.shape.rbegin(), groups.shape.rend());
  MandatoryCards{.bitpix = bitpix_of(groups.coding.stored), .axes = std::move(axes)}.add_to(cards);
  cards.add("GROUPS", true, "random groups");
  cards.add("PCOUNT", static_cast<std::int64_t>(groups.parameters.size()),
            "number of parameters of a group");
  cards.add("GCOUNT", static_cast<std::int64_t>(groups.groups), "number of groups");
  add_coding(cards, groups.coding);
  for (std::size_t i = 0; i < groups.parameters.size(); ++i) {
    const auto& [ptype, comment, scaling] = groups.parameters[i];
    cards.add("PTYPE", i + 1, ptype, comment);
    cards.add("PSCAL", i + 1, scaling.scale, "");
    cards.add("PZERO", i + 1, scaling.zero, "");
  }
  if (!groups.unit.empty() && !user.header.find("BUNIT")) cards.add("BUNIT", groups.unit, "");
  cards.add(user, Content::array);
  if (checksum) add_checksums(cards);
  return std::move(cards).header();
}

}  // namespace torchfits
