"""One record on its way in: names and values put in order, before anything is decided about it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from target_clockify.model.values import TEXT, Measure
from target_clockify.naming import folded, nearest
from target_clockify.understand.units import UNITS, Unit, converter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from target_clockify.books.ledger import Row
    from target_clockify.model.declaration import Field, State, WritableObject
    from target_clockify.model.values import Kind

LONGEST_KEY = 512
_CLOCKIFY_ID = re.compile(r"[0-9a-f]{24}")
_DELETED = "_sdc_deleted_at"
_NOTHING = (b"", b"null")
_BLANK = (*_NOTHING, b'""')
_RAW = msgspec.json.Decoder(dict[str, msgspec.Raw])


def is_clockify_id(value: object) -> bool:
    """Tell whether a value has the form of an id of Clockify: 24 lower-case hex digits."""
    return isinstance(value, str) and _CLOCKIFY_ID.fullmatch(value) is not None


class RejectedError(Exception):
    """A record that cannot be written, and why.

    Attributes:
        kind: The class of the error, for a program to tell cases apart.
        status: HTTP status, where Clockify refused.
        code: Clockify's own code, likewise.
        retryable: The same record may well pass later.
        detail: Clockify's message; it may repeat submitted values.
    """

    def __init__(  # noqa: PLR0913
        self,
        kind: str,
        message: str,
        *,
        status: int | None = None,
        code: int | None = None,
        retryable: bool = False,
        detail: str = "",
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.code = code
        self.retryable = retryable
        self.detail = detail


@dataclass
class Incoming:
    """One record.

    Attributes:
        route: Where it goes.
        raw: The record as it came, JSON.
        key: Its key, as text.
        fields: What it says, by the names of the object's fields.
        id: The Clockify id it carries, if it carries one.
        workspace: The workspace it says it is from.
        deleted: It is marked as deleted.
        epoch: The number of STATE messages before it.
        number: The number of records that came before it.
        seen: Hash of `raw`.
        scope: The ids of its parents, as far as it names them like the tap.
    """

    route: Route
    raw: bytes
    key: str = ""
    fields: State = field(default_factory=dict)
    id: str | None = None
    workspace: str | None = None
    deleted: bool = False
    epoch: int = 0
    number: int = 0
    seen: bytes = b""
    scope: tuple[str | None, ...] = ()

    @property
    def identity(self) -> tuple[str, str]:
        """What the record is known by: its stream in any spelling, and its key."""
        return self.route.name, self.key

    @property
    def read_shape(self) -> bool:
        """Whether it is a row as the tap reads it: it carries its own id and that of its workspace."""
        return is_clockify_id(self.workspace) and (self.id is not None or bool(self.route.object.identity))


@dataclass(frozen=True)
class _Column:
    field: Field
    member: str = ""
    written: bool = False

    @property
    def kind(self) -> Kind:
        """The kind of the column's values."""
        one = self.field
        return {**one.kind.members, **one.kind.hints}[self.member] if self.member else one.kind


