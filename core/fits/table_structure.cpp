// SPDX-License-Identifier: BSD-3-Clause
#include "fits/table_structure.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "fits/block.h"
#include "fits/card.h"
#include "fits/hdu_cards.h"
#include "fits/table_cards.h"
#include "fits/table_header.h"

namespace torchfits {
namespace {

using namespace std::string_view_literals;

/// TTYPEn and its like, and the coordinates of a column (FITS 4.0 sections 7.3, 8.2 Table 22).
constexpr std::array kColumnStems{"TTYPE"sv, "TFORM"sv, "TUNIT"sv, "TNULL"sv, "TSCAL"sv, "TZERO"sv,
                                  "TDISP"sv, "TBCOL"sv, "TDIM"sv,  "TUCD"sv,  "TCOMM"sv, "TDESC"sv,
                                  "TUTYP"sv, "TLMIN"sv, "TLMAX"sv, "TDMIN"sv, "TDMAX"sv, "TDBIN"sv,
                                  "TCTYP"sv, "TCUNI"sv, "TCRPX"sv, "TCRVL"sv, "TCDLT"sv, "TCROT"sv};
/// With the letter of another coordinate system behind the number, or none.
constexpr std::array kLetteredStems{"TCTY"sv, "TCUN"sv, "TCRP"sv, "TCRV"sv, "TCDE"sv,
                                    "TCNA"sv, "TCRD"sv, "TCSY"sv, "WCAX"sv, "WCSN"sv,
                                    "LONP"sv, "LATP"sv, "RADE"sv, "EQUI"sv, "WCST"sv};
/// Behind the number of an axis of the arrays in a column.
constexpr std::array kArrayStems{
    "CTYP"sv, "CUNI"sv, "CRPX"sv, "CRVL"sv, "CDLT"sv, "CROT"sv, "CTY"sv, "CUN"sv, "CRP"sv, "CRV"sv,
    "CDE"sv,  "CNA"sv,  "CRD"sv,  "CSY"sv,  "PC"sv,   "CD"sv,   "PV"sv,  "PS"sv,  "V"sv,   "S"sv};
/// Of two columns, as in TPC2_3.
constexpr std::array kPairStems{"TPC"sv, "TCD"sv, "TP"sv, "TC"sv};
/// Of a column and another number.
constexpr std::array kParameterStems{"TPV"sv, "TPS"sv, "TV"sv, "TS"sv};

template <class List>
bool contains(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

/// Takes digits, or everything else, from the front of `text`.
std::string_view take(std::string_view& text, bool digits) {
  constexpr auto kDigits = "0123456789";
  const auto end = digits ? text.find_first_not_of(kDigits) : text.find_first_of(kDigits);
  const auto taken = text.substr(0, end);
  text.remove_prefix(taken.size());
  return taken;
}

std::size_t number_of(std::string_view digits) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc{} ? number : 0;
}

/// A keyword in parts: "TPC2_3" is "TPC", "2", "_", "3".
struct KeywordParts {
  std::string_view front, column, between, second, rest;

  explicit KeywordParts(std::string_view keyword) {
    const auto whole = keyword;
    const auto axis = take(keyword, true);
    stem_ = take(keyword, false);
    front = whole.substr(0, axis.size() + stem_.size());
    column = take(keyword, true);
    if (keyword.starts_with('_')) {
      between = keyword.substr(0, 1);
      keyword.remove_prefix(1);
      second = take(keyword, true);
    }
    rest = keyword;
    of_array_ = !axis.empty();
  }

  [[nodiscard]] bool of_column() const {
    const bool letter = rest.size() == 1 && rest[0] >= 'A' && rest[0] <= 'Z';
    if (column.empty() || column.front() == '0' || !(rest.empty() || letter)) return false;
    if (of_array_) return contains(kArrayStems, stem_);
    if (!between.empty()) return of_pair() || contains(kParameterStems, stem_);
    return (rest.empty() && contains(kColumnStems, stem_)) || contains(kLetteredStems, stem_);
  }
  [[nodiscard]] bool of_pair() const { return contains(kPairStems, stem_) && !second.empty(); }

