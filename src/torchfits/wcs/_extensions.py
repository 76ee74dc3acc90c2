# SPDX-License-Identifier: BSD-3-Clause
"""Extensions of the same file that a header refers to."""

from __future__ import annotations

from typing import Any

LARGEST = 1 << 31


def extension(file: Any, name: str, version: int, said: str) -> Any:
    """The HDU of that EXTNAME and EXTVER; `said` is the keyword that names it, with its value.

    Raises
    ------
    ValueError
        If there is no file, or no such HDU in it.
    """
    if not 0 <= version < LARGEST:
        raise ValueError(f"{said}: {version} is no EXTVER; it is a number from 1")
    wanted = f"{said} refers to the extension {name!r}, version {version}"
    if file is None:
        raise ValueError(
            f"{wanted}, of the same file; take hdu.wcs of an open file, or pass the file: "
            "WCS(header, file=torchfits.open(path))"
        )
    if not hasattr(file, "__getitem__") or isinstance(file, (str, bytes, bytearray)):
        raise TypeError(f"file= is an open file, such as torchfits.open(path), not {file!r}")
    try:
        return file[name, version]
    except (LookupError, FileNotFoundError) as error:
        where = getattr(file, "name", "file=")
        raise ValueError(
            f"{wanted}, but {where} has none; pass the file that the header is from"
        ) from error
