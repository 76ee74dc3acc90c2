# SPDX-License-Identifier: BSD-3-Clause
"""Wavelengths in air and in vacuum.

The index of refraction is that of the IAU (1957, 1991; Edlén 1953), which wcslib has, and so those
who write files and read them. Paper III prints another in equation 65 (IUGG 1999, for air at 0 °C):
by that wavelengths in air are shorter by 1.5e-5. Neither holds below 200 nm, where nobody uses air.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

NAN = float("nan")

AIR = 1.000064328
AIR_TERMS = ((2.554e8, 0.41e14), (294.981e8, 1.46e14))


def refraction(air: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Index of refraction at a wavelength in air, and its derivative by 1 / wavelength²."""
    square = 1 / (air * air)
    index = AIR + sum(a / (b - square) for a, b in AIR_TERMS)
    slope = sum(a / (b - square) ** 2 for a, b in AIR_TERMS)
    return index, slope  # type: ignore[return-value]


@dataclass(frozen=True)
class FromAir:
    """Wavelengths in air to those in vacuum, n times as long."""

    reference: torch.Tensor
    index: torch.Tensor
    """n of the reference value."""
    strengths: tuple[torch.Tensor, ...]
    """For each term of n, what its change has in common at all wavelengths."""
    image: torch.Tensor
    slope: torch.Tensor

    def __call__(self, offset: torch.Tensor) -> torch.Tensor:
        value = self.reference + offset
        none = value == 0
        value = torch.where(none, 1, value)
        change = offset * self.index + value * self.index_change(value, offset)
        return torch.where(none, NAN, change)

    def index_change(self, value: torch.Tensor, offset: torch.Tensor) -> torch.Tensor:
        """Index of `value`, which lies at that offset, less that of the reference."""
        square = torch.reciprocal(value * value)
        (_, first), (_, second) = AIR_TERMS
        one, other = self.strengths
        total = one / (first - square) + other / (second - square)
        return (value + self.reference) * offset * square * total


AIR_STEPS = 3
"""Each is good for four digits more."""


@dataclass(frozen=True)
class ToAir:
    """Wavelengths in vacuum to those in air, the inverse of `FromAir` by iteration."""

    back: FromAir
    image: torch.Tensor
    slope: torch.Tensor

    def __call__(self, offset: torch.Tensor) -> torch.Tensor:
        back = self.back
        none = back.image + offset == 0
        offset = torch.where(none, 0, offset)
        result = offset * self.slope
        for _ in range(AIR_STEPS):
            change = back.index_change(back.reference + result, result)
            result = (offset - back.reference * change) / (back.index + change)
        return torch.where(none, NAN, result)


def from_air(reference: torch.Tensor, rest: torch.Tensor) -> FromAir:
    """A to W."""
    del rest
    index, by_square = refraction(reference)
    square = 1 / (reference * reference)
    strengths = tuple(-a * square / (b - square) for a, b in AIR_TERMS)
    slope = index - 2 * by_square * square
    return FromAir(reference, index, strengths, reference * index, slope)


def to_air(reference: torch.Tensor, rest: torch.Tensor) -> ToAir:
    """W to A."""
    air = reference / refraction(reference)[0]
    for _ in range(AIR_STEPS):
        air = reference / refraction(air)[0]
    back = from_air(air, rest)
    return ToAir(back, air, 1 / back.slope)
