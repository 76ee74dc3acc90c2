// SPDX-License-Identifier: BSD-3-Clause
// What becomes of a tile: its codec makes words (integers of some width, or floats); words of
// another type than wanted are converted, all of them checked; the integers of quantised floats are
// scaled; undefined pixels get the value that stands for them.
#include "decode/tiles.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

#include "base/error.h"
#include "codec/gzip.h"
#include "codec/hcompress.h"
#include "codec/plio.h"
#include "codec/quantize.h"
#include "codec/rice.h"
#include "decode/convert.h"
#include "decode/natural.h"
#include "fits/compressed_table.h"
#include "plan/descriptor.h"

namespace torchfits {
namespace {

/// Bytes that a tile may have behind its last pixel; some programs round its length up.
constexpr std::size_t kMaxLeftOver = 8;
/// Pixels of a tile whose codec knows no bound: a constant plane takes 30 bytes however large it
/// is.
constexpr std::uint64_t kMaxTilePixels = std::uint64_t{1} << 28;

template <class T>
std::span<T> as_span(ByteSpan bytes) noexcept {
  return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
}

FitsError bad_tile(std::uint64_t tile, std::string_view what) {
  return FitsError::format("tile " + std::to_string(tile) + ": " + std::string(what));
}

/// The integer, or float, type of a width in bytes.
ElementType type_of_width(std::size_t width, bool floats) {
  switch (width) {
    case 1: return ElementType::u8;
    case 2: return ElementType::i16;
    case 4: return floats ? ElementType::f32 : ElementType::i32;
    default: return floats ? ElementType::f64 : ElementType::i64;
  }
}

/// Big-endian numbers of `type` to native order.
void swap_into(ElementType type, ByteView in, ByteSpan out) {
  ElementCoding coding;
  coding.stored = coding.natural = type;
  const auto count = in.size() / info(type).size;
  natural_kernel(coding, ByteOrder::big, best_simd())(coding, in.data(), count, out.data());
}

template <class Word>
void clamp_words(std::span<Word> words, ElementType target) {
  dispatch(target, [&]<class T>() {
    if constexpr (std::is_integral_v<T> && sizeof(T) < sizeof(Word) && !std::is_same_v<T, bool>) {
      for (auto& word : words) {
        word = std::clamp<Word>(word, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
      }
    }
  });
}

}  // namespace

ByteSpan TileWorkspace::take(Buffer buffer, std::size_t size) {
  auto& memory = buffers_[static_cast<std::size_t>(buffer)];
  if (memory.size() < size) {
    memory = {};
    memory = Scratch(size);
  }
  return memory.span().first(size);
}

struct TileDecoder::Words {
  ElementType type;
  ByteSpan bytes;
};

struct TileDecoder::Job {
  std::uint64_t tile;
  const TileRecord& record;
  ByteView data, mask;
  std::span<const std::uint64_t> shape;
  TileWorkspace& workspace;
  ByteSpan out;
  std::uint64_t pixels;
  bool quantized;     ///< the codec made integers of floats
  ElementType want;   ///< of the codec's words: int32 where quantised, else the stored type
  ByteSpan want_out;  ///< where they go

  /// Memory for words of `type`: their place, where they are of the wanted type.
  [[nodiscard]] Words words(ElementType type) const {
    if (type == want) return {type, want_out};
    return {type, workspace.take(TileWorkspace::Buffer::words, pixels * info(type).size)};
  }

