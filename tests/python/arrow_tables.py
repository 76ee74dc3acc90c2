# SPDX-License-Identifier: BSD-3-Clause
"""Tables of every kind of column, beside what they hold as plain Python lists."""

import math

import torch

from torchfits import Ragged, Strings, Table

UNSIGNED = {torch.uint16: 16, torch.uint32: 32, torch.uint64: 64}
ROWS = 5
LONG_PLACES = torch.tensor([0, 3, 3, 6, 7, 8])


def kinds() -> dict[str, tuple[object, list]]:
    """Name to (column, what it holds), without nulls; 5 rows."""
    pairs = torch.tensor([[1.5, -2.0], [0.0, 0.25], [3.0, 4.0], [-1.0, 0.0], [7.0, 8.0]])
    cells = [[1, 2], [], [3], [4, 5, 6], [7]]
    bits = [[row >> bit & 1 == 1 for bit in range(11)] for row in (0, 1, 5, 1024, 2047)]
    made: dict[str, tuple[object, list]] = {
        "HALF": (torch.tensor([0.5, 1, -2, 3, 4], dtype=torch.float16), [0.5, 1, -2, 3, 4]),
        "FLOAT": (pairs[:, 0].clone(), pairs[:, 0].tolist()),
        "DOUBLE": (torch.tensor([1e300, math.inf, -0.0, 1, 2]).double(), None),
        "BOOL": (torch.tensor([True, False, True, True, False]), [True, False, True, True, False]),
        "BITS": (torch.tensor(bits), bits),
        "COMPLEX": (torch.view_as_complex(pairs.clone()), pairs.tolist()),
        "COMPLEX128": (torch.view_as_complex(pairs.double()), pairs.tolist()),
        "VECTOR": (torch.arange(10.0).view(5, 2), torch.arange(10.0).view(5, 2).tolist()),
        "CUBE": (torch.arange(30).view(5, 2, 3), torch.arange(30).view(5, 2, 3).tolist()),
        "TEXT": (["a", "bcd", "", "e f", "ghij"], ["a", "bcd", "", "e f", "ghij"]),
        "TEXTS": (Strings(torch.full((5, 2, 3), 65, dtype=torch.uint8)), [["AAA"] * 2] * 5),
        "LONG": (
            Strings(
                torch.tensor(list(b"ab cde f"), dtype=torch.uint8), torch.tensor([0, 3, 3, 6, 7, 8])
            ),
            ["ab", "", "cde", "", "f"],
        ),
        "RAGGED": (Ragged.from_list(cells, dtype=torch.int16), cells),
        "RAGGED_BOOL": (Ragged.from_list([[True], [], [False, True], [], []]), None),
        "EMPTY_CELLS": (Ragged.from_list([[]] * 5, dtype=torch.float32), [[]] * 5),
    }
    for dtype in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64):
        limits = torch.iinfo(dtype)
        numbers = [limits.min, limits.max, 0, 1, 2]
        made[str(dtype).removeprefix("torch.")] = (torch.tensor(numbers, dtype=dtype), numbers)
    for dtype, width in UNSIGNED.items():
        numbers = [0, 2**width - 1, 2 ** (width - 1), 1, 2]
        signed = [(n + 2 ** (width - 1)) % 2**width - 2 ** (width - 1) for n in numbers]
        tensor = torch.tensor(signed, dtype=getattr(torch, f"int{width}")).view(dtype)
        made[f"uint{width}"] = (tensor, numbers)
    return {
        name: (values, listed(values) if held is None else held)
        for name, (values, held) in made.items()
    }


def listed(values: object) -> list:
    return values.tolist() if isinstance(values, torch.Tensor) else values.to_list()


def nulled(held: object, mask: object) -> object:
    """Put None where a mask of the same nesting is true."""
    if isinstance(mask, bool):
        return None if mask else held
    return [nulled(*pair) for pair in zip(held, mask, strict=True)]


def table_of(columns: dict[str, tuple[object, list]]) -> Table:
    return Table({name: values for name, (values, _) in columns.items()})


def same_values(one: object, other: object) -> bool:
    """Equal bit for bit where numbers are, by text where strings are."""
    if isinstance(one, Strings):
        return isinstance(other, Strings) and one.to_list() == other.to_list()
    if isinstance(one, Ragged):
        return (
            isinstance(other, Ragged)
            and torch.equal(one.offsets, other.offsets)
            and same_values(one.values, other.values)
        )
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    raw = [values.contiguous().reshape(-1).view(torch.uint8) for values in (one, other)]
    return torch.equal(*raw)
