# SPDX-License-Identifier: BSD-3-Clause
"""Wrong calls: each argument says what it takes. And what calls give beside data."""

from __future__ import annotations

import pickle
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from comparison import assert_same
from fits_bytes import card, empty_primary, field, image, table, text_field

import torchfits

PIXELS = np.arange(24, dtype="i2").reshape(2, 3, 4)
WCS_CARDS = [
    card("CTYPE1", "RA---TAN"),
    card("CRPIX1", 2.5),
    card("CRPIX1A", 7),
    card("CRPIX2", 1.5),
    card("CRPIX2", 9.5),
    card("CRVAL3", 5.0),
    card("CRPIX12", 3.0),
]
IMAGE = image(PIXELS, WCS_CARDS)
TABLE = empty_primary() + table(
    [
        ("ID", "J", field([1, -9, 3], "i4")),
        ("X", "D", field([0.5, 1.5, 2.5], "f8")),
        ("NAME", "3A", text_field([b"ab", b"c", b"def"], 3)),
        ("OK", "L", np.frombuffer(b"TF\0", "u1").reshape(3, 1)),
    ],
    [card("TNULL1", -9)],
)


def keyword_names(value: object) -> str | None:
    """The name of a case: its keywords, its error, its message."""
    return "+".join(value) if isinstance(value, dict) else None


WRONG_IMAGE_CALLS = [
    ({"sections": ...}, TypeError, "sections"),
    ({"hdu": 1.5}, TypeError, "neither an index"),
    ({"hdu": True}, TypeError, "neither an index"),
    ({"hdu": ("SCI", "2")}, TypeError, "neither an index"),
    ({"hdu": 3}, IndexError, "no HDU 3"),
    ({"hdu": "SCI"}, KeyError, "'PRIMARY'"),
    ({"section": "1:2"}, TypeError, "slices"),
    ({"section": [0, 1]}, TypeError, "slices"),
    ({"section": (0, 0, 0, 0)}, IndexError, "3 axes"),
    ({"section": 2}, IndexError, "length 2"),
    ({"scaled": "no"}, TypeError, "scaled= takes True or False"),
    ({"scaled": None}, TypeError, "scaled= takes True or False"),
    ({"header": "SCI"}, TypeError, "header= takes True or False"),
    ({"raw": 1}, TypeError, "raw= takes True or False"),
    ({"dtype": "float32"}, TypeError, "torch.float32"),
    ({"dtype": torch.complex64}, TypeError, "complex64"),
    ({"device": "gpu"}, ValueError, "'gpu' is no device"),
    ({"device": len}, TypeError, "is no device"),
    ({"device": "cpu", "out": torch.zeros(2, 3, 4)}, TypeError, "device="),
    ({"out": np.zeros((2, 3, 4))}, TypeError, "torch.Tensor, not ndarray"),
    ({"out": torch.zeros(2, 3, 4)}, ValueError, "dtype torch.float32"),
    ({"out": torch.zeros(4, dtype=torch.int16)}, ValueError, "shape"),
    ({"out": torch.zeros(2, 3, 8)[..., ::2]}, ValueError, "dtype torch.float32"),
    ({"out": torch.zeros(8, dtype=torch.int16)[::2]}, ValueError, "shape"),
    ({"null": "NaN"}, ValueError, "'mask', 'nan', 'raw'"),
    ({"null": "nan"}, TypeError, "for tables"),
    ({"hdu": 0, "columns": ["X"]}, TypeError, "columns= is for tables"),
    ({"hdu": 0, "rows": [1]}, TypeError, "rows= is for tables"),
    ({"hdu": 0, "where": "X > 3"}, TypeError, "where= is for tables"),
]

