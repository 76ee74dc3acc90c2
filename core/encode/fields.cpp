// SPDX-License-Identifier: BSD-3-Clause
#include "encode/fields.h"

#include <cstring>
#include <limits>

#include "base/bytes.h"
#include "base/error.h"
#include "encode/bits.h"

namespace torchfits {
namespace {

bool is_complex(ElementType type) noexcept {
  return type == ElementType::c64 || type == ElementType::c128;
}

std::uint64_t elements_of(const Column& column) {
  std::uint64_t product = 1;
  for (const auto size : column.shape) product *= size;  // checked with the layout
  return product;
}

template <class T>
std::vector<std::byte> repeated(T value, std::size_t times) {
  std::vector<std::byte> bytes(sizeof value * times);
  for (std::size_t i = 0; i < times; ++i) store_be(bytes.data() + i * sizeof value, value);
  return bytes;
}

/// NaN, TNULL, or zeros: the null of logicals, and a text without characters.
std::vector<std::byte> null_of(const ElementCoding& coding) {
  switch (coding.stored) {
    case ElementType::f32: return repeated(std::numeric_limits<float>::quiet_NaN(), 1);
    case ElementType::c64: return repeated(std::numeric_limits<float>::quiet_NaN(), 2);
    case ElementType::f64: return repeated(std::numeric_limits<double>::quiet_NaN(), 1);
    case ElementType::c128: return repeated(std::numeric_limits<double>::quiet_NaN(), 2);
    default: break;
  }
  const auto whole = repeated(coding.null.value_or(0), 1);
  const auto size = static_cast<std::ptrdiff_t>(info(coding.stored).size);
  return {whole.end() - size, whole.end()};
}

}  // namespace

template <std::size_t Size>
void FieldEncoder::swap_scalars(const Fields& out) const {
  using Uint = UintOfSize<Size>;
  const auto flip = static_cast<Uint>(flip_);
  const auto* in = values_ + out.row * Size;
  auto* to = out.first;
  for (std::size_t i = 0; i < out.rows; ++i, to += out.stride) {
    Uint value;
    std::memcpy(&value, in + i * Size, Size);
    store_be(to, static_cast<Uint>(value ^ flip));
  }
}

template <std::size_t Size>
void FieldEncoder::swap_cells(const Fields& out) const {
  using Uint = UintOfSize<Size>;
  const auto flip = static_cast<Uint>(flip_);
  for (std::size_t i = 0; i < out.rows; ++i) {
    const auto* in = values_ + (out.row + i) * components_ * Size;
    auto* to = out.first + i * out.stride;
    for (std::size_t j = 0; j < components_; ++j) {
      Uint value;
      std::memcpy(&value, in + j * Size, Size);
      store_be(to + j * Size, static_cast<Uint>(value ^ flip));
    }
  }
}

/// Bytes as they are; Width 0: any width.
template <std::size_t Width>
void FieldEncoder::copy_cells(const Fields& out) const {
  const auto width = Width != 0 ? Width : width_;
  const auto* in = values_ + out.row * width;
  if (out.stride == width) {
    std::memcpy(out.first, in, out.rows * width);
    return;
  }
  for (std::size_t i = 0; i < out.rows; ++i)
    std::memcpy(out.first + i * out.stride, in + i * width, width);
}

void FieldEncoder::store_logicals(const Fields& out) const {
  for (std::size_t i = 0; i < out.rows; ++i) {
    const auto* in = values_ + (out.row + i) * elements_;
    auto* to = out.first + i * out.stride;
    for (std::size_t j = 0; j < elements_; ++j)
      to[j] = in[j] != std::byte{0} ? std::byte{'T'} : std::byte{'F'};
  }
}

void FieldEncoder::store_bits(const Fields& out) const {
  for (std::size_t i = 0; i < out.rows; ++i)
    pack_bits(values_ + (out.row + i) * elements_, elements_, out.first + i * out.stride);
}

void FieldEncoder::store_nulls(const Fields& out) const {
  for (std::size_t i = 0; i < out.rows; ++i) {
    const auto* nulls = nulls_ + (out.row + i) * elements_;
    auto* to = out.first + i * out.stride;
    for (std::size_t j = 0; j < elements_; ++j) {
      if (nulls[j] != std::byte{0}) std::memcpy(to + j * null_.size(), null_.data(), null_.size());
    }
  }
}

FieldEncoder::Kernel FieldEncoder::swap_kernel(std::size_t size, bool alone) {
  switch (size) {
    case 1: return alone ? &FieldEncoder::swap_scalars<1> : &FieldEncoder::swap_cells<1>;
    case 2: return alone ? &FieldEncoder::swap_scalars<2> : &FieldEncoder::swap_cells<2>;
    case 4: return alone ? &FieldEncoder::swap_scalars<4> : &FieldEncoder::swap_cells<4>;
    default: return alone ? &FieldEncoder::swap_scalars<8> : &FieldEncoder::swap_cells<8>;
  }
}

FieldEncoder::Kernel FieldEncoder::copy_kernel(std::size_t width) {
  switch (width) {
    case 1: return &FieldEncoder::copy_cells<1>;
    case 4: return &FieldEncoder::copy_cells<4>;
    case 8: return &FieldEncoder::copy_cells<8>;
    case 12: return &FieldEncoder::copy_cells<12>;
    case 16: return &FieldEncoder::copy_cells<16>;
    case 20: return &FieldEncoder::copy_cells<20>;
    case 32: return &FieldEncoder::copy_cells<32>;
    default: return &FieldEncoder::copy_cells<0>;
  }
}

void FieldEncoder::use_text(std::uint64_t strings, std::uint64_t characters) {
  elements_ = strings;
  width_ = strings * characters;
  if (width_ == 0) return;
  kernel_ = copy_kernel(width_);
  null_.resize(characters);
}

void FieldEncoder::use_elements(char code, const ElementCoding& coding, std::uint64_t elements) {
  elements_ = elements;
  if (elements == 0) return;
  null_ = null_of(coding);
  switch (code) {
    case 'L': kernel_ = &FieldEncoder::store_logicals; break;
    case 'X':
      kernel_ = &FieldEncoder::store_bits;
      nulls_ = nullptr;  // a bit is never null
      break;
    default: use_numbers(coding);
  }
}

void FieldEncoder::use_numbers(const ElementCoding& coding) {
  const auto size = info(coding.stored).size;
  const bool flips = coding.rule == ElementCoding::Rule::offset;
  if (coding.rule == ElementCoding::Rule::scale || (flips && coding.natural == coding.stored))
    throw FitsError::unsupported(
        "values are not stored in a column that is scaled by TSCAL, TZERO");
  const std::size_t parts = is_complex(coding.stored) ? 2 : 1;
  components_ = elements_ * parts;
  width_ = elements_ * size;
  flip_ = flips ? std::uint64_t{1} << (8 * size - 1) : 0;
  kernel_ = size == 1 && !flips ? copy_kernel(width_) : swap_kernel(size / parts, components_ == 1);
}

FieldEncoder FieldEncoder::of_cells(const Column& column, const MemoryColumn& memory) {
  FieldEncoder encoder(memory);
  if (column.form.code == 'A') {
    encoder.use_text(elements_of(column), column.characters);
  } else {
    encoder.use_elements(column.form.code, column.coding, elements_of(column));
  }
  return encoder;
}

FieldEncoder FieldEncoder::of_elements(const Column& column, const MemoryColumn& memory) {
  FieldEncoder encoder(memory);
  if (column.form.heap_code == 'A') {
    encoder.use_text(1, 1);
  } else {
    encoder.use_elements(column.form.heap_code, column.coding, 1);
  }
  return encoder;
}

void FieldEncoder::operator()(const Fields& out) const {
  if (kernel_ == nullptr) return;
  (this->*kernel_)(out);
  if (nulls_ != nullptr) store_nulls(out);
}

}  // namespace torchfits
