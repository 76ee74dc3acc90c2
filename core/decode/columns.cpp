// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast:
// - One pass over memory: a part of the block that fits the first-level cache is handed to every
//   column in turn, so a row is fetched from memory once however many columns it has, and each
//   column is written in order, once.
// - One call of a kernel per column and part; inside it nothing is decided: element size, sign
//   convention (an XOR with zero or the sign bit) and the width of short strings are template
//   parameters or loop constants.
// - Cells of several numbers are swapped by shuffles where the CPU has them (base/simd.h).
// - Scalar columns are a strided load, a swap and a store; no byte is copied to a buffer first.
// - Only what needs arithmetic (TSCAL, TZERO, another dtype) is gathered, 4 KiB at a time, for the
//   element decoder.
#include "decode/columns.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "base/bytes.h"
#include "base/defaults.h"
#include "base/error.h"
#include "base/simd.h"
#include "decode/ascii_columns.h"
#include "decode/bits.h"
#include "decode/named_row.h"
#include "decode/nulls.h"
#include "decode/parameter_sum.h"
#include "plan/descriptor.h"

namespace torchfits {
namespace {

/// Bytes of rows that all columns take before the next rows are touched.
constexpr std::uint64_t kPartBytes = 16 * KiB;
constexpr std::uint64_t kPartRows = 16;
/// Buffer of gathered fields.
constexpr std::size_t kGatherBytes = 4 * KiB;

/// Fields of one column in some rows, and where they go.
struct Fields {
  const std::byte* first = nullptr;
  std::ptrdiff_t stride = 0;
  std::size_t rows = 0;
  std::size_t out_row = 0;
  std::uint64_t file_row = 0;
  std::int64_t file_step = 1;
  std::span<const std::int64_t> listed{};  ///< the rows of the table, where no step leads to them

  [[nodiscard]] std::int64_t row_in_file(std::size_t index) const noexcept {
    return listed.empty()
               ? static_cast<std::int64_t>(file_row) + static_cast<std::int64_t>(index) * file_step
               : listed[index];
  }
  /// Null rows have no distance: nothing is added to a pointer that would leave the block.
  [[nodiscard]] const std::byte* row(std::size_t index) const noexcept {
    return first + static_cast<std::ptrdiff_t>(index) * stride;
  }
};

/// Fields by value: of a reference the compiler must think that each element written may change it.
using Kernel = void (*)(RowDecoder::Task&, Fields);

}  // namespace

struct RowDecoder::Task {
  std::uint64_t offset = 0;    ///< of the field in the row
  std::size_t elements = 1;    ///< of a cell
  std::size_t components = 1;  ///< numbers to swap in a cell: two for a complex element
  std::size_t in_bytes = 0;    ///< of a cell as stored, without what TDIM leaves out
  std::size_t out_bytes = 0;   ///< of a cell in the output
  std::byte* data = nullptr;
  std::uint8_t* mask = nullptr;
  Kernel kernel = nullptr;
  Kernel mark_nulls =
      nullptr;  ///< of integer columns with TNULL; counts, and marks where there is a mask
  std::uint64_t flip = 0;  ///< the sign bit, for the unsigned and signed-byte conventions
  std::int64_t null = 0;
  NullKernel find_nulls = nullptr;
  std::uint64_t* heap = nullptr;  ///< of a descriptor: where the cell begins in the heap
  std::optional<ElementDecoder> decode;
  std::optional<AsciiColumn> text;  ///< of an ASCII table
  std::optional<ParameterSum> sum;
  std::string name;
  std::atomic<std::uint64_t> nulls{0};

