// SPDX-License-Identifier: BSD-3-Clause
// Any bytes, taken for a FITS file, compressed or not: every HDU laid out, its image or table read
// whole and by a selection, or refused with a FitsError. What a selection gives is what the whole
// read has at the same places, and no header makes an output larger than its file allows.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/error.h"
#include "file/image_reader.h"
#include "file/table_inflater.h"
#include "file/table_reader.h"
#include "file/tile_reader.h"
#include "io/compression.h"
#include "io/memory_source.h"
#include "io/stream_source.h"

namespace {

using namespace torchfits;

constexpr std::uint64_t kMostInflated = 1U << 20;
constexpr std::uint64_t kMostOutput = 1U << 20;
constexpr std::size_t kMostHdus = 32;

void require(bool holds) {
  if (!holds) std::abort();
}

/// The beginning of a stream: a few bytes may inflate to very many.
class Beginning final : public ByteStream {
 public:
  explicit Beginning(std::unique_ptr<ByteStream> stream) : stream_(std::move(stream)) {}

  std::size_t read(ByteSpan into) override {
    const auto got = stream_->read(into.first(std::min(into.size(), left_)));
    left_ -= got;
    return got;
  }

 private:
  std::unique_ptr<ByteStream> stream_;
  std::size_t left_ = kMostInflated;
};

std::shared_ptr<const ByteSource> open(ByteView bytes) {
  auto source = borrow_bytes(bytes, nullptr);
  const auto kind = detect_compression(bytes.first(std::min<std::size_t>(bytes.size(), 6)));
  if (kind == OuterCompression::none) return source;
  return retain_stream(std::make_unique<Beginning>(make_inflater(kind, std::move(source))), "fuzz");
}

/// Numbers that follow from the input, taken from its end.
class Choices {
 public:
  explicit Choices(ByteView bytes) : bytes_(bytes) {}

  /// Below `limit`, which is not 0.
  std::uint64_t below(std::uint64_t limit) {
    std::uint64_t number = 0;
    for (int i = 0; i < 2 && !bytes_.empty(); ++i) {
      number = number * 256 + std::to_integer<std::uint64_t>(bytes_[bytes_.size() - 1 - at_]);
      at_ = (at_ + 1) % bytes_.size();
    }
    return number % limit;
  }

  AxisSlice slice(std::uint64_t length) {
    if (length == 0) return {};
    const auto start = below(length);
    const auto step = 1 + below(std::min<std::uint64_t>(length, 9));
    const bool down = below(2) == 1;
    const auto room = (down ? start : length - 1 - start) / step;
    const auto count = room + 1 - below(std::min<std::uint64_t>(room + 1, 3));
    const auto signed_step = static_cast<std::int64_t>(step);
    return {static_cast<std::int64_t>(start), down ? -signed_step : signed_step, count};
  }

 private:
  ByteView bytes_;
  std::size_t at_ = 0;
};

/// Nothing where it does not fit 64 bits; a zero hides what the others would overflow to.
std::optional<std::uint64_t> product(std::span<const std::uint64_t> lengths) {
  if (std::find(lengths.begin(), lengths.end(), 0U) != lengths.end()) return 0;
  std::optional<std::uint64_t> result = 1;
  for (const auto length : lengths) result = result ? checked_mul(*result, length) : result;
  return result;
}

std::vector<std::uint64_t> counts_of(std::span<const AxisSlice> selection) {
  std::vector<std::uint64_t> counts;
  for (const auto& slice : selection) counts.push_back(slice.count);
  return counts;
}

using Bytes = std::vector<std::byte>;

/// The selection in an array of its own, exactly as large as it must be; nothing where it is large.
std::optional<Bytes> read_selection(const File& file, std::size_t hdu, const ImageRequest& request,
                                    ElementType type) {
  const auto counts = counts_of(request.selection);
  const auto elements = product(counts).value();
  if (elements * info(type).size > kMostOutput) return std::nullopt;
  Bytes values(elements * info(type).size);
  const std::vector<std::uint64_t> origin(counts.size(), 0);
  read_image(file, hdu, request, {type, values.data(), counts, origin});
  return values;
}

/// Position in the whole image of the `index`-th element of a selection, C order.
std::uint64_t position(std::uint64_t index, std::span<const std::uint64_t> shape,
                       std::span<const AxisSlice> selection) {
  std::uint64_t place = 0, stride = 1;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    const auto& [start, step, count] = selection[axis];
    place += static_cast<std::uint64_t>(start + static_cast<std::int64_t>(index % count) * step) *
             stride;
    index /= count;
    stride *= shape[axis];
  }
  return place;
}

