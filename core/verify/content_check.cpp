// SPDX-License-Identifier: BSD-3-Clause
#include "verify/content_check.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <mutex>
#include <string>
#include <utility>

#include "base/defaults.h"
#include "decode/text_number.h"
#include "file/run_plan.h"
#include "plan/descriptor.h"

namespace torchfits {
namespace {

/// Cells of variable length that are remembered to see whether they share bytes.
constexpr std::size_t kMostCells = std::size_t{1} << 22U;

std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

constexpr std::array<bool, 256> logical_bytes() {
  std::array<bool, 256> legal{};
  legal[0] = legal['T'] = legal['F'] = true;
  return legal;
}
constexpr auto kLogical = logical_bytes();

bool has_odd_logical(ByteView bytes) {
  bool odd = false;
  for (const auto byte : bytes) odd |= !kLogical[std::to_integer<unsigned>(byte)];
  return odd;
}

/// Anything but printable ASCII before the NUL that ends the text.
bool has_odd_text(ByteView bytes) {
  for (const auto byte : bytes) {
    const auto c = std::to_integer<unsigned>(byte);
    if (c == 0) return false;
    if (c < ' ' || c > '~') return true;
  }
  return false;
}

/// The first row in which something is wrong, and how many there are; found by many threads.
class RowFault {
 public:
  void note(std::uint64_t row) noexcept {
    rows_.fetch_add(1, std::memory_order_relaxed);
    auto first = first_.load(std::memory_order_relaxed);
    while (row < first && !first_.compare_exchange_weak(first, row)) {
    }
  }
  [[nodiscard]] bool found() const noexcept { return rows_.load() > 0; }
  [[nodiscard]] std::string where(const std::string& column) const {
    return column + ", row " + std::to_string(first_.load());
  }
  [[nodiscard]] std::string told(std::string problem) const {
    const auto more = rows_.load() - 1;
    return more == 0 ? problem : problem + "; so do " + std::to_string(more) + " more rows";
  }
  void report(std::string_view rule, const std::string& column, const char* problem,
              const char* remedy, Findings& findings) const {
    if (found()) findings.error(rule, where(column), told(problem), remedy);
  }

 private:
  std::atomic<std::uint64_t> first_{UINT64_MAX}, rows_{0};
};

/// A cell in the heap.
struct Cell {
  ByteRange range;
  std::uint64_t row = 0;
};

/// One column of a binary table.
class BinaryColumn {
 public:
  BinaryColumn(const Column& column, const TableLayout& table) : column_(column), table_(table) {}

  [[nodiscard]] static bool worth_it(const Column& column) {
    return column.width > 0 && (column.form.in_heap() || column.form.code == 'L' ||
                                column.form.code == 'A' || column.form.code == 'X');
  }

  void check(std::uint64_t row, ByteView field) {
    if (column_.form.in_heap()) return check_descriptor(row, field);
    if (column_.form.code == 'L' && has_odd_logical(field)) bytes_.note(row);
    if (column_.form.code == 'X' && has_filled_bits(field)) bytes_.note(row);
    if (column_.form.code != 'A' || column_.characters == 0) return;
    for (std::size_t at = 0; at < field.size(); at += column_.characters) {
      const auto size = std::min<std::size_t>(column_.characters, field.size() - at);
      if (has_odd_text(field.subspan(at, size))) return bytes_.note(row);
    }
  }

  void check_heap(const ByteSource& source, std::uint64_t heap) {
    std::sort(cells_.begin(), cells_.end(), [](const Cell& a, const Cell& b) {
      return std::pair(a.range.offset, a.range.length) < std::pair(b.range.offset, b.range.length);
    });
    // Cells that share bytes are read once: no more than the heap is.
    std::vector<Cell> apart;
    for (const auto& cell : cells_) {
      if (apart.empty() || cell.range.offset >= apart.back().range.end()) {
        apart.push_back(cell);
      } else if (!(cell.range == apart.back().range)) {
        overlap_.note(cell.row);
      }
    }
    const char code = column_.form.heap_code;
    if (code != 'L' && code != 'A') return;
    run_plan(
        source, apart.size(),
        [&](std::uint64_t i) {
          auto cell = apart[i];
          cell.range.offset += heap;
          return cell;
        },
        [&](const Cell& cell, ByteView bytes) {
          if (code == 'L' ? has_odd_logical(bytes) : has_odd_text(bytes)) bytes_.note(cell.row);
        });
  }

