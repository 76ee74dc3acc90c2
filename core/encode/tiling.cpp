// SPDX-License-Identifier: BSD-3-Clause
#include "encode/tiling.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "codec/quantize.h"
#include "fits/image_header.h"

namespace torchfits {
namespace {

constexpr std::uint64_t kHcompressLeast = 4;  // pixels on each side of a tile

FitsError refused(TileAlgorithm algorithm, const std::string& why) {
  return {ErrorCode::value, std::string(algorithm_name(algorithm)) + " " + why};
}

std::string text_of(std::span<const std::uint64_t> shape) {
  std::string text;
  for (const auto length : shape) text += (text.empty() ? "" : ", ") + std::to_string(length);
  return "(" + text + (shape.size() == 1 ? ",)" : ")");
}

/// Lines of an HCOMPRESS tile as CFITSIO chooses them: about 16, so that the last tile has at least
/// 4.
std::uint64_t hcompress_lines(std::uint64_t lines) {
  if (lines <= 30) return lines;
  for (const std::uint64_t wish : {16, 24, 20, 30, 28, 26, 22, 18, 14}) {
    const auto rest = lines % wish;
    if (rest == 0 || rest >= kHcompressLeast) return wish;
  }
  return 17;
}

std::vector<std::uint64_t> default_tile(std::span<const std::uint64_t> shape,
                                        TileAlgorithm algorithm) {
  std::vector<std::uint64_t> tile(shape.size(), 1);
  tile.back() = shape.back();
  if (algorithm == TileAlgorithm::hcompress && shape.size() > 1)
    tile[shape.size() - 2] = hcompress_lines(shape[shape.size() - 2]);
  return tile;
}

std::vector<std::uint64_t> wanted_tile(const ImageLayout& image, const Compression& wish) {
  if (!wish.tile) return default_tile(image.shape, wish.algorithm);
  auto tile = *wish.tile;
  if (tile.size() != image.shape.size()) {
    throw FitsError(ErrorCode::value, "tile=" + text_of(tile) + " has " +
                                          std::to_string(tile.size()) + " axes, the image " +
                                          text_of(image.shape) + " has " +
                                          std::to_string(image.shape.size()));
  }
  for (std::size_t i = 0; i < tile.size(); ++i) tile[i] = std::min(tile[i], image.shape[i]);
  return tile;
}

/// Planes of at least 4 x 4 pixels.
void check_hcompress(std::span<const std::uint64_t> shape, std::span<const std::uint64_t> tile) {
  const auto axes = tile.size();
  const auto refuse = [&](const std::string& why) {
    throw refused(TileAlgorithm::hcompress, why + "; choose another tile= or algorithm");
  };
  if (axes < 2) refuse("needs an image of two axes or more");
  for (std::size_t i = 0; i < axes; ++i) {
    if (i + 2 < axes) {
      if (tile[i] != 1) refuse("takes tiles that are planes of the last two axes");
      continue;
    }
    const auto rest = shape[i] % tile[i];
    if (tile[i] < kHcompressLeast || (rest > 0 && rest < kHcompressLeast)) {
      refuse("takes tiles of at least 4 x 4 pixels, and tile=" + text_of(tile) + " leaves one of " +
             std::to_string(tile[i] < kHcompressLeast ? tile[i] : rest) + " on an axis of " +
             std::to_string(shape[i]));
    }
  }
}

void check_type(const ElementCoding& coding, const Compression& wish) {
  const bool floats = is_float(coding.stored);
  if (wish.algorithm == TileAlgorithm::plio) {
    const bool shifted = coding.rule == ElementCoding::Rule::offset;
    if (floats) throw refused(wish.algorithm, "takes integers; use RICE_1, GZIP_1 or GZIP_2");
    if (shifted && coding.natural != ElementType::i8) {
      throw refused(wish.algorithm,
                    "of unsigned integers is read differently by different programs; convert them "
                    "to int32, or use RICE_1, GZIP_1 or GZIP_2");
    }
  }
  const bool lossless_floats = wish.algorithm == TileAlgorithm::gzip_1 ||
                               wish.algorithm == TileAlgorithm::gzip_2 ||
                               wish.algorithm == TileAlgorithm::none;
  if (floats && wish.quantize_level == 0.0 && !lossless_floats) {
    throw refused(wish.algorithm,
                  "cannot hold floating-point pixels without loss; use GZIP_2, GZIP_1 or "
                  "NOCOMPRESS, or a quantize_level");
  }
  if (floats && wish.algorithm == TileAlgorithm::hcompress && wish.dither == Dither::subtractive_2)
    throw refused(wish.algorithm,
                  "does not keep the exact zeros of SUBTRACTIVE_DITHER_2; use "
                  "SUBTRACTIVE_DITHER_1 or NO_DITHER");
}

std::uint64_t tile_count(const TiledImageLayout& tiled) {
  std::uint64_t count = 1;
  for (std::size_t i = 0; i < tiled.tile.size(); ++i)
    count *= (tiled.image.shape[i] - 1) / tiled.tile[i] + 1;
  return count;
}

class Columns {
 public:
  explicit Columns(TableLayout& table) : table_(table) {}