 private:
  std::string_view stem_;
  bool of_array_ = false;
};

/// The keyword when column n has the number place(n); empty where that is 0.
std::string renumbered(const KeywordParts& parts,
                       const std::function<std::size_t(std::size_t)>& place) {
  const auto column = place(number_of(parts.column));
  const auto second = parts.of_pair() ? place(number_of(parts.second)) : 1;
  if (column == 0 || second == 0) return "";
  auto keyword = std::string(parts.front) + std::to_string(column) + std::string(parts.between);
  keyword += parts.of_pair() ? std::to_string(second) : std::string(parts.second);
  return keyword + std::string(parts.rest);
}

/// Columns get the numbers place(n), those of which it is 0 lose their cards.
void renumber(Header& header, const std::function<std::size_t(std::size_t)>& place) {
  std::string text;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const auto card = header.card_text(i);
    const auto keyword = header.keyword(i);
    const KeywordParts parts(keyword);
    if (!parts.of_column()) {
      text += card;
      continue;
    }
    auto fresh = renumbered(parts, place);
    if (fresh.empty()) continue;
    if (fresh.size() > 8) {
      throw FitsError(ErrorCode::value, "the keyword " + keyword + " would become " + fresh +
                                            ", which has more than 8 letters; remove it first");
    }
    fresh.resize(8, ' ');
    text += fresh;
    text += card.substr(8);
  }
  header = Header(std::move(text));
}

void set_value(Header& header, std::string_view keyword, CardValue value) {
  const auto position = header.find(keyword);
  if (!position) return header.insert(header.end_of_cards(), Card::make(keyword, value, ""));
  auto card = header.card(*position);
  if (card.value == value) return;
  card.value = std::move(value);
  header.replace(*position, card);
}

void set_number(Header& header, std::string_view keyword, std::uint64_t value) {
  set_value(header, keyword, static_cast<std::int64_t>(value));
}

/// Of the columns that `header` has.
std::size_t column_count(const Header& header) {
  return static_cast<std::size_t>(header.integer("TFIELDS").value_or(0));
}

/// Where the cards of a new column at `index` go.
std::size_t place_of_cards(const Header& header, std::size_t index) {
  std::size_t behind = header.find("TFIELDS").value() + 1;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const auto keyword = header.keyword(i);
    const KeywordParts parts(keyword);
    if (!parts.of_column() || !keyword.starts_with('T')) continue;
    if (number_of(parts.column) > index) return std::max(i, behind);
    behind = std::max(behind, i + 1);
  }
  return behind;
}

}  // namespace

TableSize size_of(const TableLayout& table) {
  return {table.row_bytes, table.rows, table.heap_offset, table.heap_bytes};
}

void set_table_size(Header& header, const TableSize& size) {
  const auto main = size.rows * size.row_bytes;
  set_number(header, "NAXIS1", size.row_bytes);
  set_number(header, "NAXIS2", size.rows);
  set_number(header, "PCOUNT", size.heap_offset - main + size.heap_bytes);
  const auto theap = header.find("THEAP");
  if (size.heap_offset != main || (theap && size.heap_bytes != 0)) {
    set_number(header, "THEAP", size.heap_offset);
  } else if (theap) {
    header.erase(*theap);
  }
}

void set_form(Header& header, std::size_t index, const TForm& form) {
  auto text = form.str();
  if (form.repeat == 1) text.insert(0, "1");
  set_value(header, numbered(tform, index), std::move(text));
}

void remove_column_cards(Header& header, std::size_t index) {
  const auto count = column_count(header);
  const auto gone = index + 1;
  renumber(header, [&](std::size_t number) {
    if (number > count) return number;
    return number == gone ? 0 : number - (number > gone ? 1 : 0);
  });
  set_number(header, "TFIELDS", count - 1);
}

void add_column_cards(Header& header, std::size_t index, const Column& column) {
  const auto count = column_count(header);
  renumber(header, [&](std::size_t number) {
    return number > index && number <= count ? number + 1 : number;
  });
  set_number(header, "TFIELDS", count + 1);
  TableLayout alone;
  alone.columns.push_back(column);
  CardText cards;
  add_columns(cards, alone);
  auto made = std::move(cards).header();
  made.erase(made.find("TFIELDS").value());
  renumber(made, [&](std::size_t) { return index + 1; });
  header.splice(place_of_cards(header, index), 0, made.text());
}

}  // namespace torchfits
