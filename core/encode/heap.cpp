// SPDX-License-Identifier: BSD-3-Clause
#include "encode/heap.h"

#include <algorithm>

#include "base/defaults.h"
#include "encode/bits.h"

namespace torchfits {

HeapColumn::HeapColumn(const Column& column, const MemoryColumn& memory, std::uint64_t rows,
                       std::uint64_t begin)
    : values_(memory.values),
      offsets_(memory.offsets),
      size_(column.form.heap_code),
      begin_(begin) {
  if (column.form.heap_code != 'X') {
    elements_ = FieldEncoder::of_elements(column, memory);
    bytes_ = size_.bytes(static_cast<std::uint64_t>(offsets_[rows]));
    return;
  }
  places_.reserve(rows + 1);
  for (std::uint64_t row = 0; row < rows; ++row) {
    places_.push_back(bytes_);
    bytes_ += size_.bytes(static_cast<std::uint64_t>(offsets_[row + 1] - offsets_[row]));
  }
  places_.push_back(bytes_);
}

Descriptor HeapColumn::descriptor(std::uint64_t row) const noexcept {
  const auto first = offsets_[row];
  const auto count = offsets_[row + 1] - first;
  if (count == 0) return {};
  const auto place =
      places_.empty() ? size_.bytes(static_cast<std::uint64_t>(first)) : places_[row];
  return {count, begin_ + place};
}

void HeapColumn::encode(std::uint64_t from, ByteSpan out) const {
  if (!elements_) return encode_bits(from, out);
  const auto stride = size_.bytes(1);
  (*elements_)({out.data(), stride, from / stride, out.size() / stride});
}

void HeapColumn::encode_bits(std::uint64_t from, ByteSpan out) const {
  const auto after = std::upper_bound(places_.begin(), places_.end(), from);
  auto row = static_cast<std::size_t>(after - places_.begin()) - 1;
  for (std::size_t done = 0; done < out.size(); ++row) {
    const auto inside = from + done - places_[row];
    const auto bytes =
        std::min<std::uint64_t>(places_[row + 1] - places_[row] - inside, out.size() - done);
    const auto first = static_cast<std::uint64_t>(offsets_[row]) + 8 * inside;
    const auto bits = std::min(static_cast<std::uint64_t>(offsets_[row + 1]) - first, 8 * bytes);
    pack_bits(values_ + first, bits, out.data() + done);
    done += bytes;
  }
}

HeapEncoder::HeapEncoder(const MemoryTable& table, std::uint64_t start)
    : of_(table.columns.size(), 0) {
  Part end;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto& column = table.layout.columns[i];
    if (!column.form.in_heap()) continue;
    of_[i] = columns_.size();
    const auto& made =
        columns_.emplace_back(column, table.columns[i], table.layout.rows, start + end.position);
    parts_.push_back(end);
    end.first_piece += (made.bytes() + kMaxRangeBytes - 1) / kMaxRangeBytes;
    end.position += made.bytes();
  }
  parts_.push_back(end);
  bytes_ = end.position;
}

std::uint64_t HeapEncoder::pieces() const noexcept { return parts_.back().first_piece; }

std::size_t HeapEncoder::part_of(std::uint64_t piece) const noexcept {
  const auto after = std::upper_bound(
      parts_.begin(), parts_.end(), piece,
      [](std::uint64_t number, const Part& part) { return number < part.first_piece; });
  return static_cast<std::size_t>(after - parts_.begin()) - 1;
}

std::uint64_t HeapEncoder::position(std::uint64_t piece) const noexcept {
  const auto& part = parts_[part_of(piece)];
  return part.position + (piece - part.first_piece) * kMaxRangeBytes;
}

std::size_t HeapEncoder::operator()(std::uint64_t piece, ByteSpan out) const {
  const auto part = part_of(piece);
  const auto from = (piece - parts_[part].first_piece) * kMaxRangeBytes;
  const auto bytes = std::min<std::uint64_t>(columns_[part].bytes() - from, kMaxRangeBytes);
  columns_[part].encode(from, out.first(bytes));
  return bytes;
}

}  // namespace torchfits
