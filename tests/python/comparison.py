# SPDX-License-Identifier: BSD-3-Clause
"""How the tests say that a tensor holds an array: dtype, shape and every bit."""

from __future__ import annotations

import numpy as np
import torch


def assert_same(got: torch.Tensor, expected: np.ndarray, where: str = "") -> None:
    """Equal dtype, shape and values; a NaN equals any NaN."""
    array = got.numpy()
    native = expected.astype(expected.dtype.newbyteorder("="), copy=False)
    assert array.dtype == native.dtype, f"{where}: dtype {array.dtype}, not {native.dtype}"
    assert array.shape == native.shape, f"{where}: shape {array.shape}, not {native.shape}"
    assert np.array_equal(array, native, equal_nan=native.dtype.kind in "fc"), where


def assert_same_bits(got: torch.Tensor, expected: torch.Tensor) -> None:
    """Equal dtype, shape and bytes, NaN payloads and signs of zeros included."""
    assert got.dtype == expected.dtype
    assert got.shape == expected.shape
    ours, theirs = (t.contiguous().flatten().view(torch.uint8) for t in (got, expected))
    assert torch.equal(ours, theirs)


def assert_column(got: object, expected: np.ndarray, where: str) -> None:
    """A column of a Table against its values: Strings by their text, all else as a tensor."""
    if expected.dtype == object:
        assert got.to_list() == expected.tolist(), where  # type: ignore[attr-defined]
    else:
        assert isinstance(got, torch.Tensor), where
        assert_same(got, expected, where)
