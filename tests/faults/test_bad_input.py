# SPDX-License-Identifier: BSD-3-Clause
"""Input that lies: an error of ours, soon, without a crash, a hang, or a large allocation."""

from __future__ import annotations

import contextlib
import gzip
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
import raw_decoder
from child_process import MIB, in_child
from corpus_files import corpus_files
from fits_bytes import (
    axes_cards,
    card,
    empty_primary,
    field,
    image,
    make_hdu,
    start_cards,
    table,
    table_cards,
    text_card,
    text_field,
)

import torchfits

pytestmark = pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")

Case = tuple[str, bytes | Path]
HUGE = [2**31, 2**40, 2**62, 2**63 - 1, 2**63, 2**64, 10**30]
NONSENSE = [-1, -(2**63), 1.5, float(10**25), "abc", True, None]


def read_everything(source: object) -> None:
    """All headers and all data of a file."""
    with torchfits.open(source) as f:
        for hdu in f:
            list(hdu.header.keys())
            with contextlib.suppress(torchfits.NoDataError):
                hdu.read()


def outcome(function: Callable[[], None]) -> str:
    """What became of it: 'read', the name of our error, or a complaint."""
    start = time.process_time()
    try:
        function()
        found = "read"
    except torchfits.FITSError as error:
        found = type(error).__name__ if len(str(error)) > 20 else f"! a poor message: {error}"
    except Exception as error:  # noqa: BLE001  (any other kind is the failure)
        found = f"! {type(error).__name__}: {error}"
    spent = time.process_time() - start
    return found if spent < 1 else f"! {spent:.1f} s of work"


def expect(cases: Iterable[Case], *, may_read: bool) -> None:
    """Every case is an error of ours, or is read where it may be; in a child of little memory."""
    cases = list(cases)
    assert cases

    def work() -> None:
        outcomes = {name: outcome(lambda s=source: read_everything(s)) for name, source in cases}
        wrong = {
            name: found
            for name, found in outcomes.items()
            if found[0] == "!" or (found == "read" and not may_read)
        }
        assert not wrong, wrong

    in_child(work, extra_bytes=512 * MIB)


def spelled(values: Iterable[object]) -> list[tuple[str, object]]:
    return [(f"{value!r}", value) for value in values]


@pytest.mark.parametrize("path", corpus_files("bad"))
def test_bad_files_of_the_corpus(path: Path) -> None:
    expect([(path.name, path)], may_read=True)


SMALL = [
    "table/tb.fits",
    "table/healpix-04669.fits",
    "mef/o4sp040b0_raw.fits",
    "image/file-img2-bitpix+64.fits",
    "compressed/bt12.fits",
]


def check_truncated(source: object, cut: int, hdus: list[raw_decoder.RawHDU]) -> None:
    """What lies before the cut is read whole; what the cut meets says how much is missing."""
    with torchfits.open(source) as f:
        for index, hdu in enumerate(hdus):
            if hdu.data_offset > cut:
                break
            assert f[index].header["NAXIS"] == hdu.keywords["NAXIS"]
            missing = hdu.data_offset + hdu.size() - cut
            if hdu.size() == 0:
                continue
            if missing <= 0:
                check_whole(f[index], hdu)
                continue
            with pytest.raises(torchfits.TruncatedError, match=rf"\b{missing}\b"):
                f[index].read()


def check_whole(hdu: torchfits.HDU, expected: raw_decoder.RawHDU) -> None:
    if expected.kind == "image":
        values = raw_decoder.image(expected)
        assert np.array_equal(hdu.read().numpy(), values, equal_nan=values.dtype.kind == "f")
    else:
        assert len(hdu.read()) == expected.axes[1]


def check_cuts(content: bytes, cuts: Iterable[int], scratch: Path | None) -> None:
    hdus = raw_decoder.read_hdus(content)
    complaints = {}
    for cut in cuts:
        source: object = content[:cut]
        if scratch is not None:
            scratch.write_bytes(content[:cut])
            source = scratch
        found = outcome(lambda s=source, c=cut: check_truncated(s, c, hdus))
        if found[0] == "!" or (cut >= hdus[0].data_offset and found != "read"):
            complaints[cut] = found
        elif cut < hdus[0].header_end and found == "read":
            complaints[cut] = "read without a whole header"
    assert not complaints, complaints


