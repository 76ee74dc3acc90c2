# SPDX-License-Identifier: BSD-3-Clause
"""From a description back to a header that gives the same WCS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .._header import Header
from ._wcs_keywords import DISTORTION, LETTERED

if TYPE_CHECKING:
    from ._description import Description, Numbers
    from ._found import Cards

_LETTERED = {*LETTERED, "CRDER", "CSYER", "CZPHS", "CPERI"}


def to_header(description: Description, cards: Cards | None = None) -> Header:
    """The keywords of one WCS, in today's form.

    Parameters
    ----------
    description : Description
        Numbers that are tensors are taken as they are now.
    cards : dict, optional
        Those that `description` came from: the keywords of distortions are kept.

    Returns
    -------
    Header
        Of another reader, too, it gives the same WCS: units are those of world coordinates, and
        what was read leniently is written as the Standard has it.
    """
    header = Header()
    for keyword, value in (*_core(description), *_meta(description)):
        header.append((keyword, value))
    for keyword, value in (cards or {}).items():
        if not DISTORTION.fullmatch(keyword):
            continue
        name, _, record = keyword.partition(".")
        header.append((name, f"{record}: {value!r}" if record else value))
    return header


def _core(description: Description) -> Iterator[tuple[str, Any]]:
    letter = description.key.strip()
    yield f"WCSAXES{letter}", description.naxis
    for name, texts in (("CTYPE", description.ctype), ("CUNIT", description.cunit)):
        yield from _indexed(name, enumerate(texts, 1), letter)
    names = ((i, name) for i, name in enumerate(description.cname, 1) if name)
    yield from _indexed("CNAME", names, letter)
    for name, values in (("CRPIX", description.crpix), ("CRVAL", description.crval)):
        yield from _indexed(name, enumerate(_floats(values), 1), letter)
    matrix = [_floats(row) for row in description.pc]
    if not description.is_cd:
        yield from _indexed("CDELT", enumerate(_floats(description.cdelt), 1), letter)
    for i, row in enumerate(matrix, 1):
        for j, value in enumerate(row, 1):
            if description.is_cd or value != (i == j):
                yield f"{'CD' if description.is_cd else 'PC'}{i}_{j}{letter}", value
    for name, parameters in (("PV", description.pv), ("PS", description.ps)):
        for (i, m), parameter in sorted(parameters.items()):
            yield f"{name}{i}_{m}{letter}", parameter
    for name, pole in (("LONPOLE", description.lonpole), ("LATPOLE", description.latpole)):
        if pole is not None:
            yield name + letter, pole


def _meta(description: Description) -> Iterator[tuple[str, Any]]:
    letter = description.key.strip()
    for name, value in description.meta.items():
        if isinstance(value, dict):
            yield from _indexed(name, sorted(value.items()), letter)
        elif isinstance(value, tuple):  # MJDREF in two parts
            yield from zip((f"{name}I", f"{name}F"), value, strict=True)
        else:
            yield name + (letter if name in _LETTERED else ""), value


def _indexed(
    name: str, values: Iterable[tuple[int, Any]], letter: str
) -> Iterator[tuple[str, Any]]:
    for axis, value in values:
        yield f"{name}{axis}{letter}", value


def _floats(values: Numbers) -> list[float]:
    """Numbers of a tuple or tensor; `tolist` leaves gradients and devices behind."""
    if hasattr(values, "tolist"):
        return [float(value) for value in values.detach().tolist()]
    return [float(value.detach()) if hasattr(value, "detach") else float(value) for value in values]
