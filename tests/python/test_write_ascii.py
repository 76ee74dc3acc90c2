# SPDX-License-Identifier: BSD-3-Clause
"""ASCII tables that are written: raw text, and what astropy, fitsio and fitsverify say of it."""

import io
import warnings

import fitsio
import numpy as np
import pytest
import torch
from astropy.io import fits
from corpus_files import corpus_files
from hypothesis import given, settings
from hypothesis import strategies as st
from other_programs import check_by_fitsverify, needs_fitsverify

import torchfits


def written(table, **options):
    file = io.BytesIO()
    torchfits.write(file, table, kind="ascii_table", **options)
    return file.getvalue()


def cards(content, *keywords):
    header = torchfits.read_header(content, 1)
    return [header.get(keyword) for keyword in keywords]


def rows_of(content):
    """The rows as text, found by the Standard's keywords alone."""
    header = fits.Header.fromstring(content[2880:])
    start = 2880 + len(fits.Header.fromstring(content[2880:]).tostring())
    width, rows = header["NAXIS1"], header["NAXIS2"]
    text = content[start:].decode("ascii")
    assert len(text) % 2880 == 0
    assert set(text[width * rows :]) <= {" "}, "section 7.2.3: the fill is blanks"
    return [text[i * width : (i + 1) * width] for i in range(rows)]


def astropy_columns(content):
    with fits.open(io.BytesIO(content), checksum=True) as f, warnings.catch_warnings():
        warnings.simplefilter("error")
        data = f[1].data
        return {name: np.array(data[name]) for name in data.names}


def fitsio_column(path, name):
    with fitsio.FITS(str(path)) as f:
        return f[1].read_column(name)


# Text


def test_the_rows_are_the_text_that_the_forms_say():
    table = {
        "ID": torch.tensor([-2, 10]),
        "MAG": torch.tensor([21.5, 0.25], dtype=torch.float64),
        "BIG": torch.tensor([1e300, -2.5e-7], dtype=torch.float64),
        "F": torch.tensor([0.1, 1e-20], dtype=torch.float32),
        "NAME": ["a", " bc"],
    }
    content = written(table)
    assert cards(content, *[f"TFORM{n}" for n in range(1, 6)]) == [
        "I2", "F5.2", "D9.1", "E7.1", "A3",
    ]  # fmt: skip
    assert cards(content, *[f"TBCOL{n}" for n in range(1, 6)]) == [1, 4, 10, 20, 28]
    fields = [
        ["-2", "21.50", " 1.0D+300", "1.0E-01", "a  "],
        ["10", " 0.25", " -2.5D-07", "1.0E-20", " bc"],
    ]
    assert rows_of(content) == [" ".join(row) for row in fields]


def test_the_header_is_that_of_a_text_table():
    content = written({"A": torch.arange(3)}, name="T", checksum=True)
    assert cards(content, "XTENSION", "BITPIX", "NAXIS", "NAXIS1") == ["TABLE", 8, 2, 1]
    assert cards(content, "NAXIS2", "PCOUNT", "GCOUNT") == [3, 0, 1]
    hdu = torchfits.open(content)[1]
    assert (hdu.kind, hdu.name) == ("ascii_table", "T")
    assert torchfits.open(content)[0].kind == "image"


@needs_fitsverify
@pytest.mark.parametrize("rows", [0, 1, 5000])
def test_fitsverify_finds_nothing(tmp_path, rows):
    rng = np.random.default_rng(1)
    table = {
        "I": torch.from_numpy(rng.integers(-(2**40), 2**40, rows)),
        "D": torch.from_numpy(rng.normal(size=rows) * 10.0 ** rng.integers(-200, 200, rows)),
        "E": torch.from_numpy(rng.normal(size=rows).astype("f4")),
        "A": [f"row {i}" for i in range(rows)],
    }
    masked = torchfits.Table(table, masks={"I": torch.arange(rows) % 3 == 1})
    path = tmp_path / "a.fits"
    torchfits.write(path, masked, kind="ascii_table", checksum=True)
    check_by_fitsverify(path)
    found = torchfits.read(path)
    assert torch.equal(found["D"], table["D"])
    assert torch.equal(found["E"].float(), table["E"])
    assert found["A"].to_list() == table["A"]
    assert torch.equal(found["I"][~masked.null_mask("I")], table["I"][~masked.null_mask("I")])
    # CFITSIO multiplies by powers of ten and so errs in the last digits.
    np.testing.assert_allclose(fitsio_column(path, "D"), table["D"].numpy(), rtol=1e-15)
    np.testing.assert_array_equal(fitsio_column(path, "E").astype("f4"), table["E"].numpy())
    assert [text.rstrip() for text in fitsio_column(path, "A")] == table["A"]


