// SPDX-License-Identifier: BSD-3-Clause
// Computes a predicate for blocks of rows of columns in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "fits/element_type.h"
#include "query/predicate.h"

namespace torchfits {

/// A column as RowDecoder leaves it: cells of `elements` elements each, C order; of text the bytes.
struct ColumnValues {
  const std::byte* data = nullptr;
  /// One byte an element (of text: a row, which has one string), 1 where null; or none.
  const std::uint8_t* nulls = nullptr;
  ElementType type = ElementType::u8;
  std::uint64_t elements = 1;
  std::uint64_t characters = 0;  ///< of text: bytes of one string
};

/// Three-valued logic in one byte: bit 0 is "true", bit 1 is "false", neither is null.
using Truth = std::uint8_t;
inline constexpr Truth kNull = 0, kTrue = 1, kFalse = 2;

/// Rows of one block: what is computed of them fits the first-level caches.
inline constexpr std::size_t kEvaluatedRows = 2048;

/// For one thread; `predicate` must outlive it.
class Evaluator {
 public:
  /// `columns` are those of Predicate::columns.
  Evaluator(const Predicate& predicate, std::vector<ColumnValues> columns);
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;
  ~Evaluator();

  /// The predicate of rows first, ..., first + rows - 1, at most kEvaluatedRows; valid until the
  /// next call.
  [[nodiscard]] const Truth* operator()(std::size_t first, std::size_t rows);

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace torchfits
