// SPDX-License-Identifier: BSD-3-Clause
#include "fits/layout.h"

#include <algorithm>

#include "base/defaults.h"
#include "base/error.h"

namespace torchfits {
namespace {

/// A number that scales data: present and unreadable is an error, since ignoring it would give
/// wrong values.
double scaling_number(const Header& header, std::string_view keyword, double missing) {
  const auto position = header.find(keyword);
  if (!position) return missing;
  const auto card = header.card(*position);
  if (std::holds_alternative<std::monostate>(card.value)) return missing;
  if (const auto value = header.real(keyword)) return *value;
  throw FitsError::format(std::string(keyword) + " is not a number: '" +
                          std::string(header.card_text(*position).substr(0, 40)) +
                          "'; correct the header");
}

/// BLANK must be an integer (a whole float is taken); anything else cannot equal a stored integer
/// and is ignored.
std::optional<std::int64_t> blank_value(const HduRecord& hdu, std::string_view keyword,
                                        std::vector<std::string>& warnings) {
  const auto position = hdu.header.find(keyword);
  if (!position) return std::nullopt;
  const auto card = hdu.header.card(*position);
  if (std::holds_alternative<std::monostate>(card.value)) return std::nullopt;
  const auto value = hdu.header.integer(keyword);
  if (!value) {
    warnings.push_back(std::string(keyword) + " is not an integer and is ignored");
    return std::nullopt;
  }
  if (hdu.bitpix < 0) {
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

ImageLayout image_layout(const HduRecord& hdu, std::vector<std::string>& warnings) {
  const Scaling scaling{scaling_number(hdu.header, "BSCALE", 1.0),
                        scaling_number(hdu.header, "BZERO", 0.0)};
  return {numpy_shape(hdu.axes), ElementCoding::image(static_cast<int>(hdu.bitpix), scaling,
                                                      blank_value(hdu, "BLANK", warnings))};
}

/// The image that a tile-compressed table holds, from its Z keywords (FITS 4.0 section 10.1.1).
TiledImageLayout tiled_layout(const HduRecord& hdu) {
  const auto& header = hdu.header;
  const auto bitpix = header.integer("ZBITPIX");
  const auto naxis = header.integer("ZNAXIS");
  if (!bitpix || !naxis || *naxis < 0 || *naxis > static_cast<std::int64_t>(kMaxAxes)) {
    throw FitsError::format(
        "ZBITPIX or ZNAXIS is missing or out of range: the compressed image cannot be described");
  }
  std::vector<std::uint64_t> axes;
  for (std::int64_t n = 1; n <= *naxis; ++n) {
    const auto length = header.integer("ZNAXIS" + std::to_string(n));
    if (!length || *length < 0)
      throw FitsError::format("ZNAXIS" + std::to_string(n) + " is missing or negative");
    axes.push_back(static_cast<std::uint64_t>(*length));
  }
  const Scaling scaling{scaling_number(header, "BSCALE", 1.0),
                        scaling_number(header, "BZERO", 0.0)};
  auto blank = header.integer("ZBLANK");
  if (!blank) blank = header.integer("BLANK");
  if (stored_type(*bitpix) == ElementType::f32 || stored_type(*bitpix) == ElementType::f64)
    blank.reset();
  return {{numpy_shape(axes), ElementCoding::image(static_cast<int>(*bitpix), scaling, blank)},
          header.string("ZCMPTYPE").value_or("unknown")};
}

RandomGroupsLayout groups_layout(const HduRecord& hdu) {
  return {hdu.gcount, hdu.pcount, numpy_shape({hdu.axes.begin() + 1, hdu.axes.end()})};
}

AsciiTableLayout ascii_layout(const HduRecord& hdu) {
  if (hdu.axes.size() != 2) throw FitsError::format("NAXIS of a table must be 2");
  return {hdu.axes[1], hdu.axes[0]};
}

}  // namespace

Layout read_layout(const HduRecord& hdu, std::vector<std::string>& warnings) {
  switch (hdu.kind) {
    case HduKind::image: return image_layout(hdu, warnings);
    case HduKind::compressed_image: return tiled_layout(hdu);
    case HduKind::table: return read_table_layout(hdu, warnings);
    case HduKind::ascii_table: return ascii_layout(hdu);
    case HduKind::random_groups: return groups_layout(hdu);
    case HduKind::unknown: break;
  }
  return UnknownLayout{};
}

}  // namespace torchfits
