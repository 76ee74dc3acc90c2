// SPDX-License-Identifier: BSD-3-Clause
#include "update/hdu_filling.h"

#include <algorithm>
#include <array>
#include <limits>
#include <mutex>
#include <string>
#include <utility>

#include "base/defaults.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/stats.h"
#include "encode/columns.h"
#include "encode/fitted_columns.h"
#include "encode/heap.h"
#include "encode/pixels.h"
#include "encode/stored_values.h"
#include "fits/block.h"
#include "fits/image_header.h"
#include "fits/table_header.h"
#include "platform/temporary_file.h"
#include "update/file_pieces.h"
#include "update/hdu_updates.h"
#include "update/table_updates.h"

namespace torchfits {
namespace {

/// Elements that are converted at once.
constexpr std::uint64_t kPart = 16 * KiB;

/// A header, and data of that many zeros which are not written.
std::uint64_t write_hollow(ByteSink& sink, std::uint64_t offset, Header header,
                           std::optional<std::uint64_t> data_bytes, bool checksum) {
  if (checksum) set_checksums(header, 0);
  const auto blocks = header.to_blocks();
  const auto bytes = data_bytes ? padded(*data_bytes) : std::nullopt;
  const auto end = bytes ? checked_add(offset + blocks.size(), *bytes) : std::nullopt;
  if (!end || *end > std::numeric_limits<std::int64_t>::max())
    throw FitsError(ErrorCode::value, "the data have more bytes than a file can count");
  sink.write_at(offset, std::as_bytes(std::span(blocks)));
  return *end;
}

std::optional<std::uint64_t> bytes_of(const ImageLayout& image) {
  std::optional<std::uint64_t> bytes = info(image.coding.stored).size;
  for (const auto length : image.shape) bytes = bytes ? checked_mul(*bytes, length) : bytes;
  return bytes;
}

/// The type of elements that a filler takes as they are.
ElementType taken_type(const ElementCoding& coding) {
  return coding.rule == ElementCoding::Rule::scale ? coding.stored : coding.natural;
}

/// Values of a section in the type that the filler takes. ErrorCode::value for one that cannot be
/// stored.
Scratch taken_values(const ElementCoding& coding, const SectionValues& values,
                     std::uint64_t count) {
  const StoredValues to_stored(coding, values.type, "BLANK");
  const ElementEncoder natural(coding);  // its own inverse
  const auto size = info(coding.stored).size;
  const auto from_size = info(values.type).size;
  const auto convert = [&](const std::byte* from, std::uint64_t some, std::byte* to) {
    const auto good = to_stored(from, nullptr, static_cast<std::size_t>(some), to);
    if (good < some) throw FitsError(ErrorCode::value, to_stored.problem(from + good * from_size));
    natural.native(to, static_cast<std::size_t>(some), to);
  };
  Scratch taken(static_cast<std::size_t>(count * size));
  std::array<std::byte, 16> alone;
  if (values.alone) convert(values.data, 1, alone.data());
  parallel_for((count + kPart - 1) / kPart, [&](std::size_t part) {
    const auto first = part * kPart;
    const auto end = std::min(count, first + kPart);
    auto* const to = taken.data() + first * size;
    if (!values.alone) return convert(values.data + first * from_size, end - first, to);
    for (auto i = first; i < end; ++i) std::copy_n(alone.data(), size, taken.data() + i * size);
  });
  return taken;
}

}  // namespace

ImageLayout empty_image(const MemoryImage& image, const std::optional<Compression>& compression,
                        const std::optional<IntegerStorage>& integers) {
  ImageLayout layout{image.shape, integers ? integers->coding() : image_storage(image.natural)};
  auto& coding = layout.coding;
  if (!compression || !narrows(compression->algorithm, coding.stored)) return layout;
  if (integers) {
    coding.stored = ElementType::i32;
  } else {
    coding = image_storage(image.natural == ElementType::i64 ? ElementType::i32 : ElementType::u32);
  }
  return layout;
}

TableLayout empty_table(TableLayout columns, std::uint64_t rows) {
  for (const auto& column : columns.columns) {
    if (rows == 0 || !column.form.in_heap()) continue;
    throw FitsError(ErrorCode::value, "rows=" + std::to_string(rows) +
                                          " is for cells of one size, and those of column '" +
                                          column.name +
                                          "' have any length; leave it away, and append the rows");
  }
  constexpr std::uint64_t kLarge = std::uint64_t{1} << 32;
  auto table = lay_out(std::move(columns.columns), rows, kLarge);
  table.heap_bytes = 0;
  return table;
}

std::size_t create_image(Updater& updater, const File* file, const ImageLayout& image,
                         const UserCards& user, bool checksum) {
  const auto place = file == nullptr ? HduPlace::primary : HduPlace::extension;
  const WriteBytes write = [&](ByteSink& sink, std::uint64_t offset) {
    return write_hollow(sink, offset, image_header(image, place, user, checksum), bytes_of(image),
                        checksum);
  };
  if (file != nullptr) {
    FileEnd(updater, *file).finish(updater, write);
    return file->count();
  }
  updater.append(0, write);
  return 0;
}

std::size_t create_table(Updater& updater, const File* file, const TableLayout& table,
                         const UserCards& user, bool checksum) {
  const WriteBytes write = [&](ByteSink& sink, std::uint64_t offset) {
    return write_hollow(sink, offset, table_header(table, user, checksum),
                        checked_mul(table.rows, table.row_bytes), checksum);
  };
  if (file != nullptr) {
    FileEnd(updater, *file).finish(updater, write);
    return file->count();
  }
  updater.append(0, [&](ByteSink& sink, std::uint64_t offset) {
    return write(sink, write_image({sink, offset, HduPlace::primary, checksum}, {}, {}));
  });
  return 1;
}

FileEnd::FileEnd(const Updater& updater, const File& file) {
  const auto& last = file.hdu(file.count() - 1);
  const auto lacking = lacking_padding(file, last, updater.size());
  offset_ = last.end();
  lacking_ = lacking.bytes;
  fill_ = lacking.fill;
}

FileEnd FileEnd::behind(Updater& updater, const File* file, bool checksum) {
  if (file != nullptr) return {updater, *file};
  append_hdu(updater, nullptr, {}, checksum);
  return {updater, File(updater.source())};
}

void FileEnd::put(Updater& updater, const std::function<void(ByteSink&)>& write) const {
  updater.append_part(offset_, write);
}

void FileEnd::finish(Updater& updater, const WriteBytes& write) const {
  updater.append(offset_, [&](ByteSink& sink, std::uint64_t offset) {
    if (lacking_ > 0) write_fill(sink, offset - lacking_, lacking_, fill_);
    return write(sink, offset);
  });
}

void FileEnd::cancel(Updater& updater) const {
  if (updater.size() > offset_) updater.cut(offset_);
}

ImageFilling::ImageFilling(FileEnd end, ImageLayout image, const Compression& wish, UserCards user,
                           bool checksum)
    : end_(end), filler_(std::move(image), wish, std::move(user), checksum) {}

void ImageFilling::fill(Updater& updater, std::span<const AxisSlice> selection,
                        const SectionValues& values) {
  const auto& coding = filler_.layout().image.coding;
  MemoryImage section{taken_type(coding), {}, values.data};
  for (const auto& slice : selection) section.shape.push_back(slice.count);
  const auto count = section.elements();
  if (count == 0) return;
  values.require(count);
  Scratch taken;
  if (values.alone || values.type != section.natural) {
    taken = taken_values(coding, values, count);
    section.data = taken.data();
  }
  const TileSource source(section, filler_.layout(), selection);
  filler_.keep_parts(source, end_.offset(), [&](ByteRange range, ByteSpan into) {
    if (updater.read_at(range.offset, into) != into.size())
      throw FitsError(ErrorCode::changed, "the file became shorter; open it again");
  });
  if (filler_.pending() == 0) return;
  end_.put(updater, [&](ByteSink& sink) { filler_.encode(source, sink, end_.offset()); });
}

void ImageFilling::finish(Updater& updater) {
  end_.finish(updater,
              [&](ByteSink& sink, std::uint64_t offset) { return filler_.finish(sink, offset); });
}

TableFilling::TableFilling(FileEnd end, TableLayout table, UserCards user, bool checksum)
    : end_(end), table_(std::move(table)), user_(std::move(user)), checksum_(checksum) {}

Header TableFilling::header() const { return table_header(table_, user_, checksum_); }

std::uint64_t TableFilling::data() const {
  return end_.offset() + padded(header().text().size() + kCardSize).value();
}

void TableFilling::append_rows(Updater& updater, std::vector<NewColumn> columns) {
  const auto rows = columns.empty() ? 0 : columns.front().rows;
  const auto named = all_columns(table_, std::move(columns));
  const FittedColumns fitted(table_, named, rows);
  const auto heap = cells_behind(fitted.table(), table_.heap_bytes);
  if (rows == 0) return;
  const RowEncoder encode(fitted.table(), heap);
  spill(heap);
  end_.put(updater, [&](ByteSink& sink) { put_rows(sink, encode, rows); });
  for (std::size_t i = 0; i < named.size(); ++i)
    table_.columns[named[i].position].form = fitted.table().layout.columns[i].form;
  table_.rows += rows;
  table_.heap_bytes += heap.bytes();
}

void TableFilling::put_rows(ByteSink& sink, const RowEncoder& encode, std::uint64_t rows) {
  const auto row_bytes = std::max<std::uint64_t>(1, table_.row_bytes);
  const auto block = std::max<std::uint64_t>(1, kMaxRangeBytes / row_bytes);
  const auto to = data();
  sink.reserve(to + (table_.rows + rows) * table_.row_bytes);
  Checksum total;
  std::mutex mutex;
  parallel_for((rows + block - 1) / block, [&](std::size_t i) {
    const auto first = i * block;
    const auto count = std::min(block, rows - first);
    const Scratch room(static_cast<std::size_t>(count * table_.row_bytes));
    encode(first, count, room.span());
    const auto position = (table_.rows + first) * table_.row_bytes;
    sink.write_at(to + position, room.span());
    if (!checksum_) return;
    Checksum sum;
    sum.add(room.span(), position);
    const std::lock_guard lock(mutex);
    total.add(sum);
  });
  sum_.add(total);
}

void TableFilling::spill(const HeapEncoder& heap) {
  if (heap.bytes() == 0) return;
  if (heap_.descriptor() < 0) heap_ = open_temporary_file();
  parallel_for(static_cast<std::size_t>(heap.pieces()), [&](std::size_t piece) {
    const Scratch room(kMaxRangeBytes);
    const auto bytes = heap(piece, room.span());
    heap_.write_at(table_.heap_bytes + heap.position(piece), room.span().first(bytes));
  });
}

void TableFilling::copy_heap(ByteSink& sink) {
  const auto to = data();
  sink.reserve(to + table_.heap_offset + table_.heap_bytes);
  const Scratch room(MiB);
  for (std::uint64_t done = 0; done < table_.heap_bytes; done += room.size()) {
    const auto some = std::min<std::uint64_t>(room.size(), table_.heap_bytes - done);
    const auto bytes = room.span().first(static_cast<std::size_t>(some));
    if (heap_.read_at(done, bytes) != bytes.size())
      throw FitsError(ErrorCode::io, "the temporary file of the heap became shorter");
    sink.write_at(to + table_.heap_offset + done, bytes);
    if (checksum_) sum_.add(bytes, table_.heap_offset + done);
  }
}

void TableFilling::finish(Updater& updater) {
  end_.finish(updater, [&](ByteSink& sink, std::uint64_t offset) {
    table_.heap_offset = table_.rows * table_.row_bytes;
    copy_heap(sink);
    auto cards = header();
    if (checksum_) set_checksums(cards, sum_.value());
    const auto blocks = cards.to_blocks();
    sink.write_at(offset, std::as_bytes(std::span(blocks)));
    return data() + padded(table_.heap_offset + table_.heap_bytes).value();
  });
}

}  // namespace torchfits
