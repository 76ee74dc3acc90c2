# SPDX-License-Identifier: BSD-3-Clause
"""From a header to the description of one of its WCSs."""

from __future__ import annotations

import string
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from .._errors import FITSWarning, KeywordNotFoundError
from .._header import Header
from ._axes import Axis, axis_of, check_axes
from ._description import Description
from ._fixes import (
    Parameters,
    modern_ctypes,
    modern_projections,
    modern_units,
    scamp_ctypes,
)
from ._found import MOST_AXES, Cards, Found
from ._matrix import linear_part
from ._meta import meta_of
from ._table_keywords import Column, as_image_cards
from ._wcs_keywords import PREFIXES, indices_of

AnyHeader = Header | Mapping[str, Any] | str | bytes | Any
_KEYS = (" ", *string.ascii_uppercase)
_CARD = 80
_MOST_LON_PARAMETERS = 4  # PVi_0 to PVi_4 of the longitude axis: Paper II, section 2.5


def describe(
    header: AnyHeader, key: str = " ", columns: Iterable[Column] | Column | None = None
) -> tuple[Description, Cards]:
    """Read one WCS of a header, and give it with the cards that bear on it.

    Parameters
    ----------
    header : Header, mapping, str, bytes, or a header of astropy
        Text is cards of 80 characters or lines.
    key : str
        The letter of an alternate WCS, a blank for the first.
    columns : str, int, or several of them, optional
        Of a binary table: the columns of a pixel list in the order of pixel axes, or the one whose
        cells are images; names, or numbers n of ``TTYPEn``. By default what the keywords tell.

    Raises
    ------
    KeywordNotFoundError
        If the header has no WCS of that key, or is of a table without any.
    ValueError
        If the keywords contradict each other, or have values that none may have.

    Warns
    -----
    FITSWarning
        For what the Standard does not allow, but can be meant in one way only.
    """
    if key not in _KEYS:
        raise ValueError(f"key is ' ' or one of the letters 'A' to 'Z', not {key!r}")
    found = find_cards(header, key, columns)
    description = described(found, key)
    for note in found.notes:
        warnings.warn(note, FITSWarning, stacklevel=3)
    return description, found.cards


def find_cards(
    header: AnyHeader, key: str, columns: Iterable[Column] | Column | None = None
) -> Found:
    """The cards of one WCS; those of a table as the ones for images that they stand for."""
    source = as_mapping(header)
    found = Found(key.strip())
    if isinstance(source, Header):
        core = source._list
        for position, keyword in enumerate(core.keywords()):
            if keyword[:2] in PREFIXES:
                indices = indices_of(keyword)
                if indices is not None and found.wants(indices):
                    found.put(keyword, indices, core.value_at(position))
    else:
        for keyword, value in source.items():
            found.take(keyword, value)
    is_table = _is_table(found)
    if columns is not None and "XTENSION" not in found.single:
        is_table = "SIMPLE" not in source  # some cards of a table, taken out of its header
    if columns is not None and not is_table:
        raise ValueError("columns= is for the WCS of a binary table; this header is of an image")
    if is_table and (columns is not None or not found.used):
        found = as_image_cards(source, found, columns)
    if not found.described and (key != " " or found.other_keys or columns is not None):
        keys = ", ".join(repr(other) for other in sorted(found.other_keys)) or "none"
        where = "the header has" if columns is None else f"columns {columns!r} have"
        raise KeywordNotFoundError(f"{where} no WCS of key {key!r}; its keys are: {keys}")
    if is_table and not found.used:
        raise KeywordNotFoundError(
            "the header of the table has no WCS: no column has keywords such as TCTYPn or 1CTYPn"
        )
    return found