  [[nodiscard]] std::byte* cell(std::size_t row) const noexcept { return data + row * out_bytes; }
  [[nodiscard]] std::uint8_t* cell_mask(std::size_t row) const noexcept {
    return mask == nullptr ? nullptr : mask + row * elements;
  }
};

namespace {

using Task = RowDecoder::Task;

/// As many rows at a time as fill a vector register: their values are swapped and stored together.
template <std::size_t Size>
struct SwapScalars {
  [[gnu::always_inline]] static inline void run(Task& task, Fields in) {
    using Uint = UintOfSize<Size>;
    constexpr std::size_t kTogether = 16 / Size;
    const auto flip = static_cast<Uint>(task.flip);
    const auto swapped = [&](std::size_t row) {
      return static_cast<Uint>(load_be<Uint>(in.row(row)) ^ flip);
    };
    auto* __restrict__ out = task.cell(in.out_row);
    std::size_t i = 0;
    for (; i + kTogether <= in.rows; i += kTogether) {
      std::array<Uint, kTogether> values;
      for (std::size_t j = 0; j < kTogether; ++j) values[j] = swapped(i + j);
      std::memcpy(out + i * Size, values.data(), sizeof values);
    }
    for (; i < in.rows; ++i) {
      const auto value = swapped(i);
      std::memcpy(out + i * Size, &value, Size);
    }
  }
};

template <std::size_t Size>
struct SwapCells {
  [[gnu::always_inline]] static inline void run(Task& task, Fields in) {
    using Uint = UintOfSize<Size>;
    const auto flip = static_cast<Uint>(task.flip);
    const auto components = task.components;
    for (std::size_t i = 0; i < in.rows; ++i) {
      const auto* __restrict__ from = in.row(i);
      auto* __restrict__ out = task.cell(in.out_row + i);
      for (std::size_t j = 0; j < components; ++j) {
        const auto value = static_cast<Uint>(load_be<Uint>(from + j * Size) ^ flip);
        std::memcpy(out + j * Size, &value, Size);
      }
    }
  }
};

/// Bytes as they are; Width 0: any width.
template <std::size_t Width>
void copy_bytes(Task& task, Fields in) {
  const auto width = Width != 0 ? Width : task.out_bytes;
  auto* out = task.cell(in.out_row);
  for (std::size_t i = 0; i < in.rows; ++i) std::memcpy(out + i * width, in.row(i), width);
}

[[noreturn]] void refuse_logical(const Task& task, Fields in, std::size_t row, std::byte found) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  const auto byte = std::to_integer<unsigned>(found);
  throw FitsError::format(
      "column '" + task.name + "', row " + std::to_string(in.row_in_file(row)) + ": byte 0x" +
      kHex[byte / 16] + kHex[byte % 16] +
      " is no logical value ('T', 'F' or 0x00); select the other columns with columns=[...]");
}

[[noreturn]] void refuse_first_odd_logical(const Task& task, Fields in) {
  for (std::size_t i = 0; i < in.rows; ++i) {
    for (std::size_t j = 0; j < task.elements; ++j) {
      const auto c = in.row(i)[j];
      if (c != std::byte{'T'} && c != std::byte{'F'} && c != std::byte{0})
        refuse_logical(task, in, i, c);
    }
  }
  throw FitsError(ErrorCode::changed, "column '" + task.name + "' changed while it was read");
}

/// No branch depends on the data; what is wrong with them is looked for afterwards.
template <bool Scalar, bool Masked>
void decode_logical(Task& task, Fields in) {
  const std::size_t elements = Scalar ? 1 : task.elements;
  auto* out = task.cell(in.out_row);
  auto* mask = task.cell_mask(in.out_row);
  std::uint64_t nulls = 0;
  unsigned odd = 0;
  for (std::size_t i = 0; i < in.rows; ++i) {
    const auto* from = in.row(i);
    for (std::size_t j = 0; j < elements; ++j) {
      const unsigned is_true = from[j] == std::byte{'T'}, is_null = from[j] == std::byte{0};
      const unsigned is_false = from[j] == std::byte{'F'};
      odd |= 1U ^ (is_true | is_null | is_false);
      nulls += is_null;
      out[i * elements + j] = static_cast<std::byte>(is_true);
      if constexpr (Masked) mask[i * elements + j] = static_cast<std::uint8_t>(is_null);
    }
  }
  if (odd != 0) refuse_first_odd_logical(task, in);
  if (nulls != 0) task.nulls.fetch_add(nulls, std::memory_order_relaxed);
}

Kernel logical_kernel(bool scalar, bool masked) {
  if (scalar) return masked ? decode_logical<true, true> : decode_logical<true, false>;
  return masked ? decode_logical<false, true> : decode_logical<false, false>;
}

void decode_bits(Task& task, Fields in) {
  for (std::size_t i = 0; i < in.rows; ++i) {
    unpack_bits(in.row(i), task.elements, task.cell(in.out_row + i));
  }
}

template <char Code>
void decode_descriptors(Task& task, Fields in) {
  auto* counts = task.cell(in.out_row);
  auto* positions = task.heap + in.out_row;
  for (std::size_t i = 0; i < in.rows; ++i) {
    const auto array = read_descriptor(in.row(i), Code);
    std::memcpy(counts + i * sizeof array.count, &array.count, sizeof array.count);
    positions[i] = array.offset;
  }
}

/// `rows` packed cells, the first of which is that of the row `first` of `in`.
void decode_packed(Task& task, const Fields& in, const std::byte* cells, std::size_t first,
                   std::size_t rows) {
  const auto out_row = in.out_row + first;
  const auto decode = [&](std::size_t from, std::size_t count) {
    const auto row = out_row + from;
    (*task.decode)(cells + from * task.in_bytes, count * task.elements, task.cell(row),
                   row * task.elements);
  };
  decode_naming_row(task.name, rows, decode,
                    [&](std::size_t i) { return in.row_in_file(first + i); });
}

void decode_elements(Task& task, Fields in) {
  if (task.in_bytes * 2 > kGatherBytes) {
    for (std::size_t i = 0; i < in.rows; ++i) decode_packed(task, in, in.row(i), i, 1);
    return;
  }
  std::array<std::byte, kGatherBytes> gathered;
  const auto batch = kGatherBytes / task.in_bytes;
  for (std::size_t done = 0; done < in.rows; done += batch) {
    const auto rows = std::min(batch, in.rows - done);
    for (std::size_t i = 0; i < rows; ++i) {
      std::memcpy(gathered.data() + i * task.in_bytes, in.row(done + i), task.in_bytes);
    }
    decode_packed(task, in, gathered.data(), done, rows);
  }
}

TextFields as_text(Fields in) {
  return {reinterpret_cast<const char*>(in.first),
          in.stride,
          in.rows,
          in.file_row,
          in.file_step,
          in.listed,
          in.out_row};
}

void decode_text(Task& task, Fields in) {
  const auto nulls =
      task.text->decode(as_text(in), task.cell(in.out_row), task.cell_mask(in.out_row));
  if (nulls != 0) task.nulls.fetch_add(nulls, std::memory_order_relaxed);
}

/// Of a string, one byte of the mask.
void mark_text(Task& task, Fields in) {
  auto* mask = task.mask == nullptr ? nullptr : task.mask + in.out_row;
  const auto nulls = task.text->mark(as_text(in), mask);
  if (nulls != 0) task.nulls.fetch_add(nulls, std::memory_order_relaxed);
}

void add_terms(Task& task, Fields in) {
  (*task.sum)(in.first, in.stride, in.rows, task.cell(in.out_row));
}

void mark_nulls(Task& task, Fields in) {
  const auto nulls = task.find_nulls({in.first, in.stride, in.rows, task.elements}, task.null,
                                     task.cell_mask(in.out_row));
  if (nulls != 0) task.nulls.fetch_add(nulls, std::memory_order_relaxed);
}

void mark_none(Task& task, Fields in) {
  std::memset(task.cell_mask(in.out_row), 0, in.rows * task.elements);
}

template <std::size_t Size>
Kernel swap_kernel(std::size_t components) {
  return components == 1 ? compiled<SwapScalars<Size>>(best_simd())
                         : compiled<SwapCells<Size>>(best_simd());
}

Kernel swap_kernel(std::size_t size, std::size_t components) {
  switch (size) {
    case 1: return swap_kernel<1>(components);
    case 2: return swap_kernel<2>(components);
    case 4: return swap_kernel<4>(components);
    default: return swap_kernel<8>(components);
  }
}

Kernel copy_kernel(std::size_t width) {
  switch (width) {
    case 1: return copy_bytes<1>;
    case 2: return copy_bytes<2>;
    case 4: return copy_bytes<4>;
    case 8: return copy_bytes<8>;
    case 12: return copy_bytes<12>;
    case 16: return copy_bytes<16>;
    case 20: return copy_bytes<20>;
    case 32: return copy_bytes<32>;
    default: return copy_bytes<0>;
  }
}

constexpr bool is_complex(ElementType type) noexcept {
  return type == ElementType::c64 || type == ElementType::c128;
}

/// The convention of unsigned integers and signed bytes; any other whole offset keeps the stored
/// type.
bool flips_sign(const ElementCoding& coding) noexcept {
  return coding.rule == ElementCoding::Rule::offset && coding.natural != coding.stored;
}

void plan_numbers(Task& task, const ColumnRequest& request) {
  const auto& coding = request.coding;
  const auto size = info(coding.stored).size;
  const auto flip = flips_sign(coding);
  task.in_bytes = task.elements * size;
  if (request.type != coding.natural || (coding.rule != ElementCoding::Rule::copy && !flip)) {
    task.decode.emplace(coding, request.type);
    task.kernel = decode_elements;
  } else if (size == 1 && !flip) {
    task.kernel = copy_kernel(task.out_bytes);
  } else {
    const std::size_t parts = is_complex(coding.stored) ? 2 : 1;
    task.components = task.elements * parts;
    task.flip = flip ? std::uint64_t{1} << (8 * size - 1) : 0;
    task.kernel = swap_kernel(size / parts, task.components);
  }
}

void plan_nulls(Task& task, const ElementCoding& coding) {
  task.null = coding.null.value_or(0);
  if (coding.null) task.find_nulls = null_kernel(coding.stored, task.null);
  if (task.find_nulls != nullptr) task.mark_nulls = mark_nulls;
  if (task.mark_nulls == nullptr && task.mask != nullptr) task.mark_nulls = mark_none;
}

void plan_text(Task& task, const Column& column, const ColumnRequest& request) {
  task.text.emplace(column, request.coding, request.type);
  const bool characters = column.form.code == 'A';
  task.kernel = characters ? copy_kernel(task.out_bytes) : decode_text;
  if (characters && (task.mask != nullptr || !column.null_text.empty()))
    task.mark_nulls = mark_text;
}

void plan_task(Task& task, const Column& column, const ColumnOutput& output,
               const ColumnRequest& request) {
  task.offset = column.offset;
  task.elements = request.elements;
  task.data = output.data;
  task.mask = output.mask;
  task.heap = output.heap;
  task.name = column.name;
  task.out_bytes = request.cell_bytes(column);
  // A column of zero width has no bytes to decode and no element to mask.
  if (task.elements == 0) return;
  if (column.text) return plan_text(task, column, request);
  if (!column.terms.empty()) {
    task.sum.emplace(column);
    task.kernel = add_terms;
    if (task.mask != nullptr) task.mark_nulls = mark_none;
    return;
  }
  switch (column.form.code) {
    case 'A': task.kernel = copy_kernel(task.out_bytes); break;
    case 'L': task.kernel = logical_kernel(task.elements == 1, task.mask != nullptr); break;
    case 'X': task.kernel = decode_bits; break;
    case 'P': task.kernel = decode_descriptors<'P'>; return;
    case 'Q': task.kernel = decode_descriptors<'Q'>; return;
    default: plan_numbers(task, request);
  }
  if (column.form.code != 'L') plan_nulls(task, request.coding);
}

/// Every column takes its fields of some rows, of which `rows.first` is where the selected bytes of
/// the first begin.
void run_tasks(std::vector<Task>& tasks, const Fields& rows, std::uint64_t first_byte) {
  Fields fields = rows;
  for (auto& task : tasks) {
    if (task.kernel == nullptr) continue;
    fields.first = rows.first + (task.offset - first_byte);
    task.kernel(task, fields);
    if (task.mark_nulls != nullptr) task.mark_nulls(task, fields);
  }
}

/// Short rows in few steps, the last of which overlaps the one before: memcpy would be a call.
void copy_row(std::byte* to, const std::byte* from, std::size_t bytes) {
  const auto in_steps = [&]<std::size_t Step>() {
    for (std::size_t i = 0; i + Step < bytes; i += Step) std::memcpy(to + i, from + i, Step);
    std::memcpy(to + bytes - Step, from + bytes - Step, Step);
  };
  if (bytes >= 16) return in_steps.operator()<16>();
  if (bytes >= 4) return in_steps.operator()<4>();
  in_steps.operator()<1>();
}

std::uint64_t product(const std::vector<std::uint64_t>& shape) {
  std::uint64_t elements = 1;
  for (const auto size : shape)
    elements *= size;  // at most the repeat count: checked with the layout
  return elements;
}

}  // namespace