@pytest.mark.parametrize("name", SMALL)
def test_truncation_at_every_block(name: str, corpus: Path, tmp_path: Path) -> None:
    content = (corpus / name).read_bytes()
    cuts = range(0, len(content), 2880)
    in_child(lambda: check_cuts(content, cuts, tmp_path / "cut.fits"), extra_bytes=512 * MIB)


@pytest.mark.parametrize("name", SMALL)
def test_truncation_anywhere(name: str, corpus: Path) -> None:
    content = (corpus / name).read_bytes()
    cuts = sorted(np.random.default_rng(3).integers(1, len(content), 200).tolist())
    in_child(lambda: check_cuts(content, cuts, None), extra_bytes=512 * MIB)


def with_cards(**replaced: object) -> bytes:
    """A 2x3 image of 16 bits in which some cards say something else."""
    cards = [card("SIMPLE", True), *axes_cards(16, (2, 3))]
    changed = [
        card(key, replaced.pop(key)) if (key := c[:8].decode().strip()) in replaced else c
        for c in cards
    ]
    changed += [card(key, value) for key, value in replaced.items()]
    return make_hdu(changed, b"\0" * 12)


@pytest.mark.parametrize("key", ["NAXIS", "NAXIS1", "NAXIS2", "BITPIX"])
def test_absurd_image_sizes(key: str) -> None:
    values = spelled([*HUGE, *NONSENSE])
    expect([(f"{key}={n}", with_cards(**{key: v})) for n, v in values], may_read=False)


def test_absurd_products_of_axes() -> None:
    pairs = [(2**31, 2**31), (2**32, 2**32), (2**62, 4), (2**63 - 1, 2**63 - 1), (3037000500,) * 2]
    cases = [(f"{a}x{b}", with_cards(NAXIS1=a, NAXIS2=b)) for a, b in pairs]
    expect(cases, may_read=False)


@pytest.mark.parametrize(
    "shape", [(2**62, 2**62, 0), (0, 2**62, 2**62), (2**63 - 1, 0), (0, 2**63)]
)
def test_absurd_axes_of_an_empty_image(shape: tuple[int, ...]) -> None:
    content = make_hdu([*start_cards(None), *axes_cards(-64, shape)])
    expect([(f"{shape}", content)], may_read=True)


def test_a_thousand_axes() -> None:
    content = make_hdu([*start_cards(None), *axes_cards(8, (1,) * 999)], b"\0")
    with pytest.raises(torchfits.FITSError, match="999"):
        torchfits.read(content)
    unlisted = make_hdu([*start_cards(None), card("BITPIX", 8), card("NAXIS", 1000)])
    with pytest.raises(torchfits.FITSError, match="NAXIS"):
        torchfits.read(unlisted)


def test_missing_mandatory_cards() -> None:
    cards = [card("SIMPLE", True), *axes_cards(16, (2, 3))]
    cases = [(f"no {c[:8]!r}", make_hdu([d for d in cards if d != c], b"\0" * 12)) for c in cards]
    expect(cases, may_read=False)
    mandatory = [*table_cards(4, 2, 1), card("TFORM1", "J")]
    for missing in mandatory[1:]:
        name = missing[:8].decode().strip()
        kept = [c for c in mandatory if c != missing]
        content = empty_primary() + make_hdu(kept, b"\0" * 8)
        expect([(f"no {name}", content)], may_read=name in ("PCOUNT", "GCOUNT"))


def bad_table(**replaced: object) -> bytes:
    """A table of two rows of one J column in which some cards say something else."""
    cards = [*table_cards(4, 2, 1), card("TTYPE1", "X"), card("TFORM1", "J")]
    changed = [
        card(key, replaced.pop(key)) if (key := c[:8].decode().strip()) in replaced else c
        for c in cards
    ]
    changed += [card(key, value) for key, value in replaced.items()]
    return empty_primary() + make_hdu(changed, b"\0" * 8)


