# SPDX-License-Identifier: BSD-3-Clause
"""Plain images on disk: what astropy, fitsio and the raw bytes say of what `write` wrote."""

import io
import os
import stat
import sys
import warnings
from pathlib import Path

import fitsio
import numpy as np
import pytest
import torch
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import torchfits

DTYPES = [
    "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64",
]  # fmt: skip
OFFSETS = {"int8": -128, "uint16": 2**15, "uint32": 2**31, "uint64": 2**63}
BITPIX = {"uint8": 8, "int8": 8, "uint16": 16, "int16": 16, "uint32": 32, "int32": 32,
          "uint64": 64, "int64": 64, "float32": -32, "float64": -64}  # fmt: skip


def pixels(dtype, shape=(5, 7)):
    rng = np.random.default_rng(5)
    if dtype.startswith("float"):
        return rng.normal(0, 1e3, shape).astype(dtype)
    limits = np.iinfo(dtype)
    values = rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)
    values.flat[0], values.flat[-1] = limits.min, limits.max
    return values


def astropy_data(path, hdu=0):
    """With checksums verified: a wrong one is a warning, and warnings are errors here."""
    with fits.open(path, checksum=True, mode="readonly") as f:
        f.verify("exception")
        return np.array(f[hdu].data)


def same(found, expected):
    assert found.dtype.newbyteorder("=") == expected.dtype
    np.testing.assert_array_equal(found, expected)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new.fits"


# Pixels


@pytest.mark.parametrize("checksum", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_is_read_equal_by_others(path, dtype, checksum):
    image = pixels(dtype)
    torchfits.write(path, torch.from_numpy(image), checksum=checksum)
    same(astropy_data(path), image)
    if dtype != "uint64":  # fitsio 1.4.2 overflows on its own files, too
        same(fitsio.read(path), image)
    same(torchfits.read(path).numpy(), image)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_bytes_are_those_of_the_standard(path, dtype):
    image = pixels(dtype)
    torchfits.write(path, image)
    raw = path.read_bytes()
    assert len(raw) == 2 * 2880
    cards = [raw[i : i + 80].decode() for i in range(0, 2880, 80)]
    assert cards[0].startswith("SIMPLE  =                    T")
    assert cards[1].startswith(f"BITPIX  = {BITPIX[dtype]:>20}")
    assert cards[2].startswith("NAXIS   =                    2")
    assert cards[3].startswith("NAXIS1  =                    7")
    assert cards[4].startswith("NAXIS2  =                    5")
    zero = [card for card in cards if card.startswith("BZERO")]
    if dtype in OFFSETS:
        assert int(zero[0][10:30]) == OFFSETS[dtype]
        stored = [int(value) - OFFSETS[dtype] for value in image.flat]
    else:
        assert not zero
        stored = image.flatten()
    size = abs(BITPIX[dtype]) // 8
    on_disk = np.dtype(f">{'f' if BITPIX[dtype] < 0 else 'u' if size == 1 else 'i'}{size}")
    expected = np.array(stored, on_disk).tobytes()
    assert raw[2880:] == expected.ljust(2880, b"\0")


@pytest.mark.parametrize(
    ("dtype", "stored"),
    [
        (torch.float16, torch.float32),
        (torch.bfloat16, torch.float32),
        (torch.bool, torch.uint8),
    ],
)
def test_small_floats_and_bools_are_widened(path, dtype, stored):
    image = torch.tensor([[0.0, 1.5, -2.25], [3e4, float("inf"), float("nan")]]).to(dtype)
    torchfits.write(path, image)
    read = torchfits.read(path)
    assert read.dtype == stored
    torch.testing.assert_close(read, image.to(stored), rtol=0, atol=0, equal_nan=True)
    same(astropy_data(path), image.to(stored).numpy())


def test_nan_payloads_and_signed_zeros_keep_their_bits(path):
    bits = np.array([0x7FC01234, 0xFF800001, 0x80000000, 0x00000001, 0x7F800000], np.uint32)
    torchfits.write(path, torch.from_numpy(bits.view(np.float32)))
    assert path.read_bytes()[2880:2900] == bits.astype(">u4").tobytes()


@pytest.mark.parametrize("length", [2879, 2880, 2881, 65536, 65537, 131072 * 3 + 5, 3_000_017])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float64"])
def test_blocks_and_threads_leave_no_seam(path, dtype, length):
    count = max(length // np.dtype(dtype).itemsize, 1)
    image = np.arange(count, dtype="uint64").astype(dtype)
    torchfits.write(path, torch.from_numpy(image), checksum=True)
    assert path.stat().st_size % 2880 == 0
    same(astropy_data(path), image)


def test_t99_layouts_in_memory_do_not_matter(path):
    image = np.arange(60, dtype="int32").reshape(3, 4, 5)
    tensor = torch.from_numpy(image)
    unaligned = np.frombuffer(b"x" + image.tobytes(), np.uint8)[1:].view("int32").reshape(3, 4, 5)
    frozen = image.copy()
    frozen.flags.writeable = False
    for tensor_or_array, expected in [
        (tensor.permute(2, 0, 1), image.transpose(2, 0, 1)),
        (tensor[::2, :, 1::3], image[::2, :, 1::3]),
        (tensor[:1].expand(6, 4, 5), np.broadcast_to(image[:1], (6, 4, 5))),
        (image[:, ::-1], image[:, ::-1]),
        (np.asfortranarray(image), image),
        (image.astype(">i4"), image),
        (unaligned, image),
        (frozen, image),
        (np.broadcast_to(np.int32(7), (2, 3)), np.full((2, 3), 7, "int32")),
    ]:
        torchfits.write(path, tensor_or_array, overwrite=True)
        same(astropy_data(path), np.ascontiguousarray(expected))


def test_gradients_and_parameters_are_written(path):
    image = torch.nn.Parameter(torch.arange(6.0).reshape(2, 3))
    torchfits.write(path, image * 2)
    same(astropy_data(path), np.arange(6, dtype="float32").reshape(2, 3) * 2)


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 4), (2, 0, 3)])
def test_a_zero_axis_stays(path, shape):
    torchfits.write(path, torch.empty(shape), checksum=True)
    assert torchfits.read(path).shape == shape
    header = fits.getheader(path)
    assert [header[f"NAXIS{i}"] for i in range(1, header["NAXIS"] + 1)] == list(shape[::-1])


