"""Checks whether JSON can be a record. Only this module decides what cannot be decoded, and with which message."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from target_clockify.errors import RejectedError

UNDECODABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""The exceptions of msgspec for invalid JSON or invalid values."""

_DEEPEST = 64
"""The maximum nesting depth of a record: deeper JSON is never a real row, and could exhaust recursive code."""
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"{}[]")


def decoded(raw: bytes) -> dict[str, Any]:
    """Return the members of a record.

    Raises:
        RejectedError: It is not an object, or contains an invalid value.
    """
    check(raw)
    try:
        record = msgspec.json.decode(raw)
    except UNDECODABLE as error:
        raise malformed(error) from None
    if not isinstance(record, dict):
        msg = "the record is no JSON object"
        raise RejectedError("malformed", msg)
    return record


def check(raw: bytes) -> None:
    """Refuse, without decoding, JSON that is not UTF-8 or is nested too deep.

    Raises:
        RejectedError: The message says what is wrong, without any value.
    """
    try:
        if not raw.isascii():
            raw.decode()
    except UnicodeDecodeError as error:
        raise malformed(error) from None
    if is_too_deep(raw):
        raise malformed(RecursionError())


def is_too_deep(raw: bytes) -> bool:
    """Return whether JSON is nested deeper than a record may be."""
    return raw.count(b"[") + raw.count(b"{") > _DEEPEST and _nests(raw, _DEEPEST)


def is_sound(raw: bytes) -> bool:
    """Return whether every reader of JSON can read a text: it is valid JSON and not nested too deep."""
    try:
        check(raw)
        msgspec.json.decode(raw)
    except (RejectedError, *UNDECODABLE):
        return False
    return True


def malformed(error: Exception) -> RejectedError:
    """Return the reject reason for a decoding error, without values."""
    reason = "the record is no JSON object"
    if isinstance(error, RecursionError):
        reason = f"the record nests more than {_DEEPEST} levels deep"
    elif isinstance(error, UnicodeDecodeError):
        reason = "the record holds bytes that are not UTF-8"
    elif "out of range" in str(error):
        reason = "the record holds a number that is out of range"
    return RejectedError("malformed", reason)


def _nests(raw: bytes, levels: int) -> bool:
    """Return whether JSON is nested deeper than `levels`. Each pass, in C code, removes the innermost level."""
    shape = _STRING.sub(b"", raw).translate(_ONE_KIND, _NO_BRACKETS)
    for _ in range(levels):
        shape = shape.replace(b"[]", b"")
        if not shape:
            return False
    return True
