// SPDX-License-Identifier: BSD-3-Clause
#include "fits/compressed_table.h"

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "fits/card_value.h"
#include "fits/compressed_header.h"

namespace torchfits {
namespace {

/// What a short stream holds beside its bytes.
constexpr std::uint64_t kSlack = 64;

std::uint64_t needed(const Header& header, const std::string& keyword) {
  const auto value = header.integer(keyword);
  if (!value || *value < 0) {
    throw FitsError::format(keyword + (header.find(keyword) ? " is no count" : " is missing") +
                            ": the compressed table cannot be described; read(..., raw=True) gives "
                            "the table of its tiles");
  }
  return static_cast<std::uint64_t>(*value);
}

/// The HDU as it would be uncompressed.
HduRecord held_record(const HduRecord& hdu) {
  HduRecord held;
  held.index = hdu.index;
  held.kind = HduKind::table;
  held.axes = {needed(hdu.header, "ZNAXIS1"), needed(hdu.header, "ZNAXIS2")};
  held.pcount = needed(hdu.header, "ZPCOUNT");
  const auto rows = checked_mul(held.axes[0], held.axes[1]);
  const auto bytes = rows ? checked_add(*rows, held.pcount) : std::nullopt;
  if (!bytes || *bytes > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    throw FitsError::format("ZNAXIS1 x ZNAXIS2 + ZPCOUNT does not fit 63 bits");
  }
  held.data_bytes = *bytes;
  held.header = uncompressed_header(hdu);
  return held;
}

std::size_t element_width(const TForm& form) noexcept {
  const auto code = form.heap_code != 0 ? form.heap_code : form.code;
  return static_cast<std::size_t>(tform_element_size(code));
}

/// Bytes of the elements whose bytes GZIP_2 sets apart. CFITSIO, which writes nearly all of these
/// files, leaves complex columns as they are, and takes a variable-length array of complex floats
/// for one of eight-byte elements.
std::size_t shuffle_width(const TForm& form) noexcept {
  const auto width = element_width(form);
  if (form.code == 'C' || width > 8) return 1;
  return width;
}

ColumnCompression compression_of(const std::string& keyword, std::string_view name,
                                 const Column& column) {
  ColumnCompression compression;
  const auto code = column.form.heap_code != 0 ? column.form.heap_code : column.form.code;
  if (name == "GZIP_2") {
    compression.shuffle_width = shuffle_width(column.form);
  } else if (name == "GZIP_1") {
    compression.algorithm = TileAlgorithm::gzip_1;
  } else if (name == "NOCOMPRESS") {
    compression.algorithm = TileAlgorithm::none;
  } else if (name == "RICE_1") {
    compression.algorithm = TileAlgorithm::rice;
    compression.rice_width = element_width(column.form);
    if (code != 'B' && code != 'I' && code != 'J') {
      compression.refused = FitsError::format(
          keyword + " = 'RICE_1' of column '" + column.name +
          "' is not possible: it holds integers of the codes B, I and J, not " + code);
    }
  } else {
    compression.refused = FitsError::unsupported(
        keyword + " = '" + std::string(name) + "' of column '" + column.name +
        "' is no algorithm that can be read; tables know GZIP_1, GZIP_2, RICE_1 and NOCOMPRESS");
  }
  return compression;
}

ColumnCompression read_compression(const Header& header, const TableLayout& held, std::size_t i,
                                   std::vector<std::string>& warnings) {
  const auto keyword = "ZCTYP" + std::to_string(i + 1);
  const auto& column = held.columns[i];
  auto name = header.string(keyword);
  if (!name) {
    name = "GZIP_2";
    if (column.width > 0) {
      warnings.push_back(keyword + " is missing; column '" + column.name +
                         "' is taken to be compressed by GZIP_2, as CFITSIO does");
    }
  }
  return compression_of(keyword, trim(*name), column);
}

/// Each column of the held table is one of byte arrays in the stored one.
void check_columns(const Header& header, const CompressedTableLayout& table) {
  for (std::size_t i = 0; i < table.stored.columns.size(); ++i) {
    const auto n = std::to_string(i + 1);
    if (!header.string("ZFORM" + n)) {
      throw FitsError::format("ZFORM" + n +
                              (header.find("ZFORM" + n) ? " is no string" : " is missing") +
                              ": what column '" + table.stored.columns[i].name +
                              "' of the compressed table holds is not known; read(..., raw=True) "
                              "gives the table of its tiles");
    }
    const auto& form = table.stored.columns[i].form;
    const bool bytes = (form.code == 'P' || form.code == 'Q') && form.heap_code == 'B';
    if (!bytes || form.repeat != 1) {
      throw FitsError::format("TFORM" + n + " = '" + form.str() +
                              "' of a compressed table is no array of bytes such as '1QB'");
    }
  }
}

void check_tiles(const CompressedTableLayout& table) {
  const auto rows = table.held.rows;
  const auto tiles = rows == 0 ? 0 : (rows - 1) / table.tile_rows + 1;
  if (tiles > table.stored.rows) {
    throw FitsError::format(
        "ZNAXIS2 = " + std::to_string(rows) + " rows in tiles of ZTILELEN = " +
        std::to_string(table.tile_rows) + " make " + std::to_string(tiles) +
        " tiles, but the table has NAXIS2 = " + std::to_string(table.stored.rows) + " rows");
  }
}

/// The rows have no bytes that no column restores, and there are not more of them than the file can
/// hold.
void check_size(const HduRecord& hdu, const CompressedTableLayout& table) {
  const auto& held = table.held;
  std::uint64_t width = 0;
  for (const auto& column : held.columns) width += column.width;
  if (width != held.row_bytes) {
    throw FitsError::format("the columns' ZFORMn take " + std::to_string(width) +
                            " bytes of a row, not ZNAXIS1 = " + std::to_string(held.row_bytes));
  }
  const auto most = held.rows * held.row_bytes + held.heap_bytes;
  if (!plausible_size(most, hdu.data_bytes)) {
    throw FitsError::format("ZNAXIS1, ZNAXIS2 and ZPCOUNT announce " + std::to_string(most) +
                            " bytes, more than the " + std::to_string(hdu.data_bytes) +
                            " compressed ones can become");
  }
}

}  // namespace

bool plausible_size(std::uint64_t held, std::uint64_t stored) noexcept {
  const auto most = checked_mul(stored, kMaxInflation);
  return !most || held <= kSlack || held - kSlack <= *most;
}

std::uint64_t CompressedTableLayout::rows_of(std::uint64_t tile) const noexcept {
  return std::min(tile_rows, held.rows - tile * tile_rows);
}

CompressedTableLayout read_compressed_table(const HduRecord& hdu,
                                            std::vector<std::string>& warnings) {
  CompressedTableLayout table;
  // What the header says of the columns is about the held ones, and is reported for them.
  std::vector<std::string> unused;
  table.stored = read_table_layout(hdu, unused);
  check_columns(hdu.header, table);
  table.held = read_table_layout(held_record(hdu), warnings);
  table.tile_rows = needed(hdu.header, "ZTILELEN");
  if (table.tile_rows == 0) {
    throw FitsError::format("ZTILELEN = 0: a tile has at least one row");
  }
  // Longer than the table means one tile; rows_of() must not wrap.
  table.tile_rows = std::min(table.tile_rows, std::max<std::uint64_t>(1, table.held.rows));
  check_tiles(table);
  check_size(hdu, table);
  for (std::size_t i = 0; i < table.held.columns.size(); ++i) {
    table.columns.push_back(read_compression(hdu.header, table.held, i, warnings));
  }
  return table;
}

}  // namespace torchfits
