// SPDX-License-Identifier: BSD-3-Clause
// _core.Header: cards as Python scalars. One call, one crossing; src/torchfits/_header.py gives it
// its manners.
#include "fits/header.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <complex>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "bindings.h"

namespace nb = nanobind;

using torchfits::BigInteger;
using torchfits::Card;
using torchfits::CardValue;
using torchfits::ErrorCode;
using torchfits::FitsError;
using torchfits::Header;
using torchfits::kCardSize;

namespace {

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

nb::object to_python(const CardValue& value) {
  return std::visit(Overloaded{
                        [](std::monostate) -> nb::object { return nb::none(); },
                        [](const BigInteger& big) -> nb::object {
                          return nb::steal(PyLong_FromString(big.digits.c_str(), nullptr, 10));
                        },
                        [](const std::complex<double>& complex) -> nb::object {
                          return nb::steal(PyComplex_FromDoubles(complex.real(), complex.imag()));
                        },
                        [](const auto& scalar) -> nb::object { return nb::cast(scalar); },
                    },
                    value);
}

CardValue integer_from_python(nb::handle value) {
  int overflow = 0;
  const auto whole = PyLong_AsLongLongAndOverflow(value.ptr(), &overflow);
  if (overflow == 0) return std::int64_t{whole};
  return BigInteger{nb::cast<std::string>(nb::str(value))};
}

CardValue from_python(nb::handle value) {
  if (value.is_none()) return std::monostate{};
  if (nb::isinstance<nb::bool_>(value)) return nb::cast<bool>(value);
  if (nb::isinstance<nb::int_>(value)) return integer_from_python(value);
  if (nb::isinstance<nb::float_>(value)) return nb::cast<double>(value);
  if (nb::isinstance<nb::str>(value)) return nb::cast<std::string>(value);
  if (PyComplex_Check(value.ptr()) != 0) {
    return std::complex<double>(PyComplex_RealAsDouble(value.ptr()),
                                PyComplex_ImagAsDouble(value.ptr()));
  }
  const auto kind = nb::cast<std::string>(nb::str(value.type().attr("__name__")));
  throw FitsError(ErrorCode::type,
                  "a header value is a bool, int, float, complex, str or None, not " + kind);
}

using CardTuple = nb::typed<nb::tuple, nb::str, nb::any, nb::str>;

CardTuple card_tuple(const Card& card) {
  return nb::make_tuple(card.keyword, to_python(card.value), card.comment);
}

nb::bytes to_bytes(const std::string& text) { return nb::bytes(text.data(), text.size()); }

std::string_view view_of(const nb::bytes& bytes) { return {bytes.c_str(), bytes.size()}; }

Header header_from_cards(const nb::bytes& cards) {
  if (cards.size() % kCardSize != 0) {
    throw FitsError(ErrorCode::value, "header cards are 80 bytes each; " +
                                          std::to_string(cards.size()) +
                                          " bytes are not whole cards");
  }
  return Header(std::string(view_of(cards)));
}

/// The value of a keyword; the texts of all cards for COMMENT, HISTORY and blank; `missing` where
/// there is none.
nb::object value_of(const Header& header, std::string_view keyword, nb::object missing) {
  const auto name = torchfits::normal_keyword(keyword);
  if (!torchfits::is_commentary(name)) {
    const auto card = header.find_card(name);
    return card ? to_python(card->value) : missing;
  }
  nb::list texts;
  for (const auto position : header.positions(name)) {
    texts.append(to_python(header.card(position).value));
  }
  return texts.size() == 0 ? missing : nb::object(std::move(texts));
}

nb::typed<nb::list, CardTuple> card_tuples(const Header& header) {
  nb::list list;
  const auto size = header.size();
  for (std::size_t i = 0; i < size; ++i) list.append(card_tuple(header.card(i)));
  return list;
}

nb::typed<nb::list, nb::str> keywords(const Header& header) {
  nb::list list;
  const auto size = header.size();
  for (std::size_t i = 0; i < size; ++i) list.append(header.keyword(i));
  return list;
}

nb::typed<nb::list, nb::typed<nb::tuple, nb::int_, nb::str, nb::str>> problems(
    const Header& header) {
  nb::list list;
  const auto size = header.size();
  for (std::size_t i = 0; i < size; ++i) {
    const auto card = header.card(i);
    if (!card.problem.empty()) list.append(nb::make_tuple(i, card.keyword, card.problem));
  }
  return list;
}

Card make_card(std::string_view keyword, nb::handle value, std::string comment) {
  return Card::make(keyword, from_python(value), std::move(comment));
}

}  // namespace

void bind_header(nb::module_& m) {
  nb::class_<Header>(m, "Header", "The cards of an HDU, parsed when asked for.")
      .def(nb::init<>())
      .def(nb::init<const Header&>(), nb::arg("other"), "An independent copy.")
      .def_static("from_cards", &header_from_cards, nb::arg("cards"),
                  "From cards of 80 bytes, without END.")
      .def_static(
          "from_text", [](const nb::bytes& text) { return Header::from_text(view_of(text)); },
          nb::arg("text"), "From cards of 80 bytes or text lines, with or without END.")
      .def(
          "text", [](const Header& self) { return to_bytes(self.text()); },
          "All cards, 80 bytes each, without END.")
      .def("__len__", &Header::size)
      .def(
          "value", &value_of, nb::arg("keyword"), nb::arg("missing").none(),
          "The value of the first card of a keyword, a list of texts for commentary, or `missing`.")
      .def(
          "value_at",
          [](const Header& self, std::size_t i) { return to_python(self.card(i).value); },
          nb::arg("position"))
      .def(
          "card_at", [](const Header& self, std::size_t i) { return card_tuple(self.card(i)); },
          nb::arg("position"), "(keyword, value, comment)")
      .def("find", &Header::find, nb::arg("keyword"), nb::arg("nth") = 0,
           "Position of the nth card of a keyword, or None.")
      .def("positions", &Header::positions, nb::arg("keyword"))
      .def("keywords", &keywords)
      .def("cards", &card_tuples, "All cards as (keyword, value, comment).")
      .def("problems", &problems, "(position, keyword, problem) of the cards that are not clean.")
      .def("select", &Header::select, nb::arg("positions"), "A header of some of the cards.")
      .def(
          "insert",
          [](Header& self, std::size_t position, std::string_view keyword, nb::handle value,
             std::string comment) {
            self.insert(position, make_card(keyword, value, std::move(comment)));
          },
          nb::arg("position"), nb::arg("keyword"), nb::arg("value").none(), nb::arg("comment"))
      .def(
          "replace",
          [](Header& self, std::size_t position, std::string_view keyword, nb::handle value,
             std::string comment) {
            self.replace(position, make_card(keyword, value, std::move(comment)));
          },
          nb::arg("position"), nb::arg("keyword"), nb::arg("value").none(), nb::arg("comment"))
      .def("erase", &Header::erase, nb::arg("position"));
}
