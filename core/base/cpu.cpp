// SPDX-License-Identifier: BSD-3-Clause
// The pool stands below platform/, so these three questions to the operating system are asked here.
#include "base/cpu.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>

namespace torchfits {
namespace {

namespace fs = std::filesystem;

std::optional<std::size_t> whole_cpus(std::int64_t quota, std::int64_t period) {
  if (quota <= 0 || period <= 0) return std::nullopt;
  return static_cast<std::size_t>(quota / period + (quota % period != 0 ? 1 : 0));
}

std::optional<std::size_t> unified_quota(const fs::path& group) {
  std::ifstream file(group / "cpu.max");
  std::int64_t quota = 0;
  std::int64_t period = 0;
  if (!(file >> quota >> period)) return std::nullopt;  // "max 100000" has no limit
  return whole_cpus(quota, period);
}

std::optional<std::size_t> legacy_quota(const fs::path& group) {
  std::ifstream quota_file(group / "cpu.cfs_quota_us");
  std::ifstream period_file(group / "cpu.cfs_period_us");
  std::int64_t quota = 0;
  std::int64_t period = 0;
  if (!(quota_file >> quota) || !(period_file >> period)) return std::nullopt;
  return whole_cpus(quota, period);
}

using Quota = std::optional<std::size_t> (*)(const fs::path&);

/// The tightest quota from `group` up to `mount`. Inside a container the name of the group is often
/// that of the host and does not exist below the mount, which then is the group itself.
std::optional<std::size_t> tightest(const fs::path& mount, const std::string& group, Quota quota) {
  std::optional<std::size_t> least;
  auto relative = fs::path(group).relative_path();
  while (true) {
    if (const auto here = quota(mount / relative)) least = std::min(least.value_or(*here), *here);
    if (relative.empty()) return least;
    relative = relative.parent_path();
  }
}

bool names_cpu(const std::string& controllers) {
  return ("," + controllers + ",").find(",cpu,") != std::string::npos;
}

}  // namespace

std::optional<std::size_t> cgroup_cpus(const fs::path& root) {
  const auto mount = root / "sys/fs/cgroup";
  std::optional<std::size_t> least;
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // "ID:CONTROLLERS:GROUP"
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const auto controllers = line.substr(first + 1, second - first - 1);
    const auto group = line.substr(second + 1);
    std::optional<std::size_t> here;
    if (controllers.empty()) here = tightest(mount, group, unified_quota);
    if (names_cpu(controllers)) here = tightest(mount / controllers, group, legacy_quota);
    if (here) least = std::min(least.value_or(*here), *here);
  }
  return least;
}

std::size_t usable_cpus() {
  std::size_t cpus = std::max(1U, std::thread::hardware_concurrency());
#ifdef __linux__
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    cpus = static_cast<std::size_t>(std::max(1, CPU_COUNT(&allowed)));
  }
#endif
  return std::min(cpus, cgroup_cpus("/").value_or(cpus));
}

std::int64_t process_id() noexcept { return getpid(); }

}  // namespace torchfits
