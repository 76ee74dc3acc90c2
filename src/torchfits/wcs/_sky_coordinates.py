# SPDX-License-Identifier: BSD-3-Clause
"""Objects of astropy for world coordinates (APE 14); the only place that imports it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from ._wcs import WCS

_INTERFACE = "astropy.wcs.wcsapi.low_level_api"


def register_with_astropy(cls: type, *, required: bool = False) -> None:
    """Make `cls` a low-level WCS for ``isinstance`` of astropy, where that is in use."""
    if required:
        imported_astropy()
    module = sys.modules.get(_INTERFACE)
    if module is not None:
        module.BaseLowLevelWCS.register(cls)


def imported_astropy() -> Any:
    """`astropy.wcs`.

    Raises
    ------
    ImportError
        If astropy is not installed; the message says how to get it.
    """
    try:
        import astropy.wcs as astropy_wcs
    except ImportError as error:
        raise ImportError(
            "objects such as SkyCoord need astropy: pip install 'torchfits[astropy]'; "
            "pixel_to_world_values() and world_to_pixel_values() do without"
        ) from error
    return astropy_wcs


def objects_of_pixels(wcs: WCS, pixels: tuple[Any, ...]) -> Any:
    """What astropy's high-level interface makes of pixels."""
    high_level = imported_astropy().wcsapi.HighLevelWCSWrapper(wcs.low_level_wcs)
    return high_level.pixel_to_world(*(on_host(values) for values in pixels))


def pixels_of_objects(wcs: WCS, objects: tuple[Any, ...]) -> Any:
    """The way back."""
    high_level = imported_astropy().wcsapi.HighLevelWCSWrapper(wcs.low_level_wcs)
    return high_level.world_to_pixel(*objects)


def matplotlib_axes(wcs: WCS) -> tuple[Any, dict[str, Any]]:
    """The class of axes that draws coordinates, and what it is made with."""
    imported_astropy()
    from astropy.visualization.wcsaxes import WCSAxes

    return WCSAxes, {"wcs": wcs.low_level_wcs}


def on_host(values: Any) -> Any:
    """Pixels as astropy takes them."""
    import numpy as np

    return values.detach().cpu().numpy() if isinstance(values, torch.Tensor) else np.asarray(values)


def object_components(wcs: WCS) -> list[tuple[str, Any, str]]:
    """For each world axis the object that has it, its place there, and how it is taken out."""
    pair = wcs._description.celestial if wcs.has_celestial else None
    components: list[tuple[str, Any, str]] = []
    for axis in wcs._window.world_axes:
        if pair is not None and axis in pair:
            place = pair.index(axis)
            components.append(("celestial", place, f"spherical.{('lon', 'lat')[place]}.degree"))
        else:
            components.append((f"axis{axis + 1}", 0, "value"))
    return components


def object_classes(wcs: WCS) -> dict[str, tuple[Any, ...]]:
    """For each object its class, positional and keyword arguments."""
    imported_astropy()
    from astropy import units
    from astropy.coordinates import SkyCoord

    classes: dict[str, tuple[Any, ...]] = {}
    for (name, _, _), unit in zip(object_components(wcs), wcs.world_axis_units, strict=True):
        if name == "celestial":
            classes[name] = (SkyCoord, (), {"frame": celestial_frame(wcs), "unit": units.deg})
        else:
            classes[name] = (units.Quantity, (), {"unit": units.Unit(unit)})
    return classes


def celestial_frame(wcs: WCS) -> Any:
    """The frame of astropy that RADESYS, EQUINOX and CTYPE tell."""
    astropy_wcs = imported_astropy()
    pair = wcs._description.celestial
    assert pair is not None
    bare = astropy_wcs.WCS(naxis=2)
    bare.wcs.ctype = [wcs._description.ctype[axis] for axis in pair]
    meta = wcs._description.meta
    for name in ("RADESYS", "EQUINOX"):
        if meta.get(name) is not None:
            setattr(bare.wcs, name.lower(), meta[name])
    date = meta.get("DATE-OBS") or meta.get("DATE-AVG")
    if date is not None:
        bare.wcs.dateobs = date
    return astropy_wcs.utils.wcs_to_celestial_frame(bare)