  void report(Findings& findings) const {
    const auto name = "column '" + column_.name + "'";
    const char code = column_.form.in_heap() ? column_.form.heap_code : column_.form.code;
    if (code == 'L')
      bytes_.report("logical-value", name, "a logical is neither T, F nor a zero byte",
                    "write T, F, or a zero byte for null", findings);
    if (code == 'A')
      bytes_.report("text-value", name, "the text has bytes that are no printable ASCII",
                    "replace them; NUL may only end the text", findings);
    if (code == 'X')
      bytes_.report("bit-padding", name, "bits behind the last one of the column are set",
                    "set them to zero", findings);
    outside_.report("descriptor", name, "the descriptor leads outside of the heap",
                    "fetch the file again, or set the descriptor to zeros", findings);
    longer_.report("descriptor", name, "the array is longer than TFORM says",
                   "correct the number in parentheses of TFORM", findings);
    if (overlap_.found()) {
      findings.warning("heap-overlap", overlap_.where(name),
                       overlap_.told("the array shares a part of its bytes with another"),
                       "write the table anew, if that is not meant");
    }
  }

 private:
  [[nodiscard]] bool has_filled_bits(ByteView field) const {
    const auto used = column_.form.repeat % 8;
    return used != 0 && (std::to_integer<unsigned>(field.back()) & (0xffU >> used)) != 0;
  }

  void check_descriptor(std::uint64_t row, ByteView field) {
    const auto array = read_descriptor(field.data(), column_.form.code);
    if (array.count == 0) return;
    const auto range = find_array(array, ArraySize(column_.form.heap_code), table_.heap_bytes);
    if (!range) return outside_.note(row);
    if (column_.form.maximum && static_cast<std::uint64_t>(array.count) > *column_.form.maximum)
      longer_.note(row);
    const std::scoped_lock lock(mutex_);
    if (cells_.size() < kMostCells) cells_.push_back({*range, row});
  }

  const Column& column_;
  const TableLayout& table_;
  RowFault bytes_, outside_, longer_, overlap_;
  std::mutex mutex_;
  std::vector<Cell> cells_;
};

/// One column of an ASCII table.
class AsciiColumnCheck {
 public:
  explicit AsciiColumnCheck(const Column& column) : column_(column) {}

  void check(std::uint64_t row, ByteView field) {
    const auto text = as_text(field);
    const bool odd =
        std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c > '~'; });
    if (odd) return bytes_.note(row);
    const auto trimmed = trim_field(text);
    const char code = column_.text->code;
    if (code == 'A' || trimmed.empty()) return;
    if (!column_.null_text.empty() && trimmed == trim_field(column_.null_text)) return;
    std::int64_t whole = 0;
    double real = 0;
    const auto kind = code == 'I' ? parse_integer(text, whole)
                                  : parse_real(text, column_.text->digits.value_or(0), real);
    if (kind == TextNumber::malformed) return number_.note(row);
    if (code != 'I' && trimmed.find('.') == std::string_view::npos) point_.note(row);
  }

  void report(Findings& findings) const {
    const auto name = "column '" + column_.name + "'";
    bytes_.report("text-value", name, "the field has bytes that are no printable ASCII",
                  "replace them by blanks", findings);
    number_.report("number-text", name, "the field is no number", "write a number, or blanks",
                   findings);
    point_.report("number-text", name, "the real number has no decimal point",
                  "write the point: the implied one is deprecated", findings);
  }

 private:
  const Column& column_;
  RowFault bytes_, number_, point_;
};

struct RowsPiece {
  ByteRange range;
  std::uint64_t first = 0;
};

