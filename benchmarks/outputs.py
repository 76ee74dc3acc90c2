# SPDX-License-Identifier: BSD-3-Clause
"""What an engine gave back, reduced to dtype, shape and a hash, so that engines can be compared.

The hash is over native bytes. Text is compared without padding (trailing NULs and blanks).
Header values are compared as Python values of the same type.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Parts = dict[str, np.ndarray]


def _flatten(value: Any, label: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _flatten(item, name)
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from _flatten(item, f"{label}[{i}]")
    else:
        yield label, value


def _unpadded(column: np.ndarray) -> np.ndarray:
    trimmed = np.strings.rstrip(np.asarray(column, dtype=np.bytes_), b" ")
    return trimmed.astype(f"S{max(1, np.strings.str_len(trimmed).max(initial=0))}")


def parts(value: Any, text_columns: tuple[str, ...], text: Callable[[Any], np.ndarray]) -> Parts:
    """Return the arrays in `value` by name; a Python scalar becomes its JSON text."""
    found: Parts = {}
    for label, item in _flatten(value):
        if label in text_columns:
            array = _unpadded(text(item))
        elif hasattr(item, "numpy"):
            array = item.numpy()
        elif hasattr(item, "to_numpy"):  # a column of a data frame
            array = item.to_numpy()
        else:
            array = np.asarray(json.dumps(item))
        if not array.dtype.isnative:
            msg = f"output {label!r} is not in native byte order"
            raise ValueError(msg)
        found[label] = array
    return found


def in_order(found: Parts) -> Parts:
    """Return the rows of columns sorted, the first column deciding, where engines order them."""
    rows = np.lexsort(list(found.values())[::-1])
    return {label: array[rows] for label, array in found.items()}


def byte_count(value: Any) -> int:
    """Return the bytes of the tensors and arrays in `value`."""
    # A text column of torchfits is an object around its tensor of bytes.
    arrays = (getattr(item, "bytes", item) for _, item in _flatten(value))
    return sum(getattr(array, "nbytes", 0) for array in arrays)


def fingerprint(found: Parts) -> dict[str, list[Any]]:
    """Return ``{name: [dtype, shape, hash]}``, the same for equal outputs."""
    result = {}
    for label, array in found.items():
        kind = array.dtype.kind
        dtype = "text" if kind == "S" else "scalar" if kind == "U" else array.dtype.name
        raw = np.ascontiguousarray(array)
        digest = hashlib.blake2b(raw.reshape(-1).view(np.uint8).data, digest_size=16)
        result[label] = [dtype, list(array.shape), digest.hexdigest()]
    return result


def save(found: Parts, path: Path) -> None:
    """Store the arrays where the process that compares them can read them."""
    # The prefix keeps an empty label, that of a lone image, a usable name.
    arrays: dict[str, Any] = {f"part_{label}": array for label, array in found.items()}
    np.savez(path, **arrays)


def _ulp_apart(ours: np.ndarray, theirs: np.ndarray) -> int:
    """Return the largest distance of two float arrays in units in the last place."""
    signed = {4: np.int32, 8: np.int64}[ours.dtype.itemsize]
    lowest = np.iinfo(signed).min
    ordered = []
    for array in (ours, theirs):
        bits = np.ascontiguousarray(array).view(signed).astype(np.int64)
        ordered.append(np.where(bits < 0, int(lowest) - bits, bits))
    return int(np.abs(ordered[0] - ordered[1]).max(initial=0))


def difference(
    reference: dict[str, list[Any]],
    other: dict[str, list[Any]],
    arrays: Callable[[], tuple[Parts, Parts]],
    ulp: int,
) -> str | None:
    """Say how `other` differs from `reference`, or return ``None`` if they agree.

    `arrays` fetches the values themselves; it is called only when hashes differ and `ulp`
    units in the last place are allowed.
    """
    if list(reference) != list(other):
        return f"names {list(other)[:5]} instead of {list(reference)[:5]}"
    unequal = [name for name in reference if reference[name] != other[name]]
    for name in unequal:
        if reference[name][:2] != other[name][:2]:
            return f"{name or 'output'} is {other[name][:2]} instead of {reference[name][:2]}"
    if not unequal:
        return None
    if not ulp:
        return f"values of {unequal[0] or 'output'} differ"
    ours, theirs = arrays()
    for name in unequal:
        apart = _ulp_apart(ours[f"part_{name}"], theirs[f"part_{name}"])
        if apart > ulp:
            return f"values of {name or 'output'} are {apart} units in the last place apart"
    return None