# Values


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(allow_infinity=False), max_size=20),
    st.lists(st.floats(width=32, allow_infinity=False), max_size=20),
    st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20),
)
def test_numbers_read_back_equal(doubles, floats, integers):
    rows = min(len(doubles), len(floats), len(integers))
    table = {
        "D": torch.tensor(doubles[:rows], dtype=torch.float64),
        "E": torch.tensor(floats[:rows], dtype=torch.float32),
        "I": torch.tensor(integers[:rows], dtype=torch.int64),
    }
    content = written(table)
    found = torchfits.read(content)
    for name, expected in table.items():
        back = found[name].to(expected.dtype)
        assert torch.equal(torch.nan_to_num(back), torch.nan_to_num(expected))
        assert torch.equal(back.isnan(), expected.isnan())
    assert torch.equal(found["D"].signbit(), table["D"].signbit()) or table["D"].isnan().any()
    if rows:
        by_astropy = astropy_columns(content)
        np.testing.assert_array_equal(by_astropy["D"], table["D"].numpy())
        np.testing.assert_array_equal(by_astropy["E"].astype("f4"), table["E"].numpy())
        np.testing.assert_array_equal(by_astropy["I"], table["I"].numpy())


@pytest.mark.parametrize(
    "dtype",
    ["uint8", "int8", "uint16", "int16", "uint32", "int32", "int64", "float16", "bfloat16"],
)
def test_every_number_type(dtype):
    values = torch.tensor([1, 0, 100]).to(getattr(torch, dtype))
    found = torchfits.read(written({"X": values}))["X"]
    assert found.dtype == (torch.float64 if values.is_floating_point() else torch.int64)
    assert torch.equal(found.to(values.dtype), values)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=9)))
def test_text_reads_back(texts):
    content = written({"A": texts})
    assert torchfits.read(content)["A"].to_list() == [text.rstrip(" ") for text in texts]


def test_many_rows_in_many_blocks():
    values = torch.arange(300_000) * 7 - 10**6
    content = written({"I": values, "D": values.double() / 8}, checksum=True)
    found = torchfits.read(content)
    assert torch.equal(found["I"], values)
    assert torch.equal(found["D"], values.double() / 8)
    assert torchfits.verify(content).ok


# Nulls


def test_nulls_get_a_text_that_no_value_takes(tmp_path):
    table = torchfits.Table(
        {
            "I": torch.tensor([1, 2, 3]),
            "D": torch.tensor([1.5, float("nan"), 2.5], dtype=torch.float64),
            "A": ["NULL", "x", "NULL1"],
        },
        masks={"I": torch.tensor([False, True, False]), "A": torch.tensor([False, True, False])},
    )
    content = written(table)
    assert cards(content, "TNULL1", "TNULL2", "TNULL3") == ["NULL", "NULL", "NULL2"]
    found = torchfits.read(content)
    for name in "IDA":
        assert found.null_mask(name).tolist() == [False, True, False]
    assert found["A"].to_list()[::2] == ["NULL", "NULL1"]
    by_astropy = astropy_columns(content)
    assert np.isnan(by_astropy["D"][1])
    assert by_astropy["D"][::2].tolist() == [1.5, 2.5]


def test_texts_of_any_length_get_one_width():
    strings = torchfits.Strings(
        torch.tensor(list(b"abcde"), dtype=torch.uint8), torch.tensor([0, 1, 1, 5])
    )
    table = torchfits.Table({"A": strings}, masks={"A": torch.tensor([False, True, False])})
    content = written(table)
    assert cards(content, "TFORM1", "TNULL1") == ["A4", "NULL"]
    assert rows_of(content) == ["a   ", "NULL", "bcde"]


def test_without_nulls_there_is_no_tnull():
    assert cards(written({"I": torch.arange(3)}), "TNULL1") == [None]


# Forms that are kept


