// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "base/defaults.h"
#include "base/error.h"
#include "plan/heap_plan.h"

namespace torchfits {
namespace {

using Offsets = std::vector<std::int64_t>;
using Positions = std::vector<std::uint64_t>;

TableLayout table_of(const std::string& form, std::uint64_t heap_bytes) {
  TableLayout table;
  table.heap_bytes = heap_bytes;
  table.columns.resize(1);
  table.columns[0].name = "ARR";
  table.columns[0].form = TForm::parse(form);
  return table;
}

/// Offsets from counts.
Offsets placed(const std::string& form, std::uint64_t heap, const Offsets& counts,
               const Positions& positions, RowSelection rows = {}) {
  Offsets offsets{-77};
  offsets.insert(offsets.end(), counts.begin(), counts.end());
  rows.count = positions.size();
  place_cells(table_of(form, heap), 0, rows, offsets, positions);
  return offsets;
}

std::string refused(const std::string& form, std::uint64_t heap, const Offsets& counts,
                    const Positions& positions, RowSelection rows = {}) {
  try {
    placed(form, heap, counts, positions, rows);
  } catch (const FitsError& error) {
    EXPECT_EQ(error.code(), ErrorCode::format);
    return error.problem();
  }
  ADD_FAILURE() << "accepted";
  return "";
}

TEST(PlaceCells, CountsBecomeOffsets) {
  EXPECT_EQ(placed("PJ(9)", 24, {1, 0, 3, 2}, {0, 0, 4, 16}), (Offsets{0, 1, 1, 4, 6}));
  EXPECT_EQ(placed("PJ", 0, {}, {}), Offsets{0});
  EXPECT_EQ(placed("PX", 3, {17, 24}, {0, 0}), (Offsets{0, 17, 41}));
  EXPECT_EQ(placed("QM", 16, {1}, {0}), (Offsets{0, 1}));
}

TEST(PlaceCells, test_t56_an_empty_cell_may_lie_anywhere) {
  EXPECT_EQ(placed("PJ", 4, {0, 1, 0}, {4294967295, 0, 77}), (Offsets{0, 0, 1, 1}));
}

TEST(PlaceCells, AColumnWithoutDescriptorsIsEmpty) {
  EXPECT_EQ(placed("0PJ(9)", 4, {5, -3}, {9, 9}), (Offsets{0, 0, 0}));
}

TEST(PlaceCells, CellsEndInsideTheHeap) {
  EXPECT_NO_THROW(placed("PJ", 12, {2}, {4}));
  for (const auto& [count, position] :
       std::vector<std::pair<std::int64_t, std::uint64_t>>{{2, 5},
                                                           {4, 0},
                                                           {1, 12},
                                                           {1, UINT64_MAX},
                                                           {1, UINT64_MAX - 2},
                                                           {-1, 0},
                                                           {INT64_MIN, 0},
                                                           {INT64_MAX, 0},
                                                           {INT64_MAX / 4 + 2, 0}}) {
    const auto text = refused("QJ", 12, {0, count}, {0, position});
    EXPECT_NE(text.find("'ARR', row 1"), std::string::npos) << text;
    EXPECT_NE(text.find(std::to_string(count) + " elements (J)"), std::string::npos) << text;
    EXPECT_NE(text.find("which has 12 bytes"), std::string::npos) << text;
  }
  for (const std::int64_t bits : std::initializer_list<std::int64_t>{25, -1, INT64_MAX, INT64_MIN})
    refused("QX", 3, {bits}, {0});
}

/// How many of the first cells adjoin.
std::uint64_t adjoining(const std::string& form, const Offsets& counts,
                        const Positions& positions) {
  Offsets offsets{0};
  offsets.insert(offsets.end(), counts.begin(), counts.end());
  const RowSelection rows{.count = positions.size()};
  return place_cells(table_of(form, 100), 0, rows, offsets, positions).adjoining;
}

TEST(PlaceCells, FindsCellsThatAdjoin) {
  EXPECT_EQ(adjoining("PJ", {2, 1, 3}, {40, 48, 52}), 3u);
  EXPECT_EQ(adjoining("PJ", {0, 2, 0, 1, 0}, {77, 40, 9, 48, 0}), 5u);
  EXPECT_EQ(adjoining("PJ", {2, 1, 3, 1}, {40, 48, 56, 68}), 2u);  // a gap
  EXPECT_EQ(adjoining("PJ", {2, 1, 2, 1}, {40, 48, 40, 48}), 2u);  // back again
  EXPECT_EQ(adjoining("PX", {8, 3, 16}, {0, 1, 2}), 2u);           // ends within a byte
  EXPECT_EQ(adjoining("PX", {8, 16, 3}, {0, 1, 3}), 3u);
}

TEST(PlaceCells, AMessageNamesTheRowOfTheTable) {
  EXPECT_NE(refused("PJ", 0, {0, 1}, {0, 0}, {40, -3, 0, {}}).find("row 37"), std::string::npos);
  const std::vector<std::int64_t> list{5, 11};
  EXPECT_NE(refused("PJ", 0, {0, 1}, {0, 0}, {0, 1, 0, list}).find("row 11"), std::string::npos);
  EXPECT_NE(refused("QJ", 9, {1}, {UINT64_MAX}).find("from byte -1 "), std::string::npos);
  EXPECT_NE(refused("PJ", 9, {1}, {4294967295}).find("from byte 4294967295 "), std::string::npos);
}

TEST(PlaceCells, CellsMayShareBytesButNotWithoutBound) {
  EXPECT_EQ(placed("PB", 4, {4, 4, 3}, {0, 0, 1}), (Offsets{0, 4, 8, 11}));
  const std::uint64_t heap = 1024 * MiB;
  EXPECT_NO_THROW(placed("QB", heap, Offsets(2, static_cast<std::int64_t>(heap)), {0, 0}));
  const auto text =
      refused("QB", heap, Offsets(1000000, static_cast<std::int64_t>(heap)), Positions(1000000, 0));
  EXPECT_NE(text.find("up to row 2"), std::string::npos) << text;
  EXPECT_NE(text.find("rows="), std::string::npos) << text;
}

TEST(HeapCells, AnElementBelongsToACell) {
  const Offsets offsets{0, 0, 3, 3, 4};
  const Positions positions{0, 0, 0, 0};
  const HeapCells cells{offsets, positions};
  EXPECT_EQ(cells.cell_of(0), 1u);
  EXPECT_EQ(cells.cell_of(2), 1u);
  EXPECT_EQ(cells.cell_of(3), 3u);
}

/// All pieces of cells with these counts and positions.
std::vector<HeapPiece> pieces_of(char code, const Offsets& counts, const Positions& positions) {
  Offsets offsets{0};
  offsets.insert(offsets.end(), counts.begin(), counts.end());
  const RowSelection rows{.count = positions.size()};
  const auto table = table_of(std::string("P") + code, std::uint64_t{1} << 40);
  HeapPlan plan(place_cells(table, 0, rows, offsets, positions), code);
  std::vector<HeapPiece> pieces;
  while (const auto piece = plan.next()) pieces.push_back(*piece);
  EXPECT_FALSE(plan.next());
  return pieces;
}

TEST(HeapPlan, NothingForEmptyCells) {
  EXPECT_TRUE(pieces_of('J', {}, {}).empty());
  EXPECT_TRUE(pieces_of('J', {0, 0}, {7, 4000000000}).empty());
}

TEST(HeapPlan, CellsInARowAreOnePackedPiece) {
  const auto pieces = pieces_of('J', {2, 0, 1, 3}, {100, 5, 108, 112});
  ASSERT_EQ(pieces.size(), 1u);
  EXPECT_TRUE(pieces[0].packed);
  EXPECT_EQ(pieces[0].range, (ByteRange{100, 24}));
  EXPECT_EQ(pieces[0].first, 0u);
  EXPECT_EQ(pieces[0].count, 6u);
}

TEST(HeapPlan, ALongRunIsCut) {
  const auto elements = static_cast<std::int64_t>(kMaxRangeBytes / 8 * 2 + 5);
  const auto pieces =
      pieces_of('D', {elements - 1, 1, 1}, {8, static_cast<std::uint64_t>(elements) * 8, 0});
  ASSERT_EQ(pieces.size(), 4u);
  EXPECT_EQ(pieces[0].range, (ByteRange{8, kMaxRangeBytes}));
  EXPECT_EQ(pieces[1].range, (ByteRange{8 + kMaxRangeBytes, kMaxRangeBytes}));
  EXPECT_EQ(pieces[2].range, (ByteRange{8 + 2 * kMaxRangeBytes, 40}));
  EXPECT_EQ(pieces[2].first, 2 * kMaxRangeBytes / 8);
  EXPECT_EQ(pieces[2].count, 5u);
  EXPECT_EQ(pieces[3].range, (ByteRange{0, 8}));
  EXPECT_EQ(pieces[3].first, static_cast<std::uint64_t>(elements));
}

TEST(HeapPlan, NeighboursWithGapsAreReadTogether) {
  const auto pieces = pieces_of('I', {1, 2, 0, 1}, {10, 20, 0, 30});
  ASSERT_EQ(pieces.size(), 1u);
  EXPECT_FALSE(pieces[0].packed);
  EXPECT_EQ(pieces[0].range, (ByteRange{10, 22}));
  EXPECT_EQ(pieces[0].first, 0u);
  EXPECT_EQ(pieces[0].count, 4u);
}

TEST(HeapPlan, BitsThatEndWithinAByteAreNotPacked) {
  EXPECT_TRUE(pieces_of('X', {8, 16, 3}, {0, 1, 3}).front().packed);
  const auto pieces = pieces_of('X', {3, 8}, {0, 1});
  ASSERT_EQ(pieces.size(), 1u);
  EXPECT_FALSE(pieces[0].packed);
  EXPECT_EQ(pieces[0].range, (ByteRange{0, 2}));
}

struct Scattered {
  char code;
  std::uint64_t bytes;  ///< of an element; bits: 0
  bool in_order;
  std::int64_t most;
};

/// Every element of every cell is in exactly one piece, at the byte where it lies.
TEST(HeapPlan, EveryElementIsReadOnceFromItsPlace) {
  std::mt19937 random(5);
  const std::vector<Scattered> cases{{'J', 4, true, 9},    {'J', 4, false, 9},
                                     {'B', 1, true, 5000}, {'M', 16, false, 20000},
                                     {'X', 0, true, 40},   {'X', 0, false, 3000000}};
  for (const auto& [code, size, in_order, most] : cases) {
    Offsets offsets{0};
    Positions positions;
    std::uint64_t end = 0;
    for (int cell = 0; cell < 300; ++cell) {
      const auto count = static_cast<std::int64_t>(random() % static_cast<unsigned>(most));
      end = in_order ? end + (random() % 3 == 0 ? random() % 6000 : 0) : random() % 100000000;
      positions.push_back(end);
      offsets.push_back(offsets.back() + count);
      end += code == 'X' ? (static_cast<std::uint64_t>(count) + 7) / 8
                         : static_cast<std::uint64_t>(count) * size;
    }
    auto counts = offsets;
    std::adjacent_difference(offsets.begin(), offsets.end(), counts.begin());
    const RowSelection rows{.count = positions.size()};
    const auto cells = place_cells(table_of(std::string("P") + code, std::uint64_t{1} << 40), 0,
                                   rows, counts, positions);
    ASSERT_EQ(counts, offsets);
    HeapPlan plan(cells, code);
    std::uint64_t element = 0;
    while (const auto piece = plan.next()) {
      EXPECT_LE(piece->range.length, kMaxRangeBytes);
      const auto check = [&](std::uint64_t first, std::uint64_t count, std::uint64_t place) {
        ASSERT_EQ(first, element);
        const auto cell = cells.cell_of(first);
        const auto before = first - cells.first(cell);
        ASSERT_EQ(code == 'X' ? before % 8 : 0, 0u);
        ASSERT_EQ(place, positions[cell] + (code == 'X' ? before / 8 : before * size));
        ASSERT_LE(place + (code == 'X' ? (count + 7) / 8 : count * size), piece->range.end());
        element += count;
      };
      if (!piece->packed) {
        for (auto cell = piece->first; cell < piece->first + piece->count; ++cell) {
          if (cells.count(cell) != 0) check(cells.first(cell), cells.count(cell), positions[cell]);
        }
        continue;
      }
      // A packed piece is checked cell by cell.
      auto place = piece->range.offset;
      for (auto left = piece->count; left != 0;) {
        const auto cell = cells.cell_of(element);
        const auto some = std::min(left, cells.first(cell + 1) - element);
        check(element, some, place);
        place += code == 'X' ? (some + 7) / 8 : some * size;
        left -= some;
      }
      ASSERT_EQ(place, piece->range.end());
    }
    EXPECT_EQ(element, static_cast<std::uint64_t>(offsets.back()));
  }
}

}  // namespace
}  // namespace torchfits
