// SPDX-License-Identifier: BSD-3-Clause
#include "fits/image_header.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.h"
#include "fits/table_header.h"

namespace torchfits {
namespace {

/// NAXIS1 first.
std::vector<std::uint64_t> header_axes(std::span<const std::uint64_t> shape) {
  return {shape.rbegin(), shape.rend()};
}

/// A short number is written as such: 0 and not 0E0.
CardValue number(double value) {
  constexpr double kLimit = 1e15;
  if (std::trunc(value) == value && std::abs(value) < kLimit)
    return static_cast<std::int64_t>(value);
  return value;
}

void add_image_description(CardText& cards, const TiledImageLayout& tiled) {
  const auto& shape = tiled.image.shape;
  cards.add("ZIMAGE", true, "the table holds a compressed image");
  cards.add("ZTENSION", std::string("IMAGE   "), "kind of extension");
  cards.add("ZBITPIX", std::int64_t{bitpix_of(tiled.image.coding.stored)},
            "bits of a number of the image");
  cards.add("ZNAXIS", static_cast<std::int64_t>(shape.size()), "number of axes of the image");
  for (std::size_t n = 1; n <= shape.size(); ++n)
    cards.add("ZNAXIS", n, static_cast<std::int64_t>(shape[shape.size() - n]), "");
  cards.add("ZPCOUNT", std::int64_t{0}, "");
  cards.add("ZGCOUNT", std::int64_t{1}, "");
  for (std::size_t n = 1; n <= shape.size(); ++n)
    cards.add("ZTILE", n, static_cast<std::int64_t>(tiled.tile[shape.size() - n]),
              n == 1 ? "size of a tile" : "");
}

void add_parameter(CardText& cards, std::uint64_t n, std::string_view name, double value) {
  cards.add("ZNAME", n, std::string(name), "parameter of the algorithm");
  cards.add("ZVAL", n, number(value), "");
}

void add_algorithm(CardText& cards, const TiledImageLayout& tiled, double scale) {
  cards.add("ZCMPTYPE", std::string(algorithm_name(tiled.algorithm)), "compression algorithm");
  if (tiled.algorithm == TileAlgorithm::rice) {
    add_parameter(cards, 1, "BLOCKSIZE", static_cast<double>(tiled.rice_block));
    add_parameter(cards, 2, "BYTEPIX", static_cast<double>(tiled.rice_bytes));
  }
  if (tiled.algorithm == TileAlgorithm::hcompress) {
    add_parameter(cards, 1, "SCALE", scale);
    add_parameter(cards, 2, "SMOOTH", tiled.smooth ? 1 : 0);
  }
}

/// Without columns ZSCALE and ZZERO there is no ZQUANTIZ: readers that trust it alone would give
/// garbage.
void add_quantization(CardText& cards, const TiledImageLayout& tiled) {
  if (!tiled.quantized) return;
  cards.add("ZQUANTIZ", std::string(dither_name(tiled.dither)), "how pixels became integers");
  if (tiled.dither != Dither::none) {
    cards.add("ZDITHER0", static_cast<std::int64_t>(tiled.dither_seed),
              "where the random sequence starts");
  }
  cards.add("ZBLANK", static_cast<std::int64_t>(tiled.blank.keyword.value()),
            "integer that stands for NaN");
}

}  // namespace

void add_coding(CardText& cards, const ElementCoding& coding) {
  using Rule = ElementCoding::Rule;
  if (coding.rule == Rule::offset) {
    const auto name = std::string(info(coding.natural).name);
    cards.add("BSCALE", std::int64_t{1}, "stored numbers keep their scale");
    cards.add("BZERO", zero_of(coding), "added to stored numbers: " + name);
  } else if (coding.rule == Rule::scale && !coding.scaling.identity()) {
    cards.add("BSCALE", number(coding.scaling.scale), "value = BZERO + BSCALE * stored number");
    cards.add("BZERO", number(coding.scaling.zero), "");
  }
  if (coding.null) cards.add("BLANK", *coding.null, "stored number that stands for no value");
}

ElementCoding image_storage(ElementType natural) {
  constexpr double kTwo63 = 9223372036854775808.0;
  switch (natural) {
    case ElementType::u8:
    case ElementType::i16:
    case ElementType::i32:
    case ElementType::i64:
    case ElementType::f32:
    case ElementType::f64: return ElementCoding::image(bitpix_of(natural), {}, std::nullopt);
    case ElementType::i8: return ElementCoding::image(8, {1.0, -128.0}, std::nullopt);
    case ElementType::u16: return ElementCoding::image(16, {1.0, 32768.0}, std::nullopt);
    case ElementType::u32: return ElementCoding::image(32, {1.0, 2147483648.0}, std::nullopt);
    case ElementType::u64: return ElementCoding::image(64, {1.0, kTwo63}, std::nullopt);
    default: break;
  }
  throw FitsError(ErrorCode::type, "an image cannot hold " + std::string(info(natural).name) +
                                       "; convert the data to an integer or float dtype");
}

Header image_header(const ImageLayout& image, HduPlace place, const UserCards& user,
                    bool checksum) {
  CardText cards;
  MandatoryCards{.extension = place == HduPlace::primary ? "" : "IMAGE   ",
                 .bitpix = bitpix_of(image.coding.stored),
                 .axes = header_axes(image.shape)}
      .add_to(cards);
  add_coding(cards, image.coding);
  cards.add(user, Content::array);
  if (checksum) add_checksums(cards);
  return std::move(cards).header();
}

Header tiled_image_header(const TiledImageLayout& tiled, const UserCards& user, double scale,
                          bool checksum) {
  CardText cards;
  MandatoryCards{.extension = "BINTABLE",
                 .axes = {tiled.table.row_bytes, tiled.table.rows},
                 .pcount = tiled.table.heap_bytes}
      .add_to(cards);
  add_columns(cards, tiled.table);
  add_image_description(cards, tiled);
  add_algorithm(cards, tiled, scale);
  add_quantization(cards, tiled);
  add_coding(cards, tiled.image.coding);
  cards.add(user, Content::array);
  if (checksum) add_checksums(cards);
  return std::move(cards).header();
}

}  // namespace torchfits