  void require(const CodecResult& result, TileAlgorithm algorithm, ByteView in) const {
    const auto name = std::string(algorithm_name(algorithm));
    const auto at = std::to_string(result.used) + " of " + std::to_string(in.size());
    if (!result.ok()) throw bad_tile(tile, name + ": " + result.problem + ", at byte " + at);
    if (in.size() - result.used > kMaxLeftOver) {
      throw bad_tile(tile, name + ": its " + std::to_string(pixels) + " pixels end at byte " + at +
                               "; ZTILEn, ZNAXISn or the descriptor is wrong");
    }
  }
};

TileDecoder::TileDecoder(const TiledImageLayout& layout)
    : layout_(layout), stored_(layout.image.coding.stored) {
  if (layout.refused) throw *layout.refused;
}

ByteRange TileDecoder::heap_range(std::uint64_t tile, std::size_t index, ByteView row) const {
  const auto& column = layout_.table.columns[index];
  const auto array = read_descriptor(row.data() + column.offset, column.form.code);
  const auto heap = layout_.table.heap_bytes;
  if (const auto range = find_array(array, ArraySize(column.form.heap_code), heap)) return *range;
  throw bad_tile(tile, "the descriptor of " + column.name + " (" + std::to_string(array.count) +
                           " elements at byte " + std::to_string(array.offset) + " of the heap) " +
                           (array.count < 0 ? "is negative"
                                            : "reaches outside the heap of " +
                                                  std::to_string(heap) + " bytes"));
}

std::optional<double> TileDecoder::number(const TileNumber& number, ByteView row) const {
  if (!number.column) return number.keyword;
  const auto& column = layout_.table.columns[*number.column];
  const auto* at = row.data() + column.offset;
  switch (column.form.code) {
    case 'B': return load_be<std::uint8_t>(at);
    case 'I': return load_be<std::int16_t>(at);
    case 'J': return load_be<std::int32_t>(at);
    case 'K': return static_cast<double>(load_be<std::int64_t>(at));
    case 'E': return load_be<float>(at);
    default: return load_be<double>(at);
  }
}

TileRecord TileDecoder::record(std::uint64_t tile, ByteView row) const {
  TileRecord record;
  const std::pair<std::optional<std::size_t>, TileRecord::Home> homes[] = {
      {layout_.compressed, TileRecord::Home::compressed},
      {layout_.gzipped, TileRecord::Home::gzipped},
      {layout_.uncompressed, TileRecord::Home::uncompressed}};
  for (const auto& [column, home] : homes) {
    if (!column) continue;
    record.data = heap_range(tile, *column, row);
    record.home = home;
    if (record.data.length > 0) break;
  }
  if (record.data.length == 0) {
    throw bad_tile(tile,
                   "has no pixels: its descriptors of COMPRESSED_DATA and of the columns "
                   "that stand in for it have length zero");
  }
  if (layout_.null_mask) record.mask = heap_range(tile, *layout_.null_mask, row);
  record.scale = number(layout_.scale, row).value_or(1.0);
  record.zero = number(layout_.zero, row).value_or(0.0);
  if (const auto blank = number(layout_.blank, row)) {
    if (std::abs(*blank) < 9e18) record.blank = static_cast<std::int64_t>(*blank);
  }
  return record;
}

std::uint64_t TileDecoder::most_pixels(std::uint64_t bytes) const noexcept {
  std::uint64_t each = 0;
  switch (layout_.algorithm) {
    // A block takes at least 3 bits.
    case TileAlgorithm::rice: each = 8 * std::uint64_t{layout_.rice_block} / 3 + 1; break;
    case TileAlgorithm::gzip_1:
    case TileAlgorithm::gzip_2: each = kMaxInflation; break;
    case TileAlgorithm::none: each = 1; break;
    case TileAlgorithm::hcompress:
    case TileAlgorithm::plio: each = kMaxTilePixels; break;
  }
  if (layout_.gzipped) each = std::max(each, kMaxInflation);
  return checked_mul(bytes, each).value_or(std::numeric_limits<std::uint64_t>::max());
}

/// GZIP_1, GZIP_2, NOCOMPRESS and the columns that stand in for COMPRESSED_DATA. Their element
/// width is not in the header (T32): it follows from the number of bytes.
TileDecoder::Words TileDecoder::inflated_words(Job& job, TileAlgorithm algorithm) const {
  ByteView raw = job.data;
  if (algorithm != TileAlgorithm::none) {
    const auto widest = std::max<std::size_t>(4, info(job.want).size);
    const auto inflated = job.workspace.take(TileWorkspace::Buffer::raw, job.pixels * widest);
    const auto result = gzip_decode(job.data, inflated);
    job.require(result, algorithm, job.data);
    raw = inflated.first(result.made);
  }
  const auto width = raw.size() / job.pixels;
  const bool floats = is_float(job.want);
  const bool known = width == 4 || width == 8 || (!floats && (width == 1 || width == 2));
  if (width * job.pixels != raw.size() || !known) {
    throw bad_tile(job.tile, "holds " + std::to_string(raw.size()) + " bytes, which is no " +
                                 std::to_string(job.pixels) + " pixels of ZBITPIX");
  }
  const auto type = type_of_width(width, floats);
  const auto words = job.words(type);
  if (algorithm == TileAlgorithm::gzip_2) {
    unshuffle(raw, width, words.bytes);
  } else {
    swap_into(type, raw, words.bytes);
  }
  return words;
}

TileDecoder::Words TileDecoder::plane_words(Job& job) const {
  const auto axes = job.shape.size();
  const TileSize size{job.shape[axes - 2], job.shape[axes - 1]};
  constexpr std::size_t kScaleAt = 10;  // behind the magic number and both sizes
  const bool lossy =
      job.data.size() >= kScaleAt + 4 && load_be<std::int32_t>(job.data.data() + kScaleAt) > 1;
  const bool wide = info(stored_).size > 2;
  const auto words = job.words(wide ? ElementType::i64 : ElementType::i32);
  const auto decode = [&]<class Word>(std::span<Word> out) {
    job.require(hcompress_decode<Word>(job.data, layout_.smooth, size, out),
                TileAlgorithm::hcompress, job.data);
    // What was lost may carry a pixel past the end of its type.
    if (lossy) clamp_words(out, job.want);
  };
  if (wide) {
    decode(as_span<std::int64_t>(words.bytes));
  } else {
    decode(as_span<std::int32_t>(words.bytes));
  }
  return words;
}

TileDecoder::Words TileDecoder::words_of(Job& job) const {
  if (job.record.home == TileRecord::Home::gzipped)
    return inflated_words(job, TileAlgorithm::gzip_1);
  if (job.record.home == TileRecord::Home::uncompressed)
    return inflated_words(job, TileAlgorithm::none);
  const auto rice = [&]<class Word>() {
    const auto words = job.words(element_type_of<Word>);
    const auto out = as_span<Word>(words.bytes);
    job.require(rice_decode<Word>(job.data, layout_.rice_block, out), TileAlgorithm::rice,
                job.data);
    return words;
  };
  const auto plio = [&]<class Word>() {
    const auto words = job.words(element_type_of<Word>);
    job.require(plio_decode<Word>(job.data, as_span<Word>(words.bytes)), TileAlgorithm::plio,
                job.data);
    return words;
  };
  switch (layout_.algorithm) {
    case TileAlgorithm::rice:
      if (layout_.rice_bytes == 1) return rice.template operator()<std::uint8_t>();
      if (layout_.rice_bytes == 2) return rice.template operator()<std::int16_t>();
      return rice.template operator()<std::int32_t>();
    case TileAlgorithm::hcompress: return plane_words(job);
    case TileAlgorithm::plio:
      if (job.want == ElementType::u8) return plio.template operator()<std::uint8_t>();
      if (job.want == ElementType::i16) return plio.template operator()<std::int16_t>();
      return plio.template operator()<std::int32_t>();
    default: return inflated_words(job, layout_.algorithm);
  }
}

void TileDecoder::dequantize_tile(const Job& job, const Words& codes) const {
  TileQuantization tile;
  tile.scale = job.record.scale;
  tile.zero = job.record.zero;
  tile.dither = layout_.dither;
  tile.sequence = job.tile + layout_.dither_seed - 1;
  if (job.record.blank && fits<std::int32_t>(*job.record.blank))
    tile.blank = static_cast<std::int32_t>(*job.record.blank);
  const auto in = as_span<const std::int32_t>(codes.bytes);
  if (stored_ == ElementType::f32) {
    dequantize(in, tile, as_span<float>(job.out).data());
  } else {
    dequantize(in, tile, as_span<double>(job.out).data());
  }
}

/// NULL_PIXEL_MASK, one byte a pixel.
ByteView TileDecoder::decoded_mask(const Job& job) const {
  const auto algorithm = layout_.mask_algorithm;
  const auto mask = job.workspace.take(TileWorkspace::Buffer::raw, job.pixels);
  switch (algorithm) {
    case TileAlgorithm::gzip_1:
    case TileAlgorithm::gzip_2: {  // the same for bytes
      const auto result = gzip_decode(job.mask, mask);
      job.require(result, algorithm, job.mask);
      if (result.made != mask.size())
        throw bad_tile(job.tile, "NULL_PIXEL_MASK does not hold one byte a pixel");
      return mask;
    }
    case TileAlgorithm::plio:
      job.require(plio_decode(job.mask, as_span<std::uint8_t>(mask)), algorithm, job.mask);
      return mask;
    default:
      throw FitsError::unsupported("ZMASKCMP = '" + std::string(algorithm_name(algorithm)) +
                                   "' of NULL_PIXEL_MASK; GZIP_1, GZIP_2 and PLIO_1 are read");
  }
}

/// NULL_PIXEL_MASK (not zero where undefined), and a ZBLANK that differs from tile to tile.
void TileDecoder::apply_nulls(const Job& job) const {
  ByteView mask;
  if (!job.mask.empty()) {
    mask = decoded_mask(job);
  }
  dispatch(stored_, [&]<class T>() {
    const auto pixels = as_span<T>(job.out);
    if constexpr (std::is_floating_point_v<T>) {
      for (std::size_t i = 0; i < mask.size(); ++i) {
        if (mask[i] != std::byte{0}) pixels[i] = std::numeric_limits<T>::quiet_NaN();
      }
    } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      const auto null = layout_.image.coding.null;
      const bool by_tile = layout_.blank.column && job.record.blank;
      if (!null || !fits<T>(*null) || (mask.empty() && !by_tile && !layout_.reserved_null)) return;
      for (std::size_t i = 0; i < pixels.size(); ++i) {
        const bool undefined =
            (!mask.empty() && mask[i] != std::byte{0}) ||
            (by_tile && static_cast<std::int64_t>(pixels[i]) == *job.record.blank);
        if (undefined) {
          pixels[i] = static_cast<T>(*null);
        } else if (layout_.reserved_null && pixels[i] == static_cast<T>(*null)) {
          throw bad_tile(job.tile, "pixel " + std::to_string(i) + " has the value " +
                                       std::to_string(*null) +
                                       ", which cannot be told from an undefined one; read with "
                                       "raw=True");
        }
      }
    }
  });
}

void TileDecoder::check(std::uint64_t tile, ByteView data, std::uint64_t pixels) const {
  const bool unbounded =
      layout_.algorithm == TileAlgorithm::hcompress || layout_.algorithm == TileAlgorithm::plio;
  if (pixels <= (unbounded ? kMaxTilePixels : most_pixels(data.size()))) return;
  throw bad_tile(tile, std::to_string(data.size()) + " bytes of " +
                           std::string(algorithm_name(layout_.algorithm)) + " cannot hold " +
                           std::to_string(pixels) + " pixels; ZTILEn or ZNAXISn is wrong");
}

void TileDecoder::decode(std::uint64_t tile, const TileRecord& record, ByteView data, ByteView mask,
                         std::span<const std::uint64_t> shape, TileWorkspace& workspace,
                         ByteSpan out) const {
  const auto pixels = out.size() / info(stored_).size;
  const bool quantized = layout_.quantized && record.home == TileRecord::Home::compressed;
  Job job{tile,      record, data,   mask,      shape,
          workspace, out,    pixels, quantized, quantized ? ElementType::i32 : stored_,
          out};
  if (quantized)
    job.want_out = workspace.take(TileWorkspace::Buffer::codes, pixels * sizeof(std::int32_t));
  auto words = words_of(job);
  if (words.type != job.want) {
    const auto convert = convert_kernel(words.type, job.want, best_simd());
    const auto good = convert(words.bytes.data(), pixels, job.want_out.data());
    if (good != pixels) {
      throw bad_tile(tile, "pixel " + std::to_string(good) + " does not fit " +
                               std::string(info(job.want).name) + ", the type of ZBITPIX");
    }
    words = {job.want, job.want_out};
  }
  if (quantized) dequantize_tile(job, words);
  apply_nulls(job);
}

}  // namespace torchfits
