"""An incoming record, and the route of its stream: its object or procedure, and how the record is read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from target_clockify.decoding import UNDECODABLE, decoded, malformed
from target_clockify.errors import RejectedError
from target_clockify.model.declaration import WritableObject
from target_clockify.naming import folded
from target_clockify.understand.columns import ID, Column, Columns
from target_clockify.understand.keys import (
    DELETED,
    LONGEST_KEY,
    Glance,
    content_of,
    is_clockify_id,
    is_deleted,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from target_clockify.books.ledger import Row
    from target_clockify.model.declaration import Field, State, Writable
    from target_clockify.model.values import Kind
    from target_clockify.scratch import Taken

_RAW = msgspec.json.Decoder(dict[str, msgspec.Raw])
_READING = ("columns", "units", "formats", "empty")  # the settings that change the meaning of a record


@dataclass(slots=True)
class Incoming:
    """One record.

    Attributes:
        route: The route of its stream.
        taken: The received record.
        key: Its key, as text.
        fields: The values of the row, by the names of the object's fields.
        id: Its Clockify id, if it has one.
        workspace: The workspace that it names.
        deleted: Whether it is a deletion.
        scope: The ids of its parents, if it names them in the tap's format.
    """

    route: Route
    taken: Taken
    key: str = ""
    fields: State = field(default_factory=dict)
    id: str | None = None
    workspace: str | None = None
    deleted: bool = False
    scope: tuple[str | None, ...] = ()
    _seen: bytes = b""

    @property
    def seen(self) -> bytes:
        """Hash of its content, and of the settings that change its meaning."""
        if not self._seen:
            self._seen = self.route.hash_of(self.taken.raw)
        return self._seen

    @seen.setter
    def seen(self, value: bytes) -> None:
        self._seen = value

    @property
    def raw(self) -> bytes:
        """Its JSON."""
        return self.taken.raw

    @property
    def identity(self) -> tuple[str, str]:
        """The identity of the record: its normalised stream name, and its key."""
        return self.route.name, self.key

    @property
    def read_shape(self) -> bool:
        """Whether it is in the tap's format: it has its own id and that of its workspace."""
        own_id = self.id is not None or bool(getattr(self.route.object, "identity", ()))
        return is_clockify_id(self.workspace) and own_id

    @property
    def of_destination(self) -> bool:
        """Whether it names the workspace that is written to."""
        return self.workspace == self.route.destination

    @property
    def copied(self) -> bool:
        """Whether it comes from another workspace."""
        return self.workspace is not None and not self.of_destination


