// SPDX-License-Identifier: BSD-3-Clause
// A tensor on another device that is filled while its data are still being decoded.
#pragma once

#include <nanobind/nanobind.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "fits/element_type.h"
#include "read.h"

/// Parts are decoded into pinned blocks of many parts; a block that is complete is copied, on the
/// current stream of the thread that made the copy. That thread calls torch between parts of its
/// own, so that the others need no GIL. Blocks are torch's, which gives one out again when the
/// device has read it: a few go round, stay in the cache, and nothing waits for the device. While
/// other threads of Python hold the GIL, blocks are taken and copied several at once.
class DeviceCopy {
 public:
  using Fill = std::function<void(std::byte*)>;

  /// Part i is the elements [starts[i], starts[i + 1]) of `target`, a contiguous tensor; there is
  /// one at least, and the first is the largest.
  DeviceCopy(nanobind::handle target, torchfits::ElementType type,
             std::vector<std::uint64_t> starts);

  /// `fill` gets the memory of the part. From any thread, without the GIL; in about the order of
  /// the parts.
  void part(std::size_t index, const Fill& fill);

  /// Copies what is left, after all parts have been filled.
  void finish() { send_complete(); }

 private:
  struct Block {
    nanobind::object tensor;  ///< of the first of those that are taken at once
    std::size_t together = 0;
    std::atomic<std::byte*> data{nullptr};
    std::atomic<std::size_t> unfilled{0};  ///< parts
  };

  template <class Work>
  void with_torch(const Work& work);
  void tend(std::size_t number);
  void provide(std::size_t number);
  void send_complete();
  [[nodiscard]] std::uint64_t start(std::size_t number) const noexcept;

  nanobind::object flat_;
  torchfits::ElementType type_;
  std::vector<std::uint64_t> starts_;
  std::size_t parts_;  ///< of a block
  std::size_t ahead_;  ///< blocks that are provided before their turn
  std::thread::id caller_;
  std::mutex mutex_;  ///< of provide(); torch lets go of the GIL, which is taken after it
  std::vector<Block> blocks_;
  std::size_t together_ = 1;  ///< blocks that are taken at once
  std::size_t sent_ = 0;      ///< blocks that are on their way
};

/// The tensor on a device that data of this shape go to in blocks; None where they are read whole.
nanobind::object device_target(const Form& form, std::span<const std::uint64_t> shape,
                               torchfits::ElementType type);

/// An image that is stored plainly.
void read_image_to_device(const torchfits::File& file, std::size_t hdu,
                          const torchfits::ImageRequest& request, nanobind::handle target,
                          torchfits::ElementType type);
