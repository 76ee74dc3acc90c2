// SPDX-License-Identifier: BSD-3-Clause
// The Arrow C data interface as PyCapsules: tables given away, and tables taken.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "arrow/bits.h"
#include "arrow/columns.h"
#include "arrow/export.h"
#include "arrow/field.h"
#include "arrow/text.h"
#include "arrow/view.h"
#include "base/error.h"
#include "bindings.h"
#include "fits/tform.h"
#include "source.h"
#include "tensor.h"

namespace nb = nanobind;
using namespace nb::literals;
using namespace torchfits;

namespace {

constexpr const char* kStreamName = "arrow_array_stream";
constexpr const char* kSchemaName = "arrow_schema";
constexpr const char* kArrayName = "arrow_array";

/// Text that takes no more is padded, however much of it are blanks.
constexpr std::uint64_t kFewBytes = std::uint64_t{1} << 26;

/// The struct of a capsule that nobody has taken is released with the capsule.
template <class Struct>
nb::object to_capsule(std::unique_ptr<Struct> filled, const char* name) {
  const auto destroy = [](PyObject* capsule) {
    auto* const held =
        static_cast<Struct*>(PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule)));
    if (held != nullptr && held->release != nullptr) held->release(held);
    delete held;
  };
  auto capsule = nb::steal(PyCapsule_New(filled.get(), name, destroy));
  if (!capsule.is_valid()) {
    filled->release(filled.get());
    nb::raise_python_error();
  }
  filled.release();
  return capsule;
}

/// Takes what a capsule holds: the receiver is its only owner then.
template <class Struct>
class Taken {
 public:
  Taken() = default;
  Taken(nb::handle capsule, const char* name) {
    auto* const held = static_cast<Struct*>(PyCapsule_GetPointer(capsule.ptr(), name));
    if (held == nullptr) nb::raise_python_error();
    if (held->release == nullptr)
      throw FitsError(ErrorCode::value, "these Arrow data were taken already; ask for them again");
    value = *held;
    held->release = nullptr;
  }
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;
  ~Taken() {
    if (value.release != nullptr) value.release(&value);
  }

  Struct value{};
};

using ForeignArray = Taken<ArrowArray>;

// ---------------------------------------------------------------------------------------- giving

bool is_finalizing() {
#if PY_VERSION_HEX >= 0x030D0000
  return Py_IsFinalizing() != 0;
#else
  return _Py_IsFinalizing() != 0;
#endif
}

/// Keeps a Python object alive for an owner that may let go on any thread, without the GIL. An
/// interpreter that ends lets nobody in: the object stays then.
std::shared_ptr<const void> keep_alive(nb::handle object) {
  return {nb::borrow(object).release().ptr(), [](const void* held) {
            if (Py_IsInitialized() == 0 || (is_finalizing() && PyGILState_Check() == 0)) return;
            const nb::gil_scoped_acquire gil;
            Py_DECREF(static_cast<PyObject*>(const_cast<void*>(held)));
          }};
}

const void* address_of(nb::handle tensor) {
  return PyLong_AsVoidPtr(nb::object(tensor.attr("data_ptr")()).ptr());
}

/// (name, format, metadata, length, null count, buffers, children); the format of numbers is empty
/// and follows from the dtype of the values.
ArrowNode node_of(nb::handle described, const std::shared_ptr<const void>& owner) {
  const auto parts = nb::cast<nb::tuple>(described);
  ArrowNode node;
  node.owner = owner;
  node.name = nb::cast<std::string>(parts[0]);
  node.format = nb::cast<std::string>(parts[1]);
  for (const auto [key, value] : nb::cast<nb::dict>(parts[2]))
    node.metadata.emplace_back(nb::cast<std::string>(key), nb::cast<std::string>(value));
  node.length = nb::cast<std::int64_t>(parts[3]);
  node.null_count = nb::cast<std::int64_t>(parts[4]);
  const auto buffers = nb::cast<nb::tuple>(parts[5]);
  for (const auto buffer : buffers)
    node.buffers.push_back(buffer.is_none() ? nullptr : address_of(buffer));
  if (node.format.empty()) {
    const auto element = element_type_of_dtype(buffers[1].attr("dtype"));
    node.format = ArrowType{ArrowKind::number, element}.format();
  }
  for (const auto child : nb::cast<nb::tuple>(parts[6]))
    node.children.push_back(node_of(child, owner));
  return node;
}

