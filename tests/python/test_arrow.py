# SPDX-License-Identifier: BSD-3-Clause
"""Tables through the Arrow C data interface, to pyarrow and back."""

import ctypes
import dataclasses
import math

import arrow_tables
import pytest
import torch
from arrow_tables import nulled

from torchfits import Ragged, Strings, Table

pa = pytest.importorskip("pyarrow")
KINDS = arrow_tables.kinds()
NAMES = sorted(KINDS)
SELECTIONS = [slice(0, 0), slice(1, 4), slice(4, None), [3, 0, 3], slice(None, None, 2)]


@pytest.mark.parametrize("name", NAMES)
def test_pyarrow_reads_every_kind_of_column(name):
    values, held = KINDS[name]
    table = pa.table(Table({"X": values}))
    table.validate(full=True)
    assert table.column("X").to_pylist() == held


@pytest.mark.parametrize("name", NAMES)
def test_a_round_trip_keeps_every_kind_of_column(name):
    table = Table({"X": KINDS[name][0]})
    again = Table.from_arrow(table.to_arrow())
    assert arrow_tables.same_values(table["X"], again["X"])
    assert again.null_mask("X") is None
    assert again.columns[0].dtype == table.columns[0].dtype
    assert again.columns[0].shape == table.columns[0].shape


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rows", SELECTIONS)
def test_rows_of_every_kind(name, rows):
    values, held = KINDS[name]
    table = Table({"X": values})[rows]
    wanted = held[rows] if isinstance(rows, slice) else [held[i] for i in rows]
    arrow = table.to_arrow()
    arrow.validate(full=True)
    assert arrow.column("X").to_pylist() == wanted
    again = Table.from_arrow(arrow)
    assert arrow_tables.same_values(table["X"], again["X"])


@pytest.mark.parametrize("name", NAMES)
def test_nulls_of_every_kind(name):
    values, held = KINDS[name]
    if isinstance(values, Ragged):
        mask = Ragged(torch.arange(len(values.values)) % 2 == 0, values.offsets)
    else:
        shape = tuple(Table({"X": values})["X"].shape)
        mask = (torch.arange(math.prod(shape)) % 3 == 1).view(shape)
    wanted = nulled(held, arrow_tables.listed(mask))
    arrow = Table({"X": values}, masks={"X": mask}).to_arrow()
    arrow.validate(full=True)
    assert arrow.column("X").to_pylist() == wanted
    again = Table.from_arrow(arrow)
    found = again.null_mask("X")
    if name == "EMPTY_CELLS":
        assert found is None
    elif isinstance(mask, Ragged):
        assert found.to_list() == mask.to_list()
    else:
        assert torch.equal(found, mask)
    assert again.to_arrow().column("X").to_pylist() == wanted


def test_types_are_arrows():
    schema = arrow_tables.table_of(KINDS).to_arrow().schema
    wanted = {
        "HALF": pa.float16(),
        "FLOAT": pa.float32(),
        "DOUBLE": pa.float64(),
        "BOOL": pa.bool_(),
        "BITS": pa.list_(pa.bool_(), 11),
        "COMPLEX": pa.list_(pa.float32(), 2),
        "CUBE": pa.list_(pa.list_(pa.int64(), 3), 2),
        "TEXT": pa.string(),
        "TEXTS": pa.list_(pa.string(), 2),
        "LONG": pa.string(),
        "RAGGED": pa.large_list(pa.int16()),
        "uint8": pa.uint8(),
        "int8": pa.int8(),
        "uint16": pa.uint16(),
        "uint32": pa.uint32(),
        "uint64": pa.uint64(),
    }
    assert {name: schema.field(name).type for name in wanted} == wanted
    assert pa.schema(arrow_tables.table_of(KINDS)) == schema


def test_bfloat16_travels_as_float32():
    arrow = Table({"X": torch.tensor([0.5, -3], dtype=torch.bfloat16)}).to_arrow()
    assert arrow.schema.field("X").type == pa.float32()
    assert arrow.column("X").to_pylist() == [0.5, -3]


