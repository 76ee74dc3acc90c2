# SPDX-License-Identifier: BSD-3-Clause
"""Tables to and from Arrow, pandas, polars and astropy, each imported when used."""

from __future__ import annotations

import dataclasses
import os
import secrets
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._arrow import ArrowTable, from_arrow_data, take_arrow
from ._column import Column, column_of
from ._keywords import check_flag
from ._numpy_columns import array_of, cells_of, values_of
from ._ragged import Ragged
from ._rows import take_rows
from ._strings import Strings

if TYPE_CHECKING:
    from collections.abc import Iterable

    import astropy.table
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from typing_extensions import Self

    Part = tuple[Column, Any, Any]  # what is known of a column, its values, its mask or None

__all__ = ["Exchange"]

_PANDAS_REMEDY = (
    "convert it to a number, such as df[name].astype('int64'), df[name].astype('Int64') where "
    "some are missing, or days as float64"
)
_ASTROPY_REMEDY = "replace it by a number, such as t[name] = t[name].mjd for a Time"


class Exchange:
    """What a `Table` gives to other libraries and takes from them.

    It looks at ``columns``, ``_masks`` and ``_values(position)`` of the table, and makes one with
    the constructor.
    """

    __slots__ = ()

    if TYPE_CHECKING:
        _masks: list[Any]

        def __init__(self, columns: dict[str, Any], *, masks: dict[str, Any]) -> None: ...
        @property
        def columns(self) -> list[Column]: ...
        def __len__(self) -> int: ...
        def _values(self, position: int) -> Any: ...

    def _parts(self) -> list[Part]:
        return [(each, self._values(i), self._masks[i]) for i, each in enumerate(self.columns)]

    @classmethod
    def _of_parts(cls, parts: Iterable[Part]) -> Self:
        parts = list(parts)
        names = [column.name for column, _, _ in parts]
        repeated = {name for name in names if names.count(name) > 1}
        if repeated:
            raise ValueError(f"columns named twice: {sorted(repeated)}; rename them first")
        table: Any = cls(
            {column.name: values for column, values, _ in parts},
            masks={column.name: mask for column, _, mask in parts if mask is not None},
        )
        table._columns = [column for column, _, _ in parts]
        table._can_be_null = [
            mask is not None or column.null is not None for column, _, mask in parts
        ]
        made: Self = table
        return made

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Give the table to a library that knows the Arrow C data interface.

        ``pyarrow.table(t)``, ``polars.DataFrame(t)`` and ``duckdb.sql("select * from t")`` call it.
        Numbers are not copied: do not write to the tensors while somebody looks at the other side.
        """
        return ArrowTable(self._parts(), len(self)).__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        """Give names, types and metadata of the columns, for ``pyarrow.schema(t)``."""
        return ArrowTable(self._parts(), len(self)).__arrow_c_schema__()

    def to_arrow(self) -> pa.Table:
        """Give a ``pyarrow.Table``.

        Numbers, complex numbers (as pairs) and `Ragged` share memory with the tensors; text, bools
        and masks are copied. Text with bytes above 127 is ``binary``. Units, descriptions and the
        keywords of the column are metadata of its field.

        Raises
        ------
        ImportError
            If pyarrow is not installed.
        """
        table: pa.Table = _imported("pyarrow", "to_arrow()", "arrow").table(self)
        return table

    @classmethod
    def from_arrow(cls, data: Any) -> Self:
        """Make a table of Arrow data, without any other library.

        Parameters
        ----------
        data : object
            Anything with ``__arrow_c_stream__`` or ``__arrow_c_array__``: a table, record batch or
            reader of pyarrow, a DataFrame of polars, a relation of duckdb.

        Returns
        -------
        Table
            Numbers share the memory of `data` where they lie in one piece and none is null: do not
            write to them. Everything else is a copy. Strings are `Strings`, lists are `Ragged`
            (null lists are empty), lists of a fixed size are more axes. Under a null lies NaN,
            TNULL or 0.

        Raises
        ------
        TypeError
            For times, decimals, structs and other types that FITS has not; the message names the
            column and says what to do.
        ValueError
            For text outside Latin-1, repeated names, or data that contradict themselves.
        """
        return cls._of_parts(from_arrow_data(take_arrow(data)))

    def write_parquet(self, path: str | os.PathLike[str], **options: Any) -> None:
        """Write a Parquet file with pyarrow; units and descriptions are in its schema.

        Parameters
        ----------
        path : str or path
            Where to; a file that is there is replaced when all is written.
        **options
            Of ``pyarrow.parquet.write_table``, such as ``compression="zstd"``.
        """
        parquet = _imported("pyarrow.parquet", "write_parquet()", "arrow")
        table, target = self.to_arrow(), path
        if options.get("filesystem") is None and _is_file(path):
            # pyarrow removes a file that it fails to write, which may have been there before.
            target = f"{os.path.realpath(path)}.{secrets.token_hex(4)}.partial"
        parquet.write_table(table, target, **options)
        if target is not path:
            Path(target).replace(os.path.realpath(path))

    def to_polars(self) -> pl.DataFrame:
        """Give a polars DataFrame.

        Numbers share memory with the tensors where polars allows; text is ``String``, decoded as
        Latin-1. polars keeps no units.
        """
        frame = _imported("polars", "to_polars()", "polars").DataFrame
        result: pl.DataFrame = frame(ArrowTable(self._parts(), len(self), as_utf8=True))
        return result

    @classmethod
    def from_polars(cls, frame: pl.DataFrame) -> Self:
        """Make a table of a polars DataFrame, as `from_arrow` does."""
        lazy = hasattr(frame, "collect")
        if lazy or not hasattr(frame, "__arrow_c_stream__"):
            hint = "; call its collect() first" if lazy else ""
            raise TypeError(
                f"from_polars() takes a DataFrame of polars, not {type(frame).__name__}{hint}"
            )
        for name, dtype in dict(getattr(frame, "schema", {})).items():
            if str(dtype) == "Object":  # polars gives the addresses of the objects
                raise TypeError(f"column {name!r} holds Python objects; cast it to another type")
        return cls.from_arrow(frame)

    def to_pandas(self) -> pd.DataFrame:
        """Give a pandas DataFrame, a copy.

        Integers and bools with nulls are of the nullable dtypes (``Int32``, ``boolean``); null
        floats are NaN. Text is ``str``. Vectors and `Ragged` are objects: a numpy array in each
        cell, a masked one where something is null. Units and descriptions are in ``df.attrs``.
        """
        pandas = _imported("pandas", "to_pandas()", "pandas")
        parts = self._parts()
        frame: pd.DataFrame = pandas.DataFrame(
            {column.name: _series_of(pandas, values, mask) for column, values, mask in parts}
        )
        for key, field in _ATTRS.items():
            known = {column.name: getattr(column, field) for column, _, _ in parts}
            if any(known.values()):
                frame.attrs[key] = {name: value for name, value in known.items() if value}
        return frame

    @classmethod
    def from_pandas(cls, frame: pd.DataFrame, *, index: bool = False) -> Self:
        """Make a table of a pandas DataFrame.

        Parameters
        ----------
        frame : pandas.DataFrame
            Its columns are numbers, bools, strings, categories of those, or arrays in objects,
            which become vectors if all are of one shape and `Ragged` otherwise.
        index : bool, optional
            Take the index as the first column, or columns.

        Raises
        ------
        TypeError
            For times and other types that FITS has not.
        """
        check_flag("index", index)
        if not hasattr(frame, "attrs") or not hasattr(frame, "columns"):
            raise TypeError(f"from_pandas() takes a DataFrame, not {type(frame).__name__}")
        frame = frame.reset_index() if index else frame
        known = {field: _texts(frame.attrs.get(key)) for key, field in _ATTRS.items()}
        parts = []
        for position, name in enumerate(frame.columns):
            if not isinstance(name, str):
                raise TypeError(
                    f"the name of a column is a str, not {name!r}: df.columns = df.columns.map(str)"
                )
            values, mask = _values_of_series(name, frame.iloc[:, position])
            column = column_of(name, values, None)
            described: dict[str, Any] = {f: texts.get(name) for f, texts in known.items()}
            parts.append((dataclasses.replace(column, **described), values, mask))
        return cls._of_parts(parts)

    def to_astropy(self, *, quantities: bool = False) -> astropy.table.Table:
        """Give an ``astropy.table.Table``.

        Numbers share memory with the tensors; columns with nulls are ``MaskedColumn``, text is
        ``str`` (in objects where one is much longer than the others), `Ragged` is arrays in
        objects. Units and descriptions are kept; TDISP, TNULL and UCD are in ``column.meta``.

        Parameters
        ----------
        quantities : bool, optional
            Give a ``QTable``: columns with units are ``Quantity``.
        """
        check_flag("quantities", quantities)
        module = _imported("astropy.table", "to_astropy()", "astropy")
        columns = [_astropy_column(module, *part) for part in self._parts()]
        made = module.QTable if quantities else module.Table
        table: astropy.table.Table = made(columns, copy=False)
        return table

    @classmethod
    def from_astropy(cls, table: astropy.table.Table) -> Self:
        """Make a table of an ``astropy.table.Table`` or ``QTable``.

        Numbers share memory where their bytes are native, in one piece and writable. ``table.meta``
        has no place in a `Table`.

        Raises
        ------
        TypeError
            For ``Time``, ``SkyCoord`` and other columns that are no plain numbers or text.
        """
        if not hasattr(table, "colnames") or not hasattr(table, "itercols"):
            raise TypeError(
                f"from_astropy() takes a Table or QTable of astropy, not {type(table).__name__}"
            )
        return cls._of_parts(_part_of_astropy(name, table[name]) for name in table.colnames)


_ATTRS = {"units": "unit", "descriptions": "comment"}
_ASTROPY_META = {"TDISP": "display", "TNULL": "null", "ucd": "ucd"}


def _is_file(path: object) -> bool:
    return isinstance(path, (str, os.PathLike)) and Path(path).is_file()


def _texts(given: object) -> dict[Any, str]:
    """Read what `to_pandas` left in ``df.attrs``, where anybody may keep anything."""
    return {key: str(text) for key, text in given.items()} if isinstance(given, dict) else {}


def _imported(module: str, method: str, extra: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name != package:
            raise
        raise ImportError(
            f"{method} needs {package}, which is not installed: pip install {package}, or "
            f"pip install 'torchfits[{extra}]'",
            name=package,
        ) from None


def _series_of(pandas: Any, values: Any, mask: Any) -> Any:
    """Make what a DataFrame holds of a column."""
    import numpy as np

    if isinstance(values, Ragged) or len(values.shape) > 1:
        return cells_of(values, mask)
    if isinstance(values, Strings):
        return _text_series(pandas, values, mask)
    array = array_of(values)
    nulls = None if mask is None else array_of(mask)
    nulls = nulls if nulls is not None and nulls.any() else None
    if nulls is None:
        return array
    if array.dtype.kind in "fc":
        return np.where(nulls, array.dtype.type(np.nan), array)
    kind = pandas.arrays.BooleanArray if array.dtype.kind == "b" else pandas.arrays.IntegerArray
    return kind(array, nulls, copy=True)


def _text_series(pandas: Any, strings: Strings, mask: Any) -> Any:
    """Give text as the dtype that pandas has for it; from version 3 on that may be Arrow's."""
    if int(pandas.__version__.partition(".")[0]) < 3:
        kind: Any = object
    else:
        kind = pandas.StringDtype(na_value=float("nan"))
        if kind.storage == "pyarrow":
            column = (Column(name="text"), strings, mask)
            arrow = _imported("pyarrow", "to_pandas()", "arrow")
            table = arrow.table(ArrowTable([column], len(strings), as_utf8=True))
            return pandas.array(table.column(0), dtype=kind)
    texts = array_of(strings).astype(object)
    if mask is not None:
        texts[array_of(mask)] = None
    return texts if kind is object else pandas.array(texts, dtype=kind)


