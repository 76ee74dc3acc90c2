// SPDX-License-Identifier: BSD-3-Clause
// Memory that a torch tensor owns. torch is a Python module here; nothing of it is linked.
#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "fits/element_type.h"

/// A fresh, uninitialised tensor on the host: C-contiguous, pinned on request.
struct HostTensor {
  nanobind::object tensor;
  std::byte* data = nullptr;
};

HostTensor empty_tensor(std::span<const std::uint64_t> shape, torchfits::ElementType type,
                        bool pinned);

/// What `make(shape, dtype)` gives: a contiguous CPU tensor of exactly this shape and type;
/// ValueError otherwise.
HostTensor tensor_from(nanobind::handle make, std::span<const std::uint64_t> shape,
                       torchfits::ElementType type);

/// torch.full; ValueError where `fill` does not fit the type.
HostTensor full_tensor(std::span<const std::uint64_t> shape, torchfits::ElementType type,
                       bool pinned, nanobind::handle fill);

/// The memory of `out`, which must be a contiguous CPU tensor of exactly this shape and type;
/// ValueError otherwise.
HostTensor checked_out(nanobind::handle out, std::span<const std::uint64_t> shape,
                       torchfits::ElementType type);

/// The element type of a torch.dtype; TypeError lists those that exist.
nanobind::object dtype_of(torchfits::ElementType type);

torchfits::ElementType element_type_of_dtype(nanobind::handle dtype);

nanobind::tuple to_tuple(std::span<const std::uint64_t> shape);
