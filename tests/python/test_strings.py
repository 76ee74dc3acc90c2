# SPDX-License-Identifier: BSD-3-Clause
"""Strings: verbatim bytes, read as text."""

import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchfits import Strings

RAW = [b"M31 ", b"a\0zz", b"    ", b"\0\0\0\0", b" x  ", b"\xe9t\xe9 "]
TEXT = ["M31", "a", "", "", " x", "été"]


def strings_of(raw: list[bytes]) -> Strings:
    return Strings(torch.tensor([list(entry) for entry in raw], dtype=torch.uint8))


def test_t40_text_ends_at_nul_and_loses_trailing_blanks() -> None:
    assert strings_of(RAW).to_list() == TEXT


def test_t40_bytes_stay_verbatim() -> None:
    strings = strings_of(RAW)
    assert [bytes(entry.tolist()) for entry in strings.bytes] == RAW
    assert strings.shape == (6,)
    assert strings.width == 4
    assert len(strings) == 6


def test_t63_an_entry_is_str() -> None:
    strings = strings_of(RAW)
    assert strings[0] == "M31"
    assert isinstance(strings[0], str)
    assert strings[-1] == "été"
    assert strings[np.int64(1)] == "a"
    assert strings[torch.tensor(1)] == "a"
    assert list(strings) == TEXT
    with pytest.raises(IndexError):
        strings[6]


@pytest.mark.parametrize(
    "key",
    [
        slice(1, 4),
        slice(None, None, -1),
        slice(4, 0, -2),
        [5, 0, 0],
        range(2, 5),
        np.array([1, -1]),
        torch.tensor([2]),
        [],
    ],
)
def test_selections_are_strings(key: object) -> None:
    picked = strings_of(RAW)[key]
    assert isinstance(picked, Strings)
    wanted = np.array(TEXT, dtype=object)[
        key if isinstance(key, slice) else np.array([int(i) for i in key], dtype=int)
    ]
    assert picked.to_list() == list(wanted)


def test_masks_have_the_exact_length() -> None:
    strings = strings_of(RAW)
    mask = [True, False, False, False, True, False]
    assert strings[mask].to_list() == strings[torch.tensor(mask)].to_list() == ["M31", " x"]
    with pytest.raises(IndexError, match=r"5 entries.*6 rows"):
        strings[mask[:5]]
    with pytest.raises(IndexError, match="row 6"):
        strings[[0, 6]]
    with pytest.raises(TypeError, match="float"):
        strings[[0.5]]
    with pytest.raises(TypeError):
        strings["M31"]


def test_arrays_of_strings_nest() -> None:
    data = torch.tensor(list(b"ab cd ef gh "), dtype=torch.uint8).view(2, 2, 3)
    strings = Strings(data)
    assert strings.shape == (2, 2)
    assert strings.to_list() == [["ab", "cd"], ["ef", "gh"]]
    assert strings[0].to_list() == ["ab", "cd"]
    assert strings[1, 0] == "ef"
    assert strings[:, 1].to_list() == ["cd", "gh"]
    assert [part.to_list() for part in strings] == [["ab", "cd"], ["ef", "gh"]]
    assert Strings(data.view(2, 2, 1, 3)).to_list() == [[["ab"], ["cd"]], [["ef"], ["gh"]]]
    assert (strings == "ef").tolist() == [[False, False], [True, False]]
    assert Strings(torch.zeros(2, 0, 3, dtype=torch.uint8)).to_list() == [[], []]
    assert Strings(torch.zeros(0, 2, 3, dtype=torch.uint8)).to_list() == []


def test_t53_strings_of_zero_width_are_empty() -> None:
    strings = Strings(torch.zeros(3, 0, dtype=torch.uint8))
    assert strings.to_list() == ["", "", ""]
    assert strings[1] == ""
    assert (strings == "").tolist() == [True] * 3
    assert (strings == "a").tolist() == [False] * 3
    assert strings.to_numpy().tolist() == [b""] * 3