class Route:
    """What becomes of the records of one stream: the object they are for, and how its columns are read.

    Args:
        stream: Name of the stream.
        target: The object.
        keys: The stream's key properties.
        settings: The stream's own settings: `operation`, `match_on`, `columns`, `units`, `formats`, `empty`.

    Raises:
        ValueError: The settings name a field or a unit that does not exist; the message tells the nearest one.
    """

    def __init__(self, stream: str, target: WritableObject, keys: tuple[str, ...], settings: Mapping[str, Any]) -> None:
        listing = target.listing
        self.stream = stream
        self.name = folded(stream)
        self.object = target
        self.keys = keys = tuple(settings.get("key") or keys)
        self.source: str = settings.get("source") or ""
        self.operation: str = settings.get("operation") or "auto"
        self.unknown: set[str] = set()
        columns: Mapping[str, Any] = settings.get("columns") or {}
        self._chosen = {folded(column): name for column, name in columns.items() if isinstance(name, str)}
        self._joins = {field: names for field, names in columns.items() if isinstance(names, list)}
        self._joined = {folded(name) for names in self._joins.values() for name in names}
        self._empty: str = settings.get("empty") or ""
        self._known = _columns(target)
        self._key_places = [(name, f"key{number}") for number, name in enumerate(keys)]
        self._scope_places = [f"scope{number}" for number, _ in enumerate(listing.scope)]
        self._glance = _glance_decoder(
            {
                "id": "id",
                "workspace": "workspaceId",
                "deleted": _DELETED,
                **{place: name for name, place in self._key_places},
                **dict(zip(self._scope_places, listing.scope, strict=True)),
            }
        )
        self._columns: dict[str, _Column | str | None] = {}
        self.match_on = tuple(self._field_named(name) for name in settings.get("match_on") or ())
        self.literal = not (
            target.adapt or listing.shape or listing.detail or target.identity or self._chosen or self._joins
        )
        self._settled = [one for one in target.fields if one.kind.settled]
        self._plain = {one.name for one in target.fields if not one.modifier}
        self._passed_over = {"id", "workspaceId", _DELETED, *target.read_only}
        self._identifying = [name for name in keys if folded(name) != "workspaceid"] or list(keys)
        self._check_columns(columns)
        self._units = {name: Unit(unit) for name, unit in self._options(settings, "units", _check_unit).items()}
        self._formats = self._options(settings, "formats", _check_format)
        reading = {name: settings[name] for name in _READING if settings.get(name)}
        self._salt = hashlib.blake2b(msgspec.json.encode(reading), digest_size=16).digest() if reading else b""

    def glance(self, raw: bytes, *, epoch: int = 0, number: int = 0) -> Incoming:
        """Read no more of a record than its key, its id and its parents; `fill` reads the rest.

        Raises:
            RejectedError: It lacks its own key, or is no object.
        """
        try:
            seen = self._glance.decode(raw)
        except msgspec.DecodeError:
            raise RejectedError("malformed", "the record is no JSON object") from None
        incoming = Incoming(
            self, raw, epoch=epoch, number=number, seen=hashlib.blake2b(raw, digest_size=16, key=self._salt).digest()
        )
        incoming.key = self._key(seen) if self.keys else self._key_of_content(incoming)
        if len(incoming.key) > LONGEST_KEY or "\0" in incoming.key:
            msg = f"the record's key has more than {LONGEST_KEY} characters, or a NUL among them"
            raise RejectedError("invalid_key", msg)
        value = _text_of(seen.id)
        incoming.id = value if is_clockify_id(value) else None
        incoming.workspace = incoming.id if self.object.is_workspace else _text_of(seen.workspace)
        incoming.deleted = bytes(seen.deleted) not in _NOTHING and _is_deletion(msgspec.json.decode(seen.deleted))
        incoming.scope = tuple([_text_of(getattr(seen, place)) for place in self._scope_places])
        return incoming

    def fill(self, incoming: Incoming) -> None:
        """Read the fields of a record.

        Raises:
            RejectedError: Some of them contradict each other.
        """
        fields = incoming.fields = {}
        problems: list[str] = []
        for name, value in self._values(msgspec.json.decode(incoming.raw), problems):
            column = self._column(name)
            if isinstance(column, str):
                _set_special(incoming, column, value)  # not the mark of a deletion: `glance` has read that
            elif column is not None:
                try:
                    self._set_field(fields, name, column, value, as_read=incoming.read_shape)
                except ValueError as error:
                    problems.append(str(error))
                if incoming.id is not None and column.field.kind.hints and not column.member:
                    fields[column.field.name] = _without_hints(column.field.kind, fields.get(column.field.name))
        if problems and not incoming.deleted:
            raise RejectedError("invalid", "; ".join(dict.fromkeys(problems)))
        if self.object.by_hand and not incoming.read_shape and not incoming.deleted:
            fields = self._invalid_unless(self.object.by_hand, fields)
        incoming.fields = fields
        if self.object.adapt:
            incoming.fields = {
                name: value
                for name, value in self.object.adapt(fields).items()
                if value is not None or self.object.field(name).clearable
            }

    def settled(self, incoming: Incoming, given: State) -> State:
        """Return the fields of a record, whose times have an offset, with what follows from others of them.

        Raises:
            RejectedError: Some of them contradict each other.
        """
        if incoming.deleted:
            return given
        for one in self._settled:
            if one.name in given:
                given = {**given, one.name: _settled(one, given[one.name])}
        return given

    def _invalid_unless(self, change: Callable[[State], State], fields: State) -> State:
        try:
            return change(fields)
        except ValueError as error:
            raise RejectedError("invalid", str(error)) from None

    def _values(self, record: Mapping[str, Any], problems: list[str]) -> Iterator[tuple[str, Any]]:
        """Yield the columns of a record, those that are joined as one under the name of their field."""
        for name, value in record.items():
            if folded(name) not in self._joined:
                yield name, value
        if not self._joins:
            return
        given = {folded(name): value for name, value in record.items()}
        for field_name, names in self._joins.items():
            parts = [given.get(folded(name)) for name in names]
            blank = [name for name, part in zip(names, parts, strict=True) if _is_blank(part)]
            if not blank:
                yield field_name, " ".join(str(TEXT.coerce(part)) for part in parts)
            elif len(blank) < len(names):
                problems.append(f"{field_name} is joined from {', '.join(names)}, of which {', '.join(blank)} is blank")

    def _set_field(self, fields: State, name: str, column: _Column, value: Any, *, as_read: bool) -> None:
        """Set a field from a column.

        Raises:
            ValueError: The value cannot be read; the message names the column.
        """
        one = column.field
        kind = column.kind
        if _is_blank(value):
            if not as_read and (self._empty == "ignore" or (value is not None and self._empty != "clear")):
                return
            value = "" if as_read and value == "" and kind is TEXT else None
        else:
            form = self._option(self._formats, name, column)
            if form and isinstance(value, str):
                value = _parsed(name, value, form)
            value = kind.coerce(value)
            unit = self._option(self._units, name, column)
            value = kind.converted(value, converter(name, unit, as_read=as_read))
            if column.written and one.read:
                value = one.read(value)
        if column.member:
            if value is not None:
                inner = fields.get(one.name)
                fields[one.name] = {**(inner if isinstance(inner, dict) else {}), column.member: value}
        elif value is not None or one.clearable:
            fields[one.name] = value

    # -- the stream's settings -----------------------------------------------------------------

    def _check_columns(self, columns: Mapping[str, Any]) -> None:
        for column, name in columns.items():
            wanted = name if isinstance(name, str) else column
            if not self._is_known(wanted):
                msg = (
                    f"columns of {self.stream} name {wanted!r}, which is no field of {self.object.name}"
                    f"{nearest(wanted, self._field_names)}"
                )
                raise ValueError(msg)

    def _is_known(self, name: str) -> bool:
        short = folded(name)
        return short in self._known or short in {"id", "clockifyid", "workspaceid"} or short in self._ignored

    @property
    def _ignored(self) -> set[str]:
        return {folded(one) for one in self.object.read_only}

    @property
    def _field_names(self) -> list[str]:
        """The names under which a column can be written, for a message."""
        names = [one.name for one in self.object.fields]
        return [*names, *(member for one in self.object.fields for member in (*one.kind.members, *one.kind.hints))]

    def _options(
        self, settings: Mapping[str, Any], name: str, check: Callable[[str, _Column, str], str]
    ) -> dict[str | tuple[str, str], str]:
        """Return what a setting says by column, under the name of the column and that of its field.

        Raises:
            ValueError: The setting names no column of the stream, or says something that the column cannot have.
        """
        found: dict[str | tuple[str, str], str] = {}
        for key, option in (settings.get(name) or {}).items():
            column = self._known.get(folded(self._chosen.get(folded(key), key))) or self._holder(key)
            if column is None:
                msg = (
                    f"{name} of {self.stream} names {key!r}, which is no field of {self.object.name} and no column in "
                    f"`columns`{nearest(key, [*self._field_names, *self._chosen])}"
                )
                raise ValueError(msg)
            if problem := check(key, column, option):
                msg = f"{name} of {self.stream}: {problem}"
                raise ValueError(msg)
            found[folded(key)] = option
            if folded(key) not in self._chosen:
                found[column.field.name, column.member] = option
        return found

    def _holder(self, name: str) -> _Column | None:
        """Return the column whose elements have a member of this name: `unitPrice` of the items of an invoice."""
        lists = [one for one in self.object.fields if one.kind.item and name in one.kind.item.members]
        return _Column(lists[0]) if len(lists) == 1 else None

    @staticmethod
    def _option(options: Mapping[str | tuple[str, str], Any], name: str, column: _Column) -> Any:
        if not options:
            return None
        places = (folded(name), (column.field.name, column.member), (column.field.name, ""))
        return next((options[place] for place in places if place in options), None)

    def says(self, incoming: Incoming, blob: bytes) -> bool:
        """Tell whether a record repeats a row of a list literally; False where that takes a closer look."""
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

    def merged(self, older: bytes, newer: bytes) -> bytes:
        """Return a record with the columns that only the one before it mentions.

        What qualifies another field, such as the mode of a filter, goes with that one.
        """
        before, after = _RAW.decode(older), _RAW.decode(newer)
        stated = {column.field.name for name in after if isinstance(column := self._column(name), _Column)}
        kept = {name: value for name, value in before.items() if name not in after and not self._goes(name, stated)}
        return msgspec.json.encode({**kept, **after}) if kept else newer

    def _goes(self, name: str, stated: set[str]) -> bool:
        column = self._column(name)
        return isinstance(column, _Column) and column.field.qualifies in stated

    def deletion_of(self, row: Row) -> bytes:
        """Return a record that asks for the deletion of what a row of the ledger became."""
        values = msgspec.json.decode(row.key) if len(self._identifying) > 1 else [row.key]
        keys = dict.fromkeys(self.keys, "-") | dict(zip(self._identifying, values, strict=True))
        return msgspec.json.encode({**keys, _DELETED: datetime.now(tz=UTC).isoformat()})

    def _key(self, seen: Any) -> str:
        values = [bytes(getattr(seen, place)) for _, place in self._key_places]
        if any(value in _BLANK for value in values):
            missing = [name for (name, _), value in zip(self._key_places, values, strict=True) if value in _BLANK]
            msg = f"the record lacks its key: {', '.join(missing)}"
            raise RejectedError("missing_key", msg)
        parts = [
            _key_text(value)
            for (name, _), value in zip(self._key_places, values, strict=True)
            if name in self._identifying
        ]
        return parts[0] if len(parts) == 1 else msgspec.json.encode(parts).decode()

    def _key_of_content(self, incoming: Incoming) -> str:
        """Return a key made of what a record says of its object: its natural key, or all of its fields.

        What a tap adds (`_sdc_batched_at`) and how a value is spelled make no other record of it.
        """
        self.fill(incoming)
        fields = incoming.fields
        usable = (self.object.natural, self.object.otherwise)
        names = next((some for some in usable if some and fields.get(some[0]) not in (None, "")), None)
        canonical = self.canonical(fields)
        if names:
            canonical = {name: canonical.get(name) for name in names}
        return hashlib.blake2b(msgspec.json.encode(canonical, enc_hook=str, order="sorted"), digest_size=16).hexdigest()

    def canonical(self, fields: State) -> State:
        """Return the fields of a record in the one spelling of what they mean, without those that say nothing."""
        known = self.object.by_name
        values = {
            name: known[name].kind.canonical(value)
            for name, value in fields.items()
            if name in known and not known[name].modifier
        }
        return {name: value for name, value in values.items() if value is not None}

    def _column(self, name: str) -> _Column | str | None:
        try:
            return self._columns[name]
        except KeyError:
            found = self._columns[name] = self._find_column(name)
            return found

    def _find_column(self, name: str) -> _Column | str | None:
        if name.startswith("_sdc_"):
            return None
        short = folded(name)
        short = folded(self._chosen.get(short, short))
        if short == "clockifyid" or (short == "id" and "id" not in self._known):
            return "id"
        column = self._known.get(short)
        if short == "workspaceid":
            return "workspace"
        if column is None and name not in self.keys and short not in {folded(one) for one in self.object.read_only}:
            self.unknown.add(name)
        return column

    def _field_named(self, name: str) -> str:
        column = self._known.get(folded(name))
        if column is None or column.member:
            known = nearest(name, [one.name for one in self.object.fields])
            msg = f"match_on of {self.stream} names {name!r}, which is no field of {self.object.name}{known}"
            raise ValueError(msg)
        return column.field.name


