// SPDX-License-Identifier: BSD-3-Clause
// Parameters of random groups that share a name are added (FITS 4.0 section 6.1.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "decode/pixels.h"
#include "fits/layout.h"

namespace torchfits {

/// A column with terms; made once for a read, used by many threads.
class ParameterSum {
 public:
  explicit ParameterSum(const Column& column);

  /// The sums of `rows` fields, `stride` bytes from one to the next, in double, packed. Terms are
  /// added in the order of the file.
  void operator()(const std::byte* first, std::ptrdiff_t stride, std::size_t rows,
                  std::byte* out) const;

 private:
  struct Term {
    std::uint64_t offset;  ///< from the beginning of the field
    std::size_t size;
    ElementDecoder decode;
  };
  std::vector<Term> terms_;
};

}  // namespace torchfits
