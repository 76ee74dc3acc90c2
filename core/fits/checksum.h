// SPDX-License-Identifier: BSD-3-Clause
// DATASUM and CHECKSUM: FITS 4.0 section 4.4.2.7 and Appendix J.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace torchfits {

/// The ones' complement sum of 32-bit big-endian words. Parts may be summed in any order, by many
/// threads in sums of their own.
class Checksum {
 public:
  /// `bytes` stand at `position` of what is summed.
  void add(ByteView bytes, std::uint64_t position) noexcept;
  void add(const Checksum& other) noexcept;

  [[nodiscard]] std::uint32_t value() const noexcept;

 private:
  std::uint64_t sum_ = 0;  // modulo 2^64 - 1, of which 2^32 - 1 is a divisor
};

/// CHECKSUM of an HDU whose sum is `sum` while its CHECKSUM is kUnsetChecksum: 16 characters that
/// bring the sum to all ones.
[[nodiscard]] std::string encode_checksum(std::uint32_t sum);

inline constexpr const char* kUnsetChecksum = "0000000000000000";

}  // namespace torchfits
