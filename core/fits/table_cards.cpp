// SPDX-License-Identifier: BSD-3-Clause
#include "fits/table_cards.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/defaults.h"
#include "base/error.h"
#include "fits/block.h"
#include "fits/card.h"
#include "fits/card_value.h"
#include "fits/scaling_cards.h"

namespace torchfits {
namespace {

/// The Standard's limit, and the most that an eight-character TFORMn can number.
constexpr std::size_t kMaxColumns = 999;

constexpr std::array<std::string_view, kColumnKeywords> kNames{
    "TTYPE", "TFORM", "TBCOL", "TUNIT", "TDISP", "TNULL", "TSCAL",
    "TZERO", "TDIM",  "TUCD",  "PTYPE", "PSCAL", "PZERO"};

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

constexpr char upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

void note_card(TableCards& cards, std::string_view text) {
  std::array<char, 8> folded{};
  for (std::size_t i = 0; i < folded.size(); ++i) folded[i] = upper(text[i]);
  const std::string_view keyword(folded.data(), folded.size());
  if (keyword == "TFIELDS ") return note_first(cards.tfields, text);
  if (keyword == "THEAP   ") return note_first(cards.theap, text);
  for (std::size_t field = 0; field < kNames.size(); ++field) {
    if (!keyword.starts_with(kNames[field])) continue;
    const auto number = column_number(keyword.substr(kNames[field].size()));
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

std::optional<std::int64_t> whole_number(double value) noexcept {
  constexpr double kLimit = 9223372036854775808.0;
  if (!(value >= -kLimit && value < kLimit) || value != std::floor(value)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

}  // namespace

TableCards TableCards::collect(std::string_view header) {
  TableCards cards;
  for (std::size_t at = 0; at + kCardSize <= header.size(); at += kCardSize) {
    const char first = upper(header[at]);
    if (first == 'T' || first == 'P') note_card(cards, whole_card(header, at));
  }
  return cards;
}

void TableCards::use_tfields(std::string_view header, std::vector<std::string>& warnings) {
  const auto lines = header.size() / kCardSize;
  if (tfields.empty()) throw FitsError::format("TFIELDS is missing from a table");
  const auto count = integer_value(Card::parse(tfields).value, "TFIELDS", warnings);
  if (!count || *count < 0 || *count > static_cast<std::int64_t>(kMaxColumns)) {
    throw FitsError::format("TFIELDS is not an integer from 0 to 999: '" +
                            std::string(trim_right(tfields.substr(0, kCardSize))) + "'");
  }
  if (static_cast<std::size_t>(*count) > lines) {
    throw FitsError::format("TFIELDS = " + std::to_string(*count) +
                            " announces more columns than the " + std::to_string(lines) +
                            " cards of the header can describe");
  }
  columns.resize(static_cast<std::size_t>(*count));
}

std::string numbered(ColumnKeyword keyword, std::size_t index) {
  return std::string(kNames[keyword]) + std::to_string(index + 1);
}

std::optional<std::int64_t> integer_value(const CardValue& value, const std::string& keyword,
                                          std::vector<std::string>& warnings) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  const auto* real = std::get_if<double>(&value);
  const auto number = real != nullptr ? whole_number(*real) : std::nullopt;
  if (number) {
    warnings.push_back(keyword + " is written as a floating-point number; it is read as " +
                       std::to_string(*number));
  }
  return number;
}

Card ColumnCardReader::card(ColumnKeyword keyword) const {
  if (!has(keyword)) return {};
  auto card = Card::parse(cards_[keyword]);
  if (card.kind != CardKind::value) card.value = {};
  return card;
}

std::string ColumnCardReader::text(ColumnKeyword keyword) {
  if (!has(keyword)) return {};
  auto found = Card::parse(cards_[keyword]);
  return text_of(keyword, found);
}

std::string ColumnCardReader::text_of(ColumnKeyword keyword, Card& card) {
  const auto* text = std::get_if<std::string>(&card.value);
  if (text != nullptr && card.kind == CardKind::value) return std::string(trim_right(*text));
  if (!std::holds_alternative<std::monostate>(card.value)) {
    warn(keyword, "is not a string; it is ignored");
  }
  return {};
}

std::string ColumnCardReader::form() const {
  if (!has(tform)) {
    throw FitsError::format(name(tform) + " is missing: the width of column " +
                            std::to_string(index_ + 1) + " and of those after it is not known");
  }
  auto found = card(tform);
  auto* text = std::get_if<std::string>(&found.value);
  if (text == nullptr) throw FitsError::format(name(tform) + " is not a string");
  return std::move(*text);
}

Scaling ColumnCardReader::scaling(ColumnKeyword scale, ColumnKeyword zero) const {
  return read_scaling({name(scale), cards_[scale]}, {name(zero), cards_[zero]});
}

void ColumnCardReader::describe(Column& column) {
  if (has(ttype)) {
    auto found = Card::parse(cards_[ttype]);
    column.ttype = text_of(ttype, found);
    column.comment = std::move(found.comment);
  }
  column.unit = text(tunit);
  column.display = text(tdisp);
  column.ucd = text(tucd);
}

void ColumnCardReader::warn(ColumnKeyword keyword, const std::string& problem) {
  const auto spelling = keyword < ptype ? ttype : ptype;
  const auto found = keyword == spelling ? Card{} : card(spelling);
  const auto* called = std::get_if<std::string>(&found.value);
  const auto label = called == nullptr || trim(*called).empty() ? "COL" + std::to_string(index_ + 1)
                                                                : std::string(trim_right(*called));
  warnings_.push_back(name(keyword) + " of column '" + label + "' " + problem);
}

std::string folded_name(std::string name) {
  for (auto& c : name) c = upper(c);
  return name;
}

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

void check_row_count(std::uint64_t rows, std::uint64_t row_bytes, std::string_view keyword) {
  const auto said = std::string(keyword) + " = " + std::to_string(rows) + " rows ";
  if (rows > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    throw FitsError::format(said + "do not fit 63 bits");
  if (row_bytes == 0 && rows > kMaxEmptyRows) {
    throw FitsError::format(said + "of no bytes: at most " + std::to_string(kMaxEmptyRows) +
                            " are plausible; correct the header");
  }
}

TableLayout empty_table(const HduRecord& hdu) {
  if (hdu.axes.size() != 2) {
    throw FitsError::format("a table has NAXIS = 2, not " + std::to_string(hdu.axes.size()));
  }
  TableLayout table;
  table.row_bytes = hdu.axes[0];
  table.rows = hdu.axes[1];
  check_row_count(table.rows, table.row_bytes, "NAXIS2");
  return table;
}

}  // namespace torchfits
