# SPDX-License-Identifier: BSD-3-Clause
"""-TAB coordinates beside wcslib: lines and grids, index vectors, both ways."""

import io
import pickle

import numpy as np
import pytest
import torch
from astropy.io import fits
from corpus_files import CORPUS, REASON
from wcs_headers import of_astropy

import torchfits
from torchfits import WCS

POINTS = 300
LINE = np.array([2.0, 3.5, 4.0, 7.0, 7.5, 9.0])
INDEX = [1.0, 2.5, 3.0, 5.0, 5.5, 7.0]


def tab_file(array, names, index=(), **changes):
    """Bytes of a file whose first header refers to ``array[..., m_2, m_1, component]``."""
    array = np.asarray(array, float)
    dim = f"({','.join(map(str, reversed(array.shape)))})"
    columns = [fits.Column("coords", f"{array.size}D", array=array[None], dim=dim)]
    header = fits.Header()
    header["WCSAXES"] = len(names)
    for i, name in enumerate(names, 1):
        header[f"CTYPE{i}"] = f"{name:-<4}-TAB"
        header[f"PS{i}_0"], header[f"PS{i}_1"], header[f"PV{i}_3"] = "TABLE", "coords", i
        header[f"CRPIX{i}"] = header[f"CRVAL{i}"] = header[f"CDELT{i}"] = 1.0
    for i, vector in enumerate(index, 1):
        if vector is not None:
            header[f"PS{i}_2"] = f"index{i}"
            values = np.asarray(vector, float)[None]
            columns.append(fits.Column(f"index{i}", f"{values.size}D", array=values))
    header.update(changes)
    table = fits.BinTableHDU.from_columns(columns, name="TABLE")
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(header=header), table]).writeto(stream)
    return stream.getvalue()


def both(data):
    theirs = fits.open(io.BytesIO(data))
    return torchfits.open(data)[0].wcs, of_astropy(theirs[0].header, fobj=theirs)


def pixels_over(lengths):
    rng = np.random.default_rng(8)
    whole = [np.append(rng.integers(-1, n + 1, 40), rng.integers(-1, n + 1, 40) - 0.5)
             for n in lengths]  # fmt: skip
    return [
        np.append(rng.uniform(-1, n, POINTS), edge) for n, edge in zip(lengths, whole, strict=True)
    ]


def arrays(results):
    return np.atleast_2d(results)


def stacked(results):
    return torch.stack(results) if isinstance(results, tuple) else results[None]


def compare(data, pixels, *, unique=True):
    """Values of wcslib, and the exact way back."""
    ours, theirs = both(data)
    expected = arrays(theirs.wcs_pix2world(*pixels, 0))
    found = arrays(ours.pixel_to_world_values(*pixels))
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-14)  # NaN where wcslib's are
    known = np.isfinite(expected).all(0)
    assert known.sum() > 50
    back = arrays(ours.world_to_pixel_values(*found))[:, known]
    if unique:
        np.testing.assert_allclose(back, np.array(pixels)[:, known], rtol=0, atol=1e-10)
    again = arrays(ours.pixel_to_world_values(*back))
    np.testing.assert_allclose(again, found[:, known], rtol=1e-12, atol=1e-12)


def plane(height, width, curve=0.002):
    y, x = np.mgrid[:height, :width].astype(float)
    return np.stack(
        [200 + 0.1 * x + 0.03 * y + curve * x * y, -30 + 0.1 * y - 0.02 * x + curve / 2 * x**2], -1
    )


@pytest.mark.parametrize("line", [LINE, LINE[::-1], -LINE], ids=["up", "down", "negative"])
@pytest.mark.parametrize("index", [None, INDEX, INDEX[::-1]], ids=["counted", "up", "down"])
def test_lines(line, index):
    reach = 8 if index else len(line)
    compare(tab_file(line[:, None], ["WAVE"], [index]), pixels_over([reach]))


@pytest.mark.parametrize(
    "index", [[1, 2, 2, 3, 4], [1, 1, 2, 3, 4], [1, 2, 3, 4, 4]], ids=["mid", "first", "last"]
)
def test_repeated_index_values_are_steps(index):
    """Paper III, section 6.1.2: there the coordinate is discontinuous."""
    data = tab_file(np.array([10, 20, 30, 40, 50.0])[:, None], ["WAVE"], [index])
    compare(data, pixels_over([5]))


def test_values_within_a_step_have_no_place():
    data = tab_file(np.array([10, 20, 30, 40, 50.0])[:, None], ["WAVE"], [[1, 2, 2, 3, 4]])
    ours, theirs = both(data)
    values = [10.0, 12.5, 20.0, 30.0, 35.0, 50.0, 54.0]
    expected = [0.0, 0.25, 1.0, 1.0, 1.5, 3.0, 3.4]
    found = ours.world_to_pixel_values(values)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(theirs.wcs_world2pix(values[:-1], 0)[0], expected[:-1], atol=1e-12)
    assert torch.isnan(ours.world_to_pixel_values([20.5, 29.5, 56.0])).all()


