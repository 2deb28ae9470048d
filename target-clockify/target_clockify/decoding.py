"""Checks whether JSON can be a record: the only module that knows what cannot be decoded, and how to say so."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from target_clockify.errors import RejectedError

UNDECODABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises where something is no JSON, or holds what is no value."""

_DEEPEST = 64
"""How many levels a record may nest: what goes deeper is no row of anything, and wears out whoever looks through it."""
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"{}[]")


def decoded(raw: bytes) -> dict[str, Any]:
    """Return the members of a record.

    Raises:
        RejectedError: It is no object, or holds what is no value.
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
    """Refuse JSON that is no text, or nests deeper than a record can, without decoding it.

    Raises:
        RejectedError: With what is wrong, and without any value.
    """
    try:
        if not raw.isascii():
            raw.decode()
    except UnicodeDecodeError as error:
        raise malformed(error) from None
    if is_too_deep(raw):
        raise malformed(RecursionError())


def is_too_deep(raw: bytes) -> bool:
    """Return whether JSON nests deeper than a record can."""
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
    """Return why a record is rejected whose decoding raises this error; without its values."""
    reason = "the record is no JSON object"
    if isinstance(error, RecursionError):
        reason = f"the record nests more than {_DEEPEST} levels deep"
    elif isinstance(error, UnicodeDecodeError):
        reason = "the record holds bytes that are not UTF-8"
    elif "out of range" in str(error):
        reason = "the record holds a number that is out of range"
    return RejectedError("malformed", reason)


def _nests(raw: bytes, levels: int) -> bool:
    """Return whether JSON nests deeper than so many levels: level by level, the innermost first, in passes of C."""
    shape = _STRING.sub(b"", raw).translate(_ONE_KIND, _NO_BRACKETS)
    for _ in range(levels):
        shape = shape.replace(b"[]", b"")
        if not shape:
            return False
    return True
