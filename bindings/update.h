// SPDX-License-Identifier: BSD-3-Clause
// _core.Updater and _core.NewFile: a file that is changed, as Python holds it.
#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/error.h"
#include "file/file.h"
#include "update/updater.h"

class OpenUpdater {
 public:
  OpenUpdater(torchfits::Updater updater, std::string path, std::size_t tile_cache)
      : path_(std::move(path)), tile_cache_(tile_cache), updater_(std::move(updater)) {}

  /// Calls work(updater, file) without the GIL, one thread at a time; `file` may be null. Called
  /// with the GIL held.
  template <class Work>
  auto run(Work&& work) {
    const nanobind::gil_scoped_release no_gil;
    const std::lock_guard lock(mutex_);
    if (!updater_) {
      throw torchfits::FitsError(torchfits::ErrorCode::value, "the file is closed; open it again")
          .in_file(path_);
    }
    try {
      return work(*updater_, present());
    } catch (torchfits::FitsError& error) {
      error.in_file(path_);
      throw;
    }
  }

  /// The file as it is now, scanned as far as it is asked for; null for a new one that is empty.
  [[nodiscard]] std::shared_ptr<const torchfits::File> file();

  void close();

 private:
  std::shared_ptr<const torchfits::File> present();

  std::string path_;
  std::size_t tile_cache_;
  std::mutex mutex_;
  std::optional<torchfits::Updater> updater_;
  std::shared_ptr<const torchfits::File> file_;  ///< of the updater's source, once it was asked for
};

/// A new file: it takes its name at commit().
class NewFile : public OpenUpdater {
 public:
  using OpenUpdater::OpenUpdater;
};