def _glance_decoder(names: dict[str, str]) -> msgspec.json.Decoder[Any]:
    """Return a decoder of these members alone, each left as JSON. One member may be wanted under several names."""
    wanted: dict[str, str] = {}
    for place, name in names.items():
        wanted.setdefault(name, place)
    fields = [(place, msgspec.Raw, msgspec.Raw()) for place in wanted.values()]
    base = msgspec.defstruct("Glance", fields, rename={place: name for name, place in wanted.items()})
    others = {place: wanted[name] for place, name in names.items() if wanted[name] != place}
    kind = type("Glance", (base,), {place: property(attrgetter(other)) for place, other in others.items()})
    return msgspec.json.Decoder(kind)


def _text_of(value: msgspec.Raw) -> str | None:
    text = bytes(value)
    if text[:1] != b'"':
        return None
    return text[1:-1].decode() if b"\\" not in text else str(msgspec.json.decode(text))


_NO_DELETION = {"", "false", "0"}


def _is_deletion(mark: Any) -> bool:
    """Tell whether a mark of deletion is a point in time, and so one.

    Raises:
        RejectedError: It is neither a point in time nor a spelling of "no".
    """
    text = str(mark).strip() if isinstance(mark, (str, int, float)) else "?"
    if text.lower() in _NO_DELETION or mark == 0:
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        msg = f"{_DELETED} must be a point in time such as 2026-01-31T09:00:00Z, or null"
        raise RejectedError("invalid", msg) from None
    return isinstance(mark, str)