def test_forms_of_a_file_are_kept_where_the_values_allow(tmp_path):
    columns = [
        fits.Column("F", "F9.3", array=np.array([1.5, 2.25])),
        fits.Column("D", "D25.17", array=np.array([1.5, 1 / 3])),
        fits.Column("I", "I7", array=np.array([1, 22])),
        fits.Column("A", "A10", array=np.array(["a", "b"])),
    ]
    path = tmp_path / "a.fits"
    fits.TableHDU.from_columns(columns).writeto(path)
    table = torchfits.read(path)
    forms = [column.format for column in table.columns]
    assert cards(written(table), *[f"TFORM{n}" for n in range(1, 5)]) == forms
    changed = torchfits.Table({name: table[name] for name in "FDIA"})
    assert cards(written(changed), "TFORM1") == ["F4.2"]


def test_a_form_that_would_lose_digits_is_given_up(tmp_path):
    path = tmp_path / "a.fits"
    fits.TableHDU.from_columns([fits.Column("F", "F9.3", array=np.array([1.5, 2.25]))]).writeto(
        path
    )
    table = torchfits.read(path)
    table["F"][1] = 0.0001
    content = written(table)
    assert cards(content, "TFORM1") == ["F6.4"]
    assert torchfits.read(content)["F"].tolist() == [1.5, 0.0001]


@pytest.mark.parametrize("path", corpus_files("ascii"))
def test_text_tables_of_the_corpus_come_back(path):
    with torchfits.open(path) as f:
        tables = [(hdu.read(), hdu.header) for hdu in f if hdu.kind == "ascii_table"]
    assert tables
    for table, header in tables:
        found = torchfits.read(written(table, header=header))
        assert found.names == table.names
        for column in table.columns:
            one, other = table[column.name], found[column.name]
            if column.dtype is None:
                assert one.to_list() == other.to_list()
            else:
                assert torch.equal(one.nan_to_num(), other.nan_to_num())
            masks = [part.null_mask(column.name) for part in (table, found)]
            assert masks[0] is masks[1] or torch.equal(*masks)


# What an ASCII table cannot hold


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (torch.zeros(2, 3), "each as a column of its own"),
        (torch.zeros(2, dtype=torch.complex64), "real and the imaginary parts"),
        (torch.zeros(2, dtype=torch.bool), "to\\(torch.uint8\\)"),
        (torchfits.Ragged.from_list([[1], [2, 3]]), "binary table"),
    ],
)
def test_columns_without_a_form_are_refused(values, message):
    with pytest.raises(TypeError, match=f"column 'X'.*{message}"):
        written({"X": values})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (torch.tensor([1.0, float("inf")]), "row 1: an infinity"),
        (["a", "é"], "row 1: the text has characters beyond"),
        (torch.tensor([2**63], dtype=torch.uint64), "row 0: 9223372036854775808 is larger"),
    ],
)
def test_values_without_a_form_are_refused(values, message):
    with pytest.raises(ValueError, match=f"column 'X': {message}"):
        written({"X": values})


def test_wrong_kinds_are_refused():
    image = torch.zeros(2, 2)
    for wrong, error, message in [
        ({"kind": "ascii"}, ValueError, "use one of image, table, ascii_table, random_groups"),
        ({"kind": "ascii_table"}, TypeError, "takes a table"),
        ({"kind": "compressed_image"}, ValueError, "compress="),
    ]:
        with pytest.raises(error, match=message):
            torchfits.write(io.BytesIO(), image, **wrong)
    with pytest.raises(TypeError, match="kind='image' takes a tensor"):
        torchfits.write(io.BytesIO(), {"A": [1]}, kind="image")
    with pytest.raises(TypeError, match="kind= of a list"):
        torchfits.write(io.BytesIO(), [{"A": [1]}], kind="ascii_table")
    with pytest.raises(TypeError, match="bscale= take an image"):
        torchfits.write(io.BytesIO(), {"A": [1]}, bscale=2)


def test_an_open_file_takes_ascii_tables(tmp_path):
    path = tmp_path / "a.fits"
    with torchfits.open(path, "w") as f:
        f.append(torch.zeros(2, 2))
        f.append({"A": [1, 2]}, kind="ascii_table", name=("T", 4))
    with torchfits.open(path) as f:
        assert [hdu.kind for hdu in f] == ["image", "ascii_table"]
        assert f["T", 4].read()["A"].tolist() == [1, 2]
