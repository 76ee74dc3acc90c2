// SPDX-License-Identifier: BSD-3-Clause
// TFORM and TDIM of any text: parsed, printed and parsed again, or refused with a format error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "fits/tform.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace torchfits;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto dimensions = parse_tdim(text); dimensions && dimensions->empty()) std::abort();
  try {
    const auto form = TForm::parse(text);
    if (TForm::parse(form.str()) != form) std::abort();
    if (form.width() && *form.width() == 0 && form.repeat != 0) std::abort();
  } catch (const FitsError& error) {
    if (error.code() != ErrorCode::format) std::abort();
  }
  return 0;
}