WRONG_TABLE_CALLS = [
    ({"columns": 5}, TypeError, "name or a list of names"),
    ({"columns": ["ID", 3]}, TypeError, "takes names, not 3"),
    ({"columns": b"ID"}, TypeError, "name or a list of names"),
    ({"columns": "Z"}, KeyError, "ID, X, NAME"),
    ({"columns": ["ID", "id"]}, ValueError, "twice"),
    ({"rows": "ID"}, TypeError, "rows are selected"),
    ({"rows": ["ID"]}, TypeError, "rows are selected"),
    ({"rows": 1.5}, TypeError, "rows are selected"),
    ({"rows": [0.5]}, TypeError, "rows are selected"),
    ({"rows": [[0]]}, TypeError, "one dimension"),
    ({"rows": {1}}, TypeError, "rows are selected"),
    ({"rows": ...}, TypeError, "rows are selected"),
    ({"rows": len}, TypeError, "rows are selected"),
    ({"rows": True}, TypeError, "rows are selected"),
    ({"rows": np.bool_(True)}, TypeError, "rows are selected"),
    ({"rows": torch.tensor(True)}, TypeError, "rows are selected"),
    ({"rows": 3}, IndexError, "row 3"),
    ({"rows": [-4]}, IndexError, "row -4"),
    ({"rows": [True]}, IndexError, "1 elements"),
    ({"rows": np.array([2**64 - 1], "u8")}, IndexError, "row 18446744073709551615"),
    ({"hdu": 1, "section": 0}, TypeError, "section= is for images"),
    ({"dtype": torch.float32}, TypeError, "dtype= is for images"),
    ({"out": torch.zeros(3)}, TypeError, "out= is for images"),
    ({"columns": "X", "out": torch.zeros(6)[::2]}, TypeError, "out= is for images"),
    ({"device": "gpu"}, ValueError, "is no device"),
    ({"null": None}, ValueError, "'mask', 'nan', 'raw'"),
    ({"where": "X >"}, ValueError, "a value is expected"),
    ({"where": "Z > 3"}, KeyError, "ID, X, NAME"),
    ({"where": 3}, TypeError, "condition on rows is text"),
]


@pytest.mark.parametrize(("keywords", "kind", "message"), WRONG_IMAGE_CALLS, ids=keyword_names)
@pytest.mark.parametrize("header", [False, True])
def test_wrong_reads_of_an_image(keywords: dict, kind: type, message: str, header: bool) -> None:
    with pytest.raises(kind) as caught:
        torchfits.read(IMAGE, **{"header": header, **keywords})
    assert message in str(caught.value)


@pytest.mark.parametrize(("keywords", "kind", "message"), WRONG_TABLE_CALLS, ids=keyword_names)
@pytest.mark.parametrize("header", [False, True])
def test_wrong_reads_of_a_table(keywords: dict, kind: type, message: str, header: bool) -> None:
    with pytest.raises(kind) as caught:
        torchfits.read(TABLE, **{"header": header, **keywords})
    assert message in str(caught.value)


WRONG_CUTOUTS = [
    ({}, TypeError, "needs a section"),
    ({"section": (slice(-1, 1),)}, IndexError, "fill="),
    ({"section": (slice(0, 2, 2),)}, ValueError, "no steps"),
    ({"section": (slice(2, 0),)}, ValueError, "ends before it begins"),
    ({"section": (slice(0.5, 2),)}, TypeError, "not float"),
    ({"section": (0, 0, 0, 0)}, IndexError, "3 axes"),
    ({"section": (..., ...)}, IndexError, "'...'"),
    ({"section": (slice(-1, 1),), "fill": "0"}, TypeError, "fill= takes a number"),
    ({"section": (slice(-1, 1),), "fill": 1j}, TypeError, "fill= takes a number"),
    ({"section": (slice(-1, 1),), "fill": 0.5}, ValueError, "does not fit int16"),
    ({"section": (slice(-1, 1),), "fill": 40_000}, ValueError, "does not fit int16"),
    ({"section": ..., "header": None}, TypeError, "header= takes True or False"),
    ({"section": ..., "scaled": 1}, TypeError, "scaled= takes True or False"),
    ({"center": (1.0, 2.0)}, TypeError, "needs center= and size="),
    ({"section": ..., "center": (1.0, 2.0), "size": 5}, TypeError, "not both"),
    ({"section": ..., "frame": "icrs"}, TypeError, "in pixels"),
]


@pytest.mark.parametrize(("keywords", "kind", "message"), WRONG_CUTOUTS, ids=keyword_names)
def test_wrong_cutouts(keywords: dict, kind: type, message: str) -> None:
    with pytest.raises(kind) as caught:
        torchfits.cutout(IMAGE, **keywords)
    assert message in str(caught.value)
    with pytest.raises(TypeError, match="not an image"):
        torchfits.cutout(TABLE, (slice(0, 1),), 1)


