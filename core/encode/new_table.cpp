// SPDX-License-Identifier: BSD-3-Clause
#include "encode/new_table.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "encode/free_null.h"
#include "fits/tform.h"
#include "plan/descriptor.h"

namespace torchfits {
namespace {

FitsError wrong(const NewColumn& given, const std::string& problem) {
  return {ErrorCode::value, "column '" + given.column.name + "': " + problem};
}

/// Elements of the longest cell.
std::uint64_t longest_of(const NewColumn& given) {
  const auto* offsets = given.memory.offsets;
  std::int64_t longest = 0, least = 0;
  for (std::uint64_t row = 0; row < given.rows; ++row) {
    // Of positions between 0 and 2^63 - 1 no difference overflows; others are found by their sign.
    const auto length = static_cast<std::int64_t>(static_cast<std::uint64_t>(offsets[row + 1]) -
                                                  static_cast<std::uint64_t>(offsets[row]));
    longest = std::max(longest, length);
    least = std::min({least, length, offsets[row + 1]});
  }
  const auto end = static_cast<std::uint64_t>(offsets[given.rows]);
  if (offsets[0] != 0 || least < 0 || end != given.elements) {
    throw wrong(given, "its offsets do not rise from 0 to " + std::to_string(given.elements) +
                           ", the number of elements");
  }
  return static_cast<std::uint64_t>(longest);
}

/// Bytes of the heap that the cells take; of bits each is padded.
std::uint64_t heap_bytes(const NewColumn& given, char code) {
  const ArraySize size(code);
  if (code != 'X') return size.bytes(given.elements);
  std::uint64_t bytes = 0;
  const auto* offsets = given.memory.offsets;
  for (std::uint64_t row = 0; row < given.rows; ++row)
    bytes += size.bytes(static_cast<std::uint64_t>(offsets[row + 1] - offsets[row]));
  return bytes;
}

/// TDIM of cells of variable length stays where every cell has so many elements, or none.
bool keeps_dim(const NewColumn& given) {
  const auto dimensions = parse_tdim(given.column.dim);
  if (!dimensions) return false;
  std::optional<std::uint64_t> product = 1;
  for (const auto size : *dimensions) product = product ? checked_mul(*product, size) : product;
  const auto* offsets = given.memory.offsets;
  for (std::uint64_t row = 0; row < given.rows; ++row) {
    const auto length = static_cast<std::uint64_t>(offsets[row + 1] - offsets[row]);
    if (length != 0 && length != product) return false;
  }
  return true;
}

/// Elements of the column that may be null.
std::uint64_t element_count(const NewColumn& given) {
  if (given.values.longest) return given.elements;
  auto count = given.rows;
  for (const auto size : given.column.shape) count *= size;  // they lie in memory
  return count;
}

void choose_null(NewColumn& given) {
  auto& coding = given.column.coding;
  if (!is_integer(given.values.type) || given.values.text || !given.can_be_null) return;
  const NullableIntegers integers{given.memory.values, given.memory.nulls,
                                  static_cast<std::size_t>(element_count(given))};
  coding.null = free_null(coding, integers, given.null);
  if (coding.null || given.memory.nulls == nullptr) return;
  throw wrong(given, "every value of " + std::string(info(given.values.type).name) +
                         " occurs, so that none is left for TNULL to mark the nulls; convert the "
                         "column to a wider type");
}

/// Gives the bytes of its cells in the heap.
std::uint64_t complete(NewColumn& given) {
  if (given.memory.offsets != nullptr) {
    given.values.longest = longest_of(given);
    if (!keeps_dim(given)) given.column.dim.clear();
  }
  // A bit is never null.
  if (given.memory.nulls != nullptr) given.values.bits = false;
  store_as(given.column, given.values);
  choose_null(given);
  return given.values.longest ? heap_bytes(given, given.column.form.heap_code) : 0;
}

}  // namespace

std::uint64_t rows_of(const std::vector<NewColumn>& columns) {
  const auto rows = columns.empty() ? 0 : columns.front().rows;
  for (const auto& given : columns) {
    if (given.rows != rows) {
      throw wrong(given, "has " + std::to_string(given.rows) + " rows, column '" +
                             columns.front().column.name + "' " + std::to_string(rows));
    }
  }
  return rows;
}

MemoryTable table_of(std::vector<NewColumn> columns) {
  const auto rows = rows_of(columns);
  MemoryTable table;
  std::vector<Column> stored;
  std::uint64_t heap = 0;
  for (auto& given : columns) {
    heap += complete(given);  // bytes that lie in memory
    stored.push_back(std::move(given.column));
    table.columns.push_back(given.memory);
  }
  table.layout = lay_out(std::move(stored), rows, heap);
  return table;
}

}  // namespace torchfits
