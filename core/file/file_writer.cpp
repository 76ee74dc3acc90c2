// SPDX-License-Identifier: BSD-3-Clause
#include "file/file_writer.h"

#include <string>

#include "base/error.h"
#include "file/ascii_table_writer.h"
#include "file/table_writer.h"
#include "file/tiled_image_writer.h"

namespace torchfits {

namespace {

std::uint64_t write_groups(const HduTarget& target, const MemoryGroups& groups,
                           const UserCards& user) {
  if (target.place != HduPlace::primary) {
    throw FitsError(ErrorCode::value,
                    "random groups stand in the first HDU of a file only; write them to a file of "
                    "their own, or as a table, without kind=");
  }
  return write_rows(target, groups_header(groups.description, user, target.checksum), groups.table);
}

std::uint64_t write_pixels(const HduTarget& target, const NewHdu& hdu, const MemoryImage& image) {
  const auto& [data, cards, compression, integers] = hdu;
  if (!compression) return write_image(target, image, cards, integers);
  if (integers) return write_tiled_image(target, image, cards, *compression, *integers);
  return write_tiled_image(target, image, cards, *compression);
}

}  // namespace

bool is_extension_only(const NewHdu& hdu) noexcept {
  const bool image = std::holds_alternative<MemoryImage>(hdu.data);
  return std::holds_alternative<MemoryTable>(hdu.data) ||
         std::holds_alternative<MemoryAsciiTable>(hdu.data) || (image && hdu.compression);
}

std::uint64_t write_hdu(const HduTarget& target, const NewHdu& hdu) {
  if (const auto* table = std::get_if<MemoryTable>(&hdu.data))
    return write_table(target, *table, hdu.cards);
  if (const auto* table = std::get_if<MemoryAsciiTable>(&hdu.data))
    return write_ascii_table(target, *table, hdu.cards);
  if (const auto* groups = std::get_if<MemoryGroups>(&hdu.data))
    return write_groups(target, *groups, hdu.cards);
  if (const auto* image = std::get_if<MemoryImage>(&hdu.data))
    return write_pixels(target, hdu, *image);
  return write_image(target, {}, hdu.cards);
}

std::uint64_t write_hdus(ByteSink& sink, std::span<const NewHdu> hdus, bool checksum) {
  HduTarget target{sink, 0, HduPlace::primary, checksum};
  std::uint64_t end = 0;
  if (hdus.empty() || is_extension_only(hdus.front())) {
    end = write_image(target, {}, {});
    target.place = HduPlace::extension;
  }
  for (std::size_t i = 0; i < hdus.size(); ++i) {
    const HduTarget next{sink, end, target.place, checksum};
    try {
      end = write_hdu(next, hdus[i]);
    } catch (FitsError& error) {
      if (hdus.size() > 1) error.in_hdu("item " + std::to_string(i) + " of the list");
      throw;
    }
    target.place = HduPlace::extension;
  }
  return end;
}

}  // namespace torchfits
