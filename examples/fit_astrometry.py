# SPDX-License-Identifier: BSD-3-Clause
"""Astrometry by descent: CRVAL, CD and SIP coefficients of an image, from stars of a catalogue."""

from __future__ import annotations

import torch
from torch import Tensor

import torchfits

SIZE, SCALE, NOISE = 2048, 8e-5, 0.02  # pixels, degrees per pixel, pixels
P, Q = torch.tensor([(p, q) for p in range(4) for q in range(4) if 2 <= p + q <= 3]).T
CTYPE = ("RA---TAN-SIP", "DEC--TAN-SIP")


def model(crval: Tensor, cd: Tensor, sip: Tensor) -> torchfits.WCS:
    """Make a WCS of parameters of order 1, each of which moves the stars by some pixels."""
    centre = torch.tensor([150.1, 2.2], dtype=torch.float64)
    guess = torch.tensor([[-SCALE, 0.0], [0.0, SCALE]], dtype=torch.float64)
    empty = torch.zeros(4, 4, dtype=torch.float64)
    a, b = (empty.index_put((P, Q), part * 1000.0 ** (1 - P - Q)) for part in 0.003 * sip)
    return torchfits.WCS.from_params(
        ctype=CTYPE, crval=centre + 3e-4 * crval, crpix=(SIZE / 2, SIZE / 2),
        cd=guess + 1e-6 * cd, sip={"A": a, "B": b}, shape=(SIZE, SIZE),
    )  # fmt: skip


def residuals(wcs: torchfits.WCS, stars: Tensor, catalogue: Tensor) -> Tensor:
    """Measure positions on the sky minus those of the catalogue, in arcseconds."""
    ra, dec = wcs.pixel_to_world_values(*stars)
    across = (ra - catalogue[0]) * catalogue[1].deg2rad().cos()
    return 3600 * torch.stack([across, dec - catalogue[1]])


def main() -> None:
    torch.manual_seed(1)
    truth = [torch.randn(n, dtype=torch.float64) for n in ((2,), (2, 2), (2, len(P)))]
    stars = SIZE * torch.rand(2, 500, dtype=torch.float64)
    catalogue = torch.stack(model(*truth).pixel_to_world_values(*stars))
    stars = stars + NOISE * torch.randn_like(stars)

    fitted = [torch.zeros_like(part, requires_grad=True) for part in truth]
    descent = torch.optim.LBFGS(fitted, max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        descent.zero_grad()
        value = residuals(model(*fitted), stars, catalogue).square().mean()
        value.backward()
        return value

    print(f"before  {loss().sqrt():.4f} arcsec")
    descent.step(loss)
    print(
        f"after   {loss().sqrt():.4f} arcsec; noise is {3600 * SCALE * NOISE:.4f}\n{model(*fitted)}"
    )


if __name__ == "__main__":
    main()
