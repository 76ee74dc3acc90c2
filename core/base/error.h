// SPDX-License-Identifier: BSD-3-Clause
// The one exception of the core: what is wrong, where, and what the user can do about it.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

namespace torchfits {

/// Mapped once to Python classes, in bindings/errors.cpp.
enum class ErrorCode : std::uint8_t {
  format,          ///< the file breaks the FITS Standard in a way that leaves its data unreadable
  truncated,       ///< the file ends before the bytes that its headers promise
  hdu_name,        ///< no HDU of that name
  hdu_index,       ///< no HDU at that position
  column_name,     ///< no column of that name, or an ambiguous one
  keyword,         ///< no such keyword in the header
  no_data,         ///< the HDU has no data
  unsupported,     ///< a feature of FITS that torchfits does not read (yet)
  file_not_found,  ///< the path does not exist
  io,              ///< the operating system refused an operation on the file
  changed,         ///< the file is not the one that was opened
  value,           ///< an argument that cannot be right
  type,            ///< an argument of the wrong kind, or for the wrong kind of HDU
  index,           ///< a position outside the data
};

/// `what()` reads "FILE, HDU 2 'SCI': problem; remedy": the place is filled in by the layers that
/// know it.
class FitsError : public std::exception {
 public:
  FitsError(ErrorCode code, std::string problem);

  /// "PART is truncated: EXPECTED bytes announced, FOUND present (N missing)".
  static FitsError truncated(std::string_view part, std::uint64_t expected, std::uint64_t found);
  static FitsError format(std::string problem) { return {ErrorCode::format, std::move(problem)}; }
  static FitsError unsupported(std::string problem) {
    return {ErrorCode::unsupported, std::move(problem)};
  }
  /// The last error of the operating system, for an operation such as "open".
  static FitsError io(std::string_view operation, int error_number);

  /// Names the place; the innermost caller wins, so that outer layers may call it freely.
  FitsError& in_file(std::string_view file);
  FitsError& in_hdu(std::string hdu);  ///< such as "HDU 2 'SCI'"

  [[nodiscard]] ErrorCode code() const noexcept { return code_; }
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

 private:
  void compose();

  ErrorCode code_;
  std::string problem_;
  std::string file_;
  std::string hdu_;
  std::string message_;
};

}  // namespace torchfits
