# SPDX-License-Identifier: BSD-3-Clause
"""Table and Column, made by hand and through the core's protocol."""

import copy
import pickle

import numpy as np
import pytest
import torch

import torchfits
from torchfits import Column, ColumnNotFoundError, Ragged, Strings, Table
from torchfits._fields import Field, table_of

UNSIGNED = [torch.uint16, torch.uint32, torch.uint64]


class Schema:
    """What the core hands over: descriptions of columns, and how often somebody asked."""

    def __init__(self, columns: list[tuple]) -> None:
        self._columns = columns
        self.asked = 0

    def columns(self) -> list[tuple]:
        self.asked += 1
        return self._columns


def described(
    name: str,
    form: str,
    dtype: str | None,
    *,
    null: int | None = None,
    shape: tuple = (),
    logical: bool = False,
) -> tuple:
    return (
        name,
        name,
        form,
        "deg",
        null,
        None,
        None,
        "a comment",
        None,
        dtype,
        shape,
        null is not None or logical,
    )


def from_core() -> tuple[Table, Schema]:
    schema = Schema(
        [
            described("ID", "J", "int32", null=-9),
            described("NAME", "3A", None),
            described("FLUX", "2E", "float32", shape=(2,)),
            described("FLAG", "L", "bool", logical=True),
            described("N", "I", "uint16", null=7),
        ]
    )
    tensors = [
        torch.tensor([1, -9, 3], dtype=torch.int32),
        torch.tensor([list(b"ab "), list(b"c\0x"), list(b"def")], dtype=torch.uint8),
        torch.arange(6.0).view(3, 2),
        torch.tensor([True, False, True]),
        torch.tensor([1, 2, 65535]).to(torch.uint16),
    ]
    masks = [torch.tensor([False, True, False]), None, None, None, None]
    return Table._from_core(
        ["ID", "NAME", "FLUX", "FLAG", "N"], tensors, masks, [1], schema
    ), schema


def simple() -> Table:
    return Table(
        {
            "X": torch.arange(5),
            "NAME": ["a", "b", "c", "d", "e"],
            "V": torch.arange(10.0).view(5, 2),
        },
        units={"X": "m"},
    )


def test_reading_columns_asks_for_no_description() -> None:
    table, schema = from_core()
    assert table.names == ["ID", "NAME", "FLUX", "FLAG", "N"]
    assert table.shape == (3, 5)
    assert table["ID"].tolist() == [1, -9, 3]
    assert table["NAME"].to_list() == ["ab", "c", "def"]
    assert table["NAME"] is table["NAME"]
    assert table[:2]["NAME"].to_list() == ["ab", "c"]
    assert schema.asked == 0
    assert table.columns[0].unit == "deg"
    assert table.columns[0].null == -9
    assert table.columns[1].dtype is None
    assert table.columns[2].shape == (2,)
    assert table.columns[4].dtype == torch.uint16
    assert schema.asked == 1


def test_null_mask_is_none_exactly_where_no_null_can_be() -> None:
    table, _ = from_core()
    assert table.null_mask("ID").tolist() == [False, True, False]
    assert table.null_mask("NAME") is None
    assert table.null_mask("FLUX") is None
    assert table.null_mask("FLAG").tolist() == [False] * 3
    assert table.null_mask("N").dtype == torch.bool
    assert table[[1]].null_mask("ID").tolist() == [True]
    assert table["FLAG", "ID"].null_mask("ID").tolist() == [False, True, False]
    assert table["FLUX", "FLAG"].null_mask("FLAG").tolist() == [False] * 3
    with pytest.raises(ColumnNotFoundError):
        table.null_mask("NONE")
    with pytest.raises(TypeError, match="by its name"):
        table.null_mask(0)


def test_nulls_as_nan() -> None:
    table = from_core()[0]._with_nulls("nan")
    assert table["ID"].dtype == torch.float64
    assert torch.equal(table["ID"].isnan(), torch.tensor([False, True, False]))
    assert table.null_mask("ID") is None
    assert table["N"].tolist() == [1.0, 2.0, 65535.0]
    assert table.columns[0].dtype == torch.float64
    assert table["FLAG"].dtype == torch.bool
    assert table.null_mask("FLAG") is not None
    raw = from_core()[0]._with_nulls("raw")
    assert raw["ID"].tolist() == [1, -9, 3]
    assert all(raw.null_mask(name) is None for name in raw)


