// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast: the digits are gathered into one 64-bit integer, eight at a time where there are
// so many, and a product with a power of five of 128 bits says which double is the nearest, but for
// one number in 10^22. Only that one, and numbers of more than 19 digits or beyond 10^54, take the
// general algorithm of the library.
#include "decode/text_number.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>
#include <string>

namespace torchfits {
namespace {

/// Digits that any 64-bit integer without sign can hold.
constexpr std::ptrdiff_t kSafeDigits = 19;
/// Beyond any exponent that makes a difference, and far from overflow.
constexpr std::int64_t kMaxExponent = 1'000'000'000;

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\0'; }

__extension__ using Wide = unsigned __int128;

/// 5^q is `high` and `low` / 2^127 x 2^`exponent`; the first bit is 1, and what does not fit is cut
/// off.
struct PowerOfFive {
  std::uint64_t high = 0, low = 0;
  int exponent = 0;
};

constexpr PowerOfFive power_of_five(Wide digits, int exponent) noexcept {
  return {static_cast<std::uint64_t>(digits >> 64), static_cast<std::uint64_t>(digits), exponent};
}

/// All that two words can be divided by; what is beyond is left to the library.
constexpr int kMostPower = 54;

constexpr int bit_width(Wide number) noexcept {
  int bits = 0;
  for (; number != 0; number >>= 1) ++bits;
  return bits;
}

/// 5^-n of a divisor 5^n, by long division, one bit at a time.
constexpr PowerOfFive inverse(Wide divisor) noexcept {
  const int bits = bit_width(divisor);
  Wide digits = 0, rest = Wide{1} << (bits - 1);
  for (int i = 0; i < 128; ++i) {
    rest <<= 1;
    const bool fits = rest >= divisor;
    if (fits) rest -= divisor;
    digits = digits << 1 | (fits ? 1 : 0);
  }
  return power_of_five(digits, -bits);
}

/// From 5^-kMostPower on.
constexpr auto kPowersOfFive = [] {
  std::array<PowerOfFive, 2 * kMostPower + 1> powers{};
  Wide five = 1;
  constexpr std::size_t middle = kMostPower;
  for (std::size_t q = 0; q <= middle; ++q, five *= 5) {
    const int bits = bit_width(five);
    powers[middle + q] = power_of_five(five << (128 - bits), bits - 1);
    if (q > 0) powers[middle - q] = inverse(five);
  }
  return powers;
}();

/// Eight characters, the first in the lowest byte.
std::uint64_t load_eight(const char* at) noexcept {
  std::uint64_t chunk = 0;
  std::memcpy(&chunk, at, sizeof chunk);
  if constexpr (std::endian::native == std::endian::big) {
    std::uint64_t turned = 0;
    for (int i = 0; i < 8; ++i) turned |= (chunk >> (8 * i) & 0xFF) << (56 - 8 * i);
    return turned;
  }
  return chunk;
}

constexpr bool are_digits(std::uint64_t chunk) noexcept {
  return ((chunk & 0xF0F0F0F0F0F0F0F0) |
          (((chunk + 0x0606060606060606) & 0xF0F0F0F0F0F0F0F0) >> 4)) == 0x3333333333333333;
}

/// Pairs, then fours, then all eight, in the lanes of one word.
constexpr std::uint64_t eight_digits(std::uint64_t chunk) noexcept {
  chunk -= 0x3030303030303030;
  chunk = chunk * 10 + (chunk >> 8);
  constexpr std::uint64_t kMask = 0x000000FF000000FF;
  constexpr std::uint64_t kLow = 0x000F424000000064;   // 100 + 1000000 * 2^32
  constexpr std::uint64_t kHigh = 0x0000271000000001;  // 1 + 10000 * 2^32
  return ((chunk & kMask) * kLow + (chunk >> 16 & kMask) * kHigh) >> 32;
}

/// A sign and digits.
struct Integer {
  bool negative = false;
  const char* first = nullptr;  ///< digit
  std::uint64_t number = 0;     ///< wraps around where they are too many
};

/// Characters on their way through a field.
struct Cursor {
  const char* at;
  const char* end;

