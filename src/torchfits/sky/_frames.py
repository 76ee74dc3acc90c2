# SPDX-License-Identifier: BSD-3-Clause
"""Frames of the sky and the way from one to another, always through ICRS."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch

from ._directions import Tensors, as_degrees, from_xyz, to_xyz, turned
from ._rotations import (
    Matrix,
    Row,
    b1950_to_j2000,
    besselian_precession,
    besselian_to_julian,
    e_terms,
    mean_ecliptic,
    precession,
    product,
    transposed,
    turn,
)

_EQUINOX = {"fk5": 2000.0, "fk4": 1950.0, "fk4-no-e": 1950.0, "ecliptic": 2000.0}
# USNO circular 179, equation 3.4: -eta0, xi0 and dalpha0 in milliarcseconds.
_ICRS_TO_FK5 = product(turn(0, 19.9 / 3.6e6), turn(1, 9.1 / 3.6e6), turn(2, -22.9 / 3.6e6))
_NAMES = ("icrs", "fk5", "fk4", "fk4-no-e", "galactic", "supergalactic", "ecliptic")

_OF_CTYPE = {"GLON": "galactic", "SLON": "supergalactic", "ELON": "ecliptic"}


@dataclass(frozen=True)
class Frame:
    """A frame of the sky.

    Parameters
    ----------
    name : str
        ``'icrs'``, ``'fk5'``, ``'fk4'``, ``'fk4-no-e'`` (without the E-terms of aberration),
        ``'galactic'``, ``'supergalactic'`` or ``'ecliptic'`` (mean ecliptic and equinox, seen from
        the barycentre), in any case.
    equinox : float, optional
        A Julian epoch, of FK4 a Besselian one. 2000 by default, of FK4 1950.
    obstime : float, optional
        Of FK4, which rotates: when the positions were observed, as a Julian epoch. The equinox by
        default.
    """

    name: str
    equinox: float | None = None
    obstime: float | None = None

    def __post_init__(self) -> None:
        name = str(self.name).lower()
        if name not in _NAMES:
            raise ValueError(f"{self.name!r} is no frame; use one of {', '.join(_NAMES)}")
        equinox, obstime = self.equinox, self.obstime
        if equinox is not None and name not in _EQUINOX:
            raise ValueError(f"the frame {name} has no equinox; leave equinox= away")
        if obstime is not None and not name.startswith("fk4"):
            raise ValueError(f"the frame {name} does not rotate; leave obstime= away")
        if equinox is None:
            equinox = _EQUINOX.get(name)
        if obstime is None and equinox is not None and name.startswith("fk4"):
            obstime = besselian_to_julian(equinox)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "equinox", equinox if equinox is None else float(equinox))
        object.__setattr__(self, "obstime", obstime if obstime is None else float(obstime))

    @property
    def _e_terms(self) -> Row | None:
        return e_terms(self.equinox) if self.name == "fk4" and self.equinox is not None else None


def transform(lon: Any, lat: Any, from_: str | Frame, to: str | Frame) -> Tensors:
    """Positions of one frame in another.

    Parameters
    ----------
    lon, lat : tensor, array or number
        Degrees.
    from_, to : str or Frame
        ``'icrs'``, ``'fk5'``, ``'fk4'``, ``'fk4-no-e'``, ``'galactic'``, ``'supergalactic'`` or
        ``'ecliptic'``; a `Frame` has an equinox of its own.

    Returns
    -------
    lon, lat : torch.Tensor
        Degrees.

    Raises
    ------
    ValueError
        For a name that is none of these.
    """
    source, target = as_frame(from_), as_frame(to)
    lon, lat = as_degrees("transform", lon=lon, lat=lat)
    if source == target:
        return turned(lon), lat
    xyz = to_xyz(lon, lat)
    if (terms := source._e_terms) is not None:
        xyz = _without_e_terms(xyz, terms)
    xyz = _rotated(xyz, rotation(source, target))
    if (terms := target._e_terms) is not None:
        xyz = _with_e_terms(xyz, terms)
    return from_xyz(*xyz)


def frame_of(wcs: Any) -> Frame:
    """The frame of a celestial WCS, as CTYPE, RADESYS and EQUINOX tell it.

    Parameters
    ----------
    wcs : torchfits.WCS

    Raises
    ------
    ValueError
        If the WCS has no celestial axes, or those of a frame that is not known here.
    """
    codes = [ctype.partition("-")[0].upper() for ctype in wcs.ctype]
    for code, name in _OF_CTYPE.items():
        if code in codes:
            return Frame(name, wcs.equinox if name in _EQUINOX else None)
    system = (wcs.radesys or "ICRS").lower()
    if "RA" not in codes or system not in ("icrs", "fk5", "fk4", "fk4-no-e"):
        raise ValueError(
            f"CTYPE = {', '.join(wcs.ctype)} with RADESYS = {wcs.radesys!r} is no frame of "
            f"torchfits.sky; those are {', '.join(_NAMES)}"
        )
    return Frame(system, None if system == "icrs" else wcs.equinox)


def as_frame(frame: str | Frame) -> Frame:
    """A name, or a frame that is one."""
    return frame if isinstance(frame, Frame) else Frame(frame)


def icrs_to_galactic(lon: Any, lat: Any) -> Tensors:
    """ICRS to galactic (IAU 1958) longitude and latitude, all in degrees."""
    return transform(lon, lat, "icrs", "galactic")


def galactic_to_icrs(lon: Any, lat: Any) -> Tensors:
    """Galactic (IAU 1958) to ICRS, all in degrees."""
    return transform(lon, lat, "galactic", "icrs")


def icrs_to_fk5(lon: Any, lat: Any, equinox: float = 2000.0) -> Tensors:
    """ICRS to FK5 of an equinox (a Julian epoch), all in degrees."""
    return transform(lon, lat, "icrs", Frame("fk5", equinox))


def fk5_to_icrs(lon: Any, lat: Any, equinox: float = 2000.0) -> Tensors:
    """FK5 of an equinox (a Julian epoch) to ICRS, all in degrees."""
    return transform(lon, lat, Frame("fk5", equinox), "icrs")


def icrs_to_fk4(
    lon: Any, lat: Any, equinox: float = 1950.0, obstime: float | None = None
) -> Tensors:
    """ICRS to FK4 with its E-terms, all in degrees.

    `equinox` is a Besselian epoch; `obstime` a Julian one, the equinox by default.
    """
    return transform(lon, lat, "icrs", Frame("fk4", equinox, obstime))


def fk4_to_icrs(
    lon: Any, lat: Any, equinox: float = 1950.0, obstime: float | None = None
) -> Tensors:
    """FK4 with its E-terms to ICRS, all in degrees.

    `equinox` is a Besselian epoch; `obstime` a Julian one, the equinox by default.
    """
    return transform(lon, lat, Frame("fk4", equinox, obstime), "icrs")


def icrs_to_ecliptic(lon: Any, lat: Any, equinox: float = 2000.0) -> Tensors:
    """ICRS to the mean ecliptic and equinox of a Julian epoch, all in degrees."""
    return transform(lon, lat, "icrs", Frame("ecliptic", equinox))


def ecliptic_to_icrs(lon: Any, lat: Any, equinox: float = 2000.0) -> Tensors:
    """The mean ecliptic and equinox of a Julian epoch to ICRS, all in degrees."""
    return transform(lon, lat, Frame("ecliptic", equinox), "icrs")


def rotation(source: Frame, target: Frame) -> Matrix:
    """The matrix from one frame to another, E-terms of FK4 left out."""
    if torch.compiler.is_compiling():  # a constant there, and the compiler warns of caches
        return _rotation(source, target)
    return _kept_rotation(source, target)


def _rotation(source: Frame, target: Frame) -> Matrix:
    if source.name.startswith("fk4") and target.name.startswith("fk4"):
        return besselian_precession(source.equinox or 0.0, target.equinox or 0.0)
    return product(_from_icrs(target), _to_icrs(source))


_kept_rotation = lru_cache(maxsize=64)(_rotation)


def _to_icrs(frame: Frame) -> Matrix:
    """Of FK4 not quite the inverse of the way there: Newcomb's precession has a direction."""
    if not frame.name.startswith("fk4"):
        return transposed(_from_icrs(frame))
    from_b1950 = product(transposed(_ICRS_TO_FK5), b1950_to_j2000(frame.obstime or 1950.0))
    return product(from_b1950, besselian_precession(frame.equinox or 1950.0, 1950.0))


