// SPDX-License-Identifier: BSD-3-Clause
// Columns of an ASCII table from its header (FITS 4.0 section 7.2): fields at TBCOLn, of the form
// TFORMn. Integers become int64 and all real forms float64, so that no text that fits its field is
// rounded more than it must be, whatever its width.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "fits/card_value.h"
#include "fits/layout.h"
#include "fits/table_cards.h"

namespace torchfits {
namespace {

using Warnings = std::vector<std::string>;

/// TNULL is a string, also for numbers; one written as a number is taken by its digits.
std::string null_text(ColumnCardReader& cards) {
  const auto value = cards.card(tnull).value;
  if (std::holds_alternative<std::monostate>(value)) return {};
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) {
    cards.warn(tnull, "is not a string; the text of its value is used");
    return format_literal(value);
  }
  return std::string(trim(*text));
}

void read_form(Column& column, ColumnCardReader& cards) {
  const auto form = cards.form();
  try {
    column.text = AsciiForm::parse(form);
  } catch (const FitsError& error) {
    throw FitsError::format(cards.name(tform) + ": " + error.problem());
  }
  column.width = column.text->width;
  const bool characters = column.text->code == 'A';
  column.form.code = characters ? 'A' : column.text->code == 'I' ? 'K' : 'D';
  column.form.repeat = column.characters = characters ? column.width : 0;
  if (!characters) column.form.repeat = 1;
}

void read_coding(Column& column, ColumnCardReader& cards) {
  Scaling scaling;
  if (column.form.code != 'A') {
    scaling = cards.scaling(tscal, tzero);
  } else {
    for (const auto keyword : {tscal, tzero}) {
      if (cards.has(keyword)) cards.warn(keyword, "has no meaning for text; it is ignored");
    }
  }
  column.coding = ElementCoding::column(column.form.code, scaling, std::nullopt);
  column.null_text = null_text(cards);
}

/// TBCOL counts from 1. The whole field must lie in the row.
void place(Column& column, ColumnCardReader& cards, std::uint64_t row_bytes) {
  const auto keyword = cards.name(tbcol);
  const auto field = "column '" + column.name + "' (TFORM = '" + column.text->str() + "')";
  if (!cards.has(tbcol)) {
    throw FitsError::format(keyword + " is missing: it is not known where " + field + " begins");
  }
  const auto first = integer_value(cards.card(tbcol).value, keyword, cards.warnings());
  if (!first) throw FitsError::format(keyword + " of " + field + " is not an integer");
  const auto begin = *first < 1 ? std::nullopt : std::optional<std::uint64_t>(*first - 1);
  const auto end = begin ? checked_add(*begin, column.width) : std::nullopt;
  if (!end || *end > row_bytes) {
    throw FitsError::format(keyword + " = " + std::to_string(*first) + " puts " + field +
                            " outside of a row of NAXIS1 = " + std::to_string(row_bytes) +
                            " characters, which are numbered from 1");
  }
  column.offset = *begin;
}

}  // namespace

AsciiTableLayout read_ascii_layout(const HduRecord& hdu, Warnings& warnings) {
  auto table = empty_table(hdu);
  const std::string_view header = hdu.header.text();
  auto cards = TableCards::collect(header);
  cards.use_tfields(header, warnings);
  for (std::size_t i = 0; i < cards.columns.size(); ++i) {
    ColumnCardReader reader(cards.columns[i], i, warnings);
    Column column;
    reader.describe(column);
    read_form(column, reader);
    read_coding(column, reader);
    table.columns.push_back(std::move(column));
  }
  name_columns(table.columns);
  for (std::size_t i = 0; i < cards.columns.size(); ++i) {
    ColumnCardReader reader(cards.columns[i], i, warnings);
    place(table.columns[i], reader, table.row_bytes);
  }
  const auto bytes = checked_mul(table.rows, table.row_bytes);
  if (!bytes) throw FitsError::format("NAXIS1 x NAXIS2 does not fit 64 bits");
  table.heap_offset = *bytes;
  return {std::move(table)};
}

}  // namespace torchfits
