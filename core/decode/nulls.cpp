// SPDX-License-Identifier: BSD-3-Clause
#include "decode/nulls.h"

#include <type_traits>
#include <utility>

#include "base/bytes.h"

namespace torchfits {
namespace {

template <class Stored>
std::uint64_t mark(const StoredIntegers& in, std::int64_t wanted, std::uint8_t* mask) {
  const auto null = static_cast<Stored>(wanted);
  std::uint64_t nulls = 0;
  for (std::size_t i = 0; i < in.rows; ++i) {
    const auto* from = in.first + static_cast<std::ptrdiff_t>(i) * in.stride;
    for (std::size_t j = 0; j < in.elements; ++j) {
      const bool is_null = load_be<Stored>(from + j * sizeof(Stored)) == null;
      if (mask != nullptr) mask[i * in.elements + j] = static_cast<std::uint8_t>(is_null);
      nulls += is_null ? 1 : 0;
    }
  }
  return nulls;
}

}  // namespace

NullKernel null_kernel(ElementType stored, std::int64_t null) {
  return dispatch(stored, [&]<class Stored>() -> NullKernel {
    if constexpr (std::is_integral_v<Stored> && !std::is_same_v<Stored, bool>) {
      if (std::in_range<Stored>(null)) return mark<Stored>;
    }
    return nullptr;
  });
}

}  // namespace torchfits
