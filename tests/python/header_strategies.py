# SPDX-License-Identifier: BSD-3-Clause
"""Any card that torchfits, astropy and fitsio all read alike."""

from __future__ import annotations

from hypothesis import strategies as st

PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)
# astropy makes record-valued cards of strings such as 'A: 1'.
TEXTS = st.text(PRINTABLE, max_size=160).map(str.rstrip).filter(lambda text: ": " not in text)
# astropy loses an empty string before a comment with a quote, fitsio a HIERARCH one before '='.
COMMENTS = (
    st.text(PRINTABLE, max_size=12).map(str.strip).filter(lambda text: not {"'", "="} & set(text))
)
# CFITSIO reads subnormal numbers as 0.
FLOATS = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)
VALUES = st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), FLOATS, TEXTS)
SHORT = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", min_size=1, max_size=8)
LONG = st.lists(SHORT, min_size=2, max_size=3).map(" ".join)
RESERVED = frozenset({"COMMENT", "HISTORY", "CONTINUE", "END", "HIERARCH", "SIMPLE", "XTENSION"})
# fitsio hides the beginnings of CONTINUE.
KEYWORDS = st.one_of(st.sampled_from("ABD"), SHORT, LONG).filter(
    lambda keyword: not RESERVED & set(keyword.split()) and not "CONTINUE".startswith(keyword)
)
