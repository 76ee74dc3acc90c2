# SPDX-License-Identifier: BSD-3-Clause
"""Conditions on rows: of files, of tables in memory, and as operations of torch, all alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from child_process import MIB, in_child
from fits_bytes import (
    axes_cards,
    card,
    empty_primary,
    field,
    image,
    make_hdu,
    table,
    text_field,
)  # fmt: skip
from row_conditions import by_memory, by_tensors

import torchfits
from torchfits import Table

ROWS = 5000


def some_columns(rows: int = ROWS) -> dict[str, Any]:
    rng = np.random.default_rng(5)
    names = [b"STAR", b"GALAXY", b"M 31", b"M31", b"", b"M\0x", b" M"]
    return {
        "MAG": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(20, 2, rows)).astype("f4"),
        "Z": np.where(rng.random(rows) < 0.2, np.nan, rng.random(rows)),
        "N": rng.integers(-5, 6, rows).astype("i2"),
        "ID": rng.integers(-(2**63), 2**63 - 1, rows, dtype="i8", endpoint=True),
        "U": rng.integers(0, 2**64 - 1, rows, dtype="u8", endpoint=True),
        "OK": rng.choice(np.frombuffer(b"TF\0", "u1"), rows),
        "CLASS": [names[i] for i in rng.integers(0, len(names), rows)],
        "V": rng.integers(-3, 4, (rows, 2, 3)).astype("i4"),
    }


def file_of(columns: dict[str, Any]) -> bytes:
    """MAG E, Z D, N I with a null of 3, ID K, U K unsigned, OK L, CLASS 8A, V 6J with TDIM."""
    rows = len(columns["N"])
    stored = (columns["U"] ^ np.uint64(1 << 63)).view("i8")
    fields = [
        ("MAG", "1E", field(columns["MAG"], "f4")),
        ("Z", "1D", field(columns["Z"], "f8")),
        ("N", "1I", field(columns["N"], "i2")),
        ("ID", "1K", field(columns["ID"], "i8")),
        ("U", "1K", field(stored, "i8")),
        ("OK", "1L", columns["OK"].reshape(rows, 1)),
        ("CLASS", "8A", text_field(columns["CLASS"], 8)),
        ("V", "6J", field(columns["V"], "i4")),
    ]
    extra = [card("TNULL3", 3), card("TZERO5", 2**63), card("TDIM8", "(3,2)")]
    return empty_primary() + table(fields, extra)


@pytest.fixture(scope="module")
def columns() -> dict[str, Any]:
    return some_columns()


@pytest.fixture(scope="module")
def path(columns: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("where") / "catalogue.fits"
    path.write_bytes(file_of(columns))
    return path


@pytest.fixture(scope="module")
def whole(path: Path) -> Table:
    data: Table = torchfits.read(path)
    return data


def texts(c: dict[str, Any]) -> np.ndarray:
    return np.array([t.split(b"\0")[0].rstrip().decode() for t in c["CLASS"]])


def known(c: dict[str, Any], name: str) -> np.ndarray:
    """Where N and OK are not null."""
    return c["N"] != 3 if name == "N" else c["OK"] != 0


# What numpy says: only where everything is known, unless the other side decides.
CASES: list[tuple[str, Callable[[dict[str, Any]], np.ndarray]]] = [
    ("MAG < 20", lambda c: c["MAG"] < 20),
    ("MAG >= 20.5", lambda c: c["MAG"].astype("f8") >= 20.5),
    ("not MAG < 20", lambda c: c["MAG"] >= 20),
    ("MAG < 20 and CLASS == 'STAR' and not isnull(Z)",
     lambda c: (c["MAG"] < 20) & (texts(c) == "STAR") & ~np.isnan(c["Z"])),
    ("MAG.lt.20.and.!isnull(Z)", lambda c: (c["MAG"] < 20) & ~np.isnan(c["Z"])),
    ("MAG < 20 || Z > 0.5", lambda c: (c["MAG"] < 20) | (c["Z"] > 0.5)),
    ("N == 2", lambda c: c["N"] == 2),
    ("N > 1", lambda c: (c["N"] > 1) & known(c, "N")),
    ("N != 3", lambda c: known(c, "N")),
    ("not N == 2", lambda c: (c["N"] != 2) & known(c, "N")),
    ("isnull(N)", lambda c: ~known(c, "N")),
    ("N in (1, 3, -4) or MAG > 23",
     lambda c: np.isin(c["N"], [1, -4]) | (c["MAG"] > 23)),
    ("N not in (1, 3)", lambda c: ~np.isin(c["N"], [1, 3])),
    ("min(30, MAG) > 0 or max(-5, Z) < 0", lambda c: c["MAG"] > 0),
    ("max(MAG, -5) < 25", lambda c: c["MAG"] < 25),
    ("MAG not in (20, 21.5)", lambda c: ~np.isnan(c["MAG"])),
    ("not Z in (0.5, N)", lambda c: ~np.isnan(c["Z"]) & (c["Z"] != 0.5) & known(c, "N")
     & (c["Z"] != c["N"])),
    ("N between -1 and 1", lambda c: (c["N"] >= -1) & (c["N"] <= 1)),
    ("-1 <= N < 2", lambda c: (c["N"] >= -1) & (c["N"] < 2)),
    ("N % 3 == 1", lambda c: (c["N"] % 3 == 1) & known(c, "N")),
    ("N & 1 == 1", lambda c: (c["N"] & 1 == 1) & known(c, "N")),
    ("(N | 4) ^ 1 > 4", lambda c: (((c["N"] | 4) ^ 1) > 4) & known(c, "N")),
    ("10 / N > 4", lambda c: (10 / np.where(c["N"] == 0, -1, c["N"]) > 4) & known(c, "N")),
    ("ID > 4611686018427387905", lambda c: c["ID"] > 4611686018427387905),
    ("U > 9223372036854775809", lambda c: c["U"] > np.uint64(9223372036854775809)),
    ("U & 1 == 0", lambda c: c["U"] & np.uint64(1) == 0),
    ("ID < U", lambda c: (c["ID"] < 0) | (c["ID"].astype("u8") < c["U"])),
    ("U == ID", lambda c: (c["ID"] >= 0) & (c["ID"].astype("u8") == c["U"])),
    ("OK", lambda c: c["OK"] == ord("T")),
    ("not OK", lambda c: c["OK"] == ord("F")),
    ("OK = F", lambda c: c["OK"] == ord("F")),
    ("OK or N == 1", lambda c: (c["OK"] == ord("T")) | (c["N"] == 1)),
    ("isnull(OK) and OK is null", lambda c: c["OK"] == 0),
    ("CLASS == 'M31'", lambda c: texts(c) == "M31"),
    ("CLASS != 'M31' and CLASS <> 'STAR'", lambda c: ~np.isin(texts(c), ["M31", "STAR"])),
    ("CLASS in ('M', 'GALAXY  ')", lambda c: np.isin(texts(c), ["M", "GALAXY"])),
    ("CLASS == ''", lambda c: texts(c) == ""),
    ("startswith(CLASS, 'M')", lambda c: np.char.startswith(texts(c), "M")),
    ("CLASS like 'M%'", lambda c: np.char.startswith(texts(c), "M")),
    ("CLASS not like '%31'", lambda c: ~np.char.endswith(texts(c), "31")),
    ("contains(CLASS, 'A')", lambda c: np.char.find(texts(c), "A") >= 0),
    ("CLASS > 'M 31'", lambda c: texts(c) > "M 31"),
    ("V[1, 2] > V[0, 0]", lambda c: c["V"][:, 1, 2] > c["V"][:, 0, 0]),
    ("V[-1][-3] == 2", lambda c: c["V"][:, 1, 0] == 2),
    ("abs(N) > 3", lambda c: np.abs(c["N"]) > 3),
    ("sqrt(Z) < 0.5 and log10(Z) > -2",
     lambda c: (np.sqrt(c["Z"]) < 0.5) & (np.log10(c["Z"]) > -2)),
    ("max(Z, 0.5) == 0.5 and min(N, 0) == 0",
     lambda c: (c["Z"] <= 0.5) & (c["N"] >= 0) & known(c, "N")),
    ("round(Z * 2) == 1", lambda c: np.round(c["Z"] * 2) == 1),
    ("N ** 0 == 1 or 1 ** Z == 1", lambda c: known(c, "N") | ~np.isnan(c["Z"])),
    ("Z ** 0 == 1", lambda c: ~np.isnan(c["Z"])),
    ("max(N, -4, N - 1, 2) == 2", lambda c: (c["N"] <= 2) & known(c, "N")),
    ("ID in (9223372036854775806, N, 0.5)",
     lambda c: (c["ID"] == 2**63 - 2) | ((c["ID"] == c["N"]) & known(c, "N"))),
    ("1 < N in (2, 4, N + 1)", lambda c: np.isin(c["N"], [2, 4])),
    ("CLASS < 'M 31 is longer than any cell'", lambda c: texts(c) < "M 31 i"),
    ("Z ** 2 + Z < floor(MAG) / 30",
     lambda c: c["Z"] ** 2 + c["Z"] < np.floor(c["MAG"].astype("f8")) / 30),
    ("`MAG` * 2 - \"Z\" > 40", lambda c: c["MAG"].astype("f8") * 2 - c["Z"] > 40),
    ("TRUE", lambda c: np.ones(len(c["N"]), bool)),
    ("1 > 2", lambda c: np.zeros(len(c["N"]), bool)),
]  # fmt: skip


@pytest.mark.parametrize(("where", "expected"), CASES, ids=[where for where, _ in CASES])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
def test_where_equals_numpy(
    where: str, expected: Any, columns: dict[str, Any], path: Path, whole: Table
) -> None:
    rows = np.flatnonzero(expected(columns)).tolist()
    assert torchfits.read(path, where=where, columns="ID").tolist() == columns["ID"][rows].tolist()
    assert by_memory(whole, where) == rows
    assert by_tensors(whole, where) == rows


def test_all_columns_of_the_rows_come_out(path: Path, whole: Table) -> None:
    some = torchfits.read(path, where="N > 0 and MAG < 21")
    rows = whole._rows_where("N > 0 and MAG < 21").positions()
    assert 0 < len(some) < ROWS
    expected = whole[rows]
    filtered = whole.filter("N > 0 and MAG < 21")
    for name in whole.names:
        for got in (some[name], filtered[name]):
            if name == "CLASS":
                assert torch.equal(got.bytes, expected[name].bytes)
            else:
                assert got.numpy().tobytes() == expected[name].numpy().tobytes(), name
        mask = whole.null_mask(name)
        if mask is not None:
            assert torch.equal(some.null_mask(name), mask[rows])
            assert torch.equal(filtered.null_mask(name), mask[rows])


def test_where_filters_the_selected_rows(path: Path, columns: dict[str, Any]) -> None:
    passing = (columns["N"] > 0) & (columns["N"] != 3)
    listed = [7, 7, 4999, 3, -1, 12, 0]
    for rows in (slice(100, 4000, 3), slice(None, None, -7), range(5), listed, 17):
        chosen = np.arange(ROWS)[[rows] if isinstance(rows, int) else rows]
        expected = columns["ID"][chosen[passing[chosen]]].tolist()
        got = torchfits.read(path, where="N > 0", rows=rows, columns="ID").tolist()
        assert got == expected
    mask = torch.arange(ROWS) % 2 == 0
    got = torchfits.read(path, where="N > 0", rows=mask, columns=["ID"])["ID"].tolist()
    assert got == columns["ID"][passing & mask.numpy()].tolist()


def unwritable(rows: list[int]) -> np.ndarray:
    array = np.array(rows)
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (np.arange(5)[::-1], [4, 3, 2, 1, 0]),
        (np.array([3, 1, -1], ">i4"), [3, 1, 4999]),
        (np.array([3, 1], ">u8"), [3, 1]),
        (unwritable([3, 1]), [3, 1]),
        (np.arange(ROWS)[::-1] > 4997, [0, 1]),
        (np.array([3, 1], object), [3, 1]),
        (torch.tensor([3, 1], dtype=torch.uint16), [3, 1]),
        ([torch.tensor(3), np.int64(-1)], [3, 4999]),
        (np.int16(-2), [4998]),
        (slice(4990, None, 10**30), [4990]),
        (slice(None, None, -(10**30)), [4999]),
        (range(3, -1, -1), [3, 2, 1, 0]),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("error")
def test_rows_are_named_in_many_forms(
    rows: Any, expected: list[int], path: Path, whole: Table, columns: dict[str, Any]
) -> None:
    ids = columns["ID"][expected].tolist()
    assert torchfits.read(path, rows=rows, columns="ID").tolist() == ids
    assert torchfits.read(path, rows=rows, columns="ID", where="TRUE").tolist() == ids
    with torchfits.open(path) as file:
        assert torch.cat(list(file[1].scan(3, "ID", rows=rows))).tolist() == ids
    if not isinstance(rows, np.integer):
        assert whole[rows]["ID"].tolist() == ids


def test_rows_of_another_index_are_taken_by_position(whole: Table) -> None:
    pandas = pytest.importorskip("pandas")
    rows = pandas.Series([3, 1], index=[7, 9])
    assert whole[rows]["ID"].tolist() == whole["ID"][[3, 1]].tolist()


@pytest.mark.parametrize("rows", [[2**63], [0, -(2**70)], range(10**12), [ROWS], ROWS])
def test_rows_beyond_the_table(rows: Any, path: Path, whole: Table) -> None:
    with pytest.raises(IndexError, match="row"):
        torchfits.read(path, rows=rows)
    with pytest.raises(IndexError, match="row"):
        whole[rows]
    with torchfits.open(path) as file, pytest.raises(IndexError, match="row"):
        file[1].scan(rows=rows)


def test_where_with_the_other_keywords(path: Path, columns: dict[str, Any]) -> None:
    raw = torchfits.read(path, where="N > 1", null="raw", columns=["N"])
    assert raw.null_mask("N") is None
    assert not (raw["N"] == 3).any(), "a null does not pass, also where no mask is wanted"
    stored = torchfits.read(path, where="N == 3", scaled=False, columns=["N", "U"])
    assert len(stored) == (columns["N"] == 3).sum(), "stored numbers have no null"
    assert stored["U"].dtype == torch.int64
    data, header = torchfits.read(path, where="N > 100", header=True)
    assert len(data) == 0
    assert data.names == header_names(header)
    with torchfits.open(path) as file:
        assert len(file[1].read(where="N == 1")) == (columns["N"] == 1).sum()


def header_names(header: Any) -> list[str]:
    return [header[f"TTYPE{i}"] for i in range(1, header["TFIELDS"] + 1)]


def test_hdu_none_means_the_first_table(columns: dict[str, Any]) -> None:
    file = image(np.zeros((2, 2), "i2")) + file_of(columns)[2880:]
    assert len(torchfits.read(file, where="N == 1")) == (columns["N"] == 1).sum()


def test_columns_of_variable_length_come_out_of_filtered_rows() -> None:
    cells = [[1, 2], [], [3], [4, 5, 6]]
    heap = np.array([1, 2, 3, 4, 5, 6], ">i4").tobytes()
    starts = np.cumsum([0, *(4 * len(cell) for cell in cells[:-1])])
    descriptors = np.stack([[len(cell) for cell in cells], starts], axis=1)
    fields = [("N", "1J", field([1, 2, 3, 4], "i4")), ("P", "1PJ(3)", field(descriptors, "i4"))]
    file = empty_primary() + table(fields, heap=heap)
    data = torchfits.read(file, where="N != 3")
    assert data["P"].to_list() == [[1, 2], [], [4, 5, 6]]
    assert data.filter("N in (1, 4)")["P"].to_list() == [[1, 2], [4, 5, 6]]
    with pytest.raises(ValueError, match="variable length"):
        torchfits.read(file, where="P > 1")


WRONG = [
    ("MAG <", ValueError, r"expected.*\n  MAG <\n       \^"),
    ("MAG < 20 and CLASS = ", ValueError, "a value is expected"),
    ("MAG << 2", ValueError, r"\n  MAG << 2\n       \^"),
    ("mag", ValueError, "condition is expected"),
    ("Y > 1", KeyError, r"no column 'Y'; the table has MAG, Z.*\n  Y > 1\n  \^"),
    ("CLASS == \"STAR\"", KeyError, "single quotes"),
    ("CLASS > 3", ValueError, "compares a text with"),
    ("V > 3", ValueError, r"shape \[2, 3\].*V\[0, 0\]"),
    ("V[2, 0] > 3", ValueError, "outside"),
    ("V[0, -4] > 3", ValueError, r"shape \[2, 3\].*-4 is outside; elements are counted from 0"),
    ("V[0] > 3", ValueError, r"shape \[2, 3\].*the position has 1 numbers"),
    ("N[0] > 3", ValueError, "'N' has one value a row"),
    ("MAG & 4 == 4", ValueError, "integers"),
    ("cbrt(MAG) > 1", ValueError, "no function 'cbrt'; there are abs, sqrt"),
    ("(" * 5000, ValueError, "nested"),
    ("MAG is null == FALSE", ValueError, r"end a chain.*\n  MAG is null == FALSE\n +\^\^$"),
    ("N in (1, 2) = OK", ValueError, "end a chain"),
    ("N in (1, N + 1, 'M')", ValueError, "a text, and an integer"),
    ("OK & N", ValueError, "not a condition and an integer"),
    ("`a\0b\nc` > 1", KeyError, r"no column 'a b c'; the table has MAG, .*\n  \^{7}$"),
    ("max(1)", ValueError, "'max' takes 2 or more arguments, not 1"),
    ("", ValueError, "a value is expected"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("where", "kind", "message"), WRONG, ids=[where[:20] for where, *_ in WRONG]
)
def test_wrong_expressions(
    where: str, kind: type[Exception], message: str, path: Path, whole: Table
) -> None:
    with pytest.raises(kind, match=f"(?s){message}"):
        torchfits.read(path, where=where)
    with pytest.raises(kind, match=f"(?s){message}"):
        whole.filter(where)


@pytest.mark.parametrize("text", ["`%s` > 1", "%s(1)", "N > '%s' ", "%s"])
def test_messages_stay_short(text: str, whole: Table) -> None:
    with pytest.raises((KeyError, ValueError)) as caught:
        whole.filter(text % ("9" * 100_000 if text == "%s" else "x" * 100_000))
    assert len(str(caught.value)) < 6000


def test_long_lists_hold_no_more_than_short_ones() -> None:
    """Each item of a list, and each argument, is forgotten before the next is computed."""
    data = Table({"N": torch.arange(3000)})
    items = ", ".join(f"N + {i}" for i in range(1, 8001))

    def select() -> None:
        assert len(data.filter(f"N in ({items})")) == 0
        assert len(data.filter(f"max({items}) > 10998")) == 1
        assert by_tensors(data, f"N in ({items})") == []

    data.filter("N > 2998")
    in_child(select, extra_bytes=64 * MIB)


@pytest.mark.parametrize("where", [5, True, b"N > 1", ["N > 1"], torch.ones(3, dtype=torch.bool)])
def test_a_condition_is_text(where: Any, path: Path, whole: Table) -> None:
    with pytest.raises(TypeError, match="condition on rows is text"):
        torchfits.read(path, where=where)
    with pytest.raises(TypeError, match="condition on rows is text"):
        whole.filter(where)


def test_no_condition_is_no_filter(whole: Table) -> None:
    with pytest.raises(TypeError, match="condition on rows is text.*not NoneType"):
        whole.filter(None)  # type: ignore[arg-type]


def test_a_mask_is_no_condition(whole: Table) -> None:
    with pytest.raises(TypeError, match=r"filter\(\).*text such as.*not Tensor; t\[mask\] keeps"):
        whole.filter(torch.ones(3) > 0)  # type: ignore[arg-type]


def test_where_is_for_tables() -> None:
    with pytest.raises(TypeError, match="where= is for tables; this one is of kind 'image'"):
        torchfits.read(image(np.zeros((2, 2), "i2")), 0, where="N > 1")


def test_ambiguous_names() -> None:
    data = table([("a", "1I", field([1], "i2")), ("A2", "1I", field([1], "i2"))])
    assert len(torchfits.read(empty_primary() + data, where="A == 1 and a2 == 1")) == 1
    data = table([(name, "1L", np.full((1, 1), ord("F"), "u1")) for name in ("T", "ok")])
    file = empty_primary() + data
    assert len(torchfits.read(file, where="T")) == 0, "a column named T, not the constant"
    assert len(torchfits.read(file, where="TRUE and F = ok")) == 1


def test_ascii_tables_and_their_nulls() -> None:
    lines = np.array(
        [list(b"    1  0.5 a  "), list(b"   -9  1.5 b  "), list(b"    3  2.5 nil")], "u1"
    )
    cards = [card("XTENSION", "TABLE"), *axes_cards(8, (14, 3)), card("PCOUNT", 0)]
    cards += [card("GCOUNT", 1), card("TFIELDS", 3)]
    for number, (name, start, form) in enumerate(
        [("N", 1, "I5"), ("X", 6, "F5.1"), ("NAME", 12, "A3")], 1
    ):
        cards += [card(f"TTYPE{number}", name), card(f"TBCOL{number}", start)]
        cards += [card(f"TFORM{number}", form)]
    cards += [card("TNULL1", "-9"), card("TNULL3", "nil")]
    file = empty_primary() + make_hdu(cards, lines.tobytes())
    assert torchfits.read(file, where="N > 0")["X"].tolist() == [0.5, 2.5]
    assert torchfits.read(file, where="isnull(N) or X > 2")["X"].tolist() == [1.5, 2.5]
    data = torchfits.read(file)
    for where, rows in (("NAME == 'nil'", []), ("NAME != 'a'", [1]), ("isnull(NAME)", [2]),
                        ("NAME in ('b', 'nil')", [1]),
                        ("not startswith(NAME, 'b')", [0])):  # fmt: skip
        assert torchfits.read(file, where=where)["X"].tolist() == data["X"][rows].tolist(), where
        assert by_memory(data, where) == by_tensors(data, where) == rows, where


def test_tables_in_memory_of_every_dtype() -> None:
    kinds = [torch.uint8, torch.int8, torch.int16, torch.uint16, torch.int32, torch.uint32]
    kinds += [torch.int64, torch.uint64, torch.float16, torch.bfloat16, torch.float32]
    data = Table({str(k).partition(".")[2]: torch.tensor([1, 2, 3]).to(k) for k in kinds})
    for name in data.names:
        assert by_memory(data, f"{name} * 2 > 3") == [1, 2]
        assert by_tensors(data, f"{name} * 2 > 3") == [1, 2]


def test_signed_and_unsigned_numbers_of_the_same_bits_differ() -> None:
    signed, unsigned = [-1, 5, -(2**63), 2**63 - 1, 0, -7], [2**64 - 1, 5, 2**63, 2**63, 0, 3]
    data = Table({"I": torch.tensor(signed), "U": torch.tensor(unsigned, dtype=torch.uint64)})
    for op, holds in (("==", int.__eq__), ("!=", int.__ne__), ("<", int.__lt__),
                      ("<=", int.__le__), (">", int.__gt__), (">=", int.__ge__)):  # fmt: skip
        for where, pairs in ((f"I {op} U", zip(signed, unsigned, strict=True)),
                             (f"U {op} I", zip(unsigned, signed, strict=True))):  # fmt: skip
            rows = [row for row, (a, b) in enumerate(pairs) if holds(a, b)]
            assert by_memory(data, where) == by_tensors(data, where) == rows, where


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int16, torch.uint64])
def test_masked_numbers_are_null(dtype: torch.dtype) -> None:
    values = torch.tensor([1, 2, 3, 4], dtype=dtype)
    null = torch.tensor([False, True, True, False])
    data = Table({"X": values}, masks={"X": null})
    for where, rows in (("X > 0", [0, 3]), ("not X > 1", [0]), ("X in (2, 4)", [3]),
                        ("X not in (4, 5)", [0]), ("isnull(X)", [1, 2]), ("X + 1 != 0", [0, 3]),
                        ("X / 2 < 2 or isnull(X * 2.5)", [0, 1, 2])):  # fmt: skip
        assert by_memory(data, where) == by_tensors(data, where) == rows, where


def test_large_unsigned_numbers_are_rounded_once() -> None:
    numbers = [2**63 + 1024, 2**63 + 1025, 2**63 + 3071, 2**64 - 1, 2**64 - 1025, 2**53 + 1, 5]
    data = Table({"U": torch.tensor(numbers, dtype=torch.uint64)})
    for real in sorted({float(number) for number in numbers}):
        rows = [row for row, number in enumerate(numbers) if float(number) == real]
        where = f"U * 1.0 == {real!r}"
        assert by_memory(data, where) == by_tensors(data, where) == rows, where


def test_the_larger_of_large_unsigned_numbers() -> None:
    data = Table({"U": torch.tensor([2**64 - 1, 5, 2**63 + 1, 2**63 - 1], dtype=torch.uint64)})
    for where, rows in ((f"max(U, {2**63}) == U", [0, 2]), (f"min(U, {2**63}) == U", [1, 3])):
        assert by_memory(data, where) == by_tensors(data, where) == rows, where


def test_numbers_that_a_type_cannot_hold_are_in_no_list() -> None:
    data = Table(
        {
            "U": torch.tensor([2**64 - 1, 5, 2**63], dtype=torch.uint64),
            "I": torch.tensor([-1, 5, -(2**63)]),
        }
    )
    for where, rows in (("U in (-1, 5)", [1]), (f"U in ({2**63}, -5)", [2]),
                        (f"I in ({2**64 - 1}, 5)", [1]), (f"I in ({2**63})", []),
                        ("I in (-1, 7)", [0])):  # fmt: skip
        assert by_memory(data, where) == by_tensors(data, where) == rows, where


def test_masked_texts_of_many_rows() -> None:
    random = np.random.default_rng(4)
    texts = random.choice(["a", "bc", ""], 20_000)
    null = random.random(20_000) < 0.3
    data = Table({"S": texts.tolist()}, masks={"S": torch.from_numpy(null)})
    for where, holds in (("S == 'a'", texts == "a"), ("S != 'a'", texts != "a"),
                         ("not S in ('a', '')", texts == "bc"),
                         ("not startswith(S, 'b')", texts != "bc")):  # fmt: skip
        rows = np.flatnonzero(holds & ~null).tolist()
        assert by_memory(data, where) == by_tensors(data, where) == rows, where
    rows = np.flatnonzero(null).tolist()
    assert by_memory(data, "isnull(S)") == by_tensors(data, "isnull(S)") == rows


def test_a_text_has_no_nul() -> None:
    letters = torch.tensor([list(b"ab\0c"), list(b"a\0\0\0"), list(b"abcd")], dtype=torch.uint8)
    data = Table({"S": torchfits.Strings(letters)})
    for function in ("startswith", "endswith", "contains"):
        for part in ("b\0", "\0", "\0c", "a\0"):
            where = f"{function}(S, '{part}')"
            assert by_memory(data, where) == by_tensors(data, where) == [], where


def test_tables_in_memory_of_any_layout() -> None:
    values = torch.arange(12.0).view(3, 4)
    mask = torch.tensor([[False, True, False, False], [False, False, False, True]]).T
    data = Table(
        {"X": values.T[:, 1], "V": values.T, "I": torch.arange(8).view(2, 4).T},
        masks={"I": mask},
    )
    for where, rows in (("X > 5", [2, 3]), ("V[2] >= 9", [1, 2, 3]), ("I[0] >= 0", [0, 2, 3])):
        assert by_memory(data, where) == by_tensors(data, where) == rows
    empty = Table({"X": torch.zeros(0), "V": torch.zeros(0, 3), "S": []})
    assert by_memory(empty, "X > 1 and V[1] > 2") == by_tensors(empty, "X > 1 and V[1] > 2") == []
    assert len(Table({}).filter("TRUE")) == 0


def test_the_table_stays_what_it_was(whole: Table) -> None:
    before = whole["MAG"].clone()
    some = whole.filter("MAG > 20")
    some["MAG"].zero_()
    assert torch.equal(whole["MAG"].nan_to_num(), before.nan_to_num())
    assert some.columns == whole.columns


def test_views_come_out_as_they_are_seen() -> None:
    numbers = torch.tensor([[1 + 2j, 3 - 4j], [5 + 6j, 7j], [8, 9 + 1j]])
    seen = {"CONJ": numbers.conj(), "IMAG": numbers.conj().imag, "TURNED": numbers.real.T[:, :2].T}
    keep = torch.tensor([1, 0, 1])
    for name, values in seen.items():
        table = Table({"KEEP": keep[: len(values)], name: values})
        expected = [row for row, kept in zip(values.tolist(), keep.tolist(), strict=False) if kept]
        assert table.filter("KEEP == 1")[name].tolist() == expected
        assert table[table["KEEP"] == 1][name].tolist() == expected
