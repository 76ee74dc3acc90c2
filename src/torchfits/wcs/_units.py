# SPDX-License-Identifier: BSD-3-Clause
"""CUNIT: the units of FITS Standard 4.0 (section 4.3) that celestial and spectral axes may have."""

from __future__ import annotations

import math
import re

Dimensions = dict[str, float]

_ANGLE, _LENGTH, _TIME = {"deg": 1.0}, {"m": 1.0}, {"s": 1.0}
_ENERGY = {"kg": 1.0, "m": 2.0, "s": -2.0}
_EV = 1.6021765e-19  # the Standard's value, table 4, which wcslib has too

_UNITS: dict[str, tuple[float, Dimensions]] = {
    "deg": (1.0, _ANGLE),
    "arcmin": (1 / 60, _ANGLE),
    "arcsec": (1 / 3600, _ANGLE),
    "mas": (1 / 3600e3, _ANGLE),
    "rad": (180 / math.pi, _ANGLE),
    "turn": (360.0, _ANGLE),
    "m": (1.0, _LENGTH),
    "Angstrom": (1e-10, _LENGTH),
    "angstrom": (1e-10, _LENGTH),
    "AU": (1.49598e11, _LENGTH),
    "pc": (3.0857e16, _LENGTH),
    "lyr": (2.99792458e8 * 31557600.0, _LENGTH),
    "solRad": (6.9599e8, _LENGTH),
    "s": (1.0, _TIME),
    "min": (60.0, _TIME),
    "h": (3600.0, _TIME),
    "d": (86400.0, _TIME),
    "yr": (31557600.0, _TIME),
    "a": (31557600.0, _TIME),
    "Hz": (1.0, {"s": -1.0}),
    "J": (1.0, _ENERGY),
    "eV": (_EV, _ENERGY),
    "erg": (1e-7, _ENERGY),
    "Ry": (13.605692 * _EV, _ENERGY),
    "g": (1e-3, {"kg": 1.0}),
    "kg": (1.0, {"kg": 1.0}),
}
_OTHERS = (
    "A adu barn beam bin bit byte C cd chan count ct D F G H Jy K lm lx mag mol N Ohm ohm Pa ph "
    "photon pix pixel R S sr Sun T u V voxel W Wb"
)
_UNITS.update({name: (1.0, {name: 1.0}) for name in _OTHERS.split()})
_SCALED = "m s g Hz J eV rad pc a yr sr A K Jy V W"
_WITH_PREFIX = frozenset(_SCALED.split())
_PREFIXES = {
    "d": 1e-1, "c": 1e-2, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15, "a": 1e-18,
    "z": 1e-21, "y": 1e-24, "da": 1e1, "h": 1e2, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
    "P": 1e15, "E": 1e18, "Z": 1e21, "Y": 1e24,
}  # fmt: skip


def _spellings() -> dict[str, str]:
    """Plurals, full names and capitals that headers have, and their unit."""
    names = {
        "deg": "degree", "arcmin": "", "arcsec": "", "rad": "radian", "Angstrom": "angstrom",
        "s": "sec second", "min": "", "h": "hr hour", "d": "day", "yr": "year", "m": "metre meter",
        "K": "kelvin", "Pa": "pascal", "V": "volt", "pixel": "", "beam": "", "byte": "",
        "um": "micron micrometer micrometre", "nm": "nanometer nanometre",
    }  # fmt: skip
    known: dict[str, str] = {}
    for unit, words in names.items():
        for word in (unit, *words.split()):
            for form in (word, word + "s"):
                if len(form) > 2:
                    known.update({form: unit, form.upper(): unit, form.capitalize(): unit})
    capitals = {unit.upper(): unit for unit in ("Hz", "kHz", "MHz", "GHz", "km", "yr", "Jy", "min")}
    known |= capitals | {"hz": "Hz", "hr": "h", "HR": "h", "M": "m", "angstrom": "angstrom"}
    return {word: unit for word, unit in known.items() if word != unit}