std::uint64_t ColumnRequest::cell_bytes(const Column& column) const noexcept {
  return elements * (column.form.in_heap() ? sizeof(std::int64_t) : info(type).size);
}

ColumnRequest request_column(const Column& column, bool scaled) {
  ColumnRequest request;
  const bool in_heap = column.form.in_heap();
  request.elements = in_heap ? column.form.repeat : product(column.shape);
  if (column.form.code == 'A') request.elements *= column.characters;
  request.coding = scaled ? column.coding : column.coding.unscaled();
  request.type = request.coding.natural;
  return request;
}

RowDecoder::RowDecoder(const TableLayout& table, std::vector<ColumnOutput> outputs,
                       std::vector<ColumnRequest> requests)
    : table_(table), tasks_(outputs.size()) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    plan_task(tasks_[i], table.columns[outputs[i].column], outputs[i], requests[i]);
  }
}

RowDecoder::~RowDecoder() = default;

void RowDecoder::operator()(const RowBlock& block, ByteView bytes) {
  if (block.rows == 0) return;
  if (!block.listed.empty()) return decode_listed(block, bytes);
  const auto distance =
      static_cast<std::uint64_t>(block.row_stride < 0 ? -block.row_stride : block.row_stride);
  const auto part = std::max(kPartRows, kPartBytes / std::max<std::uint64_t>(distance, 1));
  const auto* origin = bytes.data() + (block.row_stride < 0 ? (block.rows - 1) * distance : 0);
  const auto row_bytes = static_cast<std::int64_t>(std::max<std::uint64_t>(table_.row_bytes, 1));
  for (std::uint64_t done = 0; done < block.rows; done += part) {
    Fields fields;
    fields.stride = static_cast<std::ptrdiff_t>(block.row_stride);
    fields.rows = std::min(part, block.rows - done);
    fields.out_row = block.out_row + done;
    fields.file_step = block.row_stride / row_bytes;
    fields.file_row = block.file_row + done * static_cast<std::uint64_t>(fields.file_step);
    fields.first = origin + static_cast<std::ptrdiff_t>(done) * fields.stride;
    run_tasks(tasks_, fields, block.first_byte);
  }
}