ONE_SOURCE_CALLS = [torchfits.read, torchfits.read_header, torchfits.open, torchfits.info]


@pytest.mark.parametrize("call", ONE_SOURCE_CALLS)
@pytest.mark.parametrize("source", [None, 5, ["a.fits"], {"a": 1}], ids=str)
def test_a_source_is_a_path_bytes_or_a_file_object(call: object, source: object) -> None:
    with pytest.raises(TypeError, match="pass a path, bytes, or a"):
        call(source)


@pytest.mark.parametrize("call", [*ONE_SOURCE_CALLS, lambda one: torchfits.read_many([one])])
def test_what_is_open_already_is_no_source(call: object) -> None:
    with torchfits.open(IMAGE) as f:
        for source in (f, f[0]):
            with pytest.raises(TypeError, match="open already"):
                call(source)


@pytest.mark.parametrize("call", ONE_SOURCE_CALLS)
def test_paths_that_lead_nowhere(call: object, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="empty"):
        call("")
    with pytest.raises(FileNotFoundError, match="none_here"):
        call(tmp_path / "none_here.fits")
    with pytest.raises(torchfits.FITSIOError, match="directory"):
        call(tmp_path)


def test_read_many_takes_a_list_of_sources(tmp_path: Path) -> None:
    with (tmp_path / "file.fits").open("w+b") as file, torchfits.open(IMAGE) as f:
        for single in ("a.fits", Path("a.fits"), IMAGE, bytearray(IMAGE), f, f[0], file, 5, None):
            with pytest.raises(TypeError, match="a list of sources"):
                torchfits.read_many(single)
    with pytest.raises(ValueError, match="at least one"):
        torchfits.read_many([])
    with pytest.raises(ValueError, match="shape"):
        torchfits.read_many([IMAGE], out=torch.zeros(3))
    with pytest.raises(TypeError, match="scaled="):
        torchfits.read_many([IMAGE], scaled=0)
    assert_same(torchfits.read_many(IMAGE for _ in range(2)), np.stack([PIXELS, PIXELS]))


@pytest.mark.parametrize("mode", ["rb", "", None, 5])
def test_modes(mode: object) -> None:
    with pytest.raises(ValueError, match="use one of 'r'"):
        torchfits.open(IMAGE, mode)
    with pytest.raises(TypeError, match="takes a path, not bytes"):
        torchfits.open(IMAGE, "w")


@pytest.mark.parametrize("count", [1.5, "2", None, True])
def test_a_number_of_threads_is_an_integer(count: object) -> None:
    with pytest.raises(TypeError, match="positive integer"):
        torchfits.set_num_threads(count)
    with pytest.raises(ValueError, match="positive number"):
        torchfits.set_num_threads(2**70)


def test_out_anywhere_gets_the_data_and_never_a_conversion() -> None:
    for out in (
        torch.zeros(2, 3, 4, dtype=torch.int16),
        torch.zeros(2, 3, 8, dtype=torch.int16)[..., ::2],
        torch.zeros(4, 3, 2, dtype=torch.int16).permute(2, 1, 0),
    ):
        assert torchfits.read(IMAGE, out=out) is out
        assert_same(out.contiguous(), PIXELS)
    wide = torch.zeros(2, 3, 8)[..., ::2]
    assert torchfits.read(IMAGE, out=wide, dtype=torch.float32) is wide
    assert_same(wide.contiguous(), PIXELS.astype("f4"))
    padded = torch.zeros(1, 3, 4)
    with pytest.raises(ValueError, match="dtype"):
        torchfits.cutout(IMAGE, (slice(-1, 0),), fill=3, out=padded)
    assert not padded.any()