void read_one_image(const File& file, const HduRecord& hdu, Choices& choices) {
  const auto& layout = image_layout(file, hdu.index);
  file.check_data_present(hdu);
  const auto stored = info(layout.coding.stored).size;
  const auto elements = product(layout.shape);
  require(elements.has_value());
  const auto held = file.layout(hdu.index);
  if (const auto* tiled = std::get_if<TiledImageLayout>(held.get())) {
    check_plausible(*tiled);
  } else {
    require(*elements <= hdu.data_bytes / stored);
  }
  const bool scaled = choices.below(4) != 0;
  const auto type = scaled ? layout.coding.natural : layout.coding.stored;
  std::vector<AxisSlice> selection;
  for (const auto length : layout.shape) selection.push_back(choices.slice(length));
  const auto all = read_selection(file, hdu.index, {whole(layout.shape), scaled}, type);
  const auto some = read_selection(file, hdu.index, {selection, scaled}, type);
  if (!all || !some) return;
  const auto size = info(type).size;
  for (std::uint64_t i = 0; i < some->size() / size; ++i) {
    const auto from = position(i, layout.shape, selection) * size;
    require(std::memcmp(some->data() + i * size, all->data() + from, size) == 0);
  }
  const auto target = kElementTypes[choices.below(kElementTypes.size())].type;
  static_cast<void>(read_selection(file, hdu.index, {selection, scaled}, target));
}

/// Some columns of some rows.
struct TableRead {
  std::vector<ColumnRequest> requests;
  std::vector<Bytes> values;
  std::vector<std::vector<std::uint8_t>> masks;

  [[nodiscard]] std::uint64_t cell_bytes(std::size_t i) const {
    return requests[i].elements * info(requests[i].type).size;
  }
};

TableRead read_rows(const File& file, std::size_t hdu, const RowSelection& rows, bool scaled) {
  const auto& table = table_layout(file, hdu);
  TableRead read;
  std::vector<ColumnOutput> outputs;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const char code = table.columns[i].form.code;
    if (code == 'P' || code == 'Q') continue;
    auto request = request_column(table.columns[i], scaled);
    const auto elements = rows.count * request.elements;
    if (elements * info(request.type).size > kMostOutput) continue;
    read.values.emplace_back(elements * info(request.type).size);
    const bool text = table.columns[i].text && code == 'A';  // null as a whole
    const auto marks = code == 'C' || code == 'M' ? 0 : text ? rows.count : elements;
    read.masks.emplace_back(elements == 0 ? 0 : marks, std::uint8_t{2});
    read.requests.push_back(std::move(request));
    auto* mask = read.masks.back().empty() ? nullptr : read.masks.back().data();
    outputs.push_back({i, read.values.back().data(), mask});
  }
  const auto nulls = read_table(table_data(file, hdu), rows, outputs, read.requests);
  for (std::size_t i = 0; i < nulls.size(); ++i) {
    const auto& mask = read.masks[i];
    require(mask.empty() || nulls[i] == std::accumulate(mask.begin(), mask.end(), std::uint64_t{}));
  }
  return read;
}

/// Row `row` of `all` is row `out` of `some`.
void expect_same_row(const TableRead& all, std::uint64_t row, const TableRead& some,
                     std::uint64_t out) {
  for (std::size_t i = 0; i < all.requests.size(); ++i) {
    const auto size = all.cell_bytes(i);
    const auto* from = all.values[i].data() + row * size;
    require(size == 0 || std::memcmp(some.values[i].data() + out * size, from, size) == 0);
  }
}

/// A column of variable length.
struct CellsRead {
  std::vector<std::int64_t> offsets;
  std::vector<std::uint64_t> positions;
  Bytes values;
};

/// Nothing where it is large.
std::optional<CellsRead> read_cells(const TableData& table, std::size_t column,
                                    const RowSelection& rows, bool scaled) {
  const auto request = request_column(table.layout.columns[column], scaled);
  CellsRead read{
      std::vector<std::int64_t>(rows.count + 1), std::vector<std::uint64_t>(rows.count), {}};
  auto* counts = reinterpret_cast<std::byte*>(read.offsets.data() + 1);
  read_table(table, rows, {{column, counts, nullptr, read.positions.data()}}, {request});
  const auto cells = place_cells(table.layout, column, rows, read.offsets, read.positions);
  const auto elements = static_cast<std::uint64_t>(read.offsets.back());
  if (elements * info(request.type).size > kMostOutput) return std::nullopt;
  read.values.resize(elements * info(request.type).size);
  std::vector<std::uint8_t> mask(elements, std::uint8_t{2});
  const char code = table.layout.columns[column].form.heap_code;
  const bool nullable = request.coding.null || code == 'L';
  const HeapOutput output{column, request, cells, read.values.data(),
                          nullable ? mask.data() : nullptr};
  const auto found = read_heap(table, rows, {&output, 1}).front();
  require(!nullable || found.numeric_logicals ||
          found.nulls == std::accumulate(mask.begin(), mask.end(), std::uint64_t{}));
  return read;
}

