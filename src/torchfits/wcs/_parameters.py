# SPDX-License-Identifier: BSD-3-Clause
"""A WCS given by numbers: keywords are made of them, read as any header, and the tensors put back.

So there is one judge of what fits together, and one rule for units and defaults.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from ._header import describe
from ._stage import constant
from ._units import factor_to

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._description import Description

LISTS = ("crval", "crpix", "cdelt", "cunit", "cname")
MATRICES = ("pc", "cd")
TABLES = ("pv", "ps")


def described_by(
    parameters: Mapping[str, Any],
) -> tuple[Description, dict[str, Any], Mapping[str, Any] | None, torch.device]:
    """The description, the cards, the SIP coefficients and the device of `WCS.from_params`.

    All is worked out on the host, from copies of the tensors that gradients pass through.
    """
    device = device_of(list(parameters.values()))
    given = {name: on_host(value) for name, value in parameters.items() if value is not None}
    if "ctype" not in given:
        raise TypeError("from_params() needs ctype=, a text for each axis")
    if "cd" in given and ("pc" in given or "cdelt" in given):
        raise TypeError("cd= is pc= and cdelt= in one; give either")
    sip = given.pop("sip", None)
    cards = keywords(given)
    if sip is not None:
        cards.update(sip_keywords(sip))
    description, read = describe(cards)
    return replace(description, **kept_tensors(description, given)), read, sip, device


def device_of(values: Any) -> torch.device:
    """The device of the first tensor in a nest of values."""
    if isinstance(values, torch.Tensor):
        return values.device
    parts = values.values() if isinstance(values, dict) else values
    if isinstance(parts, (str, bytes)) or not hasattr(parts, "__iter__"):
        return torch.device("cpu")
    found = [device for device in map(device_of, parts) if device.type != "cpu"]
    return found[0] if found else torch.device("cpu")


def on_host(value: Any) -> Any:
    """The same nest of values with its tensors in the memory of the host."""
    if isinstance(value, torch.Tensor):
        return value.cpu()
    if isinstance(value, dict):
        return {key: on_host(part) for key, part in value.items()}
    return [on_host(part) for part in value] if isinstance(value, (list, tuple)) else value


def keywords(given: Mapping[str, Any]) -> dict[str, Any]:
    """The header that says the same, without gradients."""
    ctype = given["ctype"]
    if isinstance(ctype, str):
        raise TypeError(f"ctype={ctype!r}; give a sequence with a text for each axis")
    naxis = len(ctype)
    cards: dict[str, Any] = {"WCSAXES": naxis}
    cards.update({f"CTYPE{i}": text for i, text in enumerate(ctype, 1)})
    for name, value in given.items():
        if name in LISTS:
            values = plain(value)
            if not isinstance(values, list) or len(values) != naxis:
                raise ValueError(f"{name}={value!r}; give a value for each of {naxis} axes")
            cards.update({f"{name.upper()}{i}": item for i, item in enumerate(values, 1)})
        elif name in MATRICES:
            cards.update(matrix_keywords(name, plain(value), naxis))
        elif name in TABLES:
            for (axis, m), item in value.items():
                cards[f"{name.upper()}{axis}_{m}"] = plain(item)
        elif name == "shape":
            cards["NAXIS"] = len(value)
            cards.update({f"NAXIS{i}": int(size) for i, size in enumerate(value[::-1], 1)})
        elif name != "ctype":
            cards[name.upper().replace("_", "-")] = plain(value)
    return cards


def matrix_keywords(name: str, rows: Any, naxis: int) -> dict[str, float]:
    """PCi_j or CDi_j."""
    square = isinstance(rows, list) and len(rows) == naxis
    if not square or any(not isinstance(row, list) or len(row) != naxis for row in rows):
        raise ValueError(f"{name}={rows}; give a matrix of {naxis} x {naxis}")
    return {
        f"{name.upper()}{i}_{j}": value
        for i, row in enumerate(rows, 1)
        for j, value in enumerate(row, 1)
    }


def sip_keywords(sip: Mapping[str, Any]) -> dict[str, Any]:
    """A_ORDER, A_p_q and their like."""
    cards: dict[str, Any] = {}
    for name, matrix in sip.items():
        rows = plain(matrix)
        if name not in ("A", "B", "AP", "BP"):
            raise ValueError(f"sip={{{name!r}: ...}}; use 'A', 'B', 'AP', 'BP'")
        cards[f"{name}_ORDER"] = len(rows) - 1
        for p, row in enumerate(rows):
            cards.update({f"{name}_{p}_{q}": value for q, value in enumerate(row) if value})
    return cards


def plain(value: Any) -> Any:
    """Numbers and lists of what may be a tensor, an array or any sequence."""
    if isinstance(value, torch.Tensor):
        return value.detach().tolist()
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def kept_tensors(description: Description, given: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of the description that are tensors, in the units of the description."""
    fields: dict[str, Any] = {}
    units = plain(given.get("cunit", description.cunit))
    factors = constant(
        [factor_to(old, new)[0] for old, new in zip(units, description.cunit, strict=True)]
    )
    for name, field in (("crval", "crval"), ("cdelt", "cdelt"), ("pc", "pc"), ("cd", "pc")):
        value = as_tensor(given.get(name))
        if value is None:
            continue
        scale = {"crval": factors, "cdelt": factors, "cd": factors[:, None]}.get(name)
        fields[field] = value if scale is None else value * scale.to(value.device)
    crpix = as_tensor(given.get("crpix"))
    if crpix is not None:
        fields["crpix"] = crpix
    pv = {key: value for key, value in given.get("pv", {}).items() if torch.is_tensor(value)}
    if pv:
        fields["pv"] = {**description.pv, **pv}
    return fields


def as_tensor(value: Any) -> torch.Tensor | None:
    """A float64 tensor of a tensor, or of a sequence with tensors in it; else `None`."""
    if isinstance(value, torch.Tensor):
        return constant(value)
    if isinstance(value, (list, tuple)):
        parts = [as_tensor(item) for item in value]
        if any(part is not None for part in parts):
            return torch.stack(
                [
                    constant(item) if part is None else part
                    for part, item in zip(parts, value, strict=True)
                ]
            )
    return None
