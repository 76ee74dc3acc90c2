# SPDX-License-Identifier: BSD-3-Clause
"""HDUs larger than memory: created empty by an open file, then filled in parts."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from . import _core
from ._assigned_values import new_rows_of, pixels_of
from ._compression import as_compression
from ._dtypes import dtype_name
from ._hdu import HDU
from ._header import Header
from ._keywords import check_flag
from ._runtime import settle_threads
from ._storage_form import form_of_keywords
from ._table_storage import core_table
from ._table_template import template_of
from ._write import EmptyImage, core_hdu

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Unpack

    from ._access import ReadAccess
    from ._column import ColumnList
    from ._storage_form import Storage
    from ._table import Table


class Creating:
    """What `FITS` can do for data that does not fit memory."""

    def _opened(self) -> ReadAccess:
        raise NotImplementedError

    def create_image(
        self,
        shape: tuple[int, ...],
        dtype: Any,
        *,
        header: Any = None,
        name: str | tuple[str, int] | None = None,
        compress: Any = None,
        checksum: bool = False,
        **storage: Unpack[Storage],
    ) -> HDU:
        """Add an image at the end, to be filled by sections: ``hdu[0:100] = tensor``.

        What is never filled holds the stored number 0: the value 0; of unsigned and ``int8`` images
        the middle of their range (BZERO).

        Parameters
        ----------
        shape : tuple of int
            In numpy order.
        dtype : torch.dtype
            Of the values.
        header, name, compress, checksum
            As in `torchfits.write`.
        **storage
            ``bitpix``, ``bscale``, ``bzero`` and ``blank``, as in `torchfits.write`.

        Returns
        -------
        HDU
            A plain image is a part of the file at once, takes room as it is filled, and can be read
            and changed as any other. A compressed one encodes each tile when its last pixel comes;
            it belongs to the file when it is complete: at `flush`, `close`, the next other change
            of the file, or when it is read itself. Then it takes no more sections.

        Raises
        ------
        ValueError
            If the file is open for reading, or closed; for a shape or dtype that cannot be
            compressed so.
        TypeError
            For a dtype that no image can hold.
        """
        access = self._opened().updating()
        check_flag("checksum", checksum)
        compression = as_compression(compress)
        form = form_of_keywords("create_image", storage)
        hdu = core_hdu(EmptyImage(shape, dtype), header, name, compression, form)[1]
        index, filling = access.create(hdu, 0, checksum)
        if filling is None:
            return HDU(self, index)  # type: ignore[arg-type]
        return _FilledImage(self, index, filling, hdu)

    def create_table(
        self,
        columns: Any,
        rows: int = 0,
        *,
        header: Any = None,
        name: str | tuple[str, int] | None = None,
        checksum: bool = False,
    ) -> HDU:
        """Add a table at the end, to be filled by blocks of rows.

        ``hdu.append_rows(table)`` adds a block; ``hdu[1000:2000] = table`` fills rows that are
        there.

        Parameters
        ----------
        columns : mapping, Table or list of Column
            A mapping of names to a dtype, or to ``(dtype, shape)`` of a cell; ``(dtype, ...)`` is a
            cell of any length, ``(str, 16)`` text of 16 characters, ``(str, ...)`` text of any
            length. A `Table`, or a mapping with columns, is a pattern: its rows are not taken. The
            columns of another HDU, ``hdu.columns``, are one, too.
        rows : int
            Rows that are there at once, of zeros, empty texts, and booleans that are null. Only
            where all cells have one size.
        header, name, checksum
            As in `torchfits.write`.

        Returns
        -------
        HDU
            With cells of one size a part of the file at once. Else it belongs to the file when it
            is complete: at `flush`, `close`, the next other change of the file, or when it is read
            itself; the elements of its cells are kept in a temporary file until then.

        Raises
        ------
        ValueError
            If the file is open for reading, or closed; for a column that cannot be.
        """
        access = self._opened().updating()
        check_flag("checksum", checksum)
        count = operator.index(rows)
        if count < 0:
            raise ValueError(f"rows={rows}: a table has 0 rows or more")
        template = template_of(columns)
        _kept_alive, hdu = core_hdu(template, header, name, None)
        index, filling = access.create(hdu, count, checksum)
        if filling is None:
            return HDU(self, index)  # type: ignore[arg-type]
        return _FilledTable(self, index, filling, hdu, template)


class _FilledHDU(HDU):
    """One that belongs to the file when it is complete; from then on it is as any other."""

    __slots__ = ("_filling", "_title")

    def __init__(self, fits: Any, index: int, filling: _core.HduFilling, hdu: Any) -> None:
        super().__init__(fits, index)
        self._filling = filling
        cards = Header._from_core(hdu[1])
        given = hdu[2] if isinstance(hdu[2], tuple) else (hdu[2], None)
        name, version = given
        self._title = (
            str(cards.get("EXTNAME", "")) if name is None else name,
            int(cards.get("EXTVER", 1)) if version is None else version,
        )

    def _is_filled(self) -> bool:
        return self._fits._access.updating().fills(self._filling)

    def _give(self, work: Callable[[_core.Updater], None]) -> None:
        settle_threads()
        self._fits._access.updating().fill(self._filling, work)

    def _complete(self) -> None:
        if self._is_filled():
            self._fits._access.updating().complete()

    @property
    def _file(self) -> _core.File:
        self._complete()
        return super()._file

    @property
    def header(self) -> Header:
        """The header, as in `HDU.header`; it completes the HDU."""
        self._complete()
        return super().header


class _FilledImage(_FilledHDU):
    __slots__ = ("_form",)

    def __init__(self, fits: Any, index: int, filling: _core.HduFilling, hdu: Any) -> None:
        super().__init__(fits, index, filling, hdu)
        _, dtype, shape = hdu[0]
        self._form: tuple[tuple[int, ...], str] = (shape, dtype)

    def _described(self) -> tuple[str, int, str, int, bool]:
        if self._is_filled():
            return (*self._title, "compressed_image", 0, True)
        return super()._described()

    def _laid_out(self) -> tuple[tuple[int, ...], str | None]:
        return self._form if self._is_filled() else super()._laid_out()

    def __setitem__(self, key: Any, value: Any) -> None:
        if not self._is_filled():
            super().__setitem__(key, value)
            return
        if key is None:
            raise TypeError("hdu[None] is no selection; hdu[...] is the whole image")
        tensor, alone = pixels_of(value, _core.section_shape(self.shape, key))
        dtype = dtype_name(tensor.dtype)
        values = (tensor.data_ptr(), dtype, tensor.numel(), alone)
        self._give(lambda core: self._filling.write_section(core, key, values))


class _FilledTable(_FilledHDU):
    __slots__ = ("_rows", "_template")

    def __init__(
        self, fits: Any, index: int, filling: _core.HduFilling, hdu: Any, template: Table
    ) -> None:
        super().__init__(fits, index, filling, hdu)
        self._template = template
        self._rows = 0

    def _described(self) -> tuple[str, int, str, int, bool]:
        if self._is_filled():
            return (*self._title, "table", 0, True)
        return super()._described()

    def _laid_out(self) -> tuple[tuple[int, ...], str | None]:
        return ((self._rows,), None) if self._is_filled() else super()._laid_out()

    @property
    def columns(self) -> ColumnList:
        """The columns of the table, in the order of the file."""
        return self._template.columns if self._is_filled() else super().columns

    def append_rows(self, rows: Any) -> None:
        """Add rows at the end, as `HDU.append_rows` does."""
        if not self._is_filled():
            super().append_rows(rows)
            return
        table = new_rows_of(rows, self.columns)
        kept, columns = core_table(table)
        self._give(lambda core: self._filling.append_rows(core, columns))
        del kept
        self._rows += len(table)
