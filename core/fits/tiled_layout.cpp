// SPDX-License-Identifier: BSD-3-Clause
// A tile-compressed image from the header of the table that holds it: FITS 4.0 sections 10.1 and
// 10.4.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

#include "base/defaults.h"
#include "base/error.h"
#include "fits/card_value.h"
#include "fits/image_layout.h"
#include "fits/layout.h"

namespace torchfits {
namespace {

std::string upper(std::string_view text) {
  std::string folded(trim(text));
  std::transform(folded.begin(), folded.end(), folded.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return folded;
}

std::string numbered(std::string_view stem, std::size_t n) {
  return std::string(stem) + std::to_string(n);
}

std::int64_t needed_integer(const Header& header, const std::string& keyword) {
  if (const auto value = header.integer(keyword)) return *value;
  throw FitsError::format(keyword +
                          " is missing or no integer: the compressed image cannot be "
                          "described; read(..., raw=True) gives its table");
}

std::vector<std::uint64_t> read_axes(const Header& header) {
  const auto naxis = needed_integer(header, "ZNAXIS");
  if (naxis < 0 || naxis > static_cast<std::int64_t>(kMaxAxes)) {
    throw FitsError::format("ZNAXIS = " + std::to_string(naxis) + " is not from 0 to " +
                            std::to_string(kMaxAxes));
  }
  std::vector<std::uint64_t> axes;
  for (std::size_t n = 1; n <= static_cast<std::size_t>(naxis); ++n) {
    const auto length = needed_integer(header, numbered("ZNAXIS", n));
    if (length < 0) throw FitsError::format(numbered("ZNAXIS", n) + " is negative");
    axes.push_back(static_cast<std::uint64_t>(length));
  }
  return axes;
}

/// ZTILEn in numpy order. Without them a tile is a line. One that is longer than its axis ends with
/// it.
std::vector<std::uint64_t> read_tile(const Header& header, std::span<const std::uint64_t> shape) {
  std::vector<std::uint64_t> tile(shape.begin(), shape.end());
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const auto n = shape.size() - i;
    const auto keyword = numbered("ZTILE", n);
    if (header.find(keyword)) {
      const auto length = needed_integer(header, keyword);
      if (length < 1) {
        throw FitsError::format(keyword + " = " + std::to_string(length) +
                                ": a tile has at least one pixel on each axis");
      }
      tile[i] = std::min(shape[i], static_cast<std::uint64_t>(length));
    } else if (n != 1) {
      tile[i] = std::min<std::uint64_t>(shape[i], 1);
    }
  }
  return tile;
}

/// Tiles of the image; ErrorCode::format where the table has not a row for each.
void check_rows(const TiledImageLayout& tiled) {
  std::optional<std::uint64_t> tiles = 1;
  std::optional<std::uint64_t> pixels = info(tiled.image.coding.stored).size;
  for (std::size_t i = 0; i < tiled.tile.size() && tiles && pixels; ++i) {
    const auto length = tiled.image.shape[i];
    tiles = length == 0
                ? 0
                : checked_mul(*tiles, (length - 1) / std::max<std::uint64_t>(1, tiled.tile[i]) + 1);
    pixels = checked_mul(*pixels, length);
  }
  if (!pixels || *pixels > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    throw FitsError::format("the product of the ZNAXISn does not fit 63 bits");
  if (!tiles || *tiles > tiled.table.rows) {
    throw FitsError::format(
        "ZNAXISn and ZTILEn make " +
        (tiles ? std::to_string(*tiles) : std::string("more than 2^64")) +
        " tiles, but the table has NAXIS2 = " + std::to_string(tiled.table.rows) + " rows");
  }
}

/// The value that ZNAMEn = 'NAME' announces in ZVALn.
std::optional<std::int64_t> parameter(const Header& header, std::string_view name) {
  for (std::size_t n = 1; n <= 999; ++n) {
    const auto found = header.string(numbered("ZNAME", n));
    if (!found) return std::nullopt;
    if (upper(*found) != name) continue;
    if (const auto value = header.integer(numbered("ZVAL", n))) return value;
    throw FitsError::format(numbered("ZVAL", n) + ", the value of " + std::string(name) +
                            ", is missing or no integer");
  }
  return std::nullopt;
}

TileAlgorithm algorithm_named(const std::string& keyword, const std::string& text) {
  const auto name = upper(text);
  if (name == "RICE_1" || name == "RICE_ONE") return TileAlgorithm::rice;
  if (name == "GZIP_1") return TileAlgorithm::gzip_1;
  if (name == "GZIP_2") return TileAlgorithm::gzip_2;
  if (name == "HCOMPRESS_1") return TileAlgorithm::hcompress;
  if (name == "PLIO_1") return TileAlgorithm::plio;
  if (name == "NOCOMPRESS") return TileAlgorithm::none;
  throw FitsError::unsupported(keyword + " = '" + text +
                               "' is no algorithm that can be read; known are RICE_1 (RICE_ONE), "
                               "GZIP_1, GZIP_2, HCOMPRESS_1, PLIO_1 and NOCOMPRESS");
}

void read_rice(const Header& header, TiledImageLayout& tiled) {
  const auto bytes = parameter(header, "BYTEPIX").value_or(4);
  const auto block = parameter(header, "BLOCKSIZE").value_or(32);
  if (bytes == 8)
    throw FitsError::unsupported("BYTEPIX = 8: no program writes or reads 64-bit RICE_1");
  if (bytes != 1 && bytes != 2 && bytes != 4)
    throw FitsError::format("BYTEPIX = " + std::to_string(bytes) + " of RICE_1 is not 1, 2 or 4");
  if (block < 1 || block > std::numeric_limits<std::int32_t>::max()) {
    throw FitsError::format("BLOCKSIZE = " + std::to_string(block) +
                            " of RICE_1 is no number of pixels");
  }
  tiled.rice_bytes = static_cast<std::size_t>(bytes);
  tiled.rice_block = static_cast<std::size_t>(block);
}

void check_hcompress(const TiledImageLayout& tiled) {
  const auto& tile = tiled.tile;
  const auto thick =
      tile.size() < 2
          ? tile.size()
          : static_cast<std::size_t>(std::count_if(
                tile.begin(), tile.end() - 2, [](std::uint64_t length) { return length > 1; }));
  if (tile.size() < 2 || thick > 0) {
    throw FitsError::format(
        "ZTILEn of HCOMPRESS_1 must be a plane: 1 pixel on all axes but the first two");
  }
}

Dither dither_named(const std::string& text) {
  const auto name = upper(text);
  if (name == "NO_DITHER" || name == "NONE" || name.empty()) return Dither::none;
  if (name == "SUBTRACTIVE_DITHER_1") return Dither::subtractive_1;
  if (name == "SUBTRACTIVE_DITHER_2") return Dither::subtractive_2;
  throw FitsError::unsupported("ZQUANTIZ = '" + text +
                               "' is no method that can be read; known are NO_DITHER, "
                               "SUBTRACTIVE_DITHER_1 and SUBTRACTIVE_DITHER_2");
}

/// Columns by their names in the table, once each.
class TileColumns {
 public:
  TileColumns(const Header& header, const TableLayout& table) : header_(header), table_(table) {}

  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const {
    const auto& columns = table_.columns;
    const auto found = std::find_if(columns.begin(), columns.end(), [&](const Column& column) {
      return upper(column.ttype) == name;
    });
    if (found == columns.end()) return std::nullopt;
    return static_cast<std::size_t>(found - columns.begin());
  }

  /// A column of variable-length arrays.
  [[nodiscard]] std::optional<std::size_t> heap(std::string_view name) const {
    const auto found = find(name);
    if (!found) return found;
    const auto& form = table_.columns[*found].form;
    if ((form.code != 'P' && form.code != 'Q') || form.repeat != 1) {
      throw FitsError::format("TFORM = '" + form.str() + "' of the column " + std::string(name) +
                              " is no variable-length array such as '1PB'");
    }
    return found;
  }

  /// A scalar column of numbers, or a keyword.
  [[nodiscard]] TileNumber number(std::string_view name) const {
    TileNumber number;
    number.column = find(name);
    if (number.column) {
      const auto& column = table_.columns[*number.column];
      if (std::string_view("BIJKED").find(column.form.code) == std::string_view::npos ||
          column.form.repeat != 1) {
        throw FitsError::format("TFORM = '" + column.form.str() + "' of the column " +
                                std::string(name) + " is no single number");
      }
    } else if (header_.find(name)) {
      number.keyword = header_.real(name);
      if (!number.keyword)
        throw FitsError::format("the keyword " + std::string(name) + " is no number");
    }
    return number;
  }

 private:
  const Header& header_;
  const TableLayout& table_;
};

void read_quantization(const Header& header, const TileColumns& columns, TiledImageLayout& tiled) {
  tiled.scale = columns.number("ZSCALE");
  tiled.zero = columns.number("ZZERO");
  tiled.blank = columns.number("ZBLANK");
  if (!is_float(tiled.image.coding.stored)) return;
  // ZQUANTIZ alone says nothing: without scales the floats were stored as they are.
  tiled.quantized = tiled.scale.given();
  if (!tiled.quantized) {
    if (tiled.algorithm == TileAlgorithm::gzip_1 || tiled.algorithm == TileAlgorithm::gzip_2 ||
        tiled.algorithm == TileAlgorithm::none)
      return;
    throw FitsError::format(
        "floating-point tiles of " + tiled.zcmptype +
        " need ZSCALE and ZZERO, as columns or keywords: the pixels cannot be restored");
  }
  tiled.dither = dither_named(header.string("ZQUANTIZ").value_or(""));
  if (tiled.dither == Dither::none) return;
  const auto seed = header.integer("ZDITHER0");
  if (!seed || *seed < 1) {
    throw FitsError::format(
        "ZDITHER0 is missing or no positive integer: the dithering of the pixels cannot be "
        "subtracted");
  }
  tiled.dither_seed = static_cast<std::uint64_t>(*seed);
}

/// All that decoding needs beside the shape.
void read_coding(const Header& header, TiledImageLayout& tiled) {
  tiled.algorithm = algorithm_named("ZCMPTYPE", tiled.zcmptype);
  tiled.tile = read_tile(header, tiled.image.shape);
  check_rows(tiled);
  const TileColumns columns(header, tiled.table);
  tiled.compressed = columns.heap("COMPRESSED_DATA");
  tiled.gzipped = columns.heap("GZIP_COMPRESSED_DATA");
  tiled.uncompressed = columns.heap("UNCOMPRESSED_DATA");
  tiled.null_mask = columns.heap("NULL_PIXEL_MASK");
  if (!tiled.compressed)
    throw FitsError::format("the column COMPRESSED_DATA is missing from a compressed image");
  if (tiled.algorithm == TileAlgorithm::rice) read_rice(header, tiled);
  if (tiled.algorithm == TileAlgorithm::hcompress) {
    check_hcompress(tiled);
    tiled.smooth = parameter(header, "SMOOTH").value_or(0) != 0;
  }
  if (tiled.null_mask)
    tiled.mask_algorithm =
        algorithm_named("ZMASKCMP", header.string("ZMASKCMP").value_or("GZIP_1"));
  read_quantization(header, columns, tiled);
}

/// Pixels that may be undefined need NaN: an integer image with a column of nulls is read as one
/// that has BLANK. The value is the most negative one; decode/tiles.cpp checks that no pixel has
/// it.
void allow_nulls(const Header& header, TiledImageLayout& tiled) {
  auto& coding = tiled.image.coding;
  const bool nulls = tiled.null_mask || tiled.blank.column;
  if (!nulls || coding.null || is_float(coding.stored)) return;
  const auto bits = 8 * info(coding.stored).size;
  const auto least = bits == 8 ? 0 : std::numeric_limits<std::int64_t>::min() >> (64 - bits);
  coding = ElementCoding::image(static_cast<int>(bits), image_scaling(header), least);
  tiled.reserved_null = true;
}

}  // namespace

std::string_view algorithm_name(TileAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case TileAlgorithm::rice: return "RICE_1";
    case TileAlgorithm::gzip_1: return "GZIP_1";
    case TileAlgorithm::gzip_2: return "GZIP_2";
    case TileAlgorithm::hcompress: return "HCOMPRESS_1";
    case TileAlgorithm::plio: return "PLIO_1";
    case TileAlgorithm::none: break;
  }
  return "NOCOMPRESS";
}

std::string_view dither_name(Dither dither) noexcept {
  switch (dither) {
    case Dither::none: return "NO_DITHER";
    case Dither::subtractive_1: return "SUBTRACTIVE_DITHER_1";
    case Dither::subtractive_2: break;
  }
  return "SUBTRACTIVE_DITHER_2";
}

TiledImageLayout read_tiled_layout(const HduRecord& hdu, std::vector<std::string>& warnings) {
  const auto& header = hdu.header;
  TiledImageLayout tiled;
  const auto bitpix = needed_integer(header, "ZBITPIX");
  try {
    static_cast<void>(stored_type(bitpix));
  } catch (const FitsError&) {
    throw FitsError::format("ZBITPIX = " + std::to_string(bitpix) +
                            " is none of 8, 16, 32, 64, -32, -64");
  }
  // ZBLANK of a float image is the null of its quantised values, not of its pixels.
  const bool integers = bitpix > 0;
  const std::string_view blank = integers && header.find("ZBLANK") ? "ZBLANK" : "BLANK";
  tiled.image = describe_image(header, bitpix, read_axes(header), blank, warnings);
  tiled.zcmptype = header.string("ZCMPTYPE").value_or("");
  tiled.table = read_table_layout(hdu, warnings);
  try {
    read_coding(header, tiled);
    allow_nulls(header, tiled);
  } catch (const FitsError& error) {
    tiled.refused = error;
  }
  return tiled;
}

}  // namespace torchfits
