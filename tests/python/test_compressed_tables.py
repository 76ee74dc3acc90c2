# SPDX-License-Identifier: BSD-3-Clause
"""T39: tables that fpack compressed, and such made by hand, read as the table that they hold."""

from __future__ import annotations

import gzip
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from astropy.io import fits
from comparison import assert_same
from corpus_files import CORPUS, REASON
from fits_bytes import card, make_hdu

import torchfits

ROWS = 1000

needs_fpack = pytest.mark.skipif(
    shutil.which("fpack") is None, reason="fpack of CFITSIO is not installed"
)


def fixed_columns() -> dict[str, tuple[str, np.ndarray]]:
    """Every kind of column of a fixed width: TFORM and values."""
    rng = np.random.default_rng(39)
    complex_values = rng.normal(size=(ROWS, 2)) + 1j * rng.normal(size=(ROWS, 2))
    return {
        "BYTE": ("B", rng.integers(0, 256, ROWS, "u1")),
        "SHORTS": ("3I", rng.integers(-99, 99, (ROWS, 3), "i2")),
        "INT": ("J", np.cumsum(rng.integers(-5, 9, ROWS)).astype("i4")),
        "LONG": ("K", rng.integers(-(10**12), 10**12, ROWS, "i8")),
        "FLOATS": ("2E", rng.normal(size=(ROWS, 2)).astype("f4")),
        "DOUBLE": ("D", rng.normal(size=ROWS)),
        "COMPLEX": ("2C", complex_values.astype("c8")),
        "COMPLEXES": ("2M", complex_values),
        "FLAG": ("L", rng.integers(0, 2, ROWS).astype(bool)),
        "BITS": ("11X", rng.integers(0, 2, (ROWS, 11)).astype(bool)),
        "NAME": ("7A", np.array([f"s{i % 77}" for i in range(ROWS)])),
    }


def cells(rng: np.random.Generator, dtype: str) -> list[np.ndarray]:
    """Arrays of 0 to 39 elements: some that compress well, some that do not."""
    low = 0 if dtype[0] in ("b", "u") else -3
    found = []
    for i in range(ROWS):
        values = rng.integers(low, 2 if dtype == "bool" else 4, int(rng.integers(0, 40)))
        found.append((values / 7 if i % 2 and dtype[0] in "fc" else values).astype(dtype))
    return found


def heap_columns() -> dict[str, tuple[str, list[np.ndarray]]]:
    rng = np.random.default_rng(41)
    kinds = {"PB": "u1", "PI": "i2", "PJ": "i4", "QK": "i8", "PE": "f4", "QD": "f8"}
    kinds |= {"PC": "c8", "QM": "c16", "PL": "bool"}
    return {form: (f"{form}()", cells(rng, dtype)) for form, dtype in kinds.items()}


def objects(arrays: list[np.ndarray]) -> np.ndarray:
    found = np.empty(len(arrays), object)
    found[:] = arrays
    return found


def packed(tmp_path: Path, columns: list[fits.Column], **directives: object) -> Path:
    """A file of one table after fpack; `directives` are its FZ keywords."""
    path = tmp_path / "table.fits"
    hdu = fits.BinTableHDU.from_columns(columns, name="T")
    hdu.header.update(directives)
    hdu.writeto(path)
    subprocess.run(["fpack", "-table", path], check=True, capture_output=True)
    compressed = path.with_name("table.fits.fz")
    assert fits.getheader(compressed, 1)["ZTABLE"] is True
    return compressed


@pytest.fixture(scope="module")
def fixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    columns = [fits.Column(n, f, array=a) for n, (f, a) in fixed_columns().items()]
    return packed(tmp_path_factory.mktemp("fixed"), columns, FZTILELN=300)


@needs_fpack
@pytest.mark.parametrize("algorithm", ["GZIP_1", "GZIP_2", "RICE_1", None])
@pytest.mark.parametrize("tile", [1, 300, None])
def test_t39_every_kind_of_column(tmp_path: Path, algorithm: str | None, tile: int | None) -> None:
    directives = {"FZTILELN": tile, "FZALGOR": algorithm}
    columns = [fits.Column(n, f, array=a) for n, (f, a) in fixed_columns().items()]
    path = packed(tmp_path, columns, **{k: v for k, v in directives.items() if v is not None})
    table = torchfits.read(path, "T")
    for name, (_, values) in fixed_columns().items():
        if name == "NAME":
            assert table[name].to_list() == values.tolist()
        else:
            assert_same(table[name], values, name)


