# SPDX-License-Identifier: BSD-3-Clause
"""Exceptions of torchfits; the tree is drawn in the docstring of the package."""

from __future__ import annotations

__all__ = [
    "ColumnNotFoundError",
    "FITSError",
    "FITSIOError",
    "FITSWarning",
    "FileChangedError",
    "FileMissingError",
    "FormatError",
    "HDUIndexError",
    "HDUNotFoundError",
    "KeywordNotFoundError",
    "NoDataError",
    "TruncatedError",
    "UnsupportedError",
]


class FITSError(Exception):
    """Base of all errors about a file or its content: what is wrong, where, and what to do."""

    def __str__(self) -> str:
        # KeyError would show the repr of the message.
        return Exception.__str__(self)


class FormatError(FITSError, OSError):
    """The file breaks the FITS Standard in a way that leaves the data unreadable."""


class TruncatedError(FormatError):
    """The file ends before the bytes that its headers announce."""


class HDUNotFoundError(FITSError, KeyError):
    """No HDU has that name (and version)."""


class HDUIndexError(FITSError, IndexError):
    """No HDU stands at that position."""


class ColumnNotFoundError(FITSError, KeyError):
    """No column has that name, or several differ from it in case only."""


class KeywordNotFoundError(FITSError, KeyError):
    """The header has no such keyword."""


class NoDataError(FITSError):
    """The HDU, or every HDU of the file, has a header only."""


class UnsupportedError(FITSError, NotImplementedError):
    """A feature of FITS that torchfits does not read yet; the message names it."""


class FileMissingError(FITSError, FileNotFoundError):
    """The path does not exist."""


class FITSIOError(FITSError, OSError):
    """The operating system refused an operation on the file."""


class FileChangedError(FITSError, OSError):
    """The file is not the one that was opened: it shrank, grew, or was replaced."""


class FITSWarning(UserWarning):
    """Something was read that the Standard does not allow, in the only way it can be meant."""