def test_text_beyond_ascii_is_binary_and_comes_back():
    table = Table({"X": ["dé", "ok", ""]})
    arrow = table.to_arrow()
    assert arrow.schema.field("X").type == pa.binary()
    assert arrow.column("X").to_pylist() == [b"d\xe9", b"ok", b""]
    assert Table.from_arrow(arrow)["X"].to_list() == ["dé", "ok", ""]


def test_what_hides_behind_the_text_does_not_count():
    raw = torch.tensor([list(b"ab\0\xff"), list(b"cd  ")], dtype=torch.uint8)
    arrow = Table({"X": Strings(raw)}).to_arrow()
    assert arrow.schema.field("X").type == pa.string()
    assert arrow.column("X").to_pylist() == ["ab", "cd"]


def test_metadata_survive():
    numbers = torch.arange(3, dtype=torch.int32)
    table = Table({"X": numbers, "Y": ["a", "b", "c"]}, units={"X": "deg"})
    described = dataclasses.replace(
        table.columns[0],
        ttype="x",
        null=-9,
        display="I5",
        comment="right ascensión",
        ucd="pos.eq.ra",
    )
    table._columns[0] = described
    field = table.to_arrow().schema.field("X")
    assert field.metadata == {
        b"unit": b"deg",
        b"description": "right ascensión".encode(),
        b"ucd": b"pos.eq.ra",
        b"TFORM": b"J",
        b"TDISP": b"I5",
        b"TNULL": b"-9",
        b"TTYPE": b"x",
    }
    again = Table.from_arrow(table.to_arrow())
    assert again.columns == table.columns
    assert again.null_mask("X").tolist() == [False] * 3


def test_what_lies_under_nulls_is_known():
    arrow = pa.table(
        {
            "I": pa.array([1, None], pa.int32()),
            "U": pa.array([None, 2], pa.uint16()),
            "F": pa.array([1.5, None]),
            "B": pa.array([None, True]),
            "T": pa.array([None, "a"]),
        }
    )
    fields = [arrow.schema.field(0).with_metadata({"TNULL": "-99"}), *list(arrow.schema)[1:]]
    table = Table.from_arrow(arrow.cast(pa.schema(fields)))
    assert table["I"].tolist() == [1, -99]
    assert table["U"].tolist() == [0, 2]
    assert table["F"].isnan().tolist() == [False, True]
    assert table["B"].tolist() == [False, True]
    assert table["T"].to_list() == ["", "a"]
    assert table[0]["U"] is None
    assert arrow.column("F").to_pylist() == [1.5, None]  # not written to


def test_tnull_lies_under_nulls_of_bytes():
    field = pa.field("B", pa.uint8(), metadata={"TNULL": "255"})
    table = Table.from_arrow(pa.table([pa.array([1, None], field.type)], schema=pa.schema([field])))
    assert table["B"].tolist() == [1, 255]


def test_a_tnull_that_is_no_number_stays_text():
    field = pa.field("N", pa.int64(), metadata={"TNULL": "9" * 5000})
    table = Table.from_arrow(pa.table([pa.array([1, None])], schema=pa.schema([field])))
    assert table.columns[0].null == "9" * 5000
    assert table["N"].tolist() == [1, 0]


def test_a_width_is_kept():
    table = Table({"X": Strings(torch.full((2, 7), ord(" "), dtype=torch.uint8))})
    assert Table.from_arrow(table.to_arrow())["X"].width == 7
    assert Table.from_arrow(table[0:0].to_arrow())["X"].width == 7
    huge = pa.field("X", pa.string(), metadata={"TFORM": "4000000000A"})
    assert Table.from_arrow(pa.table([["a"]], schema=pa.schema([huge])))["X"].width == 1


