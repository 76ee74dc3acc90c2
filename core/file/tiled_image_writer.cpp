// SPDX-License-Identifier: BSD-3-Clause
#include "file/tiled_image_writer.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <string>
#include <utility>

#include "base/defaults.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/stats.h"
#include "encode/tile_source.h"
#include "file/tiled_image_filler.h"
#include "fits/image_header.h"

namespace torchfits {
namespace {

template <class Wide, class Narrow>
bool all_fit(const std::byte* data, std::uint64_t count) {
  constexpr std::uint64_t kBlock = 64 * KiB;
  std::atomic<bool> fit{true};
  parallel_for((count + kBlock - 1) / kBlock, [&](std::size_t block) {
    const auto first = block * kBlock;
    Wide lost = 0;
    for (auto i = first; i < std::min(count, first + kBlock); ++i) {
      Wide value;
      std::memcpy(&value, data + i * sizeof value, sizeof value);
      lost |= value ^ static_cast<Wide>(static_cast<Narrow>(value));
    }
    if (lost != 0) fit = false;
  });
  return fit;
}

/// The type that is stored: 64-bit integers become 32-bit ones where the algorithm needs it and
/// they fit.
ElementType stored_natural(const MemoryImage& image, const Compression& wish) {
  if (!narrows(wish.algorithm, image.natural)) return image.natural;
  const bool is_signed = image.natural == ElementType::i64;
  const bool fit = is_signed ? all_fit<std::int64_t, std::int32_t>(image.data, image.elements())
                             : all_fit<std::uint64_t, std::uint32_t>(image.data, image.elements());
  if (fit) return is_signed ? ElementType::i32 : ElementType::u32;
  throw FitsError(ErrorCode::value,
                  std::string(algorithm_name(wish.algorithm)) +
                      " takes integers of 32 bits, and the image has larger ones; use GZIP_2, "
                      "GZIP_1 or NOCOMPRESS");
}

std::uint64_t write_tiles(const HduTarget& target, const MemoryImage& image, const UserCards& user,
                          const Compression& wish, const ElementCoding& coding) {
  TiledImageFiller filler({image.shape, coding}, wish, user, target.checksum);
  const TileSource all(image, filler.layout(), whole_axes(image.shape));
  filler.keep_parts(all, target.offset, {});
  filler.encode(all, target.sink, target.offset);
  return filler.finish(target.sink, target.offset);
}

}  // namespace

std::uint64_t write_tiled_image(const HduTarget& target, const MemoryImage& image,
                                const UserCards& user, const Compression& wish) {
  return write_tiles(target, image, user, wish, image_storage(stored_natural(image, wish)));
}

std::uint64_t write_tiled_image(const HduTarget& target, const MemoryImage& image,
                                const UserCards& user, const Compression& wish,
                                const IntegerStorage& integers) {
  const ScaledEncoder scale(image, integers);
  const auto elements = image.elements();
  const Scratch room(static_cast<std::size_t>(elements * scale.size()));
  constexpr std::uint64_t kBlock = 64 * KiB;
  parallel_for((elements + kBlock - 1) / kBlock, [&](std::size_t block) {
    const auto first = block * kBlock;
    scale(first, std::min(kBlock, elements - first), room.data() + first * scale.size());
  });
  const MemoryImage stored{integers.stored, image.shape, room.data()};
  auto coding = integers.coding();
  coding.stored = stored_natural(stored, wish);
  return write_tiles(target, stored, user, wish, coding);
}

}  // namespace torchfits
