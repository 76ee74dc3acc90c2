// SPDX-License-Identifier: BSD-3-Clause
// The one place for sizes and limits. Each is a measured choice; benchmarks/ shows the measurement.
#pragma once

#include <cstddef>
#include <cstdint>

namespace torchfits {

inline constexpr std::size_t KiB = 1024;
inline constexpr std::size_t MiB = 1024 * KiB;

/// What a processor fetches from memory at a time.
inline constexpr std::size_t kCacheLineBytes = 64;

/// Largest piece of a plan, pixels or table rows: read into a buffer, it is still in the
/// second-level cache when it is decoded.
inline constexpr std::size_t kMaxRangeBytes = 128 * KiB;
/// Largest part of a file that is mapped at once.
inline constexpr std::size_t kMaxWindowBytes = 8 * MiB;
/// A file up to this size is read whole when it is opened: header and data of a tiny image in one
/// call.
inline constexpr std::size_t kSmallFileBytes = 64 * KiB;
/// Bytes read when a larger file is opened: most primary headers.
inline constexpr std::size_t kHeadBytes = 12 * KiB;
/// Below this many output bytes a read stays on the calling thread.
inline constexpr std::size_t kParallelBytes = 2 * MiB;
/// Outputs from this size on ask for huge pages before the first write.
inline constexpr std::size_t kHugePageBytes = 2 * MiB;
/// A file up to this size is replaced as a whole where a larger one is changed in place.
inline constexpr std::uint64_t kReplacedBytes = 1 * MiB;
/// Inflated bytes of a stream kept in memory; what follows is spooled to a temporary file.
inline constexpr std::size_t kSpoolBytes = 64 * MiB;
/// A header longer than this is no header.
inline constexpr std::uint64_t kMaxHeaderBytes = 64 * MiB;
/// Rows that take no bytes of the file: a header alone must not make masks and lists of rows huge.
inline constexpr std::uint64_t kMaxEmptyRows = std::uint64_t{1} << 26;
/// Dimensions of a torch tensor.
inline constexpr std::size_t kMaxAxes = 64;

}  // namespace torchfits