def _key_text(raw: bytes) -> str:
    """Return a part of a key by its value: 7, 7.0 and "7" are one."""
    if raw[:1] in b'"[{tf':
        value = msgspec.json.decode(raw)
        return str(TEXT.coerce(value)) if isinstance(value, (str, bool)) else msgspec.json.encode(value).decode()
    try:
        number = Decimal(raw.decode())
    except InvalidOperation:
        return raw.decode()
    whole = number == number.to_integral_value() and abs(number.adjusted()) < LONGEST_KEY
    return str(int(number)) if whole else str(number.normalize())


def _columns(target: WritableObject) -> dict[str, _Column]:
    """Every name a column may have, folded. Members of objects have names of their own where these are unambiguous."""
    found: dict[str, _Column] = {}
    for one in target.fields:
        for alias in one.aliases:
            found.setdefault(folded(alias), _Column(one))
        if one.key:
            found.setdefault(folded(one.key), _Column(one, written=True))
    members: dict[str, list[_Column]] = {}
    for one in target.fields:
        for member in (*one.kind.members, *one.kind.hints):
            found.setdefault(folded(one.name + member), _Column(one, member))
            members.setdefault(folded(member), []).append(_Column(one, member))
    for name, columns in members.items():
        if len(columns) == 1:
            found.setdefault(name, columns[0])
    return found | {folded(one.name): _Column(one) for one in target.fields}


