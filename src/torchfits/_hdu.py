# SPDX-License-Identifier: BSD-3-Clause
"""One header-data unit of an open file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ._column import Column, ColumnList
from ._device import PLAIN_FORM, deliver, host_form
from ._editing import Editable
from ._header import Header
from ._keywords import check_flag
from ._rows import is_from_where, row_tensor, single_row
from ._runtime import settle_threads
from ._scan import (
    checked_batch_rows,
    read_ahead,
    row_windows,
    window_reader,
    windowed,
)
from ._table import Table
from ._window_memory import FEW_WINDOWS, WindowMemory

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

    from . import _core
    from ._device import Device
    from ._fits import FITS
    from ._strings import Strings
    from .wcs import WCS

Null = Literal["mask", "nan", "raw"]

_TABLES = ("table", "ascii_table", "random_groups")


class HDU(Editable):
    """A header and its data. Made by indexing a `FITS`; reads nothing until asked.

    Images take numpy's basic indexing (``hdu[10:20, ::2]``), which reads no more bytes than it
    needs. Tables take names and rows: ``hdu["RA"]``, ``hdu["RA", "DEC"]``, ``hdu["RA", 10:20]``,
    ``hdu[10:20]``, ``hdu[[1, 7]]``, ``hdu[mask]``, and ``hdu[5]``, a row as a dict. Random groups
    are a table of a row for each group: its parameters, and its array as the column ``DATA``.
    """

    __slots__ = ("_columns", "_description", "_fits", "_generation", "_layout", "index")

    def __init__(self, fits: FITS, index: int) -> None:
        self._fits = fits
        self.index: int = index
        self._generation = fits._access.generation
        self._description: tuple[str, int, str, int, bool] | None = None
        self._layout: tuple[tuple[int, ...], str | None] | None = None
        self._columns: list[Column] | None = None

    @property
    def _file(self) -> _core.File:
        return self._fits._open_file()

    def _forget_old(self) -> None:
        """Drop what was known of the file before its last change."""
        generation = self._fits._access.generation
        if generation != self._generation:
            self._description = self._layout = self._columns = None
            self._generation = generation

    def _described(self) -> tuple[str, int, str, int, bool]:
        self._forget_old()
        if self._description is None:
            self._description = self._file.describe(self.index)
        return self._description

    def _laid_out(self) -> tuple[tuple[int, ...], str | None]:
        self._forget_old()
        if self._layout is None:
            self._layout = self._file.layout(self.index)
        return self._layout

    @property
    def name(self) -> str:
        """EXTNAME; ``"PRIMARY"`` for the first HDU without one, else ``""``."""
        return self._described()[0]

    @property
    def version(self) -> int:
        """EXTVER, 1 by default."""
        return self._described()[1]

    @property
    def kind(self) -> str:
        """What kind of data follows.

        ``'image'``, ``'compressed_image'``, ``'table'``, ``'ascii_table'``, ``'random_groups'`` or
        ``'unknown'``.
        """
        return self._described()[2]

    @property
    def has_data(self) -> bool:
        """Whether any data bytes follow the header."""
        return self._described()[4]

    @property
    def data_bytes(self) -> int:
        """Size of the data in the file, without padding."""
        return self._described()[3]

    @property
    def header(self) -> Header:
        """The header; the same object each time.

        In a file that is open for updating its edits are written by `FITS.flush` and `FITS.close`,
        and before any other change; the header of an HDU that moves goes with it.
        """
        return self._fits._access.header(self.index)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the image in numpy order (NAXISn first); of a table ``(rows,)``.

        Of random groups the shape of their arrays, groups first; ``()`` without data.
        """
        return self._laid_out()[0]

    @property
    def dtype(self) -> torch.dtype | None:
        """The dtype that `read` gives without ``dtype=``; ``None`` for a table and without data."""
        name = self._laid_out()[1]
        if name is None or not self._laid_out()[0]:
            return None
        import torch

        dtype: torch.dtype = getattr(torch, name)
        return dtype

    @property
    def columns(self) -> ColumnList:
        """The columns of a table, in the order of the file; one by position or name.

        Raises
        ------
        TypeError
            If the HDU is no table.
        """
        self._forget_old()
        if self._columns is None:
            self._columns = [Column._from_core(column) for column in self._described_columns()]
        return ColumnList(self._columns)

    @property
    def wcs(self) -> WCS:
        """The first WCS of the header; `torchfits.WCS` gives alternate ones, and those of columns.

        Look-up tables are read from the file. Of a table it is the WCS that the keywords of its
        columns describe: that of a pixel list, or that of images in cells. Without keywords of a
        WCS the axes of an image are linear: they count its pixels.

        Raises
        ------
        KeywordNotFoundError
            If the header is of a table without a WCS, or has alternate ones only.
        ValueError
            If it contradicts itself.
        """
        from .wcs import WCS

        return WCS(self.header, file=self._fits)

    def _described_columns(self) -> list[tuple[Any, ...]]:
        """The columns as the core tells them: dtypes are names, and torch is not needed."""
        described: Any = self._file.columns(self.index)
        if described is None:
            raise TypeError(f"{self._label()} is of kind '{self.kind}' and has no columns")
        columns: list[tuple[Any, ...]] = described
        return columns

    def read(
        self,
        *,
        columns: str | list[str] | tuple[str, ...] | None = None,
        rows: Any = None,
        where: str | None = None,
        null: Null = "mask",
        section: Any = None,
        scaled: bool = True,
        dtype: Any = None,
        device: Device = None,
        out: torch.Tensor | None = None,
        raw: bool = False,
        header: bool = False,
    ) -> Any:
        """The data as a `torch.Tensor` or a `Table`; see `torchfits.read` for the keywords."""
        check_flag("header", header)
        check_flag("raw", raw)
        check_null(null)
        settle_threads()
        form = host_form(scaled, dtype, device, out)
        result = self._file.read(self.index, (section, columns, core_rows(rows), raw, where), form)
        data = as_data(result, columns, null, device, out)
        if not header:
            return data
        return data, (
            Header._from_core(self._file.header(self.index, True)) if raw else self.header
        )

    def scan(
        self,
        batch_rows: int = 65536,
        columns: str | list[str] | tuple[str, ...] | None = None,
        where: str | None = None,
        *,
        rows: Any = None,
        null: Null = "mask",
        scaled: bool = True,
    ) -> Iterator[Any]:
        """Read a table batch by batch in constant memory, also where it is larger than memory.

        The next batch is read in another thread while the caller works on this one.

        Parameters
        ----------
        batch_rows : int
            Rows of the table that each batch covers.
        columns, where, rows, null, scaled
            As in `torchfits.read`. `where` keeps some rows of each batch; batches without any are
            left out.

        Returns
        -------
        generator of Table
            In the order of the rows; of bare columns where `columns` is one name.

        Raises
        ------
        TypeError
            If the HDU is no table.
        ValueError, ColumnNotFoundError
            For a wrong `batch_rows`, `where` or `columns`, before the first batch.
        """
        batch_rows = checked_batch_rows(batch_rows)
        if self.kind not in _TABLES:
            raise TypeError(f"{self._label()} is of kind '{self.kind}'; scan() is for tables")

        check_flag("scaled", scaled)
        check_null(null)
        settle_threads()
        length = self.shape[0]
        together = 1 if where is not None else windowed(batch_rows, length, self.data_bytes)
        window_rows = batch_rows * together
        many = where is None and length > FEW_WINDOWS * window_rows
        memory = WindowMemory(window_rows) if many else None

        def read(part: Any) -> Any:
            selection = (None, columns, core_rows(part), False, where)
            form = (scaled, None, memory, False)
            return as_data(self._file.read(self.index, selection, form), columns, null, None, None)

        windows = row_windows(rows, length, window_rows)
        reader = window_reader(read, batch_rows if together > 1 else None)
        return read_ahead(reader, windows, together, self._fits._open_file)

    def __getitem__(self, key: Any) -> Any:
        if key is None:
            raise TypeError("hdu[None] is no selection; use hdu.read(), and index the tensor")
        if self.kind not in _TABLES:
            settle_threads()
            return self._file.read(self.index, (key, None, None, False, None), PLAIN_FORM)
        if isinstance(key, str):
            return self.read(columns=key)
        if isinstance(key, tuple):
            return self._columns_and_rows(key)
        if isinstance(key, list) and key and all(isinstance(name, str) for name in key):
            return self.read(columns=key)
        if (row := single_row(key)) is not None:
            return self.read(rows=row)[0]
        return self.read(rows=key)

    def _columns_and_rows(self, key: tuple[Any, ...]) -> Any:
        if key and all(isinstance(name, str) for name in key):
            return self.read(columns=list(key))
        if is_from_where(key):
            return self.read(rows=key)
        if len(key) == 2 and isinstance(key[0], (str, list, tuple)):
            return self.read(columns=key[0], rows=key[1])
        raise TypeError(
            "a table takes hdu['A'], hdu['A', 'B'], hdu['A', 10:20], hdu[['A', 'B'], 10:20] "
            "or rows alone"
        )

    def __len__(self) -> int:
        """Rows of a table, or the length of the first axis of an image."""
        shape = self.shape
        if not shape:
            raise TypeError(f"{self._label()} has no data and so no length")
        return shape[0]

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Any:
        raise TypeError("an HDU is not iterated over; iterate over hdu.read() or hdu.columns")

    def __reduce__(self) -> tuple[Any, ...]:
        return (_hdu_of, (self._fits, self.index))

    def _ipython_key_completions_(self) -> list[str]:
        return self.columns.names if self.kind in _TABLES else []

    def _label(self) -> str:
        return f"HDU {self.index}" + (f" {self.name!r}" if self.name else "")

    def __repr__(self) -> str:
        if self._fits.closed:
            return f"<HDU {self.index} of a closed file>"
        version = f", version {self.version}" if self.version != 1 else ""
        return f"<{self._label()}{version}: {describe_data(self)}>"


