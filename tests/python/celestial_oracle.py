# SPDX-License-Identifier: BSD-3-Clause
"""The celestial step alone, and the same transformation by astropy.wcs (wcslib)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from astropy.wcs import WCS

from torchfits.wcs._celestial import CelestialStage, celestial_stage
from torchfits.wcs._description import Description

Array = Any


@dataclass(frozen=True)
class Sky:
    """A projection without scale or rotation: pixels of a degree, counted from the origin."""

    code: str
    pv: dict[int, float] = field(default_factory=dict)
    crval: Any = (200.0, 30.0)
    pv_longitude: dict[int, float] = field(default_factory=dict)
    lonpole: float | None = None
    latpole: float | None = None
    axes: tuple[int, int] = (0, 1)
    naxis: int = 2

    def __str__(self) -> str:
        return f"{self.code}{list(self.pv.values()) or ''}"

    def stage(self) -> CelestialStage:
        """What is tested."""
        ctype, crval = ["LINEAR"] * self.naxis, [0.0] * self.naxis
        for axis, name, value in zip(self.axes, ("RA--", "DEC-"), self.crval, strict=True):
            ctype[axis], crval[axis] = f"{name}-{self.code}", value
        ones = (1.0,) * self.naxis
        stage = celestial_stage(
            Description(
                key=" ",
                ctype=tuple(ctype),
                cunit=("deg",) * self.naxis,
                crpix=ones,
                crval=tuple(crval),
                cdelt=ones,
                pc=tuple(tuple(row) for row in np.eye(self.naxis).tolist()),
                pv={(i, m): float(value) for i, m, value in self.parameters()},
                lonpole=self.lonpole,
                latpole=self.latpole,
            )
        )
        assert stage is not None
        return stage

    def oracle(self) -> WCS:
        """wcslib's."""
        wcs = WCS(naxis=self.naxis)
        ctype, crval = ["LINEAR"] * self.naxis, [0.0] * self.naxis
        for axis, name, value in zip(self.axes, ("RA--", "DEC-"), self.crval, strict=True):
            ctype[axis], crval[axis] = f"{name}-{self.code}", value
        wcs.wcs.ctype, wcs.wcs.crval = ctype, crval
        wcs.wcs.crpix, wcs.wcs.cdelt = [1.0] * self.naxis, [1.0] * self.naxis
        wcs.wcs.set_pv(self.parameters())
        wcs.wcs.lonpole = np.nan if self.lonpole is None else self.lonpole
        if self.latpole is not None:
            wcs.wcs.latpole = self.latpole
        wcs.wcs.set()
        return wcs

    def parameters(self) -> list[tuple[int, int, float]]:
        """PVi_m of both axes."""
        longitude, latitude = (axis + 1 for axis in self.axes)
        return [(longitude, m, value) for m, value in self.pv_longitude.items()] + [
            (latitude, m, value) for m, value in self.pv.items()
        ]


def forward(stage: CelestialStage, points: Array) -> Array:
    """Rows of plane coordinates to rows of world coordinates."""
    return _rows(stage.forward(_columns(points)))


def inverse(stage: CelestialStage, points: Array) -> Array:
    """Rows of world coordinates to rows of plane coordinates."""
    return _rows(stage.inverse(_columns(points)))


def separation(first: Array, second: Array) -> Array:
    """Distance on the sky in degrees between rows of longitude and latitude."""
    return np.degrees(np.linalg.norm(_vectors(first) - _vectors(second), axis=1))


def plane_points(reach: float, count: int = 500) -> Array:
    """Points of a square, of its middle, and some special ones."""
    random = np.random.default_rng(20021)
    square = random.uniform(-reach, reach, (count, 2))
    special = [[0, 0], [1e-9, 0], [0, -1e-9], [90, 0], [0, -90], [180, 0], [-180, 90], [0, 180]]
    return np.concatenate([square, square / 20, special])


def sky_points(count: int = 1000) -> Array:
    """Points all over the sky."""
    random = np.random.default_rng(20022)
    latitude = np.degrees(np.arcsin(random.uniform(-1, 1, count)))
    return np.stack([random.uniform(0, 360, count), latitude], 1)


def tensor(*values: float, gradients: bool = False) -> torch.Tensor:
    """Numbers in double precision."""
    return torch.tensor(values, dtype=torch.float64, requires_grad=gradients)


def _columns(points: Array) -> tuple[torch.Tensor, ...]:
    return tuple(torch.tensor(np.ascontiguousarray(column)) for column in points.T)


def _rows(columns: tuple[torch.Tensor, ...]) -> Array:
    return np.stack([column.detach().numpy() for column in columns], 1)


def _vectors(points: Array) -> Array:
    longitude, latitude = np.radians(points).T
    across = np.cos(latitude)
    return np.stack([across * np.cos(longitude), across * np.sin(longitude), np.sin(latitude)], 1)