nb::object give_stream(const nb::tuple& table) {
  auto node = std::make_shared<const ArrowNode>(node_of(table, keep_alive(table)));
  auto stream = std::make_unique<ArrowArrayStream>();
  export_arrow_stream(std::move(node), stream.get());
  return to_capsule(std::move(stream), kStreamName);
}

nb::object give_schema(const nb::tuple& table) {
  auto schema = std::make_unique<ArrowSchema>();
  export_arrow_schema(node_of(table, nullptr), schema.get());
  return to_capsule(std::move(schema), kSchemaName);
}

nb::object pack_bits(nb::handle bools, bool one) {
  const auto count = nb::cast<std::uint64_t>(bools.attr("numel")());
  const std::uint64_t shape[] = {arrow_bit_bytes(count)};
  auto packed = empty_tensor(shape, ElementType::u8, false);
  const auto* const bytes = static_cast<const std::uint8_t*>(address_of(bools));
  const nb::gil_scoped_release no_gil;
  pack_arrow_bits(bytes, count, one, reinterpret_cast<std::uint8_t*>(packed.data));
  return std::move(packed.tensor);
}

/// The bytes of a text column; with offsets, or `count` of `width` bytes.
FitsText text_of(nb::handle data, nb::handle offsets, std::size_t count, std::size_t width) {
  FitsText text{static_cast<const char*>(address_of(data)), count, width};
  if (!offsets.is_none()) text.offsets = static_cast<const std::int64_t*>(address_of(offsets));
  return text;
}

bool text_is_ascii(nb::handle data, nb::handle offsets, std::size_t count, std::size_t width) {
  const auto text = text_of(data, offsets, count, width);
  const nb::gil_scoped_release no_gil;
  return !beyond_ascii(text);
}

template <class Offset>
nb::object text_buffers(const FitsText& text, TextCoding coding) {
  const std::uint64_t places[] = {text.count + 1};
  auto offsets = empty_tensor(places, element_type_of<Offset>, false);
  auto* const first = reinterpret_cast<Offset*>(offsets.data);
  {
    const nb::gil_scoped_release no_gil;
    write_text_offsets(text, coding, first);
  }
  const std::uint64_t size[] = {static_cast<std::uint64_t>(first[text.count])};
  auto bytes = empty_tensor(size, ElementType::u8, false);
  {
    const nb::gil_scoped_release no_gil;
    write_text_bytes(text, coding, first, reinterpret_cast<char*>(bytes.data));
  }
  return nb::make_tuple(offsets.tensor, bytes.tensor);
}

/// (data, offsets or None, count, width), (as UTF-8, with offsets of 64 bits) -> (offsets, bytes)
nb::object pack_text(const nb::tuple& parts, const nb::tuple& form) {
  const auto text =
      text_of(parts[0], parts[1], nb::cast<std::size_t>(parts[2]), nb::cast<std::size_t>(parts[3]));
  const auto coding = nb::cast<bool>(form[0]) ? TextCoding::utf8 : TextCoding::bytes;
  return nb::cast<bool>(form[1]) ? text_buffers<std::int64_t>(text, coding)
                                 : text_buffers<std::int32_t>(text, coding);
}

// ---------------------------------------------------------------------------------------- taking

/// What other libraries sent, and what it keeps alive.
struct Foreign {
  Taken<ArrowSchema> schema;
  std::vector<std::shared_ptr<ForeignArray>> batches;
};

