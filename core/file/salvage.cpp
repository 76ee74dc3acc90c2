// SPDX-License-Identifier: BSD-3-Clause
#include "file/salvage.h"

namespace torchfits {
namespace {

bool is_table(const HduRecord& hdu) {
  return hdu.kind == HduKind::table || hdu.kind == HduKind::ascii_table ||
         hdu.kind == HduKind::compressed_image;
}

std::string missing_part(std::string_view what, std::uint64_t kept, std::uint64_t announced,
                         std::uint64_t missing_bytes) {
  return "the data are cut off: " + std::to_string(missing_bytes) + " bytes are missing; " +
         std::to_string(kept) + " of " + std::to_string(announced) + " " + std::string(what) +
         " are there";
}

}  // namespace

std::optional<std::string> cut_to_present(HduRecord& hdu, std::uint64_t present) {
  if (present >= hdu.data_bytes || hdu.kind == HduKind::unknown || hdu.axes.empty())
    return std::nullopt;
  const auto missing = hdu.data_bytes - present;
  const bool groups = hdu.kind == HduKind::random_groups;
  auto& lines = groups ? hdu.gcount : hdu.axes.back();
  const auto announced = lines;
  const bool table = is_table(hdu) && hdu.axes.size() == 2;
  const auto main = table ? hdu.data_bytes - hdu.pcount : hdu.data_bytes;
  if (table && present >= main) {
    hdu.pcount -= missing;
    hdu.data_bytes = present;
    return "the heap is cut off: " + std::to_string(missing) +
           " bytes are missing; all rows are there";
  }
  // Tiles are found by rows that are not there.
  if (hdu.kind == HduKind::compressed_image || announced == 0) return std::nullopt;
  const auto line_bytes = main / announced;
  if (line_bytes == 0) return std::nullopt;
  lines = present / line_bytes;
  hdu.data_bytes = lines * line_bytes;
  if (table) hdu.pcount = 0;
  const auto* what = table ? "rows" : groups ? "groups" : "lines of the slowest axis";
  return missing_part(what, lines, announced, missing);
}

}  // namespace torchfits
