// SPDX-License-Identifier: BSD-3-Clause
#include "fits/table_header.h"

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace torchfits {
namespace {

constexpr std::size_t kMaxColumns = 999;  ///< TFIELDS, section 7.3.1
constexpr std::uint64_t kMaxShort = std::numeric_limits<std::int32_t>::max();
constexpr std::uint64_t kMaxCard = std::numeric_limits<std::int64_t>::max();

char code_of(const Column& column, const ColumnValues& values) {
  if (values.text) return 'A';
  // X always has an axis of bits.
  const bool bits = values.bits && values.type == ElementType::boolean;
  if (bits && (values.longest || !column.shape.empty())) return 'X';
  if (const char code = tform_code(values.type); code != 0) return code;
  throw FitsError(ErrorCode::type, "column '" + column.name + "': a table cannot hold " +
                                       std::string(info(values.type).name) +
                                       "; convert it to float32");
}

/// TZERO of the offset convention: Table 19 of the Standard.
Scaling scaling_of(ElementType type) {
  constexpr double kTwo15 = 32768.0, kTwo31 = 2147483648.0, kTwo63 = 9223372036854775808.0;
  switch (type) {
    case ElementType::i8: return {1.0, -128.0};
    case ElementType::u16: return {1.0, kTwo15};
    case ElementType::u32: return {1.0, kTwo31};
    case ElementType::u64: return {1.0, kTwo63};
    default: return {};
  }
}

FitsError too_large(const std::string& what) {
  return {ErrorCode::value, what + " has more bytes than a table can count"};
}

/// "(2,3)" of the dimensions, the fastest first.
std::string dim_text(const std::vector<std::uint64_t>& sizes) {
  std::string text;
  for (const auto size : sizes) text += (text.empty() ? "(" : ",") + std::to_string(size);
  return text + ")";
}

void form_cells(Column& column, char code) {
  std::vector<std::uint64_t> sizes(column.shape.rbegin(), column.shape.rend());
  if (code == 'A') sizes.insert(sizes.begin(), column.characters);
  std::optional<std::uint64_t> repeat = 1;
  for (const auto size : sizes) repeat = repeat ? checked_mul(*repeat, size) : repeat;
  column.form = {};
  column.form.code = code;
  column.form.repeat = repeat.value_or(kMaxCard);
  // Without TDIM a number alone in its cell would lose its axis.
  const bool alone = sizes.size() == 1 && column.form.repeat == 1 && code != 'A' && code != 'X';
  column.dim = sizes.size() > 1 || alone ? dim_text(sizes) : "";
}

void form_arrays(Column& column, char code, std::uint64_t longest) {
  column.form = {};
  column.form.code = 'P';
  column.form.heap_code = code;
  column.form.maximum = longest;
  column.shape.clear();
}

void add_text(CardText& cards, std::string_view stem, std::size_t number, const std::string& text) {
  if (!text.empty()) cards.add(stem, number, text, "");
}

void add_column(CardText& cards, const Column& column, std::size_t number) {
  cards.add("TTYPE", number, column.ttype, column.comment);
  // A repeat of 1 is said: some readers know no "PB".
  cards.add("TFORM", number, (column.form.repeat == 1 ? "1" : "") + column.form.str(), "");
  add_text(cards, "TDIM", number, column.dim);
  add_text(cards, "TUNIT", number, column.unit);
  if (column.coding.null) cards.add("TNULL", number, *column.coding.null, "");
  if (column.coding.rule == ElementCoding::Rule::offset) {
    const auto name = std::string(info(column.coding.natural).name);
    cards.add("TSCAL", number, std::int64_t{1}, "");
    cards.add("TZERO", number, zero_of(column.coding), "added to stored numbers: " + name);
  }
  add_text(cards, "TDISP", number, column.display);
  add_text(cards, "TUCD", number, column.ucd);
}

}  // namespace

bool can_show(std::string_view display, char code) {
  const std::string_view letters = display.substr(0, display.find_first_of("0123456789"));
  const std::string_view codes =
      letters == "A"                                                         ? "A"
      : letters == "L"                                                       ? "L"
      : letters == "I" || letters == "B" || letters == "O" || letters == "Z" ? "BIJKX"
                                                                             : "BIJKEDCM";
  return codes.find(code) != std::string_view::npos;
}

void store_as(Column& column, const ColumnValues& values) {
  const char code = code_of(column, values);
  if (values.longest) {
    form_arrays(column, code, *values.longest);
  } else {
    form_cells(column, code);
  }
  const auto width = column.form.width();
  if (!width || *width > kMaxCard) throw too_large("a cell of column '" + column.name + "'");
  column.width = *width;
  column.coding = ElementCoding::column(code, scaling_of(values.type), std::nullopt);
  if (!can_show(column.display, code)) column.display.clear();
  if (column.ttype.empty()) column.ttype = column.name;
}

TableLayout lay_out(std::vector<Column> columns, std::uint64_t rows, std::uint64_t heap_bytes) {
  if (columns.size() > kMaxColumns) {
    throw FitsError(ErrorCode::value, "a table has at most 999 columns, not " +
                                          std::to_string(columns.size()) +
                                          "; write them to several tables");
  }
  const bool far = std::any_of(columns.begin(), columns.end(), [&](const Column& column) {
    return column.form.in_heap() &&
           (heap_bytes > kMaxShort || column.form.maximum.value_or(0) > kMaxShort);
  });
  TableLayout table;
  table.rows = rows;
  table.heap_bytes = heap_bytes;
  table.columns = std::move(columns);
  for (auto& column : table.columns) {
    if (far && column.form.in_heap()) column.form.code = 'Q';
    column.offset = table.row_bytes;
    column.width = column.form.width().value();
    table.row_bytes += column.width;
    if (table.row_bytes > kMaxCard) throw too_large("a row");
  }
  const auto main = checked_mul(rows, table.row_bytes);
  const auto all = main ? checked_add(*main, heap_bytes) : std::nullopt;
  if (!all || *all > kMaxCard) throw too_large("the table");
  table.heap_offset = *main;
  return table;
}

void add_columns(CardText& cards, const TableLayout& table) {
  cards.add("TFIELDS", static_cast<std::int64_t>(table.columns.size()), "number of columns");
  for (std::size_t i = 0; i < table.columns.size(); ++i) add_column(cards, table.columns[i], i + 1);
}

Header table_header(const TableLayout& table, const UserCards& user, bool checksum) {
  const auto main = table.rows * table.row_bytes;
  CardText cards;
  MandatoryCards{.extension = "BINTABLE",
                 .axes = {table.row_bytes, table.rows},
                 .pcount = table.heap_offset - main + table.heap_bytes}
      .add_to(cards);
  add_columns(cards, table);
  if (table.heap_offset != main) {
    cards.add("THEAP", static_cast<std::int64_t>(table.heap_offset), "where the heap begins");
  }
  cards.add(user, Content::columns);
  if (checksum) add_checksums(cards);
  return std::move(cards).header();
}

}  // namespace torchfits
