// SPDX-License-Identifier: BSD-3-Clause
#include "encode/ascii_columns.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "encode/decimal.h"
#include "encode/fields.h"

namespace torchfits {
namespace {

/// Text to the left end of a field.
void put_left(std::string_view text, char* field) noexcept {
  std::copy(text.begin(), text.end(), field);
}

/// Of a field that was chosen for all values of its column.
template <class Number>
void put_number(Number value, const Column& column, char* field) noexcept {
  if constexpr (std::is_floating_point_v<Number>) {
    put_decimal(Decimal::of(value), *column.text, field);
  } else {
    std::array<char, 24> text{};
    auto* const end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    const auto length = static_cast<std::size_t>(end - text.data());
    std::copy(text.data(), end, field + (column.width - length));
  }
}

template <class Number>
bool is_nan(Number value) noexcept {
  if constexpr (std::is_floating_point_v<Number>) return std::isnan(value);
  return false;
}

template <class Number>
void put_numbers(const Column& column, const MemoryColumn& memory, const Fields& out) noexcept {
  for (std::size_t i = 0; i < out.rows; ++i) {
    const auto row = out.row + i;
    auto* field = reinterpret_cast<char*>(out.first + i * out.stride);
    Number value;
    std::memcpy(&value, memory.values + row * sizeof value, sizeof value);
    const bool null = memory.nulls != nullptr && memory.nulls[row] != std::byte{0};
    if (null || is_nan(value)) {
      put_left(column.null_text, field);
    } else {
      put_number(value, column, field);
    }
  }
}

void put_texts(const Column& column, const MemoryColumn& memory, const Fields& out) noexcept {
  for (std::size_t i = 0; i < out.rows; ++i) {
    const auto row = out.row + i;
    const bool null = memory.nulls != nullptr && memory.nulls[row] != std::byte{0};
    put_left(null ? std::string_view(column.null_text)
                  : content_of(memory.values + row * column.characters, column.characters),
             reinterpret_cast<char*>(out.first + i * out.stride));
  }
}

void put_column(const Column& column, const MemoryColumn& memory, const Fields& out) {
  if (column.text->code == 'A') return put_texts(column, memory, out);
  dispatch(column.coding.natural, [&]<class Number>() {
    if constexpr (is_plain_number<Number>) put_numbers<Number>(column, memory, out);
  });
}

}  // namespace

std::string_view content_of(const std::byte* text, std::uint64_t characters) noexcept {
  const std::string_view field(reinterpret_cast<const char*>(text), characters);
  const auto content = field.substr(0, field.find('\0'));
  return content.substr(0, content.find_last_not_of(' ') + 1);
}

void encode_ascii_rows(const MemoryAsciiTable& table, std::uint64_t first, std::uint64_t count,
                       ByteSpan out) {
  const auto& layout = table.table.layout;
  std::fill(out.begin(), out.end(), std::byte{' '});
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    const auto& column = layout.columns[i];
    put_column(column, table.table.columns[i],
               {out.data() + column.offset, static_cast<std::size_t>(layout.row_bytes), first,
                static_cast<std::size_t>(count)});
  }
}

}  // namespace torchfits
