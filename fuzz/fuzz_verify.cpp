// SPDX-License-Identifier: BSD-3-Clause
// Any bytes, taken for a FITS file that is verified: every finding says what is wrong and what to
// do, the list stays short, and what is read of a file that is cut off lies inside of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "base/error.h"
#include "io/memory_source.h"
#include "verify/verifier.h"

namespace {

using namespace torchfits;

constexpr std::size_t kMostFindings = 1000;

void require(bool holds) {
  if (!holds) std::abort();
}

void look_at(const std::vector<Finding>& findings) {
  require(findings.size() <= kMostFindings);
  for (const auto& finding : findings) {
    require(!finding.rule.empty() && !finding.problem.empty() && !finding.remedy.empty());
    for (const char c : finding.problem) require(c >= ' ' && c <= '~');
  }
}

/// A file that is right can be read: its headers are there, and all their data.
void expect_whole(const File& file, const FileReport& report) {
  for (const auto& hdu : report.hdus) {
    bool right = true;
    for (const auto& finding : hdu.findings) right = right && finding.severity != Severity::error;
    if (right) file.check_data_present(file.hdu(hdu.index));
  }
}

/// Of a salvaged HDU nothing is announced that is not there.
void expect_inside(ByteView bytes) {
  const File file(borrow_bytes(bytes, nullptr), 0, true);
  const auto count = file.count();
  for (std::size_t index = 0; index < count; ++index) {
    const auto& hdu = file.hdu(index);
    const bool kept = hdu.kind != HduKind::unknown && hdu.kind != HduKind::compressed_image;
    if (kept && index + 1 < count) file.check_data_present(hdu);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const File file(borrow_bytes(bytes, nullptr));
  const auto report = verify_file(file, {});
  look_at(report.findings);
  for (const auto& hdu : report.hdus) look_at(hdu.findings);
  try {
    expect_whole(file, report);
    expect_inside(bytes);
  } catch (const FitsError& error) {
    require(report.hdus.empty() || error.code() != ErrorCode::truncated);
  }
  return 0;
}
