# SPDX-License-Identifier: BSD-3-Clause
"""What each mode may do with the file of a `FITS`: read it, change it, make it."""

from __future__ import annotations

import contextlib
import os
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from . import _core
from ._errors import (
    FileMissingError,
    FITSError,
    FITSIOError,
    FormatError,
    HDUIndexError,
    UnsupportedError,
)
from ._header import Header
from ._write import target_path

T = TypeVar("T")

MODES = ("r", "r+", "a", "w", "x")


class OpenHeaders:
    """The one `Header` of each HDU that was asked for, whichever `HDU` object asks.

    In a file that is updated, what stands in the file is remembered beside it.
    """

    def __init__(self, *, watched: bool) -> None:
        self._watched = watched
        self._known: dict[int, tuple[Header, bytes]] = {}

    def find(self, index: int) -> Header | None:
        known = self._known.get(index)
        return None if known is None else known[0]

    def add(self, index: int, cards: _core.Header) -> Header:
        """The header as it was read, or what another thread was faster to add."""
        return self._known.setdefault(index, self._entry(Header._from_core(cards)))[0]

    def _entry(self, header: Header) -> tuple[Header, bytes]:
        return header, header._list.text() if self._watched else b""

    def edited(self) -> list[tuple[int, Header]]:
        """Those whose cards are not those of the file, with their HDUs, in order."""
        known = sorted(self._known.items())
        return [(index, header) for index, (header, text) in known if header._list.text() != text]

    def renumber(self, place: Callable[[int], int | None]) -> None:
        """HDUs have moved to `place(index)`; their headers follow, or stand for themselves."""
        moved = [(place(index), entry) for index, entry in self._known.items()]
        self._known = {index: entry for index, entry in moved if index is not None}

    def reread(self, file: _core.File, index: int | None = None) -> None:
        """Take over what stands in the file: for one HDU, or for all that are known."""
        for known in list(self._known) if index is None else [index]:
            if known in self._known:
                header = self._known[known][0]
                header._list = file.header(known)
                self._known[known] = self._entry(header)


class ReadAccess:
    """Mode "r", and what all modes have in common: changes are refused."""

    generation = 0
    """Another number after each change of the file."""

    def __init__(self, name: str, file: _core.File | None = None, *, watched: bool = False) -> None:
        self.name = name
        self.closed = False
        self._file = file
        self._headers = OpenHeaders(watched=watched)

    def check_open(self) -> None:
        if self.closed:
            raise ValueError(f"{self.name} is closed; open it again")

    @property
    def file(self) -> _core.File:
        """The file as it is now."""
        file = self._present()
        self.check_open()
        if file is None:
            raise HDUIndexError(f"{self.name} is new and has no HDUs yet; append the first one")
        return file

    def _present(self) -> _core.File | None:
        """``None`` where there is no HDU yet."""
        return self._file

    def count(self) -> int:
        return self.file.count()

    def header(self, index: int) -> Header:
        """The one header of an HDU; one that was asked for outlives the handle."""
        known = self._headers.find(index)
        return self._headers.add(index, self.file.header(index)) if known is None else known

    def updating(self) -> UpdateAccess:
        """Itself, where HDUs are changed."""
        raise ValueError(f"{self.name} is open for reading; open it with mode 'r+' to change it")

    def finish(self) -> None:
        """Write what is pending, and let the file go."""
        self.abandon()

    def abandon(self) -> None:
        """Drop what is pending, and let the file go."""
        self._file = None
        self.closed = True


