// SPDX-License-Identifier: BSD-3-Clause
// An ordered list of cards that keeps its bytes and parses them when asked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "fits/card.h"

namespace torchfits {

/// Positions count cards, with the CONTINUE cards of a long string folded into theirs; lookup is case-insensitive,
/// the first of repeated keywords wins, and the HIERARCH prefix is optional. A header that is not edited gives back its bytes.
class Header {
 public:
  Header() = default;
  /// `cards`: text of a multiple of 80 bytes, without END and padding.
  explicit Header(std::string cards) : text_(std::move(cards)) {}

  /// All cards, 80 bytes each, without END.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// text(), END, blanks to a whole block: what stands in a file.
  [[nodiscard]] std::string to_blocks() const;

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] Card card(std::size_t position) const;
  [[nodiscard]] std::string keyword(std::size_t position) const;
  [[nodiscard]] std::string_view card_text(std::size_t position) const;

  /// Position of the `nth` (0-based) card of that keyword.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view keyword, std::size_t nth = 0) const;
  [[nodiscard]] std::size_t count(std::string_view keyword) const;

  /// The value of the first card of that keyword, if it is there and of that type. `integer` takes a whole float
  /// (GCOUNT = 12151.); `real` takes an integer; `string` has its trailing blanks removed.
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view keyword) const;
  [[nodiscard]] std::optional<double> real(std::string_view keyword) const;
  [[nodiscard]] std::optional<std::string> string(std::string_view keyword) const;
  [[nodiscard]] std::optional<bool> logical(std::string_view keyword) const;

  void insert(std::size_t position, const Card& card);
  void replace(std::size_t position, const Card& card);
  void erase(std::size_t position);

 private:
  /// One logical card: its first 80-byte line and how many lines it takes.
  struct Entry {
    std::uint32_t line;
    std::uint32_t lines;
  };
  const std::vector<Entry>& entries() const;  ///< built at first use; the header is confined to one thread or const after it

  std::string text_;
  mutable std::vector<Entry> entries_;
};

}  // namespace torchfits
