# SPDX-License-Identifier: BSD-3-Clause
"""World coordinates: see `torchfits.WCS`."""

from ._time import TimeReference, time_reference
from ._wcs import WCS

__all__ = ["WCS", "TimeReference", "time_reference"]