@pytest.mark.parametrize("key", ["NAXIS1", "NAXIS2", "PCOUNT", "GCOUNT", "TFIELDS"])
def test_absurd_table_sizes(key: str) -> None:
    values = [(n, v) for n, v in spelled([*HUGE, *NONSENSE]) if not (key == "GCOUNT" and v is True)]
    optional = key in ("PCOUNT", "GCOUNT")
    undefined = [(n, v) for n, v in values if v is None]
    defined = [(n, v) for n, v in values if v is not None]
    expect([(f"{key}={n}", bad_table(**{key: v})) for n, v in defined], may_read=False)
    expect([(f"{key}={n}", bad_table(**{key: v})) for n, v in undefined], may_read=optional)


BAD_TFORMS = ["", " ", "Y", "1Y", "-1J", "1.5J", "2J", "8J", "3D", "0", "4", "*J"]
BAD_TFORMS += [
    "9223372036854775807J",
    "9223372036854775808J",
    "99999999999999999999J",
    "2305843009213693952D",
]
BAD_TFORMS += [
    "4611686018427387904D",
    "9223372036854775800X",
    "18446744073709551615B",
    "1" * 60 + "J",
]


def test_absurd_tforms() -> None:
    expect([(f"TFORM={t!r}", bad_table(TFORM1=t)) for t in BAD_TFORMS], may_read=False)
    expect([("TFORM=7", bad_table(TFORM1=7)), ("TFORM=T", bad_table(TFORM1=True))], may_read=False)


def test_absurd_descriptors() -> None:
    forms = [
        "PJ(99999999999999999999)",
        "3PJ",
        "PJ(-1)",
        "P",
        "PZ",
        "PP",
        "1QJ",
        "0PJ",
        "2305843009213693952PJ",
    ]
    content = [(f, bad_table(TFORM1=f, NAXIS1=8, NAXIS2=1)) for f in forms]
    expect(content, may_read=True)


def test_absurd_tdims() -> None:
    dims = ["(99999999999,99999999999)", "(4294967296,4294967296)", "(9223372036854775808)"]
    dims += ["(-1)", "(0)", "(1,0,9999999999999)", "(" + "1," * 30 + "1)", "(1.5)", "(((", "x" * 60]
    dims += ["(18446744073709551616,0)", "(0,18446744073709551615)"]
    expect([(f"TDIM={d!r}", bad_table(TDIM1=d)) for d in dims], may_read=True)
    expect([("TDIM=1", bad_table(TDIM1=1))], may_read=True)


@pytest.mark.parametrize("key", ["TNULL1", "TSCAL1", "TZERO1", "THEAP", "BLANK", "BSCALE", "BZERO"])
def test_absurd_scaling(key: str) -> None:
    values = [*HUGE, *NONSENSE, 1e308, -1e308, 0, 0.0]
    builder = bad_table if key[0] == "T" else with_cards
    expect([(f"{key}={n}", builder(**{key: v})) for n, v in spelled(values)], may_read=True)


def test_rows_of_no_bytes_and_bytes_of_no_rows() -> None:
    cases = []
    for rows in (2**31, 2**62, 2**63 - 1, 2**63, 2**64):
        for form in ("0J", "0A", "0L", "0X", "0PJ"):
            cards = [*table_cards(0, rows, 1), card("TFORM1", form)]
            cases.append((f"{rows} rows of {form}", empty_primary() + make_hdu(cards)))
        cases.append((f"{rows} rows", empty_primary() + make_hdu(table_cards(0, rows, 0))))
        cards = [*table_cards(rows, 0, 1), card("TFORM1", f"{rows}B")]
        cases.append((f"0 rows of {rows}B", empty_primary() + make_hdu(cards)))
    expect(cases, may_read=True)


def test_many_columns_and_no_cards_for_them() -> None:
    for fields in (999, 10_000, 10**6):
        content = empty_primary() + make_hdu(table_cards(4, 2, fields), b"\0" * 8)
        expect([(f"TFIELDS={fields}", content)], may_read=False)


def test_a_header_without_an_end() -> None:
    endless = text_card("SIMPLE  =                    T") + b" " * (3 << 20)
    comments = text_card("SIMPLE  =                    T") + text_card("COMMENT x") * 40_000
    expect(
        [("blanks", endless), ("comments", comments), ("short", comments[:5000])], may_read=False
    )