def test_t61_names_are_found_exactly_then_in_any_case() -> None:
    table = simple()
    assert table["name"] is table["NAME"]
    assert "x" in table
    assert "Y" not in table
    assert 3 not in table
    fields = [Field(Column(name), torch.tensor([i]), None, False) for i, name in enumerate("aA")]
    both = table_of(Table, fields)
    assert both["a"].tolist() == [0]
    assert both["A"].tolist() == [1]
    ambiguous = table_of(
        Table, [field.renamed(name) for field, name in zip(fields, ("Ab", "aB"), strict=True)]
    )
    with pytest.raises(ColumnNotFoundError, match="'Ab' or 'aB'"):
        ambiguous["ab"]
    with pytest.raises(KeyError, match="did you mean 'NAME'"):
        table["NAMES"]
    with pytest.raises(ColumnNotFoundError, match="the table has X, NAME, V"):
        table["QQQQ"]


def test_columns_of_a_table() -> None:
    table = simple()
    for part in (table["V", "x"], table[["V", "x"]]):
        assert isinstance(part, Table)
        assert part.names == ["V", "X"]
        assert part.columns[1].unit == "m"
        assert part["X"] is table["X"]
    assert table[["X"]].shape == (5, 1)
    assert table["V", "NAME"]["NAME"].to_list() == ["a", "b", "c", "d", "e"]
    with pytest.raises(ValueError, match="twice"):
        table["X", "x"]


ROWS = [
    slice(1, 3),
    slice(None, None, 2),
    slice(None, None, -1),
    slice(-2, 100),
    slice(3, 1),
    slice(3, 0, -2),
    [3, 0, 0],
    [-1, 2],
    [],
    range(1, 4),
    np.array([4, 1]),
    torch.tensor([2, 2], dtype=torch.int32),
    torch.tensor([True, False, False, True, False]),
    [False, True, False, False, False],
    np.array([True] * 5),
]


@pytest.mark.parametrize("key", ROWS)
def test_t52_t62_rows_are_numpys(key: object) -> None:
    picked = simple()[key]
    wanted = np.arange(5)[np.array(key, dtype=int) if isinstance(key, list) and not key else key]
    assert picked["X"].tolist() == wanted.tolist()
    assert picked["NAME"].to_list() == ["abcde"[i] for i in wanted]
    assert picked["V"].tolist() == [[2.0 * i, 2.0 * i + 1] for i in wanted]
    assert len(picked) == len(wanted)
    assert picked.columns == simple().columns


@pytest.mark.parametrize("dtype", UNSIGNED)
@pytest.mark.parametrize("key", ROWS)
def test_rows_of_unsigned_columns(dtype: torch.dtype, key: object) -> None:
    values = torch.tensor([0, 1, 2, 3, 2**16 - 1]).to(dtype)
    picked = Table({"U": values})[key]["U"]
    assert picked.dtype == dtype
    index = np.array(key, dtype=int) if isinstance(key, list) and not key else key
    assert picked.tolist() == np.array([0, 1, 2, 3, 2**16 - 1])[index].tolist()


def test_rows_that_are_not_there() -> None:
    table = simple()
    for key in ([0, 5], [-6], torch.tensor([7])):
        with pytest.raises(IndexError, match="5 rows"):
            table[key]
    with pytest.raises(IndexError, match="4 entries"):
        table[[True] * 4]
    for wrong in ([0.5], torch.zeros(2, 2, dtype=torch.int64), None, 1.5):
        with pytest.raises(TypeError, match="rows are selected"):
            table[wrong]
    for row in (5, -6):
        with pytest.raises(IndexError, match="outside of 5 rows"):
            table[row]


def test_slices_share_memory() -> None:
    table = simple()
    table[1:3]["X"][0] = 99
    assert table["X"][1] == 99


def test_a_row_is_a_dict() -> None:
    row = simple()[-1]
    assert row["X"] == 4
    assert type(row["X"]) is int
    assert row["NAME"] == "e"
    assert row["V"].tolist() == [8.0, 9.0]
    assert simple()[np.int64(1)]["X"] == 1
    table, _ = from_core()
    assert table[1]["ID"] is None
    assert table[0]["ID"] == 1
    assert table[2]["N"] == 65535
    assert table[0]["FLAG"] is True


def test_it_is_a_mapping_of_columns() -> None:
    table = simple()
    assert list(table) == table.keys() == ["X", "NAME", "V"]
    assert [name for name, _ in table.items()] == table.names
    assert isinstance(table.values()[1], Strings)
    assert dict(table.items())["X"] is table["X"]
    assert len(table) == 5
    table.names.append("Y")
    assert table.names == ["X", "NAME", "V"]


