// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>

#include "io/byte_source.h"

namespace torchfits {

/// A stream made a source: what was read stays, the first kSpoolBytes in memory and the rest in a
/// temporary file without a name. The stream is read on only as far as a request needs. Its error
/// (damaged data, say) is kept and raised by every request that needs the bytes behind it; those
/// before it stay readable.
[[nodiscard]] std::shared_ptr<const ByteSource> retain_stream(std::unique_ptr<ByteStream> stream,
                                                              std::string name);

}  // namespace torchfits
