// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "file/file.h"
#include "file/row_filter.h"
#include "header_text.h"
#include "io/memory_source.h"

namespace torchfits {
namespace {

using testing::bytes_of;
using testing::card_text;
using testing::header_blocks;
using testing::padded_to_block;

constexpr std::uint64_t kRows = 50000;

/// Rows of N 1J (the number of the row), S 1I (its last digit, 7 is null), OK 1L (T, F, null).
std::string numbered_file() {
  auto text = card_text("XTENSION", "'BINTABLE'") + card_text("BITPIX", "8") +
              card_text("NAXIS", "2") + card_text("NAXIS1", "7") +
              card_text("NAXIS2", std::to_string(kRows)) + card_text("PCOUNT", "0") +
              card_text("GCOUNT", "1") + card_text("TFIELDS", "3") + card_text("TTYPE1", "'N'") +
              card_text("TFORM1", "'1J'") + card_text("TTYPE2", "'S'") +
              card_text("TFORM2", "'1I'") + card_text("TNULL2", "7") + card_text("TTYPE3", "'OK'") +
              card_text("TFORM3", "'1L'") + "END";
  std::string rows;
  for (std::uint64_t row = 0; row < kRows; ++row) {
    for (const int shift : {24, 16, 8, 0}) rows += static_cast<char>(row >> shift);
    rows += '\0';
    rows += static_cast<char>(row % 10);
    rows += "TF\0"[row % 3];
  }
  const auto primary = header_blocks({{"SIMPLE", "T"}, {"BITPIX", "8"}, {"NAXIS", "0"}});
  return primary + padded_to_block(text, ' ') + padded_to_block(rows, '\0');
}

class RowFilter : public ::testing::Test {
 protected:
  [[nodiscard]] std::vector<std::int64_t> where(std::string_view text, const RowSelection& rows,
                                                bool scaled = true) const {
    const auto table = table_data(file_, 1);
    return filter_rows(table, rows, bind_where(table.layout, text, scaled), scaled);
  }

  template <class Passes>
  void expect_where(std::string_view text, Passes passes, bool scaled = true) const {
    std::vector<std::int64_t> all, odd;
    for (std::int64_t row = 0; row < static_cast<std::int64_t>(kRows); ++row) {
      if (!passes(row)) continue;
      all.push_back(row);
      if (row % 2 != 0) odd.insert(odd.begin(), row);
    }
    EXPECT_EQ(where(text, {0, 1, kRows, {}}, scaled), all) << text;
    EXPECT_EQ(where(text, {kRows - 1, -2, kRows / 2, {}}, scaled), odd) << text;
  }

  std::shared_ptr<const std::string> text_ = std::make_shared<const std::string>(numbered_file());
  File file_{borrow_bytes(bytes_of(*text_), text_)};
};

TEST_F(RowFilter, FindsTheRowsInTheirOrder) {
  expect_where("N % 7 == 3", [](auto row) { return row % 7 == 3; });
  expect_where("N < 10 or N >= 49990", [](auto row) { return row < 10 || row >= 49990; });
  expect_where("N < 0", [](auto) { return false; });
  expect_where("TRUE", [](auto) { return true; });
}

TEST_F(RowFilter, NullsAreNeitherTrueNorFalse) {
  expect_where("S > 5", [](auto row) { return row % 10 == 6 || row % 10 > 7; });
  expect_where("not S > 5", [](auto row) { return row % 10 <= 5; });
  expect_where("isnull(S)", [](auto row) { return row % 10 == 7; });
  expect_where("OK", [](auto row) { return row % 3 == 0; });
  expect_where("not OK", [](auto row) { return row % 3 == 1; });
  expect_where("isnull(OK) and S is not null",
               [](auto row) { return row % 3 == 2 && row % 10 != 7; });
}

TEST_F(RowFilter, StoredNumbersHaveNoNulls) {
  expect_where("S > 5", [](auto row) { return row % 10 > 5; }, false);
}

TEST_F(RowFilter, ListsKeepOrderAndRepeats) {
  const std::vector<std::int64_t> listed{9, 3, 3, 12, 7, 49999, 0, 12};
  EXPECT_EQ(where("N >= 7", {0, 1, listed.size(), listed}),
            (std::vector<std::int64_t>{9, 12, 7, 49999, 12}));
  EXPECT_EQ(where("N >= 7", {0, 1, 0, {}}), std::vector<std::int64_t>{});
}

TEST_F(RowFilter, ErrorsNameColumnAndPlace) {
  try {
    static_cast<void>(where("N > Z", {0, 1, kRows, {}}));
    FAIL() << "accepted";
  } catch (const FitsError& error) {
    EXPECT_EQ(error.code(), ErrorCode::column_name);
    EXPECT_NE(error.problem().find("the table has N, S, OK"), std::string::npos);
    EXPECT_NE(error.problem().find("\n      ^"), std::string::npos);
  }
}

}  // namespace
}  // namespace torchfits
