// SPDX-License-Identifier: BSD-3-Clause
// A whole file as gzip (RFC 1952).
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "io/byte_sink.h"

namespace torchfits {

/// One member, without name and time: the same bytes give the same file, whatever the number of
/// threads. Returns its size.
std::uint64_t write_gzip(ByteSink& sink, ByteView bytes);

}  // namespace torchfits
