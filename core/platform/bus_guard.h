// SPDX-License-Identifier: BSD-3-Clause
// A mapped file that shrinks makes a read of the lost pages raise SIGBUS. Inside a guarded window
// the lost pages become zeros and the window remembers it, so that the reader can raise an error
// instead of dying.
#pragma once

#include <cstddef>

namespace torchfits {

/// Guards [begin, begin + size), whole pages mapped by the caller, from its making to its end. The
/// first one installs a SIGBUS handler for the process; addresses outside guarded windows go on to
/// the handler that was there before.
class BusGuard {
 public:
  BusGuard(std::byte* begin, std::size_t size);
  ~BusGuard();
  BusGuard(const BusGuard&) = delete;
  BusGuard& operator=(const BusGuard&) = delete;

  /// Whether a page of the window was gone when somebody read it.
  [[nodiscard]] bool hit() const noexcept;

  struct Slot;

 private:
  Slot* slot_;
};

}  // namespace torchfits
