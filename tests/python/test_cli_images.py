# SPDX-License-Identifier: BSD-3-Clause
"""`torchfits cutout`, `compress`, and images through `convert`."""

import gzip
import io
import shutil
import struct
import subprocess
import zlib

import pytest
import torch
from command_line import DATA, torchfits_command

import torchfits
from torchfits.cli import cutout, png, stretch

np = pytest.importorskip("numpy")
astropy_fits = pytest.importorskip("astropy.io.fits")


@pytest.fixture
def cube(tmp_path):
    path = tmp_path / "cube.fits"
    header = {"CTYPE1": "RA---TAN", "CRPIX1": 3.0, "CRPIX2": 4.0, "OBJECT": "M13"}
    image = torch.arange(2 * 20 * 30, dtype=torch.int16).reshape(2, 20, 30)
    torchfits.write(path, [(None,), (image, header, "SCI")])
    return path


# Cutouts


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["-s", "0,5:10,3:7"], (0, slice(5, 10), slice(3, 7))),
        (["-s", "[1:, :, 3:]"], (slice(1, 2), slice(0, 20), slice(3, 30))),
        (["-p", "[4:7,6:10,1]"], (slice(0, 1), slice(5, 10), slice(3, 7))),
        (["-p", "4:7,*,*"], (slice(0, 2), slice(0, 20), slice(3, 7))),
    ],
)
def test_a_box_is_cut_as_numpy_and_fits_count(cube, tmp_path, options, expected):
    target = tmp_path / "out.fits"
    assert torchfits_command("cutout", *options, cube, "-o", target).code == 0
    with astropy_fits.open(cube) as old, astropy_fits.open(target) as new:
        data = old["SCI"].data[expected]
        assert np.array_equal(np.squeeze(new[0].data), np.squeeze(data))
        header = new[0].header
        assert header["CRPIX1"] == 3.0 - expected[-1].start
        assert header["OBJECT"] == "M13"


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        (["-c", "250.4226,36.4602", "--size", "20"], (20, 20)),
        (["-c", "250.4226,36.4602", "--size", "30arcsec,0.01"], (30, 36)),
        (["--center", "59.0,40.9", "--size", "20", "--frame", "galactic"], (20, 20)),
    ],
)
def test_a_box_on_the_sky(tmp_path, options, shape):
    target = tmp_path / "out.fits"
    done = torchfits_command("cutout", *options, DATA / "m13.fits", "-o", target)
    assert done.code == 0, done.err
    data, header = torchfits.read(target, header=True)
    assert data.shape == shape
    start = [round(150.5 - header[key]) for key in ("CRPIX2", "CRPIX1")]
    whole = torchfits.read(DATA / "m13.fits")
    box = whole[start[0] : start[0] + shape[0], start[1] : start[1] + shape[1]]
    assert torch.equal(data, box)
    if "--frame" not in options:  # the center is the reference pixel, 149.5 counted from 0
        assert start == [150 - (shape[0] + 1) // 2, 150 - (shape[1] + 1) // 2]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-c", "250,36"], "go together"),
        (["-s", "0:5,0:5", "--size", "5"], "go together"),
        (["-s", "0:5,0:5", "--frame", "icrs"], "--frame is of a --center"),
        (["-c", "250", "--size", "5"], "no position RA,DEC"),
        (["-c", "nan,1", "--size", "5"], "no position"),
        (["-c", "250,36", "--size", "5 parsec"], "'30 arcsec'"),
    ],
)
def test_wrong_boxes_on_the_sky(options, words):
    done = torchfits_command("cutout", *options, DATA / "m13.fits")
    assert done.code == 2
    assert words in done.err


def test_a_position_outside():
    done = torchfits_command("cutout", "-c", "10,10", "--size", "5", DATA / "m13.fits", "-o", "-")
    assert done.code == 3
    assert "--fill pads it" in done.err


def test_a_box_of_ds9():
    # DS9 draws box(x, y, w, h) around the center; pixel 1 of FITS reaches from 0.5 to 1.5.
    assert cutout.box_of("5.5,3,2,1") == (slice(2, 3), slice(4, 6))
    assert cutout.box_of("10,10,5,5") == (slice(7, 12), slice(7, 12))
    assert cutout.box_of("1,1,3,3") == (slice(-1, 2), slice(-1, 2))


