// SPDX-License-Identifier: BSD-3-Clause
#include "file/ascii_table_writer.h"

#include <algorithm>

#include "base/defaults.h"
#include "fits/ascii_header.h"

namespace torchfits {
namespace {

/// Blocks of whole rows.
class TextBlocks final : public DataBlocks {
 public:
  explicit TextBlocks(const MemoryAsciiTable& ascii) : ascii_(ascii), layout_(ascii.table.layout) {
    if (layout_.row_bytes > 0)
      rows_ = std::max<std::uint64_t>(1, kMaxRangeBytes / layout_.row_bytes);
  }

  [[nodiscard]] std::uint64_t bytes() const override { return layout_.heap_offset; }
  [[nodiscard]] std::uint64_t blocks() const override {
    return layout_.row_bytes == 0 ? 0 : (layout_.rows + rows_ - 1) / rows_;
  }
  [[nodiscard]] std::uint64_t position(std::uint64_t block) const override {
    return block * rows_ * layout_.row_bytes;
  }
  /// A row longer than a block is a block by itself.
  [[nodiscard]] std::size_t room() const override {
    return std::max<std::uint64_t>(kMaxRangeBytes, layout_.row_bytes);
  }
  [[nodiscard]] ByteView block(std::uint64_t number, ByteSpan room) const override {
    const auto first = number * rows_;
    const auto count = std::min(rows_, layout_.rows - first);
    const auto out = room.first(static_cast<std::size_t>(count * layout_.row_bytes));
    encode_ascii_rows(ascii_, first, count, out);
    return out;
  }
  /// Section 7.2.3: blanks.
  [[nodiscard]] char fill() const override { return ' '; }

 private:
  const MemoryAsciiTable& ascii_;
  const TableLayout& layout_;
  std::uint64_t rows_ = 1;
};

}  // namespace

std::uint64_t write_ascii_table(const HduTarget& target, const MemoryAsciiTable& ascii,
                                const UserCards& user) {
  return write_data_unit(target, ascii_table_header(ascii.table.layout, user, target.checksum),
                         TextBlocks(ascii));
}

}  // namespace torchfits
