// SPDX-License-Identifier: BSD-3-Clause
// Rows to columns, one core: bytes of rows per second, for rows that stay in the cache and for a
// table that does not.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "decode/columns.h"

namespace {

using namespace torchfits;

TableLayout table_of(const std::vector<std::string>& forms, std::uint64_t rows) {
  TableLayout table;
  table.rows = rows;
  for (const auto& form : forms) {
    Column column;
    column.name = form;
    column.form = TForm::parse(form);
    column.width = column.form.width().value();
    column.characters = column.form.code == 'A' ? column.form.repeat : 0;
    if (column.form.code != 'A' && column.form.repeat != 1) column.shape = {column.form.repeat};
    column.coding = ElementCoding::column(column.form.code, {}, std::nullopt);
    column.offset = table.row_bytes;
    table.row_bytes += column.width;
    table.columns.push_back(column);
  }
  return table;
}

std::vector<std::string> mixed() { return {"K", "D", "D", "E", "E", "J", "16A", "L"}; }

std::vector<std::string> wide() {
  std::vector<std::string> forms;
  for (const auto& [form, count] : std::initializer_list<std::pair<const char*, int>>{
           {"E", 20}, {"J", 10}, {"D", 6}, {"12A", 4}, {"L", 1}}) {
    forms.insert(forms.end(), static_cast<std::size_t>(count), form);
  }
  return forms;
}

std::vector<std::string> vectors() { return {"K", "64E", "32I", "16D"}; }

void decode_table(benchmark::State& state, const std::vector<std::string>& forms) {
  const auto table = table_of(forms, static_cast<std::uint64_t>(state.range(0)));
  const std::vector<std::byte> rows(table.rows * table.row_bytes, std::byte{'T'});
  std::vector<std::vector<std::byte>> data;
  std::vector<ColumnOutput> outputs;
  std::vector<ColumnRequest> requests;
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    columns.push_back(i);
    requests.push_back(request_column(table.columns[i], true));
    data.emplace_back(table.rows * requests[i].elements * info(requests[i].type).size);
    outputs.push_back({i, data[i].data(), nullptr});
  }
  RowDecoder decode(table, outputs, requests);
  const auto plan = TablePlan::make(table, 0, columns, {0, 1, table.rows, {}});
  for (auto _ : state) {
    for (std::uint64_t b = 0; b < plan.blocks(); ++b) {
      const auto block = plan.block(b);
      decode(block, ByteView(rows).subspan(block.range.offset, block.range.length));
    }
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(rows.size()));
}

BENCHMARK_CAPTURE(decode_table, mixed, mixed())->Arg(1000)->Arg(1'000'000);
BENCHMARK_CAPTURE(decode_table, wide, wide())->Arg(1000)->Arg(100'000);
BENCHMARK_CAPTURE(decode_table, vectors, vectors())->Arg(1000)->Arg(100'000);

}  // namespace

BENCHMARK_MAIN();
