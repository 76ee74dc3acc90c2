# SPDX-License-Identifier: BSD-3-Clause
"""Any sequence of changes, against a list of HDUs; astropy has the last word."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

import torchfits


@dataclass(frozen=True)
class Model:
    """What an HDU must be."""

    name: str
    pixels: np.ndarray | None
    cards: dict[str, int | str] = field(default_factory=dict)
    checksum: bool = False
    compressed: bool = False


class Sequence:
    """A file and the list of HDUs that it must hold."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fits = torchfits.open(path, "a")
        self.hdus: list[Model] = []
        self.made = 0

    def new(self, draw: st.DrawFn) -> tuple[Model, dict[str, object]]:
        self.made += 1
        shape = draw(st.sampled_from([(2, 3), (40, 50), (1,), None]))
        dtype = draw(st.sampled_from(["uint8", "uint16", "int32", "float64"]))
        pixels = None if shape is None else np.full(shape, self.made % 200, dtype)
        compressed = pixels is not None and draw(st.booleans())
        model = Model(f"N{self.made}", pixels, {"MADE": self.made}, draw(st.booleans()), compressed)
        options = {
            "header": dict(model.cards), "name": model.name, "checksum": model.checksum,
            "compress": "GZIP_2" if compressed else None,
        }  # fmt: skip
        return model, options

    def step(self, draw: st.DrawFn) -> None:
        steps = [self.append, self.insert, self.replace, self.delete, self.move, self.edit]
        draw(st.sampled_from(steps if self.hdus else [self.append]))(draw)

    def index(self, draw: st.DrawFn, first: int = 0) -> int:
        return draw(st.integers(min(first, len(self.hdus) - 1), len(self.hdus) - 1))

    def put_first(self, model: Model) -> list[Model]:
        """What cannot stand first comes behind an empty primary HDU."""
        return [Model("PRIMARY", None), model] if model.compressed else [model]

    def append(self, draw: st.DrawFn) -> None:
        model, options = self.new(draw)
        self.fits.append(model.pixels, **options)
        self.hdus += [model] if self.hdus else self.put_first(model)

    def insert(self, draw: st.DrawFn) -> None:
        model, options = self.new(draw)
        at = draw(st.integers(0, len(self.hdus)))
        self.fits.insert(at, model.pixels, **options)
        if at == 0 and self.hdus[0].name == "PRIMARY":
            self.hdus[0] = replace(self.hdus[0], name="")
        self.hdus[at:at] = [model] if at else self.put_first(model)

    def replace(self, draw: st.DrawFn) -> None:
        model, options = self.new(draw)
        at = self.index(draw)
        self.fits.replace(at, model.pixels, **options)
        self.hdus[at : at + 1] = [model] if at else self.put_first(model)

    def delete(self, draw: st.DrawFn) -> None:
        at = self.index(draw)
        del self.fits[at]
        self.hdus[at : at + 1] = [] if at else [Model("PRIMARY", None)]

    def move(self, draw: st.DrawFn) -> None:
        at, to = self.index(draw, 1), self.index(draw, 1)
        self.fits.move(at, to)
        self.hdus.insert(to, self.hdus.pop(at))

    def edit(self, draw: st.DrawFn) -> None:
        at = self.index(draw)
        keyword = draw(st.sampled_from(["OBJECT", "GAIN", "MADE"]))
        value = draw(st.integers(-9, 9) | st.sampled_from(["M 31", "x" * 100]))
        header = self.fits[at].header
        header[keyword] = value
        many = draw(st.sampled_from([0, 0, 0, 40]))
        extra = {f"KEY{i}": i for i in range(many)}
        header.update(extra)
        if draw(st.booleans()):
            self.fits.flush()
        cards = {**self.hdus[at].cards, keyword: value, **extra}
        self.hdus[at] = replace(self.hdus[at], cards=cards)

    def check_ours(self) -> None:
        assert len(self.fits) == len(self.hdus)
        for hdu, model in zip(self.fits, self.hdus, strict=True):
            if model.pixels is not None:
                assert torch.equal(
                    hdu.read().to(torch.float64), torch.from_numpy(model.pixels.astype("f8"))
                )

    def check_theirs(self) -> None:
        with warnings.catch_warnings(), fits.open(self.path, checksum=True) as found:
            warnings.simplefilter("error")
            found.verify("exception")
            assert [hdu.name for hdu in found] == [model.name for model in self.hdus]
            for hdu, model in zip(found, self.hdus, strict=True):
                cards = {key: hdu.header[key] for key in hdu.header if key in model.cards}
                assert cards == model.cards
                assert ("CHECKSUM" in hdu.header or model.compressed) >= model.checksum
                if model.pixels is None:
                    assert hdu.data is None
                else:
                    np.testing.assert_array_equal(hdu.data, model.pixels)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_any_sequence_of_changes(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    sequence = Sequence(tmp_path_factory.mktemp("s") / "s.fits")
    with sequence.fits:
        for _ in range(data.draw(st.integers(1, 12))):
            sequence.step(data.draw)
            if data.draw(st.booleans()):
                sequence.check_ours()
    sequence.check_theirs()
