"""Finds the rows in a response: an array, a single record, or an array inside an object."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from clockify_client.errors import MalformedAnswerError

if TYPE_CHECKING:
    from clockify_client.endpoint import Endpoint
    from clockify_client.packed import Packed

UNLIKE = "a row has an unexpected form"
NO_LIST = "null in place of its rows"
_UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError)

Record = dict[str, Any]
RawRecord = dict[str, msgspec.Raw]


def is_text(value: Any) -> bool:
    """Return whether a value can be a Clockify id: ids are texts."""
    return isinstance(value, str) and value != ""


def is_identity(value: Any) -> bool:
    """Return whether a value can identify a row: a number, or a text that is not empty."""
    return isinstance(value, (str, int)) and value != "" and not isinstance(value, bool)


@cache
def _decoder(place: str, row: Any, total: str) -> msgspec.json.Decoder[Any]:
    if not place:
        return msgspec.json.Decoder(list[row])
    return msgspec.json.Decoder(_envelope({place: list[row] | None, **({total: int | None} if total else {})}, total))


def _envelope(places: dict[str, Any], optional: str) -> Any:
    """Return the type of an object with typed values at dotted paths; all other values are skipped."""
    heads: dict[str, dict[str, Any]] = {}
    for place, kind in places.items():
        head, _, rest = place.partition(".")
        heads.setdefault(head, {})[rest] = kind
    rest = optional.partition(".")[2]
    kinds = {head: below[""] if "" in below else _envelope(below, rest) | None for head, below in heads.items()}
    fields = [(head, kind, None) if head == optional else (head, kind) for head, kind in kinds.items()]
    return msgspec.defstruct("Envelope", fields, kw_only=True)


def _at(value: Any, place: str) -> Any:
    for name in place.split("."):
        value = getattr(value, name, None)
    return value


def rows_of(endpoint: Endpoint, body: bytes, row: Any = Record) -> list[Any]:
    """Return the rows of an answer; a single record is one row.

    Anything else instead of a list is an error: the response of a proxy must not count as an empty list.

    Args:
        endpoint: Where the response came from.
        body: The response.
        row: Type to decode each row to: a dict of values, a dict of raw JSON, or a struct of the fields that matter.

    Raises:
        MalformedAnswerError: The response does not have the shape of its endpoint.
    """
    return counted_rows_of(endpoint, body, row)[0]


def sound_rows_of(endpoint: Endpoint, body: bytes, row: Any = Record) -> tuple[list[Any], int]:
    """Return the rows of a response that can be decoded, and the number of the others.

    Raises:
        MalformedAnswerError: The response as a whole does not have the shape of its endpoint.
    """
    try:
        return rows_of(endpoint, body, row), 0
    except MalformedAnswerError:
        if endpoint.single:
            raise
    sound: list[Any] = []
    every = rows_of(endpoint, body, msgspec.Raw)
    for raw in every:
        with suppress(*_UNDECODABLE):
            sound.append(_single(row).decode(raw))
    return sound, len(every) - len(sound)


def counted_rows_of(endpoint: Endpoint, body: bytes, row: Any = Record) -> tuple[list[Any], int | None]:
    """Return the rows of a response and its total, which counts all pages or only this one."""
    try:
        if endpoint.single:
            return [_single(row).decode(body)], None
        answer = _decoder(endpoint.rows, row, endpoint.total).decode(body)
    except _UNDECODABLE:
        raise MalformedAnswerError(endpoint.call) from None
    if not endpoint.rows:
        return answer, None
    rows, total = _at(answer, endpoint.rows), _at(answer, endpoint.total) if endpoint.total else None
    if rows is None and total != 0:  # a missing list must not count as an empty one
        raise MalformedAnswerError(endpoint.call, reason=NO_LIST)
    return rows or [], total


def counts_of(endpoint: Endpoint, packed: Packed) -> tuple[int, int | None]:
    """Return the number of rows in a response, and its total.

    Raises:
        MalformedAnswerError: The response does not have the shape of its endpoint.
    """
    if not endpoint.single:
        here, total = 0, None
        for piece in packed.pieces():
            rows, stated = counted_rows_of(endpoint, piece, msgspec.Raw)
            here, total = here + len(rows), total if stated is None else stated
        return here, total
    try:
        members = _single(dict[str, msgspec.Raw]).decode(packed.body)
        inside = members.get(endpoint.paged)
        return len(_decoder("", msgspec.Raw, "").decode(inside)) if inside is not None else 0, None
    except _UNDECODABLE:
        raise MalformedAnswerError(endpoint.call) from None


@cache
def _single(row: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(row)


def marks_of(endpoint: Endpoint, packed: Packed) -> set[bytes]:
    """Return the identities of the rows of a response, or the whole rows if they have no unique identity."""
    kind = _marked(endpoint.identity) if endpoint.identity and endpoint.unique else msgspec.Raw
    marks: set[bytes] = set()
    try:
        for piece in packed.pieces():
            if endpoint.single:
                inside = _single(dict[str, msgspec.Raw]).decode(piece).get(endpoint.paged)
                rows = _decoder("", kind, "").decode(inside) if inside is not None else []
            else:
                rows = rows_of(endpoint, piece, kind)
            marks.update(bytes(row if kind is msgspec.Raw else row.mark) for row in rows)
    except (MalformedAnswerError, *_UNDECODABLE):
        return set()
    return marks


@cache
def _marked(identity: str) -> Any:
    return msgspec.defstruct("Marked", [("mark", msgspec.Raw)], rename={"mark": identity})
