// SPDX-License-Identifier: BSD-3-Clause
// The one thread pool. No thread starts before the first parallel_for that needs one.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

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

/// Lets go of `object` on a pool thread, soon after: for one whose end takes long and may not
/// throw. At most one waits; where there is one already, or one thread does all the work, it ends
/// here. In a forked child what waited is never let go.
void release_later(std::shared_ptr<const void> object);

}  // namespace torchfits
