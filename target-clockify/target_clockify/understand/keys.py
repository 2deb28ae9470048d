"""Reads the key and ids of a record, and whether it is a deletion, without decoding the rest."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, InvalidOperation
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from target_clockify.decoding import UNDECODABLE, check, malformed
from target_clockify.errors import RejectedError
from target_clockify.model.values import TEXT
from target_clockify.naming import folded

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_KEY = 512
_CLOCKIFY_ID = re.compile(r"[0-9a-f]{24}")
DELETED = "_sdc_deleted_at"
_METADATA = "_sdc_"
_NOTHING = (None, msgspec.Raw(), msgspec.Raw(b"null"))
_BLANK = (*_NOTHING, "", msgspec.Raw(b'""'))


def is_clockify_id(value: object) -> bool:
    """Return whether a value has the form of a Clockify id: 24 lower-case hex digits."""
    return isinstance(value, str) and _CLOCKIFY_ID.fullmatch(value) is not None


class Place(msgspec.Struct):
    """The origin of a record, if its tap gives it.

    Attributes:
        file: The file.
        line: The line of the file.
    """

    file: str | None = msgspec.field(default=None, name="_sdc_source_file")
    line: int | None = msgspec.field(default=None, name="_sdc_source_lineno")

    def __str__(self) -> str:
        """File and line for a message; empty if neither is known."""
        return ", ".join(([self.file] if self.file else []) + ([f"line {self.line}"] if self.line is not None else []))


_PLACE = msgspec.json.Decoder(Place, strict=False)
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def place_of(raw: bytes) -> Place:
    """Return the file and line of a record."""
    try:
        return _PLACE.decode(raw)
    except UNDECODABLE:
        return Place()


def content_of(raw: bytes) -> bytes:
    """Return a record without the tap's metadata: a different file, line or read time is not a change."""
    if b'"_sdc_' not in raw:
        return raw
    try:
        members = _MEMBERS.decode(raw)
    except msgspec.DecodeError:
        return raw
    kept = {name: value for name, value in members.items() if name == DELETED or not name.startswith(_METADATA)}
    return raw if len(kept) == len(members) else msgspec.json.encode(kept)


class Glance:
    """Reads the few columns of a stream that identify a record.

    Args:
        keys: The columns of its key.
        scope: The fields that name its parents.
        properties: The known columns of the stream.
        workspace: The column with the id of the workspace, if the settings name one.
    """

    def __init__(
        self, keys: Sequence[str], scope: Sequence[str], properties: Sequence[str] = (), workspace: str = ""
    ) -> None:
        spelled = {folded(name): name for name in properties}
        self._keys = [(name, f"key{number}") for number, name in enumerate(keys)]
        self._scope = tuple(f"scope{number}" for number, _ in enumerate(scope))
        self._identifying = [one for one in self._keys if folded(one[0]) != "workspaceid"] or self._keys
        names = {
            "id": spelled.get("clockifyid") or spelled.get("id") or "id",
            "workspace": workspace or spelled.get("workspaceid") or "workspaceId",
            "deleted": DELETED,
            **{place: name for name, place in self._keys},
            **dict(zip(self._scope, scope, strict=True)),
        }
        self._texts = _decoder(names, str | None, None)
        self._others = _decoder(names, msgspec.Raw, msgspec.Raw())

    @property
    def identifying(self) -> list[str]:
        """The columns that identify a row within its workspace."""
        return [name for name, _ in self._identifying]

    def of(self, raw: bytes) -> Any:
        """Return the identifying columns of a record: texts and None, or undecoded JSON if one has another type.

        Raises:
            RejectedError: It is not an object, not UTF-8, or nested too deep.
        """
        check(raw)
        try:
            return self._texts.decode(raw)
        except UNDECODABLE:
            try:
                return self._others.decode(raw)
            except UNDECODABLE as error:
                raise malformed(error) from None

    def key(self, seen: Any) -> str:
        """Return the key as text.

        Raises:
            RejectedError: A column of it is missing or blank.
        """
        missing = [name for name, place in self._keys if getattr(seen, place) in _BLANK]
        if missing:
            msg = f"the record lacks its key: {', '.join(missing)}"
            raise RejectedError("missing_key", msg)
        parts = [_key_text(getattr(seen, place)) for _, place in self._identifying]
        return parts[0] if len(parts) == 1 else msgspec.json.encode(parts).decode()

    def scope(self, seen: Any) -> tuple[str | None, ...]:
        """Return the ids of the parents that the record names."""
        return tuple([text_of(getattr(seen, place)) for place in self._scope])


def is_deleted(mark: str | msgspec.Raw | None) -> bool:
    """Return whether the record is a deletion: the deletion column has a timestamp.

    Raises:
        RejectedError: The value is neither a timestamp nor one that means "not deleted".
    """
    if mark in _NOTHING:
        return False
    return _is_deletion(mark if isinstance(mark, str) else msgspec.json.decode(mark or b""))


def _decoder(names: dict[str, str], kind: Any, default: Any) -> msgspec.json.Decoder[Any]:
    """Return a decoder of only these members. A member may have several names."""
    wanted: dict[str, str] = {}
    for place, name in names.items():
        wanted.setdefault(name, place)
    fields = [(place, kind, default) for place in wanted.values()]
    base = msgspec.defstruct("Glance", fields, rename={place: name for name, place in wanted.items()})
    others = {place: wanted[name] for place, name in names.items() if wanted[name] != place}
    found = type("Glance", (base,), {place: property(attrgetter(other)) for place, other in others.items()})
    return msgspec.json.Decoder(found)


def text_of(value: str | msgspec.Raw | None) -> str | None:
    """Return a text, decoded from JSON if necessary; None for any other value."""
    if value is None or isinstance(value, str):
        return value
    text = bytes(value)
    if text[:1] != b'"':
        return None
    return text[1:-1].decode() if b"\\" not in text else str(msgspec.json.decode(text))


_EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
_AHEAD = timedelta(days=1)  # clocks and zones may differ by this much
_NO_DELETION = {"", "false", "0"}


def _is_deletion(mark: Any) -> bool:
    text = str(mark).strip() if isinstance(mark, (str, int, float)) else "?"
    if text.lower() in _NO_DELETION or mark == 0:
        return False
    msg = f"{DELETED} must be a point in time in the past such as 2026-01-31T09:00:00Z, or null"
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        is_past = _EARLIEST < moment < datetime.now(tz=UTC) + _AHEAD
    except (ValueError, OverflowError):
        raise RejectedError("invalid", msg) from None
    if not is_past:  # such as 9999-12-31 for "never", and 0001-01-01 for "no value"
        raise RejectedError("invalid", msg)
    return isinstance(mark, str)


def _key_text(part: str | msgspec.Raw) -> str:
    """Normalise a part of a key: 7, 7.0 and "7" are equal."""
    if isinstance(part, str):
        return part
    raw = bytes(part)
    if raw[:1] in b'"[{tf':
        value = msgspec.json.decode(raw)
        return str(TEXT.coerce(value)) if isinstance(value, (str, bool)) else msgspec.json.encode(value).decode()
    try:
        number = Decimal(raw.decode())
    except InvalidOperation:
        return raw.decode()
    whole = number == number.to_integral_value() and abs(number.adjusted()) < LONGEST_KEY
    return str(int(number)) if whole else str(number.normalize(Context(prec=max(len(raw), 1))))
