// SPDX-License-Identifier: BSD-3-Clause
// What the headers of binary tables, ASCII tables and random groups share: numbered keywords, and
// names that are unique.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fits/layout.h"

namespace torchfits {

/// The keywords of a column, or of a parameter of random groups.
enum ColumnKeyword : std::uint8_t {
  ttype,
  tform,
  tbcol,
  tunit,
  tdisp,
  tnull,
  tscal,
  tzero,
  tdim,
  tucd,
  ptype,
  pscal,
  pzero,
  kColumnKeywords
};

/// Text of the first card of each keyword of a column, CONTINUE cards included; empty where there
/// is none.
using ColumnCards = std::array<std::string_view, kColumnKeywords>;

struct TableCards {
  std::string_view tfields, theap;
  std::vector<ColumnCards> columns;  ///< as many as the highest number that occurs, at most 999

  /// One pass over the cards: a search per keyword would cost nine times as many passes as there
  /// are columns. The views point into `header`.
  [[nodiscard]] static TableCards collect(std::string_view header);
  /// Makes `columns` as many as TFIELDS says. ErrorCode::format where that is missing, no number
  /// from 0 to 999, or more than the header can describe.
  void use_tfields(std::string_view header, std::vector<std::string>& warnings);
};

/// "TTYPE3" of the column at `index` 2.
[[nodiscard]] std::string numbered(ColumnKeyword keyword, std::size_t index);

/// An integer, also one written as a whole float, which is read with a warning.
[[nodiscard]] std::optional<std::int64_t> integer_value(const CardValue& value,
                                                        const std::string& keyword,
                                                        std::vector<std::string>& warnings);

/// Reads the cards of one column, which must outlive it.
class ColumnCardReader {
 public:
  ColumnCardReader(const ColumnCards& cards, std::size_t index, std::vector<std::string>& warnings)
      : cards_(cards), index_(index), warnings_(warnings) {}

  [[nodiscard]] bool has(ColumnKeyword keyword) const { return !cards_[keyword].empty(); }
  /// The card; without a value where it is no value card.
  [[nodiscard]] Card card(ColumnKeyword keyword) const;
  /// The value of a card that must be a string, without trailing blanks; empty where it is not
  /// there, or is something else, which makes a warning.
  [[nodiscard]] std::string text(ColumnKeyword keyword);
  /// TFORM; ErrorCode::format where it is missing or no string.
  [[nodiscard]] std::string form() const;
  /// TSCAL and TZERO, or PSCAL and PZERO; ErrorCode::format where one is not a finite number.
  [[nodiscard]] Scaling scaling(ColumnKeyword scale, ColumnKeyword zero) const;
  /// Unit, display, UCD, and the name as the file spells it with its comment.
  void describe(Column& column);

  void warn(ColumnKeyword keyword, const std::string& problem);
  [[nodiscard]] std::string name(ColumnKeyword keyword) const { return numbered(keyword, index_); }
  [[nodiscard]] std::vector<std::string>& warnings() noexcept { return warnings_; }

 private:
  [[nodiscard]] std::string text_of(ColumnKeyword keyword, Card& card);

  const ColumnCards& cards_;
  std::size_t index_;
  std::vector<std::string>& warnings_;
};

/// A name as it is compared: in upper case.
[[nodiscard]] std::string folded_name(std::string name);

/// Sets the names from the spellings: every first use keeps it; the repeated become NAME_2, NAME_3,
/// the nameless COLn, past what is taken. Names that differ in case only count as repeated.
void name_columns(std::vector<Column>& columns);

/// ErrorCode::format for more rows than a table can have, or, where they take no bytes of the file
/// that would bound them, than are plausible. `keyword` counts them.
void check_row_count(std::uint64_t rows, std::uint64_t row_bytes, std::string_view keyword);

/// Rows and bytes of a row from NAXIS2 and NAXIS1; ErrorCode::format where `hdu` has other axes.
[[nodiscard]] TableLayout empty_table(const HduRecord& hdu);

}  // namespace torchfits