def test_a_table_without_columns_or_rows():
    assert Table({}).to_arrow().shape == (0, 0)
    assert Table.from_arrow(pa.table({})).shape == (0, 0)
    nothing = {"X": pa.array([], pa.float64()), "T": pa.array([], pa.string())}
    empty = Table.from_arrow(pa.table(nothing))
    assert empty.shape == (0, 2)
    assert empty["X"].dtype == torch.float64
    schema = pa.schema([("X", pa.int16()), ("L", pa.list_(pa.int8()))])
    empty = Table.from_arrow(pa.Table.from_batches([], schema=schema))
    assert empty["X"].dtype == torch.int16
    assert empty["L"].to_list() == []


def test_axes_of_no_elements():
    table = Table({"X": torch.zeros(3, 0), "Y": torch.arange(3)})
    arrow = table.to_arrow()
    assert arrow.column("X").to_pylist() == [[], [], []]
    assert Table.from_arrow(arrow)["X"].shape == (3, 0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.complex64, torch.bool, torch.uint16])
def test_axes_of_no_elements_go_everywhere(tmp_path, dtype):
    table = Table({"X": torch.zeros(3, 2, 0, dtype=dtype), "Y": torch.arange(3)})
    parquet = pytest.importorskip("pyarrow.parquet")
    table.write_parquet(tmp_path / "t.parquet")
    for arrow in (table, table[:0], table[1:], parquet.read_table(tmp_path / "t.parquet")):
        again = Table.from_arrow(arrow)
        assert again["X"].dtype == dtype
        assert again["X"].shape == (len(again["Y"]), 2, 0)
    polars = pytest.importorskip("polars")
    for frame in (table.to_polars(), polars.DataFrame(table)):
        assert frame["X"].to_list() == [[], [], []]
        assert frame["Y"].to_list() == [0, 1, 2]


@pytest.mark.parametrize("shape", ["2,x", "-1,0", "0" * 99, "2,3", "", ",".join("0" * 99)])
def test_a_shape_that_is_none_is_ignored(shape):
    field = pa.field("X", pa.large_list(pa.int16()), metadata={"shape": shape})
    arrow = pa.table([pa.array([[], []], field.type)], schema=pa.schema([field]))
    assert Table.from_arrow(arrow)["X"].to_list() == [[], []]


def test_lists_of_lists_of_nothing_are_refused():
    nothing = pa.array([[[], []], []], pa.list_(pa.list_(pa.int32(), 0)))
    with pytest.raises(TypeError, match="column 'X' holds lists of fixed-size lists"):
        Table.from_arrow(pa.table({"X": nothing}))


def test_tensors_that_are_not_plain():
    base = torch.arange(12.0).view(3, 4)
    table = Table(
        {
            "T": base.t(),
            "G": torch.arange(4.0, requires_grad=True),
            "C": torch.tensor([1 + 2j, 3, 4, 5j]).conj(),
            "E": torch.tensor([7]).expand(4),
        }
    )
    held = table.to_arrow().to_pydict()
    assert held["T"] == base.t().tolist()
    assert held["G"] == [0, 1, 2, 3]
    assert held["C"] == [[1, -2], [3, 0], [4, 0], [0, -5]]
    assert held["E"] == [7] * 4
    with pytest.raises(ValueError, match="'meta', which holds no values"):
        table.to("meta").to_arrow()


def test_chunks_are_joined():
    chunks = [[1, None], [], [3], [4, 5]]
    arrow = pa.table(
        {
            "N": pa.chunked_array(chunks, pa.int32()),
            "T": pa.chunked_array([["a", None], [], ["bcd"], ["", "é"]]),
            "L": pa.chunked_array([[[1], None], [], [[2, 3]], [[], [4]]], pa.list_(pa.int8())),
            "B": pa.chunked_array([[True, None], [], [False], [True, True]]),
            "V": pa.chunked_array(
                [[[1, 2], None], [], [[3, 4]], [[5, 6], [7, 8]]], pa.list_(pa.float32(), 2)
            ),
        }
    )
    table = Table.from_arrow(arrow)
    assert table["N"].tolist() == [1, 0, 3, 4, 5]
    assert table.null_mask("N").tolist() == [False, True, False, False, False]
    assert table["T"].to_list() == ["a", "", "bcd", "", "é"]
    assert table["L"].to_list() == [[1], [], [2, 3], [], [4]]
    assert table["B"].tolist() == [True, False, False, True, True]
    assert table["V"][2:].tolist() == [[3, 4], [5, 6], [7, 8]]
    assert table.null_mask("V").tolist()[:3] == [[False] * 2, [True] * 2, [False] * 2]
    assert Table.from_arrow(arrow.slice(1, 3))["T"].to_list() == ["", "bcd", ""]


