// SPDX-License-Identifier: BSD-3-Clause
#include "file/row_filter.h"

#include <algorithm>
#include <utility>

#include "base/defaults.h"
#include "base/stats.h"
#include "query/row_mask.h"

namespace torchfits {
namespace {

/// Decoded bytes of the predicate's columns that are held at once.
constexpr std::uint64_t kHeldBytes = 16 * MiB;
constexpr std::uint64_t kLeastRows = kEvaluatedRows;
constexpr std::uint64_t kMostRows = std::uint64_t{1} << 21;
/// Text has a null only in ASCII tables.
bool can_be_null(const Column& column, const ColumnRequest& request) {
  if (column.form.code == 'A') return column.text && !column.null_text.empty();
  return column.form.code == 'L' || column.text || request.coding.null.has_value();
}

/// Memory for the predicate's columns of some rows.
class HeldColumns {
 public:
  HeldColumns(const TableLayout& table, const Predicate& predicate, bool scaled) {
    for (const auto position : predicate.columns) {
      const auto& column = table.columns[position];
      auto& held = held_.emplace_back();
      held.request = request_column(column, scaled);
      held.position = position;
      held.cell_bytes = held.request.cell_bytes(column);
      held.masked = can_be_null(column, held.request);
      held.characters = column.form.code == 'A' ? column.characters : 0;
      row_bytes_ += held.cell_bytes + (held.masked ? held.request.elements : 0);
    }
  }

  [[nodiscard]] std::uint64_t rows_at_once() const {
    return std::clamp(kHeldBytes / std::max<std::uint64_t>(row_bytes_, 1), kLeastRows, kMostRows);
  }

  void reserve(std::uint64_t rows) {
    for (auto& held : held_) {
      held.values = Scratch(held.cell_bytes * rows);
      if (held.masked) held.nulls = Scratch(held.request.elements * rows);
    }
  }

  void read(const TableData& table, const RowSelection& rows) {
    std::vector<ColumnOutput> outputs;
    std::vector<ColumnRequest> requests;
    for (const auto& held : held_) {
      outputs.push_back({held.position, held.values.data(), held.marks()});
      requests.push_back(held.request);
    }
    if (!outputs.empty()) read_table(table, rows, std::move(outputs), std::move(requests));
  }

  [[nodiscard]] std::vector<ColumnValues> values() const {
    std::vector<ColumnValues> values;
    for (const auto& held : held_)
      values.push_back({held.values.data(), held.marks(), held.request.type, held.request.elements,
                        held.characters});
    return values;
  }

 private:
  struct Held {
    std::size_t position = 0;
    ColumnRequest request;
    std::uint64_t cell_bytes = 0, characters = 0;
    bool masked = false;
    Scratch values, nulls;

    [[nodiscard]] std::uint8_t* marks() const {
      return masked ? reinterpret_cast<std::uint8_t*>(nulls.data()) : nullptr;
    }
  };

  std::vector<Held> held_;
  std::uint64_t row_bytes_ = 0;
};

RowSelection part_of(const RowSelection& rows, std::uint64_t first, std::uint64_t count) {
  if (!rows.indices.empty()) return {0, 1, count, rows.indices.subspan(first, count)};
  return {rows.start + static_cast<std::int64_t>(first) * rows.step, rows.step, count, {}};
}

}  // namespace

Predicate bind_where(const TableLayout& table, std::string_view expression, bool scaled) {
  return bind_expression(parse_expression(expression), table, scaled,
                         [&](std::string_view name) { return find_column(table, name); });
}

std::vector<std::int64_t> filter_rows(const TableData& table, const RowSelection& rows,
                                      const Predicate& predicate, bool scaled) {
  HeldColumns columns(table.layout, predicate, scaled);
  const auto at_once = std::min(columns.rows_at_once(), rows.count);
  columns.reserve(at_once);
  const auto values = columns.values();
  std::vector<std::int64_t> found;
  for (std::uint64_t done = 0; done < rows.count; done += at_once) {
    const auto count = std::min(at_once, rows.count - done);
    columns.read(table, part_of(rows, done, count));
    const RowMask mask(predicate, values, count);
    const auto before = found.size();
    found.resize(before + mask.count());
    mask.positions(static_cast<std::int64_t>(done), found.data() + before);
  }
  const bool whole = rows.indices.empty() && rows.start == 0 && rows.step == 1;
  for (std::size_t i = 0; i < found.size() && !whole; ++i) {
    found[i] = rows.indices.empty() ? rows.start + found[i] * rows.step
                                    : rows.indices[static_cast<std::size_t>(found[i])];
  }
  return found;
}

}  // namespace torchfits
