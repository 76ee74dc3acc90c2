# SPDX-License-Identifier: BSD-3-Clause
"""Text columns: the bytes of the file as a tensor, read as text when somebody looks."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from ._rows import checked_offsets, normal_rows, single_row, take_cells, take_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np
    import torch

__all__ = ["Strings"]

_SHOWN = 6


class Strings:
    """Strings kept verbatim as bytes: all of one width, or each with a length of its own.

    The text of an entry ends at its first NUL and loses its trailing blanks; bytes above 127 are
    read as Latin-1. Comparison and `to_list` use that text; the bytes stay as they are in the file.

    Parameters
    ----------
    data : torch.Tensor
        ``uint8``, shape ``[N, ..., width]``; with `offsets` the bytes of all strings, one behind
        the other. It is not copied.
    offsets : torch.Tensor, optional
        ``int64 [N + 1]``: where each string begins in `data`, and the end.

    Examples
    --------
    >>> names = Strings.from_list(["M31", "NGC 1"])
    >>> names[0], (names == "NGC 1").tolist()
    ('M31', [False, True])
    """

    __slots__ = ("_data", "_offsets")
    __hash__ = None  # type: ignore[assignment]  # mutable, and == is elementwise

    def __init__(self, data: torch.Tensor, offsets: torch.Tensor | None = None) -> None:
        import torch

        given: object = data
        if not isinstance(given, torch.Tensor) or data.dtype != torch.uint8 or data.ndim < 1:
            raise TypeError("Strings takes a uint8 tensor of shape [N, ..., width]")
        if (data.ndim == 1) != (offsets is not None):
            raise TypeError("Strings takes uint8 [N, ..., width], or uint8 [bytes] with offsets=")
        self._data = data
        self._offsets = None if offsets is None else checked_offsets(offsets, len(data))

    @classmethod
    def _of(cls, data: torch.Tensor, offsets: torch.Tensor | None) -> Strings:
        """From offsets that are known to be right."""
        strings = cls.__new__(cls)
        strings._data, strings._offsets = data, offsets
        return strings

    @classmethod
    def from_list(cls, texts: Sequence[str | bytes]) -> Strings:
        """Strings from Python text, padded with blanks to the longest.

        Raises
        ------
        TypeError
            If it is no list, or a text is neither ``str`` nor ``bytes``.
        ValueError
            If it holds a character outside Latin-1.
        """
        import torch

        if isinstance(texts, (str, bytes)) or not hasattr(texts, "__iter__"):
            raise TypeError(f"Strings.from_list takes a list of str or bytes, not {texts!r:.60}")
        encoded = [_encoded(text) for text in texts]
        width = max(map(len, encoded), default=0)
        joined = bytearray(b"".join(text.ljust(width) for text in encoded))
        if not joined:
            return cls(torch.zeros(len(encoded), width, dtype=torch.uint8))
        return cls(torch.frombuffer(joined, dtype=torch.uint8).view(len(encoded), width))

    @property
    def bytes(self) -> torch.Tensor:
        """The bytes of the file: ``uint8``, shape ``[N, ..., width]``, or ``[bytes]``."""
        return self._data

    @property
    def offsets(self) -> torch.Tensor | None:
        """Where each string begins in `bytes`, and the end; ``None`` where all have one width."""
        return self._offsets

    @property
    def width(self) -> int:
        """Bytes of one string; of the longest, where lengths differ."""
        if self._offsets is None:
            return int(self._data.shape[-1])
        return int(self._offsets.diff().max()) if len(self) else 0

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of strings, without the bytes of each."""
        return tuple(self._data.shape[:-1]) if self._offsets is None else (len(self),)

    @property
    def device(self) -> torch.device:
        """Where the bytes are."""
        return self._data.device

    def __len__(self) -> int:
        return int(self._data.shape[0]) if self._offsets is None else len(self._offsets) - 1

    def __getitem__(self, key: Any) -> Any:
        """Select: a ``str`` for a single entry, else `Strings`."""
        if self._offsets is not None:
            return self._entries(key)
        if isinstance(key, tuple):
            entry = (*key, slice(None))
            selected = self._data[entry]
        elif (position := single_row(key)) is not None:
            selected = self._data[position]
        else:
            return self._take(normal_rows(key, len(self)))
        return _texts(selected)[0] if selected.ndim == 1 else Strings(selected)

    def _entries(self, key: Any) -> Any:
        """Select of strings with lengths of their own."""
        if (position := single_row(key)) is None:
            return self._take(normal_rows(key, len(self)))
        if not -len(self) <= position < len(self):
            raise IndexError(f"string {position} is outside of {len(self)} strings")
        position %= len(self)
        return self._take(slice(position, position + 1)).to_list()[0]

    def _take(self, rows: slice | torch.Tensor) -> Strings:
        if self._offsets is None:
            return Strings(take_rows(self._data, rows))
        return Strings._of(*take_cells(self._data, self._offsets, rows))

    def __iter__(self) -> Iterator[Any]:
        if self._offsets is not None or self._data.ndim == 2:
            return iter(self.to_list())
        return (Strings(part) for part in self._data)

    def to_list(self) -> list[Any]:
        """List the texts, nested like `shape`."""
        if self._offsets is not None:
            return [_text(entry.decode("latin-1")) for entry in self._cut()]
        texts: list[Any] = _texts(self._data)
        for position in range(len(self.shape) - 1, 0, -1):
            size, count = self.shape[position], _product(self.shape[:position])
            texts = [texts[i * size : (i + 1) * size] for i in range(count)]
        return texts

    def _cut(self) -> list[Any]:
        """List the bytes of strings with lengths of their own."""
        joined = self._data.cpu().contiguous().numpy().tobytes()
        places = [] if self._offsets is None else self._offsets.tolist()
        return [joined[start:end] for start, end in itertools.pairwise(places)]

    def to_numpy(self) -> np.ndarray[Any, Any]:
        """Give the bytes as a numpy array of dtype ``S<width>``.

        Memory is shared where it is contiguous on the host and all strings have one width. numpy
        drops trailing NULs of an entry, but neither blanks nor what follows an inner NUL.
        """
        import numpy as np

        if self._offsets is not None:
            return np.array(self._cut(), dtype=f"S{max(self.width, 1)}")
        if self.width == 0:
            return np.zeros(self.shape, dtype="S1")
        return self._data.cpu().contiguous().numpy().view(f"S{self.width}")[..., 0]

    def __eq__(self, other: object) -> Any:
        """Elementwise: a ``bool`` tensor of shape `shape`, by text."""
        if isinstance(other, (str, bytes)):
            return self._equal_text(other)
        if isinstance(other, list):
            other = Strings.from_list(other)
        if not isinstance(other, Strings):
            return NotImplemented
        if other.shape != self.shape:
            raise ValueError(f"strings of shape {self.shape} and {other.shape} do not compare")
        if self._offsets is not None or other._offsets is not None:
            return self._compare(other.to_list())
        return _equal(self._data, other._data.to(self._data.device))

    def _equal_text(self, text: Any) -> torch.Tensor:
        if self._offsets is None:
            return _equal_text(self._data, text)
        wanted = text.decode("latin-1") if isinstance(text, bytes) else text
        return self._compare([_text(wanted)] * len(self))

    def _compare(self, texts: list[Any]) -> torch.Tensor:
        import torch

        equal = [one == other for one, other in zip(self.to_list(), texts, strict=True)]
        return torch.tensor(equal, dtype=torch.bool, device=self.device)

    def __ne__(self, other: object) -> Any:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else ~equal

    def to(self, device: Any, non_blocking: bool = False) -> Strings:
        """Move to a device."""
        return self._map(lambda tensor: tensor.to(device, non_blocking=non_blocking))

    def pin_memory(self) -> Strings:
        """Copy to page-locked memory, for asynchronous copies to a GPU."""
        return self._map(lambda tensor: tensor.pin_memory())

    def _map(self, change: Callable[[torch.Tensor], torch.Tensor]) -> Strings:
        return Strings._of(
            change(self._data), None if self._offsets is None else change(self._offsets)
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return (Strings, (self._data, self._offsets))

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.shape))
        shown = ", ".join(map(repr, self[:_SHOWN].to_list()))
        more = ", ..." if len(self) > _SHOWN else ""
        width = "width" if self._offsets is None else "longest"
        return f"Strings({shape}, {width}={self.width}: [{shown}{more}])"


