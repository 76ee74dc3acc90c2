# SPDX-License-Identifier: BSD-3-Clause
"""`python -m torchfits` is the program `torchfits`."""

import sys

from torchfits.cli import main

sys.exit(main())