def test_many_cutouts_lie_beside_their_files_or_in_a_folder(cube, tmp_path):
    other, folder = tmp_path / "m13.fits", tmp_path / "out"
    shutil.copy(DATA / "m13.fits", other)
    folder.mkdir()
    assert torchfits_command("cutout", "-p", "1:5,1:4", other).code == 0
    assert torchfits.read(tmp_path / "m13_cutout.fits").shape == (4, 5)
    done = torchfits_command("cutout", "-s", "1:5,2:4", other, other, "-o", folder, "--json")
    assert done.code == 3
    assert done.records[0]["output"] == str(folder / "m13_cutout.fits")
    assert "exists already" in done.records[1]["error"]


def test_pixels_outside_need_a_value(cube, tmp_path):
    done = torchfits_command("cutout", "-p", "0:3,1:2,1", cube)
    assert done.code == 3
    assert done.err.endswith("--fill pads it\n")
    assert torchfits_command("cutout", "-p", "0:3,1:2,1", "--fill", -1, cube).code == 0
    assert torchfits.read(tmp_path / "cube_cutout.fits")[0, 0].tolist() == [-1, 0, 1, 2]


def test_a_cutout_goes_through_a_pipe():
    data = (DATA / "m13.fits").read_bytes()
    done = torchfits_command("cutout", "-p", "1:3,1:2", "-o", "-", "-", stdin=data)
    assert (done.code, done.err) == (0, "")
    assert torch.equal(torchfits.read(done.data), torchfits.read(DATA / "m13.fits")[:2, :3])


# PNG


