// SPDX-License-Identifier: BSD-3-Clause
// Elements of a tensor become scaled integers: the mirror of Rule::scale in decode/pixels.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "encode/memory_image.h"
#include "encode/stored_values.h"
#include "fits/layout.h"

namespace torchfits {

/// How an image is to be stored: round((value - zero) / scale), in double.
struct IntegerStorage {
  ElementType stored = ElementType::i16;  ///< u8 i16 i32 i64
  Scaling scaling{};
  std::optional<std::int64_t> blank{};  ///< BLANK, for NaN

  /// ErrorCode::value for a scale of 0, numbers that are not finite, and a BLANK that `stored`
  /// cannot hold.
  void check() const;
  /// BITPIX, BSCALE, BZERO and BLANK of the header.
  [[nodiscard]] ElementCoding coding() const;
};

/// Made once for an image, used by many threads; the image outlives it.
class ScaledEncoder {
 public:
  ScaledEncoder(const MemoryImage& image, const IntegerStorage& storage);

  [[nodiscard]] std::size_t size() const noexcept { return info(storage_.stored).size; }
  /// `count` stored numbers from an element on, in native order, into `out`. ErrorCode::value, with
  /// the place of the pixel, where one does not fit, is NaN without BLANK, or is a float that would
  /// become the integer of BLANK.
  void operator()(std::uint64_t first, std::size_t count, std::byte* out) const;

 private:
  [[noreturn]] void refuse(std::uint64_t element) const;
  [[nodiscard]] std::string place_of(std::uint64_t element) const;

  const MemoryImage& image_;
  IntegerStorage storage_;
  StoredValues store_;
};

}  // namespace torchfits
