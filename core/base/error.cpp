// SPDX-License-Identifier: BSD-3-Clause
#include "base/error.h"

#include <cerrno>
#include <system_error>
#include <utility>

namespace torchfits {

FitsError::FitsError(ErrorCode code, std::string problem)
    : code_(code), problem_(std::move(problem)), message_(problem_) {}

FitsError FitsError::truncated(std::string_view part, std::uint64_t expected, std::uint64_t found) {
  return {ErrorCode::truncated, std::string(part) + " is truncated: " + std::to_string(expected) +
                                    " bytes announced, " + std::to_string(found) + " present (" +
                                    std::to_string(expected - found) +
                                    " missing); fetch the file again"};
}

FitsError FitsError::io(std::string_view operation, int error_number) {
  const auto code = error_number == ENOENT ? ErrorCode::file_not_found : ErrorCode::io;
  return {code, std::string(operation) + ": " + std::generic_category().message(error_number)};
}

FitsError& FitsError::in_file(std::string_view file) {
  if (file_.empty()) file_ = file;
  compose();
  return *this;
}

FitsError& FitsError::in_hdu(std::string hdu) {
  if (hdu_.empty()) hdu_ = std::move(hdu);
  compose();
  return *this;
}

void FitsError::compose() {
  message_.clear();
  if (!file_.empty()) message_ += file_;
  if (!hdu_.empty()) message_ += (message_.empty() ? "" : ", ") + hdu_;
  if (!message_.empty()) message_ += ": ";
  message_ += problem_;
}

}  // namespace torchfits
