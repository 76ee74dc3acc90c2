// SPDX-License-Identifier: BSD-3-Clause
// HDUs larger than memory: made empty at the end of a file that is changed, then filled in parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "encode/columns.h"
#include "encode/heap.h"
#include "encode/new_table.h"
#include "file/file.h"
#include "file/tiled_image_filler.h"
#include "platform/file.h"
#include "update/image_updates.h"
#include "update/updater.h"

namespace torchfits {

/// How an image is stored of which only shape and natural type are known. ErrorCode::type or
/// ErrorCode::value where it cannot be.
[[nodiscard]] ImageLayout empty_image(const MemoryImage& image,
                                      const std::optional<Compression>& compression,
                                      const std::optional<IntegerStorage>& integers);
/// Columns as they are chosen for a table without rows, but ready for a heap of any size.
/// ErrorCode::value for rows whose cells would lie in the heap.
[[nodiscard]] TableLayout empty_table(TableLayout columns, std::uint64_t rows);

/// An image whose bytes are all 0, and a table of such rows: they belong to the file at once, which
/// has holes there. `file` is the scanned updater.source(), null for a new file. Gives where the
/// HDU stands.
std::size_t create_image(Updater& updater, const File* file, const ImageLayout& image,
                         const UserCards& user, bool checksum);
std::size_t create_table(Updater& updater, const File* file, const TableLayout& table,
                         const UserCards& user, bool checksum);

/// The end of a file, where an HDU grows that nobody sees before it is complete. No other change
/// of the file may come before.
class FileEnd {
 public:
  FileEnd(const Updater& updater, const File& file);
  /// A new file gets an empty primary HDU first, with checksums as wanted.
  static FileEnd behind(Updater& updater, const File* file, bool checksum);

  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }
  void put(Updater& updater, const std::function<void(ByteSink&)>& write) const;
  /// `write` gives where the HDU ends.
  void finish(Updater& updater, const WriteBytes& write) const;
  /// Nothing stays of what was put there.
  void cancel(Updater& updater) const;

 private:
  std::uint64_t offset_;
  std::uint64_t lacking_;  ///< bytes of padding that the last HDU has not
  char fill_;
};

/// A compressed image, filled by sections in any order.
class ImageFilling {
 public:
  ImageFilling(FileEnd end, ImageLayout image, const Compression& wish, UserCards user,
               bool checksum);

  [[nodiscard]] const std::vector<std::uint64_t>& shape() const noexcept {
    return filler_.layout().image.shape;
  }
  /// As write_section() of an image that is not compressed.
  void fill(Updater& updater, std::span<const AxisSlice> selection, const SectionValues& values);
  void finish(Updater& updater);
  void cancel(Updater& updater) const { end_.cancel(updater); }

 private:
  FileEnd end_;
  TiledImageFiller filler_;
};

/// A table that grows by rows. The heap is kept in a temporary file until the last row is there.
class TableFilling {
 public:
  /// `table` has no rows.
  TableFilling(FileEnd end, TableLayout table, UserCards user, bool checksum);

  /// ErrorCode::value where the columns are not those of the table, in any order, or their values
  /// do not fit it.
  void append_rows(Updater& updater, std::vector<NewColumn> columns);
  void finish(Updater& updater);
  void cancel(Updater& updater) const { end_.cancel(updater); }

 private:
  [[nodiscard]] Header header() const;
  [[nodiscard]] std::uint64_t data() const;
  void put_rows(ByteSink& sink, const RowEncoder& encode, std::uint64_t rows);
  void spill(const HeapEncoder& heap);
  void copy_heap(ByteSink& sink);

  FileEnd end_;
  TableLayout table_;  ///< with the rows, the heap and the longest cells of what was appended
  UserCards user_;
  bool checksum_;
  FileHandle heap_{-1};
  Checksum sum_;
};

}  // namespace torchfits
