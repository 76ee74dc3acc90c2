// SPDX-License-Identifier: BSD-3-Clause
// A text of any kind: no expression, one that does not fit the columns of a table, or a predicate,
// which is computed for rows of any values, and the rows that pass are copied. Input: the length of
// the text in two bytes, the text, the values.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "file/table_reader.h"
#include "query/evaluator.h"
#include "query/expression.h"
#include "query/gather.h"
#include "query/predicate.h"
#include "query/row_mask.h"

namespace {

using namespace torchfits;

/// Whole words of a mask and a part of one; in some inputs more than one block.
constexpr std::size_t kRows = 3 * 64 + 5;
constexpr std::size_t kManyRows = kEvaluatedRows + kRows;

Column column_of(const char* name, char code, ElementType type,
                 std::vector<std::uint64_t> shape = {}) {
  Column column;
  column.name = name;
  column.form.code = code;
  column.coding.natural = type;
  column.shape = std::move(shape);
  column.characters = code == 'A' ? 4 : 0;
  return column;
}

const TableLayout& table() {
  static const TableLayout layout = [] {
    TableLayout made;
    made.columns = {
        column_of("X", 'D', ElementType::f64),     column_of("E", 'E', ElementType::f32),
        column_of("K", 'K', ElementType::i64),     column_of("U", 'K', ElementType::u64),
        column_of("I", 'I', ElementType::i16),     column_of("N", 'A', ElementType::u8),
        column_of("L", 'L', ElementType::boolean), column_of("V", 'J', ElementType::i32, {2, 3})};
    return made;
  }();
  return layout;
}

/// The mask says what the predicate says, and its rows are copied as they are.
void check_rows(const std::vector<Truth>& truth, const RowMask& mask) {
  std::vector<std::int64_t> expected, positions(mask.count());
  for (std::size_t row = 0; row < truth.size(); ++row)
    if (truth[row] == kTrue) expected.push_back(static_cast<std::int64_t>(row));
  mask.positions(0, positions.data());
  if (positions != expected) __builtin_trap();
  for (const std::size_t size : {1, 2, 4, 8, 16, 24}) {
    std::vector<std::byte> cells(truth.size() * size), copied(expected.size() * size);
    for (std::size_t i = 0; i < cells.size(); ++i)
      cells[i] = static_cast<std::byte>((i / size) % 251 + i % size);
    const CellCopy copy{cells.data(), copied.data(), size};
    gather_rows(mask, {&copy, 1});
    for (std::size_t i = 0; i < copied.size(); ++i) {
      const auto row = static_cast<std::size_t>(expected[i / size]);
      if (copied[i] != cells[row * size + i % size]) __builtin_trap();
    }
  }
}

/// Cells of the given bytes, again and again; logical ones of 0 and 1.
std::vector<std::byte> cells(std::size_t size, const std::uint8_t* data, std::size_t given,
                             bool bits) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    const auto byte = given == 0 ? std::uint8_t{0} : data[i % given];
    bytes[i] = static_cast<std::byte>(bits ? byte & 1U : byte);
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto length = std::min<std::size_t>(data[0] + 256U * data[1], size - 2);
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, length);
  const auto* values = data + 2 + length;
  const auto given = size - 2 - length;
  const auto rows = given % 16 == 3 ? kManyRows : kRows;
  try {
    const auto predicate =
        bind_expression(parse_expression(text), table(), true,
                        [](std::string_view name) { return find_column(table(), name); });
    std::vector<std::vector<std::byte>> memory;
    std::vector<ColumnValues> columns;
    memory.reserve(2 * predicate.columns.size());
    for (const auto position : predicate.columns) {
      const auto& column = table().columns[position];
      const auto request = request_column(column, true);
      const bool logical = request.type == ElementType::boolean;
      memory.push_back(cells(rows * request.cell_bytes(column), values, given, logical));
      columns.push_back(
          {memory.back().data(), nullptr, request.type, request.elements, column.characters});
      if (given % 2 == 0 || column.form.code == 'A') continue;
      memory.push_back(cells(rows * request.elements, values, given, true));
      columns.back().nulls = reinterpret_cast<const std::uint8_t*>(memory.back().data());
    }
    Evaluator evaluate(predicate, columns);
    std::vector<Truth> truth;
    for (std::size_t row = 0; row < rows; row += kEvaluatedRows) {
      const auto some = std::min(kEvaluatedRows, rows - row);
      const auto* block = evaluate(row, some);
      truth.insert(truth.end(), block, block + some);
    }
    if (std::any_of(truth.begin(), truth.end(), [](Truth t) { return t > kFalse; }))
      __builtin_trap();
    check_rows(truth, RowMask(predicate, columns, rows));
  } catch (const FitsError&) {
    return 0;
  }
  return 0;
}