def test_a_null_cell_of_an_array_of_arrays_is_null_as_a_whole():
    cells = [[[1, 2], [3, 4], [5, 6]], None, [[7, None], [8, 9], [10, 11]], [[0, 0], None, [1, 2]]]
    array = pa.array(cells, pa.list_(pa.list_(pa.int32(), 2), 3))
    expected = [
        [[False] * 2] * 3,
        [[True] * 2] * 3,
        [[False, True], [False] * 2, [False] * 2],
        [[False] * 2, [True] * 2, [False] * 2],
    ]
    for first in (0, 1, 3):
        table = Table.from_arrow(pa.table({"A": array[first:]}))
        assert table.null_mask("A").tolist() == expected[first:]
    assert Table.from_arrow(pa.table({"A": array}))["A"][0].tolist() == cells[0]


@pytest.mark.parametrize("first", [0, 1, 2])
def test_a_null_list_is_empty_whatever_lies_under_it(first):
    offsets = pa.array([3, 5, 8, 8, 10, 12], pa.int32())  # they begin behind elements of nobody
    nulls = pa.array([False, True, False, True, False])
    for numbers in (pa.array(range(12)), pa.array(range(12), pa.uint16())):
        lists = pa.ListArray.from_arrays(offsets, numbers, mask=nulls)
        table = Table.from_arrow(pa.table({"L": lists[first:]}))
        assert table["L"].to_list() == [[3, 4], [], [], [], [10, 11]][first:]
        assert table.null_mask("L") is None
    numbers = pa.array([*range(10), None, 11], pa.float32())
    lists = pa.ListArray.from_arrays(offsets, numbers, mask=nulls)
    table = Table.from_arrow(pa.table({"L": lists[first:]}))
    assert table["L"].lengths.tolist() == [2, 0, 0, 0, 2][first:]
    expected = [[False, False], [], [], [], [True, False]]
    assert table.null_mask("L").to_list() == expected[first:]


def test_one_full_chunk_among_empty_ones_is_not_copied():
    full = pa.array([1.0, 2.0])
    empty = pa.array([], pa.float64())
    arrow = pa.table({"X": pa.chunked_array([empty, full, empty])})
    assert Table.from_arrow(arrow)["X"].data_ptr() == full.buffers()[1].address


@pytest.mark.parametrize("positions", [pa.int8(), pa.uint8(), pa.int32(), pa.uint64()])
def test_dictionaries_are_decoded(positions):
    texts = pa.array(["b", None, "a", "b"]).dictionary_encode()
    texts = texts.cast(pa.dictionary(positions, pa.string()))
    places = pa.array([1, 0, None, 1], positions)
    numbers = pa.DictionaryArray.from_arrays(places, pa.array([2.5, 7.5]))
    table = Table.from_arrow(pa.table({"T": texts, "N": numbers}))
    assert table["T"].to_list() == ["b", "", "a", "b"]
    assert table.null_mask("T").tolist() == [False, True, False, False]
    assert table["N"][[0, 1, 3]].tolist() == [7.5, 2.5, 7.5]
    assert table.null_mask("N").tolist() == [False, False, True, False]


