// SPDX-License-Identifier: BSD-3-Clause
#include "fits/ascii_header.h"

#include <string>
#include <utility>

#include "base/error.h"
#include "fits/table_header.h"

namespace torchfits {
namespace {

void add_column(CardText& cards, const Column& column, std::size_t number) {
  const auto add_text = [&](std::string_view stem, const std::string& text) {
    if (!text.empty()) cards.add(stem, number, text, "");
  };
  cards.add("TTYPE", number, column.ttype, column.comment);
  cards.add("TBCOL", number, static_cast<std::int64_t>(column.offset + 1), "");
  cards.add("TFORM", number, column.format(), "");
  add_text("TUNIT", column.unit);
  add_text("TNULL", column.null_text);
  if (can_show(column.display, column.form.code)) add_text("TDISP", column.display);
  add_text("TUCD", column.ucd);
}

}  // namespace

TableLayout lay_out_text(std::vector<Column> columns, std::uint64_t rows) {
  for (auto& column : columns) {
    // The field and the blank behind it, which the last one has not.
    column.form = {};
    column.form.repeat = column.text.value().width + (&column == &columns.back() ? 0 : 1);
  }
  auto table = lay_out(std::move(columns), rows, 0);
  for (auto& column : table.columns) {
    const char code = column.text->code;
    column.width = column.text->width;
    column.form.code = code == 'I' ? 'K' : code == 'A' ? 'A' : 'D';
    column.form.repeat = code == 'A' ? column.width : 1;
    if (column.ttype.empty()) column.ttype = column.name;
  }
  return table;
}

Header ascii_table_header(const TableLayout& table, const UserCards& user, bool checksum) {
  CardText cards;
  MandatoryCards{.extension = "TABLE   ", .axes = {table.row_bytes, table.rows}}.add_to(cards);
  cards.add("TFIELDS", static_cast<std::int64_t>(table.columns.size()), "number of columns");
  for (std::size_t i = 0; i < table.columns.size(); ++i) add_column(cards, table.columns[i], i + 1);
  cards.add(user, Content::columns);
  if (checksum) add_checksums(cards);
  return std::move(cards).header();
}

}  // namespace torchfits
