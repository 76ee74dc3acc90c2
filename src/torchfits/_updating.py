# SPDX-License-Identifier: BSD-3-Clause
"""The methods of an open file that change it: HDUs appended, inserted, replaced, moved, deleted."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from ._compression import as_compression
from ._errors import HDUIndexError
from ._keywords import check_flag
from ._runtime import settle_threads
from ._storage_form import form_of_keywords
from ._write import core_hdu, hdu_parts

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._access import ReadAccess, UpdateAccess
    from ._storage_form import Storage

Key = Any  # a position, a name, or (name, version)


class Updatable:
    """What `FITS` can do in the modes that write.

    Every change takes effect at once, and whole: who reads the file finds it as it was or as it is
    now. HDUs that are not named keep their bytes. Edits of ``f[i].header`` wait until `flush`,
    `close`, or the next change.
    """

    def _opened(self) -> ReadAccess:
        raise NotImplementedError

    def append(
        self,
        data: Any,
        *,
        header: Any = None,
        name: str | tuple[str, int] | None = None,
        compress: Any = None,
        checksum: bool = False,
        **storage: Unpack[Storage],
    ) -> None:
        """Add an HDU at the end. What stands in the file already is not touched.

        Parameters
        ----------
        data, header, name, compress, checksum
            As in `torchfits.write`, for one HDU. What cannot stand first in a file gets an empty
            primary HDU before it.
        **storage
            ``kind``, ``bitpix``, ``bscale``, ``bzero`` and ``blank``, as in `torchfits.write`.

        Raises
        ------
        ValueError
            If the file is open for reading, or closed.
        FITSIOError
            If the operating system refuses; the file then is as it was.
        """
        access = self._opened().updating()
        check_flag("checksum", checksum)
        _kept_alive, hdu = _new_hdu("append", data, header, name, compress, storage)
        access.append(hdu, checksum)

    def insert(
        self,
        before: Key,
        data: Any,
        *,
        header: Any = None,
        name: str | tuple[str, int] | None = None,
        compress: Any = None,
        checksum: bool = False,
        **storage: Unpack[Storage],
    ) -> None:
        """Put an HDU before another one.

        Parameters
        ----------
        before : int, str or (str, int)
            The HDU that comes behind the new one; ``len(f)`` for none. Before HDU 0 an image
            becomes the primary HDU, and the old one an image extension.
        data, header, name, compress, checksum, **storage
            As in `append`.
        """
        access = self._opened().updating()
        check_flag("checksum", checksum)
        index = self._gap(access, before)
        _kept_alive, hdu = _new_hdu("insert", data, header, name, compress, storage)
        if index is None:
            access.append(hdu, checksum)
        else:
            access.insert(index, hdu, checksum)

    def replace(
        self,
        hdu: Key,
        data: Any,
        *,
        header: Any = None,
        name: str | tuple[str, int] | None = None,
        compress: Any = None,
        checksum: bool | None = None,
        **storage: Unpack[Storage],
    ) -> None:
        """Put another HDU in the place of one.

        ``f[hdu] = data`` is ``f.replace(hdu, data)``, and ``f[hdu] = data, header, name`` gives
        header and name as well (the name may be missing).

        Parameters
        ----------
        hdu : int, str or (str, int)
            The HDU that goes. In the place of HDU 0 a table or a compressed image stands behind an
            empty primary HDU.
        data
            As in `append`.
        header : Header, mapping or iterable of cards, optional
            ``None`` keeps the cards of the old HDU, its name included, except those that describe
            its data.
        name : str or (str, int), optional
            EXTNAME, or EXTNAME and EXTVER.
        compress : Compression, str or bool, optional
            As in `torchfits.write`; not taken over from the old HDU.
        checksum : bool, optional
            ``None``: write DATASUM and CHECKSUM where the old HDU has them.
        **storage
            As in `append`; not taken over from the old HDU.
        """
        access = self._opened().updating()
        index = self._position(access, hdu)
        old = access.header(index)
        if checksum is None:
            checksum = "CHECKSUM" in old or "DATASUM" in old
        check_flag("checksum", checksum)
        cards = old if header is None else header
        _kept_alive, new = _new_hdu("replace", data, cards, name, compress, storage)
        access.replace(index, new, checksum)

    def move(self, hdu: Key, to: int) -> None:
        """Put an HDU elsewhere in the file, as it is.

        Parameters
        ----------
        hdu : int, str or (str, int)
            Any but HDU 0, which must stay the first.
        to : int
            Its position afterwards, from 1 on; negative: counted from the end.

        Raises
        ------
        ValueError
            If HDU 0 is moved, or another one to its place.
        HDUIndexError
            If there is no such position.
        """
        access = self._opened().updating()
        index = self._position(access, hdu)
        target = self._position(access, operator.index(to))
        if index == target:
            return
        if index == 0 or target == 0:
            raise ValueError(
                f"{access.name}: HDU 0 is the primary HDU and stays the first; insert another one "
                "before it with insert(0, ...), or replace it with f[0] = ..."
            )
        access.move(index, target)

    def flush(self) -> None:
        """Write the edits of headers; everything else stands in the file already.

        Raises
        ------
        ValueError
            If the file is open for reading, or closed.
        """
        self._opened().updating().flush()

    def __setitem__(self, hdu: Key, data: Any) -> None:
        data, header, name = hdu_parts(data)
        self.replace(hdu, data, header=header, name=name)

    def __delitem__(self, hdu: Key) -> None:
        """Remove an HDU; in the place of HDU 0 an empty one is left."""
        access = self._opened().updating()
        access.remove(self._position(access, hdu))

    def _position(self, access: UpdateAccess, hdu: Key) -> int:
        if hdu is None:
            raise TypeError("an HDU is named by position, name, or (name, version), not by None")
        return access.file.choose(hdu)

    def _gap(self, access: UpdateAccess, before: Key) -> int | None:
        """The HDU before which one is put; ``None`` at the end."""
        try:
            return self._position(access, before)
        except HDUIndexError:
            if before == access.count():
                return None
            raise


def _new_hdu(
    method: str, data: Any, header: Any, name: Any, compress: Any, storage: Storage
) -> tuple[Any, tuple[Any, ...]]:
    """What keeps the memory alive, and the HDU as the core takes it."""
    form = form_of_keywords(method, storage)
    settle_threads()
    return core_hdu(data, header, name, as_compression(compress), form)
