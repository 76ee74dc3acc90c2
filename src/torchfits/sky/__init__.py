# SPDX-License-Identifier: BSD-3-Clause
"""Directions on the sky: separations, position angles, frames.

    from torchfits import sky

    sky.separation(10.0, 0.0, 10.0, 1.0)                   # tensor(1., dtype=torch.float64)
    lon, lat = sky.icrs_to_galactic(ra, dec)
    ra, dec = sky.transform(lon, lat, sky.Frame("fk4", equinox=1975.0), "icrs")

Angles are degrees, in and out: tensors of any shape, dtype and device, arrays, or numbers, which
are broadcast against each other. Results are ``float64`` tensors (``float32`` on devices without
it); longitudes and position angles are in [0, 360). Gradients pass through all of it and stay
finite at the poles, at equal and at opposite points; so do `torch.func.vmap` and `torch.compile`.
"""

from ._directions import from_xyz, offset_by, position_angle, separation, to_xyz
from ._frames import (
    Frame,
    ecliptic_to_icrs,
    fk4_to_icrs,
    fk5_to_icrs,
    frame_of,
    galactic_to_icrs,
    icrs_to_ecliptic,
    icrs_to_fk4,
    icrs_to_fk5,
    icrs_to_galactic,
    transform,
)

__all__ = [
    "Frame",
    "ecliptic_to_icrs",
    "fk4_to_icrs",
    "fk5_to_icrs",
    "frame_of",
    "from_xyz",
    "galactic_to_icrs",
    "icrs_to_ecliptic",
    "icrs_to_fk4",
    "icrs_to_fk5",
    "icrs_to_galactic",
    "offset_by",
    "position_angle",
    "separation",
    "to_xyz",
    "transform",
]
