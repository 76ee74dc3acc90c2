// SPDX-License-Identifier: BSD-3-Clause
#include "io/compression.h"

#include <array>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "io/gzip_stream.h"
#include "io/lzw_stream.h"

namespace torchfits {
namespace {

struct Magic {
  std::string_view bytes;
  OuterCompression kind;
};

constexpr std::array<Magic, 5> kMagics = {{
    {"\x1f\x8b", OuterCompression::gzip},
    {"\x1f\x9d", OuterCompression::compress},
    {"BZh", OuterCompression::bzip2},
    {{"\xfd"
      "7zXZ\0",
      6},
     OuterCompression::xz},
    {"PK\x03\x04", OuterCompression::zip},
}};

}  // namespace

OuterCompression detect_compression(ByteView first_bytes) noexcept {
  const std::string_view text(reinterpret_cast<const char*>(first_bytes.data()),
                              first_bytes.size());
  for (const auto& magic : kMagics) {
    if (text.starts_with(magic.bytes)) return magic.kind;
  }
  return OuterCompression::none;
}

std::unique_ptr<ByteStream> make_inflater(OuterCompression kind,
                                          std::shared_ptr<const ByteSource> compressed) {
  switch (kind) {
    case OuterCompression::gzip: return std::make_unique<GzipStream>(std::move(compressed));
    case OuterCompression::compress: return std::make_unique<LzwStream>(std::move(compressed));
    default:
      throw FitsError::unsupported(
          "this compression of a whole file is not one that the core inflates (gzip, compress)");
  }
}

}  // namespace torchfits