def _is_arrow(dtype: Any) -> bool:
    """Tell whether pandas keeps a column as Arrow data."""
    return type(dtype).__name__ == "ArrowDtype" or getattr(dtype, "storage", "") == "pyarrow"


def _values_of_series(name: str, series: Any) -> tuple[Any, Any]:
    import numpy as np
    import torch

    if _is_arrow(series.dtype):
        frame = series.reset_index(drop=True).to_frame(name)
        ((_, values, mask),) = from_arrow_data(take_arrow(frame))
        return values, mask
    if hasattr(series, "cat"):
        codes = series.cat.codes.to_numpy()
        values, mask = _values_of_series(name, series.cat.categories.to_series())
        nulls = torch.from_numpy(codes < 0)
        return _chosen(values, codes), nulls if bool(nulls.any()) else mask
    plain = getattr(series.dtype, "numpy_dtype", None)  # of the nullable dtypes
    if plain is None or plain.kind not in "biuf":
        is_text = series.dtype.kind == "O" or plain is not None
        array = series.to_numpy(dtype=object) if is_text else series.to_numpy()
        return values_of(name, array, remedy=_PANDAS_REMEDY)
    nulls = series.isna().to_numpy()
    fill = np.nan if plain.kind == "f" else 0
    array = series.to_numpy(dtype=plain, na_value=fill) if nulls.any() else series.to_numpy(plain)
    values, _ = values_of(name, array, remedy=_PANDAS_REMEDY)
    return values, torch.from_numpy(nulls.copy()) if nulls.any() else None


