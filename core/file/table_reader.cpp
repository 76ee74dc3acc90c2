// SPDX-License-Identifier: BSD-3-Clause
#include "file/table_reader.h"

#include <algorithm>
#include <cctype>
#include <deque>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/stats.h"
#include "decode/ascii_columns.h"
#include "file/run_plan.h"
#include "platform/memory.h"

namespace torchfits {
namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::toupper(x) == std::toupper(y);
  });
}

std::string listed(const TableLayout& table) {
  constexpr std::size_t most = 40;
  std::string names;
  for (std::size_t i = 0; i < std::min(table.columns.size(), most); ++i) {
    names += (i == 0 ? "" : ", ") + table.columns[i].name;
  }
  return names + (table.columns.size() > most ? ", ..." : "");
}

void count_bytes(std::uint64_t stored, std::uint64_t written) {
  stats().bytes_decoded.fetch_add(stored, std::memory_order_relaxed);
  stats().bytes_written.fetch_add(written, std::memory_order_relaxed);
}

/// A piece and whose it is.
struct HeapJob {
  HeapDecoder* decode;
  HeapPiece piece;
};

void run_jobs(const TableData& table, std::span<const HeapJob> jobs) {
  const auto heap = table.data_offset + table.layout.heap_offset;
  std::vector<ByteRange> ranges;
  std::uint64_t stored = 0;
  for (const auto& job : jobs) {
    ranges.push_back({heap + job.piece.range.offset, job.piece.range.length});
    stored += job.piece.range.length;
  }
  table.source.for_each(
      ranges, [&](std::size_t i, ByteView bytes) { (*jobs[i].decode)(jobs[i].piece, bytes); });
  count_bytes(stored, 0);
}

/// The pieces of all columns in one stream, many at a time.
void decode_heap(const TableData& table, std::span<const HeapOutput> outputs,
                 std::deque<HeapDecoder>& decoders) {
  std::vector<HeapJob> jobs;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto& output = outputs[i];
    const auto bytes = output.cells.first(output.cells.size()) * info(output.request.type).size;
    advise_huge_pages(output.values, bytes);
    count_bytes(0, bytes);
    HeapPlan plan(output.cells, table.layout.columns[output.column].form.heap_code);
    while (const auto piece = plan.next()) {
      jobs.push_back({&decoders[i], *piece});
      if (jobs.size() < kBatchPieces) continue;
      run_jobs(table, jobs);
      jobs.clear();
    }
  }
  if (!jobs.empty()) run_jobs(table, jobs);
}

/// Whether a column of logicals, of which some rows hold nothing but zeros, has 0x01 and no letters
/// in the others: what a zero means must not depend on the rows that are read.
bool numbers_elsewhere(const TableData& table, const HeapOutput& some) {
  const RowSelection rows{.count = table.layout.rows};
  std::vector<std::int64_t> offsets(rows.count + 1);
  std::vector<std::uint64_t> positions(rows.count);
  try {
    read_table(table, rows,
               {{some.column, reinterpret_cast<std::byte*>(offsets.data() + 1), nullptr,
                 positions.data()}},
               {some.request});
    const auto cells = place_cells(table.layout, some.column, rows, offsets, positions);
    std::vector<std::byte> values(static_cast<std::size_t>(offsets.back()));
    const HeapOutput all{some.column, some.request, cells, values.data(), nullptr};
    std::deque<HeapDecoder> decoder;
    decoder.emplace_back(table.layout, all, rows);
    decode_heap(table, {&all, 1}, decoder);
    static_cast<void>(decoder.front().nulls());
    return decoder.front().logicals().ones;
  } catch (const FitsError& error) {
    if (error.code() != ErrorCode::format) throw;
    return false;  // other rows are broken; those that were asked for follow the Standard
  }
}

/// Columns that are called so in any case: one for each spelling. Of columns that repeat a TTYPE it
/// is the one that has it as its name.
std::vector<std::size_t> in_any_case(const std::vector<Column>& columns, std::string_view name) {
  std::vector<std::size_t> found;
  const auto spelling = [&](std::size_t i) -> const std::string& {
    return equal_ignoring_case(columns[i].ttype, name) ? columns[i].ttype : columns[i].name;
  };
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!equal_ignoring_case(spelling(i), name)) continue;
    const auto same = std::find_if(found.begin(), found.end(),
                                   [&](std::size_t j) { return spelling(j) == spelling(i); });
    if (same == found.end()) {
      found.push_back(i);
    } else if (columns[i].name == spelling(i)) {
      *same = i;
    }
  }
  return found;
}

}  // namespace

