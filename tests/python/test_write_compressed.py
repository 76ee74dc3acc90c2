# SPDX-License-Identifier: BSD-3-Clause
"""Tile-compressed images that `write` wrote, as astropy, fitsio, funpack and imcopy read them."""

import shutil
import subprocess

import fitsio
import numpy as np
import pytest
import torch
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

import torchfits
from torchfits import Compression

ALGORITHMS = ["RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1", "PLIO_1", "NOCOMPRESS"]
INTEGERS = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]
LONG = {"int64", "uint64"}
UNSIGNED = {"uint16", "uint32", "uint64"}
DITHERS = ["NO_DITHER", "SUBTRACTIVE_DITHER_1", "SUBTRACTIVE_DITHER_2"]
SHAPES = [
    ((40,), None),
    ((37, 41), None),
    ((37, 41), (37, 41)),
    ((36, 41), (8, 12)),
    ((3, 20, 18), None),
    ((3, 20, 18), (1, 5, 9)),
]


def tool(name):
    return pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "c.fits"


def integers(dtype, shape, algorithm="GZIP_2"):
    """Values of the whole range that the algorithm holds."""
    limits = np.iinfo(dtype)
    low, high = int(limits.min), int(limits.max)
    if algorithm == "PLIO_1":
        low, high = max(low, 0), min(high, 2**24 - 1)
    elif dtype in LONG and algorithm in ("RICE_1", "HCOMPRESS_1"):
        low, high = (-(2**31), 2**31 - 1) if dtype == "int64" else (0, 2**32 - 1)
    rng = np.random.default_rng(3)
    values = rng.integers(low, high, shape, dtype, endpoint=True)
    values.flat[: values.size // 2] //= 2 ** (limits.bits // 2 - 1)  # some easy, some hard
    values.flat[0], values.flat[-1] = low if algorithm == "PLIO_1" else 0, high
    return values


def noise(dtype, shape, sigma=10.0):
    return np.random.default_rng(4).normal(100, sigma, shape).astype(dtype)


def astropy_data(path, hdu=1):
    with fits.open(path) as f:
        return np.array(f[hdu].data)


def raw_table(path, hdu=1):
    """Header and columns of the table as it stands, with its checksums verified."""
    with fits.open(path, disable_image_compression=True, checksum=True) as f:
        f.verify("exception")
        data = f[hdu].data
        columns = {name: [np.array(cell) for cell in data[name]] for name in data.names}
        return f[hdu].header.copy(), columns


def readers(algorithm, dtype):
    """Who reads such a file: CFITSIO knows no 64-bit tiles and does not undo BZERO of raw ones."""
    known = {"astropy": astropy_data, "fitsio": lambda path: fitsio.read(path, ext=1)}
    long_tiles = dtype in LONG and algorithm in ("GZIP_1", "GZIP_2", "NOCOMPRESS")
    shifted_raw = algorithm == "NOCOMPRESS" and (dtype in UNSIGNED or dtype == "int8")
    if long_tiles or shifted_raw:
        del known["fitsio"]
    return known


def possible(algorithm, dtype, shape):
    if algorithm == "PLIO_1" and dtype in UNSIGNED:
        return False
    return algorithm != "HCOMPRESS_1" or len(shape) > 1


# Integers, and floats without loss


@pytest.mark.parametrize(("shape", "tile"), SHAPES)
@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_integers_are_read_equal_by_others(path, algorithm, dtype, shape, tile):
    image = integers(dtype, shape, algorithm)
    compression = Compression(algorithm, tile=tile)
    if not possible(algorithm, dtype, shape):
        with pytest.raises(ValueError, match=f"{algorithm} "):
            torchfits.write(path, image, compress=compression)
        return
    torchfits.write(path, torch.from_numpy(image), compress=compression, checksum=True)
    raw_table(path)
    narrowed = dtype in LONG and algorithm in ("RICE_1", "HCOMPRESS_1", "PLIO_1")
    kept = image.astype(dtype.replace("64", "32")) if narrowed else image
    for name, read in {**readers(algorithm, dtype), "torchfits": _ours}.items():
        found = read(path)
        assert found.dtype.newbyteorder("=") == kept.dtype, name
        np.testing.assert_array_equal(found, image, err_msg=name)


def _ours(path):
    return torchfits.read(path).numpy()


@pytest.mark.parametrize(("shape", "tile"), [*SHAPES[:1], *SHAPES[3:]])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("algorithm", ["GZIP_1", "GZIP_2", "NOCOMPRESS"])
def test_t27_floats_without_loss_are_equal(path, algorithm, dtype, shape, tile):
    image = noise(dtype, shape)
    image.flat[:4] = np.nan, np.inf, -0.0, 1e-40
    for level in (None, 0):
        compression = Compression(algorithm, tile=tile, quantize_level=level)
        torchfits.write(path, image, compress=compression, overwrite=True, checksum=True)
        header, _ = raw_table(path)
        assert not {"ZQUANTIZ", "ZSCALE", "ZZERO", "ZDITHER0"} & set(header)
        for name, read in {**readers(algorithm, dtype), "torchfits": _ours}.items():
            found = read(path)
            np.testing.assert_array_equal(found, image, err_msg=name)
            assert np.signbit(found.flat[2]), name


@pytest.mark.parametrize("algorithm", ["RICE_1", "HCOMPRESS_1", "PLIO_1"])
def test_floats_without_loss_are_refused_where_there_is_no_way(path, algorithm):
    with pytest.raises(ValueError, match=f"{algorithm} .*GZIP_2"):
        torchfits.write(path, noise("float32", (8, 8)),
                        compress=Compression(algorithm, quantize_level=None))  # fmt: skip
    assert not path.exists()


# Quantised floats


@pytest.mark.parametrize(("shape", "tile"), [*SHAPES[1:2], *SHAPES[3:]])
@pytest.mark.parametrize("dither", DITHERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("algorithm", ["RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1"])
def test_quantised_floats_are_read_alike_by_all(path, algorithm, dtype, dither, shape, tile):
    image = noise(dtype, shape)
    compression = Compression(algorithm, tile=tile, dither=dither)
    if algorithm == "HCOMPRESS_1" and dither == "SUBTRACTIVE_DITHER_2":
        with pytest.raises(ValueError, match="exact zeros"):
            torchfits.write(path, image, compress=compression)
        return
    torchfits.write(path, image, compress=compression, checksum=True)
    header, rows = raw_table(path)
    assert header["ZQUANTIZ"] == dither
    ours = _ours(path)
    for read in readers(algorithm, dtype).values():
        found = read(path)
        # astropy dequantises in another order of operations: one unit in the last place.
        np.testing.assert_allclose(found, ours, rtol=3e-7)
    half_step = max(rows["ZSCALE"]) / 2
    assert np.abs(ours - image).max() <= half_step * 1.001
    assert max(rows["ZSCALE"]) < 2 * 10 / 16


@pytest.mark.parametrize("dither", DITHERS)
@pytest.mark.parametrize("algorithm", ["RICE_1", "GZIP_2", "HCOMPRESS_1"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_t25_nan_survives(path, algorithm, dtype, dither):
    if algorithm == "HCOMPRESS_1" and dither == "SUBTRACTIVE_DITHER_2":
        pytest.skip("refused: tested elsewhere")
    image = noise(dtype, (32, 50))
    image[3:9, 7:20] = np.nan
    image[20] = np.nan
    torchfits.write(path, image, compress=Compression(algorithm, dither=dither))
    for read in (astropy_data, lambda p: fitsio.read(p, ext=1), _ours):
        found = read(path)
        np.testing.assert_array_equal(np.isnan(found), np.isnan(image))
        np.testing.assert_allclose(found, image, atol=2)
    assert raw_table(path)[0]["ZBLANK"] == -2147483647


def test_t22_exact_zeros_survive_subtractive_dither_2(path):
    image = noise("float32", (20, 60))
    image[:, ::7] = 0
    image[5, 3] = np.nan
    compression = Compression("RICE_1", dither="SUBTRACTIVE_DITHER_2")
    torchfits.write(path, image, compress=compression)
    for read in (astropy_data, lambda p: fitsio.read(p, ext=1), _ours):
        found = read(path)
        np.testing.assert_array_equal(found == 0, image == 0)
        np.testing.assert_array_equal(np.isnan(found), np.isnan(image))


@pytest.mark.parametrize("algorithm", ["RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_t24_tiles_that_cannot_be_quantised_are_kept_without_loss(path, algorithm, dtype):
    image = noise(dtype, (48, 50))
    image[4, 9], image[4, 10] = np.inf, np.nan  # first tile
    image[16:32] = 7.25  # no noise in the second
    torchfits.write(path, image, compress=Compression(algorithm, tile=(16, 50)))
    _, rows = raw_table(path)
    assert [len(cell) > 0 for cell in rows["GZIP_COMPRESSED_DATA"]] == [True, True, False]
    assert [len(cell) > 0 for cell in rows["COMPRESSED_DATA"]] == [False, False, True]
    for read in (astropy_data, _ours):
        np.testing.assert_array_equal(read(path)[:32], image[:32])
    image[4, 9] = np.nan  # CFITSIO reads infinities of such tiles as NaN, its own too
    np.testing.assert_array_equal(fitsio.read(path, ext=1)[:32], image[:32])


def test_t19_the_defaults_are_ours_and_documented(path):
    image = noise("float32", (64, 200))
    torchfits.write(path, image, compress=True)
    header, rows = raw_table(path)
    assert header["ZCMPTYPE"] == "RICE_1"
    assert header["ZQUANTIZ"] == "SUBTRACTIVE_DITHER_1"
    first = image[0].tobytes()
    assert header["ZDITHER0"] == sum(first) % 10000 + 1  # CFITSIO's choice -1
    assert np.median(rows["ZSCALE"]) == pytest.approx(10 / 16, rel=0.2)
    assert [header["ZTILE1"], header["ZTILE2"]] == [200, 1]


def test_an_absolute_step(path):
    torchfits.write(path, noise("float32", (9, 30)), compress=Compression(quantize_level=-0.5))
    assert raw_table(path)[1]["ZSCALE"] == [0.5] * 9


# What the files look like


def test_t20_t36_the_header_of_a_compressed_image(path):
    image = integers("uint16", (3, 20, 30))
    header = {"OBJECT": "M31", "BSCALE": 4.0, "ZNAXIS1": 7}
    torchfits.write(path, image, header=header, name="SCI", compress=Compression(tile=(1, 10, 30)))
    found, rows = raw_table(path)
    assert fits.getheader(path, 0)["NAXIS"] == 0
    expected = {
        "XTENSION": "BINTABLE", "BITPIX": 8, "NAXIS": 2, "NAXIS1": 8, "NAXIS2": 6, "GCOUNT": 1,
        "TFIELDS": 1, "TTYPE1": "COMPRESSED_DATA", "ZIMAGE": True, "ZTENSION": "IMAGE",
        "ZBITPIX": 16, "ZNAXIS": 3, "ZNAXIS1": 30, "ZNAXIS2": 20, "ZNAXIS3": 3, "ZPCOUNT": 0,
        "ZGCOUNT": 1, "ZTILE1": 30, "ZTILE2": 10, "ZTILE3": 1, "ZCMPTYPE": "RICE_1",
        "ZNAME1": "BLOCKSIZE", "ZVAL1": 32, "ZNAME2": "BYTEPIX", "ZVAL2": 2, "BSCALE": 1,
        "BZERO": 32768, "EXTNAME": "SCI", "OBJECT": "M31",
    }  # fmt: skip
    assert {key: found[key] for key in expected} == expected
    longest = int(found["TFORM1"].removeprefix("1PB(").removesuffix(")"))
    lengths = [len(cell) for cell in rows["COMPRESSED_DATA"]]
    assert longest == max(lengths)
    assert found["PCOUNT"] == sum(lengths)


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_bytepix_follows_the_pixels(path, bits):
    torchfits.write(path, np.ones((4, 5), f"int{bits}"), compress="rice")
    assert raw_table(path)[0]["ZVAL2"] == bits // 8


def test_plio_is_an_array_of_short_integers(path):
    torchfits.write(path, integers("int32", (10, 40), "PLIO_1"), compress="plio")
    header, rows = raw_table(path)
    assert header["TFORM1"].startswith("1PI(")
    assert rows["COMPRESSED_DATA"][0].dtype == np.int16


@pytest.mark.parametrize(("lines", "tile"), [(20, 20), (30, 30), (48, 16), (50, 20), (33, 24)])
def test_t20_hcompress_lines_leave_no_thin_tile(path, lines, tile):
    torchfits.write(path, np.ones((lines, 9), "int16"), compress="HCOMPRESS_1")
    assert raw_table(path)[0]["ZTILE2"] == tile
    assert lines % tile == 0 or lines % tile >= 4


def test_several_compressed_hdus(path):
    images = [integers("int16", (9, 12)), noise("float32", (4, 30))]
    torchfits.write(
        path, [(None, {"A": 1}), (images[0], None, "ONE"), (images[1], None, "TWO")],
        compress=True, checksum=True,
    )  # fmt: skip
    with torchfits.open(path) as f:
        assert [hdu.kind for hdu in f] == ["image", "compressed_image", "compressed_image"]
        assert f[0].header["A"] == 1
        np.testing.assert_array_equal(f["ONE"].read().numpy(), images[0])
    with fits.open(path, checksum=True) as f:
        np.testing.assert_array_equal(f["ONE"].data, images[0])
        np.testing.assert_allclose(f["TWO"].data, images[1], atol=1)


def test_a_header_that_was_read_compressed_is_not_copied_into_the_next(path, tmp_path):
    torchfits.write(path, integers("int16", (9, 12)), compress="HCOMPRESS_1", header={"A": 1})
    image, header = torchfits.read(path, header=True)
    torchfits.write(tmp_path / "plain.fits", image, header=header)
    plain = fits.getheader(tmp_path / "plain.fits")
    assert plain["A"] == 1
    assert not [key for key in plain if key.startswith(("Z", "T"))]


# Bytes


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("algorithm", ["RICE_1", "HCOMPRESS_1"])
def test_the_same_pixels_give_the_same_bytes(path, tmp_path, algorithm, threads):
    image = noise("float32", (600, 700))
    torchfits.write(path, image, compress=algorithm)
    torchfits.set_num_threads(threads)
    try:
        torchfits.write(tmp_path / "again.fits", torch.from_numpy(image), compress=algorithm)
    finally:
        torchfits.set_num_threads(0)
    assert (tmp_path / "again.fits").read_bytes() == path.read_bytes()


@tool("fpack")
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float32", "float64"])
@pytest.mark.parametrize("flags", ["-r", "-h", "-p", "-r -t 17,5"])
def test_the_tiles_are_those_of_fpack(path, tmp_path, dtype, flags):
    floats = dtype.startswith("float")
    algorithm = {"-r": "RICE_1", "-h": "HCOMPRESS_1", "-p": "PLIO_1"}[flags.split()[0]]
    if algorithm == "PLIO_1" and (floats or dtype == "uint16"):
        pytest.skip("refused: tested elsewhere")
    image = noise(dtype, (48, 60)) if floats else integers(dtype, (48, 60), algorithm)
    if algorithm == "PLIO_1":  # fpack dies of pixels that do not compress
        image = np.repeat(image[:, ::10], 10, axis=1)
    plain = tmp_path / "plain.fits"
    fits.PrimaryHDU(image).writeto(plain)
    # -qt: SUBTRACTIVE_DITHER_1, its seed by the first tile
    command = ["fpack", *flags.split(), "-qt", "16", "-O", tmp_path / "f.fz", plain]
    subprocess.run(command, check=True, capture_output=True)
    tile = (5, 17) if "-t" in flags else None
    torchfits.write(path, image, compress=Compression(algorithm, tile=tile))
    theirs, ours = raw_table(tmp_path / "f.fz")[1], raw_table(path)[1]
    for column in theirs:
        for row, (expected, found) in enumerate(zip(theirs[column], ours[column], strict=True)):
            np.testing.assert_array_equal(found, expected, err_msg=f"{column}, row {row}")


@tool("funpack")
@pytest.mark.parametrize("algorithm", ["RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1", "PLIO_1"])
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "uint16", "int32", "float32"])
def test_funpack_and_imcopy_read_the_file(path, tmp_path, algorithm, dtype):
    if algorithm == "PLIO_1" and dtype in ("float32", "uint16"):
        pytest.skip("refused: tested elsewhere")
    shape = (40, 50)
    image = noise(dtype, shape) if dtype == "float32" else integers(dtype, shape, algorithm)
    torchfits.write(path, image, compress=algorithm, header={"OBJECT": "M31"})
    expected = _ours(path)
    subprocess.run(["funpack", "-O", tmp_path / "f.fits", path], check=True, capture_output=True)
    np.testing.assert_array_equal(astropy_data(tmp_path / "f.fits"), expected)
    assert fits.getheader(tmp_path / "f.fits", 1)["OBJECT"] == "M31"
    if shutil.which("imcopy"):
        subprocess.run(["imcopy", f"{path}[1]", tmp_path / "i.fits"], check=True,
                       capture_output=True)  # fmt: skip
        np.testing.assert_array_equal(astropy_data(tmp_path / "i.fits", 0), expected)


@given(data=st.data())
@settings(max_examples=80, deadline=None)
def test_round_trips(tmp_path_factory, data):
    algorithm = data.draw(st.sampled_from(ALGORITHMS))
    dtype = data.draw(st.sampled_from([d for d in INTEGERS if d not in LONG]))
    if algorithm == "PLIO_1" and dtype in UNSIGNED:
        dtype = "int32"
    plane = data.draw(st.tuples(st.integers(4, 30), st.integers(4, 30)))
    if algorithm == "HCOMPRESS_1":
        shape, tile = (*data.draw(st.sampled_from([(), (3,)])), *plane), None
    else:
        shape = (*data.draw(st.lists(st.integers(1, 4), max_size=3)), *plane)
        tile = tuple(data.draw(st.integers(1, length + 3)) for length in shape)
    image = integers(dtype, shape, algorithm)
    path = tmp_path_factory.mktemp("h") / "h.fits"
    torchfits.write(path, image, compress=Compression(algorithm, tile=tile), checksum=True)
    np.testing.assert_array_equal(_ours(path), image)
    np.testing.assert_array_equal(astropy_data(path), image)
    if len(shape) <= 3 and "fitsio" in readers(algorithm, dtype):  # CFITSIO's limit
        np.testing.assert_array_equal(fitsio.read(path, ext=1), image)


# HCOMPRESS with a scale


def test_t31_a_positive_scale_is_relative_to_the_noise(path):
    image = np.random.default_rng(1).normal(1000, 20, (64, 64)).astype("int32")
    sizes = []
    for scale in (0, 1, 4, -20):
        compression = Compression("HCOMPRESS_1", hcomp_scale=scale)
        torchfits.write(path, image, compress=compression, overwrite=True)
        sizes.append(raw_table(path)[0]["PCOUNT"])
        np.testing.assert_array_equal(astropy_data(path), _ours(path))
        worst = np.abs(_ours(path) - image).max()
        assert worst == 0 if scale == 0 else 0 < worst < 20 * max(abs(scale), 4)
        assert raw_table(path)[0]["ZVAL1"] == scale
    assert sizes[0] > sizes[1] > sizes[2]
    assert abs(sizes[3] - sizes[1]) < sizes[1] / 5


@tool("fpack")
def test_t31_the_scale_is_fpacks(path, tmp_path):
    image = np.random.default_rng(1).normal(1000, 20, (64, 64)).astype("int32")
    fits.PrimaryHDU(image).writeto(tmp_path / "plain.fits")
    command = ["fpack", "-h", "-s", "2.5", "-O", tmp_path / "f.fz", tmp_path / "plain.fits"]
    subprocess.run(command, check=True, capture_output=True)
    torchfits.write(path, image, compress=Compression("HCOMPRESS_1", hcomp_scale=2.5))
    theirs, ours = raw_table(tmp_path / "f.fz")[1], raw_table(path)[1]
    for expected, found in zip(theirs["COMPRESSED_DATA"], ours["COMPRESSED_DATA"], strict=True):
        np.testing.assert_array_equal(found, expected)


def test_nan_survives_a_lossy_hcompress(path):
    image = noise("float32", (32, 64))
    image[3, 5] = np.nan
    compression = Compression("HCOMPRESS_1", hcomp_scale=2, hcomp_smooth=True)
    torchfits.write(path, image, compress=compression)
    for read in (astropy_data, lambda p: fitsio.read(p, ext=1), _ours):
        found = read(path)
        np.testing.assert_array_equal(np.isnan(found), np.isnan(image))
        np.testing.assert_allclose(found, image, atol=20)
    assert raw_table(path)[0]["ZVAL2"] == 1


# What is refused


def test_t29_long_integers_that_do_not_fit_are_refused(path):
    for dtype, value in (("int64", 2**31), ("int64", -(2**31) - 1), ("uint64", 2**32)):
        image = np.zeros((8, 8), dtype)
        image[-1, -1] = value
        for algorithm in ("RICE_1", "HCOMPRESS_1"):
            with pytest.raises(ValueError, match=f"{algorithm} .*32 bits.*GZIP_2, GZIP_1"):
                torchfits.write(path, image, compress=algorithm)
        torchfits.write(path, image, compress="GZIP_2", overwrite=True)
        np.testing.assert_array_equal(astropy_data(path), image)
        path.unlink()


@pytest.mark.parametrize("value", [-1, 2**24])
def test_t30_plio_takes_24_bits(path, value):
    image = np.zeros((3, 4), "int32")
    image[1, 2] = value
    with pytest.raises(ValueError, match=f"16777215, not {value}; use RICE_1"):
        torchfits.write(path, image, compress="PLIO_1")
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("shape", "tile", "message"),
    [
        ((40,), None, "two axes"),
        ((3, 40), None, "at least 4 x 4"),
        ((40, 3), None, "at least 4 x 4"),
        ((40, 40), (6, 19), "leaves one of 2 on an axis of 40"),
        ((4, 40, 40), (2, 10, 10), "planes of the last two axes"),
    ],
)
def test_t31_tiles_that_hcompress_cannot_have(path, shape, tile, message):
    with pytest.raises(ValueError, match=message):
        torchfits.write(path, np.ones(shape, "int16"), compress=Compression("HCOMPRESS_1", tile))


def test_shapes_that_cannot_be_compressed(path):
    with pytest.raises(ValueError, match=r"tile=\(1, 5\) has 2 axes, the image \(9,\) has 1"):
        torchfits.write(path, torch.zeros(9), compress=Compression(tile=(1, 5)))
    with pytest.raises(ValueError, match=r"\(3, 0\) has no pixels"):
        torchfits.write(path, torch.zeros(3, 0), compress=True)
    with pytest.raises(ValueError, match="item 1 of the list.*no pixels"):
        torchfits.write(path, [torch.zeros(3), torch.zeros(3, 0)], compress="gzip")


@pytest.mark.parametrize(
    ("choices", "error", "message"),
    [
        ({"algorithm": "RISE"}, ValueError, "unknown algorithm 'RISE'; use one of RICE_1, GZIP_1"),
        ({"algorithm": 1}, TypeError, "use one of RICE_1"),
        ({"dither": "DITHER"}, ValueError, "use one of NO_DITHER, SUBTRACTIVE_DITHER_1"),
        ({"tile": (0, 5)}, ValueError, "at least one pixel"),
        ({"tile": 5}, TypeError, "one length for each axis"),
        ({"tile": (1.5, 2)}, TypeError, "one length for each axis"),
        ({"quantize_level": float("nan")}, ValueError, "not finite"),
        ({"quantize_level": "fine"}, TypeError, "takes a number"),
        ({"dither_seed": 0}, ValueError, "1 to 10000"),
        ({"dither_seed": 10001}, ValueError, "1 to 10000"),
        ({"dither_seed": 1.0}, TypeError, "1 to 10000"),
        ({"hcomp_scale": 1}, ValueError, "HCOMPRESS_1, not RICE_1"),
        ({"algorithm": "HCOMPRESS_1", "hcomp_smooth": 1}, TypeError, "True or False"),
    ],
)
def test_choices_are_checked_when_they_are_made(choices, error, message):
    with pytest.raises(error, match=message):
        Compression(**choices)


def test_names_of_algorithms_are_free_of_case_and_have_short_forms():
    names = {"rice": "RICE_1", "Gzip": "GZIP_1", "gzip_2": "GZIP_2", "hcompress": "HCOMPRESS_1",
             "PLIO": "PLIO_1", "nocompress": "NOCOMPRESS"}  # fmt: skip
    assert {given: Compression(given).algorithm for given in names} == names
    assert Compression(tile=[3, 4]).tile == (3, 4)
    assert Compression() == Compression("rice_1")
    with pytest.raises(AttributeError):
        Compression().algorithm = "GZIP_1"
