// SPDX-License-Identifier: BSD-3-Clause
// What the processors allow: how many of them this process may keep busy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>

namespace torchfits {

/// Processors that the calling thread may run on, cut to the quota of its control group; at
/// least 1.
[[nodiscard]] std::size_t usable_cpus();

/// The CPU quota of the control groups that `root`/proc/self/cgroup names, or of any group above
/// them, in whole processors rounded up (versions 2 and 1); none where there is no limit. `root` is
/// "/" except in tests.
[[nodiscard]] std::optional<std::size_t> cgroup_cpus(const std::filesystem::path& root);

/// Tells a forked child from its parent.
[[nodiscard]] std::int64_t process_id() noexcept;

}  // namespace torchfits