@pytest.mark.parametrize(
    ("section", "lengths"),
    [
        (..., (4, 3, 2)),
        ((slice(0, 1),), (4, 3, 1)),
        ((..., slice(1, 3)), (2, 3, 2)),
        ((slice(1, 2), ..., slice(1, 3)), (2, 3, 1)),
        ((1, ..., slice(1, 3)), (2, 3, 1)),
        ((..., 2), (1, 3, 2)),
        ((0, slice(-1, 2), slice(3, 6)), (3, 3, 1)),
        ((1, 2, 3, ...), (1, 1, 1)),
        (1, (4, 3, 1)),
    ],
)
def test_the_header_of_a_cutout(section: object, lengths: tuple[int, ...]) -> None:
    with torchfits.open(IMAGE) as f:
        data, header = torchfits.cutout(f, section, fill=0, header=True)
        assert f[0].header == torchfits.read_header(IMAGE)
    assert tuple(header[f"NAXIS{n}"] for n in (1, 2, 3)) == lengths
    assert data.numel() == np.prod(lengths)
    # Where the first pixel of the cutout lies in the image, axis by axis as in the header.
    corner = np.zeros((2, 3, 4))
    items = section if isinstance(section, tuple) else (section,)
    first = dict.fromkeys((1, 2, 3), 0)
    front = items[: items.index(...)] if ... in items else items
    back = items[items.index(...) + 1 :] if ... in items else ()
    for axis, item in [
        *enumerate(front),
        *((corner.ndim - len(back) + i, item) for i, item in enumerate(back)),
    ]:
        first[corner.ndim - axis] = item.start if isinstance(item, slice) else item
    assert header["CRPIX1"] == 2.5 - first[1]
    assert header["CRPIX1A"] == 7 - first[1]
    assert header["CRPIX2"] == 1.5 - first[2]
    assert header.get("CRPIX3", 0.0) == -first[3]
    assert header["CRPIX12"] == 3.0


def test_the_header_beside_the_data() -> None:
    data, header = torchfits.read(TABLE, columns="X", header=True)
    assert_same(data, np.array([0.5, 1.5, 2.5]))
    assert header["TTYPE2"] == "X"
    with torchfits.open(TABLE) as f:
        rows, same = f[1].read(rows=slice(0, 1), header=True)
        assert len(rows) == 1
        assert same is f[1].header