class UpdateAccess(ReadAccess):
    """The other modes: every change takes effect at once, edits of headers when flushed."""

    def __init__(self, path: str, mode: str, durable: bool, tile_cache: int) -> None:
        self._core: _core.Updater | None = None
        super().__init__(path, watched=True)
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._options = (durable, tile_cache)
        self._filling: _core.HduFilling | None = None
        """Fills an HDU at the end, which belongs to the file when it is complete."""
        self._replaces = mode in ("w", "x")
        """The file is new, and takes its name when it is closed."""
        if mode == "x" and os.path.lexists(path):
            raise FITSIOError(
                f"{path} exists already; mode 'a' adds HDUs to it, mode 'w' replaces it"
            )
        if self._replaces or (mode == "a" and not Path(path).exists()):
            self._core = _core.NewFile(path, mode == "w", durable)
            return
        try:
            self._open(may_be_empty=mode == "a")
        except FileMissingError as error:
            raise FileMissingError(f"{error}; mode 'a' or 'w' makes a new file") from None

    def _open(self, *, may_be_empty: bool = False) -> None:
        self._core = _core.Updater(self.name, *self._options)
        try:
            self._file = self._core.file()
            if self._file is not None:
                self._file.describe(0)
            elif not may_be_empty:
                raise FormatError(f"{self.name}: the file is empty; mode 'a' appends a first HDU")
        except BaseException:
            self.abandon()
            raise

    def _present(self) -> _core.File | None:
        file = self._file
        if file is None:
            with self._lock:  # so that no change makes it an old one
                if self._file is None and self._core is not None:
                    self._file = self._core.file()
                file = self._file
        return file

    def count(self) -> int:
        self.check_open()
        return 0 if self._present() is None else self.file.count()

    def header(self, index: int) -> Header:
        with self._lock:  # HDUs do not move meanwhile
            return super().header(index)

    def updating(self) -> UpdateAccess:
        return self

    def append(self, hdu: tuple[Any, ...], checksum: bool) -> int:
        """Gives the position of the new HDU."""
        with self._lock:
            self._announce_extensions()
            index: int = self._change(lambda core: core.append(hdu, checksum))
            self._take_name()
            return index

    def create(
        self, hdu: tuple[Any, ...], rows: int, checksum: bool
    ) -> tuple[int, _core.HduFilling | None]:
        """Gives the position of a new and empty HDU, and what fills it, if it is not there yet."""
        with self._lock:
            made = self._change(lambda core: _core.create_hdu(core, hdu, rows, checksum))
            if not isinstance(made, int):
                self._filling = made
                return self.count(), made
            self._take_name()
            self._announce_extensions(made)
            return made, None

    def fills(self, filling: _core.HduFilling | None) -> bool:
        """Whether the HDU takes more parts."""
        return filling is not None and self._filling is filling

    def fill(self, filling: _core.HduFilling, work: Callable[[_core.Updater], None]) -> None:
        """Give a part to the HDU that is filled."""
        with self._lock:
            if not self.fills(filling):
                raise ValueError(f"{self.name}: another thread completed the HDU meanwhile")
            self._apply(work)

    def complete(self) -> None:
        """The HDU that is filled belongs to the file from now on."""
        with self._lock:
            filling, self._filling = self._filling, None
            if filling is not None:
                self._apply(filling.finish)
                self._take_name()
                self._announce_extensions()

    def _take_name(self) -> None:
        """A file that mode "a" did not find is there from its first HDU on."""
        new = self._core
        if not isinstance(new, _core.NewFile) or self._replaces:
            return
        try:
            new.commit()
        except BaseException:
            self.abandon()
            raise
        self._open()

    def _announce_extensions(self, last: int = 1) -> None:
        """EXTEND = F would say that there are none."""
        if last > 0 and self._present() is not None and self.header(0).get("EXTEND") is False:
            self.header(0)["EXTEND"] = True

    def insert(self, index: int, hdu: tuple[Any, ...], checksum: bool) -> None:
        with self._lock:
            self._announce_extensions()
            at = self._change(lambda core: core.insert(index, hdu, checksum))
            added = at - index + 1
            self._renumber(lambda old: old + added if old >= index else old)

    def replace(self, index: int, hdu: tuple[Any, ...], checksum: bool) -> None:
        with self._lock:
            at = self._change(lambda core: core.replace(index, hdu, checksum))
            moved = {index: None}
            self._renumber(lambda old: moved.get(old, old + at - index if old > index else old))

    def remove(self, index: int) -> None:
        with self._lock:
            self._change(lambda core: core.remove(index))
            behind = 0 if index == 0 else 1  # in place of HDU 0 stands an empty one
            moved = {index: None}
            self._renumber(lambda old: moved.get(old, old - behind if old > index else old))

    def move(self, index: int, to: int) -> None:
        with self._lock:
            self._change(lambda core: core.move(index, to))

            def place(old: int) -> int:
                if old == index:
                    return to
                without = old - (old > index)
                return without + (without >= to)

            self._renumber(place)

    def change(self, work: Callable[[_core.Updater], T], index: int) -> T:
        """Change the data of one HDU by `work`; its header is read anew."""
        with self._lock:
            result = self._change(work)
            self._headers.reread(self.file, index)
            return result

    def flush(self) -> None:
        """Complete the HDU that is filled, and write the headers that were edited."""
        with self._lock:
            self.complete()
            for index in self._write_headers():
                self._headers.reread(self.file, index)

    def finish(self) -> None:
        with self._lock:
            try:
                self.complete()
                self._write_headers()
                if isinstance(self._core, _core.NewFile) and self._replaces:
                    self._core.commit()
            finally:
                self.abandon()

    def abandon(self) -> None:
        super().abandon()
        if self._core is not None:
            if self._filling is not None and not self._replaces:
                with contextlib.suppress(FITSError):  # the next append takes it for its own
                    self._filling.cancel(self._core)
            self._filling = None
            self._core.close()
            self._core = None

    def _change(self, work: Callable[[_core.Updater], T]) -> T:
        self.flush()
        return self._apply(work)

    def _apply(self, work: Callable[[_core.Updater], T]) -> T:
        self.check_open()
        assert self._core is not None
        try:
            return work(self._core)
        finally:
            self._file = None
            self.generation += 1

    def _write_headers(self) -> list[int]:
        """Gives the HDUs of those that were edited."""
        edited = self._headers.edited()
        if edited:
            cards = [(index, header._list) for index, header in edited]
            self._apply(lambda core: core.set_headers(cards))
        return [index for index, _ in edited]

    def _renumber(self, place: Callable[[int], int | None]) -> None:
        self._headers.renumber(place)
        self._headers.reread(self.file)

    def __del__(self) -> None:
        if self._core is None or self._process != os.getpid():
            return
        lost = "it is not written" if self._replaces else "edits of its headers are lost"
        if self._replaces or self._headers.edited():
            warnings.warn(f"{self.name} was not closed: {lost}", ResourceWarning, stacklevel=2)


def writable_path(source: Any, mode: str) -> str:
    """The path of a file to be changed or made."""
    if not isinstance(source, str) and isinstance(source, os.PathLike):
        source = os.fspath(source)
    if not isinstance(source, str):
        raise TypeError(
            f"mode={mode!r} takes a path, not {type(source).__name__}: what is no file on disk is "
            "read, and written anew with torchfits.write"
        )
    if not source:
        raise FileMissingError("'': the path of the file is empty")
    if source.lower().endswith((".gz", ".bz2", ".xz", ".z")):
        raise UnsupportedError(
            f"{source}: mode={mode!r} is not for files that are compressed as a whole; decompress "
            "it first, or read it and write it anew"
        )
    return target_path(source)