def test_bytes_that_are_no_fits_file() -> None:
    noise = np.random.default_rng(0).bytes(100_000)
    texts = [b"", b"S", b"SIMPLE", b"SIMPLE  =", b"SIMPLE  =" + b" " * 80, b"# a text\n" * 1000]
    texts += [noise, b"\0" * 10_000, b"\x1f\x8b", b"\x1f\x9d", b"BZh9", b"\xfd7zXZ\0", b"PK\3\4"]
    texts += [
        magic + noise for magic in (b"\x1f\x8b\x08\0", b"\x1f\x9d\x90", b"BZh9", b"\xfd7zXZ\0")
    ]
    cases = [(f"{text[:12]!r} of {len(text)}", text) for text in texts]
    expect(cases, may_read=False)


def test_noise_in_cards() -> None:
    good = image(np.arange(6, dtype="i2").reshape(2, 3), [card("OBJECT", "M 13")])
    rng = np.random.default_rng(9)
    cases = []
    for number in range(150):
        changed = bytearray(good)
        for place in rng.integers(0, 800, 4):
            changed[place] = rng.integers(0, 256)
        cases.append((f"noise {number}", bytes(changed)))
    expect(cases, may_read=True)


def test_noise_in_the_cards_of_a_table() -> None:
    columns = [("A", "2J", field([[1, 2]], "i4")), ("S", "4A", text_field([b"abc"], 4))]
    good = table(columns, [card("TDIM1", "(2,1)"), card("TNULL1", 1), card("TSCAL1", 2.0)])
    rng = np.random.default_rng(10)
    cases = []
    for number in range(150):
        changed = bytearray(good)
        for place in rng.integers(80, 1200, 4):
            changed[place] = rng.integers(32, 127)
        cases.append((f"noise {number}", empty_primary() + bytes(changed)))
    expect(cases, may_read=True)


@pytest.fixture
def packed() -> bytes:
    return gzip.compress(image(np.arange(50_000, dtype="i4") * 7919))


def test_truncated_gzip(packed: bytes, tmp_path: Path) -> None:
    cases: list[Case] = []
    for cut in np.linspace(1, len(packed) - 9, 40).astype(int).tolist():
        path = tmp_path / f"{cut}.fits.gz"
        path.write_bytes(packed[:cut])
        cases += [(f"file {cut}", path), (f"bytes {cut}", packed[:cut])]
    expect(cases, may_read=False)


def read_to_the_end(path: Path) -> None:
    with torchfits.open(path) as f:
        assert len(f) == 1
        f[0].read()


def test_corrupt_gzip_checksum_or_length(tmp_path: Path) -> None:
    stored = bytearray(gzip.compress(image(np.arange(5000, dtype="i4")), compresslevel=0))
    stored[9000] ^= 0x40

    def work() -> None:
        for place in (None, -1, -5):
            damaged = bytearray(stored)
            if place is not None:
                damaged = bytearray(gzip.compress(image(np.arange(5000, dtype="i4"))))
                damaged[place] ^= 1
            path = tmp_path / "damaged.fits.gz"
            path.write_bytes(damaged)
            with pytest.raises(torchfits.FITSError):
                read_to_the_end(path)

    in_child(work)


def test_a_tiny_gzip_that_announces_much() -> None:
    huge = make_hdu([*start_cards(None), *axes_cards(8, (2**40,))], b"\0" * 100)
    expect([("2^40", gzip.compress(huge))], may_read=False)


def test_a_gzip_that_inflates_to_much(tmp_path: Path) -> None:
    path = tmp_path / "bomb.fits.gz"
    tail = gzip.compress(b"\0" * (64 * MIB), compresslevel=1)
    path.write_bytes(gzip.compress(image(np.arange(6, dtype="i2"))) + tail * 32)

    def work() -> None:
        assert outcome(lambda: torchfits.read(path)) == "read"
        assert outcome(lambda: torchfits.read_header(path)) == "read"

    in_child(work, extra_bytes=512 * MIB)


def test_every_error_names_the_file_and_the_hdu(tmp_path: Path) -> None:
    path = tmp_path / "named.fits"
    path.write_bytes(empty_primary() + bad_table(TFORM1="1Y")[2880:])
    with pytest.raises(torchfits.FITSError) as caught:
        torchfits.read(path)
    for part in ("named.fits", "HDU 1", "TFORM1", "1Y"):
        assert part in str(caught.value)