class Route:
    """How the records of one stream are read.

    Args:
        stream: Name of the stream.
        target: The object or procedure of its records.
        keys: The stream's key properties.
        settings: The stream's own settings: `operation`, `match_on`, `columns`, `units`, `formats`, `empty`,
            `create_missing`.
        destination: The workspace that is written to.
        properties: The columns in the stream's schema.

    Raises:
        ValueError: The settings name a field or a unit that does not exist; the message names the nearest one.
    """

    def __init__(  # noqa: PLR0913
        self,
        stream: str,
        target: Writable,
        keys: tuple[str, ...],
        settings: Mapping[str, Any],
        *,
        destination: str = "",
        properties: Sequence[str] = (),
    ) -> None:
        self.stream = stream
        self.name = folded(stream)
        self.object = target
        self.destination = destination
        self.keys = keys = tuple(settings.get("key") or keys)
        self.source: str = settings.get("source") or ""
        self.creates: frozenset[str] = frozenset(settings.get("create_missing") or ())
        self.operation: str = settings.get("operation") or "auto"
        self.columns = Columns(stream, target, keys, settings)
        self.match_on = tuple(self.columns.field_named(name, "match_on") for name in settings.get("match_on") or ())
        self.literal = _is_literal(target) and not self.columns.renamed
        self._glance = Glance(keys, target.scope, properties, self.columns.workspace)
        self._settled = [one for one in target.fields if one.kind.settled]
        self._plain = {one.name for one in target.fields if not one.modifier}
        self._passed_over = {"id", "workspaceId", DELETED, *target.read_only}
        reading = {name: settings[name] for name in _READING if settings.get(name)}
        self._salt = hashlib.blake2b(msgspec.json.encode(reading), digest_size=16).digest() if reading else b""

    def glance(self, taken: Taken) -> Incoming:
        """Read only the key, the id and the parents of a record; `fill` reads the rest.

        Raises:
            RejectedError: It lacks its key, or is not an object.
        """
        try:
            return self._glanced(taken, self._glance.of(taken.raw))
        except UNDECODABLE as error:
            raise malformed(error) from None

    def _glanced(self, taken: Taken, seen: Any) -> Incoming:
        incoming = Incoming(self, taken)
        incoming.key = self._glance.key(seen) if self.keys else self._key_of_content(incoming)
        if len(incoming.key) > LONGEST_KEY or "\0" in incoming.key:
            msg = f"the record's key has more than {LONGEST_KEY} characters, or a NUL among them"
            raise RejectedError("invalid_key", msg)
        value = text_of(seen.id)
        incoming.id = value if is_clockify_id(value) else None
        is_workspace = isinstance(self.object, WritableObject) and self.object.is_workspace
        incoming.workspace = incoming.id if is_workspace else text_of(seen.workspace)
        incoming.deleted = is_deleted(seen.deleted)
        incoming.scope = self._glance.scope(seen)
        return incoming

    def hash_of(self, raw: bytes) -> bytes:
        """Return a hash of the meaning of a record."""
        return hashlib.blake2b(content_of(raw), digest_size=16, key=self._salt).digest()

    def fill(self, incoming: Incoming) -> None:
        """Read the fields of a record.

        Raises:
            RejectedError: Some fields contradict each other.
        """
        fields: State = {}
        incoming.fields = fields
        problems: list[str] = []
        stated: dict[str, str] = {}
        for name, value in self.columns.values(decoded(incoming.raw), problems):
            column = self.columns.of(name)
            if isinstance(column, Column):
                try:
                    self.columns.read(fields, name, column, value, stated, as_read=incoming.read_shape)
                except ValueError as error:
                    problems.append(str(error))
                if incoming.id is not None and column.field.kind.hints and not column.member:
                    fields[column.field.name] = _without_hints(column.field.kind, fields.get(column.field.name))
            elif column is not None:
                _set_special(incoming, column, value, problems)  # not the deletion column, which `glance` has read
        if problems and not incoming.deleted:
            raise RejectedError("invalid", "; ".join(dict.fromkeys(problems)))
        try:
            incoming.fields = self._adapted(incoming, fields)
        except (TypeError, AttributeError, LookupError):  # a value has a form that the schema rejects
            if not (odd := [one for one in self.object.fields if not one.kind.has_form(fields.get(one.name))]):
                raise
            if not incoming.deleted:
                msg = "; ".join(f"{one.name} must be {one.kind.name}" for one in odd)
                raise RejectedError("invalid", msg) from None

    def _adapted(self, incoming: Incoming, fields: State) -> State:
        if self.object.by_hand and not incoming.read_shape and not incoming.deleted:
            fields = _invalid_unless(self.object.by_hand, fields)
        if self.object.adapt is None:
            return fields
        return {
            name: value
            for name, value in self.object.adapt(dict(fields)).items()
            if value is not None or self.object.field(name).clearable
        }

    def settled(self, incoming: Incoming, given: State) -> State:
        """Return the fields of a record with derived fields; its times must have an offset.

        Raises:
            RejectedError: Some fields contradict each other.
        """
        if incoming.deleted:
            return given
        for one in self._settled:
            if one.name in given:
                given = {**given, one.name: _settled(one, given[one.name])}
        return given

    def says(self, incoming: Incoming, blob: bytes) -> bool:
        """Return whether a record is literally equal to a row of a list; False if a comparison is needed."""
        if not self.literal or incoming.deleted or self.operation not in {"auto", "upsert", "update"}:
            return False
        if incoming.raw == blob:
            return True
        row = _RAW.decode(blob)
        for name, value in _RAW.decode(incoming.raw).items():
            if name in self._plain:
                if row.get(name) != value:
                    return False
            elif name not in self._passed_over:
                return False
        return True

    def deletion_of(self, row: Row) -> bytes:
        """Return a deletion record for the object of a ledger row."""
        identifying = self._glance.identifying
        values = msgspec.json.decode(row.key) if len(identifying) > 1 else [row.key]
        keys = dict.fromkeys(self.keys, "-") | dict(zip(identifying, values, strict=True))
        return msgspec.json.encode({**keys, DELETED: datetime.now(tz=UTC).isoformat()})

    def _key_of_content(self, incoming: Incoming) -> str:
        """Return a key made from the content of a record: its natural key, or all of its fields.

        Metadata of a tap (`_sdc_batched_at`) and the spelling of values do not change this key.
        """
        self.fill(incoming)
        fields = incoming.fields
        names = next((some for some in self.object.natural_keys if fields.get(some[0]) not in (None, "")), None)
        canonical = self.canonical(fields)
        if names:
            canonical = {name: canonical.get(name) for name in names}
        return hashlib.blake2b(msgspec.json.encode(canonical, enc_hook=str, order="sorted"), digest_size=16).hexdigest()

    def canonical(self, fields: State) -> State:
        """Return the fields of a record in canonical form, without fields that change nothing."""
        known = self.object.by_name
        values = {
            name: known[name].kind.canonical(value)
            for name, value in fields.items()
            if name in known and not known[name].modifier
        }
        return {name: value for name, value in values.items() if value is not None}


def _is_literal(target: Writable) -> bool:
    """Return whether an undecoded row of a list can be compared with an undecoded record."""
    if not isinstance(target, WritableObject):
        return False
    return not (target.adapt or target.listing.shape or target.listing.detail or target.identity)


def _set_special(incoming: Incoming, what: str, value: Any, problems: list[str]) -> None:
    if what == ID:
        incoming.id = value if is_clockify_id(value) else incoming.id
    elif value not in (None, "", incoming.workspace):  # `glance` has already used it to find the object
        problems.append("workspaceId is stated in several columns, or in one that the schema lacks")
    else:
        incoming.workspace = value
        if "workspaceId" in incoming.route.object.by_name:
            incoming.fields["workspaceId"] = value


def _without_hints(kind: Kind, value: Any) -> Any:
    """Ignore fields that are derived from other members, since somebody may have corrected those members."""
    if not isinstance(value, dict) or not all(value.get(name) for name in kind.members):
        return value
    return {name: item for name, item in value.items() if name not in kind.hints}


def _settled(one: Field, value: Any) -> Any:
    try:
        return one.kind.settled(value) if one.kind.settled else value
    except ValueError as error:
        msg = f"{one.name}: {error}"
        raise RejectedError("invalid", msg) from None


def _invalid_unless(change: Callable[[State], State], fields: State) -> State:
    try:
        return change(fields)
    except ValueError as error:
        raise RejectedError("invalid", str(error)) from None