@given(
    image=hnp.arrays(
        st.sampled_from(DTYPES).filter(lambda name: name != "uint64"),
        hnp.array_shapes(min_dims=1, max_dims=5, max_side=9),
    ),
    checksum=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_round_trips(tmp_path_factory, image, checksum):
    path = tmp_path_factory.mktemp("h") / "h.fits"
    torchfits.write(path, torch.from_numpy(image), checksum=checksum)
    same(torchfits.read(path).numpy(), image)
    same(astropy_data(path), image)
    same(fitsio.read(path), image)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_cuda_tensor_is_written(path):
    image = torch.arange(12.0, device="cuda").reshape(3, 4)
    torchfits.write(path, image.T)
    same(astropy_data(path), np.arange(12, dtype="float32").reshape(3, 4).T)


# Headers


def test_cards_are_kept_in_order_with_their_comments(path):
    header = torchfits.Header()
    header["OBJECT"] = "M31", "target"
    header["EXPTIME"] = 30.5, "s"
    header.add_history("made")
    header["HIERARCH ESO DET ID"] = "ccd"
    header["LONG"] = "x" * 150, "continued"
    header["GAIN"] = None
    header["ZENITH"] = 0.25, "no compression keyword"
    header["OBJECT2"] = True
    torchfits.write(path, torch.zeros(2, 3), header=header)
    kept = torchfits.read_header(path)
    assert kept.to_string(padding=False).endswith(header.to_string(padding=False))
    others = fits.getheader(path)
    assert [others["OBJECT"], others.comments["EXPTIME"]] == ["M31", "s"]
    assert others["LONG"] == "x" * 150
    assert others["ESO DET ID"] == "ccd"


def test_t83_cards_that_describe_other_data_are_left_out(path):
    stale = {
        "SIMPLE": True, "XTENSION": "BINTABLE", "BITPIX": 8, "NAXIS": 3, "NAXIS1": 99, "NAXIS3": 9,
        "PCOUNT": 7, "GCOUNT": 2, "GROUPS": True, "TFIELDS": 2, "TTYPE1": "A", "TFORM12": "J",
        "TDIM2": "(2,3)", "THEAP": 5, "BSCALE": 2.0, "BZERO": 5.0, "BLANK": -1, "ZIMAGE": True,
        "ZCMPTYPE": "RICE_1", "ZNAXIS1": 4, "ZTILE2": 4, "ZVAL1": 32, "ZBLANK": 3,
        "ZQUANTIZ": "NO_DITHER", "CHECKSUM": "0" * 16, "DATASUM": "5", "ZHECKSUM": "x",
        "PSCAL1": 2.0, "EXTEND": False,
    }  # fmt: skip
    kept = {"BUNIT": "Jy", "CRPIX1": 3.0, "ZPOINT": 25.0, "TELESCOP": "VLT"}
    torchfits.write(path, torch.ones(2, 3, dtype=torch.int16), header={**stale, **kept})
    header = torchfits.read_header(path)
    assert header.keys() == ["SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "EXTEND", *kept]
    same(astropy_data(path), np.ones((2, 3), "int16"))


def test_a_scaled_image_is_written_with_its_values(tmp_path):
    image, header = torchfits.read("examples/data/scale.fits", header=True)
    torchfits.write(tmp_path / "copy.fits", image, header=header)
    same(astropy_data(tmp_path / "copy.fits"), image.numpy())
    copied = torchfits.read_header(tmp_path / "copy.fits")
    assert copied["BITPIX"] == -32
    assert "BSCALE" not in copied
    assert copied["MAGZP"] == header["MAGZP"]


@pytest.fixture(autouse=True)
def _in_the_root(monkeypatch):
    monkeypatch.chdir(Path(__file__).resolve().parents[2])


def test_the_name_replaces_that_of_the_header(path):
    header = torchfits.Header([("A", 1), ("EXTNAME", "OLD", "kept"), ("B", 2)])
    torchfits.write(path, torch.zeros(2), header=header, name="New")
    assert torchfits.read_header(path).keys()[-3:] == ["A", "EXTNAME", "B"]
    assert torchfits.open(path)[0].name == "New"
    assert torchfits.read_header(path).comments["EXTNAME"] == "kept"
    torchfits.write(path, torch.zeros(2), name="Sci", overwrite=True)
    with fits.open(path) as f:
        assert f["SCI"].header["EXTNAME"] == "Sci"


def test_none_is_a_header_alone(path):
    torchfits.write(path, None, header={"OBJECT": "x"})
    assert path.stat().st_size == 2880
    assert fits.getheader(path)["OBJECT"] == "x"
    with pytest.raises(torchfits.NoDataError):
        torchfits.read(path)


def test_a_list_makes_several_hdus(path):
    science, error = pixels("float32"), pixels("uint16", (3, 4))
    torchfits.write(
        path,
        [
            (None, {"TELESCOP": "VLT"}),
            (science, {"EXTVER": 2}, "SCI"),
            torch.from_numpy(error),
            (error, None, "DQ"),
        ],
        checksum=True,
    )
    with fits.open(path, checksum=True) as f:
        f.verify("exception")
        assert [hdu.name for hdu in f] == ["PRIMARY", "SCI", "", "DQ"]
        assert f[0].header["TELESCOP"] == "VLT"
        assert f["SCI", 2].header["PCOUNT"] == 0
        same(np.array(f["SCI", 2].data), science)
        same(np.array(f[2].data), error)
    with fitsio.FITS(path) as f:
        same(f["DQ"].read(), error)


# Checksums


@pytest.mark.parametrize("length", [0, 1, 2, 3, 5, 7, 8, 15, 2880, 100_003])
def test_checksums_are_those_of_other_programs(tmp_path, length):
    image = np.random.default_rng(length).integers(0, 256, length, "uint8")
    torchfits.write(tmp_path / "a.fits", image, checksum=True, header={"OBJECT": "x"})
    header = fits.getheader(tmp_path / "a.fits")
    peer = fits.PrimaryHDU(image if length else None, header)
    peer.add_datasum()
    assert header["DATASUM"] == peer.header["DATASUM"]
    words = np.frombuffer((tmp_path / "a.fits").read_bytes(), ">u4").astype(object)
    assert words.sum() % (2**32 - 1) == 0
    with fitsio.FITS(tmp_path / "a.fits") as f:
        status = f[0].verify_checksum() if hasattr(f[0], "verify_checksum") else None
    assert status in (None, {"datastatus": 1, "hdustatus": 1})


# The file


def test_an_existing_file_is_refused_and_stays(path):
    path.write_text("precious")
    with pytest.raises(torchfits.FITSIOError, match=r"new\.fits.*overwrite=True"):
        torchfits.write(path, torch.zeros(2))
    assert path.read_text() == "precious"
    assert list(path.parent.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(path):
    torchfits.write(path, torch.arange(3))
    old = path.read_bytes()
    image = torch.full((200, 300), 5, dtype=torch.int32)
    image[-1, -1] = -1  # found in the last tile, when others are written
    with pytest.raises(ValueError, match="PLIO_1 holds the integers from 0 to 16777215, not -1"):
        torchfits.write(path, image, overwrite=True, compress="PLIO_1")
    assert path.read_bytes() == old
    assert list(path.parent.iterdir()) == [path]
    with pytest.raises(TypeError, match="item 1 of the list"):
        torchfits.write(path, [image, {"a": 5}], overwrite=True)
    assert path.read_bytes() == old


def test_a_full_disk_leaves_the_old_file(path):
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    torchfits.write(path, torch.arange(3))
    old = path.read_bytes()
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(torchfits.FITSIOError, match=r"new\.fits: .*large"):
            torchfits.write(path, torch.zeros(500, 500), overwrite=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == old
    assert list(path.parent.iterdir()) == [path]


def test_a_reader_keeps_the_file_that_it_opened(path):
    torchfits.write(path, torch.zeros(300, 300))
    with torchfits.open(path) as f:
        torchfits.write(path, torch.ones(300, 300), overwrite=True)
        assert f[0].read().sum() == 0
    assert torchfits.read(path).sum() == 90000


def test_the_mode_of_the_file_is_kept_and_a_new_one_follows_the_umask(path):
    old_mask = os.umask(0o027)
    try:
        torchfits.write(path, torch.zeros(2))
    finally:
        os.umask(old_mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o604)
    torchfits.write(path, torch.ones(2), overwrite=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_a_symbolic_link_stays_and_its_target_is_replaced(tmp_path):
    (tmp_path / "data").mkdir()
    link = tmp_path / "link.fits"
    link.symlink_to("data/real.fits")
    for overwrite in (False, True):  # first a link to nothing
        torchfits.write(link, torch.zeros(2), overwrite=overwrite)
    assert link.is_symlink()
    assert torchfits.read(tmp_path / "data/real.fits").shape == (2,)


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(torchfits.FITSIOError, match="is a directory"):
        torchfits.write(tmp_path, torch.zeros(2), overwrite=True)
    with pytest.raises(torchfits.FITSIOError, match="no regular file"):
        torchfits.write("/dev/null", torch.zeros(2), overwrite=True)
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    with pytest.raises(FileNotFoundError, match=r"missing/x\.fits"):
        torchfits.write(tmp_path / "missing/x.fits", torch.zeros(2))
    with pytest.raises(ValueError, match="empty"):
        torchfits.write("", torch.zeros(2))
    with pytest.raises(ValueError, match="NUL"):
        torchfits.write("a\0b", torch.zeros(2))
    loop = tmp_path / "loop"
    loop.symlink_to("loop")
    with pytest.raises(torchfits.FITSIOError, match="symbolic link"):
        torchfits.write(loop, torch.zeros(2))


def test_paths_of_every_kind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    image = torch.arange(4)
    torchfits.write("a.fits", image)
    torchfits.write(os.fsencode(tmp_path / "b.fits"), image)
    torchfits.write(tmp_path / "ü.fits", image)
    assert {p.read_bytes() for p in tmp_path.iterdir()} == {(tmp_path / "a.fits").read_bytes()}
    assert len(list(tmp_path.iterdir())) == 3


class OneByteAtATime(io.RawIOBase):
    """A raw file that takes less than it is given."""

    def __init__(self):
        self.taken = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.taken += bytes(data[:1000])
        return min(len(data), 1000)


def test_file_objects_are_written_where_they_stand(path, tmp_path):
    image = torch.arange(5000, dtype=torch.float64)
    torchfits.write(path, image, checksum=True)
    expected = path.read_bytes()
    memory = io.BytesIO(b"head")
    memory.seek(4)
    torchfits.write(memory, image, checksum=True)
    assert memory.getvalue() == b"head" + expected
    slow = OneByteAtATime()
    torchfits.write(slow, image, checksum=True)
    assert bytes(slow.taken) == expected
    with (tmp_path / "o.fits").open("wb") as file:
        torchfits.write(file, image, checksum=True)
        assert not file.closed
    assert (tmp_path / "o.fits").read_bytes() == expected
    with pytest.raises(TypeError):
        torchfits.write(io.StringIO(), image)


# What is refused


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (torch.tensor(3.0), ValueError, "scalar.*reshape"),
        (np.float32(3), ValueError, "scalar"),
        (torch.zeros(2, dtype=torch.complex64), TypeError, "complex64.*real and imaginary"),
        (np.array(["a"]), TypeError, "cannot hold str"),
        (np.array([object()]), TypeError, "cannot hold object"),
        (np.zeros(2, np.longdouble), TypeError, "cannot hold"),
        (torch.zeros(2, 2).to_sparse(), TypeError, "to_dense"),
        (np.ma.masked_array([1, 2]), TypeError, "filled"),
        ([(torch.zeros(2), None, None, None)], TypeError, "data, header, name"),
        ([[1, 2]], TypeError, "data, header, name"),
        ([torch.zeros(2), 5], TypeError, "item 1 of the list.*not int"),
        ([], ValueError, "empty"),
        ("image", TypeError, "not str"),
        (5, TypeError, "not int"),
    ],
)
def test_data_that_are_no_image(path, data, error, message):
    with pytest.raises(error, match=message):
        torchfits.write(path, data)
    assert not path.exists()


def test_wrong_arguments(path):
    image = torch.zeros(2)
    for wrong, error, message in [
        ({"overwrite": 1}, TypeError, "overwrite= takes True or False"),
        ({"checksum": "yes"}, TypeError, "checksum="),
        ({"name": 5}, TypeError, "name= takes a str"),
        ({"name": "é"}, ValueError, "ASCII"),
        ({"compress": 5}, TypeError, "RICE_1, GZIP_1"),
    ]:
        with pytest.raises(error, match=message):
            torchfits.write(path, image, **wrong)
    with pytest.raises(TypeError, match="belong into its items"):
        torchfits.write(path, [image], header={})
    with pytest.raises(TypeError, match="file object opened with"):
        torchfits.write(5, image)
    for remote_or_packed in ("https://x.org/a.fits", path.with_suffix(".fits.Z")):
        with pytest.raises(torchfits.UnsupportedError):
            torchfits.write(remote_or_packed, image)
    assert list(path.parent.iterdir()) == []


def test_numpy_is_not_needed_to_name_a_wrong_type(path):
    assert "numpy" in sys.modules
    with warnings.catch_warnings(), pytest.raises(TypeError, match="not object"):
        torchfits.write(path, object())


@pytest.mark.parametrize("version", [2**63, -(2**63) - 1])
def test_a_version_has_64_bits(version):
    with pytest.raises(ValueError, match="more than 64 bits"):
        torchfits.write(io.BytesIO(), torch.zeros(2), name=("SCI", version))
