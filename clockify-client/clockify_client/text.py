"""Repairs responses that are almost JSON: characters that databases do not store, bytes that are not UTF-8, and NaN."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import msgspec

_REPLACEMENT = b"\\ufffd"
_MARKS = (b"\\u0000", b"\\ud", b"\\uD")
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u0000|u[dD][89a-fA-F]..)|.)", re.DOTALL
)


_MOST_DIGITS = 4300  # digits of the longest number that Python reads; most loaders are written in Python
_STEP = 256  # bytes between two samples; a longer number cannot be between them
_PERHAPS_LONG = re.compile(rb"[0-9]{%d}" % (_MOST_DIGITS // _STEP - 1))


def holds_long_number(body: bytes | bytearray) -> bool:
    """Return whether JSON contains a whole number with too many digits for most programs.

    Usually a few sampled bytes show that it contains none.
    """
    if len(body) <= _MOST_DIGITS or not _PERHAPS_LONG.search(body[::_STEP]):
        return False
    longest = 0

    def measure(digits: str) -> int:
        nonlocal longest
        longest = max(longest, len(digits))
        return 0

    try:
        json.loads(body, parse_int=measure)
    except (ValueError, RecursionError):
        return False
    return longest > _MOST_DIGITS


def storable(body: bytes) -> tuple[bytes, int]:
    """Return JSON with U+FFFD for each character that databases do not store, and the number of replacements.

    These are NUL and single surrogates, which JSON can escape, and bytes that are not UTF-8.
    """
    replaced = 0
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError:
            text = body.decode(errors="replace")
            replaced += text.count("\ufffd") - body.count("\ufffd".encode())
            body = text.encode()
    # Searching for one byte is much faster than searching for several, and most responses contain no escape.
    if b"\\" not in body or not any(mark in body for mark in _MARKS):
        return body, replaced

    def replacement(match: re.Match[bytes]) -> bytes:
        nonlocal replaced
        if match[1] is None:
            return match[0]
        replaced += 1
        return _REPLACEMENT

    return _ESCAPE.sub(replacement, body), replaced


def without_rows_of_nan(body: bytes) -> bytes | None:
    """Return an array with null instead of each row that contains NaN or an infinity, so that other rows can be read.

    None if the response is not an array: a single record with such a number cannot be left out.
    """
    try:
        rows = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    return _ENCODER.encode([None if _holds_nan(row) else row for row in rows]) if isinstance(rows, list) else None


def _holds_nan(value: Any) -> bool:
    if isinstance(value, (dict, list)):
        return any(map(_holds_nan, value.values() if isinstance(value, dict) else value))
    return isinstance(value, float)  # all other numbers with a decimal point are read as Decimal