def test_of_several_places_the_first_counts():
    data = tab_file(np.array([1, 3, 2, 4, -1.0])[:, None], ["LINE"])
    compare(data, pixels_over([5]), unique=False)
    ours = torchfits.open(data)[0].wcs
    found = ours.world_to_pixel_values([2.5, 2.0, 3.0, 0.0, 4.0, -3.0, -4.0])
    expected = [0.75, 0.5, 1.0, 3.8, 3.0, 4.4, np.nan]  # 0.0 and -3.0 are beyond the ends too
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("index", [None, [3.0]], ids=["counted", "indexed"])
def test_one_element(index):
    """Half a pixel around it, psi may be anything."""
    ours = torchfits.open(tab_file([[7.0]], ["WAVE"], [index]))[0].wcs
    at = 2.0 if index else 0.0
    found = ours.pixel_to_world_values(torch.tensor([-0.6, -0.5, 0.0, 0.5, 0.6]) + at)
    np.testing.assert_equal(found.numpy(), [np.nan, 7, 7, 7, np.nan])
    np.testing.assert_equal(ours.world_to_pixel_values([7.0, 7.5]).numpy(), [at, np.nan])


@pytest.mark.parametrize("index", [(), (None, np.arange(9.0, 0, -1)), (np.arange(1, 13) ** 1.0,)])
def test_planes(index):
    compare(tab_file(plane(9, 12), ["RA", "DEC"], index), pixels_over([12, 9]))


def test_a_large_plane():
    compare(tab_file(plane(90, 120, 2e-5), ["RA", "DEC"]), pixels_over([120, 90]))


def test_a_plane_of_one_row():
    ours, theirs = both(tab_file(plane(1, 12), ["RA", "DEC"]))
    pixels = [np.linspace(-0.5, 11.5, 49), np.zeros(49)]
    world = ours.pixel_to_world_values(*pixels)
    np.testing.assert_allclose(world, theirs.wcs_pix2world(*pixels, 0), rtol=1e-14)
    np.testing.assert_allclose(ours.world_to_pixel_values(*world), pixels, rtol=0, atol=1e-10)


def test_three_dimensions():
    z, y, x = np.mgrid[:4, :5, :6].astype(float)
    array = np.stack([x + 0.1 * y * z, y + 0.1 * z + 0.02 * x, 2 * z + 0.05 * x * y], -1)
    compare(tab_file(array, ["AA", "BB", "CC"]), pixels_over([6, 5, 4]))


def test_axes_that_know_nothing_of_each_other():
    array = np.zeros((4, 9, 12, 3))
    array[..., 0], array[..., 2] = plane(9, 12)[..., 0], plane(9, 12)[..., 1]
    array[..., 1] = np.array([1e9, 1.5e9, 1.6e9, 2e9])[:, None, None]
    compare(tab_file(array, ["RA", "FREQ", "DEC"]), pixels_over([12, 9, 4]))


def test_a_table_beside_a_projection():
    sky = {"CTYPE2": "RA---TAN", "CTYPE3": "DEC--TAN", "CRVAL2": 40.0, "CRVAL3": 20.0,
           "CDELT2": -0.01, "CDELT3": 0.01, "CUNIT2": "deg", "CUNIT3": "deg"}  # fmt: skip
    compare(tab_file(LINE[:, None], ["WAVE"], WCSAXES=3, **sky), pixels_over([6, 9, 9]))


def test_four_dimensions_around_a_pole():
    """Real: some positions have several places. They are those of wcslib, but exact."""
    path = CORPUS / "wcs" / "example_4d_tab.fits"
    if not path.exists():
        pytest.skip(REASON)
    rng = np.random.default_rng(2)
    pixels = [rng.uniform(0, n - 1, 100) for n in (5, 4, 3, 2)]
    ours, theirs = both(path.read_bytes())
    world = arrays(ours.pixel_to_world_values(*pixels))
    np.testing.assert_allclose(world, theirs.wcs_pix2world(*pixels, 0), rtol=1e-14)
    back = arrays(ours.world_to_pixel_values(*world))
    np.testing.assert_allclose(ours.pixel_to_world_values(*back), world, rtol=1e-12)
    same = np.abs(back - theirs.wcs_world2pix(*world, 0)).max(0) < 1e-5
    assert same.mean() > 0.97
    assert (np.abs(back - pixels).max(0) < 1e-9).mean() > 0.9


GRID = tab_file(plane(9, 12), ["RA", "DEC"])
INDEXED = tab_file(LINE[:, None], ["WAVE"], [INDEX])