def test_hand_made_tables_are_described() -> None:
    table = Table(
        {
            "A": ["ab", "c"],
            "U": torch.zeros(2, dtype=torch.uint32),
            "M": torch.zeros(2, 3, 4),
            "C": torch.zeros(2, dtype=torch.complex128),
            "H": torch.zeros(2, dtype=torch.float16),
            "S": Strings(torch.zeros(2, 3, 8, dtype=torch.uint8)),
        }
    )
    assert [column.format for column in table.columns] == ["2A", "J", "12E", "M", "", "24A"]
    assert [column.dim for column in table.columns] == [None, None, "(4,3)", None, None, "(8,3)"]
    assert table.columns[2].shape == (3, 4)
    assert table.columns[5].shape == (3,)


def test_hand_made_tables_are_checked() -> None:
    with pytest.raises(ValueError, match="length"):
        Table({"A": torch.zeros(2), "B": torch.zeros(3)})
    with pytest.raises(ValueError, match="case"):
        Table({"A": torch.zeros(2), "a": torch.zeros(2)})
    with pytest.raises(TypeError, match="column 'A'"):
        Table({"A": 5})
    with pytest.raises(TypeError, match="column 'A'"):
        Table({"A": [1, 2]})
    with pytest.raises(TypeError, match="column 'A'"):
        Table({"A": torch.tensor(5)})
    with pytest.raises(TypeError, match="name"):
        Table({"": torch.zeros(2)})
    with pytest.raises(ColumnNotFoundError):
        Table({"A": torch.zeros(2)}, units={"B": "m"})
    with pytest.raises(ValueError, match="mask"):
        Table({"A": torch.zeros(2)}, masks={"A": torch.zeros(3, dtype=torch.bool)})
    with pytest.raises(ValueError, match="column 'A'.* bool tensor"):
        Table({"A": torch.zeros(2)}, masks={"A": torch.zeros(2, dtype=torch.uint8)})
    cells = Ragged.from_list([[1, 2], [3]])
    marks = (Ragged(torch.zeros(3, dtype=torch.bool), torch.tensor([0, 1, 3])), cells)
    for mask in (*marks, torch.zeros(2, dtype=torch.bool)):
        with pytest.raises(ValueError, match="column 'A'.* Ragged of bools with the same offs"):
            Table({"A": cells}, masks={"A": mask})
    masked = Table({"A": torch.zeros(2)}, masks={"A": torch.tensor([True, False])})
    assert masked.null_mask("A").tolist() == [True, False]
    assert masked[0] == {"A": None}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"columns": [("A", torch.zeros(2))]}, "columns of a Table is a dict .* not list"),
        ({"columns": None}, "columns of a Table is a dict .* not NoneType"),
        ({"columns": {"A": torch.zeros(2)}, "units": "mag"}, "units of a Table is a dict"),
        ({"columns": {"A": torch.zeros(2)}, "units": {"A": 5}}, "unit of column 'A' .* not int"),
        ({"columns": {"A": torch.zeros(2)}, "masks": [True, False]}, "masks of a Table is a dict"),
    ],
)
def test_what_a_table_is_made_of_is_checked(arguments, message) -> None:
    with pytest.raises(TypeError, match=message):
        Table(**arguments)


def test_units_and_masks_find_names_in_any_case() -> None:
    nulls = torch.tensor([True, False])
    table = Table({"MAG": torch.zeros(2)}, units={"mag": "mag"}, masks={"Mag": nulls})
    assert table.columns[0].unit == "mag"
    assert table.null_mask("MAG") is nulls


def test_a_table_of_a_table_keeps_what_is_known() -> None:
    table, _ = from_core()
    other = Table(table)
    assert other.columns == table.columns
    assert other["FLUX"] is table["FLUX"]
    assert other.null_mask("ID").tolist() == [False, True, False]
    assert other.null_mask("FLUX") is None
    assert Table(table, units={"id": "s"}).columns[0].unit == "s"
    assert table.columns[0].unit == "deg"


def test_positions_of_numpy_where_are_rows(recwarn: pytest.WarningsRecorder) -> None:
    table = Table({"X": torch.arange(5.0), "NAME": Strings.from_list(list("abcde"))})
    bright = table["X"] > 2
    for rows in (np.where(bright), torch.where(bright), np.nonzero(bright.numpy())):
        assert table[rows]["NAME"].to_list() == ["d", "e"]
        assert Ragged.from_list([[i] for i in range(5)])[rows].to_list() == [[3], [4]]
    assert len(table[np.where(table["X"] > 9)]) == 0
    with pytest.raises(TypeError, match="a tuple of 2 arrays, which are positions in 2 dim"):
        table[np.where(np.eye(5))]
    assert not recwarn.list


