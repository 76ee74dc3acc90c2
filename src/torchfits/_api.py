# SPDX-License-Identifier: BSD-3-Clause
"""The one-call functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from . import _core
from ._device import deliver, host_form
from ._fits import FITS, TILE_CACHE, FileInfo, core_source
from ._hdu import as_data, check_null, core_rows
from ._header import Header
from ._keywords import check_flag
from ._runtime import settle_threads

if TYPE_CHECKING:
    import torch
    from typing_extensions import Unpack

    from ._device import Device
    from ._hdu import Null
    from ._storage_form import Storage


def open(
    source: Any,
    mode: str = "r",
    *,
    durable: bool = False,
    tile_cache: int = TILE_CACHE,
    checksum: bool = False,
    allow_truncated: bool = False,
) -> FITS:
    """Open a FITS file.

    Parameters
    ----------
    source : str, path-like, bytes-like or binary file object
        Whole-file compression (gzip, bzip2, xz, compress) is taken off, whatever the name ends in.
        Modes other than ``"r"`` take the path of a file that is not compressed as a whole.
    mode : {'r', 'r+', 'a', 'w', 'x'}
        ``"r"`` reads. ``"r+"`` reads and changes; nobody else can open the file for changes
        meanwhile. ``"a"`` is the same, and makes a file that is missing when its first HDU is
        appended. ``"w"`` makes a new file, which takes its name, and the place of a file that was
        there, when it is closed; it leaves nothing behind if the ``with`` ends by an exception.
        ``"x"`` is the same where no file is yet.
    durable : bool
        What is written survives a loss of power: each change waits until the disk has it.
    tile_cache : int
        Bytes of decoded tiles of compressed images that the file keeps for later cutouts, shared
        by all threads; 64 MiB by default, 0 for none. Kept are the tiles of the last reads that
        took only a part of their image.
    checksum : bool
        Compare CHECKSUM and DATASUM, where they are given, before the data of an HDU are read for
        the first time; `FormatError` where one is wrong. Mode ``"r"`` only.
    allow_truncated : bool
        Of an HDU whose data are cut off, read the whole rows, or the whole lines of the slowest
        axis, that are there; a `FITSWarning` says how much is missing. Mode ``"r"`` only.

    Returns
    -------
    FITS
        A sequence of HDUs; use it in a ``with``.

    Raises
    ------
    FormatError
        If it is no FITS file.
    FileMissingError, FITSIOError
        If it cannot be opened, is read-only, or is open for updating elsewhere; if it exists, in
        mode ``"x"``.
    TypeError, UnsupportedError
        For bytes, file objects, and compressed or remote files in a mode that writes.
    """
    return FITS(
        source, mode, durable=durable, tile_cache=tile_cache, checksum=checksum,
        allow_truncated=allow_truncated,
    )  # fmt: skip


def append(
    path: Any,
    data: Any,
    *,
    header: Any = None,
    name: str | tuple[str, int] | None = None,
    compress: Any = None,
    checksum: bool = False,
    durable: bool = False,
    **storage: Unpack[Storage],
) -> None:
    """Add an HDU at the end of a file, which is made if it is missing.

    Costs what the new HDU costs, however large the file is.

    Parameters
    ----------
    path : str or path-like
    data, header, name, compress, checksum
        As in `write`, for one HDU.
    durable : bool
        Wait until the disk has it.
    **storage
        ``kind``, ``bitpix``, ``bscale``, ``bzero`` and ``blank``, as in `write`.

    Raises
    ------
    FormatError
        If the file is no FITS file.
    FITSIOError
        If the operating system refuses, or the file is open for updating elsewhere; the file then
        is as it was.
    """
    with FITS(path, "a", durable=durable) as fits:
        fits.append(data, header=header, name=name, compress=compress, checksum=checksum, **storage)


def read(
    source: Any,
    hdu: int | str | tuple[str, int] | None = None,
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
    allow_truncated: bool = False,
) -> Any:
    """Read one HDU straight into a tensor or a table of tensors.

    Parameters
    ----------
    source : str, path-like, bytes-like or binary file object
    hdu : int, str, (str, int) or None
        Position, name, or name and version. ``None``: the first HDU that has data (the first image
        where ``section`` is given, the first table where ``columns``, ``rows`` or ``where`` are).
    columns : str or sequence of str, optional
        One name gives the bare column, a list or tuple a `Table`.
    rows : slice, range, int, sequence or tensor, optional
        Positions in any order with repeats (negative: from the end), or a ``bool`` mask.
    where : str, optional
        Keeps the rows where it is true: ``"MAG < 20 and not isnull(Z)"``; see docs/expressions.md.
    null : {'mask', 'nan', 'raw'}
        How nulls of a table come out: as `Table.null_mask`; as NaN in ``float64`` columns (logicals
        and text keep their mask); or without masks, as what is stored (NaN in scaled columns).
    section : index expression, optional
        numpy's basic indexing of the image: integers, slices with steps, ``...``.
    scaled : bool
        Apply BSCALE, BZERO and BLANK, or TSCAL, TZERO and TNULL. ``False`` gives the stored values.
    dtype : torch.dtype, optional
        Of an image: a float dtype equals ``read().to(dtype)``, an integer one must hold all values.
    device : torch.device or str, optional
        ``"cuda"`` reads into pinned memory and enqueues the copy on the current stream.
    out : torch.Tensor, optional
        For an image: filled, on any device; shape and dtype must be those of the data.
    raw : bool
        The binary table, and its header, in which a compressed image or table is stored.
    header : bool
        Return ``(data, header)``.
    allow_truncated : bool
        Of data that are cut off, read the whole rows or lines, with a `FITSWarning`; see `open`.

    Returns
    -------
    torch.Tensor or Table
        An image has the shape ``(NAXISn, ..., NAXIS1)``. Its dtype follows from the header:
        ``uint8 int16 int32 int64 float32 float64`` as stored, ``int8 uint16 uint32 uint64`` for the
        offset convention (FITS 4.0 section 5.2.5); any other scaling, or BLANK, gives ``float32``
        for BITPIX 8, 16 and -32, ``float64`` for the others. Text columns are `Strings`.

    Raises
    ------
    FITSError
        One of its children: see the package's docstring.
    TypeError, ValueError, IndexError
        A keyword of a wrong type or for another kind of HDU; a wrong condition, section or row; an
        ``out`` or integer ``dtype`` that does not fit.
    """
    for flag in ("header", header), ("raw", raw), ("allow_truncated", allow_truncated):
        check_flag(*flag)
    if header:
        return _read_with_header(
            source, hdu, allow_truncated, columns=columns, rows=rows, where=where, null=null,
            section=section, scaled=scaled, dtype=dtype, device=device, out=out, raw=raw,
        )  # fmt: skip
    check_null(null)
    settle_threads()
    form = host_form(scaled, dtype, device, out)
    selection = (section, columns, core_rows(rows), raw, where)
    result = _core.read(core_source(source), hdu, selection, form, allow_truncated)
    return as_data(result, columns, null, device, out)


def _read_with_header(source: Any, hdu: Any, allow_truncated: bool, **asked: Any) -> Any:
    """What `HDU.read` gives of the HDU that is meant."""
    selection = tuple(asked[key] for key in ("section", "columns", "rows", "raw", "where"))
    with FITS(source, allow_truncated=allow_truncated) as fits:
        return fits[fits._open_file().choose(hdu, selection)].read(**asked, header=True)


def read_header(source: Any, hdu: int | str | tuple[str, int] = 0) -> Header:
    """Read one header; touches header bytes only.

    Parameters
    ----------
    source : str, path-like, bytes-like or binary file object
    hdu : int, str or (str, int)
        Position, name, or name and version.

    Raises
    ------
    FormatError
        If the file, or the header, is none.
    HDUNotFoundError, HDUIndexError
        If there is no such HDU.
    """
    return Header._from_core(_core.read_header(core_source(source), hdu))


def read_many(
    sources: Iterable[Any],
    hdu: int | str | tuple[str, int] | None = None,
    *,
    section: Any = None,
    scaled: bool = True,
    dtype: Any = None,
    device: Device = None,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    """Read one image from each of many files, in parallel, into one tensor.

    Parameters
    ----------
    sources : iterable of sources
    hdu, section, scaled, dtype, device, out
        As in `read`, for each of them.

    Returns
    -------
    torch.Tensor
        Shape ``[N, ...]``, in the order of ``sources``.

    Raises
    ------
    ValueError
        If there is no source, or an image differs from the first in shape, or in dtype where
        ``dtype`` is not given; the message names it.
    FITSError
        As in `read`.
    """
    given: object = sources
    single = isinstance(given, (str, bytes, bytearray, memoryview, FITS)) or hasattr(given, "read")
    if single or not isinstance(given, Iterable):
        raise TypeError(f"read_many takes a list of sources, not one {type(sources).__name__}")
    settle_threads()
    form = host_form(scaled, dtype, device, out)
    listed = [core_source(source) for source in sources]
    batch: Any = _core.read_many(listed, hdu, (section, None, None, False, None), form)
    return deliver(batch, device, out)


def info(source: Any) -> FileInfo:
    """All HDUs of a file as a list of `HDUSummary` that prints as a table.

    Parameters
    ----------
    source : str, path-like, bytes-like or binary file object

    Raises
    ------
    FITSError
        As in `open`.
    """
    with FITS(source) as fits:
        return fits.info()
