// SPDX-License-Identifier: BSD-3-Clause
// Threads, forks and counters of the process.
#include <cstdint>

#include "base/fork.h"
#include "base/parallel.h"
#include "base/stats.h"
#include "bindings.h"
#include "platform/memory.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

nb::dict stats_dict() {
  const auto& s = torchfits::stats();
  nb::dict result;
  result["files_opened"] = s.files_opened.load();
  result["bytes_read"] = s.bytes_read.load();
  result["bytes_decoded"] = s.bytes_decoded.load();
  result["bytes_written"] = s.bytes_written.load();
  result["tiles_decoded"] = s.tiles_decoded.load();
  result["tile_cache_hits"] = s.tile_cache_hits.load();
  result["tile_cache_bytes"] = s.tile_cache_bytes.load();
  result["scratch_bytes"] = s.scratch_bytes.load();
  result["scratch_peak"] = s.scratch_peak.load();
  return result;
}

/// Of memory that is about to be written for the first time.
void advise_huge_pages(std::uintptr_t address, std::size_t bytes) {
  torchfits::advise_huge_pages(reinterpret_cast<void*>(address), bytes);
}

}  // namespace

void bind_runtime(nb::module_& m) {
  m.def("stats", &stats_dict);
  m.def("reset_stats", &torchfits::reset_stats);
  m.def("num_threads", &torchfits::num_threads);
  m.def("set_num_threads", &torchfits::set_num_threads, "count"_a);
  m.def("advise_huge_pages", &advise_huge_pages, "address"_a, "bytes"_a);
  m.def("lock_for_fork", &torchfits::lock_for_fork, nb::call_guard<nb::gil_scoped_release>());
  m.def("unlock_after_fork", &torchfits::unlock_after_fork);
  nb::module_::import_("os").attr("register_at_fork")(
      "before"_a = m.attr("lock_for_fork"), "after_in_parent"_a = m.attr("unlock_after_fork"),
      "after_in_child"_a = m.attr("unlock_after_fork"));
}