const TableLayout& table_layout(const File& file, std::size_t index) {
  const auto& hdu = file.hdu(index);
  const auto layout = file.layout(index);
  if (const auto* table = find_table(*layout)) return *table;
  throw FitsError(ErrorCode::type,
                  "not a table but of kind '" + std::string(kind_name(hdu.kind)) + "'")
      .in_hdu(hdu.label());
}

std::size_t find_column(const TableLayout& table, std::string_view name) {
  const auto& columns = table.columns;
  const bool asked = !name.empty();  // else it would be the TTYPE of a column without one
  for (const auto spelling : {&Column::name, &Column::ttype}) {
    for (std::size_t i = 0; i < columns.size() && asked; ++i) {
      if (columns[i].*spelling == name) return i;
    }
  }
  const auto found = asked ? in_any_case(columns, name) : std::vector<std::size_t>{};
  if (found.size() == 1) return found.front();
  const auto wish = "'" + std::string(name) + "'";
  if (found.empty())
    throw FitsError(ErrorCode::column_name,
                    "no column " + wish + "; the table has " + listed(table));
  throw FitsError(ErrorCode::column_name, "column " + wish + " is ambiguous: spell '" +
                                              columns[found[0]].name + "' or '" +
                                              columns[found[1]].name + "' exactly");
}

TableData table_data(const File& file, std::size_t index) {
  const auto& hdu = file.hdu(index);
  const auto& layout = table_layout(file, index);
  if (std::holds_alternative<CompressedTableLayout>(*file.layout(index))) {
    throw FitsError::unsupported("a compressed table is read from what inflate_table makes of it")
        .in_hdu(hdu.label());
  }
  file.check_data_present(hdu);
  return {file.source(), hdu.data_offset, layout};
}

std::vector<std::uint64_t> read_table(const TableData& table, const RowSelection& rows,
                                      std::vector<ColumnOutput> outputs,
                                      std::vector<ColumnRequest> requests) {
  std::vector<std::size_t> columns;
  std::uint64_t stored = 0;
  std::uint64_t written = 0;
  std::uint64_t weight = 1;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto& column = table.layout.columns[outputs[i].column];
    if (column.text && column.form.code != 'A') weight = kTextWeight;
    columns.push_back(outputs[i].column);
    stored += rows.count * column.width;
    const auto bytes = rows.count * requests[i].cell_bytes(column);
    advise_huge_pages(outputs[i].data, bytes);
    written += bytes;
  }
  const auto plan = TablePlan::make(table.layout, table.data_offset, columns, rows);
  const auto count = outputs.size();
  RowDecoder decode(table.layout, std::move(outputs), std::move(requests));
  run_plan(
      table.source, plan.blocks(), [&](std::uint64_t i) { return plan.block(i); },
      [&](const RowBlock& block, ByteView bytes) { decode(block, bytes); },
      {.weight = weight, .sparse = plan.sparse()});
  count_bytes(stored, written);
  std::vector<std::uint64_t> nulls(count);
  for (std::size_t i = 0; i < count; ++i) nulls[i] = decode.nulls(i);
  return nulls;
}

std::vector<HeapFindings> read_heap(const TableData& table, const RowSelection& rows,
                                    std::span<const HeapOutput> outputs) {
  std::deque<HeapDecoder> decoders;
  for (const auto& output : outputs) decoders.emplace_back(table.layout, output, rows);
  decode_heap(table, outputs, decoders);
  std::vector<HeapFindings> found(outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    found[i].nulls = decoders[i].nulls();
    const bool logical = table.layout.columns[outputs[i].column].form.heap_code == 'L';
    if (!logical) continue;
    const auto bytes = decoders[i].logicals();
    const bool whole = rows.indices.empty() && rows.count == table.layout.rows;
    const bool unclear = bytes.zeros != 0 && !bytes.letters && !bytes.ones && !whole;
    found[i].numeric_logicals = bytes.ones || (unclear && numbers_elsewhere(table, outputs[i]));
    if (found[i].numeric_logicals) found[i].nulls = 0;
  }
  return found;
}

}  // namespace torchfits
