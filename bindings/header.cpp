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
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "bindings.h"
#include "fits/hdu_cards.h"
#include "io/file_sink.h"
#include "read.h"
#include "source.h"

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

CardValue from_python(std::string_view keyword, nb::handle value) {
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
  throw FitsError(ErrorCode::type, "keyword '" + std::string(keyword) +
                                       "': a header value is a bool, int, float, complex, str or "
                                       "None, not " +
                                       kind);
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

/// A new card instead of `count` others; a comment that its card cannot hold is cut, with a
/// warning.
void put_card(Header& header, std::size_t position, std::size_t count, std::string_view keyword,
              nb::handle value, std::string comment) {
  const auto card = Card::make(keyword, from_python(keyword, value), std::move(comment));
  const auto text = card.format();
  const auto given = torchfits::trim_right(card.comment).size();
  const auto kept = Card::parse(text).comment.size();
  if (kept < given) {
    warn({"keyword '" + card.keyword + "': the comment is cut to " + std::to_string(kept) + " of " +
          std::to_string(given) + " characters, which is what the card has room for"});
  }
  header.splice(position, count, text);
}

/// Positions of the cards that say how data is stored.
std::vector<std::size_t> describing(const Header& header) {
  std::vector<std::size_t> positions;
  const auto size = header.size();
  for (std::size_t i = 0; i < size; ++i) {
    if (torchfits::describes_data(header.keyword(i))) positions.push_back(i);
  }
  return positions;
}

/// A text file that takes its name when it is complete.
void write_text(nb::handle path, const nb::bytes& text, bool overwrite) {
  const auto name = file_system_path(path);
  const auto bytes = std::as_bytes(std::span(text.c_str(), text.size()));
  const nb::gil_scoped_release no_gil;
  try {
    torchfits::FileSink sink(name, overwrite);
    sink.write_at(0, bytes);
    sink.commit(bytes.size());
  } catch (FitsError& error) {
    error.in_file(name);
    throw;
  }
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
          "same_text",
          [](const Header& self, const Header& other) { return self.text() == other.text(); },
          nb::arg("other"), "Whether both have the same bytes: no copy is made.")
      .def("describing", &describing, "Positions of the cards that say how data is stored.")
      .def(
          "lines", [](const Header& self) { return self.text().size() / kCardSize; },
          "Of 80 bytes: more than cards where long strings continue.")
      .def("end_of_cards", &Header::end_of_cards,
           "Position behind the last card that is not blank.")
      .def(
          "insert",
          [](Header& self, std::size_t position, std::string_view keyword, nb::handle value,
             std::string comment) {
            put_card(self, position, 0, keyword, value, std::move(comment));
          },
          nb::arg("position"), nb::arg("keyword"), nb::arg("value").none(), nb::arg("comment"))
      .def(
          "replace",
          [](Header& self, std::size_t position, std::string_view keyword, nb::handle value,
             std::string comment) {
            put_card(self, position, 1, keyword, value, std::move(comment));
          },
          nb::arg("position"), nb::arg("keyword"), nb::arg("value").none(), nb::arg("comment"))
      .def("erase", nb::overload_cast<const std::vector<std::size_t>&>(&Header::erase),
           nb::arg("positions"))
      .def(
          "splice",
          [](Header& self, std::size_t position, std::size_t count, const Header& cards) {
            self.splice(position, count, std::string(cards.text()));
          },
          nb::arg("position"), nb::arg("count"), nb::arg("cards"),
          "The cards of another header, byte for byte, instead of `count` of this one.");
  m.def("write_text", &write_text, nb::arg("path"), nb::arg("text"), nb::arg("overwrite"));
}