/// What a call that failed left in `out` is nobody's.
template <class Struct>
void check_stream(int failed, ArrowArrayStream& stream, Struct& out) {
  if (failed == 0) return;
  out.release = nullptr;
  const char* const why =
      stream.get_last_error == nullptr ? nullptr : stream.get_last_error(&stream);
  const std::string said =
      why != nullptr ? why : "error number " + std::to_string(failed) + ", without a reason";
  throw FitsError(ErrorCode::value, "the Arrow stream failed: " + said);
}

/// Python of another library may run in there, on threads of its own.
void drain(nb::handle capsule, Foreign& foreign) {
  Taken<ArrowArrayStream> taken(capsule, kStreamName);
  auto& stream = taken.value;
  if (stream.get_schema == nullptr || stream.get_next == nullptr) {
    throw FitsError(ErrorCode::value,
                    "malformed Arrow stream: it has no get_schema or no get_next; report it to the "
                    "library that made it");
  }
  const nb::gil_scoped_release no_gil;
  auto& schema = foreign.schema.value;
  check_stream(stream.get_schema(&stream, &schema), stream, schema);
  for (;;) {
    auto batch = std::make_shared<ForeignArray>();
    check_stream(stream.get_next(&stream, &batch->value), stream, batch->value);
    if (batch->value.release == nullptr) break;
    foreign.batches.push_back(std::move(batch));
  }
  stream.release(&stream);
  stream.release = nullptr;
}

/// A column over all batches becomes one tensor, or several.
class ColumnImport {
 public:
  ColumnImport(const ArrowField& field, std::vector<ArrowView> views, const Foreign& foreign)
      : field_(field), views_(std::move(views)), foreign_(foreign) {
    for (const auto& view : views_) {
      rows_ = sum(rows_, view.length);
      elements_ = sum(elements_, view.leaf().length);
    }
  }

  /// (name, metadata, rows, axes of a cell or of an element of a list, values, offsets or None,
  /// mask or None, bytes of a string or None, lists to be emptied or None).
  nb::object run() {
    nb::object mask = read_mask(), offsets = nb::none(), values = nb::none(), width = nb::none();
    nb::object hiding = nb::none();
    if (field_.holds_text()) {
      std::tie(values, offsets, width) = read_text();
    } else {
      if (field_.type.kind == ArrowKind::list) {
        offsets = read_places();
        hiding = read_hiding();
      }
      values = mask.is_none() ? in_place() : nb::object(nb::none());
      if (values.is_none()) values = read_elements();
    }
    return nb::make_tuple(to_python(field_.name), metadata(), rows_, axes(), values, offsets, mask,
                          width, hiding);
  }

 private:
  static std::uint64_t sum(std::uint64_t a, std::uint64_t b) {
    const auto total = checked_add(a, b);
    if (!total) throw FitsError(ErrorCode::value, "more rows than 64 bits count");
    return *total;
  }

  [[nodiscard]] nb::dict metadata() const {
    nb::dict result;
    for (const auto& [key, value] : field_.metadata) result[to_python(key)] = to_python(value);
    return result;
  }

  [[nodiscard]] std::vector<std::uint64_t> sizes() const {
    std::vector<std::uint64_t> result;
    const auto* field = &field_;
    for (; !field->children.empty(); field = &field->children[0])
      if (field->type.kind == ArrowKind::fixed_list) result.push_back(field->type.size);
    return result;
  }
  [[nodiscard]] nb::tuple axes() const { return to_tuple(sizes()); }

  nb::object read_mask() {
    if (std::none_of(views_.begin(), views_.end(), may_have_nulls)) return nb::none();
    auto mask = flat(ElementType::boolean, elements_);
    auto* const bytes = reinterpret_cast<std::uint8_t*>(mask.data);
    bool any = false;
    {
      const nb::gil_scoped_release no_gil;
      auto* out = bytes;
      for (const auto& view : views_) {
        write_null_mask(view, out);
        out += view.leaf().length;
      }
      any = std::find(bytes, out, 1) != out;
    }
    return any ? mask.tensor : nb::object(nb::none());
  }