@pytest.mark.parametrize(("data", "count"), [(GRID, 2), (INDEXED, 1)], ids=["grid", "line"])
def test_gradients_vmap_and_pickle(data, count):
    wcs = torchfits.open(data)[0].wcs
    pixels = [torch.tensor([0.3, 1.4, 3.7, -0.2], dtype=torch.float64)] * count
    world = wcs.pixel_to_world_values(*pixels)
    world = world if count > 1 else (world,)
    for call, values in (
        (wcs.pixel_to_world_values, pixels),
        (wcs.world_to_pixel_values, world),
    ):
        inputs = [value.detach().clone().requires_grad_() for value in values]
        assert torch.autograd.gradcheck(call, inputs, eps=1e-6, atol=1e-5)
        mapped = stacked(torch.func.vmap(call)(*values))
        plain = stacked(call(*values))
        torch.testing.assert_close(mapped, plain, rtol=1e-13, atol=1e-13)
        copied = getattr(pickle.loads(pickle.dumps(wcs)), call.__name__)(*values)
        assert torch.equal(stacked(copied), plain)


@pytest.mark.parametrize("data", [GRID, INDEXED], ids=["grid", "line"])
def test_missing_points_have_no_gradient(data):
    wcs = torchfits.open(data)[0].wcs
    value = torch.tensor([3.0, 1e3, -1e3, torch.nan], dtype=torch.float64, requires_grad=True)
    for call, count in ((wcs.pixel_to_world_values, 1), (wcs.world_to_pixel_values, 1)):
        value.grad = None
        result = call(*[value] * wcs.pixel_n_dim)
        result = result[0] if wcs.pixel_n_dim > 1 else result
        result[torch.isfinite(result)].sum().backward()
        assert (value.grad[1:] == 0).all(), count


def test_what_is_not_finite_is_nan():
    for data in (GRID, INDEXED):
        wcs = torchfits.open(data)[0].wcs
        values = [torch.tensor([torch.nan, torch.inf, -torch.inf, 1e300])] * wcs.pixel_n_dim
        for call in (wcs.pixel_to_world_values, wcs.world_to_pixel_values):
            assert torch.isnan(stacked(call(*values))).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"PS1_0": "OTHER"}, "PS1_0 = 'OTHER'.*version 1.*pass the file"),
        ({"PV1_1": 3}, "PS1_0 = 'TABLE'.*version 3"),
        ({"PV1_1": 1e30}, "is no EXTVER"),
        ({"PV1_1": 1.5}, "PV1_1 = 1.5"),
        ({"PS1_1": "nothing"}, "PS1_1 = 'nothing'.*no such column.*'coords'"),
        ({"PS1_2": "nothing"}, "PS1_2 = 'nothing'.*no such column"),
        ({"PS1_2": "coords"}, "PS1_2 = 'coords'"),
        ({"PV1_3": 2}, "PV1_3 = 2"),
        ({"PS1_0": ""}, "CTYPE1 = 'RA---TAB' needs PS1_0"),
    ],
)
def test_bad_keywords(changes, message):
    file = torchfits.open(tab_file(plane(4, 5), ["RA", "DEC"], **changes))
    if "PS1_0" in changes or "PV1_1" in changes:
        changes = {key.replace("1_", "2_"): value for key, value in changes.items()} | changes
        file = torchfits.open(tab_file(plane(4, 5), ["RA", "DEC"], **changes))
    with pytest.raises(ValueError, match=message):
        _ = file[0].wcs


def test_bad_tables():
    with pytest.raises(ValueError, match=r"neither increases nor decreases"):
        _ = torchfits.open(tab_file(LINE[:, None], ["WAVE"], [[1, 3, 2, 4, 5, 6]]))[0].wcs
    with pytest.raises(ValueError, match=r"are the same"):
        _ = torchfits.open(tab_file(LINE[:, None], ["WAVE"], [[2] * 6]))[0].wcs
    with pytest.raises(ValueError, match=r"has 5 elements.* has 6"):
        _ = torchfits.open(tab_file(LINE[:, None], ["WAVE"], [INDEX[:5]]))[0].wcs
    with pytest.raises(ValueError, match=r"2 axes need an array of TDIM = \(2, K1, K2\)"):
        _ = torchfits.open(tab_file(np.zeros((4, 5, 3)), ["RA", "DEC"]))[0].wcs


def test_the_file_is_needed():
    file = torchfits.open(GRID)
    with pytest.raises(ValueError, match=r"PS1_0 = 'TABLE'.*take hdu\.wcs.*file="):
        WCS(file[0].header)
    with pytest.raises(TypeError, match=r"file= is an open file"):
        WCS(file[0].header, file="f.fits")
    wcs = WCS(file[0].header, file={("TABLE", 1): file["TABLE", 1]})
    assert torch.equal(
        wcs.pixel_to_world_values(1, 2)[0], file[0].wcs.pixel_to_world_values(1, 2)[0]
    )
