// SPDX-License-Identifier: BSD-3-Clause
#include "encode/scaled_pixels.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace torchfits {
namespace {

template <class Visitor>
decltype(auto) dispatch_stored(ElementType type, Visitor&& visitor) {
  switch (type) {
    case ElementType::u8: return visitor.template operator()<std::uint8_t>();
    case ElementType::i16: return visitor.template operator()<std::int16_t>();
    case ElementType::i32: return visitor.template operator()<std::int32_t>();
    case ElementType::i64: return visitor.template operator()<std::int64_t>();
    default: throw FitsError(ErrorCode::type, "an image is scaled to integers, not to floats");
  }
}

std::string text_of(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

/// An integer that is BLANK says itself that it has no value.
ElementCoding coding_for(const IntegerStorage& storage, ElementType natural) {
  auto coding = storage.coding();
  if (is_integer(natural)) coding.null.reset();
  return coding;
}

/// "16 bits (-32768 to 32767)"
std::string range_of(ElementType stored) {
  return dispatch_stored(stored, []<class T>() {
    return std::to_string(8 * sizeof(T)) + " bits (" +
           std::to_string(std::numeric_limits<T>::min()) + " to " +
           std::to_string(std::numeric_limits<T>::max()) + ")";
  });
}

}  // namespace

void IntegerStorage::check() const {
  if (scaling.scale == 0.0 || !std::isfinite(scaling.scale) || !std::isfinite(scaling.zero)) {
    throw FitsError(ErrorCode::value,
                    "bscale= takes a finite number that is not 0, bzero= a "
                    "finite one");
  }
  if (!blank) return;
  const bool fits = dispatch_stored(stored, [&]<class T>() {
    return *blank >= static_cast<std::int64_t>(std::numeric_limits<T>::min()) &&
           *blank <= static_cast<std::int64_t>(std::numeric_limits<T>::max());
  });
  if (fits) return;
  throw FitsError(ErrorCode::value, "blank=" + std::to_string(*blank) +
                                        " is no integer of the stored " + range_of(stored));
}

ElementCoding IntegerStorage::coding() const {
  ElementCoding coding;
  coding.stored = stored;
  coding.natural = ElementType::f64;
  coding.rule = ElementCoding::Rule::scale;
  coding.scaling = scaling;
  coding.null = blank;
  return coding;
}

ScaledEncoder::ScaledEncoder(const MemoryImage& image, const IntegerStorage& storage)
    : image_(image),
      storage_(storage),
      store_(coding_for(storage, image.natural), image.natural, "BLANK", Fractions::rounded) {
  storage.check();
}

void ScaledEncoder::operator()(std::uint64_t first, std::size_t count, std::byte* out) const {
  const auto* in = image_.data + first * info(image_.natural).size;
  const auto good = store_(in, nullptr, count, out);
  if (good < count) refuse(first + good);
}

std::string ScaledEncoder::place_of(std::uint64_t element) const {
  std::string text;
  for (auto axis = image_.shape.size(); axis-- > 0; element /= image_.shape[axis]) {
    const auto index = std::to_string(element % image_.shape[axis]);
    text.insert(0, text.empty() ? index : index + ", ");
  }
  return "pixel [" + text + "]";
}

void ScaledEncoder::refuse(std::uint64_t element) const {
  const auto value = dispatch(image_.natural, [&]<class T>() -> double {
    if constexpr (is_plain_number<T>)
      return static_cast<double>(reinterpret_cast<const T*>(image_.data)[element]);
    else
      return 0.0;  // none of these is scaled
  });
  const auto what = place_of(element) + " is " + text_of(value);
  if (std::isnan(value)) {
    throw FitsError(ErrorCode::value, what +
                                          ", which integers do not hold; pass blank=, the "
                                          "integer that stands for it");
  }
  const auto exact = (value - storage_.scaling.zero) / storage_.scaling.scale;
  const bool taken =
      storage_.blank && std::nearbyint(exact) == static_cast<double>(*storage_.blank);
  if (taken && std::isfinite(value)) {
    throw FitsError(ErrorCode::value,
                    what + " and would be stored as " + std::to_string(*storage_.blank) +
                        ", which is blank= and means NaN; choose another integer");
  }
  throw FitsError(ErrorCode::value,
                  what + " and would be stored as " + text_of(exact) + ", beyond the " +
                      range_of(storage_.stored) +
                      " of bitpix=; choose a larger bitpix=, or other bscale= and bzero=");
}

}  // namespace torchfits