def test_columns_by_name_and_completion() -> None:
    table = Table({"X": torch.arange(2.0), "Y": torch.arange(2)}, units={"X": "m"})
    assert table.columns["x"].unit == "m"
    assert table.columns.names == ["X", "Y"]
    assert table.columns[1].name == "Y"
    assert "y" in table.columns
    assert "Z" not in table.columns
    assert table.columns[0] in table.columns
    with pytest.raises(ColumnNotFoundError, match="no column 'Z'; the table has X, Y"):
        table.columns["Z"]
    assert table._ipython_key_completions_() == ["X", "Y"]


def test_columns_are_not_assigned() -> None:
    table = simple()
    with pytest.raises(TypeError, match=r"make another one, t\.with_columns"):
        table["NEW"] = torch.zeros(3)
    assert "NEW" not in table


def test_a_table_without_columns() -> None:
    table = Table({})
    assert table.shape == (0, 0)
    assert repr(table) == "Table: 0 rows, 0 columns"
    assert "0 rows" in table._repr_html_()
    with pytest.raises(ColumnNotFoundError, match="no columns"):
        table["X"]


@pytest.mark.parametrize(
    "again", [lambda table: pickle.loads(pickle.dumps(table)), copy.copy, copy.deepcopy]
)
def test_pickle_keeps_everything(again) -> None:
    table, _ = from_core()
    table["NAME"]
    other = again(table)
    assert other.names == table.names
    assert other.columns == table.columns
    assert other["N"].dtype == torch.uint16
    assert other["N"].tolist() == [1, 2, 65535]
    assert other["NAME"].to_list() == ["ab", "c", "def"]
    assert other.null_mask("ID").tolist() == [False, True, False]
    assert other.null_mask("FLAG").tolist() == [False] * 3
    assert other.null_mask("FLUX") is None


def test_a_pickled_slice_leaves_the_rest_behind() -> None:
    rows = 100_000
    columns = {
        "X": torch.arange(rows), "S": Strings(torch.full((rows, 8), 65, dtype=torch.uint8)),
        "R": Ragged(torch.arange(rows), torch.arange(rows + 1)),
    }  # fmt: skip
    table = Table(columns, masks={"X": torch.arange(rows) == 1})
    packed = pickle.dumps(table[:3])
    assert len(packed) < 10_000
    again = pickle.loads(packed)
    assert again["X"].tolist() == [0, 1, 2]
    assert again["S"].to_list() == ["A" * 8] * 3
    assert again["R"].to_list() == [[0], [1], [2]]
    assert again.null_mask("X").tolist() == [False, True, False]
    assert copy.copy(table[:3])["X"].data_ptr() == table["X"].data_ptr()


def test_conjugate_and_negative_views_are_pickled() -> None:
    numbers = torch.tensor([1 + 2j, 3 - 1j])
    table = Table({"Z": numbers.conj(), "Y": numbers.conj().imag})
    for again in (pickle.loads(pickle.dumps(table)), copy.deepcopy(table)):
        assert again["Z"].tolist() == [1 - 2j, 3 + 1j]
        assert again["Y"].tolist() == [-2, 1]


def test_t54_a_zero_row_table_keeps_its_columns() -> None:
    table = simple()[0:0]
    assert table.shape == (0, 3)
    assert table["V"].shape == (0, 2)
    assert table["NAME"].to_list() == []
    assert not table
    assert "0 rows, 3 columns" in repr(table)


def test_moving_keeps_descriptions() -> None:
    table, _ = from_core()
    moved = table.to("meta")
    assert moved["FLUX"].device.type == moved["NAME"].device.type == "meta"
    assert moved.null_mask("ID").device.type == "meta"
    assert moved.columns == table.columns
    assert table.to("cpu")["ID"] is table["ID"]


@pytest.mark.parametrize("target", [torch.float64, torch.zeros(1, dtype=torch.float64)])
def test_a_table_does_not_move_to_a_dtype(target) -> None:
    with pytest.raises(TypeError, match=r"convert the columns, such as t\['X'\]\.to"):
        simple().to(target)


