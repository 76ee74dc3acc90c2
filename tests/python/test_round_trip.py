# SPDX-License-Identifier: BSD-3-Clause
"""Every file of the corpus: read, written, read again; and changed, with all else left alone."""

import pytest
import raw_decoder
import torch
import whole_files
from corpus_files import corpus_files

import torchfits
from torchfits import Table

# What no reader gives: cut off within the first data, and no FITS file at all.
UNREADABLE = {"medn_halph_fl_20050501_074655.fts", "random_test.fits"}
# Bytes behind the last HDU, which an appended one would overwrite.
FOREIGN_BYTES = {"Astro_UIT.fits"}
# No 2880 bytes to the last one, or zeros behind them; a file that was changed ends as it ought to.
ODD_ENDS = {"Combined.fits", "HinodeXRT.fits", "Npix8.fits", "jwst_nod2_cal.fits"}
# Where an HDU is appended, the file says that it may have extensions.
EXTEND_F, EXTEND_T = (f"EXTEND  = {value:>20}".encode() for value in "FT")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new.fits"


def readable(source):
    if source.name in UNREADABLE:
        with pytest.raises(torchfits.FITSError):
            whole_files.read_all(source)
        pytest.skip("a file that nobody can read")
    return whole_files.read_all(source)


# Written anew


def as_written(items):
    """What stands in the new file: no table is a primary HDU."""
    first = [(None, None)] if isinstance(items[0][0], Table) else []
    return first + items


@pytest.mark.parametrize("source", corpus_files())
def test_what_was_read_is_written_and_read_again(source, path):
    items = readable(source)
    torchfits.write(path, items, checksum=True)
    again = whole_files.read_all(path)
    written = as_written(items)
    for (data, _), (expected, _) in zip(again, written, strict=True):
        whole_files.same_data(data, expected)
    for cards, (data, header) in zip(whole_files.cards_of(path), written, strict=True):
        old = [] if header is None else whole_files.cards_of_header(header)
        assert whole_files.kept_cards(cards, data) == whole_files.kept_cards(old, data)
    whole_files.sums_are_right(path)
    whole_files.astropy_finds(path, [data for data, _ in written])
    whole_files.fitsio_finds(path, [data for data, _ in written])


@pytest.mark.parametrize("source", corpus_files())
def test_what_is_written_has_no_errors_that_were_not_there(source, path, tmp_path):
    items = readable(source)
    torchfits.write(path, items, checksum=True)
    old = whole_files.plain_copy(source, tmp_path / "old.fits")
    assert not whole_files.judged(path) - whole_files.judged(old)
    assert not whole_files.verified(path) - whole_files.verified(old)


KEPT_KINDS = ("ascii_table", "random_groups")


@pytest.mark.parametrize("source", corpus_files("ascii", "groups", "table", "mef"))
def test_ascii_tables_and_random_groups_stay_what_they_are(source, path, tmp_path):
    items = readable(source)
    with torchfits.open(source) as f:
        kinds = [hdu.kind if hdu.kind in KEPT_KINDS else None for hdu in f]
    if not any(kinds):
        return
    with torchfits.open(path, "w") as f:
        for (data, header), kind in zip(items, kinds, strict=True):
            f.append(data, header=header, kind=kind, checksum=True)
    with torchfits.open(path) as f:
        assert [hdu.kind if hdu.kind in KEPT_KINDS else None for hdu in f] == kinds
    for (again, _), (data, _), kind in zip(whole_files.read_all(path), items, kinds, strict=True):
        same = whole_files.same_numbers if kind == "random_groups" else whole_files.same_data
        same(again, data)
    whole_files.sums_are_right(path)
    old = whole_files.plain_copy(source, tmp_path / "old.fits")
    assert not whole_files.judged(path) - whole_files.judged(old)
    assert not whole_files.verified(path) - whole_files.verified(old)


# Changed in place


@pytest.fixture
def copy(request, tmp_path):
    """A copy of a file of the corpus, of which HDUs can be changed."""
    source = request.param
    if source.name in UNREADABLE:
        pytest.skip("a file that nobody can read")
    return whole_files.plain_copy(source, tmp_path / "copy.fits")


def hdu_bytes(path):
    """The bytes of each HDU, padding and all, by the independent reader."""
    whole = path.read_bytes()
    starts = [hdu.header_offset for hdu in raw_decoder.read_hdus(whole)]
    return [whole[a:b] for a, b in zip(starts, [*starts[1:], None], strict=True)]


@pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")
@pytest.mark.parametrize("copy", corpus_files(), indirect=True)
def test_a_keyword_is_edited_and_all_else_stays(copy):
    before, judged, verified = hdu_bytes(copy), whole_files.judged(copy), whole_files.verified(copy)
    edited = len(before) // 2
    with torchfits.open(copy, "r+") as f:
        f[edited].header["TESTKEY"] = (42, "an edit")
    after = hdu_bytes(copy)
    assert after[:edited] == before[:edited]
    assert after[edited + 1 :] == before[edited + 1 :]
    hdu = raw_decoder.read_hdus(copy.read_bytes())[edited]
    assert hdu.keywords["TESTKEY"] == 42
    old = raw_decoder.read_hdus(b"".join(before))[edited]
    assert [card for card in hdu.cards if not ours(card)] == [c for c in old.cards if not ours(c)]
    assert hdu.data == old.data
    assert whole_files.judged(copy) <= judged
    assert whole_files.verified(copy) <= verified


def ours(card):
    """Cards that an edit makes or brings up to date; ZHECKSUM would be that of another header."""
    return card[:8] in (b"TESTKEY ", b"CHECKSUM", b"DATASUM ", b"ZHECKSUM") or not card.strip()


@pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")
@pytest.mark.parametrize("copy", corpus_files(), indirect=True)
def test_an_appended_hdu_goes_again(copy, request):
    before, verified = copy.read_bytes(), whole_files.verified(copy)
    name = request.node.callspec.params["copy"].name
    with torchfits.open(copy, "r+") as f:
        count = len(f)
        if name in FOREIGN_BYTES:
            with pytest.raises(torchfits.FITSIOError, match="stand bytes that an appended HDU"):
                f.append(torch.ones(3, 4))
            assert copy.read_bytes() == before
            return
        f.append(torch.ones(3, 4), name="NEW", checksum=True)
        assert len(f) == count + 1
    before = before.replace(EXTEND_F, EXTEND_T, 1)
    whole_blocks = len(before) // 2880 * 2880
    assert copy.read_bytes()[:whole_blocks] == before[:whole_blocks]
    assert whole_files.verified(copy) <= verified
    assert torchfits.read(copy, "NEW").tolist() == [[1.0] * 4] * 3
    with torchfits.open(copy, "r+") as f:
        del f[count]
    after = copy.read_bytes()
    if name in ODD_ENDS:
        assert after.rstrip(b"\0") == before.rstrip(b"\0")
        assert len(after) % 2880 == 0
    else:
        assert after == before
