# SPDX-License-Identifier: BSD-3-Clause
"""Spectral variables, and the conversions between the four that they are linear in.

The formulas are those of Paper III, section 2; V is the apparent radial velocity of a source that
moves in the line of sight, by special relativity.

A conversion is written as a difference, f(r + d) - f(r) of a fixed r: near the reference point
nothing cancels, so that a velocity of a few m/s is as exact as one near that of light.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch

from ._air_wavelengths import from_air, to_air

LIGHT = 299792458.0
"""Metres per second."""

PLANCK = 6.6260755e-34
"""Joule seconds, as wcslib has it; it matters only where an axis of energies disperses."""

NAN = float("nan")


@dataclass(frozen=True)
class Variable:
    """A type S of Paper III, table 1: S = scale (P - zero)."""

    basic: str
    """P: F frequency, W wavelength in vacuum, A in air, V apparent radial velocity."""
    scale: Callable[[float], float]
    """Of the rest value of P."""
    from_rest: bool = False
    """Whether zero is the rest value of P; 0 else."""
    is_velocity: bool = False
    """Whether it compares with a line at rest, so that its relation to F, W and A needs one."""


VARIABLES = {
    "FREQ": Variable("F", lambda _: 1.0),
    "AFRQ": Variable("F", lambda _: 2 * torch.pi),
    "ENER": Variable("F", lambda _: PLANCK),
    "WAVN": Variable("F", lambda _: 1 / LIGHT),
    "VRAD": Variable("F", lambda rest: -LIGHT / rest, from_rest=True, is_velocity=True),
    "WAVE": Variable("W", lambda _: 1.0),
    "VOPT": Variable("W", lambda rest: LIGHT / rest, from_rest=True, is_velocity=True),
    "ZOPT": Variable("W", lambda rest: 1 / rest, from_rest=True, is_velocity=True),
    "AWAV": Variable("A", lambda _: 1.0),
    "VELO": Variable("V", lambda _: 1.0, is_velocity=True),
    "BETA": Variable("V", lambda _: 1 / LIGHT, is_velocity=True),
}


class Change(Protocol):
    """One conversion, about one reference value."""

    @property
    def image(self) -> torch.Tensor:
        """The reference value, converted."""

    @property
    def slope(self) -> torch.Tensor:
        """The derivative there."""

    def __call__(self, offset: torch.Tensor) -> torch.Tensor:
        """How far from `image` a value lands that lies so far from the reference."""
        ...


@dataclass(frozen=True)
class Reciprocal:
    """Frequency to wavelength and back: c / x."""

    reference: torch.Tensor
    image: torch.Tensor
    slope: torch.Tensor

    def __call__(self, offset: torch.Tensor) -> torch.Tensor:
        value = self.reference + offset
        none = value == 0
        change = offset * -self.image / torch.where(none, 1, value)
        return torch.where(none, NAN, change)


@dataclass(frozen=True)
class ToVelocity:
    """V = ± c (q² - 1) / (q² + 1) of q: wavelength (+) or frequency (-) over that at rest."""

    per_rest: torch.Tensor
    """1 / (value at rest)."""
    ratio: torch.Tensor
    """q of the reference value."""
    strength: torch.Tensor
    """± 2 c / (q² + 1), over the value at rest."""
    image: torch.Tensor
    slope: torch.Tensor

    def __call__(self, offset: torch.Tensor) -> torch.Tensor:
        ratio = torch.addcmul(self.ratio, offset, self.per_rest)
        both = ratio + self.ratio
        return offset * self.strength * both / (ratio * ratio + 1)


@dataclass(frozen=True)
class FromVelocity:
    """x = x0 sqrt((c ± v) / (c ∓ v)): wavelength (+) or frequency (-), x0 at rest."""

    sign: float
    above: torch.Tensor
    """c ± v of the reference value."""
    below: torch.Tensor
    """c ∓ v of it."""
    root: torch.Tensor
    """x / x0 of it."""
    strength: torch.Tensor
    """± 2 c x0 / (c ∓ v)."""
    image: torch.Tensor
    slope: torch.Tensor

    def __call__(self, offset: torch.Tensor) -> torch.Tensor:
        above = torch.add(self.above, offset, alpha=self.sign)
        below = torch.add(self.below, offset, alpha=-self.sign)
        slower = (above > 0) & (below > 0)
        safe = torch.where(slower, below, 1)
        root = torch.sqrt(torch.where(slower, above / safe, 1))
        change = offset * self.strength / (safe * (root + self.root))
        # At the speed of light one way there is nothing left of x, the other way no end to it.
        return torch.where(slower, change, torch.where(above == 0, -self.image, NAN))


def reciprocal(reference: torch.Tensor, rest: torch.Tensor) -> Reciprocal:
    """F to W and W to F."""
    del rest
    image = LIGHT / reference
    return Reciprocal(reference, image, -image / reference)


def to_velocity(sign: float) -> Callable[[torch.Tensor, torch.Tensor], ToVelocity]:
    """W to V (+1), F to V (-1)."""

    def change(reference: torch.Tensor, rest: torch.Tensor) -> ToVelocity:
        # The square would forget the sign of the reference, so that it could not come back.
        ratio = torch.where(reference > 0, reference / rest, NAN)
        more = ratio * ratio + 1
        strength = 2 * sign * LIGHT / (more * rest)
        image = sign * LIGHT * (ratio - 1) * (ratio + 1) / more
        return ToVelocity(1 / rest, ratio, strength, image, 2 * strength * ratio / more)

    return change


def from_velocity(sign: float) -> Callable[[torch.Tensor, torch.Tensor], FromVelocity]:
    """V to W (+1), V to F (-1)."""

    def change(reference: torch.Tensor, rest: torch.Tensor) -> FromVelocity:
        above, below = LIGHT + sign * reference, LIGHT - sign * reference
        root = torch.sqrt(above / below)
        strength = 2 * sign * LIGHT * rest / below
        slope = strength * root / (2 * above)
        return FromVelocity(sign, above, below, root, strength, rest * root, slope)

    return change


CONVERSIONS: dict[str, Callable[[torch.Tensor, torch.Tensor], Change]] = {
    "FW": reciprocal,
    "WF": reciprocal,
    "FV": to_velocity(-1),
    "WV": to_velocity(1),
    "VF": from_velocity(-1),
    "VW": from_velocity(1),
    "AW": from_air,
    "WA": to_air,
}
"""By the two basic variables; what is not here goes by way of W."""


def conversions(
    start: str, end: str, reference: torch.Tensor, rests: dict[str, torch.Tensor]
) -> tuple[Change, ...]:
    """The chain from one basic variable to another, about a value of the first.

    `rests` has the rest value of F and of W; the one that a conversion needs is that of its
    variable which is not V.
    """
    pairs = [] if start == end else [start + end]
    if pairs and pairs[0] not in CONVERSIONS:
        pairs = [start + "W", "W" + end]
    chain = []
    for pair in pairs:
        link = CONVERSIONS[pair](reference, rests["F" if "F" in pair else "W"])
        reference = link.image
        chain.append(link)
    return tuple(chain)