@pytest.mark.parametrize(
    "select",
    [
        lambda table: table[:2],
        lambda table: table[[0, 1]],
        lambda table: table[::-1][1:],
        lambda table: table[torch.tensor([True, True, False])],
        lambda table: table.filter("K > 0"),
        lambda table: table.sort_by("K").tail(2),
        lambda table: Table({"K": torch.tensor([2, 7, 1])}).join(table, "K", "left"),
        lambda table: torchfits.concat([table[:1], table[1:2]]),
    ],
)
def test_selections_keep_gradients(select) -> None:
    values = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    table = Table({"X": values, "K": torch.tensor([2, 1, 0])})
    select(table)["X"].nan_to_num().sum().backward()
    assert values.grad.tolist() == [1, 1, 0]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_pin_memory_and_cuda() -> None:
    table, _ = from_core()
    pinned = table.pin_memory()
    assert pinned["FLUX"].is_pinned()
    assert pinned["NAME"].bytes.is_pinned()
    moved = pinned.to("cuda", non_blocking=True)
    assert moved[torch.tensor([2, 0])]["N"].tolist() == [65535, 1]
    assert (moved["NAME"] == "c").tolist() == [False, True, False]


def test_repr_shows_names_units_dtypes_and_the_first_rows() -> None:
    table, _ = from_core()
    lines = repr(table).splitlines()
    assert lines[0] == "Table: 3 rows, 5 columns"
    assert lines[1].split() == ["ID", "NAME", "FLUX", "FLAG", "N"]
    assert lines[2].split() == ["deg"] * 5
    assert lines[3].split() == ["int32", "str", "float32[2]", "bool", "uint16"]
    assert lines[4].startswith("1      ab    [0.0, 1.0]")
    assert lines[5].startswith("null   c")
    assert len(lines) == 7


def test_repr_shows_nulls_inside_cells() -> None:
    columns = {
        "V": torch.tensor([[1.5, 2.0, 3.0, 4.0, 5.0], [6.0, 7.0, 8.0, 9.0, 1.0]]),
        "R": Ragged.from_list([[1, 2], [3]]),
        "S": Strings.from_list(["ab", "cd"]),
        "T": Strings(torch.tensor([[[97], [98]], [[99], [100]]], dtype=torch.uint8)),
    }
    masks = {
        "V": torch.tensor([[False, True, False, False, False], [True] * 5]),
        "R": Ragged.from_list([[True, False], [False]], dtype=torch.bool),
        "S": torch.tensor([False, True]),
        "T": torch.tensor([[False, False], [False, True]]),
    }
    table = Table(columns, masks=masks)
    lines = [line.split("  ") for line in repr(table).splitlines()[-2:]]
    first, second = ([cell.strip() for cell in line if cell] for line in lines)
    assert first == ["[1.5, null, 3.0, 4.0,...", "[null, 2]", "ab", "['a', 'b']"]
    assert second == ["[null, null, null, nu...", "[3]", "null", "['c', null]"]
    assert "<td>[null, 2]</td>" in table._repr_html_()


def test_repr_escapes_what_is_no_text() -> None:
    texts = Strings.from_list(["a\nb", "\x1b[31mred", "na\xefve"])
    table = Table({"S": texts, "A\tB": torch.zeros(3)}, units={"S": "m\n"})
    lines = repr(table).splitlines()
    assert len(lines) == 7
    assert lines[1].split() == ["S", r"A\tB"]
    assert lines[2].strip() == r"m\n"
    assert [line.split()[0] for line in lines[4:]] == [r"a\nb", r"\x1b[31mred", "na\xefve"]
    assert "\x1b" not in repr(table.describe())
    assert len(repr(table.describe()).splitlines()) == 4


def test_repr_is_short() -> None:
    wide = Table({f"C{i}": torch.zeros(1000, 100) for i in range(30)})
    text = repr(wide)
    assert len(text.splitlines()) == 9
    assert max(map(len, text.splitlines())) < 300
    assert "1000 rows, 30 columns" in text


def test_repr_html_escapes() -> None:
    page = Table({"<b>": ["<i>&", "x"]})._repr_html_()
    assert "<th>&lt;b&gt;</th>" in page
    assert "<td>&lt;i&gt;&amp;</td>" in page
    assert "2 rows, 1 column<" in page


def test_column_repr() -> None:
    column = Column(name="RA", format="D", unit="deg", dtype=torch.float64)
    assert repr(column) == "Column('RA', D, float64, unit='deg')"
    assert repr(Column(name="N", format="3J", null=-1, dtype=torch.int32, shape=(3,))) == (
        "Column('N', 3J, int32, shape=(3,), null=-1)"
    )
    with pytest.raises(AttributeError):
        column.name = "DEC"
