# SPDX-License-Identifier: BSD-3-Clause
"""Headers that the tests of WCS share, and the same WCS in astropy."""

from __future__ import annotations

import warnings
from typing import Any

import astropy.io.fits
import astropy.wcs
import numpy as np

TAN = {
    "NAXIS": 2, "NAXIS1": 300, "NAXIS2": 200, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN",
    "CRVAL1": 210.5, "CRVAL2": 54.25, "CRPIX1": 150.5, "CRPIX2": 90.0, "CUNIT1": "deg",
    "CUNIT2": "deg", "CD1_1": -2.0e-4, "CD1_2": 1.5e-5, "CD2_1": 1.4e-5, "CD2_2": 2.1e-4,
    "RADESYS": "FK5", "EQUINOX": 2000.0,
}  # fmt: skip
SIP = {
    **TAN, "CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "A_ORDER": 3, "B_ORDER": 3,
    "A_2_0": 2e-6, "A_1_1": -3e-6, "A_0_3": 1e-9, "B_0_2": 4e-6, "B_1_1": 1e-6, "B_3_0": -2e-9,
}  # fmt: skip
CUBE = {
    "NAXIS": 3, "NAXIS1": 40, "NAXIS2": 30, "NAXIS3": 20, "CTYPE1": "RA---SIN",
    "CTYPE2": "DEC--SIN", "CTYPE3": "FREQ", "CRVAL1": 83.6, "CRVAL2": -5.4, "CRVAL3": 1.42e9,
    "CRPIX1": 20.0, "CRPIX2": 15.0, "CRPIX3": 1.0, "CDELT1": -0.01, "CDELT2": 0.01,
    "CDELT3": 1e5, "CUNIT1": "deg", "CUNIT2": "deg", "CUNIT3": "Hz", "PC1_2": 0.1,
    "PC2_1": -0.1, "CNAME3": "sky frequency", "RADESYS": "ICRS",
}  # fmt: skip
LINE = {
    "NAXIS": 1, "NAXIS1": 100, "CTYPE1": "WAVE", "CUNIT1": "m", "CRVAL1": 5e-7, "CRPIX1": 1.0,
    "CDELT1": 1e-10,
}  # fmt: skip
TPV = {**TAN, "CTYPE1": "RA---TPV", "CTYPE2": "DEC--TPV", "PV1_1": 1.0, "PV1_4": 1e-3, "PV2_1": 1.0}
SKY: dict[str, Any] = {"CDELT1": -0.5, "CDELT2": 0.5, "NAXIS": 2}
CODES = ("ZPN", "AIT", "MOL", "COE", "BON", "PCO", "CSC", "QSC", "TSC", "HPX", "XPH", "AIR", "SZP")
MORE = {"ZPN": {"PV2_1": 1.0, "PV2_3": 0.1}, "COE": {"PV2_1": 45.0}, "BON": {"PV2_1": 45.0}}
MANY: dict[str, dict[str, Any]] = {"TAN": TAN, "SIP": SIP, "TPV": TPV, "CUBE": CUBE} | {
    code: {**SKY, "CTYPE1": f"GLON-{code}", "CTYPE2": f"GLAT-{code}", **MORE.get(code, {})}
    for code in CODES
}
"""Distortions, a cube, and projections of every family."""


def of_astropy(header: dict[str, Any] | astropy.io.fits.Header, **options: Any) -> Any:
    """The oracle, without its warnings on habits of headers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cards = header if isinstance(header, astropy.io.fits.Header) else _header(header)
        return astropy.wcs.WCS(cards, **options)


def _header(cards: dict[str, Any]) -> astropy.io.fits.Header:
    return astropy.io.fits.Header(list(cards.items()))


def separation(lon1: Any, lat1: Any, lon2: Any, lat2: Any) -> Any:
    """Angle between directions, in degrees (Vincenty's formula; exact at every distance)."""
    lon1, lat1, lon2, lat2 = (np.deg2rad(np.asarray(v)) for v in (lon1, lat1, lon2, lat2))
    across = np.hypot(
        np.cos(lat2) * np.sin(lon2 - lon1),
        np.cos(lat1) * np.sin(lat2) - np.sin(lat1) * np.cos(lat2) * np.cos(lon2 - lon1),
    )
    along = np.sin(lat1) * np.sin(lat2) + np.cos(lat1) * np.cos(lat2) * np.cos(lon2 - lon1)
    return np.rad2deg(np.arctan2(across, along))
