// SPDX-License-Identifier: BSD-3-Clause
// A file against the Standard and against its checksums, HDU by HDU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "file/file.h"
#include "file/hdu_checksum.h"
#include "fits/finding.h"
#include "platform/undo_journal.h"

namespace torchfits {

struct HduReport {
  std::size_t index = 0;
  std::string name;
  std::int64_t version = 1;
  std::string_view kind;
  std::uint64_t offset = 0;      ///< of the header
  std::uint64_t data_bytes = 0;  ///< without padding
  SumVerdict checksum = SumVerdict::absent, datasum = SumVerdict::absent;
  std::vector<Finding> findings;
};

struct FileReport {
  std::uint64_t size = 0;  ///< of what the file holds when it is uncompressed
  std::vector<HduReport> hdus;
  std::vector<Finding> findings;  ///< of no HDU: what follows the last, headers that are none
};

struct VerifyOptions {
  bool checksum = true;  ///< compare CHECKSUM and DATASUM, for which all data are read
  bool data = true;      ///< read tables, and decode compressed data
  /// A change of the file that is not complete.
  std::optional<UnfinishedChange> change{};
};

/// Whatever is wrong with the file is a finding; ErrorCode::io and changed are thrown.
[[nodiscard]] FileReport verify_file(const File& file, const VerifyOptions& options);

}  // namespace torchfits