@needs_fpack
def test_t39_scaling_nulls_and_shapes_are_those_of_the_table(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    counts = rng.integers(0, 65536, ROWS, "u2")
    stored = rng.integers(-5, 5, ROWS, "i2")
    grid = rng.normal(size=(ROWS, 2, 3)).astype("f4")
    columns = [
        fits.Column("U", "I", bzero=32768, array=counts),
        fits.Column("S", "I", array=stored),
        fits.Column("N", "J", null=-1, unit="m", array=np.arange(ROWS) % 5 - 1),
        fits.Column("G", "6E", dim="(3,2)", array=grid),
        fits.Column("Z", "0J"),
    ]
    path = packed(tmp_path, columns, FZTILELN=400, TSCAL2=0.5, TZERO2=1.0)
    table = torchfits.read(path, "T")
    assert_same(table["U"], counts)
    assert_same(table["S"], stored * 0.5 + 1.0)
    assert_same(table["G"], grid)
    assert table.null_mask("N").tolist() == [i % 5 == 0 for i in range(ROWS)]
    assert table.columns[2].unit == "m"
    assert tuple(table["Z"].shape) == (ROWS, 0)


@needs_fpack
@pytest.mark.parametrize(
    "rows",
    [slice(0, 0), slice(299, 301), slice(None, None, 301), slice(999, None, -1), [999, 0, 0, 450]],
    ids=str,
)
def test_t39_rows_and_columns(fixed: Path, rows: slice | list[int]) -> None:
    columns = fixed_columns()
    table = torchfits.read(fixed, columns=["INT", "FLOATS", "NAME"], rows=rows)
    assert list(table.names) == ["INT", "FLOATS", "NAME"]
    assert_same(table["INT"], columns["INT"][1][rows])
    assert_same(table["FLOATS"], columns["FLOATS"][1][rows])
    assert table["NAME"].to_list() == columns["NAME"][1][rows].tolist()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same table plain and compressed: text, numbers, nulls, cells of fixed and any length."""
    rng = np.random.default_rng(40)
    columns = [fits.Column(n, f, array=a) for n, (f, a) in fixed_columns().items()]
    columns += [fits.Column(n, f, array=objects(a)) for n, (f, a) in heap_columns().items()]
    columns.append(fits.Column("Z", "I", null=3, array=rng.integers(0, 6, ROWS, "i2")))
    columns.append(fits.Column("U", "J", bzero=2**31, array=rng.integers(0, 2**32, ROWS, "u4")))
    folder = tmp_path_factory.mktemp("both")
    compressed = packed(folder, columns, FZTILELN=300)
    return folder / "table.fits", compressed


CONDITIONS = [
    "INT % 7 == 2 and BYTE > 20",
    "NAME == 's42' or startswith(NAME, 's7')",
    "isnull(Z) or Z == 5",
    "U > 3000000000 and FLAG",
    "SHORTS[1] > FLOATS[0] and DOUBLE between -1 and 1.5",
    "BITS[10] and not BITS[0]",
    "INT < INT",
    "1 == 1",
]


@needs_fpack
@pytest.mark.parametrize("where", CONDITIONS)
def test_t39_a_condition_selects_what_it_does_in_the_plain_table(
    both: tuple[Path, Path], where: str
) -> None:
    plain, compressed = both
    everything = torchfits.read(plain, "T")
    choices: list[list[str] | None] = [None, ["NAME", "PJ"], ["QD"], ["FLOATS", "Z", "PL", "INT"]]
    rows: list[slice | list[int] | None] = [None, slice(290, 910, 3), [999, 5, 5, 301, 0]]
    for chosen in rows:
        some = everything if chosen is None else everything[chosen]
        expected = some.filter(where)
        for columns in choices:
            got = torchfits.read(compressed, "T", columns=columns, rows=chosen, where=where)
            assert got.names == (columns or everything.names)
            for name in got.names:
                assert_cells(got, expected, name)


def assert_cells(got: torchfits.Table, expected: torchfits.Table, name: str) -> None:
    """The same values and the same nulls."""
    if isinstance(expected[name], torch.Tensor):
        assert_same(got[name], expected[name].numpy(), name)
    else:
        assert got[name].to_list() == expected[name].to_list(), name
    ours, theirs = got.null_mask(name), expected.null_mask(name)
    assert (ours is None) == (theirs is None), name
    if isinstance(theirs, torch.Tensor):
        assert_same(ours, theirs.numpy(), name)


@needs_fpack
def test_t39_a_scan_with_a_condition_gives_those_rows(both: tuple[Path, Path]) -> None:
    plain, compressed = both
    stored = fits.getdata(plain, "T")
    chosen = np.flatnonzero((stored["INT"] % 3 == 1) & (stored["NAME"] != "s4"))
    names: list[str] = []
    cells: list[list[int]] = []
    with torchfits.open(compressed) as f:
        where = "INT % 3 == 1 and NAME != 's4'"
        for batch in f["T"].scan(batch_rows=170, columns=["PJ", "NAME"], where=where):
            names += batch["NAME"].to_list()
            cells += batch["PJ"].to_list()
    assert names == stored["NAME"][chosen].tolist()
    assert cells == [stored["PJ"][i].tolist() for i in chosen]


@needs_fpack
def test_t39_one_row_and_the_description(fixed: Path) -> None:
    columns = fixed_columns()
    with torchfits.open(fixed) as file:
        hdu = file["T"]
        assert hdu.kind == "table"
        assert hdu.shape[0] == len(hdu) == ROWS
        assert [column.name for column in hdu.columns] == list(columns)
        assert hdu.header["NAXIS2"] == ROWS
        assert hdu.header["TFORM1"] == "B"
        assert hdu[301]["INT"] == columns["INT"][1][301]
        assert_same(hdu["DOUBLE"], columns["DOUBLE"][1])


@needs_fpack
def test_t39_the_table_underneath(fixed: Path) -> None:
    """raw=True: a row a tile, a column of bytes each."""
    table = torchfits.read(fixed, "T", raw=True)
    assert len(table) == 4
    with fits.open(fixed) as hdus:
        for i in range(4):
            assert table["INT"][i].tolist() == hdus[1].data["INT"][i].tolist()


@needs_fpack
@pytest.mark.parametrize("algorithm", ["GZIP_1", "GZIP_2", "RICE_1", None])
@pytest.mark.parametrize("tile", [300, None])
def test_t39_variable_length_columns(
    tmp_path: Path, algorithm: str | None, tile: int | None
) -> None:
    """CFITSIO 4.2 cannot read these back itself; what it was given is the truth."""
    directives = {"FZTILELN": tile, "FZALGOR": algorithm}
    heaps = heap_columns()
    columns = [fits.Column(n, f, array=objects(a)) for n, (f, a) in heaps.items()]
    path = packed(tmp_path, columns, **{k: v for k, v in directives.items() if v is not None})
    table = torchfits.read(path, "T")
    some = torchfits.read(path, "T", columns=["PJ", "PL"], rows=slice(299, 305))
    for name, (_, values) in heaps.items():
        assert table[name].to_list() == [v.tolist() for v in values], name
    assert some["PJ"].to_list() == [v.tolist() for v in heaps["PJ"][1][299:305]]
    assert some["PL"].to_list() == [v.tolist() for v in heaps["PL"][1][299:305]]


def test_t39_bt12_of_the_corpus() -> None:
    original = CORPUS / "compressed" / "bt12.fits"
    if not original.exists():
        pytest.skip(REASON)
    kinds = [("a", "S26"), ("b", ">i2", 3), ("c", ">f4", (4, 4)), ("d", ">f8"), ("e", "S10", 3)]
    with fits.open(original) as hdus:
        start = hdus.fileinfo(1)["datLoc"]
    expected = np.frombuffer(original.read_bytes(), kinds, count=50, offset=start)
    table = torchfits.read(original.with_name("bt12.fits.fz"))
    assert len(table) == 50
    for name, field in zip(table.names, "abcde", strict=True):
        values = expected[field]
        if values.dtype.kind == "S":
            assert table[name].to_list() == np.char.rstrip(values.astype(str)).tolist()
        else:
            assert_same(table[name], values)


# By hand: a table of J and 2I, three rows in one tile.

JS = [7, 8, 7]
PAIRS = [[1, 2], [3, -4], [5, 6]]
# The Standard's section 10.4.1: 7 whole; fs = 0 as 1 in five bits; differences 0, 1, -1 folded to
# 0, 2, 1 in unary.
RICE = struct.pack(">i", 7) + bytes([0b00001100, 0b10100000])
PLANES = bytes([0, 0, 0, 0xFF, 0, 0, 1, 2, 3, 0xFC, 5, 6])


def by_hand(
    changes: dict[str, object] | None = None, streams: tuple[bytes, ...] | None = None
) -> bytes:
    """A file whose HDU 1 is the table; a change of `None` leaves the card out."""
    streams = streams or (RICE, gzip.compress(PLANES))
    descriptors, heap = b"", b""
    for stream in streams:
        descriptors += struct.pack(">qq", len(stream), len(heap))
        heap += stream
    values: dict[str, object] = {
        "XTENSION": "BINTABLE",
        "BITPIX": 8,
        "NAXIS": 2,
        "NAXIS1": 32,
        "NAXIS2": 1,
        "PCOUNT": len(heap),
        "GCOUNT": 1,
        "TFIELDS": 2,
        "TTYPE1": "J",
        "TFORM1": "1QB",
        "TTYPE2": "PAIR",
        "TFORM2": "1QB",
        "ZTABLE": True,
        "ZTILELEN": 3,
        "ZNAXIS1": 8,
        "ZNAXIS2": 3,
        "ZPCOUNT": 0,
        "ZFORM1": "J",
        "ZFORM2": "2I",
        "ZCTYP1": "RICE_1",
        "ZCTYP2": "GZIP_2",
    }
    values |= changes or {}
    cards = [card(keyword, value) for keyword, value in values.items() if value is not None]
    primary = make_hdu([card("SIMPLE", True), card("BITPIX", 8), card("NAXIS", 0)])
    return primary + make_hdu(cards, descriptors + heap)


def check_by_hand(content: bytes) -> None:
    table = torchfits.read(content)
    assert table["J"].tolist() == JS
    assert table["PAIR"].tolist() == PAIRS


def test_t39_rice_and_shuffled_gzip_by_hand() -> None:
    check_by_hand(by_hand())


def test_t39_nocompress_by_hand() -> None:
    plain = (struct.pack(">3i", *JS), np.array(PAIRS, ">i2").tobytes())
    check_by_hand(by_hand({"ZCTYP1": "NOCOMPRESS", "ZCTYP2": "NOCOMPRESS"}, plain))


def test_t39_a_tile_longer_than_the_table() -> None:
    check_by_hand(by_hand({"ZTILELEN": 1000000}))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ZNAXIS2": None}, "ZNAXIS2 is missing"),
        ({"ZNAXIS1": 9}, "ZFORMn take 8 bytes of a row, not ZNAXIS1 = 9"),
        ({"ZNAXIS2": -1}, "ZNAXIS2 is no count"),
        ({"ZNAXIS2": 10**16, "ZTILELEN": 10**16}, "more than the .* compressed ones can become"),
        ({"ZPCOUNT": None}, "ZPCOUNT is missing"),
        ({"ZTILELEN": None}, "ZTILELEN is missing"),
        ({"ZTILELEN": 0}, "at least one row"),
        ({"ZTILELEN": 2}, "make 2 tiles, but the table has NAXIS2 = 1 rows"),
        ({"ZFORM1": None}, "ZFORM1 is missing"),
        ({"ZFORM1": "Y"}, "TFORM1"),
        ({"ZFORM1": "E"}, "ZCTYP1 = 'RICE_1' of column 'J'"),
        ({"ZFORM2": "K"}, "passes the end of a row of NAXIS1 = 8 bytes"),
        ({"TFORM1": "2J"}, "TFORM1 = '2J' of a compressed table"),
        ({"ZTILELEN": 4, "ZNAXIS2": 4}, "compressed column 'J', tile 0"),
    ],
    ids=str,
)
def test_t39_bad_headers(changes: dict[str, object], message: str) -> None:
    with pytest.raises(torchfits.FormatError, match=message) as caught:
        torchfits.read(by_hand(changes), 1)
    assert "HDU 1" in str(caught.value)


def test_t39_unknown_algorithms_are_refused_by_name() -> None:
    content = by_hand({"ZCTYP1": "ZSTD_1"})
    with pytest.raises(torchfits.UnsupportedError, match="ZCTYP1 = 'ZSTD_1' of column 'J'"):
        torchfits.read(content)
    assert torchfits.read(content, columns="PAIR").tolist() == PAIRS


@pytest.mark.parametrize(
    ("streams", "message"),
    [
        ((RICE[:4], gzip.compress(PLANES)), "column 'J', tile 0"),
        ((RICE, b"nothing that DEFLATE made"), "column 'PAIR', tile 0"),
        ((RICE, gzip.compress(PLANES + b"more")), "column 'PAIR', tile 0"),
        ((RICE, gzip.compress(PLANES[:-2])), "they hold 10 bytes, not 12"),
        ((RICE, gzip.compress(PLANES)[:-9]), "column 'PAIR', tile 0"),
        ((RICE, b""), "column 'PAIR', tile 0"),
    ],
)
def test_t39_bad_streams(streams: tuple[bytes, ...], message: str) -> None:
    with pytest.raises(torchfits.FormatError, match=message) as caught:
        torchfits.read(by_hand(streams=streams))
    assert "HDU 1" in str(caught.value)


def test_t39_a_descriptor_outside_the_heap() -> None:
    content = bytearray(by_hand())
    start = content.index(struct.pack(">qq", len(RICE), 0))
    content[start : start + 16] = struct.pack(">qq", len(RICE), 5000)
    with pytest.raises(torchfits.FormatError, match="column 'J', tile 0: its descriptor"):
        torchfits.read(bytes(content))


def test_t39_a_truncated_table() -> None:
    with pytest.raises(torchfits.TruncatedError, match="missing"):
        torchfits.read(by_hand()[: 3 * 2880 - 2860])