  nb::object read_places() {
    auto tensor = flat(ElementType::i64, sum(rows_, 1));
    auto* out = reinterpret_cast<std::int64_t*>(tensor.data);
    std::int64_t start = 0;
    const nb::gil_scoped_release no_gil;
    for (const auto& view : views_) {
      copy_places(view, start, out);
      out += view.length;
      start += static_cast<std::int64_t>(view.children[0].length);
    }
    *out = start;
    return std::move(tensor.tensor);
  }

  /// A bool for each list that is null, where elements lie under some of them.
  nb::object read_hiding() {
    const auto hides = [](const ArrowView& view) {
      for (std::uint64_t i = 0; view.validity != nullptr && i < view.length; ++i)
        if (view.is_null(i) && view.place(i) < view.place(i + 1)) return true;
      return false;
    };
    if (std::none_of(views_.begin(), views_.end(), hides)) return nb::none();
    auto tensor = flat(ElementType::boolean, rows_);
    auto* out = reinterpret_cast<std::uint8_t*>(tensor.data);
    const nb::gil_scoped_release no_gil;
    for (const auto& view : views_)
      for (std::uint64_t i = 0; i < view.length; ++i)
        *out++ = static_cast<std::uint8_t>(view.is_null(i));
    return std::move(tensor.tensor);
  }

  /// The memory of the other library as a tensor, if it is one piece.
  [[nodiscard]] nb::object in_place() const {
    const auto filled = [](const ArrowView& view) { return view.leaf().length > 0; };
    if (std::count_if(views_.begin(), views_.end(), filled) != 1) return nb::none();
    const auto found = std::find_if(views_.begin(), views_.end(), filled);
    const auto* const first = numbers_in_place(found->leaf());
    if (first == nullptr) return nb::none();
    using Owner = std::shared_ptr<ForeignArray>;
    auto owner =
        std::make_unique<Owner>(foreign_.batches[static_cast<std::size_t>(found - views_.begin())]);
    const nb::capsule keeper(owner.get(),
                             [](void* held) noexcept { delete static_cast<Owner*>(held); });
    owner.release();
    const auto element = field_.leaf().type.element;
    const std::size_t bytes[] = {elements_ * info(element).size};
    nb::ndarray<nb::pytorch, std::uint8_t> memory(const_cast<std::byte*>(first), 1, bytes,
                                                  keeper);  // NOLINT: torch has no constant tensors
    return nb::object(memory.cast().attr("view")(flat(element, 0).tensor.attr("dtype")));
  }

  nb::object read_elements() {
    const auto element = field_.leaf().type.element;
    auto tensor = flat(element, elements_);
    auto* out = tensor.data;
    const nb::gil_scoped_release no_gil;
    for (const auto& view : views_) {
      copy_elements(view.leaf(), out);
      out += view.leaf().length * info(element).size;
    }
    return std::move(tensor.tensor);
  }

  /// Width of the strings of the FITS table that these data once were, if it says so.
  [[nodiscard]] std::uint64_t known_width() const {
    std::uint64_t width = 0;
    for (const auto& [key, value] : field_.metadata) {
      if (key != "TFORM" || value.size() > 20 || value.find('A') == std::string::npos) continue;
      try {
        const auto form = TForm::parse(value);
        width = form.code == 'A' ? form.repeat : 0;
      } catch (const FitsError&) {
        continue;  // no TFORM of ours
      }
    }
    for (const auto size : sizes()) width = size == 0 ? 0 : width / size;
    return width;
  }

