// SPDX-License-Identifier: BSD-3-Clause
// A table header of any text over rows of any bytes: laid out, planned and decoded, or refused with
// an error. Input: NAXIS1 and NAXIS2, a step, and the number of header cards and the kind of table,
// one byte each; the cards; the rows.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "decode/columns.h"
#include "fits/block.h"
#include "fits/layout.h"
#include "plan/table_plan.h"

namespace {

using namespace torchfits;

void decode_table(const TableLayout& table, ByteView data, const RowSelection& rows) {
  std::vector<std::size_t> columns;
  std::vector<ColumnOutput> outputs;
  std::vector<ColumnRequest> requests;
  std::vector<std::vector<std::byte>> values;
  std::vector<std::vector<std::uint8_t>> masks;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const char code = table.columns[i].form.code;
    if (code == 'P' || code == 'Q') continue;
    requests.push_back(request_column(table.columns[i], rows.step % 2 != 0));
    const auto elements = requests.back().elements * rows.count;
    values.emplace_back(elements * info(requests.back().type).size);
    masks.emplace_back(elements);
    columns.push_back(i);
    outputs.push_back({i, values.back().data(), code == 'C' ? nullptr : masks.back().data()});
  }
  const auto plan = TablePlan::make(table, 0, columns, rows);
  RowDecoder decode(table, outputs, requests);
  for (std::uint64_t b = 0; b < plan.blocks(); ++b) {
    const auto block = plan.block(b);
    const auto lent = data.subspan(block.range.offset, block.range.length);
    decode(block, std::vector<std::byte>(lent.begin(), lent.end()));
  }
}

/// A table, an ASCII table or random groups.
HduRecord record_of(std::span<const std::uint8_t, 4> choices) {
  HduRecord hdu;
  hdu.axes = {choices[0], choices[1]};
  hdu.data_bytes = std::uint64_t{choices[0]} * choices[1];
  const auto kind = choices[3] / 64;
  hdu.kind = kind == 1 ? HduKind::ascii_table : HduKind::table;
  if (kind < 2) return hdu;
  constexpr std::array<std::int64_t, 6> kBitpix{8, 16, 32, 64, -32, -64};
  hdu.kind = HduKind::random_groups;
  hdu.bitpix = kBitpix[choices[2] % kBitpix.size()];
  hdu.axes = {0, choices[0] % 16U};
  hdu.pcount = choices[0] / 16;
  hdu.gcount = choices[1];
  const auto size = static_cast<std::uint64_t>(std::abs(hdu.bitpix)) / 8;
  hdu.data_bytes = size * hdu.gcount * (hdu.pcount + hdu.axes[1]);
  return hdu;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  auto hdu = record_of(std::span<const std::uint8_t, 4>(data, 4));
  const auto step = static_cast<std::int8_t>(data[2] == 0 ? 1 : data[2]);
  const auto cards =
      std::min<std::size_t>(data[3] % 64 * kCardSize, (size - 4) / kCardSize * kCardSize);
  hdu.header = Header(std::string(reinterpret_cast<const char*>(data) + 4, cards));
  std::vector<std::byte> rows(hdu.data_bytes, std::byte{'T'});
  const auto given = std::min(rows.size(), size - 4 - cards);
  std::transform(data + 4 + cards, data + 4 + cards + given, rows.begin(),
                 [](std::uint8_t b) { return std::byte{b}; });
  try {
    std::vector<std::string> warnings;
    const auto layout = read_layout(hdu, warnings);
    const auto& table = *find_table(layout);
    const auto stride = static_cast<std::uint64_t>(step < 0 ? -step : step);
    const auto count = (table.rows + stride - 1) / stride;
    const auto start = step < 0 ? static_cast<std::int64_t>((count - 1) * stride) : 0;
    if (count > 0) decode_table(table, rows, {start, step, count, {}});
  } catch (const FitsError&) {
    return 0;
  }
  return 0;
}