def _from_icrs(frame: Frame) -> Matrix:
    equinox = 2000.0 if frame.equinox is None else frame.equinox
    if frame.name == "icrs":
        return turn(2, 0.0)
    if frame.name == "ecliptic":
        return mean_ecliptic(equinox)
    if frame.name == "fk5":
        return product(precession(equinox), _ICRS_TO_FK5)
    if frame.name in ("fk4", "fk4-no-e"):
        to_b1950 = transposed(b1950_to_j2000(frame.obstime or 1950.0))
        return product(besselian_precession(1950.0, equinox), to_b1950, _ICRS_TO_FK5)
    # The pole and the origin of galactic coordinates in FK5 J2000, from their definition in B1950.
    pole = product(turn(1, 90.0 - 27.12825118085622), turn(2, 192.8594812065348))
    galactic = product(turn(2, 180.0 - 122.9319185680026), pole, _ICRS_TO_FK5)
    if frame.name == "galactic":
        return galactic
    # Lahav et al. 2000: the supergalactic pole at galactic (47.37, 6.32).
    return product(turn(2, 90.0), turn(1, 90.0 - 6.32), turn(2, 47.37), galactic)


def _rotated(xyz: Tensors, matrix: Matrix) -> Tensors:
    """Sums of products with numbers: nothing goes to the device of the tensors."""
    x, y, z = xyz
    return tuple(torch.add(a * x, y, alpha=b).add(z, alpha=c) for a, b, c in matrix)


def _along(xyz: Tensors, terms: Row) -> torch.Tensor:
    """The scalar product."""
    x, y, z = xyz
    a, b, c = terms
    return torch.add(a * x, y, alpha=b).add(z, alpha=c)


def _without_e_terms(xyz: Tensors, terms: Row) -> Tensors:
    along = _along(xyz, terms)
    return tuple(axis - term + along * axis for axis, term in zip(xyz, terms, strict=True))


def _with_e_terms(xyz: Tensors, terms: Row) -> Tensors:
    """The inverse; a step gains a factor of 1e6."""
    x, y, z = xyz
    length = torch.sqrt(x * x + y * y + z * z)
    shifted = tuple(axis / length + term for axis, term in zip(xyz, terms, strict=True))
    xyz = tuple(axis / length for axis in xyz)
    for _ in range(4):
        scale = 1.0 + _along(xyz, terms)
        xyz = tuple(axis / scale for axis in shifted)
    return xyz
