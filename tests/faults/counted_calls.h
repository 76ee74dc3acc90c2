// SPDX-License-Identifier: BSD-3-Clause
// Calls of the operating system that are counted, and one of which goes wrong.
#pragma once

#include <cerrno>

#include "platform/system_calls.h"

namespace torchfits::testing {

enum class Fault {
  none,
  error,         ///< the call fails
  kill_before,   ///< the process dies before the call
  kill_halfway,  ///< of a write or a copy half is done, then the process dies; else as kill_before
  kill_after,    ///< the process dies when the call has done its work
};

/// In force from its making to its end.
class CountedCalls {
 public:
  CountedCalls(Fault fault, int number, int error = EIO);
  ~CountedCalls();
  CountedCalls(const CountedCalls&) = delete;
  CountedCalls& operator=(const CountedCalls&) = delete;

  /// Calls so far; the first is number 0.
  [[nodiscard]] static int calls() noexcept;
};

}  // namespace torchfits::testing
