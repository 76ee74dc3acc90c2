// SPDX-License-Identifier: BSD-3-Clause
#include "encode/fitted_columns.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <span>
#include <string_view>

#include "base/defaults.h"
#include "base/error.h"
#include "base/parallel.h"
#include "encode/stored_values.h"

namespace torchfits {
namespace {

/// Elements that are converted at once.
constexpr std::uint64_t kPart = 16 * KiB;

FitsError wrong(const Column& column, const std::string& problem,
                ErrorCode code = ErrorCode::value) {
  return {code, "column '" + column.name + "' (TFORM = '" + column.format() + "'): " + problem};
}

std::string text_of(const std::vector<std::uint64_t>& shape) {
  std::string text;
  for (const auto length : shape) text += (text.empty() ? "" : ", ") + std::to_string(length);
  return "(" + text + (shape.size() == 1 ? ",)" : ")");
}

std::uint64_t product(const std::vector<std::uint64_t>& shape) {
  std::uint64_t all = 1;
  for (const auto length : shape) all *= length;  // checked with the layout, or in memory
  return all;
}

char element_code(const Column& column) {
  return column.form.in_heap() ? column.form.heap_code : column.form.code;
}

/// Bytes of a text without what pads it.
std::size_t text_length(const std::byte* text, std::size_t width) {
  while (width > 0 && (text[width - 1] == std::byte{' '} || text[width - 1] == std::byte{0}))
    --width;
  return width;
}

void check_kind(const Column& column, const NewColumn& given) {
  const auto code = element_code(column);
  if ((code == 'A') != given.values.text) {
    throw wrong(column, code == 'A' ? "holds text; give strings" : "holds no text; give numbers",
                ErrorCode::type);
  }
  if ((code == 'L' || code == 'X') && given.values.type != ElementType::boolean) {
    throw wrong(column,
                "holds truth values, not " + std::string(info(given.values.type).name) +
                    "; convert them with .to(torch.bool)",
                ErrorCode::type);
  }
  if (given.memory.nulls == nullptr || code == 'A' || code == 'L') return;
  if (code == 'X') throw wrong(column, "a bit cannot be null; give values without a mask");
}

void check_offsets(const Column& column, const NewColumn& given) {
  const auto* offsets = given.memory.offsets;
  bool rises = offsets[0] == 0;
  for (std::uint64_t row = 0; row < given.rows; ++row)
    rises = rises && offsets[row + 1] >= offsets[row];
  if (!rises || static_cast<std::uint64_t>(offsets[given.rows]) != given.elements)
    throw wrong(column, "the offsets do not rise from 0 to the number of elements");
}

/// The text of one cell, wherever it lies.
std::string_view text_at(const NewColumn& given, std::uint64_t index) {
  const auto* offsets = given.memory.offsets;
  const auto width = given.column.characters;
  const auto first = offsets ? static_cast<std::uint64_t>(offsets[index]) : index * width;
  const auto size = offsets ? static_cast<std::uint64_t>(offsets[index + 1]) - first : width;
  const auto* text = given.memory.values + first;
  const bool null = given.memory.nulls != nullptr && given.memory.nulls[index] != std::byte{0};
  return {reinterpret_cast<const char*>(text), null ? 0 : text_length(text, size)};
}

}  // namespace

FittedColumns::FittedColumns(const TableLayout& table, const std::vector<ColumnValuesFor>& columns,
                             std::uint64_t rows) {
  table_.layout.row_bytes = table.row_bytes;
  table_.layout.rows = rows;
  for (const auto& [position, given] : columns) {
    auto column = table.columns[position];
    if (given.rows != rows) {
      throw wrong(column, "values of " + std::to_string(given.rows) + " rows for " +
                              std::to_string(rows) + " rows");
    }
    table_.columns.push_back(given.memory);
    fit(column, position, given);
    table_.layout.columns.push_back(std::move(column));
  }
}

std::byte* FittedColumns::room_for(std::uint64_t bytes) {
  return own_.emplace_back(static_cast<std::size_t>(bytes) + 1).data();
}

void FittedColumns::fit(Column& column, std::size_t position, const NewColumn& given) {
  check_kind(column, given);
  if (given.memory.offsets != nullptr) check_offsets(column, given);
  if (column.form.in_heap()) return fit_cells(column, position, given);
  if (given.memory.offsets != nullptr && !given.values.text) {
    throw wrong(column, "all its cells have the shape " + text_of(column.shape) +
                            "; give a tensor of them, such as ragged.to_padded()");
  }
  const bool text = given.memory.offsets != nullptr;
  const auto shape = text ? std::vector<std::uint64_t>{} : given.column.shape;
  if (shape != column.shape) {
    throw wrong(column, "cells of shape " + text_of(shape) + " for a column with cells of shape " +
                            text_of(column.shape));
  }
  if (column.form.code == 'A') return fit_text(column, given);
  fit_numbers(column, position, given);
}

/// To the width of the column, NULs behind shorter texts.
void FittedColumns::fit_text(const Column& column, const NewColumn& given) {
  const auto width = column.characters;
  const auto cells = product(column.shape);
  const auto count = given.rows * cells;
  auto& memory = table_.columns.back();
  auto* out = room_for(count * width);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto text = text_at(given, i);
    if (text.size() > width) {
      throw wrong(column, "row " + std::to_string(i / cells) + ": the text '" + std::string(text) +
                              "' has " + std::to_string(text.size()) +
                              " bytes, and the column holds " + std::to_string(width) +
                              "; shorten it, or put a wider column in its place with "
                              "delete_column and add_column");
    }
    std::copy(text.begin(), text.end(), reinterpret_cast<char*>(out + i * width));
  }
  memory = {};
  memory.values = out;
}

