# SPDX-License-Identifier: BSD-3-Clause
"""Files and their HDUs: the places where readers go wrong. T93, T96 and T99 concern writing."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import numpy as np
import pytest
import raw_decoder
from comparison import assert_same
from fits_bytes import (
    axes_cards,
    card,
    empty_primary,
    field,
    image,
    make_hdu,
    make_header,
    padded,
    table,
    text_card,
    text_field,
)

import torchfits
from torchfits import FITSWarning

PLANE = np.arange(6, dtype="i2").reshape(2, 3)
lenient = pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")


def extension(name: str, value: int, extra: tuple[bytes, ...] = ()) -> bytes:
    return image(np.full(3, value, "i2"), extra, extension=True, name=name)


def test_t85_keywords_of_the_primary_header_are_not_inherited() -> None:
    primary = empty_primary([card("OBSERVER", "Hubble")])
    with torchfits.open(primary + extension("A", 1, (card("INHERIT", True),))) as f:
        assert f[1].header["INHERIT"] is True
        assert "OBSERVER" not in f[1].header


def test_t86_size_of_random_groups_counts_pcount_and_gcount() -> None:
    cards = [card("SIMPLE", True), *axes_cards(-32, (0, 3, 2)), card("GROUPS", True)]
    groups = make_hdu([*cards, card("PCOUNT", 5), card("GCOUNT", 100)], b"\1" * (4 * 100 * 11))
    with torchfits.open(groups + extension("NEXT", 7)) as f:
        assert f[0].kind == "random_groups"
        assert f[1].name == "NEXT"
        assert f[1].read().tolist() == [7, 7, 7]
        assert f[0].read()["DATA"].shape == (100, 2, 3)


def test_t86_pcount_and_gcount_of_extensions_count() -> None:
    cards = [card("XTENSION", "FOREIGN"), *axes_cards(16, (10,)), card("PCOUNT", 1440 - 10)]
    foreign = make_hdu([*cards, card("GCOUNT", 2)], b"\1" * 5760)
    with torchfits.open(empty_primary() + foreign + extension("NEXT", 7)) as f:
        assert f[1].kind == "unknown"
        assert f["NEXT"].index == 2
        assert f[2].read().tolist() == [7, 7, 7]


@lenient
@pytest.mark.parametrize("groups", ["T", 1, 2.5, None, False])
def test_t86_groups_that_is_no_true_logical_is_an_empty_image(groups: object) -> None:
    cards = [card("SIMPLE", True), *axes_cards(8, (0, 3)), card("GROUPS", groups)]
    with torchfits.open(make_hdu(cards) + extension("NEXT", 7)) as f:
        assert f[0].kind == "image"
        assert f[0].read().shape == (3, 0)
        assert f[1].read().tolist() == [7, 7, 7]


@lenient
def test_t86_whole_floats_as_structural_integers(corpus: Path) -> None:
    path = corpus / "groups/Random_Groups.fits"
    hdus = raw_decoder.read_hdus(path.read_bytes())
    with torchfits.open(path) as f:
        assert len(f) == len(hdus) == 2
        assert f[0].kind == "random_groups"


def test_t86_a_whole_float_as_an_axis_is_read_with_a_warning() -> None:
    cards = [card("SIMPLE", True), *axes_cards(16, (3.0, 2))]
    with pytest.warns(FITSWarning, match="NAXIS1"):
        got = torchfits.read(make_hdu(cards, PLANE.astype(">i2").tobytes()))
    assert_same(got, PLANE)


@pytest.mark.parametrize("extend", [True, False])
def test_t87_extend_does_not_decide_whether_extensions_are_there(extend: bool) -> None:
    with torchfits.open(empty_primary([card("EXTEND", extend)]) + extension("A", 4)) as f:
        assert len(f) == 2
        assert f["A"].read().tolist() == [4, 4, 4]


@lenient
def test_t87_superfluous_naxis_cards_do_not_count() -> None:
    content = image(PLANE, [card("NAXIS3", 4)])
    assert_same(torchfits.read(content), PLANE)


@lenient
def test_t88_nul_padding_of_the_header_block() -> None:
    header = make_header([card("SIMPLE", True), *axes_cards(16, (3, 2))])
    header = padded(header.rstrip(b" ").ljust(480))
    content = header + padded(PLANE.astype(">i2").tobytes())
    assert_same(torchfits.read(content), PLANE)


@pytest.mark.parametrize("fill", [b"\0", b" ", b"\xff"])
def test_t88_no_final_padding_and_any_padding(fill: bytes) -> None:
    header = make_header([card("SIMPLE", True), *axes_cards(16, (3, 2))])
    data = PLANE.astype(">i2").tobytes()
    assert_same(torchfits.read(header + data), PLANE)
    assert_same(torchfits.read(header + padded(data, fill)), PLANE)


@lenient
@pytest.mark.parametrize("junk", [b"\0" * 2880, b"x" * 100, b" " * 5760, b"SIMPLE  =" * 400])
def test_t88_bytes_after_the_last_hdu_are_left_alone(junk: bytes) -> None:
    with torchfits.open(image(PLANE) + extension("A", 1) + junk) as f:
        assert len(f) == 2
        assert f[-1].name == "A"


@pytest.mark.parametrize("missing", [1, 5, 12])
def test_t89_truncated_data_are_an_error_never_short(missing: int) -> None:
    header = make_header([card("SIMPLE", True), *axes_cards(16, (3, 2))])
    content = (header + PLANE.astype(">i2").tobytes())[:-missing]
    assert torchfits.read_header(content)["NAXIS1"] == 3
    with pytest.raises(torchfits.TruncatedError, match=rf"\b{missing}\b"):
        torchfits.read(content)


def test_t89_a_truncated_last_hdu_does_not_hide_the_others() -> None:
    content = image(PLANE) + extension("A", 1)[:2882]
    with torchfits.open(content) as f:
        assert_same(f[0].read(), PLANE)
        assert f["A"].header["NAXIS1"] == 3
        with pytest.raises(torchfits.TruncatedError):
            f["A"].read()


@lenient
def test_t90_the_search_after_the_data_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "tail.fits"
    path.write_bytes(image(PLANE) + b"\x55" * (64 << 20))
    before = torchfits.stats()["bytes_read"]
    with torchfits.open(path) as f:
        assert len(f) == 1
    assert torchfits.stats()["bytes_read"] - before < 1 << 20


def test_t91_no_simple_card_is_no_fits_file() -> None:
    for content in (extension("A", 1), b"\0" * 2880, b"NAXIS   =" + b" " * 2871):
        with pytest.raises(torchfits.FormatError, match="SIMPLE"):
            torchfits.read(content)


def test_t91_simple_false_is_read_with_a_warning() -> None:
    content = image(PLANE).replace(card("SIMPLE", True), card("SIMPLE", False))
    with pytest.warns(FITSWarning, match="SIMPLE"):
        got = torchfits.read(content)
    assert_same(got, PLANE)


@lenient
def test_t91_a_second_hdu_without_xtension_is_not_an_hdu() -> None:
    with torchfits.open(image(PLANE) + image(PLANE)) as f:
        assert len(f) == 1
        assert_same(f[0].read(), PLANE)


NAMES = (
    empty_primary()
    + extension("sci", 1)
    + extension("SCI", 2, (card("EXTVER", 2),))
    + extension("err   ", 3)
    + extension("Sci", 4, (card("EXTVER", 2),))
)


@pytest.mark.parametrize(
    ("key", "index"),
    [
        ("SCI", 1),
        (" sci ", 1),
        (("SCI", 1), 1),
        (("sci", 2), 2),
        ("ERR", 3),
        ("PRIMARY", 0),
        ("primary", 0),
        (-1, 4),
        (-5, 0),
        (np.int64(3), 3),
    ],
)
def test_t92_lookup(key: object, index: int) -> None:
    with torchfits.open(NAMES) as f:
        assert f[key].index == index
    if index:
        assert torchfits.read(NAMES, key).tolist() == [index] * 3


def test_t92_names_keep_their_spelling() -> None:
    with torchfits.open(NAMES) as f:
        assert [hdu.name for hdu in f] == ["PRIMARY", "sci", "SCI", "err", "Sci"]
        assert [hdu.version for hdu in f] == [1, 1, 2, 1, 2]


def test_t94_tensors_outlive_the_file(tmp_path: Path) -> None:
    path = tmp_path / "image.fits"
    numbers = np.arange(1 << 20, dtype="i4")
    path.write_bytes(image(numbers))
    with torchfits.open(path) as f:
        got = f[0].read()
        part = f[0][10:20]
    path.unlink()
    assert_same(got, numbers)
    assert_same(part, numbers[10:20])


def test_t95_hdus_are_found_when_they_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "many.fits"
    path.write_bytes(empty_primary() + b"".join(extension(f"E{i}", i) for i in range(50)))
    before = torchfits.stats()["bytes_read"]
    with torchfits.open(path) as f:
        assert f[0].name == "PRIMARY"
        assert torchfits.stats()["bytes_read"] - before <= 128 << 10
        assert len(f) == 51


@pytest.mark.parametrize("suffix", [".fits", ".fits.gz", ".gz", ".dat"])
def test_t97_content_decides_about_compression(tmp_path: Path, suffix: str) -> None:
    for pack in (bytes, gzip.compress, bz2.compress):
        path = tmp_path / f"{pack.__name__}{suffix}"
        path.write_bytes(pack(image(PLANE)))
        assert_same(torchfits.read(path), PLANE)


def test_t97_several_members_of_a_gzip_file(tmp_path: Path) -> None:
    content = empty_primary() + extension("A", 1) + extension("B", 2)
    path = tmp_path / "members.fits.gz"
    for cut in (100, 2880, 2880 + 4000, len(content)):
        path.write_bytes(gzip.compress(content[:cut]) + gzip.compress(content[cut:]))
        with torchfits.open(path) as f:
            assert len(f) == 3
            assert f["B"].read().tolist() == [2, 2, 2]


@lenient
def test_t97_zeros_after_a_gzip_member_are_padding(tmp_path: Path) -> None:
    path = tmp_path / "tape.fits.gz"
    path.write_bytes(gzip.compress(image(PLANE)) + b"\0" * 512)
    assert_same(torchfits.read(path), PLANE)


def test_t98_brackets_are_part_of_the_path(tmp_path: Path) -> None:
    literal = tmp_path / "f.fits[1]"
    literal.write_bytes(image(PLANE))
    assert_same(torchfits.read(literal), PLANE)
    assert_same(torchfits.read(str(literal)), PLANE)


def test_t98_a_hint_where_the_bracketed_path_does_not_exist(tmp_path: Path) -> None:
    (tmp_path / "f.fits").write_bytes(image(PLANE))
    with pytest.raises(torchfits.FileMissingError, match="hdu="):
        torchfits.read(f"{tmp_path}/f.fits[1]")
    assert issubclass(torchfits.FileMissingError, FileNotFoundError)


def test_real_reference_file_of_cfitsio_reads_whole(corpus: Path) -> None:
    path = corpus / "table/testprog.std"
    with torchfits.open(path) as f:
        assert len(f) == 8
        for hdu in f:
            assert len(hdu.header) > 0
            if hdu.kind == "ascii_table":
                assert len(hdu.read()) == hdu.shape[0]


def test_real_header_of_uves_with_long_hierarch_keys(corpus: Path) -> None:
    path = corpus / "spectrum/UVES.fits"
    hdu = raw_decoder.read_hdus(path.read_bytes())[0]
    header = torchfits.read_header(path)
    long_keys = [key for key in hdu.keywords if " " in key]
    assert len(long_keys) > 100
    assert all(key in header for key in long_keys)


def test_real_zero_width_column_leaves_the_next_alone(corpus: Path) -> None:
    content = (corpus / "bad/zerowidth.fits").read_bytes()
    hdus = raw_decoder.read_hdus(content)
    with torchfits.open(content) as f:
        for index, hdu in enumerate(hdus[1:], 1):
            names = [column.name for column in f[index].columns]
            table_read = f[index].read()
            for name, column in zip(names, raw_decoder.columns(hdu), strict=True):
                if column.code != "A":
                    assert_same(table_read[name], column.values, name)


def test_first_hdu_with_data_is_the_default() -> None:
    rows = [("S", "3A", text_field([b"abc"], 3)), ("X", "J", field([1], "i4"))]
    content = empty_primary() + table(rows) + extension("A", 1)
    assert isinstance(torchfits.read(content), torchfits.Table)
    assert torchfits.read(content, section=(slice(0, 2),)).tolist() == [1, 1]
    assert torchfits.read(empty_primary() + extension("A", 1) + table(rows), rows=[0])["X"] == 1


def test_empty_data_count_where_there_is_nothing_else() -> None:
    content = empty_primary() + image(np.zeros((0, 4), "i2"), extension=True)
    assert torchfits.read(content).shape == (0, 4)
    with pytest.raises(torchfits.NoDataError):
        torchfits.read(empty_primary())


@lenient
def test_text_after_the_end_card_is_ignored() -> None:
    header = make_header([card("SIMPLE", True), *axes_cards(16, (3, 2))])
    end = header.index(text_card("END"))
    content = header[: end + 80] + b"garbage".ljust(2880 - end - 80, b"?")
    content += PLANE.astype(">i2").tobytes()
    assert_same(torchfits.read(content), PLANE)
