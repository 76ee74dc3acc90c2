// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast: cells that lie one behind the other are decoded in one call, straight into the
// tensor, whatever their number; nothing is decided inside a run.
#include "decode/heap.h"

#include <cstring>

#include "base/error.h"
#include "decode/bits.h"
#include "decode/named_row.h"

namespace torchfits {

HeapDecoder::HeapDecoder(const TableLayout& table, const HeapOutput& output,
                         const RowSelection& rows)
    : column_(table.columns[output.column]),
      output_(output),
      rows_(rows),
      size_(info(output.request.type).size) {
  const auto& coding = output.request.coding;
  switch (column_.form.heap_code) {
    case 'A': kernel_ = &HeapDecoder::characters; break;
    case 'L': kernel_ = &HeapDecoder::logical; break;
    case 'X': kernel_ = &HeapDecoder::bits; break;
    default:
      kernel_ = &HeapDecoder::numbers;
      decode_.emplace(coding, output.request.type);
      if (coding.null) find_nulls_ = null_kernel(coding.stored, *coding.null);
  }
}

void HeapDecoder::operator()(const HeapPiece& piece, ByteView bytes) {
  if (piece.packed) {
    (this->*kernel_)(bytes.data(), piece.first, piece.count);
    return;
  }
  const auto& cells = output_.cells;
  for (auto cell = piece.first; cell < piece.first + piece.count; ++cell) {
    const auto count = cells.count(cell);
    if (count == 0) continue;
    const auto* from = bytes.data() + (cells.positions[cell] - piece.range.offset);
    (this->*kernel_)(from, cells.first(cell), count);
  }
}

void HeapDecoder::numbers(const std::byte* from, std::uint64_t first, std::uint64_t count) {
  const auto stored = info(output_.request.coding.stored).size;
  const auto decode = [&](std::uint64_t i, std::uint64_t some) {
    (*decode_)(from + i * stored, some, output_.values + (first + i) * size_, first + i);
  };
  decode_naming_row(column_.name, count, decode, [&](std::uint64_t i) {
    return row_of(rows_, output_.cells.cell_of(first + i));
  });
  if (find_nulls_ != nullptr) {
    auto* mask = output_.mask == nullptr ? nullptr : output_.mask + first;
    const auto nulls = find_nulls_({from, 0, 1, count}, *output_.request.coding.null, mask);
    if (nulls != 0) nulls_.fetch_add(nulls, std::memory_order_relaxed);
  } else if (output_.mask != nullptr) {
    std::memset(output_.mask + first, 0, count);
  }
}

void HeapDecoder::characters(const std::byte* from, std::uint64_t first, std::uint64_t count) {
  std::memcpy(output_.values + first, from, count);
}

void HeapDecoder::bits(const std::byte* from, std::uint64_t first, std::uint64_t count) {
  unpack_bits(from, count, output_.values + first);
}

/// Some writers store 0 and 1 for false and true: what 0x00 and 0x01 mean is known when all
/// bytes were seen, and both fit the same values, false and true.
void HeapDecoder::logical(const std::byte* from, std::uint64_t first, std::uint64_t count) {
  auto* out = output_.values + first;
  auto* mask = output_.mask == nullptr ? nullptr : output_.mask + first;
  std::uint64_t zeros = 0, ones = 0, letters = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto byte = std::to_integer<unsigned>(from[i]);
    const unsigned is_true = byte == 'T', is_one = byte == 1, is_zero = byte == 0;
    zeros += is_zero;
    ones += is_one;
    letters += is_true | (byte == 'F' ? 1U : 0U);
    out[i] = static_cast<std::byte>(is_true | is_one);
    if (mask != nullptr) mask[i] = static_cast<std::uint8_t>(is_zero);
  }
  const bool mixed = ones != 0 && letters != 0;
  if (mixed || zeros + ones + letters != count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto byte = std::to_integer<unsigned>(from[i]);
      if (byte == 'T' || byte == 'F' || byte == 0 || (byte == 1 && !mixed)) continue;
      refuse(first + i, byte);
    }
    throw FitsError(ErrorCode::changed, "column '" + column_.name + "' changed while it was read");
  }
  if (zeros != 0) nulls_.fetch_add(zeros, std::memory_order_relaxed);
  if (letters != 0) letters_.store(true, std::memory_order_relaxed);
  if (ones != 0) {
    std::uint64_t at = 0;
    while (at + 1 < count && from[at] != std::byte{1}) ++at;
    first_one_.store(first + at, std::memory_order_relaxed);
  }
}

void HeapDecoder::refuse(std::uint64_t element, unsigned byte) const {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  const auto row = row_of(rows_, output_.cells.cell_of(element));
  throw FitsError::format("column '" + column_.name + "', row " + std::to_string(row) +
                          ": byte 0x" + kHex[byte / 16] + kHex[byte % 16] +
                          " is no logical value ('T', 'F' or 0x00); select the other columns with "
                          "columns=[...]");
}

std::uint64_t HeapDecoder::nulls() const {
  const auto [zeros, letters, ones] = logicals();
  if (letters && ones) refuse(first_one_.load(std::memory_order_relaxed), 1);
  return ones ? 0 : zeros;
}

LogicalBytes HeapDecoder::logicals() const noexcept {
  return {nulls_.load(std::memory_order_relaxed), letters_.load(std::memory_order_relaxed),
          first_one_.load(std::memory_order_relaxed) != UINT64_MAX};
}

}  // namespace torchfits
