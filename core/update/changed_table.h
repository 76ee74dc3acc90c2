// SPDX-License-Identifier: BSD-3-Clause
// A table of a file that is changed: whether it may be, where it grows in place, and how it is
// written anew.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "update/data_change.h"
#include "update/rewritten_table.h"

namespace torchfits {

class ChangedTable {
 public:
  /// ErrorCode::unsupported, with the way out, for a table whose `what` cannot change: of text,
  /// compressed, of random groups.
  static ChangedTable of_binary(Updater& updater, const File& file, std::size_t index,
                                std::string_view what);
  /// Rows of text may go, too.
  static ChangedTable of_rows(Updater& updater, const File& file, std::size_t index);

  /// work(*this); its errors name the HDU.
  template <class Work>
  void run(Work&& work) {
    try {
      work(*this);
    } catch (FitsError& error) {
      error.in_hdu(hdu_->label());
      throw;
    }
  }

  [[nodiscard]] const HduRecord& hdu() const noexcept { return *hdu_; }
  [[nodiscard]] const TableLayout& table() const noexcept { return *table_; }
  /// Where a column behind the last begins in a row.
  [[nodiscard]] std::uint64_t end_of_fields() const noexcept;

  /// The heap right behind the rows. ErrorCode::value for more bytes than a table can have.
  [[nodiscard]] TableSize resized(std::uint64_t rows, std::uint64_t row_bytes,
                                  std::uint64_t heap_bytes) const;

  /// Whether a table of that size, larger than it was, takes no other bytes of the file than its
  /// own, the padding, and those behind the last HDU.
  [[nodiscard]] bool grows_in_place(const TableSize& size, const Header& header) const;
  /// New cells behind the heap; new rows behind the others, where no heap follows.
  [[nodiscard]] DataPatches append(const HeapEncoder& heap) const;
  [[nodiscard]] DataPatches append(const RowEncoder& rows, std::uint64_t count) const;
  /// Rows and heap of a table that grows in place, and its padding.
  void change(const Header& header, const TableSize& size, const DataPatches& patches);

  /// All rows and fields as they are, in a table of that size.
  [[nodiscard]] TableRewrite rewrite(const TableSize& size) const;
  /// The file anew, with another table in the place of this one.
  void rebuild(Header header, const TableRewrite& table);
  /// The file anew: this table has a longer heap, to whose new part no row points.
  void grow_heap(const HeapEncoder& heap);

 private:
  ChangedTable(Updater& updater, const File& file, std::size_t index);

  Updater* updater_;
  const File* file_;
  const HduRecord* hdu_;
  std::shared_ptr<const Layout> layout_;
  const TableLayout* table_ = nullptr;
};

}  // namespace torchfits