def _set_special(incoming: Incoming, what: str, value: Any) -> None:
    if what == "id":
        incoming.id = value if is_clockify_id(value) else incoming.id
    elif what == "workspace":
        incoming.workspace = value
        if "workspaceId" in incoming.route.object.by_name:
            incoming.fields["workspaceId"] = value


def _without_hints(kind: Kind, value: Any) -> Any:
    """Pass over what the reader derived from members that are all there: somebody may have corrected one of those."""
    if not isinstance(value, dict) or not all(value.get(name) for name in kind.members):
        return value
    return {name: item for name, item in value.items() if name not in kind.hints}


def _settled(one: Field, value: Any) -> Any:
    try:
        return one.kind.settled(value) if one.kind.settled else value
    except ValueError as error:
        msg = f"{one.name}: {error}"
        raise RejectedError("invalid", msg) from None


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


_READING = ("columns", "units", "formats", "empty")  # the settings that decide what a record says


def _check_unit(key: str, column: _Column, unit: str) -> str:
    units = [str(one) for measure in sorted(column.kind.measures) for one in UNITS.get(measure, ())]
    if not units:
        return f"{key} is neither an amount of money nor a duration"
    if unit not in units:
        return f"{key} can be in {', '.join(dict.fromkeys(units))}, not in {unit!r}{nearest(unit, units)}"
    return ""


_DAY_OF = ("%d", "%j", "%c", "%x", "%D", "%F", "%u", "%w", "%a", "%A", "%-d", "%e")
_HOUR_OF = ("%H", "%I", "%X", "%c", "%T", "%R", "%k", "%l")
_YEAR_OF = ("%Y", "%y", "%c", "%x", "%D", "%F", "%G")


def _check_format(key: str, column: _Column, form: str) -> str:
    if column.kind.measures.isdisjoint({Measure.MOMENT, Measure.DAY}):
        return f"{key} is neither a time nor a date"
    example = datetime(2026, 1, 31, 13, 5, 9)  # noqa: DTZ001 - it is only written out
    try:
        datetime.strptime(example.strftime(form), form)  # noqa: DTZ007
    except (ValueError, re.error):
        return f"{key} has the format {form!r}, which Python's strptime does not read"
    if not (any(one in form for one in _DAY_OF) and any(one in form for one in _YEAR_OF)):
        return f"{key} has the format {form!r}, which names no day of a year; join the columns of date and time"
    return ""


def _parsed(name: str, value: str, form: str) -> str:
    try:
        moment = datetime.strptime(value.strip(), form)  # noqa: DTZ007 - without an offset it stays
    except ValueError:
        msg = f"{name} is not in the format {form}"
        raise ValueError(msg) from None
    return moment.isoformat() if any(one in form for one in _HOUR_OF) else moment.date().isoformat()
