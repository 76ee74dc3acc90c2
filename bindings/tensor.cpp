// SPDX-License-Identifier: BSD-3-Clause
#include "tensor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace nb = nanobind;
using torchfits::ElementType;
using torchfits::FitsError;

namespace {

/// Objects of torch, looked up once, at the first tensor: importing this module imports no torch.
struct Torch {
  nb::object empty, full, tensor_type;
  nb::object dtype_keyword, data_ptr;
  PyObject* pinned_keywords = nullptr;  ///< ("dtype", "pin_memory")
  PyObject* plain_keywords = nullptr;   ///< ("dtype",)
  std::array<nb::object, torchfits::kElementTypes.size()> dtypes;

  static const Torch& get() {
    // Never destroyed: the interpreter may be gone by then.
    static const Torch* torch = new Torch;
    return *torch;
  }

 private:
  Torch() {
    const auto module = nb::module_::import_("torch");
    empty = module.attr("empty");
    full = module.attr("full");
    tensor_type = module.attr("Tensor");
    data_ptr = nb::steal(PyUnicode_InternFromString("data_ptr"));
    plain_keywords = nb::make_tuple("dtype").release().ptr();
    pinned_keywords = nb::make_tuple("dtype", "pin_memory").release().ptr();
    for (const auto& entry : torchfits::kElementTypes) {
      dtypes[static_cast<std::size_t>(entry.type)] = module.attr(std::string(entry.name).c_str());
    }
  }
};

std::byte* data_pointer(nb::handle tensor) {
  const auto address =
      nb::steal(PyObject_CallMethodNoArgs(tensor.ptr(), Torch::get().data_ptr.ptr()));
  if (!address.is_valid()) nb::raise_python_error();
  return static_cast<std::byte*>(PyLong_AsVoidPtr(address.ptr()));
}

/// A fill value that an integer type holds; anything a float holds for the others.
void check_fill(nb::handle fill, ElementType type) {
  const auto refuse = [&](const char* why) {
    throw FitsError(torchfits::ErrorCode::value,
                    "fill = " + std::string(nb::repr(fill).c_str()) + " does not fit " +
                        std::string(torchfits::info(type).name) + ": " + why +
                        "; choose another, or read with dtype=");
  };
  if (torchfits::is_float(type)) {
    if (PyFloat_AsDouble(fill.ptr()) == -1.0 && PyErr_Occurred() != nullptr)
      nb::raise_python_error();
    return;
  }
  if (PyFloat_Check(fill.ptr()) &&
      !(std::floor(PyFloat_AsDouble(fill.ptr())) == PyFloat_AsDouble(fill.ptr()))) {
    refuse("it is no integer");
  }
  const nb::int_ whole(nb::borrow(fill));
  const auto bits = static_cast<int>(torchfits::info(type).size * 8);
  const bool is_signed = type == ElementType::i8 || type == ElementType::i16 ||
                         type == ElementType::i32 || type == ElementType::i64;
  const nb::int_ one(1);
  const nb::object high = (one << nb::int_(is_signed ? bits - 1 : bits)) - one;
  const nb::object low = is_signed ? nb::object(-high - one) : nb::object(nb::int_(0));
  if (whole < low || whole > high) refuse("it is out of range");
}

/// torch counts strides in bytes of int64, also those of empty tensors.
void require_torch_shape(std::span<const std::uint64_t> shape, std::size_t element_bytes) {
  std::optional<std::uint64_t> bytes = element_bytes;
  for (const auto length : shape)
    bytes = bytes ? torchfits::checked_mul(*bytes, std::max<std::uint64_t>(length, 1)) : bytes;
  if (bytes && *bytes <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return;
  throw FitsError::unsupported("data of shape " + std::string(nb::str(to_tuple(shape)).c_str()) +
                               " are beyond what a tensor can be");
}

}  // namespace

nb::tuple to_tuple(std::span<const std::uint64_t> shape) {
  const auto tuple = nb::steal<nb::tuple>(PyTuple_New(static_cast<Py_ssize_t>(shape.size())));
  for (std::size_t i = 0; i < shape.size(); ++i) {
    PyTuple_SET_ITEM(tuple.ptr(), static_cast<Py_ssize_t>(i),
                     PyLong_FromUnsignedLongLong(shape[i]));
  }
  return tuple;
}

HostTensor empty_tensor(std::span<const std::uint64_t> shape, ElementType type, bool pinned) {
  require_torch_shape(shape, torchfits::info(type).size);
  const auto& torch = Torch::get();
  const auto size = to_tuple(shape);
  PyObject* arguments[] = {size.ptr(), torch.dtypes[static_cast<std::size_t>(type)].ptr(), Py_True};
  auto tensor = nb::steal(PyObject_Vectorcall(
      torch.empty.ptr(), arguments, 1, pinned ? torch.pinned_keywords : torch.plain_keywords));
  if (!tensor.is_valid()) nb::raise_python_error();
  auto* data = data_pointer(tensor);
  return {std::move(tensor), data};
}

HostTensor tensor_from(nb::handle make, std::span<const std::uint64_t> shape, ElementType type) {
  require_torch_shape(shape, torchfits::info(type).size);
  const auto dtype = Torch::get().dtypes[static_cast<std::size_t>(type)];
  return checked_out(make(to_tuple(shape), dtype), shape, type);
}

HostTensor full_tensor(std::span<const std::uint64_t> shape, ElementType type, bool pinned,
                       nb::handle fill) {
  check_fill(fill, type);
  require_torch_shape(shape, torchfits::info(type).size);
  const auto& torch = Torch::get();
  auto tensor = torch.full(
      to_tuple(shape),
      torchfits::is_float(type) ? nb::borrow(fill) : nb::object(nb::int_(nb::borrow(fill))),
      nb::arg("dtype") = torch.dtypes[static_cast<std::size_t>(type)],
      nb::arg("pin_memory") = pinned);
  auto* data = data_pointer(tensor);
  return {std::move(tensor), data};
}

HostTensor checked_out(nb::handle out, std::span<const std::uint64_t> shape, ElementType type) {
  const auto& torch = Torch::get();
  const auto refuse = [](const std::string& why) {
    throw FitsError(torchfits::ErrorCode::value, "out= " + why);
  };
  if (!nb::isinstance(out, torch.tensor_type)) refuse("must be a torch.Tensor");
  if (!nb::tuple(out.attr("shape")).equal(to_tuple(shape))) {
    refuse("has shape " + std::string(nb::str(nb::tuple(out.attr("shape"))).c_str()) +
           ", the data " + std::string(nb::str(to_tuple(shape)).c_str()) +
           "; pass a tensor of their shape");
  }
  if (element_type_of_dtype(out.attr("dtype")) != type) {
    refuse("has dtype " + std::string(nb::str(nb::object(out.attr("dtype"))).c_str()) +
           ", the data " + std::string(torchfits::info(type).name) +
           "; pass dtype= of the tensor to convert");
  }
  return {nb::borrow(out), data_pointer(out)};
}

nb::object dtype_of(ElementType type) {
  return Torch::get().dtypes[static_cast<std::size_t>(type)];
}

ElementType element_type_of_dtype(nb::handle dtype) {
  const auto& torch = Torch::get();
  for (const auto& entry : torchfits::kElementTypes) {
    if (dtype.is(torch.dtypes[static_cast<std::size_t>(entry.type)])) return entry.type;
  }
  std::string names;
  for (const auto& entry : torchfits::kElementTypes)
    names += (names.empty() ? "torch." : ", torch.") + std::string(entry.name);
  throw FitsError(torchfits::ErrorCode::type,
                  "dtype = " + std::string(nb::repr(dtype).c_str()) + " is none of " + names);
}