  [[nodiscard]] bool done() const noexcept { return at == end; }
  [[nodiscard]] bool digit() const noexcept { return at != end && is_digit(*at); }

  bool take(char c) noexcept {
    if (at == end || *at != c) return false;
    ++at;
    return true;
  }

  /// Whether a sign was there, and which. Signs of data cannot be foreseen: no branch.
  bool take_sign(bool& negative) noexcept {
    if (at == end) return false;
    negative = *at == '-';
    const bool sign = negative || *at == '+';
    at += sign ? 1 : 0;
    return sign;
  }

  /// The sign and the digits that come next; either may be missing.
  Integer take_integer() noexcept {
    Integer taken;
    take_sign(taken.negative);
    taken.first = at;
    digits(taken.number);
    return taken;
  }

  /// Appends the digits that follow to `number`, which wraps around where they are too many.
  void digits(std::uint64_t& number) noexcept {
    while (end - at >= 8) {
      const auto chunk = load_eight(at);
      if (!are_digits(chunk)) break;
      number = number * 100'000'000 + eight_digits(chunk);
      at += 8;
    }
    for (; digit(); ++at) number = number * 10 + static_cast<std::uint64_t>(*at - '0');
  }
};

/// The library's algorithm, on text without a point: no locale has a say.
double general_value(const char* begin, const char* end) {
  double value = 0;
  const auto [stop, error] = std::from_chars(begin, end, value);
  return error == std::errc() ? value : std::strtod(begin, nullptr);
}

/// digits (with at most one point) x 10^exponent.
double general_value(std::string_view digits, std::int64_t exponent) {
  constexpr std::size_t kExponentChars = 24;  // e, sign, 19 digits, NUL
  std::array<char, 64> little;
  std::string large;
  if (digits.size() + kExponentChars > little.size()) large.resize(digits.size() + kExponentChars);
  char* const text = large.empty() ? little.data() : large.data();
  auto* at = std::copy_if(digits.begin(), digits.end(), text, is_digit);
  *at++ = 'e';
  at = std::to_chars(at, at + kExponentChars - 2, exponent).ptr;
  *at = '\0';
  return general_value(text, at);
}

bool exponent_of(Cursor& in, std::int64_t& exponent) noexcept {
  if (in.done()) return true;
  const char letter = *in.at;
  const bool lettered = letter == 'E' || letter == 'e' || letter == 'D' || letter == 'd';
  if (lettered) ++in.at;
  bool negative = false;
  if (!in.take_sign(negative) && !lettered) return false;
  if (!in.digit()) return false;
  for (; in.digit(); ++in.at) exponent = std::min(exponent * 10 + (*in.at - '0'), kMaxExponent);
  if (negative) exponent = -exponent;
  return in.done();
}

bool is_word(std::string_view text, std::string_view word) noexcept {
  return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                    [](char a, char b) { return (a | 0x20) == b; });
}

TextNumber parse_word(std::string_view text, bool negative, double& value) noexcept {
  using Limits = std::numeric_limits<double>;
  if (is_word(text, "nan")) {
    value = Limits::quiet_NaN();
  } else if (is_word(text, "inf") || is_word(text, "infinity")) {
    value = negative ? -Limits::infinity() : Limits::infinity();
  } else {
    return TextNumber::malformed;
  }
  return TextNumber::number;
}

/// number x 10^exponent, of a number that is not 0; no value where two words do not say for certain
/// which double is the nearest.
std::optional<double> nearest_double(std::uint64_t number, std::int64_t exponent) noexcept {
  if (exponent < -kMostPower || exponent > kMostPower) return std::nullopt;
  const auto& power = kPowersOfFive[static_cast<std::size_t>(exponent + kMostPower)];
  const int zeros = std::countl_zero(number);
  const Wide first = number << zeros;
  // What is cut off of the power and of the product is less than one each: the true product is not
  // below this one, and below this one plus 2.
  const Wide product = first * power.high + (first * power.low >> 64);
  const auto high = static_cast<std::uint64_t>(product >> 64);
  const auto low = static_cast<std::uint64_t>(product);
  const int shift = 10 + static_cast<int>(high >> 63);
  const auto half = std::uint64_t{1} << (shift - 1), rest = high & (2 * half - 1);
  const bool up = rest >= half;
  if ((rest == half && low == 0) || (rest == half - 1 && low >= UINT64_MAX - 1))
    return std::nullopt;
  const auto digits = (high >> shift) + (up ? 1 : 0);
  const auto scale = shift + 1 - zeros + power.exponent + static_cast<int>(exponent);
  return static_cast<double>(digits) *
         std::bit_cast<double>(static_cast<std::uint64_t>(scale + 1023) << 52);
}

/// The number of `count` digits (with at most one point) x 10^exponent; `number` is their value
/// where it fits.
double real_value(std::string_view digits, std::ptrdiff_t count, std::uint64_t number,
                  std::int64_t exponent) {
  if (count <= kSafeDigits) {
    if (number == 0) return 0;
    if (const auto value = nearest_double(number, exponent)) return *value;
  }
  return general_value(digits, exponent);
}

}  // namespace