def test_nulls_inside_a_dictionary_are_nulls():
    places = pa.array([0, 1, None, 1, 2], pa.int8())
    texts = pa.DictionaryArray.from_arrays(places, pa.array(["a", None, "c"]))
    numbers = pa.DictionaryArray.from_arrays(places, pa.array([7, None, 9], pa.int16()))
    arrow = pa.table({"T": texts, "N": numbers})
    behind = pa.array([0, 7, None, 9], pa.int16())[1:]
    arrow = arrow.append_column("M", pa.DictionaryArray.from_arrays(places, behind))
    for first in (0, 1, 2):
        table = Table.from_arrow(arrow.slice(first))
        expected = [False, True, True, True, False][first:]
        assert table["M"].tolist() == table["N"].tolist()
        assert table.null_mask("T").tolist() == table.null_mask("N").tolist() == expected
        assert table["T"].to_list() == ["a", "", "", "", "c"][first:]
        assert table["N"][table.null_mask("N").logical_not()].tolist() == [7, 9][first > 0 :]


def test_what_lies_under_a_null_view_of_text_does_not_matter():
    views = [b"\2\0\0\0ab" + bytes(10), b"\xff" * 16, b"\1\0\0\0c" + bytes(11)]
    buffers = [pa.py_buffer(b"\5"), pa.py_buffer(b"".join(views))]
    array = pa.Array.from_buffers(pa.string_view(), 3, buffers, 1)
    table = Table.from_arrow(pa.table({"T": array}))
    assert table["T"].to_list() == ["ab", "", "c"]
    assert table.null_mask("T").tolist() == [False, True, False]


def test_text_ends_at_nul_and_blanks_for_arrow_too():
    cells = [b"abc\0def ", b"a  \0 xyz", b"  ab    ", b"\0xyz    ", b"        ", b"12345678"]
    letters = torch.tensor([list(cell) for cell in cells], dtype=torch.uint8)
    joined = Strings(letters.flatten(), torch.arange(len(cells) + 1) * 8)
    table = Table({"F": Strings(letters), "V": joined})
    expected = ["abc", "a", "  ab", "", "", "12345678"]
    assert table.to_arrow().to_pydict() == {"F": expected, "V": expected}


TEXT_TYPES = [pa.string(), pa.large_string(), pa.string_view()]
BYTES_TYPES = [pa.binary(), pa.large_binary(), pa.binary_view()]


@pytest.mark.parametrize("kind", [*TEXT_TYPES, *BYTES_TYPES], ids=str)
def test_strings_of_every_form(kind):
    texts = ["short", "", "a string of more than twelve bytes", None, "dé"]
    raw = [None if t is None else t.encode("latin-1") for t in texts]
    arrow = pa.table({"X": pa.array(texts if kind in TEXT_TYPES else raw, kind)})
    for part, wanted in ((arrow, texts), (arrow.slice(1, 3), texts[1:4])):
        table = Table.from_arrow(part)
        assert table["X"].to_list() == [text or "" for text in wanted]
        assert table.null_mask("X").tolist() == [text is None for text in wanted]


def test_fixed_size_binary_and_lists_of_strings():
    arrow = pa.table(
        {
            "F": pa.array([b"ab", b"c "], pa.binary(2)),
            "L": pa.array([["a", "bc"], ["", None]], pa.list_(pa.string(), 2)),
        }
    )
    table = Table.from_arrow(arrow)
    assert table["F"].to_list() == ["ab", "c"]
    assert table["L"].to_list() == [["a", "bc"], ["", ""]]
    assert table.null_mask("L").tolist() == [[False, False], [False, True]]


def test_one_long_string_does_not_blow_up_the_column():
    texts = [""] * 100_000 + ["x" * 10_000]
    strings = Table.from_arrow(pa.table({"X": texts}))["X"]
    assert strings.bytes.numel() == 10_000
    assert strings[-1] == "x" * 10_000
    assert strings[0] == ""


def test_record_batches_readers_and_arrays():
    batch = pa.record_batch({"X": [1, 2]})
    assert Table.from_arrow(batch)["X"].tolist() == [1, 2]
    reader = pa.RecordBatchReader.from_batches(batch.schema, [batch, batch])
    assert Table.from_arrow(reader)["X"].tolist() == [1, 2, 1, 2]
    give = {"__arrow_c_array__": lambda self: batch.__arrow_c_array__()}
    assert Table.from_arrow(type("OnlyArray", (), give)())["X"].tolist() == [1, 2]


