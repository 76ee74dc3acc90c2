// SPDX-License-Identifier: BSD-3-Clause
#include "fits/layout.h"

#include <algorithm>
#include <utility>

#include "base/defaults.h"
#include "base/error.h"
#include "fits/compressed_header.h"
#include "fits/compressed_table.h"
#include "fits/image_layout.h"
#include "fits/scaling_cards.h"

namespace torchfits {
namespace {

/// The first card of that keyword.
ScalingCard scaling_card(const Header& header, std::string_view keyword) {
  const auto position = header.find(keyword);
  return {std::string(keyword), position ? header.card_text(*position) : std::string_view{}};
}

/// BLANK must be an integer (a whole float is taken); anything else cannot equal a stored integer
/// and is ignored.
std::optional<std::int64_t> blank_value(const Header& header, bool floats, std::string_view keyword,
                                        std::vector<std::string>& warnings) {
  const auto position = header.find(keyword);
  if (!position) return std::nullopt;
  const auto card = header.card(*position);
  if (std::holds_alternative<std::monostate>(card.value)) return std::nullopt;
  const auto value = header.integer(keyword);
  if (!value) {
    warnings.push_back(std::string(keyword) + " is not an integer and is ignored");
    return std::nullopt;
  }
  if (floats) {
    warnings.push_back(std::string(keyword) +
                       " has no meaning in a floating-point image and is ignored");
    return std::nullopt;
  }
  if (!std::holds_alternative<std::int64_t>(card.value)) {
    warnings.push_back(std::string(keyword) + " is written as a float; read as the integer " +
                       std::to_string(*value));
  }
  return value;
}

std::vector<std::uint64_t> numpy_shape(std::vector<std::uint64_t> axes) {
  if (axes.size() > kMaxAxes) {
    throw FitsError::unsupported("an image of " + std::to_string(axes.size()) +
                                 " axes cannot be a tensor: torch has at most " +
                                 std::to_string(kMaxAxes));
  }
  std::reverse(axes.begin(), axes.end());
  return axes;
}

}  // namespace

Scaling image_scaling(const Header& header) {
  return read_scaling(scaling_card(header, "BSCALE"), scaling_card(header, "BZERO"));
}

ImageLayout describe_image(const Header& header, std::int64_t bitpix,
                           std::vector<std::uint64_t> axes, std::string_view blank,
                           std::vector<std::string>& warnings) {
  const auto null = blank_value(header, bitpix < 0, blank, warnings);
  return {numpy_shape(std::move(axes)),
          ElementCoding::image(static_cast<int>(bitpix), image_scaling(header), null)};
}

Layout read_layout(const HduRecord& hdu, std::vector<std::string>& warnings) {
  switch (hdu.kind) {
    case HduKind::image: return describe_image(hdu.header, hdu.bitpix, hdu.axes, "BLANK", warnings);
    case HduKind::compressed_image: return read_tiled_layout(hdu, warnings);
    case HduKind::table:
      if (is_compressed_table(hdu)) return read_compressed_table(hdu, warnings);
      return read_table_layout(hdu, warnings);
    case HduKind::ascii_table: return read_ascii_layout(hdu, warnings);
    case HduKind::random_groups: return read_groups_layout(hdu, warnings);
    case HduKind::unknown: break;
  }
  return UnknownLayout{};
}

const TableLayout* find_table(const Layout& layout) noexcept {
  if (const auto* ascii = std::get_if<AsciiTableLayout>(&layout)) return &ascii->table;
  if (const auto* groups = std::get_if<RandomGroupsLayout>(&layout)) return &groups->table;
  if (const auto* compressed = std::get_if<CompressedTableLayout>(&layout))
    return &compressed->held;
  return std::get_if<TableLayout>(&layout);
}

}  // namespace torchfits
