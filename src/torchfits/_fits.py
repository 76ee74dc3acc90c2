# SPDX-License-Identifier: BSD-3-Clause
"""An open FITS file: a sequence of HDUs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import _core
from ._access import MODES, ReadAccess, UpdateAccess, writable_path
from ._errors import (
    FileChangedError,
    FileMissingError,
    FITSError,
    HDUIndexError,
    HDUNotFoundError,
    UnsupportedError,
)
from ._filling import Creating
from ._hdu import HDU, describe_data
from ._keywords import check_flag
from ._updating import Updatable

if TYPE_CHECKING:
    from types import TracebackType


TILE_CACHE = 64 << 20
"""Bytes of decoded tiles that an open file keeps."""


def byte_count(keyword: str, value: object) -> int:
    """A number of bytes, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{keyword}= takes a number of bytes, not {value!r}")
    if value < 0:
        raise ValueError(f"{keyword}={value}: a number of bytes is 0 or more")
    return value


def core_source(source: Any) -> Any:
    """What the core opens: a str path, an object with the buffer protocol, or a file object."""
    if isinstance(source, os.PathLike):
        source = os.fspath(source)
    if isinstance(source, str):
        if source.startswith(("http://", "https://", "s3://")):
            raise UnsupportedError(f"{source}: remote files are not read yet; download it first")
        if not source:
            raise FileMissingError("'': the path of the file is empty")
        return source
    if isinstance(source, (FITS, HDU)):
        raise TypeError(f"{source!r} is open already; use its own methods, such as f[0].read()")
    if source is None:
        raise TypeError("the source is None; pass a path, bytes, or a binary file object")
    return source


@dataclass(frozen=True)
class HDUSummary:
    """One line of `FileInfo`."""

    index: int
    name: str
    version: int
    kind: str
    shape: tuple[int, ...]
    dtype: str | None
    """Name of the dtype that `read` gives; ``None`` for a table."""
    cards: int
    data_bytes: int
    """Size of the data in the file, without padding."""
    description: str


class FileInfo(list[HDUSummary]):
    """A list of `HDUSummary` that prints as a table."""

    def __init__(self, name: str, summaries: list[HDUSummary]) -> None:
        super().__init__(summaries)
        self.name = name

    def __repr__(self) -> str:
        head = ("", "name", "ver", "cards", "bytes", "data")
        lines = [
            (str(s.index), s.name, str(s.version), str(s.cards), f"{s.data_bytes:,}", s.description)
            for s in self
        ]
        widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
        right = (True, False, True, True, True, False)
        rows = [
            "  ".join(
                cell.rjust(width) if to_right else cell.ljust(width)
                for cell, width, to_right in zip(line, widths, right, strict=True)
            ).rstrip()
            for line in [head, *lines]
        ]
        return "\n".join([f"{self.name}: {len(self)} HDU{'s' if len(self) != 1 else ''}", *rows])

    __str__ = __repr__


