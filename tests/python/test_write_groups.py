# SPDX-License-Identifier: BSD-3-Clause
"""Random groups that are written: raw bytes, and what astropy and fitsverify say of them."""

import io

import numpy as np
import pytest
import torch
from astropy.io import fits
from corpus_files import corpus_paths
from other_programs import check_by_fitsverify

import torchfits

GROUPS = [path for path in corpus_paths("groups") if "idi" not in path.name]


def written(table, **options):
    file = io.BytesIO()
    torchfits.write(file, table, kind="random_groups", **options)
    return file.getvalue()


def visibilities(groups=4, dtype=torch.float32):
    data = torch.arange(groups * 6).reshape(groups, 2, 3).to(dtype)
    return {"UU": torch.arange(groups) * 0.5, "BASELINE": torch.arange(groups), "DATA": data}


def same(one, other):
    return torch.equal(one.double().nan_to_num(), other.double().nan_to_num())


def test_the_bytes_are_those_of_the_standard():
    content = written(visibilities(2))
    header = fits.Header.fromstring(content)
    expected = {
        "SIMPLE": True, "BITPIX": -32, "NAXIS": 3, "NAXIS1": 0, "NAXIS2": 3, "NAXIS3": 2,
        "GROUPS": True, "PCOUNT": 2, "GCOUNT": 2, "PTYPE1": "UU", "PTYPE2": "BASELINE",
        "PSCAL1": 1.0, "PZERO1": 0.0,
    }  # fmt: skip
    assert {keyword: header[keyword] for keyword in expected} == expected
    numbers = np.frombuffer(content, ">f4", 16, 2880)
    assert numbers.tolist() == [0, 0, 0, 1, 2, 3, 4, 5, 0.5, 1, 6, 7, 8, 9, 10, 11]
    assert len(content) == 2 * 2880


@pytest.mark.parametrize(
    "dtype", ["uint8", "int16", "uint16", "int32", "int64", "float32", "float64"]
)
def test_arrays_of_every_type(dtype):
    table = visibilities(dtype=getattr(torch, dtype))
    table["UU"] = torch.arange(4)
    found = torchfits.read(written(table, checksum=True))
    assert found.names == ["UU", "BASELINE", "DATA"]
    assert found["DATA"].dtype == table["DATA"].dtype
    for name, values in table.items():
        assert same(found[name], values)


def test_astropy_reads_the_same(tmp_path):
    path = tmp_path / "g.fits"
    table = visibilities(50)
    table["DATA"][3, 1, 1] = float("nan")
    torchfits.write(path, table, kind="random_groups", checksum=True)
    with fits.open(path, checksum=True) as f:
        f.verify("exception")
        np.testing.assert_array_equal(f[0].data.data, table["DATA"].numpy())
        np.testing.assert_array_equal(f[0].data.par("UU"), table["UU"].numpy())
    check_by_fitsverify(path)


def test_a_parameter_of_more_digits_is_stored_as_a_sum():
    table = visibilities()
    table["DATE"] = torch.tensor([2451545.123456789, 1e-3, -7.5, np.pi], dtype=torch.float64)
    content = written(table)
    header = torchfits.read_header(content)
    assert [header.get(f"PTYPE{n}") for n in range(1, 6)] == ["UU", "BASELINE"] + 3 * ["DATE"]
    assert torch.equal(torchfits.read(content)["DATE"], table["DATE"])
    with fits.open(io.BytesIO(content)) as f:
        stored = [f[0].data.field(i).astype("f8") for i in range(2, 5)]
    np.testing.assert_array_equal(sum(stored), table["DATE"].numpy())


def test_the_scaling_of_the_header_is_used_where_it_leads_back():
    table = visibilities()
    table["DATE"] = torch.tensor(
        [2451545.25, 2451546.5, 2451547.0, 2451548.75], dtype=torch.float64
    )
    header = {"PTYPE1": "DATE", "PSCAL1": 0.25, "PZERO1": 2451545.0}
    content = written(table, header=header)
    raw = fits.Header.fromstring(content)
    assert [raw[k] for k in ("PTYPE3", "PSCAL3", "PZERO3")] == ["DATE", 0.25, 2451545.0]
    assert torch.equal(torchfits.read(content)["DATE"], table["DATE"])


@pytest.mark.skipif(not GROUPS, reason="no corpus")
@pytest.mark.parametrize("path", GROUPS, ids=lambda path: path.name)
def test_groups_of_the_corpus_come_back(tmp_path, path):
    with torchfits.open(path) as f:
        table, header = f[0].read(), f[0].header
    copy = tmp_path / "g.fits"
    torchfits.write(copy, table, header=header, kind="random_groups", checksum=True)
    found = torchfits.read(copy)
    assert found.names == table.names
    for name in table:
        assert same(found[name], table[name]), name
    with fits.open(path) as one, fits.open(copy, checksum=True) as other:
        assert one[0].data.parnames == other[0].data.parnames
        for name in set(one[0].data.parnames):
            np.testing.assert_array_equal(one[0].data.par(name), other[0].data.par(name))


def test_an_edited_sum_is_not_lost_in_silence():
    table = visibilities()
    table["DATE"] = torch.full((4,), 2451545.1015625, dtype=torch.float64)
    read = torchfits.read(written(table))
    assert read.names == ["UU", "BASELINE", "DATE", "DATE_1", "DATE_2", "DATA"]
    read["DATE"][2] += 0.5
    with pytest.raises(ValueError, match="'DATE' is not the sum of 'DATE_1', 'DATE_2'"):
        written(read)
    alone = torchfits.read(written(read["UU", "BASELINE", "DATE", "DATA"]))
    assert torch.equal(alone["DATE"], read["DATE"])
    terms = torchfits.read(written(read["UU", "DATE_1", "DATE_2", "DATA"]))
    assert torch.equal(terms["DATE"], table["DATE"])


def test_what_groups_cannot_hold_is_refused():
    table = visibilities()
    for change, message in [
        ({"DATA": torch.zeros(4)}, "one shape for all groups"),
        ({"UU": torch.zeros(4, 2)}, "one number a group"),
        ({"UU": ["a"] * 4}, "one number a group"),
        ({"UU": torch.full((4,), 0.1, dtype=torch.float64), "DATA": torch.zeros(4, 2).short()},
         "convert the array to float64"),
        ({"UU": torch.full((4,), 1e300, dtype=torch.float64)}, "convert the array to float64"),
        ({"BASELINE": torch.full((4,), 2**60)}, "no integers beyond 2\\^53"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=message):
            written({**table, **change})
    with pytest.raises(ValueError, match="a column DATA of shape"):
        written({"UU": torch.zeros(4)})


def test_groups_stand_first(tmp_path):
    path = tmp_path / "g.fits"
    with torchfits.open(path, "w") as f:
        f.append(visibilities(), kind="random_groups")
        f.append(torch.zeros(2, 2))
        with pytest.raises(ValueError, match="first HDU of a file only"):
            f.append(visibilities(), kind="random_groups")
    with torchfits.open(path) as f:
        assert [hdu.kind for hdu in f] == ["random_groups", "image"]