def _product(sizes: Sequence[int]) -> int:
    product = 1
    for size in sizes:
        product *= size
    return product


def _encoded(text: str | bytes) -> bytes:
    if isinstance(text, bytes):
        return text
    given: object = text
    if not isinstance(given, str):
        raise TypeError(f"Strings are of str or bytes, not {given!r:.60}")
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError(f"{text!r} has characters outside Latin-1: FITS cannot hold it") from None


def _texts(data: torch.Tensor) -> list[str]:
    """List the texts of all entries, flat."""
    width = int(data.shape[-1])
    count = _product(data.shape[:-1])
    if width == 0:
        return [""] * count
    text = data.cpu().contiguous().numpy().tobytes().decode("latin-1")
    entries = (text[at : at + width] for at in range(0, count * width, width))
    if "\0" in text:
        return [_text(entry) for entry in entries]
    return [entry.rstrip(" ") for entry in entries]


def _text(entry: str) -> str:
    return entry.partition("\0")[0].rstrip(" ")


def _lengths(data: torch.Tensor) -> torch.Tensor:
    """Measure the text of each entry."""
    import torch

    width = data.shape[-1]
    if width == 0:
        return torch.zeros(data.shape[:-1], dtype=torch.int32, device=data.device)
    position = torch.arange(width, dtype=torch.int32, device=data.device)
    end = torch.where(data == 0, position, width).amin(-1, keepdim=True)
    solid = (data != ord(" ")) & (position < end)
    return torch.where(solid, position + 1, 0).amax(-1)


def _equal_text(data: torch.Tensor, text: str | bytes) -> torch.Tensor:
    import torch

    try:
        wanted = _encoded(text).partition(b"\0")[0].rstrip(b" ")
    except ValueError:
        wanted = None
    if wanted is None or len(wanted) > data.shape[-1]:
        return torch.zeros(data.shape[:-1], dtype=torch.bool, device=data.device)
    entry = torch.tensor(list(wanted), dtype=torch.uint8, device=data.device)
    return (_lengths(data) == len(wanted)) & (data[..., : len(wanted)] == entry).all(-1)


def _equal(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    import torch

    width = min(one.shape[-1], other.shape[-1])
    lengths = _lengths(one)
    behind = torch.arange(width, device=one.device) >= lengths.unsqueeze(-1)
    same = (one[..., :width] == other[..., :width]) | behind
    return (lengths == _lengths(other)) & same.all(-1)
