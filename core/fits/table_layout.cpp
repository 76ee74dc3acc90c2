// SPDX-License-Identifier: BSD-3-Clause
// Columns of a binary table from its header (FITS 4.0 section 7.3).
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/defaults.h"
#include "base/error.h"
#include "fits/block.h"
#include "fits/card.h"
#include "fits/layout.h"
#include "fits/table_cards.h"

namespace torchfits {
namespace {

using Warnings = std::vector<std::string>;

/// Reads the cards of one column into a Column.
class ColumnReader {
 public:
  ColumnReader(const ColumnCards& cards, std::size_t index, Warnings& warnings)
      : cards_(cards, index, warnings) {}

  Column read() {
    cards_.describe(column_);
    column_.dim = cards_.text(tdim);
    const auto form = cards_.form();
    try {
      column_.form = TForm::parse(form);
    } catch (const FitsError& error) {
      throw FitsError::format(cards_.name(tform) + ": " + error.problem());
    }
    return std::move(column_);
  }

  /// After the form is final: shape from TDIM, coding from TNULL, TSCAL and TZERO.
  static void finish(Column& column, const ColumnCards& cards, std::size_t index,
                     Warnings& warnings) {
    ColumnReader reader(cards, index, warnings);
    std::swap(reader.column_, column);
    reader.read_shape();
    reader.read_coding();
    std::swap(reader.column_, column);
  }

 private:
  void read_shape() {
    const auto& form = column_.form;
    column_.characters = form.code == 'A' ? form.repeat : 0;
    if (form.code == 'P' || form.code == 'Q' || use_tdim()) return;
    // A bit array keeps its axis even for one bit.
    if (form.code == 'X' || (form.code != 'A' && form.repeat != 1)) column_.shape = {form.repeat};
  }

  /// Takes the shape from TDIM; false where there is none that fits.
  bool use_tdim() {
    if (column_.dim.empty()) return false;
    auto dimensions = parse_tdim(column_.dim);
    const auto said = "= '" + column_.dim + "' ";
    if (!dimensions || dimensions->size() >= kMaxAxes) {
      cards_.warn(tdim,
                  said + "is not a list of at most 63 dimensions such as (2,3); it is ignored");
      return false;
    }
    std::optional<std::uint64_t> product = 1;
    for (const auto size : *dimensions) product = product ? checked_mul(*product, size) : product;
    if (!product || *product > column_.form.repeat) {
      cards_.warn(tdim, said + "asks for more elements than the " +
                            std::to_string(column_.form.repeat) + " of TFORM = '" +
                            column_.form.str() + "'; it is ignored");
      return false;
    }
    if (column_.form.code == 'A') {
      column_.characters = dimensions->front();
      dimensions->erase(dimensions->begin());
    }
    column_.shape.assign(dimensions->rbegin(), dimensions->rend());
    return true;
  }

  void read_coding() {
    const auto code = column_.form.heap_code != 0 ? column_.form.heap_code : column_.form.code;
    const auto null = read_null(code);
    Scaling scaling;
    if (code == 'A' || code == 'L' || code == 'X') {
      for (const auto keyword : {tscal, tzero}) {
        if (cards_.has(keyword)) ignore(keyword, code);
      }
    } else {
      scaling = cards_.scaling(tscal, tzero);
    }
    column_.coding = ElementCoding::column(code, scaling, null);
  }

  void ignore(ColumnKeyword keyword, char code) {
    cards_.warn(keyword,
                std::string("has no meaning for the type code ") + code + "; it is ignored");
  }

  std::optional<std::int64_t> read_null(char code) {
    const auto value = cards_.card(tnull).value;
    if (std::holds_alternative<std::monostate>(value)) return std::nullopt;
    if (code != 'B' && code != 'I' && code != 'J' && code != 'K') {
      ignore(tnull, code);
      return std::nullopt;
    }
    const auto null = integer_value(value, cards_.name(tnull), cards_.warnings());
    if (null) {
      column_.null_text = std::to_string(*null);
    } else {
      cards_.warn(tnull, "is not a 64-bit integer; it is ignored");
    }
    return null;
  }

