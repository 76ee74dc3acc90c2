# SPDX-License-Identifier: BSD-3-Clause
"""Corners of an image on the sky, and the size of its pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from ._linear import matrix_of

if TYPE_CHECKING:
    from ._wcs import WCS


def corners(wcs: WCS, shape: tuple[int, int] | None) -> torch.Tensor:
    """The corner pixels of the first two pixel axes on the sky, as `WCS.footprint` gives them."""
    if wcs.world_n_dim > 2 and wcs.has_celestial:
        wcs = wcs.celestial
    if wcs.pixel_n_dim != 2 or wcs.world_n_dim != 2:
        raise ValueError(
            f"a footprint needs two pixel and two world axes, not {wcs.pixel_n_dim} and "
            f"{wcs.world_n_dim}; take some with sub() or a slice"
        )
    lengths = wcs.array_shape if shape is None else shape
    if lengths is None:
        raise ValueError("the header has no NAXIS1 and NAXIS2; give shape=(height, width)")
    if len(lengths) != 2 or min(lengths) < 1:
        raise ValueError(f"shape={lengths}; it is (height, width) of at least one pixel")
    height, width = lengths
    x = torch.tensor([0, 0, width - 1, width - 1], device=wcs.device)
    y = torch.tensor([0, height - 1, height - 1, 0], device=wcs.device)
    return torch.stack(wcs.pixel_to_world_values(x, y), dim=-1)


def scale_matrix(wcs: WCS) -> torch.Tensor:
    """Derivatives of intermediate world coordinates by pixels, ``[world axis, pixel axis]``."""
    matrix, window = matrix_of(wcs._description), wcs._window
    columns = [matrix[:, axis] * window.steps[axis] for axis in window.pixel_axes]
    return torch.stack(columns, dim=1)[list(window.world_axes)]