def test_a_header_is_one_object_for_all_threads() -> None:
    with torchfits.open(IMAGE) as f:
        start = threading.Barrier(8)
        seen: list[torchfits.Header] = []

        def look() -> None:
            start.wait()
            seen.append(f[0].header)

        threads = [threading.Thread(target=look) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len({id(header) for header in seen}) == 1


@pytest.mark.parametrize("key", [1, np.int64(1), np.uint8(1), torch.tensor(1), np.array(1), -2])
def test_an_integer_gives_a_row(key: object) -> None:
    with torchfits.open(TABLE) as f:
        for row in (f[1][key], f[1].read()[key]):
            assert row == {"ID": None, "X": 1.5, "NAME": "c", "OK": False}
        assert f[1].read(rows=key)["X"].tolist() == [1.5]


def test_other_keys_of_a_table() -> None:
    mask = [True, False, True]
    with torchfits.open(TABLE) as f:
        hdu = f[1]
        for key in (
            mask,
            np.array(mask),
            torch.tensor(mask),
            [0, 2],
            range(0, 3, 2),
            np.array([0, 2]),
        ):
            assert hdu[key]["X"].tolist() == [0.5, 2.5]
            assert hdu["X", key].tolist() == [0.5, 2.5]
        assert hdu[[]].shape == (0, 4)
        assert hdu[["ID", "X"]].names == hdu["ID", "X"].names == ["ID", "X"]
        assert hdu[["X"]].names == hdu[("X",)].names == ["X"]
        assert hdu[["ID", "X"], 1:].shape == (2, 2)
        for wrong in (
            True,
            None,
            ...,
            (),
            1.5,
            (0, 1),
            ("X", "ID", slice(1)),
            ["X", 1],
            ([1], "X"),
        ):
            with pytest.raises(TypeError):
                hdu[wrong]
        with pytest.raises(IndexError):
            hdu[3]
        with pytest.raises(torchfits.ColumnNotFoundError):
            hdu["Y"]
        with pytest.raises(TypeError):
            iter(hdu)


def test_keys_of_an_image_that_would_copy_in_numpy() -> None:
    with torchfits.open(IMAGE) as f:
        for wrong in (None, (None, 0), [0, 1], "X", 1.5, np.array([True, False]), (True,)):
            with pytest.raises(TypeError):
                f[0][wrong]


def test_rows_of_a_table_in_memory_take_no_bool_for_a_position() -> None:
    rows = torchfits.read(TABLE)
    for wrong in (True, np.bool_(True), torch.tensor(True)):
        with pytest.raises(TypeError, match="rows are selected"):
            rows[wrong]
    with pytest.raises(IndexError, match="18446744073709551615"):
        rows[np.array([2**64 - 1], "u8")]


def test_columns_of_an_hdu_are_a_list_of_the_callers() -> None:
    with torchfits.open(TABLE) as f:
        f[1].columns.clear()
        hdu = f[1]
        hdu.columns.clear()
        assert [column.name for column in hdu.columns] == ["ID", "X", "NAME", "OK"]
    with torchfits.open(IMAGE) as f, pytest.raises(TypeError, match="no columns"):
        _ = f[0].columns


def test_nulls_come_out_as_asked() -> None:
    masked = torchfits.read(TABLE)
    assert masked["ID"].tolist() == [1, -9, 3]
    assert masked.null_mask("ID").tolist() == [False, True, False]
    assert masked.null_mask("OK").tolist() == [False, False, True]
    nan = torchfits.read(TABLE, null="nan")
    assert nan["ID"].dtype == torch.float64
    assert nan["ID"].isnan().tolist() == [False, True, False]
    assert nan["OK"].dtype == torch.bool
    assert nan["X"].dtype == torch.float64
    assert nan.null_mask("ID") is None
    assert nan.null_mask("OK").tolist() == [False, False, True]
    assert nan.columns[0].dtype == torch.float64
    raw = torchfits.read(TABLE, null="raw")
    assert raw["ID"].dtype == torch.int32
    assert raw["ID"].tolist() == [1, -9, 3]
    assert [raw.null_mask(name) for name in raw] == [None] * 4
    assert torchfits.read(TABLE, columns="ID", null="nan").isnan().tolist() == [False, True, False]
    assert torchfits.read(TABLE, columns="ID", null="raw").tolist() == [1, -9, 3]


def test_a_table_on_another_device() -> None:
    moved = torchfits.read(TABLE, device="meta")
    assert {values.device.type for values in moved.values()} == {"meta"}
    assert moved.null_mask("ID").device.type == "meta"
    assert "3 rows, 4 columns" in repr(moved)
    assert torchfits.read(TABLE, columns="NAME", device="meta").device.type == "meta"
    with torchfits.open(TABLE) as f:
        assert f[1].read(columns="X", device="cpu").tolist() == [0.5, 1.5, 2.5]


def test_a_sequence_of_hdus() -> None:
    names = ["SCI", "ERR", "SCI"]
    extensions = [
        image(PIXELS + i, [card("EXTVER", i + 1)], extension=True, name=name)
        for i, name in enumerate(names)
    ]
    with torchfits.open(empty_primary() + b"".join(extensions)) as f:
        assert [hdu.name for hdu in f] == ["PRIMARY", *names]
        assert [hdu.index for hdu in f] == [0, 1, 2, 3]
        assert f["SCI"].index == 1
        assert f["SCI", 3].index == 3
        assert ("ERR" in f, ("ERR", 2) in f, ("ERR", 1) in f, 3 in f, 4 in f) == (
            True, True, False, True, False,
        )  # fmt: skip
        hdu = pickle.loads(pickle.dumps(f["SCI", 3]))
        assert_same(hdu.read(), PIXELS + 2)
        assert repr(hdu) == repr(f["SCI", 3])
        kept = f[1]
    assert repr(f) == "<FITS '<bytes>', closed>"
    assert repr(kept) == "<HDU 1 of a closed file>"
    for use in (lambda: "SCI" in f, lambda: list(f), f.info, lambda: kept.header):
        with pytest.raises(ValueError, match="closed; open it again"):
            use()
    with pytest.raises(ValueError, match="closed"):
        pickle.dumps(kept)
    with pytest.raises(ValueError, match="closed"):
        torchfits.cutout(f, (slice(0, 1),))
