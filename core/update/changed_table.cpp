// SPDX-License-Identifier: BSD-3-Clause
#include "update/changed_table.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <variant>

#include "base/defaults.h"
#include "base/error.h"
#include "file/data_unit.h"
#include "file/table_reader.h"
#include "fits/block.h"
#include "update/file_pieces.h"

namespace torchfits {
namespace {

FitsError refusal(const HduRecord& hdu, std::string_view what, const std::string& reason) {
  return FitsError::unsupported(std::string(what) + " cannot be changed in place: " + reason +
                                "; read the table, change it, and replace the HDU: f[" +
                                std::to_string(hdu.index) + "] = table")
      .in_hdu(hdu.label());
}

/// Both sums, where one is wanted: they are made together.
void complete_sums(Header& header) {
  for (const auto* keyword : {"CHECKSUM", "DATASUM"}) {
    if (!header.find(keyword))
      header.insert(header.end_of_cards(), Card::make(keyword, std::string("0"), ""));
  }
}

}  // namespace

ChangedTable::ChangedTable(Updater& updater, const File& file, std::size_t index)
    : updater_(&updater), file_(&file), hdu_(&file.hdu(index)), layout_(file.layout(index)) {
  table_ = &table_layout(file, index);
}

ChangedTable ChangedTable::of_binary(Updater& updater, const File& file, std::size_t index,
                                     std::string_view what) {
  auto target = of_rows(updater, file, index);
  if (std::holds_alternative<AsciiTableLayout>(*target.layout_))
    throw refusal(target.hdu(), what, "an ASCII table holds its numbers as text");
  return target;
}

ChangedTable ChangedTable::of_rows(Updater& updater, const File& file, std::size_t index) {
  ChangedTable target(updater, file, index);
  if (std::holds_alternative<CompressedTableLayout>(*target.layout_))
    throw refusal(target.hdu(), "rows", "the table is compressed");
  if (std::holds_alternative<RandomGroupsLayout>(*target.layout_))
    throw refusal(target.hdu(), "groups", "random groups are an old form that is only read");
  file.check_data_present(target.hdu());
  return target;
}

std::uint64_t ChangedTable::end_of_fields() const noexcept {
  if (table_->columns.empty()) return 0;
  const auto& last = table_->columns.back();
  return last.offset + last.width;
}

TableSize ChangedTable::resized(std::uint64_t rows, std::uint64_t row_bytes,
                                std::uint64_t heap_bytes) const {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  const auto main = checked_mul(rows, row_bytes);
  const auto all = main ? checked_add(*main, heap_bytes) : std::nullopt;
  if (!all || *all > kMost)
    throw FitsError(ErrorCode::value, "the table would have more bytes than a file can count");
  return {row_bytes, rows, *main, heap_bytes};
}

bool ChangedTable::grows_in_place(const TableSize& size, const Header& header) const {
  if (!keeps_blocks(*hdu_, header)) return false;
  const auto old = padded(hdu_->data_bytes).value();
  const auto bytes = padded(size.heap_offset + size.heap_bytes);
  if (!bytes || *bytes <= old) return bytes == old;
  return hdu_->index + 1 == file_->count() && updater_->is_free(hdu_->end());
}

DataPatches ChangedTable::append(const HeapEncoder& heap) const {
  const auto end = hdu_->data_offset + table_->heap_offset + table_->heap_bytes;
  DataPatches patches;
  patches.count = heap.pieces();
  patches.range = [&heap, end](std::uint64_t i) {
    const auto first = heap.position(i);
    const auto last = i + 1 < heap.pieces() ? heap.position(i + 1) : heap.bytes();
    return ByteRange{end + first, last - first};
  };
  patches.fill = [&heap](std::uint64_t i, ByteSpan bytes) {
    const Scratch room(kMaxRangeBytes);
    const auto made = heap(i, room.span());
    std::copy_n(room.data(), made, bytes.begin());
  };
  return patches;
}

DataPatches ChangedTable::append(const RowEncoder& rows, std::uint64_t count) const {
  const auto width = table_->row_bytes;
  const auto end = hdu_->data_offset + table_->rows * width;
  const auto block = std::max<std::uint64_t>(1, kMaxRangeBytes / std::max<std::uint64_t>(width, 1));
  DataPatches patches;
  patches.count = width == 0 ? 0 : count / block + (count % block != 0 ? 1 : 0);
  patches.range = [=](std::uint64_t i) {
    return ByteRange{end + i * block * width, std::min(block, count - i * block) * width};
  };
  patches.fill = [=, &rows](std::uint64_t i, ByteSpan bytes) {
    std::fill(bytes.begin(), bytes.end(), std::byte{0});
    rows(i * block, std::min(block, count - i * block), bytes);
  };
  return patches;
}

void ChangedTable::change(const Header& header, const TableSize& size, const DataPatches& patches) {
  const auto used = size.heap_offset + size.heap_bytes;
  const auto end = hdu_->data_offset + used;
  DataPatches padding;
  padding.count = used != hdu_->data_bytes && padded(used).value() > used ? 1 : 0;
  padding.range = [=](std::uint64_t) { return ByteRange{end, padded(used).value() - used}; };
  padding.fill = [](std::uint64_t, ByteSpan bytes) {
    std::fill(bytes.begin(), bytes.end(), std::byte{0});
  };
  // What an interrupted append left there would come to stand behind the table.
  if (padded(used).value() > padded(hdu_->data_bytes).value() && updater_->size() > hdu_->end())
    updater_->cut(hdu_->end());
  change_data(*updater_, *file_, hdu_->index, header, DataPatches::join(patches, padding));
}

TableRewrite ChangedTable::rewrite(const TableSize& size) const {
  TableRewrite rewrite{.source = file_->source(), .data_offset = hdu_->data_offset};
  rewrite.old = size_of(*table_);
  rewrite.size = size;
  rewrite.rows = {{0, size.rows, 0, false}};
  rewrite.fields = {{0, 0, table_->row_bytes}};
  rewrite.blank_padding = std::holds_alternative<AsciiTableLayout>(*layout_);
  return rewrite;
}

void ChangedTable::rebuild(Header header, const TableRewrite& table) {
  const RewrittenTable data(table);
  const bool summed = header.find("CHECKSUM") || header.find("DATASUM");
  if (summed) complete_sums(header);
  FilePieces pieces(*updater_, *file_);
  pieces.keep_hdus(0, hdu_->index);
  pieces.write([&](ByteSink& sink, std::uint64_t offset) {
    return write_data_unit({sink, offset, HduPlace::extension, summed}, header, data);
  });
  pieces.keep_hdus(hdu_->index + 1, file_->count());
  pieces.keep_what_follows();
  updater_->rebuild(pieces.list());
}

void ChangedTable::grow_heap(const HeapEncoder& heap) {
  const auto size = resized(table_->rows, table_->row_bytes, table_->heap_bytes + heap.bytes());
  auto header = hdu_->header;
  set_table_size(header, size);
  auto table = rewrite(size);
  table.new_cells = &heap;
  rebuild(std::move(header), table);
}

}  // namespace torchfits