  std::size_t add(std::string_view name, TForm form) {
    Column column;
    column.name = column.ttype = name;
    column.form = std::move(form);
    column.offset = table_.row_bytes;
    column.width = column.form.width().value();
    table_.row_bytes += column.width;
    table_.columns.push_back(std::move(column));
    return table_.columns.size() - 1;
  }

  std::size_t add_heap(std::string_view name, char code, char element) {
    TForm form;
    form.code = code;
    form.heap_code = element;
    return add(name, std::move(form));
  }

  std::size_t add_number(std::string_view name) {
    TForm form;
    form.code = 'D';
    return add(name, std::move(form));
  }

 private:
  TableLayout& table_;
};

/// Descriptors of 32 bits where the heap cannot outgrow them: no tile grows by half.
char descriptor_code(const ImageLayout& image, std::uint64_t tiles) {
  constexpr std::uint64_t kPerTile = 1024;
  std::uint64_t pixels = 1;
  for (const auto length : image.shape) pixels *= length;
  const auto word = std::max<std::uint64_t>(4, info(image.coding.stored).size);
  const auto most = pixels * word / 2 * 3 + tiles * kPerTile;
  return most < static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max()) ? 'P' : 'Q';
}

void add_columns(TiledImageLayout& tiled) {
  auto& table = tiled.table;
  table.rows = tile_count(tiled);
  const auto code = descriptor_code(tiled.image, table.rows);
  Columns columns(table);
  tiled.compressed =
      columns.add_heap("COMPRESSED_DATA", code, tiled.algorithm == TileAlgorithm::plio ? 'I' : 'B');
  if (tiled.algorithm == TileAlgorithm::none && tiled.image.coding.stored != ElementType::i64) {
    // The column that most readers take such tiles from; those of 64-bit integers want the other.
    tiled.uncompressed =
        columns.add_heap("UNCOMPRESSED_DATA", code, tform_code(tiled.image.coding.stored));
  }
  if (tiled.quantized) {
    tiled.gzipped = columns.add_heap("GZIP_COMPRESSED_DATA", code, 'B');
    tiled.scale.column = columns.add_number("ZSCALE");
    tiled.zero.column = columns.add_number("ZZERO");
  }
  table.heap_offset = table.rows * table.row_bytes;
}

}  // namespace

bool narrows(TileAlgorithm algorithm, ElementType natural) noexcept {
  const bool long_integer = natural == ElementType::i64 || natural == ElementType::u64;
  return long_integer && algorithm != TileAlgorithm::gzip_1 && algorithm != TileAlgorithm::gzip_2 &&
         algorithm != TileAlgorithm::none;
}

TiledImageLayout tiled_layout_of(ImageLayout image, const Compression& wish) {
  if (std::find(image.shape.begin(), image.shape.end(), 0U) != image.shape.end()) {
    throw FitsError(ErrorCode::value, "an image of shape " + text_of(image.shape) +
                                          " has no pixels to compress; leave compress= away");
  }
  TiledImageLayout tiled;
  tiled.algorithm = wish.algorithm;
  tiled.tile = wanted_tile(image, wish);
  check_type(image.coding, wish);
  if (wish.algorithm == TileAlgorithm::hcompress) check_hcompress(image.shape, tiled.tile);
  tiled.image = std::move(image);
  const auto& coding = tiled.image.coding;
  tiled.quantized = is_float(coding.stored) && wish.quantize_level != 0.0 &&
                    wish.algorithm != TileAlgorithm::none;
  tiled.rice_bytes = is_float(coding.stored) ? sizeof(std::int32_t) : info(coding.stored).size;
  tiled.smooth = wish.hcomp_smooth;
  if (tiled.quantized) {
    tiled.dither = wish.dither;
    tiled.dither_seed = wish.dither_seed.value_or(1);
    tiled.blank.keyword = kQuantizedNull;
  }
  add_columns(tiled);
  return tiled;
}

}  // namespace torchfits
