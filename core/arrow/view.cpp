// SPDX-License-Identifier: BSD-3-Clause
#include "arrow/view.h"

#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "arrow/bits.h"
#include "base/error.h"

namespace torchfits {

namespace {

constexpr std::uint64_t kMostBytes = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t kViewBytes = 16;
constexpr std::int32_t kInlineText = 12;

[[noreturn]] void malformed(const std::string& why) { throw FitsError(ErrorCode::value, why); }

/// From a buffer of any alignment.
template <class T>
T load(const std::byte* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// Elements of an array that are asked for.
struct Range {
  std::uint64_t start = 0, count = 0;
};

std::uint64_t checked_end(std::uint64_t start, std::uint64_t count) {
  const auto end = checked_add(start, count);
  if (!end || *end > kMostBytes) malformed("positions beyond 64 bits");
  return *end;
}

std::uint64_t checked_product(std::uint64_t count, std::uint64_t size) {
  const auto product = checked_mul(count, size);
  if (!product || *product > kMostBytes) malformed("more bytes than 64 bits count");
  return *product;
}

std::uint64_t not_negative(std::int64_t number, const char* what) {
  if (number < 0) malformed(std::string(what) + " of " + std::to_string(number));
  return static_cast<std::uint64_t>(number);
}

std::int64_t least_buffers(ArrowKind kind) {
  switch (kind) {
    case ArrowKind::structure:
    case ArrowKind::fixed_list: return 1;
    case ArrowKind::text:
    case ArrowKind::text_view: return 3;
    case ArrowKind::number:
    case ArrowKind::boolean:
    case ArrowKind::fixed_text:
    case ArrowKind::list: return 2;
  }
  return 0;
}

/// Shape of the struct itself: what may be looked at without fear.
void check_struct(const ArrowField& field, const ArrowArray& array) {
  if (array.release == nullptr) malformed("an array that is released already");
  const auto kind = field.type.kind;
  const auto least = least_buffers(kind);
  const bool more = kind == ArrowKind::text_view && array.n_buffers > least;
  if (array.n_buffers != least && !more) {
    malformed(std::to_string(array.n_buffers) + " buffers, where the format '" +
              field.type.format() + "' has " + std::to_string(least));
  }
  if (array.buffers == nullptr) malformed("no list of buffers");
  if (array.n_children < 0 ||
      static_cast<std::uint64_t>(array.n_children) != field.children.size()) {
    malformed(std::to_string(array.n_children) + " children, where the schema has " +
              std::to_string(field.children.size()));
  }
  if (!field.children.empty() && array.children == nullptr) malformed("no list of children");
  if ((array.dictionary != nullptr) != !field.dictionary.empty())
    malformed("a dictionary in the array or in the schema, but not in both");
}

ArrowView check(const ArrowField& field, const ArrowArray* array, Range range);

void check_values(ArrowView& view, const void* buffer, std::uint64_t element_bytes,
                  std::uint64_t count) {
  checked_product(checked_end(view.offset, count), element_bytes);
  view.values = static_cast<const std::byte*>(buffer);
  if (buffer == nullptr && checked_product(count, element_bytes) != 0)
    malformed("no values for " + std::to_string(count) + " elements");
}

/// Offsets: never negative, never falling. Where nothing is there they may be absent.
Range check_places(ArrowView& view, const void* buffer) {
  if (view.length == 0) return {};
  check_values(view, buffer, view.field->type.wide ? 8 : 4, view.length + 1);
  auto before = view.place(0);
  const auto first = not_negative(before, "an offset");
  for (std::uint64_t i = 1; i <= view.length; ++i) {
    const auto next = view.place(i);
    if (next < before) {
      malformed("offset " + std::to_string(next) + " of element " + std::to_string(i) +
                " behind offset " + std::to_string(before));
    }
    before = next;
  }
  return {first, static_cast<std::uint64_t>(before) - first};
}

void check_text(ArrowView& view, const ArrowArray& array) {
  const auto range = check_places(view, array.buffers[1]);
  view.bytes = static_cast<const std::byte*>(array.buffers[2]);
  if (view.bytes == nullptr && range.count > 0)
    malformed("no bytes for strings of " + std::to_string(range.count));
}

/// The buffers between the views and the last one, which has their sizes.
void read_pieces(ArrowView& view, const ArrowArray& array) {
  const auto count = array.n_buffers - 3;
  const auto* const sizes = static_cast<const std::byte*>(array.buffers[array.n_buffers - 1]);
  if (count > 0 && sizes == nullptr) malformed("no sizes of the buffers of string views");
  for (std::int64_t i = 0; i < count; ++i) {
    const auto size = not_negative(load<std::int64_t>(sizes + i * 8), "a buffer size");
    const auto* const data = static_cast<const std::byte*>(array.buffers[2 + i]);
    if (data == nullptr && size > 0) malformed("no bytes for a buffer of string views");
    view.pieces.emplace_back(data, size);
  }
}

void check_text_views(ArrowView& view, const ArrowArray& array) {
  check_values(view, array.buffers[1], kViewBytes, view.length);
  read_pieces(view, array);
  for (std::uint64_t i = 0; i < view.length; ++i) {
    if (view.is_null(i)) continue;
    const auto* const one = view.values + (view.offset + i) * kViewBytes;
    const auto length = load<std::int32_t>(one);
    not_negative(length, "a string length");
    if (length <= kInlineText) continue;
    const auto piece = load<std::int32_t>(one + 8), offset = load<std::int32_t>(one + 12);
    const bool known = piece >= 0 && static_cast<std::size_t>(piece) < view.pieces.size();
    const ByteRange bytes{static_cast<std::uint64_t>(offset), static_cast<std::uint64_t>(length)};
    if (!known || offset < 0 || !slice(view.pieces[static_cast<std::size_t>(piece)], bytes))
      malformed("string " + std::to_string(i) + " outside of its buffer");
  }
}

void check_dictionary(ArrowView& view, const ArrowArray& array) {
  const auto& field = view.field->dictionary[0];
  const auto size = not_negative(array.dictionary->length, "a length");
  view.dictionary.push_back(check(field, array.dictionary, {0, size}));
  for (std::uint64_t i = 0; i < view.length; ++i) {
    // A negative position is a large one here.
    if (!view.is_null(i) && view.index(i) >= size) {
      malformed("position " + std::to_string(static_cast<std::int64_t>(view.index(i))) +
                " in a dictionary of " + std::to_string(size));
    }
  }
}

void check_content(ArrowView& view, const ArrowArray& array) {
  const auto& type = view.field->type;
  const auto* const buffer = array.n_buffers > 1 ? array.buffers[1] : nullptr;
  switch (type.kind) {
    case ArrowKind::number: check_values(view, buffer, info(type.element).size, view.length); break;
    case ArrowKind::boolean:
      // Bits: the bytes are an eighth, rounded up.
      check_values(view, buffer, 1, view.length);
      break;
    case ArrowKind::fixed_text: check_values(view, buffer, type.size, view.length); break;
    case ArrowKind::text: check_text(view, array); break;
    case ArrowKind::text_view: check_text_views(view, array); break;
    case ArrowKind::list:
      view.children.push_back(
          check(view.field->children[0], array.children[0], check_places(view, buffer)));
      break;
    case ArrowKind::fixed_list:
      view.children.push_back(check(
          view.field->children[0], array.children[0],
          {checked_product(view.offset, type.size), checked_product(view.length, type.size)}));
      break;
    case ArrowKind::structure: break;
  }
  if (!view.field->dictionary.empty()) check_dictionary(view, array);
}

ArrowView check(const ArrowField& field, const ArrowArray* array, Range range) {
  if (array == nullptr) malformed("a child that is absent");
  check_struct(field, *array);
  const auto length = not_negative(array->length, "a length");
  const auto offset = not_negative(array->offset, "an offset");
  checked_end(offset, length);
  if (checked_end(range.start, range.count) > length) {
    malformed(std::to_string(range.start + range.count) + " elements wanted of an array of " +
              std::to_string(length));
  }
  if (array->null_count < -1 || array->null_count > array->length)
    malformed(std::to_string(array->null_count) + " nulls in " + std::to_string(length));
  ArrowView view;
  view.field = &field;
  view.offset = offset + range.start;
  view.length = range.count;
  if (array->null_count != 0) view.validity = static_cast<const std::uint8_t*>(array->buffers[0]);
  if (array->null_count > 0 && view.validity == nullptr)
    malformed(std::to_string(array->null_count) + " nulls, but no validity");
  check_content(view, *array);
  return view;
}

}  // namespace

bool ArrowView::is_null(std::uint64_t i) const noexcept {
  return validity != nullptr && !arrow_bit(validity, offset + i);
}

std::int64_t ArrowView::place(std::uint64_t i) const noexcept {
  if (values == nullptr) return 0;
  if (field->type.wide) return load<std::int64_t>(values + (offset + i) * 8);
  return load<std::int32_t>(values + (offset + i) * 4);
}

std::uint64_t ArrowView::index(std::uint64_t i) const noexcept {
  const auto element = field->type.element;
  return dispatch(element, [&]<class T>() -> std::uint64_t {
    if constexpr (std::is_integral_v<T>)
      return static_cast<std::uint64_t>(load<T>(values + (offset + i) * sizeof(T)));
    else
      return std::numeric_limits<std::uint64_t>::max();
  });
}

const ArrowView& ArrowView::leaf() const noexcept {
  const auto* view = this;
  while (!view->children.empty()) view = &view->children[0];
  return *view;
}

std::vector<ArrowView> check_arrow_batch(const ArrowField& table, const ArrowArray& batch) {
  std::vector<ArrowView> columns;
  try {
    check_struct(table, batch);
    const auto rows = not_negative(batch.length, "a length");
    const auto offset = not_negative(batch.offset, "an offset");
    const auto* const validity = static_cast<const std::uint8_t*>(batch.buffers[0]);
    checked_end(offset, rows);
    for (std::uint64_t i = 0; batch.null_count != 0 && validity != nullptr && i < rows; ++i) {
      if (!arrow_bit(validity, offset + i))
        malformed("row " + std::to_string(i) + " that is null as a whole");
    }
  } catch (const FitsError& error) {
    throw FitsError(ErrorCode::value, "malformed Arrow table: " + error.problem() +
                                          "; report it to the library that made it");
  }
  for (std::size_t i = 0; i < table.children.size(); ++i) {
    try {
      columns.push_back(check(
          table.children[i], batch.children[i],
          {static_cast<std::uint64_t>(batch.offset), static_cast<std::uint64_t>(batch.length)}));
    } catch (const FitsError& error) {
      throw FitsError(ErrorCode::value, "malformed Arrow data, column '" + table.children[i].name +
                                            "': " + error.problem() +
                                            "; report it to the library that made it");
    }
  }
  return columns;
}

}  // namespace torchfits