  ColumnCardReader cards_;
  Column column_;
};

/// TFORM = 'A7' for a string of seven: a common mistake, which shows in NAXIS1.
bool counts_behind_the_code(const TForm& form) noexcept {
  return form.code == 'A' && form.repeat == 1 && !form.rest.empty() &&
         form.rest.find_first_not_of("0123456789") == std::string::npos;
}

TForm repaired(const TForm& form) {
  return counts_behind_the_code(form) ? TForm::parse(form.rest + "A") : form;
}

void repair_string_widths(TableLayout& table, Warnings& warnings) {
  std::optional<std::uint64_t> strict = 0, lenient = 0;
  for (const auto& column : table.columns) {
    const auto width = column.form.width(), other = repaired(column.form).width();
    strict = strict && width ? checked_add(*strict, *width) : std::nullopt;
    lenient = lenient && other ? checked_add(*lenient, *other) : std::nullopt;
  }
  if (strict == lenient || lenient != table.row_bytes) return;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    auto& form = table.columns[i].form;
    if (!counts_behind_the_code(form)) continue;
    warnings.push_back(numbered(tform, i) + " = '" + form.str() + "' is read as '" + form.rest +
                       "A', which NAXIS1 = " + std::to_string(table.row_bytes) + " agrees with");
    form = repaired(form);
  }
}

void place_columns(TableLayout& table, Warnings& warnings) {
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    auto& column = table.columns[i];
    const auto width = column.form.width();
    const auto next = width ? checked_add(end, *width) : std::nullopt;
    if (!next || *next > table.row_bytes) {
      throw FitsError::format(
          "column " + std::to_string(i + 1) + " '" + column.name + "' (TFORM = '" +
          column.form.str() + "', from byte " + std::to_string(end) +
          ") passes the end of a row of NAXIS1 = " + std::to_string(table.row_bytes) + " bytes");
    }
    column.offset = end;
    column.width = *width;
    end = *next;
  }
  if (end < table.row_bytes) {
    warnings.push_back("the columns take " + std::to_string(end) + " of the NAXIS1 = " +
                       std::to_string(table.row_bytes) + " bytes of a row; the rest is not read");
  }
}

void place_heap(TableLayout& table, const HduRecord& hdu, std::string_view theap,
                Warnings& warnings) {
  const auto main = checked_mul(table.rows, table.row_bytes);
  if (!main) throw FitsError::format("NAXIS1 x NAXIS2 does not fit 64 bits");
  table.heap_offset = *main;
  if (!theap.empty()) {
    const auto offset = integer_value(Card::parse(theap).value, "THEAP", warnings);
    if (offset && *offset >= 0 && static_cast<std::uint64_t>(*offset) >= *main &&
        static_cast<std::uint64_t>(*offset) <= std::max(hdu.data_bytes, *main)) {
      table.heap_offset = static_cast<std::uint64_t>(*offset);
    } else {
      warnings.push_back("THEAP does not lie behind the rows and inside the data; it is ignored");
    }
  }
  table.heap_bytes = hdu.data_bytes > table.heap_offset ? hdu.data_bytes - table.heap_offset : 0;
}

}  // namespace

TableLayout read_table_layout(const HduRecord& hdu, std::vector<std::string>& warnings) {
  auto table = empty_table(hdu);
  const std::string_view header = hdu.header.text();
  auto cards = TableCards::collect(header);
  cards.use_tfields(header, warnings);
  const auto count = cards.columns.size();
  table.columns.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    table.columns.push_back(ColumnReader(cards.columns[i], i, warnings).read());
  }
  name_columns(table.columns);
  repair_string_widths(table, warnings);
  place_columns(table, warnings);
  for (std::size_t i = 0; i < count; ++i) {
    ColumnReader::finish(table.columns[i], cards.columns[i], i, warnings);
  }
  place_heap(table, hdu, cards.theap, warnings);
  return table;
}

}  // namespace torchfits
