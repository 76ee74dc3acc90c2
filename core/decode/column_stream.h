// SPDX-License-Identifier: BSD-3-Clause
// The bytes of one column of one tile of a compressed table, or of one variable-length array of it
// (FITS 4.0 section 10.3.3).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/stats.h"
#include "fits/compressed_table.h"

namespace torchfits {

/// Elements of `width` bytes in native order; bytes as the held table has them where `width` is 1.
struct StreamElements {
  ByteView bytes;
  std::size_t width = 1;

  /// `count` bytes from `at` on, big-endian, to their place in the table.
  void store(std::uint64_t at, std::uint64_t count, std::byte* to) const;
};

/// Decodes streams one after another, in memory that it keeps.
class StreamDecoder {
 public:
  /// The `size` bytes that `in` was made of; valid until the next call, and as long as `in`.
  /// ErrorCode::format where they are not that many, or cannot be: nothing is allocated then.
  [[nodiscard]] StreamElements decode(const ColumnCompression& how, ByteView in,
                                      std::uint64_t size);

  /// One array. CFITSIO stores it as it is where compressing it does not make it shorter; others
  /// compress each, and may hit the same length.
  [[nodiscard]] StreamElements decode_array(const ColumnCompression& how, ByteView in,
                                            std::uint64_t size);

 private:
  [[nodiscard]] StreamElements unzip(const ColumnCompression& how, ByteSpan out);

  Scratch made_, unshuffled_;
};

}  // namespace torchfits
