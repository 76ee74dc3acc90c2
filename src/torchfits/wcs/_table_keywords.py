# SPDX-License-Identifier: BSD-3-Clause
"""WCS keywords of binary tables, as those for images: FITS Standard 4.0, table 22.

A pixel list has a column for each pixel axis (``TCRVLn``); an image may also be the cell of one
column (``iCRVLn``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .._errors import ColumnNotFoundError
from ._axes import axis_of
from ._found import MOST_AXES, Found
from ._wcs_keywords import indices_of

if TYPE_CHECKING:
    from .._header import Header

Column = str | int

# The ends of keywords of an axis: TCTYPn and iCTYPn, or TCTYna and iCTYna with a letter.
_ENDS = {
    "CTYPE": "CTYP CTY", "CUNIT": "CUNI CUN", "CRVAL": "CRVL CRV", "CDELT": "CDLT CDE",
    "CRPIX": "CRPX CRP", "CROTA": "CROT CRO", "CNAME": "CNAM CNA", "CRDER": "CRDE CRD",
    "CSYER": "CSYE CSY", "CZPHS": "CZPH CZP", "CPERI": "CPER CPR",
}  # fmt: skip
_OF_AXIS = {end: name for name, ends in _ENDS.items() for end in ends.split()}
_OF_PAIR = {"P": "PC", "PC": "PC", "C": "CD", "CD": "CD", "V": "PV", "PV": "PV"} | {
    "S": "PS",
    "PS": "PS",
}
_OF_COLUMN = {
    "LONP": "LONPOLE", "LATP": "LATPOLE", "RFRQ": "RESTFRQ", "RWAV": "RESTWAV", "RADE": "RADESYS",
    "EQUI": "EQUINOX", "SPEC": "SPECSYS", "SOBS": "SSYSOBS", "SSRC": "SSYSSRC", "VSYS": "VELOSYS",
    "VANG": "VELANGL", "ZSOU": "ZSOURCE", "VSOU": "VSOURCE", "WCSN": "WCSNAME", "TWCS": "WCSNAME",
    "WCAX": "WCSAXES",
}  # fmt: skip
_WITHOUT_LETTER = {
    "MJDOB": "MJD-OBS", "MJDA": "MJD-AVG", "DAVG": "DATE-AVG", "DOBS": "DATE-OBS",
    "OBSGX": "OBSGEO-X", "OBSGY": "OBSGEO-Y", "OBSGZ": "OBSGEO-Z", "OBSGL": "OBSGEO-L",
    "OBSGB": "OBSGEO-B", "OBSGH": "OBSGEO-H", "TRPOS": "TREFPOS", "TRDIR": "TREFDIR",
}  # fmt: skip


def _any(names: Iterable[str]) -> str:
    return "|".join(sorted(names, key=len, reverse=True))


_N = r"([1-9]\d{0,2})"
_AXIS = re.compile(rf"(T|[1-9])({_any(_OF_AXIS)}){_N}([A-Z]?)")
_LIST_PAIR = re.compile(rf"T({_any(_OF_PAIR)}){_N}_(\d{{1,3}})([A-Z]?)")
_CELL_MATRIX = re.compile(rf"([1-9])([1-9])(PC|CD){_N}([A-Z]?)")
_CELL_PAIR = re.compile(rf"([1-9])(PV|V|PS|S){_N}_(\d{{1,2}})([A-Z]?)")
_COLUMN = re.compile(rf"({_any(_OF_COLUMN)}){_N}([A-Z]?)")
_PLAIN = re.compile(rf"({_any(_WITHOUT_LETTER)}){_N}()")
_DIMENSIONS = re.compile(r"\s*\(\s*(\d+(?:\s*,\s*\d+)*)\s*\)\s*")


def as_image_cards(
    header: Header | Mapping[str, Any], found: Found, columns: Iterable[Column] | Column | None
) -> Found:
    """The keywords of some columns as those of an image whose axes they are.

    `found` has the keywords for images: those without axes hold for tables too, unless a column
    has its own.
    """
    items: Iterable[tuple[str, Any]] = header.items()
    cards = {keyword: value for keyword, value in items if value is not None}
    if columns is None:
        numbers = wcs_columns(cards, found.suffix)
    else:
        given = [columns] if isinstance(columns, (str, int)) else list(columns)
        numbers = tuple(_number(cards, column) for column in given)
    if not numbers:
        return found
    if len(numbers) > MOST_AXES:
        raise ValueError(f"columns= has {len(numbers)} of them; a WCS has {MOST_AXES} axes at most")
    in_cells = len(numbers) == 1 and _has_cells(cards, numbers[0])
    image = Found(found.suffix, other_keys=found.other_keys)
    for keyword, value in found.cards.items():
        indices = indices_of(keyword)
        if indices and indices[0] not in {"", "XTENSION", "NAXIS", "WCSAXES"} and not indices[2]:
            image.put(keyword, indices, value)
    image.described = False
    for keyword, value in cards.items():
        standard = _of_cell(keyword, numbers[0]) if in_cells else _of_list(keyword, numbers)
        if standard is not None:
            image.source[standard] = keyword
            image.cards.pop(standard, None)
            image.take(standard, value)
    _set_shape(image, cards, numbers, in_cells)
    return image


def wcs_columns(cards: Mapping[str, Any], suffix: str = "") -> tuple[int, ...]:
    """The numbers of the columns that have a WCS: a pair of celestial columns before all others.

    Event lists describe detector, chip and sky coordinates alike; equatorial ones are preferred.
    """
    types: dict[int, str] = {}
    in_list: set[int] = set()
    in_cells: set[int] = set()
    for keyword, value in cards.items():
        match = _AXIS.fullmatch(keyword)
        if match is None or match[4] != suffix:
            continue
        number = int(match[3])
        (in_list if match[1] == "T" else in_cells).add(number)
        if match[1] == "T" and _OF_AXIS[match[2]] == "CTYPE" and isinstance(value, str):
            types[number] = value.strip()
    pair = _celestial_pair(types)
    if pair:
        return pair
    return tuple(sorted(in_list)[:MOST_AXES]) or tuple(sorted(in_cells)[:1])


def _celestial_pair(types: dict[int, str]) -> tuple[int, ...]:
    axes = {number: axis_of(ctype) for number, ctype in sorted(types.items())}
    pairs = [
        tuple(sorted((lon, lat)))
        for lon, axis in axes.items()
        for lat, other in axes.items()
        if axis.celestial
        and axis.kind == "longitude"
        and (other.name, other.code) == (axis.partner, axis.code)
    ]
    return min(pairs, key=lambda pair: ("RA" not in {axes[n].name for n in pair}, pair), default=())


def _number(cards: Mapping[str, Any], column: Column) -> int:
    """The number of a column: the n of its ``TTYPEn``."""
    fields = cards.get("TFIELDS")
    count = fields if isinstance(fields, int) else 999
    if isinstance(column, int) and not isinstance(column, bool):
        if 1 <= column <= min(count, 999):
            return column
        raise ColumnNotFoundError(f"no column {column}: the table has {count}, counted from 1")
    wanted = str(column).strip()
    names = {
        keyword[5:]: value.strip()
        for keyword, value in cards.items()
        if keyword.startswith("TTYPE") and keyword[5:].isdigit() and isinstance(value, str)
    }
    for same in (str, str.lower):
        for number, name in names.items():
            if same(name) == same(wanted):
                return int(number)
    known = ", ".join(names.values())
    raise ColumnNotFoundError(f"no column '{wanted}': the header has {known[:200] or 'none'}")


def _has_cells(cards: Mapping[str, Any], number: int) -> bool:
    """Whether the cells of a column are described as images."""
    return any(
        (match := _AXIS.fullmatch(keyword)) and match[1] != "T" and int(match[3]) == number
        for keyword in cards
    )


def _of_list(keyword: str, numbers: tuple[int, ...]) -> str | None:
    """The image keyword of a pixel list's, if it is of these columns."""
    if match := _AXIS.fullmatch(keyword):
        number = int(match[3])
        if match[1] != "T" or number not in numbers:
            return None
        return f"{_OF_AXIS[match[2]]}{numbers.index(number) + 1}{match[4]}"
    if match := _LIST_PAIR.fullmatch(keyword):
        name, number, second = _OF_PAIR[match[1]], int(match[2]), int(match[3])
        if number not in numbers or (name in {"PC", "CD"} and second not in numbers):
            return None
        if name in {"PC", "CD"}:
            second = numbers.index(second) + 1
        return f"{name}{numbers.index(number) + 1}_{second}{match[4]}"
    return _of_column(keyword, numbers)