def test_comparison_is_by_text() -> None:
    strings = strings_of(RAW)
    assert (strings == "M31").tolist() == [True, False, False, False, False, False]
    assert (strings == "M31   ").tolist() == [True, False, False, False, False, False]
    assert (strings == "").tolist() == [False, False, True, True, False, False]
    assert (strings == "été").tolist()[5]
    assert not (strings == "longer than four").any()
    assert not (strings == "日").any()
    assert (strings != "a").tolist() == [True, False, True, True, True, True]
    assert (strings == TEXT).all()
    assert (strings == Strings.from_list(TEXT)).all()
    assert (strings == ["M31", "b", "", "x", " x", "été"]).tolist() == [
        True,
        False,
        True,
        False,
        True,
        True,
    ]
    with pytest.raises(ValueError, match="shape"):
        strings == ["M31"]  # noqa: B015
    assert (strings == 5) is False
    with pytest.raises(TypeError, match="hash"):
        hash(strings)


texts = st.lists(st.text(st.characters(max_codepoint=255), max_size=6), min_size=1, max_size=8)


def canonical(text: str) -> str:
    return text.partition("\0")[0].rstrip(" ")


@pytest.mark.parametrize("given", [1, "abc", b"abc", None])
def test_what_is_no_list_of_text(given: object) -> None:
    with pytest.raises(TypeError, match=r"Strings\.from_list takes a list of str or bytes, not"):
        Strings.from_list(given)  # type: ignore[arg-type]


@given(texts, texts)
def test_comparison_equals_that_of_the_texts(ones: list[str], others: list[str]) -> None:
    size = min(len(ones), len(others))
    one, other = Strings.from_list(ones[:size]), Strings.from_list(others[:size])
    expected = [
        canonical(a) == canonical(b) for a, b in zip(ones[:size], others[:size], strict=True)
    ]
    assert (one == other).tolist() == expected
    assert one.to_list() == [canonical(text) for text in ones[:size]]
    assert (one == others[0]).tolist() == [
        canonical(a) == canonical(others[0]) for a in ones[:size]
    ]


def test_to_numpy_keeps_the_bytes_and_shares_them() -> None:
    strings = strings_of(RAW)
    array = strings.to_numpy()
    assert array.dtype == "S4"
    assert array[0] == b"M31 "
    assert array[1] == b"a\0zz"
    strings.bytes[0, 0] = ord("N")
    assert array[0] == b"N31 "
    assert Strings(strings.bytes[:, ::2]).to_numpy().tolist()[0] == b"N1"


def test_from_list() -> None:
    strings = Strings.from_list(["M31", b"NGC 1", ""])
    assert strings.width == 5
    assert bytes(strings.bytes[0].tolist()) == b"M31  "
    assert strings.to_list() == ["M31", "NGC 1", ""]
    assert Strings.from_list([]).to_list() == []
    with pytest.raises(ValueError, match="Latin-1"):
        Strings.from_list(["日"])
    for wrong in (None, 1, bytearray(b"M31")):
        with pytest.raises(TypeError, match="str or bytes"):
            Strings.from_list(["M31", wrong])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="str or bytes, not 5"):
        strings == [5, "", ""]  # noqa: B015


def test_pickle_and_move() -> None:
    strings = strings_of(RAW)
    again = pickle.loads(pickle.dumps(strings))
    assert torch.equal(again.bytes, strings.bytes)
    assert strings.to("cpu").to_list() == TEXT
    assert strings.to("meta").device.type == "meta"


def test_only_bytes_make_strings() -> None:
    for wrong in (torch.zeros(3, dtype=torch.uint8), torch.zeros(3, 2), [[1]]):
        with pytest.raises(TypeError, match="uint8"):
            Strings(wrong)


def test_repr_shows_a_short_head() -> None:
    text = repr(strings_of(RAW + RAW))
    assert text.startswith("Strings(12, width=4: ['M31', 'a'")
    assert text.endswith("...])")
