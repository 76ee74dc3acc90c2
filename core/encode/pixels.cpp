// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast: one pass that flips the sign bit and swaps, compiled for each instruction set;
// BZERO of the offset convention is that bit, no arithmetic and no overflow.
#include "encode/pixels.h"

#include <cstring>

#include "base/bytes.h"
#include "base/simd.h"

namespace torchfits {
namespace {

template <class Uint, bool kFlip, bool kSwap>
struct Store {
  [[gnu::always_inline]] static void run(const std::byte* in, std::size_t count, std::byte* out) {
    constexpr Uint kSign = kFlip ? static_cast<Uint>(Uint{1} << (8 * sizeof(Uint) - 1)) : Uint{0};
    for (std::size_t i = 0; i < count; ++i) {
      Uint bits;
      std::memcpy(&bits, in + i * sizeof bits, sizeof bits);
      bits = static_cast<Uint>(bits ^ kSign);
      if constexpr (kSwap) bits = byte_swap(bits);
      std::memcpy(out + i * sizeof bits, &bits, sizeof bits);
    }
  }
};

constexpr bool kLittle = std::endian::native == std::endian::little;

/// None where the bytes stay as they are.
template <bool kSwap>
auto kernel_of(std::size_t size, bool flip) {
  using Kernel = void (*)(const std::byte*, std::size_t, std::byte*);
  const auto choose = [&]<class Uint>() -> Kernel {
    constexpr bool kSwaps = kSwap && sizeof(Uint) > 1;
    if (flip) return compiled<Store<Uint, true, kSwaps>>(best_simd());
    return kSwaps ? compiled<Store<Uint, false, kSwaps>>(best_simd()) : nullptr;
  };
  switch (size) {
    case 1: return choose.template operator()<std::uint8_t>();
    case 2: return choose.template operator()<std::uint16_t>();
    case 4: return choose.template operator()<std::uint32_t>();
    default: return choose.template operator()<std::uint64_t>();
  }
}

void store(void (*kernel)(const std::byte*, std::size_t, std::byte*), const std::byte* in,
           std::size_t bytes, std::size_t size, std::byte* out) {
  if (kernel != nullptr) {
    kernel(in, bytes / size, out);
  } else if (in != out && bytes > 0) {
    std::memcpy(out, in, bytes);
  }
}

}  // namespace

ElementEncoder::ElementEncoder(const ElementCoding& coding) : size_(info(coding.stored).size) {
  const bool flip = coding.rule == ElementCoding::Rule::offset;
  big_endian_ = kernel_of<kLittle>(size_, flip);
  native_ = kernel_of<false>(size_, flip);
}

void ElementEncoder::operator()(const std::byte* in, std::size_t count, std::byte* out) const {
  store(big_endian_, in, count * size_, size_, out);
}

void ElementEncoder::native(const std::byte* in, std::size_t count, std::byte* out) const {
  store(native_, in, count * size_, size_, out);
}

}  // namespace torchfits
