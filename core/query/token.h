// SPDX-License-Identifier: BSD-3-Clause
// The words of an expression.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "query/expression.h"

namespace torchfits {

struct Token {
  enum class Kind : std::uint8_t {
    end,
    literal,      ///< a number or a text
    name,         ///< of a column, a function or a word of the language
    quoted_name,  ///< always of a column
    symbol,       ///< an operator or a bracket, in its first spelling: "==", "and", "<=", ...
  };
  Kind kind = Kind::end;
  Place place;
  std::string text;  ///< of a name or symbol
  Literal literal;

  [[nodiscard]] bool is(std::string_view symbol) const noexcept {
    return kind == Kind::symbol && text == symbol;
  }
  /// A word of the language, in any case.
  [[nodiscard]] bool is_word(std::string_view word) const noexcept;
};

/// Cuts a text into tokens, one at a time.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  /// ErrorCode::value for what is no token. Kind::end again and again after the last.
  Token next();

 private:
  [[nodiscard]] char at(std::size_t offset) const noexcept;  ///< from here; NUL behind the end
  [[nodiscard]] std::string_view dotted_word() const noexcept;
  [[nodiscard]] Token number();
  [[nodiscard]] Token integer(std::size_t length, int base);
  [[nodiscard]] Token real(std::size_t length);
  [[nodiscard]] Token quoted(char quote);
  [[nodiscard]] Token name();
  [[nodiscard]] Token symbol();
  [[nodiscard]] Token take(Token::Kind kind, std::size_t length);
  [[noreturn]] void refuse(std::size_t length, const std::string& problem) const;

  std::string_view text_;
  std::size_t position_ = 0;
};

[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

}  // namespace torchfits