def as_mapping(header: AnyHeader) -> Header | dict[str, Any]:
    """Any header that may be given, as a `Header`, or a dict with keywords in capitals."""
    if isinstance(header, Header):
        return header
    if isinstance(header, (str, bytes)):
        text = header if isinstance(header, str) else header.decode("latin-1")
        cards = text.rstrip()
        if "=" not in cards:
            raise ValueError(
                f"{cards[:_CARD]!r} is no text of a header; of a file take "
                "torchfits.open(path)[0].wcs"
            )
        if len(cards) > _CARD and "\n" not in cards:  # the last card may have lost its blanks
            text = cards.ljust(-(-len(cards) // _CARD) * _CARD)
        return Header.from_string(text)
    if hasattr(header, "tostring"):  # made of text, its last card may have an end of line
        return Header.from_string(header.tostring().replace("\n", " "))
    if isinstance(header, Mapping):
        return {
            str(keyword).strip().upper(): value[0] if isinstance(value, tuple) and value else value
            for keyword, value in header.items()
        }
    raise TypeError(
        "header is a Header, a dict, text or a header of astropy, not "
        f"{type(header).__name__}; of an open file take hdu.header"
    )


def described(found: Found, key: str) -> Description:
    """The description that the cards give."""
    shape = _shape(found)
    count = _count(found)
    ctypes = modern_ctypes(found, found.texts("CTYPE", count))
    pv = found.parameters()
    ctypes = scamp_ctypes(found, ctypes, pv)
    axes = [axis_of(ctype) for ctype in ctypes]
    check_axes(axes, ctypes, found.suffix)
    _take_projp(found, axes, pv)
    cunit, factors = modern_units(found, axes, found.texts("CUNIT", count))
    crval = _scaled(found.numbers("CRVAL", count, 0.0), factors)
    ctypes = modern_projections(found, ctypes, axes, pv, crval)
    _check_parameters(found, axes, pv)
    pc, cdelt, is_cd = linear_part(found, axes)
    if is_cd:
        pc = [[x * factor for x in row] for row, factor in zip(pc, factors, strict=True)]
    else:
        cdelt = _scaled(cdelt, factors)
    return Description(
        key=key,
        ctype=tuple(ctypes),
        cunit=tuple(cunit),
        crpix=tuple(found.numbers("CRPIX", count, 0.0)),
        crval=tuple(crval),
        cdelt=tuple(cdelt),
        pc=tuple(map(tuple, pc)),
        is_cd=is_cd,
        cname=tuple(found.texts("CNAME", count)),
        pv=pv,
        ps={index: found.text(keyword, value) for index, keyword, value in found.of_pairs("PS")},
        lonpole=found.optional("LONPOLE"),
        latpole=found.optional("LATPOLE"),
        shape=shape and shape + (1,) * (count - len(shape)),
        meta=meta_of(found, axes),
    )


def _scaled(values: list[float], factors: list[float]) -> list[float]:
    return [value * factor for value, factor in zip(values, factors, strict=True)]


def _is_table(found: Found) -> bool:
    kind = found.single.get("XTENSION")
    compressed = found.cards.get("ZIMAGE") is True
    return isinstance(kind, str) and kind.strip() in {"BINTABLE", "TABLE"} and not compressed


def _shape(found: Found) -> tuple[int, ...] | None:
    """NAXISj, or ZNAXISj of a compressed image as its binary table shows it."""
    prefix = "ZNAXIS" if found.cards.get("ZIMAGE") is True else "NAXIS"
    count = found.cards.get(prefix)
    if not isinstance(count, int) or not 0 < count <= MOST_AXES:
        return None
    lengths = [found.cards.get(f"{prefix}{axis}") for axis in range(1, count + 1)]
    known = all(isinstance(length, int) and length >= 0 for length in lengths)
    return tuple(lengths) if known and not _is_table(found) else None  # type: ignore[arg-type]


def _count(found: Found) -> int:
    """How many axes: the most of NAXIS, WCSAXES and the keywords, as in wcslib; 2 without any."""
    prefix = "ZNAXIS" if found.cards.get("ZIMAGE") is True else "NAXIS"
    counts = {"keywords": found.used}
    for keyword, value in (
        (prefix, found.cards.get(prefix)),
        ("WCSAXES" + found.suffix, found.single.get("WCSAXES")),
    ):
        if value is None:
            continue
        number = found.number(keyword, value)
        if number < 0 or number != int(number):
            found.notes.append(f"{found.named(keyword)} = {value!r} is no count; it is left out")
        elif number > MOST_AXES:
            raise ValueError(
                f"{found.named(keyword)} = {value}: a WCS has {MOST_AXES} axes at most"
            )
        else:
            counts[keyword] = int(number)
    stated = counts.get("WCSAXES" + found.suffix)
    if stated is not None and stated < found.used:
        found.notes.append(
            f"{found.named('WCSAXES' + found.suffix)} = {stated}, but there are keywords of axis "
            f"{found.used}; it is read as {found.used}"
        )
    return max(counts.values()) or 2


def _take_projp(found: Found, axes: list[Axis], pv: Parameters) -> None:
    """PROJPn of before the Standard: PVi_n of the latitude axis."""
    latitude = next((i for i, axis in enumerate(axes, 1) if axis.kind == "latitude"), None)
    for keyword, value in found.single.items():
        if keyword[:5] == "PROJP" and latitude is not None:
            found.notes.append(f"{keyword} is an old form of PV{latitude}_{keyword[5:]}")
            pv.setdefault((latitude, int(keyword[5:])), found.number(keyword, value))


def _check_parameters(found: Found, axes: list[Axis], pv: Parameters) -> None:
    for i, m in pv:
        axis = axes[i - 1]
        known = m <= _MOST_LON_PARAMETERS or axis.code == "TPV"
        if not known and axis.celestial and axis.kind == "longitude":
            name = found.named(f"PV{i}_{m}{found.suffix}")
            raise ValueError(
                f"{name}: a longitude axis has parameters 0 to {_MOST_LON_PARAMETERS}, unless "
                "CTYPE says TPV; correct CTYPE or remove the card"
            )
