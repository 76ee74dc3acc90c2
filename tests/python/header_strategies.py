# SPDX-License-Identifier: BSD-3-Clause
"""Any card that torchfits, astropy and fitsio all read alike."""

from __future__ import annotations

from hypothesis import strategies as st

PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)
# astropy makes record-valued cards of strings such as 'A: 1', CFITSIO numbers of HIERARCH 'E='.
TEXTS = (
    st.text(PRINTABLE, max_size=160)
    .map(str.rstrip)
    .filter(lambda text: ": " not in text and "=" not in text)
)
# astropy loses an empty string before a comment with a quote, fitsio a HIERARCH one before '='.
COMMENTS = (
    st.text(PRINTABLE, max_size=12).map(str.strip).filter(lambda text: not {"'", "="} & set(text))
)
# CFITSIO reads subnormal numbers as 0.
FLOATS = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)
VALUES = st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), FLOATS, TEXTS)
SHORT = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", min_size=1, max_size=8)
LONG = st.lists(SHORT, min_size=2, max_size=3).map(" ".join)
# The last three stand in every file that holds these cards.
RESERVED = frozenset(
    ("COMMENT", "HISTORY", "CONTINUE", "END", "HIERARCH", "SIMPLE", "BITPIX", "NAXIS")
)
# fitsio hides their beginnings too.
KEYWORDS = st.one_of(st.sampled_from("ADU"), SHORT, LONG).filter(
    lambda keyword: (
        not any(reserved.startswith(word) for reserved in RESERVED for word in keyword.split())
    )
)