  /// All of one width, unless most of it would be blanks: values, offsets or None, width.
  std::tuple<nb::object, nb::object, nb::object> read_text() {
    TextSize size;
    {
      const nb::gil_scoped_release no_gil;
      for (const auto& view : views_) {
        const auto one = measure_arrow_text(view.leaf());
        size.total = sum(size.total, one.total);
        size.longest = std::max(size.longest, one.longest);
      }
    }
    const auto wasteful = [&](std::uint64_t width) {
      const auto padded = checked_mul(elements_, width);
      return !padded || (*padded > kFewBytes && *padded / 4 > size.total);
    };
    if (wasteful(size.longest) && sizes().empty()) return read_packed_text(size.total);
    auto width = std::max<std::uint64_t>(size.longest, 1);
    if (!wasteful(known_width())) width = std::max(width, known_width());
    const std::uint64_t shape[] = {elements_, width};
    auto tensor = empty_tensor(shape, ElementType::u8, false);
    auto* out = reinterpret_cast<char*>(tensor.data);
    {
      const nb::gil_scoped_release no_gil;
      for (const auto& view : views_) {
        copy_padded_text(view.leaf(), width, out);
        out += view.leaf().length * width;
      }
    }
    return {tensor.tensor, nb::none(), nb::int_(width)};
  }

  std::tuple<nb::object, nb::object, nb::object> read_packed_text(std::uint64_t total) {
    auto places = flat(ElementType::i64, sum(rows_, 1));
    auto bytes = flat(ElementType::u8, total);
    auto* place = reinterpret_cast<std::int64_t*>(places.data);
    auto* out = reinterpret_cast<char*>(bytes.data);
    std::int64_t start = 0;
    {
      const nb::gil_scoped_release no_gil;
      for (const auto& view : views_) {
        const auto size = measure_arrow_text(view.leaf());
        copy_packed_text(view.leaf(), start, place, out);
        place += view.length;
        out += size.total;
        start += static_cast<std::int64_t>(size.total);
      }
      *place = start;
    }
    return {bytes.tensor, places.tensor, nb::int_(0)};
  }

  static HostTensor flat(ElementType type, std::uint64_t count) {
    const std::uint64_t shape[] = {count};
    return empty_tensor(shape, type, false);
  }

  const ArrowField& field_;
  std::vector<ArrowView> views_;  ///< one a batch
  const Foreign& foreign_;
  std::uint64_t rows_ = 0, elements_ = 0;
};

/// [(name, metadata, ...), ...]
nb::list read_columns(const Foreign& foreign) {
  const auto table = read_arrow_schema(foreign.schema.value);
  std::vector<std::vector<ArrowView>> views(table.children.size());
  {
    const nb::gil_scoped_release no_gil;
    for (const auto& batch : foreign.batches) {
      auto checked = check_arrow_batch(table, batch->value);
      for (std::size_t i = 0; i < views.size(); ++i) views[i].push_back(std::move(checked[i]));
    }
  }
  nb::list columns;
  for (std::size_t i = 0; i < views.size(); ++i) {
    try {
      columns.append(ColumnImport(table.children[i], std::move(views[i]), foreign).run());
    } catch (const FitsError& error) {
      throw FitsError(error.code(), "column '" + table.children[i].name + "': " + error.problem());
    }
  }
  return columns;
}

nb::list take_stream(nb::handle capsule) {
  Foreign foreign;
  drain(capsule, foreign);
  return read_columns(foreign);
}

nb::list take_array(nb::handle schema, nb::handle array) {
  Foreign foreign;
  Taken<ArrowSchema> described(schema, kSchemaName);
  foreign.batches.push_back(std::make_shared<ForeignArray>(array, kArrayName));
  std::swap(foreign.schema.value, described.value);
  return read_columns(foreign);
}

}  // namespace

void bind_arrow(nb::module_& m) {
  m.def("give_arrow_stream", &give_stream, "table"_a);
  m.def("give_arrow_schema", &give_schema, "table"_a);
  m.def("pack_arrow_bits", &pack_bits, "bools"_a, "one"_a);
  m.def("text_is_ascii", &text_is_ascii, "data"_a, "offsets"_a.none(), "count"_a, "width"_a);
  m.def("pack_arrow_text", &pack_text, "text"_a, "form"_a);
  m.def("take_arrow_stream", &take_stream, "stream"_a);
  m.def("take_arrow_array", &take_array, "schema"_a, "array"_a);
}
