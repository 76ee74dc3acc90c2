# SPDX-License-Identifier: BSD-3-Clause
"""FITS, the file format of astronomy, native to PyTorch.

    import torchfits

    image = torchfits.read("field.fits")                 # torch.Tensor
    table = torchfits.read("catalogue.fits", 1)          # Table of tensors
    with torchfits.open("field.fits") as f:
        stamp = f["SCI"][100:200, 300:400]

Errors
------
Each message says what is wrong, where, and what to do. ``except torchfits.FITSError`` catches all
of them::

    FITSError
    ├── FormatError (OSError)               the file breaks the Standard
    │   └── TruncatedError                  it ends before the data that it announces
    ├── HDUNotFoundError (KeyError)         no HDU of that name
    ├── HDUIndexError (IndexError)          no HDU at that position
    ├── ColumnNotFoundError (KeyError)      no such column, or an ambiguous name
    ├── KeywordNotFoundError (KeyError)     no such keyword
    ├── NoDataError                         a header without data
    ├── UnsupportedError (NotImplementedError)   a feature that is not read yet
    ├── FileMissingError (FileNotFoundError)
    ├── FileChangedError (OSError)          not the file that was opened
    └── FITSIOError (OSError)               refused by the operating system

    FITSWarning (UserWarning)               read leniently; the message says what

Wrong arguments are plain `TypeError`, `ValueError` and `IndexError`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import sky
    from ._api import append, info, open, read, read_header, read_many
    from ._column import Column
    from ._compression import Compression
    from ._concat import concat
    from ._cutouts import cutout, cutouts
    from ._errors import (
        ColumnNotFoundError,
        FileChangedError,
        FileMissingError,
        FITSError,
        FITSIOError,
        FITSWarning,
        FormatError,
        HDUIndexError,
        HDUNotFoundError,
        KeywordNotFoundError,
        NoDataError,
        TruncatedError,
        UnsupportedError,
    )
    from ._fits import FITS, FileInfo, HDUSummary
    from ._hdu import HDU
    from ._header import Header
    from ._ragged import Ragged
    from ._runtime import num_threads, set_num_threads, stats
    from ._strings import Strings
    from ._table import Table
    from ._verify import Report, verify
    from ._write import write
    from .wcs import WCS

_HOME = {
    "_api": "append info open read read_header read_many",
    "_column": "Column",
    "_compression": "Compression",
    "_concat": "concat",
    "_cutouts": "cutout cutouts",
    "_errors": "ColumnNotFoundError FITSError FITSIOError FITSWarning FileChangedError "
    "FileMissingError FormatError HDUIndexError HDUNotFoundError KeywordNotFoundError NoDataError "
    "TruncatedError UnsupportedError",
    "_fits": "FITS FileInfo HDUSummary",
    "_hdu": "HDU",
    "_header": "Header",
    "_ragged": "Ragged",
    "_runtime": "num_threads set_num_threads stats",
    "_strings": "Strings",
    "_table": "Table",
    "_verify": "Report verify",
    "_write": "write",
    "wcs": "WCS",
}
_MODULES = ("sky",)
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names.split()}

__version__ = "0.1.0.dev0"
__all__ = [
    "FITS",
    "HDU",
    "WCS",
    "Column",
    "ColumnNotFoundError",
    "Compression",
    "FITSError",
    "FITSIOError",
    "FITSWarning",
    "FileChangedError",
    "FileInfo",
    "FileMissingError",
    "FormatError",
    "HDUIndexError",
    "HDUNotFoundError",
    "HDUSummary",
    "Header",
    "KeywordNotFoundError",
    "NoDataError",
    "Ragged",
    "Report",
    "Strings",
    "Table",
    "TruncatedError",
    "UnsupportedError",
    "append",
    "concat",
    "cutout",
    "cutouts",
    "info",
    "num_threads",
    "open",
    "read",
    "read_header",
    "read_many",
    "set_num_threads",
    "sky",
    "stats",
    "verify",
    "write",
]


def __getattr__(name: str) -> Any:
    """Names are imported when first used: `import torchfits` costs neither torch nor numpy."""
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
