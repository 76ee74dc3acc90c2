# SPDX-License-Identifier: BSD-3-Clause
"""Text columns: the bytes of the file as a tensor, read as text when somebody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._rows import normal_rows, single_row, take_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    import torch

__all__ = ["Strings"]

_SHOWN = 6


class Strings:
    """Strings of one width, kept verbatim as bytes.

    The text of an entry ends at its first NUL and loses its trailing blanks; bytes above 127 are
    read as Latin-1. Comparison and `to_list` use that text; the bytes stay as they are in the file.

    Parameters
    ----------
    data : torch.Tensor
        ``uint8``, shape ``[N, ..., width]``. It is not copied.

    Examples
    --------
    >>> names = Strings.from_list(["M31", "NGC 1"])
    >>> names[0], (names == "NGC 1").tolist()
    ('M31', [False, True])
    """

    __slots__ = ("_data",)
    __hash__ = None  # type: ignore[assignment]  # mutable, and == is elementwise

    def __init__(self, data: torch.Tensor) -> None:
        import torch

        given: object = data
        if not isinstance(given, torch.Tensor) or data.dtype != torch.uint8 or data.ndim < 2:
            raise TypeError("Strings takes a uint8 tensor of shape [N, ..., width]")
        self._data = data

    @classmethod
    def from_list(cls, texts: Sequence[str | bytes]) -> Strings:
        """Strings from Python text, padded with blanks to the longest.

        Raises
        ------
        ValueError
            If a text holds a character outside Latin-1.
        """
        import torch

        encoded = [_encoded(text) for text in texts]
        width = max(map(len, encoded), default=0)
        joined = bytearray(b"".join(text.ljust(width) for text in encoded))
        if not joined:
            return cls(torch.zeros(len(encoded), width, dtype=torch.uint8))
        return cls(torch.frombuffer(joined, dtype=torch.uint8).view(len(encoded), width))

    @property
    def bytes(self) -> torch.Tensor:
        """The bytes of the file: ``uint8``, shape ``[N, ..., width]``."""
        return self._data

    @property
    def width(self) -> int:
        """Bytes of one string."""
        return int(self._data.shape[-1])

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of strings, without the bytes of each."""
        return tuple(self._data.shape[:-1])

    @property
    def device(self) -> torch.device:
        """Where the bytes are."""
        return self._data.device

    def __len__(self) -> int:
        return int(self._data.shape[0])

    def __getitem__(self, key: Any) -> Any:
        """Select: a ``str`` for a single entry, else `Strings`."""
        if isinstance(key, tuple):
            entry = (*key, slice(None))
            selected = self._data[entry]
        elif (position := single_row(key)) is not None:
            selected = self._data[position]
        else:
            selected = take_rows(self._data, normal_rows(key, len(self)))
        return _texts(selected)[0] if selected.ndim == 1 else Strings(selected)

    def __iter__(self) -> Iterator[Any]:
        if self._data.ndim == 2:
            return iter(_texts(self._data))
        return (Strings(part) for part in self._data)

    def to_list(self) -> list[Any]:
        """List the texts, nested like `shape`."""
        texts: list[Any] = _texts(self._data)
        for position in range(len(self.shape) - 1, 0, -1):
            size, count = self.shape[position], _product(self.shape[:position])
            texts = [texts[i * size : (i + 1) * size] for i in range(count)]
        return texts

    def to_numpy(self) -> np.ndarray[Any, Any]:
        """Give the bytes as a numpy array of dtype ``S<width>``.

        Memory is shared where it is contiguous on the host. numpy drops trailing NULs of an
        entry, but neither blanks nor what follows an inner NUL.
        """
        import numpy as np

        if self.width == 0:
            return np.zeros(self.shape, dtype="S1")
        return self._data.cpu().contiguous().numpy().view(f"S{self.width}")[..., 0]

    def __eq__(self, other: object) -> Any:
        """Elementwise: a ``bool`` tensor of shape `shape`, by text."""
        if isinstance(other, (str, bytes)):
            return _equal_text(self._data, other)
        if isinstance(other, list):
            other = Strings.from_list(other)
        if not isinstance(other, Strings):
            return NotImplemented
        if other.shape != self.shape:
            raise ValueError(f"strings of shape {self.shape} and {other.shape} do not compare")
        return _equal(self._data, other._data.to(self._data.device))

    def __ne__(self, other: object) -> Any:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else ~equal

    def to(self, device: Any, non_blocking: bool = False) -> Strings:
        """Move to a device."""
        return Strings(self._data.to(device, non_blocking=non_blocking))

    def pin_memory(self) -> Strings:
        """Copy to page-locked memory, for asynchronous copies to a GPU."""
        return Strings(self._data.pin_memory())

    def __reduce__(self) -> tuple[Any, ...]:
        return (Strings, (self._data,))

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.shape))
        shown = ", ".join(map(repr, Strings(self._data[:_SHOWN]).to_list()))
        more = ", ..." if len(self) > _SHOWN else ""
        return f"Strings({shape}, width={self.width}: [{shown}{more}])"


def _product(sizes: Sequence[int]) -> int:
    product = 1
    for size in sizes:
        product *= size
    return product


def _encoded(text: str | bytes) -> bytes:
    if isinstance(text, bytes):
        return text
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
        return [entry.partition("\0")[0].rstrip(" ") for entry in entries]
    return [entry.rstrip(" ") for entry in entries]


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
