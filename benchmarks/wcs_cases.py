# SPDX-License-Identifier: BSD-3-Clause
"""Cases of world coordinates: a million points from pixels to the sky and back.

Cases on one thread tell points per CPU second. Beside astropy alone: the others know no sky.
"""

from __future__ import annotations

from case import Case
from wcs_recipes import Sky

PLAIN: dict[str, str | float] = {
    "CRPIX1": 2048.5, "CRPIX2": 2048.5, "CUNIT1": "deg", "CUNIT2": "deg", "CRVAL1": 210.8,
    "CRVAL2": 54.35, "CD1_1": -7.2e-5, "CD1_2": 1.1e-6, "CD2_1": 1.0e-6, "CD2_2": 7.3e-5,
    "RADESYS": "ICRS",
}  # fmt: skip


def _sky(name: str, code: str, **cards: float) -> Sky:
    """Return a camera of 4096 x 4096 pixels of a quarter of an arcsecond."""
    return Sky(
        f"sky_{name}",
        tuple({"CTYPE1": f"RA---{code}", "CTYPE2": f"DEC--{code}", **PLAIN, **cards}.items()),
    )


def _sip(order: int) -> dict[str, float]:
    """All terms, each worth some pixels at the edge of the image and less the higher it is."""
    terms = [(p, n - p) for n in range(2, order + 1) for p in range(n + 1)]
    signs = {"A": 1, "B": -1}
    coefficients = {
        f"{name}_{p}_{q}": (1 + p) * (-sign) ** q * 3.0 / (2 + p + q) ** 2 * 2500.0 ** -(p + q)
        for name, sign in signs.items()
        for p, q in terms
    }
    return {"A_ORDER": order, "B_ORDER": order, **coefficients}


TAN = _sky("tan", "TAN")
SIP = _sky("sip", "TAN-SIP", **_sip(9))
TPV = _sky(
    "tpv", "TPV", PV1_0=1e-5, PV1_1=1.0003, PV1_2=2e-4, PV1_4=-3e-4, PV1_5=2e-4, PV1_6=1e-4,
    PV1_7=-5e-3, PV1_8=1e-4, PV1_9=-4e-3, PV1_10=2e-4, PV2_0=-2e-5, PV2_1=0.9998, PV2_2=-1e-4,
    PV2_4=2e-4, PV2_5=-3e-4, PV2_6=2e-4, PV2_7=-4e-3, PV2_8=2e-4, PV2_9=-5e-3, PV2_10=1e-4,
)  # fmt: skip
ZPN = _sky("zpn", "ZPN", PV2_1=1.0, PV2_3=42.0, PV2_5=-10000.0)
ALL_SKY: dict[str, str | float] = {
    "CUNIT1": "deg", "CUNIT2": "deg", "CRPIX1": 100.5, "CRPIX2": 100.5, "CDELT1": -0.045,
    "CDELT2": 0.022, "CRVAL1": 0.0, "CRVAL2": 0.0, "PV2_1": 4, "PV2_2": 3,
}  # fmt: skip
HPX = Sky("sky_hpx", (("CTYPE1", "GLON-HPX"), ("CTYPE2", "GLAT-HPX"), *ALL_SKY.items()))
# Turned, so that native coordinates are not those of the sky.
TURNED: dict[str, str | float] = {
    "CTYPE1": "RA---HPX", "CTYPE2": "DEC--HPX", **ALL_SKY, "CRPIX2": -400.5, "CDELT2": 0.018,
    "CRVAL1": 280.0, "CRVAL2": 5.0, "LONPOLE": 30.0,
}  # fmt: skip
HPX_TURNED = Sky("sky_hpx_turned", tuple(TURNED.items()))

# No coordinate is near 0: this is below 1e-7 pixels (the tolerance of astropy's iteration) or 1e-8
# degrees. The accuracy itself is for the tests.
ULP = 1_000_000
OPERATIONS = {"world": "pixel_to_world", "pixel": "world_to_pixel"}


def _converted(way: str, name: str, recipe: Sky, family: str) -> tuple[Case, Case]:
    """Return the case with all threads of the run, and that on one thread."""
    label, operation = f"wcs/to_{way}_{name}", OPERATIONS[way]
    return (
        Case(label, family, recipe, operation, ulp=ULP),
        Case(f"{label}/1_thread", family, recipe, operation, ulp=ULP, threads=1),
    )


def _both_ways(name: str, recipe: Sky, outward: str = "pixels to sky") -> tuple[Case, ...]:
    return (
        *_converted("world", name, recipe, outward),
        *_converted("pixel", name, recipe, "sky to pixels"),
    )


WCS_CASES = (
    *_both_ways("tan", TAN),
    *_both_ways("sip", SIP),
    *_both_ways("tpv", TPV),
    *_both_ways("zpn", ZPN),
    *_both_ways("hpx", HPX, "pixels to sky, HPX"),
    *_both_ways("hpx_turned", HPX_TURNED, "pixels to sky, HPX"),
    Case("wcs/make_tan", "making a WCS", TAN, "make_wcs", ulp=4, limit_ms=0.5, smoke=True),
    Case("wcs/make_sip", "making a WCS", SIP, "make_wcs", ulp=4, limit_ms=0.5, smoke=True),
)
