// SPDX-License-Identifier: BSD-3-Clause
#include "decode/column_stream.h"

#include <cstring>
#include <span>
#include <string>

#include "base/error.h"
#include "codec/gzip.h"
#include "codec/rice.h"

namespace torchfits {
namespace {

/// BLOCKSIZE of RICE_1 in tables.
constexpr std::size_t kRiceBlock = 32;

ByteSpan room(Scratch& scratch, std::uint64_t size) {
  if (scratch.size() < size) scratch = Scratch(size);
  return scratch.span().first(size);
}

[[noreturn]] void wrong_size(std::uint64_t found, std::uint64_t expected) {
  throw FitsError::format("they hold " + std::to_string(found) + " bytes, not " +
                          std::to_string(expected));
}

void check(const CodecResult& result, std::uint64_t expected, std::size_t width) {
  if (!result.ok()) {
    throw FitsError::format(std::string(result.problem) + ", behind byte " +
                            std::to_string(result.used) + " of them");
  }
  if (result.made != expected) wrong_size(result.made * width, expected * width);
}

template <RiceWord Word>
StreamElements rice(ByteView in, ByteSpan out) {
  const std::span<Word> words(reinterpret_cast<Word*>(out.data()), out.size() / sizeof(Word));
  check(rice_decode<Word>(in, kRiceBlock, words), words.size(), sizeof(Word));
  return {out, sizeof(Word)};
}

template <std::size_t Width>
void store_elements(const std::byte* from, std::uint64_t count, std::byte* to) {
  for (std::uint64_t i = 0; i < count; ++i, from += Width, to += Width) {
    UintOfSize<Width> element;
    std::memcpy(&element, from, Width);
    store_be(to, element);
  }
}

}  // namespace

void StreamElements::store(std::uint64_t at, std::uint64_t count, std::byte* to) const {
  const auto* from = bytes.data() + at;
  switch (width) {
    case 2: return store_elements<2>(from, count / 2, to);
    case 4: return store_elements<4>(from, count / 4, to);
    case 8: return store_elements<8>(from, count / 8, to);
    default: std::memcpy(to, from, count);
  }
}

StreamElements StreamDecoder::unzip(const ColumnCompression& how, ByteSpan out) {
  if (how.algorithm == TileAlgorithm::gzip_1 || how.shuffle_width == 1) return {out};
  const auto whole = room(unshuffled_, out.size());
  unshuffle(out, how.shuffle_width, whole);
  return {whole, how.shuffle_width};
}

StreamElements StreamDecoder::decode(const ColumnCompression& how, ByteView in,
                                     std::uint64_t size) {
  if (how.algorithm == TileAlgorithm::none) {
    if (in.size() != size) wrong_size(in.size(), size);
    return {in};
  }
  if (!plausible_size(size, in.size())) {
    throw FitsError::format(std::to_string(in.size()) + " compressed bytes cannot become " +
                            std::to_string(size));
  }
  const auto out = room(made_, size);
  if (how.algorithm == TileAlgorithm::rice) {
    if (how.rice_width == 1) return rice<std::uint8_t>(in, out);
    if (how.rice_width == 2) return rice<std::int16_t>(in, out);
    return rice<std::int32_t>(in, out);
  }
  check(gzip_decode(in, out), size, 1);
  return unzip(how, out);
}

StreamElements StreamDecoder::decode_array(const ColumnCompression& how, ByteView in,
                                           std::uint64_t size) {
  if (in.size() != size) return decode(how, in, size);
  if (how.algorithm == TileAlgorithm::gzip_1 || how.algorithm == TileAlgorithm::gzip_2) {
    const auto out = room(made_, size);
    const auto result = gzip_decode(in, out);
    if (result.ok() && result.made == size && result.used == size) return unzip(how, out);
  }
  return {in};
}

}  // namespace torchfits