/// Some rows of each column of variable length are those rows of the whole.
void read_heaps(const TableData& table, const AxisSlice& slice, bool scaled) {
  const RowSelection all{0, 1, table.layout.rows, {}};
  for (std::size_t i = 0; i < table.layout.columns.size(); ++i) {
    if (!table.layout.columns[i].form.in_heap()) continue;
    const auto whole = read_cells(table, i, all, scaled);
    const auto some = read_cells(table, i, {slice.start, slice.step, slice.count, {}}, scaled);
    if (!whole || !some) continue;
    const auto size = info(request_column(table.layout.columns[i], scaled).type).size;
    for (std::uint64_t out = 0; out < slice.count; ++out) {
      const auto row =
          static_cast<std::uint64_t>(slice.start + static_cast<std::int64_t>(out) * slice.step);
      const auto count = some->offsets[out + 1] - some->offsets[out];
      require(count == whole->offsets[row + 1] - whole->offsets[row]);
      const auto bytes = static_cast<std::size_t>(count) * size;
      const auto* one = some->values.data() + static_cast<std::size_t>(some->offsets[out]) * size;
      const auto* other =
          whole->values.data() + static_cast<std::size_t>(whole->offsets[row]) * size;
      require(bytes == 0 || std::memcmp(one, other, bytes) == 0);
    }
  }
}

void read_one_table(const File& file, const HduRecord& hdu, Choices& choices) {
  const auto& table = table_layout(file, hdu.index);
  file.check_data_present(hdu);
  const auto main = checked_mul(table.rows, table.row_bytes);
  require(main && *main <= hdu.data_bytes);
  if (table.rows > kMostOutput) return;
  const bool scaled = choices.below(4) != 0;
  const auto all = read_rows(file, hdu.index, {0, 1, table.rows, {}}, scaled);
  const auto rows = choices.slice(table.rows);
  const auto some = read_rows(file, hdu.index, {rows.start, rows.step, rows.count, {}}, scaled);
  std::vector<std::int64_t> list;
  for (std::uint64_t i = 0; table.rows != 0 && i < std::min<std::uint64_t>(table.rows, 40); ++i) {
    list.push_back(static_cast<std::int64_t>(choices.below(table.rows)));
  }
  const auto listed = read_rows(file, hdu.index, {0, 1, list.size(), list}, scaled);
  if (all.requests.size() != some.requests.size() || all.requests.size() != listed.requests.size())
    return;
  for (std::uint64_t i = 0; i < rows.count; ++i) {
    const auto row = rows.start + static_cast<std::int64_t>(i) * rows.step;
    expect_same_row(all, static_cast<std::uint64_t>(row), some, i);
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    expect_same_row(all, static_cast<std::uint64_t>(list[i]), listed, i);
  }
  read_heaps(table_data(file, hdu.index), rows, scaled);
}

/// The rows of a compressed table, of all columns and of one: the same bytes.
void read_compressed(const File& file, const HduRecord& hdu, const CompressedTableLayout& layout,
                     Choices& choices) {
  file.check_data_present(hdu);
  const auto& held = layout.held;
  if (layout.held_bytes() > kMostOutput || held.columns.empty()) return;
  const RowSelection rows{0, 1, held.rows, {}};
  std::vector<std::size_t> all(held.columns.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const std::size_t one = choices.below(all.size());
  const CompressedTableData data{file.source(), hdu.data_offset, layout};
  const auto whole = inflate_table(data, all, rows), part = inflate_table(data, {&one, 1}, rows);
  const auto& column = held.columns[one];
  Bytes expected(column.width), found(column.width);
  for (std::uint64_t row = 0; row < held.rows; ++row) {
    const ByteRange cell{row * held.row_bytes + column.offset, column.width};
    whole->read(cell, expected);
    part->read(cell, found);
    require(column.form.in_heap() || expected == found);
  }
}

/// A name finds the first HDU that has it, and the name of a column that column.
void look_up(const File& file, const HduRecord& hdu, const Layout& layout) {
  require(file.find(hdu.name(), hdu.version()) <= hdu.index);
  const auto* table = find_table(layout);
  if (table == nullptr) return;
  for (std::size_t i = 0; i < table->columns.size(); ++i) {
    require(find_column(*table, table->columns[i].name) == i);
  }
}

void read_hdu(const File& file, std::size_t index, Choices& choices) {
  const auto& hdu = file.hdu(index);
  const auto layout = file.layout(index);
  look_up(file, hdu, *layout);
  if (find_table(*layout) != nullptr) {
    read_one_table(file, hdu, choices);
  } else if (const auto* compressed = std::get_if<CompressedTableLayout>(layout.get())) {
    read_compressed(file, hdu, *compressed, choices);
  } else {
    read_one_image(file, hdu, choices);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    const File file(open(bytes));
    const auto count = std::min(file.count(), kMostHdus);
    Choices choices(bytes);
    for (std::size_t index = 0; index < count; ++index) {
      try {
        read_hdu(file, index, choices);
      } catch (const FitsError&) {
        continue;
      }
    }
    static_cast<void>(file.hdus_with_data());
    static_cast<void>(file.take_warnings());
    static_cast<void>(file.first_with_data(File::Want::image));
  } catch (const FitsError&) {
    return 0;
  }
  return 0;
}