_SPELLINGS = _spellings()
_WORD = re.compile(r"[A-Za-z]+")
_NOTHING = {"unit", "units", "unknown", "none", "undefined", "n/a", "null", "nan", "-", "?"}
_HOURS = {"h", "hr", "hrs", "hour", "hours", "hourangle"}
_FACTOR = re.compile(
    r"\s*(?:(?P<ten>10)\s*(?:(?:\*\*|\^)\s*\(?|(?=[+-]))(?P<power>[+-]?\d{1,2})\)?"
    r"|(?P<word>[A-Za-z]+)|(?P<open>\()|(?P<one>1(?=\s*/)))"
)
_EXPONENT = re.compile(
    r"(?:\s*(?:\*\*|\^)\s*)?(?P<open>\()?(?P<power>[+-]?\d+(?:\.\d+)?)(?(open)\))"
)
_OPERATOR = re.compile(r"\s*([*./]|(?=[A-Za-z(]))\s*")
_DEEPEST = 8


def standard_spelling(unit: str) -> str:
    """The unit with plurals, full names and capitals replaced, word by word."""
    return _WORD.sub(lambda word: _SPELLINGS.get(word[0], word[0]), unit)


def factor_to(unit: str, target: str, *, longitude: bool = False) -> tuple[float, str]:
    """How many of `target` a `unit` is, and the spelling that it was read as.

    Raises
    ------
    ValueError
        If `unit` is none, or of another kind; the message completes "CUNIT1 = 'x' ...".
    """
    if unit == target or not unit:
        return 1.0, target
    if unit.lower() in _NOTHING:
        return 1.0, target
    if longitude and unit.lower() in _HOURS:
        return 15.0, "hours, of 15 deg each"
    problem = ""
    for text in dict.fromkeys((standard_spelling(unit), standard_spelling(unit.lower()))):
        try:
            scale, dimensions = parsed(text)
        except ValueError as error:
            problem = problem or str(error)
            continue
        wanted_scale, wanted = parsed(target)
        if dimensions == wanted and 0 < scale < math.inf:
            return scale / wanted_scale, text
        problem = problem or f"is no kind of '{target}'"
    raise ValueError(f"{problem}; expected a unit that converts to '{target or '1'}'")


def parsed(text: str, depth: int = 0) -> tuple[float, Dimensions]:
    """Scale and dimensions of a unit such as ``km/s``, ``10**-9 m`` or ``cm(-1)``."""
    text = text.strip().removeprefix("[").removesuffix("]").strip()
    scale, dimensions, at = 1.0, dict[str, float](), 0
    sign = 1.0
    if text.startswith("/"):
        sign, at = -1.0, 1
    while at < len(text):
        factor, factor_dimensions, at = _factor(text, at, depth)
        scale *= factor**sign if 1e-30 < factor < 1e30 else math.nan
        for name, power in factor_dimensions.items():
            dimensions[name] = dimensions.get(name, 0.0) + sign * power
        if at >= len(text):
            break
        operator = _OPERATOR.match(text, at)
        if operator is None or operator.end() >= len(text):
            raise ValueError(f"is no unit ('{text[at:]}' is not understood)")
        sign, at = (-1.0 if operator[1] == "/" else 1.0), operator.end()
    return scale, {name: power for name, power in dimensions.items() if power}


def _factor(text: str, at: int, depth: int) -> tuple[float, Dimensions, int]:
    """One factor with its exponent, and where it ends."""
    found = _FACTOR.match(text, at)
    if found is None or depth > _DEEPEST:
        raise ValueError(f"is no unit ('{text[at:]}' is not understood)")
    if found["ten"]:
        return 10.0 ** int(found["power"]), {}, found.end()
    if found["one"]:
        return 1.0, {}, found.end()
    end = found.end()
    if found["open"]:
        end = _closing(text, end)
        scale, dimensions = parsed(text[found.end() : end - 1], depth + 1)
    else:
        scale, dimensions = _word(found["word"])
    exponent = _EXPONENT.match(text, end)
    if exponent is None:
        return scale, dimensions, end
    power = float(exponent["power"])
    if abs(power) > 9:
        raise ValueError(f"has an exponent that is too large ('{exponent['power']}')")
    return scale**power, {name: p * power for name, p in dimensions.items()}, exponent.end()


def _closing(text: str, at: int) -> int:
    depth = 1
    while at < len(text):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1
        if not depth:
            return at
    raise ValueError("is no unit (a parenthesis is not closed)")


def _word(word: str) -> tuple[float, Dimensions]:
    if word in _UNITS:
        return _UNITS[word]
    for length in (1, 2):
        prefix, unit = word[:length], word[length:]
        if prefix in _PREFIXES and unit in _WITH_PREFIX:
            scale, dimensions = _UNITS[unit]
            return _PREFIXES[prefix] * scale, dimensions
    raise ValueError(f"is no unit ('{word}' is not known)")
