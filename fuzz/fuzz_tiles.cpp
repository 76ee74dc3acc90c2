// SPDX-License-Identifier: BSD-3-Clause
// Any bytes, taken for a row of a table of tiles and its heap, under any layout that a header can
// describe: decoded, or refused with a FitsError that names the tile, and the same twice.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "base/error.h"
#include "decode/tiles.h"

namespace {

using namespace torchfits;

/// The first bytes of the input choose the layout.
class Choices {
 public:
  explicit Choices(ByteView bytes) : bytes_(bytes) {}
  std::size_t below(std::size_t limit) {
    if (bytes_.empty()) return 0;
    const auto value = std::to_integer<std::size_t>(bytes_.front());
    bytes_ = bytes_.subspan(1);
    return value % limit;
  }
  [[nodiscard]] ByteView rest() const { return bytes_; }

 private:
  ByteView bytes_;
};

Column column(const char* name, const char* form, std::uint64_t offset) {
  Column made;
  made.name = made.ttype = name;
  made.form = TForm::parse(form);
  made.offset = offset;
  made.width = made.form.width().value();
  return made;
}

TiledImageLayout layout_from(Choices& choices) {
  constexpr TileAlgorithm kAlgorithms[] = {TileAlgorithm::rice,   TileAlgorithm::gzip_1,
                                           TileAlgorithm::gzip_2, TileAlgorithm::hcompress,
                                           TileAlgorithm::plio,   TileAlgorithm::none};
  constexpr int kBitpix[] = {8, 16, 32, 64, -32, -64};
  TiledImageLayout layout;
  layout.algorithm = kAlgorithms[choices.below(6)];
  const auto bitpix = kBitpix[choices.below(6)];
  layout.image.shape = layout.tile = {1 + choices.below(40), 1 + choices.below(40)};
  layout.image.coding = ElementCoding::image(bitpix, {}, std::nullopt);
  layout.rice_bytes = std::size_t{1} << choices.below(3);
  layout.rice_block = 1 + choices.below(64);
  layout.smooth = choices.below(2) == 1;
  layout.dither = static_cast<Dither>(choices.below(3));
  layout.dither_seed = 1 + choices.below(256) * 40;
  auto& table = layout.table;
  table.columns = {column("COMPRESSED_DATA", "1PB", 0),
                   column("GZIP_COMPRESSED_DATA", "1QB", 8),
                   column("UNCOMPRESSED_DATA", "1PI", 24),
                   column("NULL_PIXEL_MASK", "1PB", 32),
                   column("ZSCALE", "1D", 40),
                   column("ZZERO", "1E", 48),
                   column("ZBLANK", "1J", 52)};
  table.row_bytes = 56;
  layout.compressed = 0;
  layout.gzipped = 1;
  layout.uncompressed = 2;
  if (choices.below(2) == 1) layout.null_mask = 3;
  layout.mask_algorithm = TileAlgorithm::gzip_1;
  layout.quantized = bitpix < 0 && choices.below(2) == 1;
  layout.scale.column = 4;
  layout.zero.column = 5;
  if (choices.below(2) == 1) layout.blank.column = 6;
  layout.reserved_null = bitpix > 0 && (layout.null_mask || layout.blank.column);
  if (layout.reserved_null) layout.image.coding = ElementCoding::image(bitpix, {}, 0);
  return layout;
}

std::vector<std::byte> decode(const TiledImageLayout& layout, ByteView row, ByteView heap,
                              std::string& problem) {
  std::vector<std::byte> out;
  try {
    const TileDecoder decoder(layout);
    const auto record = decoder.record(3, row);
    const auto data = slice(heap, record.data).value();
    const auto pixels = layout.tile[0] * layout.tile[1];
    decoder.check(3, data, pixels);
    TileWorkspace workspace;
    out.resize(pixels * info(layout.image.coding.stored).size);
    decoder.decode(3, record, data, slice(heap, record.mask).value(), layout.tile, workspace, out);
  } catch (const FitsError& error) {
    problem = error.problem();
    out.clear();
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices(std::as_bytes(std::span(data, size)));
  auto layout = layout_from(choices);
  const auto bytes = choices.rest();
  if (bytes.size() < layout.table.row_bytes) return 0;
  const auto row = bytes.first(layout.table.row_bytes);
  const auto heap = bytes.subspan(layout.table.row_bytes);
  layout.table.heap_bytes = heap.size();
  std::string first_problem, second_problem;
  const auto first = decode(layout, row, heap, first_problem);
  const auto second = decode(layout, row, heap, second_problem);
  if (first != second || first_problem != second_problem) std::abort();
  return 0;
}