class FITS(Updatable, Creating):
    """A sequence of HDUs, found as far as they are asked for. Made by `torchfits.open`.

    ``f[0]``, ``f[-1]``, ``f["SCI"]``, ``f["SCI", 2]``, ``"ERR" in f``, ``len(f)``, iteration. One
    handle may be read by many threads at once, survives a fork, and pickles by path, so that a
    `DataLoader` worker opens its own. A handle that writes does not pickle.

    In the modes that write also `append`, `insert`, ``f[i] = data``, ``del f[i]``, `move`, and
    edits of ``f[i].header``. An `HDU` stands for a position: after a change it shows what stands
    there now.
    """

    def __init__(
        self,
        source: Any,
        mode: str = "r",
        *,
        durable: bool = False,
        tile_cache: int = TILE_CACHE,
        checksum: bool = False,
        allow_truncated: bool = False,
    ) -> None:
        if mode not in MODES:
            raise ValueError(f"mode={mode!r}; use one of 'r', 'r+', 'a', 'w', 'x'")
        check_flag("durable", durable)
        check_flag("checksum", checksum)
        check_flag("allow_truncated", allow_truncated)
        self._tile_cache = byte_count("tile_cache", tile_cache)
        self.mode = mode
        """``"r"``, ``"r+"``, ``"a"``, ``"w"`` or ``"x"``."""
        if mode != "r":
            if checksum or allow_truncated:
                raise ValueError("checksum=True and allow_truncated=True are for mode 'r'")
            self.name = writable_path(source, mode)
            """The path, or what kind of object is read."""
            self._access: ReadAccess = UpdateAccess(self.name, mode, durable, tile_cache)
            return
        if durable:
            raise ValueError("durable=True is for files that are written; mode 'r' only reads")
        self._source = core_source(source)
        self._identity = _identity(self._source)
        self._leniency = (checksum, allow_truncated)
        file = _core.File(self._source, self._tile_cache, checksum, allow_truncated)
        self.name = file.name
        file.describe(0)
        self._access = ReadAccess(self.name, file)

    def _opened(self) -> ReadAccess:
        self._access.check_open()
        return self._access

    def _open_file(self) -> _core.File:
        return self._opened().file

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._access.closed

    def close(self) -> None:
        """Let the file go. Tensors that were read stay valid.

        Edits of headers are written. A file of mode ``"w"`` or ``"x"`` gets its name; without any
        HDU it holds an empty primary one.
        """
        if not self.closed:
            self._access.finish()

    def __enter__(self) -> FITS:
        self._opened()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file; after an exception what is pending is dropped, and no new file is left.

        In mode ``"r+"`` and ``"a"``, HDUs that were changed before the exception stay changed.
        """
        if kind is None:
            self.close()
        elif not self.closed:
            self._access.abandon()

    def __len__(self) -> int:
        """Number of HDUs; scans to the end of the file."""
        return self._opened().count()

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, key: int | str | tuple[str, int]) -> HDU:
        if key is None:
            raise TypeError("a file is indexed by position, name, or (name, version), not by None")
        return HDU(self, self._open_file().choose(key))

    def __iter__(self) -> Iterator[HDU]:
        index = 0
        while True:
            try:
                hdu = self[index]
            except HDUIndexError:
                return
            yield hdu
            index += 1

    def __contains__(self, key: object) -> bool:
        if key is None:
            return False
        try:
            self._open_file().choose(key)
        except (HDUNotFoundError, HDUIndexError):
            return False
        return True

    def _ipython_key_completions_(self) -> list[str]:
        return list(dict.fromkeys(hdu.name for hdu in self if hdu.name))

    def info(self) -> FileInfo:
        """All HDUs as a list that prints as a table."""
        return FileInfo(self.name, [_summary(self[index]) for index in range(len(self))])

    def __reduce__(self) -> tuple[Any, ...]:
        self._opened()
        if self.mode != "r":
            raise TypeError(
                f"{self.name}: a handle of mode {self.mode!r} does not pickle; close it, and open "
                "the file by its path"
            )
        if isinstance(self._source, str):
            return (_reopen, (self._source, self._identity, self._tile_cache, *self._leniency))
        if isinstance(self._source, (bytes, bytearray, memoryview)):
            return (_reopen, (bytes(self._source), None, self._tile_cache, *self._leniency))
        raise TypeError(
            f"{self.name}: a handle on a file object does not pickle; open the file by its path"
        )

    def __repr__(self) -> str:
        mode = "" if self.mode == "r" else f", mode {self.mode!r}"
        return f"<FITS {self.name!r}{mode}{', closed' if self.closed else ''}>"


def _summary(hdu: HDU) -> HDUSummary:
    """A damaged layout is told in its line and does not hide the other HDUs."""
    try:
        shape, dtype = hdu._laid_out()
        description = describe_data(hdu)
    except FITSError as error:
        shape, dtype, description = (), None, f"{hdu.kind}, unreadable: {error}"
    return HDUSummary(
        index=hdu.index,
        name=hdu.name,
        version=hdu.version,
        kind=hdu.kind,
        shape=shape,
        dtype=dtype,
        cards=len(hdu.header),
        data_bytes=hdu.data_bytes,
        description=description,
    )


def _identity(source: Any) -> tuple[int, int] | None:
    """Size and time of modification (ns) of a path; what a pickled handle expects to find."""
    if not isinstance(source, str):
        return None
    try:
        status = os.stat(source)  # noqa: PTH116  (a Path takes a quarter of the time of an open)
    except OSError:
        return None  # the core says what is wrong
    return (status.st_size, status.st_mtime_ns)


def _reopen(
    path: str | bytes,
    identity: tuple[int, int] | None,
    tile_cache: int = TILE_CACHE,
    checksum: bool = False,
    allow_truncated: bool = False,
) -> FITS:
    fits = FITS(path, tile_cache=tile_cache, checksum=checksum, allow_truncated=allow_truncated)
    if fits._identity != identity:
        raise FileChangedError(
            f"{fits.name} has changed since the handle was pickled; open it again"
        )
    return fits
