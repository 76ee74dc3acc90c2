# SPDX-License-Identifier: BSD-3-Clause
"""Angles on the sphere and unit vectors."""

from __future__ import annotations

from functools import partial
from math import pi
from typing import Any

import torch

from .._real_numbers import real_tensors

Tensors = tuple[torch.Tensor, ...]

_RADIAN = pi / 180.0
_DEGREE = 180.0 / pi


def separation(lon1: Any, lat1: Any, lon2: Any, lat2: Any) -> torch.Tensor:
    """Angle between two points, in degrees, after Vincenty: exact from 0 to 180.

    Parameters
    ----------
    lon1, lat1, lon2, lat2 : tensor, array or number
        Degrees.

    Returns
    -------
    torch.Tensor
        In [0, 180]. Its gradient at equal and at opposite points is 0.
    """
    east, north, along = _seen_from("separation", lon1, lat1, lon2, lat2)
    return _DEGREE * torch.atan2(_length(east, north), along)


def position_angle(lon1: Any, lat1: Any, lon2: Any, lat2: Any) -> torch.Tensor:
    """Direction of the second point as seen from the first: from north, through east.

    Parameters
    ----------
    lon1, lat1, lon2, lat2 : tensor, array or number
        Degrees.

    Returns
    -------
    torch.Tensor
        Degrees in [0, 360); 0 for equal points. At a pole the longitude that is given says which
        meridian is meant.
    """
    east, north, _ = _seen_from("position_angle", lon1, lat1, lon2, lat2)
    return turned(_DEGREE * _direction(east, north))


def offset_by(lon: Any, lat: Any, position_angle: Any, distance: Any) -> Tensors:
    """The point at a distance in a direction.

    Parameters
    ----------
    lon, lat : tensor, array or number
        Where to start, in degrees.
    position_angle : tensor, array or number
        Where to go, in degrees: 0 is north, 90 is east.
    distance : tensor, array or number
        How far along the great circle, in degrees.

    Returns
    -------
    lon, lat : torch.Tensor
    """
    lon, lat, angle, distance = as_degrees(
        "offset_by", lon=lon, lat=lat, position_angle=position_angle, distance=distance
    )
    sin_distance, cos_distance = _sine(distance), _cosine(distance)
    north, east = sin_distance * _cosine(angle), sin_distance * _sine(angle)
    sin_lat, cos_lat = _sine(lat), _cosine(lat)
    # In the meridian of the start: away from the axis, to the east of the meridian, along the axis.
    away = cos_distance * cos_lat - north * sin_lat
    new_lat = torch.atan2(cos_distance * sin_lat + north * cos_lat, _length(away, east))
    return turned(lon + _DEGREE * _direction(east, away)), _DEGREE * new_lat


def to_xyz(lon: Any, lat: Any) -> Tensors:
    """Unit vectors.

    Parameters
    ----------
    lon, lat : tensor, array or number
        Degrees.

    Returns
    -------
    x, y, z : torch.Tensor
        x to (0, 0), y to (90, 0), z to latitude 90; a pole is (0, 0, 1) exactly.
    """
    lon, lat = as_degrees("to_xyz", lon=lon, lat=lat)
    cos_lat = _cosine(lat)
    return cos_lat * _cosine(lon), cos_lat * _sine(lon), _sine(lat)


def from_xyz(x: Any, y: Any, z: Any) -> Tensors:
    """The direction of vectors of any length.

    Parameters
    ----------
    x, y, z : tensor, array or number

    Returns
    -------
    lon, lat : torch.Tensor
        Degrees. At the poles the longitude is 0 and its gradient, too.
    """
    x, y, z = as_degrees("from_xyz", x=x, y=y, z=z)
    lat = torch.atan2(z, _length(x, y))
    return turned(_DEGREE * _direction(y, x)), _DEGREE * lat


def _seen_from(call: str, lon1: Any, lat1: Any, lon2: Any, lat2: Any) -> Tensors:
    """The second point in axes to the east, to the north and to the first point.

    North is written as a sum of two differences, so that near points lose no digits.
    """
    lon1, lat1, lon2, lat2 = as_degrees(call, lon1=lon1, lat1=lat1, lon2=lon2, lat2=lat2)
    turn = lon2 - lon1
    turn = turn - 360.0 * torch.round(turn / 360.0)
    sin_lat1, cos_lat1 = _sine(lat1), _cosine(lat1)
    sin_lat2, cos_lat2 = _sine(lat2), _cosine(lat2)
    half = _sine(0.5 * turn)
    flat = 2.0 * cos_lat2 * half * half
    east = cos_lat2 * _sine(turn)
    north = torch.sin(_RADIAN * (lat2 - lat1)) + sin_lat1 * flat
    along = sin_lat1 * sin_lat2 + cos_lat1 * cos_lat2 * _cosine(turn)
    return east, north, along


def _sine(degrees: torch.Tensor) -> torch.Tensor:
    """Exactly 0 at 0 and 180, exactly 1 at 90, for angles within a few turns."""
    degrees = degrees - 360.0 * torch.round(degrees / 360.0)
    folded = torch.where(degrees > 90.0, 180.0 - degrees, degrees)
    folded = torch.where(degrees < -90.0, -180.0 - degrees, folded)
    return torch.sin(_RADIAN * folded)


def _cosine(degrees: torch.Tensor) -> torch.Tensor:
    """Exactly 0 at 90 and 270."""
    degrees = degrees - 360.0 * torch.round(degrees / 360.0)
    return torch.sin(_RADIAN * (90.0 - degrees.abs()))


def _length(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """hypot(a, b), with the gradient 0 where both are 0."""
    zero = (a == 0) & (b == 0)
    return torch.where(zero, 0.0, torch.hypot(torch.where(zero, 1.0, a), b))


def _direction(y: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """atan2(y, x), with the gradient 0 where both are 0."""
    zero = (x == 0) & (y == 0)
    return torch.where(zero, 0.0, torch.atan2(y, torch.where(zero, 1.0, x)))


def turned(degrees: torch.Tensor) -> torch.Tensor:
    """An angle between two negative and two positive turns in [0, 360)."""
    degrees = degrees - 360.0 * torch.floor(degrees / 360.0)
    return torch.where(degrees >= 360.0, degrees - 360.0, degrees)


def as_degrees(call: str, /, **given: Any) -> Tensors:
    """The arguments of a function as tensors of one shape and device; quantities in degrees."""
    values = [
        value.to_value("deg") if hasattr(value, "to_value") else value for value in given.values()
    ]
    return real_tensors(values, partial(list, given), call)
