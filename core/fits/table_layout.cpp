// SPDX-License-Identifier: BSD-3-Clause
// Columns of a binary table from its header (FITS 4.0 section 7.3), in one pass over the cards: a
// search per keyword would cost nine times as many passes as there are columns.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/bytes.h"
#include "base/defaults.h"
#include "base/error.h"
#include "fits/block.h"
#include "fits/card.h"
#include "fits/card_value.h"
#include "fits/layout.h"

namespace torchfits {
namespace {

/// The Standard's limit, and the most that an eight-character TFORMn can number.
constexpr std::size_t kMaxColumns = 999;

enum Field : std::uint8_t { ttype, tform, tunit, tdisp, tnull, tscal, tzero, tdim, tucd, kFields };
constexpr std::array<std::string_view, kFields> kFieldNames{
    "TTYPE", "TFORM", "TUNIT", "TDISP", "TNULL", "TSCAL", "TZERO", "TDIM", "TUCD"};

/// Text of the first card of each keyword of a column, CONTINUE cards included; empty where there
/// is none.
using ColumnCards = std::array<std::string_view, kFields>;

struct TableCards {
  std::string_view tfields, theap;
  std::vector<ColumnCards> columns;
};

using Warnings = std::vector<std::string>;

std::string keyword_of(Field field, std::size_t index) {
  return std::string(kFieldNames[field]) + std::to_string(index + 1);
}

/// The n of "TFORMn", 1 to 999; 0 where `digits` is no such number.
std::size_t column_number(std::string_view digits) noexcept {
  digits = digits.substr(0, digits.find(' '));
  std::size_t number = 0;
  const auto* end = digits.data() + digits.size();
  if (digits.empty() || digits.front() == '0') return 0;
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  return error == std::errc() && stop == end && number <= kMaxColumns ? number : 0;
}

void note_first(std::string_view& slot, std::string_view text) noexcept {
  if (slot.empty()) slot = text;
}

void note_card(TableCards& cards, std::string_view text) {
  std::array<char, 8> folded{};
  for (std::size_t i = 0; i < folded.size(); ++i) {
    const char c = text[i];
    folded[i] = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  const std::string_view keyword(folded.data(), folded.size());
  if (keyword == "TFIELDS ") return note_first(cards.tfields, text);
  if (keyword == "THEAP   ") return note_first(cards.theap, text);
  for (std::size_t field = 0; field < kFields; ++field) {
    if (!keyword.starts_with(kFieldNames[field])) continue;
    const auto number = column_number(keyword.substr(kFieldNames[field].size()));
    if (number == 0) return;
    if (number > cards.columns.size()) cards.columns.resize(number);
    return note_first(cards.columns[number - 1][field], text);
  }
}

/// One line, or several where its string goes on in CONTINUE cards.
std::string_view whole_card(std::string_view header, std::size_t at) noexcept {
  auto length = kCardSize;
  if (header.substr(at, kCardSize).find("&'") != std::string_view::npos) {
    while (header.substr(at + length).starts_with("CONTINUE")) length += kCardSize;
  }
  return header.substr(at, length);
}

TableCards collect_cards(std::string_view header) {
  TableCards cards;
  for (std::size_t at = 0; at + kCardSize <= header.size(); at += kCardSize) {
    if (header[at] == 'T' || header[at] == 't') note_card(cards, whole_card(header, at));
  }
  return cards;
}

std::optional<std::int64_t> whole_number(double value) noexcept {
  constexpr double kLimit = 9223372036854775808.0;
  if (!(value >= -kLimit && value < kLimit) || value != std::floor(value)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

/// An integer, also one written as a whole float, which is read with a warning.
std::optional<std::int64_t> integer_value(const CardValue& value, const std::string& keyword,
                                          Warnings& warnings) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  const auto* real = std::get_if<double>(&value);
  const auto number = real != nullptr ? whole_number(*real) : std::nullopt;
  if (number) {
    warnings.push_back(keyword + " is written as a floating-point number; it is read as " +
                       std::to_string(*number));
  }
  return number;
}

std::optional<double> real_value(const CardValue& value) {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return static_cast<double>(*number);
  // TZERO = 9223372036854775808, the unsigned convention of K, needs more than 64 bits.
  if (const auto* big = std::get_if<BigInteger>(&value)) {
    return std::strtod(big->digits.c_str(), nullptr);
  }
  return std::nullopt;
}

std::size_t column_count(const TableCards& cards, std::size_t lines, Warnings& warnings) {
  if (cards.tfields.empty()) throw FitsError::format("TFIELDS is missing from a binary table");
  const auto count = integer_value(Card::parse(cards.tfields).value, "TFIELDS", warnings);
  if (!count || *count < 0 || *count > static_cast<std::int64_t>(kMaxColumns)) {
    throw FitsError::format("TFIELDS is not an integer from 0 to 999: '" +
                            std::string(trim_right(cards.tfields.substr(0, kCardSize))) + "'");
  }
  if (static_cast<std::size_t>(*count) > lines) {
    throw FitsError::format("TFIELDS = " + std::to_string(*count) +
                            " announces more columns than the " + std::to_string(lines) +
                            " cards of the header can describe");
  }
  return static_cast<std::size_t>(*count);
}

/// Reads the cards of one column into a Column.
class ColumnReader {
 public:
  ColumnReader(const ColumnCards& cards, std::size_t index, Warnings& warnings)
      : cards_(cards), index_(index), warnings_(warnings) {}

  Column read() {
    read_name();
    read_form();
    column_.unit = text(tunit);
    column_.display = text(tdisp);
    column_.dim = text(tdim);
    column_.ucd = text(tucd);
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
  [[nodiscard]] std::string keyword(Field field) const { return keyword_of(field, index_); }

  void warn(Field field, const std::string& problem) {
    const auto& name = column_.ttype.empty() ? "COL" + std::to_string(index_ + 1) : column_.ttype;
    warnings_.push_back(keyword(field) + " of column '" + name + "' " + problem);
  }

  /// The value of a card that must be a string; empty where it is not there.
  std::string text(Field field) {
    if (cards_[field].empty()) return {};
    auto card = Card::parse(cards_[field]);
    return text_of(field, card);
  }

  std::string text_of(Field field, Card& card) {
    if (auto* text = std::get_if<std::string>(&card.value); text != nullptr && is_value(card)) {
      return std::string(trim_right(*text));
    }
    if (!std::holds_alternative<std::monostate>(card.value))
      warn(field, "is not a string; it is ignored");
    return {};
  }

  static bool is_value(const Card& card) noexcept { return card.kind == CardKind::value; }

  void read_name() {
    if (cards_[ttype].empty()) return;
    auto card = Card::parse(cards_[ttype]);
    column_.ttype = text_of(ttype, card);
    column_.comment = std::move(card.comment);
  }

  void read_form() {
    if (cards_[tform].empty()) {
      throw FitsError::format(keyword(tform) + " is missing: the width of column " +
                              std::to_string(index_ + 1) + " and of those after it is not known");
    }
    const auto card = Card::parse(cards_[tform]);
    const auto* text = std::get_if<std::string>(&card.value);
    if (text == nullptr || !is_value(card))
      throw FitsError::format(keyword(tform) + " is not a string");
    try {
      column_.form = TForm::parse(*text);
    } catch (const FitsError& error) {
      throw FitsError::format(keyword(tform) + ": " + error.problem());
    }
  }

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
      warn(tdim, said + "is not a list of at most 63 dimensions such as (2,3); it is ignored");
      return false;
    }
    std::optional<std::uint64_t> product = 1;
    for (const auto size : *dimensions) product = product ? checked_mul(*product, size) : product;
    if (!product || *product > column_.form.repeat) {
      warn(tdim, said + "asks for more elements than the " + std::to_string(column_.form.repeat) +
                     " of TFORM = '" + column_.form.str() + "'; it is ignored");
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
    for (const auto field : {tscal, tzero}) {
      if (cards_[field].empty()) continue;
      if (code == 'A' || code == 'L' || code == 'X') {
        warn(field, std::string("has no meaning for the type code ") + code + "; it is ignored");
        continue;
      }
      read_real(field, field == tscal ? scaling.scale : scaling.zero);
    }
    column_.coding = ElementCoding::column(code, scaling, null);
  }

  void read_real(Field field, double& into) {
    const auto card = Card::parse(cards_[field]);
    if (std::holds_alternative<std::monostate>(card.value)) return;
    const auto value = is_value(card) ? real_value(card.value) : std::nullopt;
    if (!value || !std::isfinite(*value)) {
      throw FitsError::format(keyword(field) + " is not a finite number");
    }
    into = *value;
  }

  std::optional<std::int64_t> read_null(char code) {
    if (cards_[tnull].empty()) return std::nullopt;
    const auto card = Card::parse(cards_[tnull]);
    if (!is_value(card) || std::holds_alternative<std::monostate>(card.value)) return std::nullopt;
    if (code != 'B' && code != 'I' && code != 'J' && code != 'K') {
      warn(tnull, std::string("has no meaning for the type code ") + code + "; it is ignored");
      return std::nullopt;
    }
    const auto null = integer_value(card.value, keyword(tnull), warnings_);
    if (null) {
      column_.null_text = std::to_string(*null);
    } else {
      warn(tnull, "is not a 64-bit integer; it is ignored");
    }
    return null;
  }

  const ColumnCards& cards_;
  std::size_t index_;
  Warnings& warnings_;
  Column column_;
};

std::string folded_name(std::string name) {
  for (auto& c : name) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return name;
}

/// Every first use of a name keeps it; the repeated and the nameless take what is still free.
void name_columns(std::vector<Column>& columns) {
  std::unordered_set<std::string> taken;
  std::vector<std::size_t> later;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    auto& column = columns[i];
    if (!column.ttype.empty() && taken.insert(folded_name(column.ttype)).second) {
      column.name = column.ttype;
    } else {
      later.push_back(i);
    }
  }
  std::unordered_map<std::string, std::size_t> next_suffix;
  for (const auto i : later) {
    auto& column = columns[i];
    const auto base = column.ttype.empty() ? "COL" + std::to_string(i + 1) : column.ttype;
    column.name = base;
    auto& suffix = next_suffix.try_emplace(folded_name(base), 2).first->second;
    while (!taken.insert(folded_name(column.name)).second) {
      column.name = base + "_" + std::to_string(suffix++);
    }
  }
}

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
    warnings.push_back(keyword_of(tform, i) + " = '" + form.str() + "' is read as '" + form.rest +
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
  if (hdu.axes.size() != 2) {
    throw FitsError::format("a binary table has NAXIS = 2, not " + std::to_string(hdu.axes.size()));
  }
  TableLayout table;
  table.row_bytes = hdu.axes[0];
  table.rows = hdu.axes[1];
  if (table.rows > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    throw FitsError::format("NAXIS2 = " + std::to_string(table.rows) + " rows do not fit 63 bits");
  }
  const std::string_view header = hdu.header.text();
  auto cards = collect_cards(header);
  const auto count = column_count(cards, header.size() / kCardSize, warnings);
  cards.columns.resize(count);
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
