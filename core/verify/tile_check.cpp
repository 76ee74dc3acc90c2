// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/defaults.h"
#include "base/error.h"
#include "file/image_reader.h"
#include "file/table_inflater.h"
#include "file/tile_reader.h"
#include "verify/content_check.h"

namespace torchfits {
namespace {

/// Decoded at a time, if a tile is not larger.
constexpr std::uint64_t kBandBytes = 16 * MiB;
/// No more than that is decoded at a time.
constexpr std::uint64_t kMostBandBytes = 512 * MiB;

void report(const FitsError& error, Findings& findings) {
  if (error.code() == ErrorCode::io || error.code() == ErrorCode::changed) throw error;
  if (error.code() == ErrorCode::unsupported) {
    findings.warning("tile", "", error.problem(), "the tiles were not checked");
  } else {
    findings.error("tile", "", error.problem(), "fetch the file again, or compress the data anew");
  }
}

/// Lines of the slowest axis that are decoded together: whole tiles. Nothing where they would be
/// too many bytes.
std::optional<std::uint64_t> band_lines(std::uint64_t tile_lines,
                                        std::optional<std::uint64_t> line_bytes) {
  const auto tile_bytes = line_bytes ? checked_mul(*line_bytes, tile_lines) : std::nullopt;
  if (!tile_bytes || *tile_bytes > kMostBandBytes) return std::nullopt;
  const auto tiles =
      std::max<std::uint64_t>(1, kBandBytes / std::max<std::uint64_t>(*tile_bytes, 1));
  return checked_mul(tile_lines, tiles);
}

void too_large(Findings& findings) {
  findings.warning("tile", "", "a row of tiles has more than 512 MiB", "it was not decoded");
}

void check_image(const File& file, const HduRecord& hdu, const TiledImageLayout& tiled,
                 Findings& findings) {
  const auto& shape = tiled.image.shape;
  if (shape.empty() || std::find(shape.begin(), shape.end(), 0U) != shape.end()) return;
  if (tiled.refused) return report(*tiled.refused, findings);
  check_plausible(tiled);
  const auto type = tiled.image.coding.stored;
  std::optional<std::uint64_t> line = info(type).size;
  for (std::size_t i = 1; i < shape.size(); ++i) line = line ? checked_mul(*line, shape[i]) : line;
  const auto lines = band_lines(tiled.tile.front(), line);
  if (!lines) return too_large(findings);
  std::vector<std::byte> band;
  for (std::uint64_t first = 0; first < shape.front(); first += *lines) {
    auto selection = whole(shape);
    const auto count = std::min(*lines, shape.front() - first);
    selection.front() = {static_cast<std::int64_t>(first), 1, count};
    auto block = shape;
    block.front() = count;
    band.resize(static_cast<std::size_t>(count * *line));
    try {
      read_image(file, hdu.index, {std::move(selection), false},
                 {type, band.data(), block, std::vector<std::uint64_t>(shape.size(), 0)});
    } catch (const FitsError& error) {
      report(error, findings);
    }
  }
}

void check_table(const File& file, const HduRecord& hdu, const CompressedTableLayout& layout,
                 Findings& findings) {
  const auto& held = layout.held;
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < held.columns.size(); ++i) {
    if (!layout.columns[i].refused) {
      columns.push_back(i);
    } else {
      report(*layout.columns[i].refused, findings);
    }
  }
  const auto lines = band_lines(layout.tile_rows, std::max<std::uint64_t>(held.row_bytes, 1));
  if (!lines) return too_large(findings);
  for (std::uint64_t first = 0; first < held.rows; first += *lines) {
    const RowSelection rows{
        static_cast<std::int64_t>(first), 1, std::min(*lines, held.rows - first), {}};
    try {
      static_cast<void>(inflate_table({file.source(), hdu.data_offset, layout}, columns, rows));
    } catch (const FitsError& error) {
      report(error, findings);
    }
  }
}

}  // namespace

void check_tiles(const File& file, const HduRecord& hdu, Findings& findings) {
  const auto layout = file.layout(hdu.index);
  try {
    if (const auto* tiled = std::get_if<TiledImageLayout>(layout.get()))
      check_image(file, hdu, *tiled, findings);
    if (const auto* table = std::get_if<CompressedTableLayout>(layout.get()))
      check_table(file, hdu, *table, findings);
  } catch (const FitsError& error) {
    report(error, findings);
  }
}

}  // namespace torchfits