std::string_view trim_field(std::string_view field) noexcept {
  const auto* first = field.data();
  const auto* last = first + field.size();
  // How many blanks there are cannot be foreseen: eight at a time, no branch for each.
  while (last - first >= 8) {
    const auto blanks = std::countr_zero(load_eight(first) ^ 0x2020202020202020) / 8;
    first += blanks;
    if (blanks < 8) break;
  }
  while (first != last && is_blank(*first)) ++first;
  while (first != last && is_blank(last[-1])) --last;
  return {first, static_cast<std::size_t>(last - first)};
}

TextNumber parse_integer(std::string_view field, std::int64_t& value) noexcept {
  const auto text = trim_field(field);
  if (text.empty()) return TextNumber::blank;
  Cursor in{text.data(), text.data() + text.size()};
  auto [negative, first, number] = in.take_integer();
  if (!in.done() || in.at == first) return TextNumber::malformed;
  if (in.end - first > kSafeDigits) {
    while (first != in.end && *first == '0') ++first;
  }
  const auto limit = static_cast<std::uint64_t>(INT64_MAX) + (negative ? 1 : 0);
  if (in.end - first > kSafeDigits || number > limit) return TextNumber::too_large;
  value = static_cast<std::int64_t>(negative ? 0 - number : number);
  return TextNumber::number;
}

TextNumber parse_real(std::string_view field, std::uint64_t implied, double& value) {
  const auto text = trim_field(field);
  if (text.empty()) return TextNumber::blank;
  Cursor in{text.data(), text.data() + text.size()};
  auto [negative, first, number] = in.take_integer();
  auto count = in.at - first;
  auto behind = static_cast<std::int64_t>(std::min<std::uint64_t>(implied, kMaxExponent));
  if (in.take('.')) {
    const auto* point = in.at;
    in.digits(number);
    behind = in.at - point;
    count += behind;
  }
  const std::string_view digits(first, static_cast<std::size_t>(in.at - first));
  if (count == 0) {
    return digits.empty()
               ? parse_word({first, static_cast<std::size_t>(in.end - first)}, negative, value)
               : TextNumber::malformed;
  }
  std::int64_t exponent = 0;
  if (!exponent_of(in, exponent)) return TextNumber::malformed;
  const auto magnitude = real_value(digits, count, number, exponent - behind);
  value = negative ? -magnitude : magnitude;
  return TextNumber::number;
}

}  // namespace torchfits
