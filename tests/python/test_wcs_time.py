# SPDX-License-Identifier: BSD-3-Clause
"""What times count from: the keywords of the Standard's section 9, and modified Julian dates."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
import torch
from corpus_files import CORPUS, REASON
from hypothesis import given, settings
from hypothesis import strategies as st

import torchfits
from torchfits.wcs._time import TimeReference, reference_of, time_reference

SECOND = Fraction(1, 86400)


def reference(**cards: Any) -> TimeReference:
    found = time_reference({keyword.replace("_", "-"): value for keyword, value in cards.items()})
    assert found is not None
    return found


def exact(parts: tuple[torch.Tensor, torch.Tensor], index: int = 0) -> Fraction:
    days, fraction = (part.reshape(-1)[index].item() for part in parts)
    assert days == int(days)
    assert 0 <= fraction < 1
    return Fraction(days) + Fraction(fraction)


def test_the_defaults_are_those_of_the_standard() -> None:
    found = reference(TIMESYS="TT")
    assert found == TimeReference("TT", "s", 0, 0.0, "TOPOCENTER", None)
    assert reference(MJDREF=50814.0).scale == "UTC"
    assert time_reference({"CTYPE1": "RA---TAN"}) is None
    assert time_reference({}) is None


@pytest.mark.parametrize(
    ("said", "scale"),
    [
        ("TT", "TT"),
        ("TDT", "TT"),
        ("ET", "TT"),
        ("IAT", "TAI"),
        ("GMT", "UTC"),
        ("utc", "UTC"),
        ("TT(TAI)", "TT"),
        ("UTC(NIST)", "UTC"),
        ("GPS", "GPS"),
        ("local", "LOCAL"),
        ("mission", "MISSION"),
    ],
)
def test_scales(said: str, scale: str) -> None:
    assert reference(TIMESYS=said).scale == scale


def test_an_axis_may_have_its_own_scale() -> None:
    meta = {"TIMESYS": "UTC", "MJDREF": (50814.0, 0.0)}
    scales = [reference_of(meta, ctype) for ctype in ("TIME", "TDB", "TT(TAI)", "IAT")]
    assert [found and found.scale for found in scales] == ["UTC", "TDB", "TT", "TAI"]


@pytest.mark.parametrize(
    ("cards", "mjd"),
    [
        ({"MJDREF": 50814.0}, Fraction(50814)),
        ({"MJDREFI": 49353, "MJDREFF": 0.25}, Fraction(49353) + Fraction(1, 4)),
        ({"MJDREF": 1.0, "MJDREFI": 49353, "MJDREFF": 0.25}, Fraction(49353) + Fraction(1, 4)),
        ({"JDREF": 2450814.5}, Fraction(50814)),
        ({"JDREFI": 2450814, "JDREFF": 0.75}, Fraction(50814) + Fraction(1, 4)),
        ({"JDREFI": 2450814}, Fraction(50813) + Fraction(1, 2)),
        ({"BJDREFI": 2457000, "BJDREFF": 0.0, "TIMESYS": "TDB"}, Fraction(113999, 2)),
        ({"DATEREF": "1998-01-01"}, Fraction(50814)),
        ({"DATEREF": "1998-01-01T06:00:30"}, Fraction(50814) + Fraction(1, 4) + 30 * SECOND),
        ({"MJDREF": 5.0, "JDREF": 2450814.5, "DATEREF": "2001-01-01"}, Fraction(5)),
        ({"JDREF": 2450814.5, "DATEREF": "2001-01-01"}, Fraction(50814)),
        ({"MJDREF": 10.0, "TIMEOFFS": -43200.0}, Fraction(19, 2)),
        ({"MJDREF": 10.0, "TIMEZERO": 6.0, "TIMEUNIT": "h"}, Fraction(41, 4)),
    ],
)
def test_the_zero_point(cards: dict[str, Any], mjd: Fraction) -> None:
    assert abs(exact(reference(**cards).to_mjd(0.0)) - mjd) < Fraction(1, 10**15)


@pytest.mark.parametrize(
    ("unit", "seconds"),
    [
        ("s", 1),
        ("ms", Fraction(1, 1000)),
        ("us", Fraction(1, 10**6)),
        ("ns", Fraction(1, 10**9)),
        ("min", 60),
        ("h", 3600),
        ("d", 86400),
        ("a", 31557600),
        ("yr", 31557600),
        ("cy", 3155760000),
        ("ta", Fraction("365.24219") * 86400),
        ("Ba", Fraction("365.2421988") * 86400),
    ],
)
def test_units(unit: str, seconds: Fraction) -> None:
    found = reference(MJDREF=50000.25, TIMEUNIT=unit)
    for value in (0.0, 1.0, 3.25, 7.625, -0.5):
        days = Fraction(value) * seconds * SECOND + Fraction(200001, 4)
        for parts in (found.to_mjd([value]), found.to_mjd(torch.tensor([value]), unit)):
            assert abs(exact(parts) - days) < Fraction(1, 10**12 if seconds > 86400 else 10**15)
        back = found.from_mjd(*found.to_mjd(value))
        assert abs(back.item() - value) < 1e-11 / float(seconds * SECOND)


def test_events_of_xte_keep_their_microseconds() -> None:
    found = reference(TIMESYS="TDB", MJDREFI=49353, MJDREFF=0.000696574074, TIMEREF="SOLARSYSTEM")
    assert found.position == "BARYCENTER"
    time = 503797844.716118
    mjd = Fraction(time) * SECOND + 49353 + Fraction(0.000696574074)
    assert abs(exact(found.to_mjd([time])) - mjd) < 2e-11 * SECOND


@settings(max_examples=200, deadline=None)
@given(
    time=st.floats(-1e10, 1e10),
    days=st.integers(-100000, 100000),
    fraction=st.floats(0, 1, exclude_max=True),
)
def test_no_digit_is_lost(time: float, days: int, fraction: float) -> None:
    found = TimeReference("TT", "s", days, fraction)
    mjd = Fraction(time) * SECOND + days + Fraction(fraction)
    assert abs(exact(found.to_mjd(time)) - mjd) < Fraction(3, 10**16)
    back = found.from_mjd(*found.to_mjd(time)).item()
    assert abs(back - time) <= 3e-11 + abs(time) * 1e-15


def test_integers_stay_exact() -> None:
    stamps = torch.tensor([2**60 + 1, 86_400_000_000_000 - 1, -1])
    parts = reference(MJDREF=40587.0, TIMESYS="UTC").to_mjd(stamps, "ns")
    for i, stamp in enumerate(stamps.tolist()):
        mjd = Fraction(stamp, 86_400_000_000_000) + 40587
        assert abs(exact(parts, i) - mjd) < Fraction(2, 10**16)
    years = reference(MJDREF=0.0).to_mjd(torch.tensor([2000]), "yr")
    assert exact(years) == 730500


def test_shapes_gradients_and_vmap() -> None:
    found = reference(MJDREF=50814.0)
    times = torch.linspace(0.5, 3e5, 12, dtype=torch.float64).reshape(3, 4).requires_grad_()
    days, fraction = found.to_mjd(times)
    assert days.shape == fraction.shape == times.shape
    (gradient,) = torch.autograd.grad((days + fraction).sum(), times)
    torch.testing.assert_close(gradient, torch.full_like(gradient, 1 / 86400))
    mapped = torch.func.vmap(found.to_mjd)(times)
    assert torch.equal(mapped[0], days)
    assert torch.equal(mapped[1], fraction)
    assert torch.isnan(found.to_mjd(float("nan"))[1])


@pytest.mark.parametrize(
    ("cards", "message"),
    [
        (
            {"TIMESYS": "TT", "TIMEUNIT": "fortnight"},
            "'fortnight' is no unit of time; use one of s",
        ),
        ({"MJDREF": "soon"}, "MJDREF = 'soon'"),
        ({"DATEREF": "soon"}, "DATEREF = 'soon' is no date"),
        ({"MJDREF": 1.0, "TIMEOFFS": "soon", "TIMEUNIT": "s"}, "TIMEOFFS = 'soon'"),
    ],
)
def test_what_cannot_be_understood(cards: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        reference(**cards).to_mjd(0.0)


def test_numbers_in_quotes_are_read_and_reported() -> None:
    with pytest.warns(torchfits.FITSWarning, match="MJDREFF = '7.5D-1' is text"):
        found = reference(MJDREFI=51910, MJDREFF="7.5D-1")
    assert (found.days, found.fraction) == (51910, 0.75)


@pytest.mark.parametrize(
    ("name", "hdu", "column", "scale", "position"),
    [
        ("chandra_test.fits", 1, "time", "tt", "TOPOCENTER"),
        ("gbm.fits", 2, "TIME", "tt", "TOPOCENTER"),
        ("xte_gx_test.evt.gz", 1, "TIME", "tdb", "BARYCENTER"),
    ],
)
def test_events_are_when_astropy_has_them(
    name: str, hdu: int, column: str, scale: str, position: str
) -> None:
    path = CORPUS / "events" / name
    if not path.exists():
        pytest.skip(REASON)
    time = pytest.importorskip("astropy.time")
    fits = pytest.importorskip("astropy.io.fits")
    with fits.open(path) as file:
        header, values = file[hdu].header, file[hdu].data[column].astype("f8")
    found = time_reference(header)
    assert found is not None
    assert (found.scale.lower(), found.position) == (scale, position)
    whole = header.get("MJDREFI", header.get("MJDREF"))
    zero = time.Time(whole, header.get("MJDREFF", 0.0), format="mjd", scale=scale)
    expected = zero + time.TimeDelta(values, format="sec")
    days, fraction = found.to_mjd(torch.from_numpy(values))
    apart = time.Time(days.numpy(), fraction.numpy(), format="mjd", scale=scale) - expected
    assert abs(apart.sec).max() < 1e-10
    assert torch.equal(found.to_mjd(torch.from_numpy(values), "s")[0], days)
