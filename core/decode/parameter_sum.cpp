// SPDX-License-Identifier: BSD-3-Clause
#include "decode/parameter_sum.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace torchfits {
namespace {

/// Groups that are added together.
constexpr std::size_t kBatch = 256;

}  // namespace

ParameterSum::ParameterSum(const Column& column) {
  for (const auto& term : column.terms) {
    terms_.push_back({term.offset - column.offset, info(term.coding.stored).size,
                      ElementDecoder(term.coding, ElementType::f64)});
  }
}

void ParameterSum::operator()(const std::byte* first, std::ptrdiff_t stride, std::size_t rows,
                              std::byte* out) const {
  std::array<std::byte, kBatch * sizeof(double)> stored;
  std::array<double, kBatch> sums, values;
  for (std::size_t done = 0; done < rows; done += kBatch) {
    const auto count = std::min(kBatch, rows - done);
    sums.fill(0);
    for (const auto& term : terms_) {
      for (std::size_t i = 0; i < count; ++i) {
        const auto* field = first + static_cast<std::ptrdiff_t>(done + i) * stride;
        std::memcpy(stored.data() + i * term.size, field + term.offset, term.size);
      }
      term.decode(stored.data(), count, reinterpret_cast<std::byte*>(values.data()), done);
      for (std::size_t i = 0; i < count; ++i) sums[i] += values[i];
    }
    std::memcpy(out + done * sizeof(double), sums.data(), count * sizeof(double));
  }
}

}  // namespace torchfits