def _hdu_of(fits: FITS, index: int) -> HDU:
    return fits[index]


def describe_data(hdu: HDU) -> str:
    """One line on what the HDU holds: kind, dtype and shape, never values; torch is not needed."""
    if hdu.kind in ("table", "ascii_table"):
        return f"{hdu.kind} of {hdu.shape[0]} rows x {len(hdu._described_columns())} columns"
    shape, dtype = hdu._laid_out()
    if not shape:
        return f"{hdu.kind} without data"
    return f"{hdu.kind}{f' {dtype}' if dtype else ''} {list(shape)}"


def check_null(null: str) -> None:
    """A wrong choice is an error before any work."""
    if null not in ("mask", "nan", "raw"):
        raise ValueError(f"null={null!r}; use one of 'mask', 'nan', 'raw'")


def core_rows(rows: Any) -> Any:
    """`rows=` as the core takes it.

    ``None``, an integer, a slice, a range, or an ``int64`` or ``bool`` tensor on the host.
    """
    if rows is None or isinstance(rows, (slice, range)):
        return rows
    if (row := single_row(rows)) is not None:
        return row
    return row_tensor(rows).cpu().contiguous()


def as_data(
    result: Any, columns: Any, null: Null, device: Device, out: torch.Tensor | None
) -> torch.Tensor | Table | Strings:
    """What the core gives, as the user sees it: a tensor, a `Table`, or one bare column."""
    if type(result) is not tuple:
        if null != "mask":
            raise TypeError(f"null={null!r} is for tables, and this HDU holds an image")
        return deliver(result, device, out)
    if out is not None:
        raise TypeError("out= is for images, and this HDU holds a table")
    table = Table._from_core(*result)
    if device is not None:
        table = table.to(device, non_blocking=True)
    if null != "mask":
        table = table._with_nulls(null)
    return table[table.names[0]] if isinstance(columns, str) else table
