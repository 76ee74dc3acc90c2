# SPDX-License-Identifier: BSD-3-Clause
"""World coordinates of the pixels of an image: the class `WCS`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from .._real_numbers import working_dtype
from ._arguments import gathered, given_back
from ._chunks import in_pieces
from ._footprint import corners, scale_matrix
from ._header import describe
from ._parameters import described_by
from ._parts import chosen_axes, part_of
from ._pipeline import assembled, lost_points, placed
from ._seen_axes import SeenAxes
from ._seen_header import seen_parts
from ._sky_coordinates import (
    matplotlib_axes,
    object_classes,
    object_components,
    objects_of_pixels,
    pixels_of_objects,
    register_with_astropy,
)
from ._slicing import sliced, whole_window
from ._stage import constant
from ._summary import summary
from ._to_header import to_header

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .._header import Header
    from ._description import Description
    from ._pipeline import Pipeline
    from ._slicing import Window
    from ._stage import Coordinates


class WCS(SeenAxes):
    """The way from pixels to world coordinates and back, as a FITS header describes it.

    It follows the low-level interface of APE 14: pixels count from 0 and come in the order of FITS
    (x first), world coordinates are in `world_axis_units` (degrees for angles). All methods take
    numbers, arrays and tensors of any shape that broadcast, on any device, and give float64
    tensors there; numpy arrays for numpy arrays. Points without an image are NaN. Gradients,
    `torch.func.vmap` and `torch.compile` pass through. A WCS does not change once made.

    Parameters
    ----------
    header : Header, mapping, str or header of astropy
        With the keywords of the WCS.
    key : str, optional
        The letter of an alternate WCS; a blank for the first.
    file : FITS, optional
        The open file, where the header refers to tables of it.
    columns : sequence of int or str, optional
        Columns of a table whose values are the pixels (a pixel list), or one column of images.

    Raises
    ------
    KeywordNotFoundError
        If the header has no such WCS. The first one of an image without any counts its pixels.
    ValueError
        If the header contradicts itself; the message names the keyword.

    Examples
    --------
    >>> wcs = torchfits.WCS({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 150.0,
    ...     "CRVAL2": 2.0, "CRPIX1": 50.0, "CRPIX2": 50.0, "CDELT1": -1e-4, "CDELT2": 1e-4})
    >>> ra, dec = wcs.pixel_to_world_values(49, 49)
    >>> ra.item(), dec.item()
    (150.0, 2.0)
    """

    __slots__ = ("_cards",)

    def __init__(
        self, header: Any, *, key: str = " ", file: Any = None, columns: Any = None
    ) -> None:
        description, cards = describe(header, key, columns)
        self._set(description, cards, assembled(description, cards, file))

    @classmethod
    def from_params(cls, **parameters: Any) -> WCS:
        """A WCS of numbers, which may be tensors that require gradients.

        Parameters
        ----------
        ctype : sequence of str
            CTYPE of each axis.
        crval, crpix, cdelt, cunit : sequences, optional
            A number (a unit) for each axis, or a tensor. CRPIX counts from 1, as in FITS.
        pc, cd : matrix, optional
            ``[world axis][pixel axis]``; `cd` without `cdelt`.
        pv, ps : mapping, optional
            ``{(axis, m): value}``, the numbers of PVi_m.
        sip : mapping, optional
            ``{"A": matrix, "B": matrix}``, with ``A[p][q]`` for the keyword A_p_q; ``AP`` and
            ``BP`` are not needed.
        shape : tuple of int, optional
            Of the array, in the order of numpy.
        **others
            Any other keyword in lower case: `lonpole`, `latpole`, `radesys`, `equinox`, `restfrq`.

        Notes
        -----
        What is derived from the parameters is computed here, so a fit makes a WCS in every step.
        """
        description, cards, sip, device = described_by(parameters)
        pipeline = placed(assembled(description, cards, None, sip), device)
        return cls._made(description, cards, pipeline)

    @classmethod
    def _made(
        cls,
        description: Description,
        cards: dict[str, Any],
        pipeline: Pipeline,
        window: Window | None = None,
    ) -> WCS:
        made = cls.__new__(cls)
        made._set(description, cards, pipeline, window)
        return made

    def _set(
        self,
        description: Description,
        cards: dict[str, Any],
        pipeline: Pipeline,
        window: Window | None = None,
    ) -> None:
        self._description = description
        self._cards = cards
        self._window = window or whole_window(description.naxis, description.shape)
        self._pipelines = {pipeline.device: pipeline}
        register_with_astropy(WCS)

    # -- pixels and world ------------------------------------------------------------------------

    def pixel_to_world_values(self, *pixels: Any) -> Any:
        """World coordinates of pixels: a tensor for each world axis, or one tensor.

        Parameters
        ----------
        *pixels : number, array or tensor
            One for each pixel axis, x (the fastest axis) first, counted from 0.

        Raises
        ------
        TypeError
            For a wrong number of arguments, or other things than numbers.
        """
        return self._to_world(pixels, "pixel_to_world_values")

    def array_index_to_world_values(self, *indices: Any) -> Any:
        """World coordinates of array indices, in the order of numpy (the fastest axis last)."""
        return self._to_world(indices, "array_index_to_world_values", reverse=True)

    def world_to_pixel_values(self, *world: Any) -> Any:
        """Pixels of world coordinates: a tensor for each pixel axis, or one tensor.

        Parameters
        ----------
        *world : number, array or tensor
            One for each world axis, in `world_axis_units`.

        Raises
        ------
        TypeError
            For a wrong number of arguments, or other things than numbers.
        """
        return given_back(self._to_pixels(world, "world_to_pixel_values"), world)

    def world_to_array_index_values(self, *world: Any) -> Any:
        """Array indices of world coordinates, rounded to integers, in the order of numpy.

        A point without a pixel gets the lowest int64.
        """
        pixels = self._to_pixels(world, "world_to_array_index_values")
        lowest = torch.iinfo(torch.int64).min
        indices = tuple(
            torch.where(pixel.isfinite(), torch.floor(pixel + 0.5), lowest).to(torch.int64)
            for pixel in reversed(pixels)
        )
        return given_back(indices, world)

    def unconverged(self, *world: Any) -> torch.Tensor:
        """Mark the points whose way back through a distortion was not found: a mask to count.

        Their pixels are NaN, as are those of points that a projection does not have, which are not
        marked here.
        """
        coordinates = gathered(world, self.world_n_dim, self._world_names, "unconverged")
        return lost_points(self._pipeline_on(coordinates[0]), self._window.widen_world(coordinates))

    def _to_world(self, values: tuple[Any, ...], call: str, *, reverse: bool = False) -> Any:
        def names() -> tuple[str, ...]:
            return self._pixel_names()[::-1] if reverse else self._pixel_names()

        pixels = gathered(values, self.pixel_n_dim, names, call)
        window = self._window
        pipeline = self._pipeline_on(pixels[0])

        def apply(coordinates: Coordinates) -> Coordinates:
            if window.plain:
                return pipeline.forward(coordinates)
            return window.narrow_world(pipeline.forward(window.widen_pixels(coordinates)))

        ordered = pixels[::-1] if reverse else pixels
        return given_back(in_pieces(apply, ordered, self._whole(ordered)), values)

    def _to_pixels(self, values: tuple[Any, ...], call: str) -> Coordinates:
        world = gathered(values, self.world_n_dim, self._world_names, call)
        window = self._window
        pipeline = self._pipeline_on(world[0])

        def apply(coordinates: Coordinates) -> Coordinates:
            if window.plain:
                return pipeline.inverse(coordinates)
            return window.narrow_pixels(pipeline.inverse(window.widen_world(coordinates)))

        return in_pieces(apply, world, self._whole(world))

    def _whole(self, coordinates: Coordinates) -> bool:
        """Whether pieces are of no use: elsewhere than on the CPU, compiled, or with gradients."""
        if torch.compiler.is_compiling() or coordinates[0].device.type != "cpu":
            return True
        return torch.is_grad_enabled() and (
            self._pipeline.requires_grad or any(part.requires_grad for part in coordinates)
        )

    def _pipeline_on(self, like: torch.Tensor) -> Pipeline:
        """The pipeline with its numbers on the device of the coordinates."""
        found = self._pipelines.get(like.device)
        if found is None:
            first = next(iter(self._pipelines.values()))
            found = placed(first, like.device)
            self._pipelines[like.device] = found
        return found

    # -- parts and copies ------------------------------------------------------------------------

    def __getitem__(self, key: Any) -> WCS:
        """Take the WCS of ``array[key]``: integers, slices with steps, and ``...``.

        An integer drops a pixel axis, and the world axes that depend on no other.
        """
        window, dependence = sliced(self._window, key), self._pipeline.dependence
        seen = tuple(
            world
            for world in window.world_axes
            if any(dependence[world][pixel] for pixel in window.pixel_axes)
        )
        return self._through(window, seen)

    def sub(self, axes: str | int | Iterable[str | int]) -> WCS:
        """Only some axes, in this order: numbers from 1, or ``"celestial"``, ``"spectral"``...

        Raises
        ------
        ValueError
            If there is no such axis, or if those axes depend on pixel axes that would be left out.
        """
        chosen = chosen_axes(self._description, self._window, axes)
        window = part_of(self._window, chosen, self._pipeline.dependence, self._description.ctype)
        return self._through(window, chosen)

    def _through(self, window: Window, world_axes: tuple[int, ...]) -> WCS:
        """Look through another window: what is hidden keeps the values it has there."""
        world = window.world
        if len(world_axes) < len(self._window.world_axes):
            start = constant(window.starts).to(self.device, working_dtype(self.device)).unbind()
            values = self._pipeline.forward(start)
            seen = [i in world_axes or i not in self._window.world_axes for i in range(len(world))]
            world = tuple(
                old if keep else value.detach().item()
                for old, keep, value in zip(world, seen, values, strict=True)
            )
        window = replace(window, world_axes=world_axes, world=world)
        return self._made(self._description, self._cards, self._pipeline, window)

    @property
    def celestial(self) -> WCS:
        """Only longitude and latitude, in their order in the header."""
        return self.sub("celestial")

    @property
    def spectral(self) -> WCS:
        """Only the spectral axis."""
        return self.sub("spectral")

    def to(self, device: Any) -> WCS:
        """The same WCS with its numbers on another device."""
        pipeline = placed(self._pipeline, torch.device(device))
        return self._made(self._description, self._cards, pipeline, self._window)

    def __copy__(self) -> WCS:
        return self

    def __deepcopy__(self, memo: Any) -> WCS:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        parts = self._description, self._cards, self._pipeline, self._window
        return (_restored, parts)

    def to_header(self) -> Header:
        """The keywords that describe this WCS, also that of a slice.

        Raises
        ------
        ValueError
            If it is a slice with a distortion that no header can describe.
        """
        description, cards = self._description, self._cards
        if not self._window.plain:
            dependence = self._pipeline.dependence
            description, cards = seen_parts(description, cards, self._window, dependence)
        return to_header(description, cards)

    # -- sizes on the sky ------------------------------------------------------------------------

    def footprint(self, shape: tuple[int, int] | None = None) -> torch.Tensor:
        """Longitude and latitude of the corner pixels' centres, ``[4, 2]``, anticlockwise in x, y.

        The first pixel, the end of y, the far corner, the end of x. `shape` is that of the array
        (height, width) where the header does not tell it.
        """
        return corners(self, shape)

    def pixel_scale(self) -> torch.Tensor:
        """Size of a pixel along each pixel axis at CRPIX, in world units (degrees on the sky)."""
        return scale_matrix(self).square().sum(0).sqrt()

    def pixel_area(self) -> torch.Tensor:
        """Area of a pixel at CRPIX, in square degrees for a celestial WCS."""
        matrix = scale_matrix(self.celestial if self.has_celestial else self)
        return torch.det(matrix).abs()

    # -- objects of astropy ----------------------------------------------------------------------

    def pixel_to_world(self, *pixels: Any) -> Any:
        """World coordinates as `SkyCoord` and `Quantity` of astropy, which has to be installed."""
        return objects_of_pixels(self, pixels)

    def world_to_pixel(self, *objects: Any) -> Any:
        """Pixels of a `SkyCoord` and `Quantity` of astropy, in any frame, as numpy arrays."""
        return pixels_of_objects(self, objects)

    @property
    def low_level_wcs(self) -> WCS:
        """The object itself, which astropy knows from now on as a WCS of APE 14."""
        register_with_astropy(WCS, required=True)
        return self

    @property
    def serialized_classes(self) -> bool:
        """Classes are given as classes, not as names (APE 14)."""
        return False

    @property
    def world_axis_object_components(self) -> list[tuple[str, Any, str]]:
        """How objects of astropy hold the world coordinates (APE 14)."""
        return object_components(self)

    @property
    def world_axis_object_classes(self) -> dict[str, tuple[Any, ...]]:
        """Those classes, with what they are made with (APE 14)."""
        return object_classes(self)

    def _as_mpl_axes(self) -> Any:
        """Let ``plt.subplot(projection=wcs)`` draw coordinates, with astropy's WCSAxes."""
        return matplotlib_axes(self)

    def __repr__(self) -> str:
        return summary(self)


def _restored(
    description: Description, cards: dict[str, Any], pipeline: Pipeline, window: Window
) -> WCS:
    return WCS._made(description, cards, pipeline, window)
