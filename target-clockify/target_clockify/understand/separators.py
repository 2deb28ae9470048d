"""Finds the meaning of separators in numbers. Other numbers of the same column decide it."""

from __future__ import annotations

import re

_DECIMAL_COMMA = re.compile(r"[+-]?(?:\d+,(?!\d{3}$)\d+|\d{1,3}(?:\.\d{3})+,\d+)")
_GROUP = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")

AMBIGUOUS_POINT = (
    "has a point that may separate thousands, since other numbers of the column have a decimal comma: write 1500 or 1.5"
)


def has_decimal_comma(text: str) -> bool:
    """Return whether a number has a comma that can only separate decimal places."""
    return _DECIMAL_COMMA.fullmatch(text.strip()) is not None


def may_have_thousands(text: str) -> bool:
    """Return whether the point in a number may separate thousands: three digits follow it."""
    return _GROUP.fullmatch(text.strip()) is not None