def _chosen(values: Any, codes: Any) -> Any:
    """Select the categories that stand in the rows; any for -1."""
    import torch

    rows = torch.from_numpy(codes.astype("int64")).clamp(min=0)
    if not len(values):  # all are null
        return Strings(torch.zeros(len(rows), 0, dtype=torch.uint8))
    if isinstance(values, (Strings, Ragged)):
        return values._take(rows)
    return take_rows(values, rows)


def _astropy_column(module: Any, column: Column, values: Any, mask: Any) -> Any:
    import numpy as np

    nulls = None if mask is None or isinstance(values, Ragged) else array_of(mask)
    array = cells_of(values, mask) if isinstance(values, Ragged) else array_of(values)
    meta = {key: getattr(column, field) for key, field in _ASTROPY_META.items()}
    keywords: dict[str, Any] = {
        "name": column.name,
        "unit": None if column.unit is None else _astropy_unit(column.unit),
        "description": column.comment,
        "meta": {key: value for key, value in meta.items() if value is not None},
        "copy": False,
    }
    if nulls is None or not nulls.any():
        return module.Column(array, **keywords)
    made = module.MaskedColumn(array, mask=nulls, **keywords)
    # astropy's own value may stand in the column, where its writer would make nulls of it.
    if isinstance(column.null, int) and array.dtype.str[1:] in ("u1", "i2", "i4", "i8"):
        limits = np.iinfo(array.dtype)
        if limits.min <= column.null <= limits.max:
            made.fill_value = column.null
    return made


