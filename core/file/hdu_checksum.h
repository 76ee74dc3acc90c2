// SPDX-License-Identifier: BSD-3-Clause
// CHECKSUM and DATASUM of the HDUs of a file compared with its bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "file/file.h"
#include "fits/checksum.h"

namespace torchfits {

enum class SumVerdict : std::uint8_t { absent, right, wrong };

/// What an HDU says of its sums, and what they are.
struct HduSums {
  SumVerdict data = SumVerdict::absent;   ///< DATASUM
  SumVerdict whole = SumVerdict::absent;  ///< CHECKSUM
  std::string announced;                  ///< DATASUM as the header has it
  std::uint32_t found = 0;                ///< of the data; if a keyword is there
  std::uint32_t total = 0;                ///< of the HDU, which should be all ones; if CHECKSUM is
};

/// Sums many pieces at once.
[[nodiscard]] Checksum sum_range(const ByteSource& source, ByteRange range);

/// Reads the HDU only where it has one of the keywords. An empty string stands for no sum.
[[nodiscard]] HduSums compare_sums(const ByteSource& source, const HduRecord& hdu);

/// The HDUs of a file whose sums were right; used by many threads at once.
class CheckedHdus {
 public:
  /// Compares the sums when an HDU is asked for the first time; ErrorCode::format where one is
  /// wrong. An HDU that is cut off is not compared: what is missing is told by who reads it.
  void check(const File& file, std::size_t hdu);

 private:
  std::mutex mutex_;
  std::vector<bool> right_;
};

}  // namespace torchfits