/// Rows that lie unevenly are packed, a part at a time, so that the kernels see even ones.
void RowDecoder::decode_listed(const RowBlock& block, ByteView bytes) {
  std::array<std::byte, kPartBytes> packed;
  const auto row_bytes = block.hull_bytes;
  const bool pack = row_bytes * 2 <= kPartBytes;
  const std::uint64_t part = pack ? kPartBytes / row_bytes : 1;
  for (std::uint64_t done = 0; done < block.rows; done += part) {
    Fields fields;
    fields.stride = static_cast<std::ptrdiff_t>(row_bytes);
    fields.rows = std::min(part, block.rows - done);
    fields.out_row = block.out_row + done;
    fields.listed = block.listed.subspan(done, fields.rows);
    const auto row = [&](std::size_t i) {
      return bytes.data() + (fields.listed[i] - block.listed[0]) * block.row_stride;
    };
    fields.first = pack ? packed.data() : row(0);
    for (std::size_t i = 0; pack && i < fields.rows; ++i)
      copy_row(packed.data() + i * row_bytes, row(i), row_bytes);
    run_tasks(tasks_, fields, block.first_byte);
  }
}

std::uint64_t RowDecoder::nulls(std::size_t output) const {
  return tasks_[output].nulls.load(std::memory_order_relaxed);
}

}  // namespace torchfits