def _astropy_unit(unit: str) -> Any:
    """Read a unit as FITS spells it; what is none stays text."""
    from astropy.units import Unit

    return Unit(unit, format="fits", parse_strict="silent")


def _part_of_astropy(name: str, column: Any) -> Part:
    import numpy as np

    unit, info = getattr(column, "unit", None), column.info
    mask: Any
    if isinstance(column, np.ndarray) and hasattr(column, "unmasked"):  # astropy's Masked
        mask, column = getattr(column, "mask", None), column.unmasked
    else:
        mask = np.ma.getmaskarray(column) if isinstance(column, np.ma.MaskedArray) else None
    if isinstance(column, np.ndarray) and hasattr(column, "to_value"):  # a Quantity
        plain = column.to_value(unit)
    elif isinstance(column, np.ndarray):
        plain = np.asarray(column.data if mask is None else np.ma.getdata(column))
    else:
        raise TypeError(
            f"column {name!r} is a {type(column).__name__}; FITS tables have no such columns: "
            f"{_ASTROPY_REMEDY}"
        )
    if plain.dtype.kind == "O" and mask is not None:  # what is masked is a whole cell
        plain, mask = np.where(mask, None, plain), None
    values, nulls = values_of(name, np.atleast_1d(plain), remedy=_ASTROPY_REMEDY)
    if mask is not None and np.any(mask):
        nulls, _ = values_of(name, np.asarray(mask), remedy="")
    meta = info.meta or {}
    described: dict[str, Any] = {field: meta.get(key) for key, field in _ASTROPY_META.items()}
    made = column_of(name, values, None if unit is None else _unit_text(unit))
    described["comment"] = None if info.description is None else str(info.description)
    return dataclasses.replace(made, **described), values, nulls


def _unit_text(unit: Any) -> str:
    """Write a unit as FITS does, or as astropy does where FITS has none."""
    try:
        return str(unit.to_string("fits"))
    except ValueError:
        return str(unit)