REFUSED = {
    "timestamp": (pa.array([1], pa.timestamp("us")), "timestamps.*float64 days such as MJD"),
    "date": (pa.array([1], pa.date32()), "dates"),
    "time": (pa.array([1], pa.time64("us")), "times of day"),
    "duration": (pa.array([1], pa.duration("s")), "durations"),
    "decimal": (pa.array([1], pa.decimal128(5)), "decimals.*float64"),
    "null": (pa.array([None]), "null.*drop it"),
    "struct": (pa.array([{"a": 1}]), "structs.*flatten"),
    "map": (pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int8())), "maps"),
    "list of lists": (pa.array([[[1]]]), "lists inside of lists"),
    "list of strings": (pa.array([["a"]]), "lists of strings"),
    "list of vectors": (pa.array([[[1]]], pa.list_(pa.list_(pa.int8(), 1))), "fixed-size lists"),
    "list view": (pa.array([[1]], pa.list_view(pa.int8())), "list views"),
    "runs": (pa.RunEndEncodedArray.from_arrays([1], [1]), "run-end"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_fits_has_not_is_refused_by_name(kind):
    array, message = REFUSED[kind]
    with pytest.raises(TypeError, match=f"column 'T' .*{message}"):
        Table.from_arrow(pa.table({"OK": [1], "T": array}))


def test_text_outside_latin1_is_refused_by_row():
    with pytest.raises(ValueError, match=r"column 'T': string 1 has characters outside Latin-1"):
        Table.from_arrow(pa.table({"T": ["a", "日本"]}))


def test_names_that_do_not_go():
    with pytest.raises(ValueError, match="named twice.*rename"):
        Table.from_arrow(pa.table([[1], [2]], names=["a", "a"]))
    with pytest.raises(ValueError, match="differ in case only"):
        Table.from_arrow(pa.table([[1], [2]], names=["a", "A"]))


def test_what_is_no_table():
    for wrong, message in (
        (5, "not int"),
        ({"X": [1]}, "not dict"),
        (pa.array([1]), "not a table"),
        (pa.chunked_array([[1]]), "not a table"),
    ):
        with pytest.raises(TypeError, match=message):
            Table.from_arrow(wrong)
    broken = type("Broken", (), {"__arrow_c_stream__": lambda self: 5})()
    with pytest.raises(ValueError, match="PyCapsule"):
        Table.from_arrow(broken)


def test_a_stream_that_fails_says_why():
    def batches():
        yield pa.record_batch({"X": [1]})
        raise RuntimeError("the disk is gone")

    reader = pa.RecordBatchReader.from_batches(pa.schema([("X", pa.int64())]), batches())
    with pytest.raises(ValueError, match="stream failed.*the disk is gone"):
        Table.from_arrow(reader)


class CStream(ctypes.Structure):
    """ArrowArrayStream of the C stream interface."""

    _fields_ = [
        (name, ctypes.c_void_p)
        for name in ("get_schema", "get_next", "get_last_error", "release", "private_data")
    ]


class BadStream:
    """A stream without some callbacks; the others fail, and leave rubbish in what they fill."""

    def __init__(self, *absent):
        two = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
        one = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
        self.released = 0
        self.calls = {
            "get_schema": two(lambda _, out: ctypes.memset(out, 0x41, 72) and 5),
            "get_next": two(lambda _, out: 6),
            "get_last_error": ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)(lambda _: None),
            "release": one(self.release),
        }
        addresses = {n: ctypes.cast(f, ctypes.c_void_p) for n, f in self.calls.items()}
        self.stream = CStream(**{n: f for n, f in addresses.items() if n not in absent})

    def release(self, _):
        self.released += 1
        self.stream.release = None

    def __arrow_c_stream__(self, requested_schema=None):
        make = ctypes.pythonapi.PyCapsule_New
        make.restype = ctypes.py_object
        make.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        return make(ctypes.addressof(self.stream), b"arrow_array_stream", None)


