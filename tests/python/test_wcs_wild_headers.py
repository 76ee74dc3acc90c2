# SPDX-License-Identifier: BSD-3-Clause
"""Headers with wrong, huge and contradicting values: a WCS, or an error that names keywords."""

import math
import re
import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from torchfits import WCS
from torchfits.wcs._projections import PROJECTIONS

WILD = (
    0, -1, 0.5, 90.0, -90.0, 180.0, 1e10, 1e-10, 1e308, -1e308, 1e-320, 2**62, 999, "", "X", True,
    "RA---TAN", "DEC--HPX", "GLON-CSC", "FREQ-F2W", "STOKES", "deg", "m/s",
)  # fmt: skip
OF_AXES = ("CTYPE", "CRVAL", "CRPIX", "CDELT", "CUNIT", "CROTA")
KEYWORDS = (
    *(f"{name}{axis}" for name in OF_AXES for axis in (1, 2, 3)),
    *(f"{name}{i}_{j}" for name in ("CD", "PC") for i in (1, 2) for j in (1, 2)),
    *(f"PV{axis}_{index}" for axis in (1, 2) for index in (0, 1, 2, 3, 4, 5, 20)),
    "LONPOLE", "LATPOLE", "RADESYS", "EQUINOX", "RESTFRQ", "NAXIS", "NAXIS1", "WCSAXES",
    "A_ORDER", "B_ORDER", "A_0_2", "B_2_0", "A_DMAX", "CPDIS1", "D2IMDIS2", "WAT1_001", "PPO3",
)  # fmt: skip
PIXELS = torch.tensor([0.0, 1.0, 100.0, -5.0, 1e20, math.nan], dtype=torch.float64)


def header(code):
    cards = {"NAXIS": 2, "NAXIS1": 200, "NAXIS2": 100}
    for axis, name in ((1, "RA--"), (2, "DEC-")):
        distorted = "TAN-SIP" if code == "SIP" else code
        cards |= {f"CTYPE{axis}": f"{name}-{distorted}", f"CRPIX{axis}": 50.0, f"CDELT{axis}": 0.1}
    cards |= {"CRVAL1": 30.0, "CRVAL2": 40.0, "PV2_1": 1.0, "PV2_2": 0.0, "PV2_3": -0.1}
    return cards


CODES = [*PROJECTIONS, "SIP", "TPV", "TNX", "ZPX"]


@settings(max_examples=600, deadline=None)
@given(
    code=st.sampled_from(CODES),
    changes=st.dictionaries(st.sampled_from(KEYWORDS), st.sampled_from(WILD), max_size=4),
    missing=st.sets(st.sampled_from(KEYWORDS), max_size=2),
)
def test_wild_values(code, changes, missing):
    cards = {k: v for k, v in (header(code) | changes).items() if k not in missing}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            wcs = WCS(cards)
        except (ValueError, TypeError, NotImplementedError) as refused:
            message = str(refused)
        else:
            message = None
    if message is not None:
        assert re.search(r"\b[A-Z][A-Z0-9_i]{2,}", message)  # a keyword
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        world = wcs.pixel_to_world_values(*[PIXELS] * wcs.pixel_n_dim)
        world = world if isinstance(world, tuple) else (world,)
        back = wcs.world_to_pixel_values(*world)
    for part in (*world, *(back if isinstance(back, tuple) else (back,))):
        assert part.shape == PIXELS.shape


@pytest.mark.parametrize(
    ("code", "cards", "words"),
    [
        ("COO", {"PV2_1": 100.0}, "PVi_1 = 100.0: a latitude lies in -90 to 90"),
        ("COE", {"PV2_1": 1e10}, "PVi_1 = 1.*: a latitude lies in -90 to 90"),
        ("ZPN", {"PV2_1": 1e-320}, "does not grow from the pole"),
        ("ZPN", {"PV2_1": 1e308, "PV2_3": 1e308}, "does not grow from the pole"),
    ],
)
def test_parameters_that_make_no_projection(code, cards, words):
    with pytest.raises(ValueError, match=f"CTYPE2 = 'DEC--{code}': .*{words}"):
        WCS(header(code) | cards)
