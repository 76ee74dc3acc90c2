// SPDX-License-Identifier: BSD-3-Clause
// _core.File: a File as Python holds it.
#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>
#include <memory>
#include <utility>

#include "base/error.h"
#include "file/file.h"
#include "file/hdu_checksum.h"
#include "read.h"
#include "source.h"

using FilePointer = std::shared_ptr<const torchfits::File>;

/// Runs `work`, names the file in its errors, and tells Python what was read leniently.
template <class Work>
auto in_file(const torchfits::File& file, Work&& work) {
  try {
    auto result = work();
    emit_warnings(file);
    return result;
  } catch (torchfits::FitsError& error) {
    error.in_file(file.source().name());
    throw;
  }
}

struct OpenFile {
  FilePointer file;
  std::shared_ptr<torchfits::CheckedHdus> sums;  ///< null: checksums are not compared

  OpenFile(nanobind::handle source, std::size_t tile_cache, bool checksum, bool allow_truncated)
      : file(std::make_shared<torchfits::File>(open_source(source), tile_cache, allow_truncated)),
        sums(checksum ? std::make_shared<torchfits::CheckedHdus>() : nullptr) {}
  explicit OpenFile(FilePointer opened) : file(std::move(opened)) {}

  /// The HDU that is meant; where sums are compared, it is found and they are right.
  [[nodiscard]] torchfits::HduChoice checked(const torchfits::HduChoice& choice,
                                             torchfits::File::Want want) const {
    if (!sums) return choice;
    const nanobind::gil_scoped_release no_gil;
    const auto index = file->choose(choice, want);
    sums->check(*file, index);
    return {.index = static_cast<std::int64_t>(index), .name = {}, .version = {}};
  }

  template <class Work>
  auto run(Work&& work) const {
    return in_file(*file, [&] { return work(*file); });
  }

  /// For work that needs no Python.
  template <class Work>
  auto run_without_gil(Work&& work) const {
    return run([&](const torchfits::File& f) {
      const nanobind::gil_scoped_release no_gil;
      return work(f);
    });
  }
};
