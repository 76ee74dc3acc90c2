# SPDX-License-Identifier: BSD-3-Clause
"""What a WCS says of its axes: the half of APE 14 that needs no coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._axes import axis_of, physical_type
from ._time import reference_of

if TYPE_CHECKING:
    import torch

    from ._description import Description
    from ._pipeline import Pipeline
    from ._slicing import Window
    from ._time import TimeReference


class SeenAxes:
    """Pixel and world axes that are seen of a description, through a window."""

    __slots__ = ("__weakref__", "_description", "_pipelines", "_window")

    _description: Description
    _window: Window
    _pipelines: dict[torch.device, Pipeline]
    """By device; the first is the one that all others are copies of."""

    @property
    def pixel_n_dim(self) -> int:
        """Number of pixel axes."""
        return len(self._window.pixel_axes)

    @property
    def world_n_dim(self) -> int:
        """Number of world axes; more than pixel axes in a slice that dropped one of a pair."""
        return len(self._window.world_axes)

    @property
    def pixel_shape(self) -> tuple[int, ...] | None:
        """Pixels along each axis, x first; `None` where NAXISn is unknown."""
        lengths = tuple(self._window.lengths[axis] for axis in self._window.pixel_axes)
        known = tuple(length for length in lengths if length is not None)
        return known if len(known) == len(lengths) else None

    @property
    def array_shape(self) -> tuple[int, ...] | None:
        """Shape of the array in the order of numpy."""
        shape = self.pixel_shape
        return None if shape is None else shape[::-1]

    @property
    def pixel_bounds(self) -> None:
        """Pixels outside of the array have world coordinates too: no bounds."""
        return

    @property
    def world_axis_physical_types(self) -> tuple[str | None, ...]:
        """What each world axis is, in words of the IVOA: ``"pos.eq.ra"``, ``"em.freq"``."""
        return tuple(physical_type(ctype) for ctype in self.ctype)

    @property
    def world_axis_units(self) -> tuple[str, ...]:
        """Units of the world coordinates: ``"deg"`` for angles, SI for the rest."""
        return tuple(self._description.cunit[axis] for axis in self._window.world_axes)

    @property
    def world_axis_names(self) -> tuple[str, ...]:
        """CNAME of each world axis, or an empty text."""
        names = self._description.cname or ("",) * self._description.naxis
        return tuple(names[axis] for axis in self._window.world_axes)

    @property
    def pixel_axis_names(self) -> tuple[str, ...]:
        """FITS has no names of pixel axes: empty."""
        return ("",) * self.pixel_n_dim

    @property
    def axis_correlation_matrix(self) -> Any:
        """Boolean numpy array ``[world axis, pixel axis]``: which depends on which."""
        import numpy as np

        matrix = np.array(self._pipeline.dependence)
        return matrix[np.ix_(self._window.world_axes, self._window.pixel_axes)]

    @property
    def ctype(self) -> tuple[str, ...]:
        """CTYPE of each world axis."""
        return tuple(self._description.ctype[axis] for axis in self._window.world_axes)

    @property
    def key(self) -> str:
        """The letter of an alternate WCS, a blank for the first."""
        return self._description.key

    @property
    def radesys(self) -> str | None:
        """RADESYS: ``"ICRS"``, ``"FK5"``, ``"FK4"``; by the rules of the Standard where missing."""
        radesys: str | None = self._description.meta.get("RADESYS")
        return radesys

    @property
    def equinox(self) -> float | None:
        """EQUINOX in years."""
        equinox: float | None = self._description.meta.get("EQUINOX")
        return equinox

    @property
    def time(self) -> TimeReference | None:
        """Zero point, unit and scale of times (MJDREF, TIMEUNIT, TIMESYS), or `None`."""
        for ctype, word in zip(self.ctype, self.world_axis_physical_types, strict=True):
            if word == "time":
                return reference_of(self._description.meta, ctype)
        return reference_of(self._description.meta)

    @property
    def has_celestial(self) -> bool:
        """Whether both axes of a celestial pair are here."""
        pair = self._description.celestial
        return pair is not None and set(pair) <= set(self._window.world_axes)

    @property
    def has_distortion(self) -> bool:
        """Whether pixels are moved before the linear part: SIP, look-up tables, plate solutions."""
        return self._pipeline.distorted

    @property
    def device(self) -> torch.device:
        """Where the numbers of the WCS are; coordinates may be anywhere."""
        return self._pipeline.device

    @property
    def _pipeline(self) -> Pipeline:
        return next(iter(self._pipelines.values()))

    def _pixel_names(self) -> tuple[str, ...]:
        return tuple(f"pixel axis {axis + 1}" for axis in range(self.pixel_n_dim))

    def _world_names(self) -> tuple[str, ...]:
        return tuple(
            axis_of(self._description.ctype[axis]).name or f"world axis {axis + 1}"
            for axis in self._window.world_axes
        )