@pytest.mark.parametrize(
    ("absent", "message"),
    [
        ((), "failed: error number 5, without a reason"),
        (("get_last_error",), "failed: error number 5, without a reason"),
        (("get_schema",), "no get_schema or no get_next"),
        (("get_next",), "no get_schema or no get_next"),
    ],
)
def test_streams_of_bad_libraries_are_errors(absent, message):
    stream = BadStream(*absent)
    with pytest.raises(ValueError, match=message):
        Table.from_arrow(stream)
    assert stream.released == 1


# ---------------------------------------------------------------------------------- contradictions


class CArray(ctypes.Structure):
    """ArrowArray of the C data interface."""


CArray._fields_ = [
    *((name, ctypes.c_int64) for name in ("length", "null_count", "offset")),
    *((name, ctypes.c_int64) for name in ("n_buffers", "n_children")),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(CArray))),
    *((name, ctypes.c_void_p) for name in ("dictionary", "release", "private_data")),
]


class Spoiled:
    """A record batch of pyarrow whose structs say something else."""

    def __init__(self, array, change):
        self.capsules = pa.record_batch([array], names=["X"]).__arrow_c_array__()
        get = ctypes.pythonapi.PyCapsule_GetPointer
        get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
        table = CArray.from_address(get(self.capsules[1], b"arrow_array"))
        change(table, table.children[0].contents)

    def __arrow_c_array__(self):
        return self.capsules


def set_offset(column, position, value):
    ctypes.c_int32.from_address(column.buffers[1] + 4 * position).value = value


NUMBERS, TEXT = pa.array([1.5, 2.5]), pa.array(["abc", "d"])
LISTS, PAIRS = pa.array([[1], [2, 3]]), pa.array([[1, 2], [3, 4]], pa.list_(pa.int8(), 2))
WRONG = [
    (NUMBERS, lambda t, c: setattr(c, "length", -1), "length of -1"),
    (NUMBERS, lambda t, c: setattr(c, "length", 1), "2 elements wanted of an array of 1"),
    (NUMBERS, lambda t, c: setattr(c, "offset", 2**63 - 1), "beyond 64 bits"),
    (NUMBERS, lambda t, c: setattr(c, "null_count", 1), "1 nulls, but no validity"),
    (NUMBERS, lambda t, c: setattr(c, "n_buffers", 1), "1 buffers"),
    (NUMBERS, lambda t, c: c.buffers.__setitem__(1, None), "no values"),
    (NUMBERS, lambda t, c: setattr(t, "length", 5), "5 elements wanted"),
    (TEXT, lambda t, c: c.buffers.__setitem__(1, None), "no values"),
    (TEXT, lambda t, c: c.buffers.__setitem__(2, None), "no bytes"),
    (LISTS, lambda t, c: setattr(c.children[0].contents, "length", 2), "3 elements wanted"),
    (PAIRS, lambda t, c: setattr(c.children[0].contents, "length", 3), "4 elements wanted"),
]


@pytest.mark.parametrize(("array", "change", "message"), WRONG)
def test_contradictions_are_errors(array, change, message):
    with pytest.raises(ValueError, match=f"malformed Arrow data, column 'X': .*{message}.*report"):
        Table.from_arrow(Spoiled(array, change))


@pytest.mark.parametrize("places", [(-1, 3, 4), (0, 5, 4), (0, -3, 4)])
def test_wrong_offsets_are_errors(places):
    # Fresh arrays: their buffers are written to.
    for array in (pa.array(["abc", "d"]), pa.array([[1, 2, 3], [4]])):

        def spoil(_, column):
            for position, value in enumerate(places):
                set_offset(column, position, value)

        with pytest.raises(ValueError, match="malformed.*column 'X'.*offset"):
            Table.from_arrow(Spoiled(array, spoil))


def test_positions_outside_of_a_dictionary():
    wrong = pa.DictionaryArray.from_arrays(pa.array([0, 5]), pa.array(["a"]), safe=False)
    with pytest.raises(ValueError, match="position 5 in a dictionary of 1"):
        Table.from_arrow(pa.table({"X": wrong}))
