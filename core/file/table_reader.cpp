// SPDX-License-Identifier: BSD-3-Clause
#include "file/table_reader.h"

#include <algorithm>
#include <cctype>

#include "base/defaults.h"
#include "base/error.h"
#include "base/stats.h"
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

}  // namespace

const TableLayout& table_layout(const File& file, std::size_t index) {
  const auto& hdu = file.hdu(index);
  const auto layout = file.layout(index);
  if (const auto* table = std::get_if<TableLayout>(layout.get())) return *table;
  if (hdu.kind == HduKind::ascii_table) {
    throw FitsError::unsupported("ASCII tables are not read yet; the header is")
        .in_hdu(hdu.label());
  }
  throw FitsError(ErrorCode::type,
                  "not a table but of kind '" + std::string(kind_name(hdu.kind)) + "'")
      .in_hdu(hdu.label());
}

std::size_t find_column(const TableLayout& table, std::string_view name) {
  const auto& columns = table.columns;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == name || columns[i].ttype == name) return i;
  }
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (equal_ignoring_case(columns[i].name, name)) found.push_back(i);
  }
  if (found.size() == 1) return found.front();
  const auto wish = "'" + std::string(name) + "'";
  if (found.empty())
    throw FitsError(ErrorCode::column_name,
                    "no column " + wish + "; the table has " + listed(table));
  throw FitsError(ErrorCode::column_name, wish + " is ambiguous: '" + columns[found[0]].name +
                                              "' and '" + columns[found[1]].name +
                                              "' differ in case only; spell one of them");
}

std::vector<std::uint64_t> read_table(const File& file, std::size_t index, const RowSelection& rows,
                                      std::vector<ColumnOutput> outputs,
                                      std::vector<ColumnRequest> requests) {
  const auto& hdu = file.hdu(index);
  const auto& table = table_layout(file, index);
  try {
    file.check_data_present(hdu);
    std::vector<std::size_t> columns;
    std::uint64_t stored = 0;
    std::uint64_t written = 0;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      columns.push_back(outputs[i].column);
      stored += rows.count * table.columns[outputs[i].column].width;
      const auto bytes = rows.count * requests[i].elements * info(requests[i].type).size;
      if (bytes >= kHugePageBytes) advise_huge_pages(outputs[i].data, bytes);
      written += bytes;
    }
    const auto plan = TablePlan::make(table, hdu.data_offset, columns, rows);
    const auto count = outputs.size();
    RowDecoder decode(table, std::move(outputs), std::move(requests));
    run_plan(
        file.source(), plan.blocks(), [&](std::uint64_t i) { return plan.block(i); },
        [&](const RowBlock& block, ByteView bytes) { decode(block, bytes); });
    stats().bytes_decoded.fetch_add(stored, std::memory_order_relaxed);
    stats().bytes_written.fetch_add(written, std::memory_order_relaxed);
    std::vector<std::uint64_t> nulls(count);
    for (std::size_t i = 0; i < count; ++i) nulls[i] = decode.nulls(i);
    return nulls;
  } catch (FitsError& error) {
    error.in_hdu(hdu.label());
    throw;
  }
}

}  // namespace torchfits