void FittedColumns::fit_numbers(Column& column, std::size_t position, const NewColumn& given) {
  if (column.form.code == 'L' || column.form.code == 'X') return;
  convert(column, "TNULL" + std::to_string(position + 1), given,
          given.rows * product(column.shape));
}

void FittedColumns::convert(Column& column, const std::string& null_keyword, const NewColumn& given,
                            std::uint64_t elements) {
  const auto& coding = column.coding;
  const auto* nulls = given.memory.nulls;
  if (nulls != nullptr && is_integer(coding.stored) && !coding.null) {
    throw wrong(column, "some values are null, and the header has no " + null_keyword +
                            ", the integer that stands for them; set that keyword first");
  }
  const StoredValues store(coding, given.values.type, null_keyword);
  if (store.copies()) return;
  const auto from_size = info(given.values.type).size, size = info(coding.stored).size;
  auto* out = room_for(elements * size);
  const auto parts = elements / kPart + (elements % kPart != 0 ? 1 : 0);
  std::atomic<std::uint64_t> next{0}, misfit{elements};
  parallel_for(elements * size < kParallelBytes ? 1 : num_threads(), [&](std::size_t) {
    for (auto i = next.fetch_add(1); i < parts && i * kPart < misfit; i = next.fetch_add(1)) {
      const auto first = i * kPart;
      const auto some = std::min(kPart, elements - first);
      const auto good = store(given.memory.values + first * from_size,
                              nulls == nullptr ? nullptr : nulls + first, some, out + first * size);
      auto least = misfit.load();
      while (good < some && first + good < least &&
             !misfit.compare_exchange_weak(least, first + good)) {
      }
    }
  });
  if (misfit < elements) {
    const auto cells = std::max<std::uint64_t>(product(column.shape), 1);
    const auto row = column.form.in_heap() ? " element " + std::to_string(misfit)
                                           : " row " + std::to_string(misfit / cells);
    throw wrong(column, "the value for" + row + ": " +
                            store.problem(given.memory.values + misfit * from_size));
  }
  const auto null = coding.null;
  column.coding = column.coding.unscaled();
  column.coding.null = null;
  table_.columns.back().values = out;
}

void FittedColumns::fit_cells(Column& column, std::size_t position, const NewColumn& given) {
  auto& memory = table_.columns.back();
  if (given.memory.offsets == nullptr) {
    if (given.column.shape.size() != (given.values.text ? 0 : 1)) {
      throw wrong(column,
                  "its cells have one axis of any length; give a Ragged, or a tensor of "
                  "two axes");
    }
    auto* offsets = reinterpret_cast<std::int64_t*>(room_for((given.rows + 1) * 8));
    offsets[0] = 0;
    auto* text = given.values.text ? room_for(given.rows * given.column.characters) : nullptr;
    for (std::uint64_t row = 0; row < given.rows; ++row) {
      const auto cell = text == nullptr ? std::string_view() : text_at(given, row);
      const auto count = text == nullptr ? given.column.shape[0] : cell.size();
      if (!cell.empty()) std::memcpy(text + offsets[row], cell.data(), cell.size());
      offsets[row + 1] = offsets[row] + static_cast<std::int64_t>(count);
    }
    memory.offsets = offsets;
    if (text != nullptr) memory.values = text;
    if (text != nullptr) memory.nulls = nullptr;
  }
  const auto elements = static_cast<std::uint64_t>(memory.offsets[given.rows]);
  const auto code = column.form.heap_code;
  if (code != 'A' && code != 'L' && code != 'X')
    convert(column, "TNULL" + std::to_string(position + 1), given, elements);
  std::int64_t longest = 0;
  for (std::uint64_t row = 0; row < given.rows; ++row)
    longest = std::max(longest, memory.offsets[row + 1] - memory.offsets[row]);
  if (column.form.maximum && *column.form.maximum < static_cast<std::uint64_t>(longest))
    column.form.maximum = static_cast<std::uint64_t>(longest);
}

}  // namespace torchfits