def _of_cell(keyword: str, number: int) -> str | None:
    """The image keyword of that for images in the cells of a column."""
    if match := _AXIS.fullmatch(keyword):
        if match[1] == "T" or int(match[3]) != number:
            return None
        return f"{_OF_AXIS[match[2]]}{match[1]}{match[4]}"
    if (match := _CELL_MATRIX.fullmatch(keyword)) and int(match[4]) == number:
        return f"{match[3]}{match[1]}_{match[2]}{match[5]}"
    if (match := _CELL_PAIR.fullmatch(keyword)) and int(match[3]) == number:
        return f"{_OF_PAIR[match[2]]}{match[1]}_{match[4]}{match[5]}"
    return _of_column(keyword, (number,))


def _of_column(keyword: str, numbers: tuple[int, ...]) -> str | None:
    for pattern, names in ((_COLUMN, _OF_COLUMN), (_PLAIN, _WITHOUT_LETTER)):
        if (match := pattern.fullmatch(keyword)) and int(match[2]) in numbers:
            return f"{names[match[1]]}{match[3]}"
    return None


def _set_shape(
    image: Found, cards: Mapping[str, Any], numbers: tuple[int, ...], in_cells: bool
) -> None:
    """NAXIS of the image: TDIMn of cells, one axis for each column of a list."""
    if not in_cells:
        image.cards["NAXIS"] = len(numbers)
        return
    text = cards.get(f"TDIM{numbers[0]}")
    match = _DIMENSIONS.fullmatch(text) if isinstance(text, str) else None
    lengths = [int(length) for length in match[1].split(",")] if match else []
    if 0 < len(lengths) <= MOST_AXES:
        image.cards |= {"NAXIS": len(lengths)}
        image.cards |= {f"NAXIS{axis}": length for axis, length in enumerate(lengths, 1)}
