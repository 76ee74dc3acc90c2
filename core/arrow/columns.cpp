// SPDX-License-Identifier: BSD-3-Clause
#include "arrow/columns.h"

#include <algorithm>
#include <cstring>

#include "arrow/bits.h"

namespace torchfits {

namespace {

/// Marks the elements of the cells that are null.
void mark_cells(const ArrowView& view, std::uint8_t* out) {
  if (view.validity == nullptr || view.length == 0) return;
  const bool fixed = view.field->type.kind == ArrowKind::fixed_list;
  const auto& child = view.children[0];
  // Elements of the leaf for each element of the child.
  const auto each = child.length == 0 ? 0 : child.leaf().length / child.length;
  for (std::uint64_t i = 0; i < view.length; ++i) {
    if (!view.is_null(i)) continue;
    const auto size = view.field->type.size;
    const auto first = fixed ? i * size : static_cast<std::uint64_t>(view.place(i) - view.place(0));
    const auto count = fixed ? size : static_cast<std::uint64_t>(view.place(i + 1) - view.place(i));
    std::fill_n(out + first * each, count * each, std::uint8_t{1});
  }
}

void mark_leaf(const ArrowView& view, std::uint8_t* out) {
  if (view.validity == nullptr)
    std::fill_n(out, view.length, std::uint8_t{0});
  else
    unpack_arrow_bits(view.validity, view.offset, view.length, false, out);
  if (view.dictionary.empty() || view.dictionary[0].validity == nullptr) return;
  for (std::uint64_t i = 0; i < view.length; ++i) {
    if (out[i] == 0) out[i] = static_cast<std::uint8_t>(view.dictionary[0].is_null(view.index(i)));
  }
}

void copy_from_dictionary(const ArrowView& leaf, std::byte* out) {
  const auto& values = leaf.dictionary[0];
  const bool bits = values.field->type.kind == ArrowKind::boolean;
  const std::size_t size = bits ? 1 : info(values.field->type.element).size;
  for (std::uint64_t i = 0; i < leaf.length; ++i, out += size) {
    if (leaf.is_null(i)) {
      std::memset(out, 0, size);
      continue;
    }
    const auto position = values.offset + leaf.index(i);
    if (bits) {
      const auto* const packed = reinterpret_cast<const std::uint8_t*>(values.values);
      *out = static_cast<std::byte>(arrow_bit(packed, position));
    } else {
      std::memcpy(out, values.values + position * size, size);
    }
  }
}

}  // namespace

bool may_have_nulls(const ArrowView& view) noexcept {
  if (view.validity != nullptr) return true;
  const auto some = [](const auto& views) {
    return std::any_of(views.begin(), views.end(),
                       [](const ArrowView& one) { return may_have_nulls(one); });
  };
  return some(view.children) || some(view.dictionary);
}

void write_null_mask(const ArrowView& view, std::uint8_t* out) {
  if (view.children.empty()) return mark_leaf(view, out);
  write_null_mask(view.children[0], out);
  mark_cells(view, out);
}

const std::byte* numbers_in_place(const ArrowView& leaf) noexcept {
  if (leaf.field->type.kind != ArrowKind::number || !leaf.dictionary.empty() ||
      leaf.values == nullptr) {
    return nullptr;
  }
  const auto size = info(leaf.field->type.element).size;
  const auto* const first = leaf.values + leaf.offset * size;
  return reinterpret_cast<std::uintptr_t>(first) % size == 0 ? first : nullptr;
}

void copy_elements(const ArrowView& leaf, std::byte* out) {
  if (leaf.length == 0) return;
  if (!leaf.dictionary.empty()) return copy_from_dictionary(leaf, out);
  if (leaf.field->type.kind == ArrowKind::boolean) {
    unpack_arrow_bits(reinterpret_cast<const std::uint8_t*>(leaf.values), leaf.offset, leaf.length,
                      true, reinterpret_cast<std::uint8_t*>(out));
    return;
  }
  const auto size = info(leaf.field->type.element).size;
  std::memcpy(out, leaf.values + leaf.offset * size, leaf.length * size);
}

void copy_places(const ArrowView& list, std::int64_t start, std::int64_t* out) {
  const auto first = list.place(0);
  for (std::uint64_t i = 0; i < list.length; ++i) out[i] = start + (list.place(i) - first);
}

}  // namespace torchfits
