# SPDX-License-Identifier: BSD-3-Clause
"""Where in a cell of four corners a vector is: the inverse of bilinear interpolation."""

from __future__ import annotations

import torch

Corners = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]
"""Two components each, in the last dimension: (0, 0), (1, 0), (0, 1), (1, 1)."""


def bilinear_places(corners: Corners, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Both places (s, t) of a + s b + t c + s t d = target; not finite where there is none.

    Along the line of constant t, a + t c and b + t d are parallel where the target is on it; that
    is a quadratic equation for t.
    """
    origin, right, up, far = corners
    a, b, c, d = origin - target, right - origin, up - origin, far - right - up + origin
    square, linear, constant = _cross(c, d), _cross(a, d) + _cross(c, b), _cross(a, b)
    discriminant = torch.addcmul(linear * linear, square, constant, value=-4.0)
    root = torch.sqrt(discriminant)
    larger = -0.5 * (linear + torch.copysign(root, linear))
    first, second = (
        _with_s(t, a + t.unsqueeze(-1) * c, b + t.unsqueeze(-1) * d)
        for t in (constant / larger, larger / square)
    )
    return first, second


def _with_s(t: torch.Tensor, start: torch.Tensor, line: torch.Tensor) -> torch.Tensor:
    s = -(start * line).sum(-1) / line.square().sum(-1)
    return torch.stack((s, t), -1)


def _cross(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    return torch.addcmul(left[..., 0] * right[..., 1], left[..., 1], right[..., 0], value=-1.0)
