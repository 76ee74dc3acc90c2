# SPDX-License-Identifier: BSD-3-Clause
"""From pixels to shades of gray: limits, then a curve between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

LIMITS = ("zscale", "percentile", "minmax")
_SAMPLES = 1000
_REJECTED = 2.5  # standard deviations
_ROUNDS = 5
_LEAST_PART = 0.5  # of the samples must lie near the line
_ASINH_SOFTNESS = 0.1
_LOG_RANGE = 1000.0


def _asinh(fraction: Any) -> Any:
    import numpy as np

    return np.arcsinh(fraction / _ASINH_SOFTNESS) / np.arcsinh(1 / _ASINH_SOFTNESS)


def _log(fraction: Any) -> Any:
    import numpy as np

    return np.log1p(_LOG_RANGE * fraction) / np.log1p(_LOG_RANGE)


CURVES: dict[str, Callable[[Any], Any]] = {
    "linear": lambda fraction: fraction,
    "sqrt": lambda fraction: fraction**0.5,
    "log": _log,
    "asinh": _asinh,
}


def limits_of(image: Any, how: str, percent: float = 99.5) -> tuple[float, float]:
    """Give the values that become black and white.

    Parameters
    ----------
    image : numpy.ndarray
        NaN and infinities do not count.
    how : {'zscale', 'percentile', 'minmax'}
        ``"percentile"`` keeps the middle `percent` of the pixels.
    percent : float
        Of the pixels.
    """
    import numpy as np

    finite = image[np.isfinite(image)]
    if not finite.size:
        return 0.0, 1.0
    if how == "zscale":
        return zscale(finite)
    if how == "minmax":
        return float(finite.min()), float(finite.max())
    tail = (100 - percent) / 2
    low, high = np.percentile(finite, [tail, 100 - tail])
    return float(low), float(high)


def zscale(values: Any, contrast: float = 0.25) -> tuple[float, float]:
    """Give the limits of IRAF's zscale: a line through the sorted values around their median.

    Parameters
    ----------
    values : numpy.ndarray
        Finite ones.
    contrast : float
        The slope of the line is divided by it.
    """
    import numpy as np

    flat = values.reshape(-1)
    samples = np.sort(flat[:: max(1, flat.size // _SAMPLES)][:_SAMPLES]).astype(np.float64)
    ranks = np.arange(samples.size)
    kept = np.ones(samples.size, bool)
    least = max(5, int(samples.size * _LEAST_PART))
    slope = 0.0
    for _ in range(_ROUNDS):
        slope, level = np.polyfit(ranks[kept], samples[kept], 1) if kept.sum() > 1 else (0.0, 0.0)
        residuals = samples - (slope * ranks + level)
        near = abs(residuals) < _REJECTED * residuals[kept].std()
        # What lies beside a rejected one is rejected too: as many as one in a hundred.
        reach = max(1, int(samples.size * 0.01))
        wider = np.convolve(~near, np.ones(reach), mode="same") > 0
        before, kept = kept.sum(), kept & ~wider
        if kept.sum() in (before, 0) or kept.sum() < least:
            break
    if kept.sum() < least:
        return float(samples[0]), float(samples[-1])
    median, middle = float(np.median(samples)), (samples.size - 1) // 2
    slope = slope / contrast if contrast > 0 else slope
    low = max(float(samples[0]), median - (middle - 1) * slope)
    high = min(float(samples[-1]), median + (samples.size - middle) * slope)
    return (low, high) if high > low else (float(samples[0]), float(samples[-1]))


def gray_levels(image: Any, limits: tuple[float, float], curve: str) -> Any:
    """Give bytes from 0, black, to 255; NaN is black."""
    import numpy as np

    low, high = limits
    scale = 1 / (high - low) if high > low else 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        fraction = np.clip((image.astype(np.float64) - low) * scale, 0.0, 1.0)
    levels = np.nan_to_num(CURVES[curve](fraction), nan=0.0) * 255
    return np.rint(levels).astype(np.uint8)
