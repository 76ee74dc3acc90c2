// SPDX-License-Identifier: BSD-3-Clause
// The one thread pool. No thread starts before the first parallel_for that needs one.
#pragma once

#include <cstddef>
#include <functional>

namespace torchfits {

/// Threads that parallel_for may use, the caller included. Default: the smaller of the CPU affinity
/// and the cgroup quota, at least 1.
[[nodiscard]] std::size_t num_threads() noexcept;

/// `count` 0 restores the default.
void set_num_threads(std::size_t count) noexcept;

/// Calls body(i) once for each i in [0, count), on the calling thread and on pool threads, and
/// returns when all are done. Called from inside a body it runs inline. The first exception thrown
/// by a body is rethrown here after the running bodies have ended; those that have not begun are
/// dropped. The pool belongs to the process that started it: a forked child drops it and starts its
/// own.
void parallel_for(std::size_t count, const std::function<void(std::size_t)>& body);

}  // namespace torchfits