def pixels_of(path):
    """Decode a PNG of gray bytes without filters."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        (check,) = struct.unpack_from(">I", data, at + 8 + size)
        assert check == zlib.crc32(kind + body)
        chunks[kind] = body
        at += size + 12
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    width, height, depth, color, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, color, rest) == (8, 0, [0, 0, 0])
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, width + 1)
    assert not lines[:, 0].any()
    return lines[:, 1:]


def test_a_picture_stands_as_viewers_of_fits_show_it(tmp_path):
    path = tmp_path / "f.fits"
    torchfits.write(path, torch.tensor([[0.0, 10.0, 5.0], [torch.nan, 20.0, -3.0]]))
    assert torchfits_command("convert", path, "--to", "png", "--range", "0,10").code == 0
    picture = tmp_path / "f.png"
    assert pixels_of(picture).tolist() == [[0, 255, 0], [0, 255, 128]]
    options = ["--to", "png", "--range", "0,10", "--invert", "--overwrite"]
    assert torchfits_command("convert", path, *options).code == 0
    assert pixels_of(picture).tolist() == [[255, 0, 255], [255, 0, 127]]


def test_a_plane_of_a_cube_is_chosen(cube, tmp_path):
    done = torchfits_command("convert", cube, "--to", "png")
    assert done.code == 3
    assert "such as 0,:,:" in done.err
    assert torchfits_command("convert", cube, "--to", "png", "-s", "1,:,:").code == 0
    assert pixels_of(tmp_path / "cube.png").shape == (20, 30)


def test_other_programs_read_the_picture(tmp_path):
    pillow = pytest.importorskip("PIL.Image")
    levels = np.random.default_rng(1).integers(0, 256, (40, 70)).astype(np.uint8)
    (tmp_path / "f.png").write_bytes(png.png_bytes(levels))
    with pillow.open(tmp_path / "f.png") as picture:
        assert np.array_equal(np.asarray(picture), levels)


def images_for_limits():
    random = np.random.default_rng(3)
    sky = random.normal(100, 5, (200, 300)).astype(np.float32)
    stars = sky.copy()
    stars[50:60, 50:70] += 1000
    holes = sky.astype(np.float64)
    holes[::7] = np.nan
    return {
        "sky": sky, "stars": stars, "holes": holes, "flat": np.full((9, 9), 7, np.int16),
        "ramp": np.arange(10000, dtype=np.uint16).reshape(100, 100), "few": sky[:2, :2],
        "m13": torchfits.read(DATA / "m13.fits").numpy(),
    }  # fmt: skip


@pytest.mark.parametrize("name", list(images_for_limits()))
def test_limits_are_those_of_astropy(name):
    visualization = pytest.importorskip("astropy.visualization")
    image = images_for_limits()[name]
    expected = visualization.ZScaleInterval().get_limits(image)
    assert stretch.limits_of(image, "zscale") == pytest.approx(
        expected, rel=1e-6
    )  # astropy: in float32
    expected = visualization.PercentileInterval(90).get_limits(image)
    assert stretch.limits_of(image, "percentile", 90) == pytest.approx(expected)
    expected = visualization.MinMaxInterval().get_limits(image)
    assert stretch.limits_of(image, "minmax") == pytest.approx(expected)


@pytest.mark.parametrize("curve", list(stretch.CURVES))
def test_curves_are_those_of_astropy(curve):
    visualization = pytest.importorskip("astropy.visualization")
    image = np.linspace(-1.0, 3.0, 101).reshape(1, 101)
    expected = {
        "linear": visualization.LinearStretch(), "sqrt": visualization.SqrtStretch(),
        "log": visualization.LogStretch(1000), "asinh": visualization.AsinhStretch(0.1),
    }[curve](np.clip(image / 2, 0, 1))  # fmt: skip
    found = stretch.gray_levels(image, (0.0, 2.0), curve)
    tolerance = 0.51 if curve != "log" else 0.6  # astropy: log(1 + 1000 x) / log(1001), as here
    assert np.abs(found - expected * 255).max() <= tolerance


def test_an_image_without_numbers_is_black():
    image = np.full((2, 2), np.nan)
    assert stretch.limits_of(image, "zscale") == (0.0, 1.0)
    assert not stretch.gray_levels(image, (0.0, 1.0), "linear").any()


# Compression


@pytest.fixture
def mixed(tmp_path):
    """A primary image with a scale, a table, an image extension, an unsigned one."""
    path = tmp_path / "mixed.fits"
    scaled = astropy_fits.PrimaryHDU(np.arange(600, dtype=np.int16).reshape(20, 30))
    scaled.header["OBJECT"] = "M13"
    table = astropy_fits.BinTableHDU.from_columns(
        [astropy_fits.Column("X", "I", array=np.arange(5))],
        name="CAT",
    )
    noise = np.random.default_rng(5).normal(100, 3, (40, 50)).astype(np.float32)
    image = astropy_fits.ImageHDU(noise, name="SCI")
    unsigned = astropy_fits.ImageHDU(np.arange(100, dtype=np.uint16).reshape(10, 10), name="DQ")
    hdus = astropy_fits.HDUList([scaled, table, image, unsigned])
    hdus.writeto(path, checksum=True)
    with torchfits.open(path, "r+") as f:
        f[0].header.update({"BSCALE": 0.1, "BZERO": 7.0, "BLANK": 5})
        f["CAT"].header["TSCAL1"] = 0.5
    return path


def bytes_of(path, hdu):
    with astropy_fits.open(path, disable_image_compression=True) as f:
        at = f[hdu].fileinfo()
        return path.read_bytes()[at["hdrLoc"] : at["datLoc"] + at["datSpan"]]


def test_images_are_compressed_and_the_rest_keeps_its_bytes(mixed, tmp_path):
    done = torchfits_command("compress", "--json", mixed)
    assert done.code == 0
    packed = tmp_path / "mixed.fits.fz"
    (record,) = done.records
    assert (record["output"], record["images"]) == (str(packed), 3)
    assert record["bytes"] == packed.stat().st_size
    with torchfits.open(packed) as f:
        kinds = [hdu.kind for hdu in f]
    assert kinds == ["image", "compressed_image", "table", "compressed_image", "compressed_image"]
    assert bytes_of(packed, 2) == bytes_of(mixed, 1)
    assert torchfits.verify(packed).ok
    with astropy_fits.open(packed) as new, astropy_fits.open(mixed) as old:
        assert np.array_equal(new[1].data, old[0].data, equal_nan=True)
        assert np.array_equal(new["DQ"].data, old["DQ"].data)
        assert np.abs(new["SCI"].data - old["SCI"].data).max() < 1


def test_lossless_and_back_again(mixed, tmp_path):
    before = mixed.read_bytes()
    assert torchfits_command("compress", "--lossless", mixed).code == 0
    assert mixed.read_bytes() == before
    packed = tmp_path / "mixed.fits.fz"
    assert torchfits_command("diff", mixed, packed).out == ""
    mixed.unlink()
    assert torchfits_command("compress", "-d", packed).code == 0
    assert bytes_of(mixed, 1) == bytes_of_the_table(before)
    with astropy_fits.open(mixed, do_not_scale_image_data=True, checksum=True) as f:
        assert f[0].data.tolist() == np.arange(600).reshape(20, 30).tolist()
        cards = f[0].header
        assert [cards["BSCALE"], cards["BZERO"], cards["BLANK"], cards["OBJECT"]] == [
            0.1, 7.0, 5, "M13",
        ]  # fmt: skip
        assert [hdu.name for hdu in f] == ["PRIMARY", "CAT", "SCI", "DQ"]
    assert torchfits.verify(mixed).ok


def bytes_of_the_table(data):
    with astropy_fits.open(io.BytesIO(data)) as f:
        at = f["CAT"].fileinfo()
        return data[at["hdrLoc"] : at["datLoc"] + at["datSpan"]]


@pytest.mark.skipif(shutil.which("funpack") is None, reason="needs funpack")
def test_funpack_and_fpack_agree(mixed, tmp_path):
    packed, plain = tmp_path / "p.fits.fz", tmp_path / "p.fits"
    torchfits_command("compress", "--lossless", DATA / "m13.fits", "-o", packed)
    subprocess.run(["funpack", "-O", plain, packed], check=True, timeout=60)
    assert np.array_equal(astropy_fits.getdata(plain, -1), astropy_fits.getdata(DATA / "m13.fits"))
    shutil.copy(DATA / "m13.fits", tmp_path / "q.fits")
    subprocess.run(["fpack", tmp_path / "q.fits"], check=True, timeout=60)
    back = tmp_path / "back.fits"
    assert torchfits_command("compress", "-d", tmp_path / "q.fits.fz", "-o", back).code == 0
    ignored = ["-k", "CHECKSUM,DATASUM,EXTEND,FZ*", "-c", "*"]
    assert torchfits_command("diff", *ignored, DATA / "m13.fits", back).out == ""


def test_a_file_is_replaced_in_place(tmp_path):
    path = tmp_path / "m13.fits"
    shutil.copy(DATA / "m13.fits", path)
    path.chmod(0o640)
    assert torchfits_command("compress", "-i", path).code == 0
    assert path.stat().st_mode & 0o777 == 0o640
    assert torchfits.info(path)[1].kind == "compressed_image"
    assert torchfits_command("compress", "-d", "-i", path).code == 0
    assert torch.equal(torchfits.read(path, 0), torchfits.read(DATA / "m13.fits"))
    assert [each.name for each in tmp_path.iterdir()] == ["m13.fits"]


@pytest.mark.parametrize("stdin", [False, True])
def test_files_that_are_compressed_as_a_whole(tmp_path, stdin):
    source, target = tmp_path / "m13.fits.gz", tmp_path / "out.fits.fz"
    data = gzip.compress((DATA / "m13.fits").read_bytes())
    source.write_bytes(data)
    given = ["-"] if stdin else [source]
    assert torchfits_command("compress", *given, "-o", target, stdin=data).code == 0
    assert torchfits_command("diff", target, DATA / "m13.fits").out == ""
    plain = tmp_path / "plain.fits"
    assert torchfits_command("convert", source, "-o", plain).code == 0
    assert plain.read_bytes() == (DATA / "m13.fits").read_bytes()
    source.write_bytes(data[:5000])
    done = torchfits_command("convert", source, "-o", tmp_path / "cut.fits")
    assert done.code == 3
    assert "cut off" in done.err
    done = torchfits_command("convert", DATA / "lzw.fits.Z", "-o", tmp_path / "cut.fits")
    assert "run uncompress on it first" in done.err
    assert not (tmp_path / "cut.fits").exists()


def test_what_an_algorithm_cannot_do_is_told(tmp_path):
    path = tmp_path / "f.fits"
    torchfits.write(path, torch.tensor([[2**40, 1]]))
    done = torchfits_command("compress", path)
    assert done.code == 3
    assert done.err.startswith(f"torchfits: {path}, HDU 0: RICE_1 takes integers of 32 bits")
    assert torchfits_command("compress", "-a", "gzip", path).code == 0
    done = torchfits_command("compress", "-d", path)
    assert "does not end in .fz" in done.err