/// check(row, its bytes) for each row, by many threads.
template <class Check>
void for_each_row(const ByteSource& source, std::uint64_t offset, const TableLayout& table,
                  Check check) {
  const auto size = table.row_bytes;
  if (size == 0 || table.rows == 0) return;
  const auto step = std::max<std::uint64_t>(1, kMaxRangeBytes / size);
  run_plan(
      source, table.rows / step + (table.rows % step != 0 ? 1 : 0),
      [&](std::uint64_t i) {
        const auto rows = std::min(step, table.rows - i * step);
        return RowsPiece{{offset + i * step * size, rows * size}, i * step};
      },
      [&](const RowsPiece& piece, ByteView bytes) {
        for (std::size_t at = 0; at < bytes.size(); at += size)
          check(piece.first + at / size, bytes.subspan(at, size));
      });
}

void check_binary(const File& file, const HduRecord& hdu, const TableLayout& table,
                  Findings& findings) {
  std::deque<BinaryColumn> checks;
  std::vector<std::pair<const Column*, BinaryColumn*>> columns;
  for (const auto& column : table.columns) {
    if (!BinaryColumn::worth_it(column)) continue;
    checks.emplace_back(column, table);
    columns.emplace_back(&column, &checks.back());
  }
  if (columns.empty()) return;
  for_each_row(file.source(), hdu.data_offset, table, [&](std::uint64_t row, ByteView bytes) {
    for (const auto& [column, check] : columns)
      check->check(row, bytes.subspan(column->offset, column->width));
  });
  for (auto& check : checks) {
    check.check_heap(file.source(), hdu.data_offset + table.heap_offset);
    check.report(findings);
  }
}

void check_ascii(const File& file, const HduRecord& hdu, const TableLayout& table,
                 Findings& findings) {
  std::deque<AsciiColumnCheck> checks;
  for (const auto& column : table.columns) checks.emplace_back(column);
  RowFault between;
  for_each_row(file.source(), hdu.data_offset, table, [&](std::uint64_t row, ByteView bytes) {
    for (std::size_t i = 0; i < checks.size(); ++i) {
      const auto& column = table.columns[i];
      checks[i].check(row, bytes.subspan(column.offset, column.width));
    }
    const auto text = as_text(bytes);
    if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c > 127; }))
      between.note(row);
  });
  for (const auto& check : checks) check.report(findings);
  between.report("text-value", "the table", "there are bytes that are no ASCII",
                 "replace them by blanks", findings);
}

}  // namespace

void check_data_padding(const ByteSource& source, const HduRecord& hdu, Findings& findings) {
  const auto begin = hdu.data_offset + hdu.data_bytes;
  const auto end = source.extent(hdu.end());
  if (end < hdu.end()) {
    findings.error("truncated", "bytes from " + std::to_string(end) + " on",
                   "the last block is not whole: " + std::to_string(hdu.end() - end) +
                       " bytes of filling are missing",
                   "append zeros, or blanks to an ASCII table");
  }
  if (end <= begin) return;
  const ByteRange range{begin, end - begin};
  const auto fill = hdu.kind == HduKind::ascii_table ? std::byte{' '} : std::byte{0};
  source.for_each({&range, 1}, [&](std::size_t, ByteView bytes) {
    const auto odd = std::find_if(bytes.begin(), bytes.end(), [&](auto b) { return b != fill; });
    if (odd == bytes.end()) return;
    findings.error(
        "data-padding",
        "byte " + std::to_string(begin + static_cast<std::uint64_t>(odd - bytes.begin())),
        std::string("the block behind the data is not filled with ") +
            (fill == std::byte{0} ? "zeros" : "blanks"),
        "fill it; a DATASUM changes with it");
  });
}

void check_rows(const File& file, const HduRecord& hdu, Findings& findings) {
  const auto layout = file.layout(hdu.index);
  if (const auto* ascii = std::get_if<AsciiTableLayout>(layout.get()))
    return check_ascii(file, hdu, ascii->table, findings);
  const TableLayout* table = std::get_if<TableLayout>(layout.get());
  if (const auto* tiled = std::get_if<TiledImageLayout>(layout.get())) table = &tiled->table;
  if (const auto* held = std::get_if<CompressedTableLayout>(layout.get())) table = &held->stored;
  if (table != nullptr) check_binary(file, hdu, *table, findings);
}

}  // namespace torchfits
