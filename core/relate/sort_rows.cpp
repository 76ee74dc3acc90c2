// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast:
// - one pass through memory distributes the rows over parts by their uppermost bits, on all
// threads;
// - a part fits into the cache, where it is distributed again until few rows are left;
// - bits that all rows of a part share are passed over: floats, which crowd in few exponents, take
// no more passes than integers;
// - keys whose ranges allow it lie in one word (key_words.h), and are sorted as one.
#include "relate/sort_rows.h"

#include <array>
#include <numeric>

#include "relate/radix.h"

namespace torchfits {
namespace {

constexpr std::size_t kRowsOfPart = 4096;
constexpr std::size_t kManyRows = 1 << 16;  // too many for one thread and the cache
constexpr std::size_t kFewRows = 48;

void insertion_sort(std::span<KeyedRow> rows) {
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto row = rows[i];
    auto place = i;
    for (; place > 0 && rows[place - 1].key() > row.key(); --place) rows[place] = rows[place - 1];
    rows[place] = row;
  }
}

/// The bits in which the keys differ.
std::uint64_t varying_bits(std::span<const KeyedRow> rows) {
  std::uint64_t varying = 0;
  for (const auto& row : rows) varying |= row.key() ^ rows[0].key();
  return varying;
}

/// Sorts by eight bits from `shift` up; `spare` has room for all rows. Returns where each value
/// ends.
std::array<std::uint32_t, 256> sort_byte(std::span<KeyedRow> rows, KeyedRow* spare,
                                         unsigned shift) {
  std::array<std::uint32_t, 256> places{};
  for (const auto& row : rows) ++places[row.key() >> shift & 0xff];
  std::exclusive_scan(places.begin(), places.end(), places.begin(), std::uint32_t{0});
  for (const auto& row : rows) spare[places[row.key() >> shift & 0xff]++] = row;
  std::copy_n(spare, rows.size(), rows.begin());
  return places;
}

/// The rows fit into the cache.
void sort_few(std::span<KeyedRow> rows, KeyedRow* spare) {
  if (rows.size() <= kFewRows) return insertion_sort(rows);
  const auto varying = varying_bits(rows);
  if (varying == 0) return;
  const auto width = static_cast<unsigned>(std::bit_width(varying));
  const auto ends = sort_byte(rows, spare, width > 8 ? width - 8 : 0);
  if (width <= 8) return;
  std::uint32_t begin = 0;
  for (const auto end : ends) {
    sort_few(rows.subspan(begin, end - begin), spare);
    begin = end;
  }
}

void sort_parts(const RowParts& parts);

void sort_many(std::span<KeyedRow> rows) {
  const auto varying = varying_bits(rows);
  if (varying == 0) return;
  const auto width = static_cast<unsigned>(std::bit_width(varying));
  const auto bits = std::min(width, part_bits(rows.size(), kRowsOfPart));
  const auto parts = distribute(rows.size(), width - bits, bits, [&](std::size_t i, KeyedRow& row) {
    row = rows[i];
    return true;
  });
  sort_parts(parts);
  std::copy(parts.rows.begin(), parts.rows.end(), rows.begin());
}

void sort_parts(const RowParts& parts) {
  for (std::size_t part = 0; part < parts.count(); ++part)
    if (parts.part(part).size() > kManyRows) sort_many(parts.part(part));
  parallel_for(parts.count(), [&](std::size_t part) {
    const auto rows = parts.part(part);
    if (rows.size() > kManyRows) return;
    const Array<KeyedRow> spare(rows.size());
    sort_few(rows, spare.data());
  });
}

}  // namespace

void sort_rows(std::span<const KeyWord> words, std::size_t rows, std::int64_t* order) {
  std::iota(order, order + rows, std::int64_t{0});
  for (auto word = words.rbegin(); word != words.rend(); ++word) {
    const auto bits = std::min(part_bits(rows, kRowsOfPart), word->bits);
    const auto parts = distribute(rows, word->bits - bits, bits, [&](std::size_t i, KeyedRow& row) {
      const auto from = static_cast<std::size_t>(order[i]);
      row = KeyedRow::of((*word)[from], static_cast<std::uint32_t>(from));
      return true;
    });
    sort_parts(parts);
    for_row_blocks(rows, [&](std::size_t, std::size_t begin, std::size_t end) {
      for (auto i = begin; i < end; ++i) order[i] = parts.rows[i].row;
    });
  }
}

}  // namespace torchfits
