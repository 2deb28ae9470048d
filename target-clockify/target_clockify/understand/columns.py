"""Maps the columns of a stream to fields, and reads their values."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from target_clockify.model.values import TEXT, Measure
from target_clockify.naming import folded, nearest
from target_clockify.understand.separators import AMBIGUOUS_POINT, has_decimal_comma, may_have_thousands
from target_clockify.understand.units import UNITS, Unit, converter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from target_clockify.model.declaration import Field, State, Writable
    from target_clockify.model.values import Kind

logger = logging.getLogger("target-clockify")

_RAW = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True)
class Column:
    """The field of a column, or the member of a field, named as in requests if these have another shape."""

    field: Field
    member: str = ""
    written: bool = False

    @property
    def kind(self) -> Kind:
        """The kind of the column's values."""
        one = self.field
        return {**one.kind.members, **one.kind.hints, **_inner_of(one)}[self.member] if self.member else one.kind


ID, WORKSPACE = "id", "workspace"
"""Columns that are not fields: the id of the record, and the id of its workspace."""


class Columns:
    """The columns of one stream.

    Args:
        stream: Name of the stream.
        target: Its object or procedure.
        keys: The columns of its key.
        settings: Its settings: `columns`, `units`, `formats`, `empty`.

    Raises:
        ValueError: The settings name a field, a column or a unit that does not exist; the message names the nearest.
    """

    def __init__(self, stream: str, target: Writable, keys: Sequence[str], settings: Mapping[str, Any]) -> None:
        self.unknown: set[str] = set()
        self._commas: set[str] = set()  # columns that contain a number with a decimal comma
        self._pointed: set[str] = set()  # columns with a number whose point may separate thousands
        self._stream = stream
        self._target = target
        self._keys = keys
        columns: Mapping[str, Any] = settings.get("columns") or {}
        self._settings = {name: field for name, field in columns.items() if isinstance(field, str)}
        self._chosen = {folded(column): name for column, name in columns.items() if isinstance(name, str)}
        self._joins = {field: names for field, names in columns.items() if isinstance(names, list)}
        self._joined = {folded(name) for names in self._joins.values() for name in names}
        self._empty: str = settings.get("empty") or ""
        self._known = _columns(target)
        self._found: dict[str, Column | str | None] = {}
        self._read_only = {folded(one) for one in target.read_only}
        self._check(columns)
        self._units = {name: Unit(unit) for name, unit in self._options(settings, "units", _check_unit).items()}
        self._formats = self._options(settings, "formats", _check_format)

    @property
    def workspace(self) -> str:
        """The column with the id of the workspace according to the settings; empty if they name none."""
        return next((name for name, field in self._settings.items() if field and folded(field) == "workspaceid"), "")

    @property
    def renamed(self) -> bool:
        """Whether the settings map columns to fields."""
        return bool(self._chosen or self._joins)

    def of(self, name: str) -> Column | str | None:
        """Return the field of a column, None if it has none."""
        try:
            return self._found[name]
        except KeyError:
            found = self._found[name] = self._find(name)
            return found

    def field_named(self, name: str, setting: str) -> str:
        """Return the field that a setting names in any spelling.

        Raises:
            ValueError: There is no such field.
        """
        column = self._known.get(folded(name))
        if column is None or column.member:
            names = [one.name for one in self._target.fields]
            known = f"; it is a part of {column.field.name}" if column else nearest(name, names)
            msg = f"{setting} of {self._stream} names {name!r}, which is no field of {self._target.name}{known}"
            raise ValueError(msg)
        return column.field.name

    def values(self, record: Mapping[str, Any], problems: list[str]) -> Iterator[tuple[str, Any]]:
        """Yield the columns of a record; joined columns come as one column with the name of their field."""
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

    def read(  # noqa: PLR0913
        self, fields: State, name: str, column: Column, value: Any, stated: dict[str, str], *, as_read: bool
    ) -> None:
        """Set the field of a column.

        Args:
            fields: The fields of the record.
            name: The name of the column.
            column: Its field.
            value: Its value.
            stated: The columns that have set fields so far, by field.
            as_read: The row is in the tap's format.

        Raises:
            ValueError: The value cannot be read, or another column contradicts it; the message names the columns.
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
            self._note_separators(name, kind, value)
            value = _coerced(name, kind, value)
            unit = self._option(self._units, name, column)
            value = kind.converted(value, converter(name, unit, as_read=as_read))
            if column.written and one.read:
                value = one.read(value)
        if column.member and value is None:
            return
        known = fields.get(one.name)
        inner = known if isinstance(known, dict) else {}
        if not as_read and value is not None and _contradicts(column, known, value):
            msg = f"{stated[one.name]} and {name} state different values of {one.name}: leave one of them out"
            raise ValueError(msg)
        if column.member:
            fields[one.name] = {**inner, column.member: value}
        elif isinstance(value, dict) and inner:
            fields[one.name] = {**inner, **value}
        elif value is not None or (one.clearable and known is None):
            fields[one.name] = value
        stated[one.name] = name

    def _note_separators(self, name: str, kind: Kind, text: Any) -> None:
        """Record which separators the amounts and durations in a column have.

        Raises:
            ValueError: The meaning of the point in this number is not known.
        """
        if not isinstance(text, str) or not _is_quantity(kind):
            return
        if has_decimal_comma(text):
            if name in self._pointed and name not in self._commas:
                logger.warning(
                    "%s: %s has a decimal comma, and in rows before it a point before three digits was read as a "
                    "decimal point: look these rows up, or undo the run",
                    self._stream,
                    name,
                )
            self._commas.add(name)
        elif may_have_thousands(text):
            if name in self._commas:
                msg = f"{name} {AMBIGUOUS_POINT}"
                raise ValueError(msg)
            self._pointed.add(name)

    def merged(self, older: bytes, newer: bytes) -> bytes:
        """Return a record with the columns that only the older record has.

        A modifier, such as the mode of a filter, is taken from the same record as its field.
        """
        before, after = _RAW.decode(older), _RAW.decode(newer)
        columns = [column for name in after if isinstance(column := self.of(name), Column)]
        stated = {(column.field.name, column.member) for column in columns}
        kept = {name: value for name, value in before.items() if name not in after and not self._goes(name, stated)}
        return msgspec.json.encode({**kept, **after}) if kept else newer

    def _goes(self, name: str, stated: set[tuple[str, str]]) -> bool:
        """Return whether a column is ignored because other columns set the same field."""
        column = self.of(name)
        if not isinstance(column, Column):
            return False
        field = column.field
        return not stated.isdisjoint({(field.name, ""), (field.name, column.member), (field.qualifies, "")})

    def _find(self, name: str) -> Column | str | None:
        if name.startswith("_sdc_"):
            return None
        short = folded(name)
        short = folded(self._chosen.get(short, short))
        if short == "clockifyid" or (short == "id" and "id" not in self._known):
            return "id"
        column = self._known.get(short)
        if short == "workspaceid":
            return "workspace"
        if column is None and name not in self._keys and short not in {folded(one) for one in self._target.read_only}:
            self.unknown.add(name)
        return column

    # -- the stream's settings -----------------------------------------------------------------

    def _check(self, columns: Mapping[str, Any]) -> None:
        for column, name in columns.items():
            wanted = name if isinstance(name, str) else column
            if not self._is_known(wanted):
                msg = (
                    f"columns of {self._stream} name {wanted!r}, which is no field of {self._target.name}"
                    f"{nearest(wanted, self._field_names)}"
                )
                raise ValueError(msg)

    def _is_known(self, name: str) -> bool:
        short = folded(name)
        return short in self._known or short in {"id", "clockifyid", "workspaceid"} or short in self._read_only

    @property
    def _field_names(self) -> list[str]:
        """The names under which a column can be written, for a message."""
        names = [one.name for one in self._target.fields]
        return [*names, *(member for one in self._target.fields for member in (*one.kind.members, *one.kind.hints))]

    def _options(
        self, settings: Mapping[str, Any], name: str, check: Callable[[str, Column, str], str]
    ) -> dict[str | tuple[str, str], str]:
        """Return the values of a setting by column, under the name of the column and of its field.

        Raises:
            ValueError: The setting names an unknown column, or has an invalid value for the column.
        """
        found: dict[str | tuple[str, str], str] = {}
        for key, option in (settings.get(name) or {}).items():
            column = self._known.get(folded(self._chosen.get(folded(key), key))) or self._holder(key)
            if column is None:
                msg = (
                    f"{name} of {self._stream} names {key!r}, which is no field of {self._target.name} and no column "
                    f"in `columns`{nearest(key, [*self._field_names, *self._chosen])}"
                )
                raise ValueError(msg)
            if problem := check(key, column, option):
                msg = f"{name} of {self._stream}: {problem}"
                raise ValueError(msg)
            found[folded(key)] = option
            if folded(key) not in self._chosen:
                found[column.field.name, column.member] = option
        return found

    def _holder(self, name: str) -> Column | None:
        """Return the column whose elements have a member of this name: `unitPrice` of the items of an invoice."""
        lists = [one for one in self._target.fields if one.kind.item and name in one.kind.item.members]
        return Column(lists[0]) if len(lists) == 1 else None

    @staticmethod
    def _option(options: Mapping[str | tuple[str, str], Any], name: str, column: Column) -> Any:
        if not options:
            return None
        places = (folded(name), (column.field.name, column.member), (column.field.name, ""))
        return next((options[place] for place in places if place in options), None)


def _coerced(name: str, kind: Kind, value: Any) -> Any:
    try:
        return kind.coerce(value)
    except ValueError as error:
        msg = f"{name}: {error}"
        raise ValueError(msg) from None


def _is_quantity(kind: Kind) -> bool:
    return kind.measure in {Measure.MONEY, Measure.MAJOR, Measure.DURATION} or "amount" in kind.inner


def _contradicts(column: Column, known: Any, value: Any) -> bool:
    """Return whether a value contradicts values of other columns for the same field."""
    if known is None:
        return False
    kinds = {**column.field.kind.members, **column.field.kind.hints, **_inner_of(column.field)}
    if column.member:
        return isinstance(known, dict) and _differ(column.kind, known.get(column.member), value)
    if isinstance(known, dict) and isinstance(value, dict) and kinds:
        return any(name in kinds and _differ(kinds[name], known.get(name), one) for name, one in value.items())
    return _differ(column.kind, known, value)


def _differ(kind: Kind, one: Any, other: Any) -> bool:
    return one not in (None, "") and other not in (None, "") and kind.canonical(one) != kind.canonical(other)


def _inner_of(one: Field) -> Mapping[str, Kind]:
    """Return the kinds of the members of an amount, which may be separate columns: `hourlyRate__currency`."""
    return {**one.kind.inner, "currency": TEXT} if "amount" in one.kind.inner else {}


def _columns(target: Writable) -> dict[str, Column]:
    """Return every possible name of a column, normalised.

    Members of objects may be columns if their names are unambiguous.
    """
    found: dict[str, Column] = {}
    for one in target.fields:
        for alias in one.aliases:
            found.setdefault(folded(alias), Column(one))
        if one.key:
            found.setdefault(folded(one.key), Column(one, written=True))
    members: dict[str, list[Column]] = {}
    for one in target.fields:
        found |= {folded(one.name + member): Column(one, member) for member in _inner_of(one)}
        for member in (*one.kind.members, *one.kind.hints):
            found.setdefault(folded(one.name + member), Column(one, member))
            members.setdefault(folded(member), []).append(Column(one, member))
    for name, columns in members.items():
        if len(columns) == 1:
            found.setdefault(name, columns[0])
    return found | {folded(one.name): Column(one) for one in target.fields}


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _check_unit(key: str, column: Column, unit: str) -> str:
    units = [str(one) for measure in sorted(column.kind.measures) for one in UNITS.get(measure, ())]
    if not units:
        return f"{key} is neither an amount of money nor a duration"
    if unit not in units:
        return f"{key} can be in {', '.join(dict.fromkeys(units))}, not in {unit!r}{nearest(unit, units)}"
    return ""


_DAY_OF = ("%d", "%j", "%c", "%x", "%D", "%F", "%u", "%w", "%a", "%A", "%-d", "%e")
_HOUR_OF = ("%H", "%I", "%X", "%c", "%T", "%R", "%k", "%l")
_YEAR_OF = ("%Y", "%y", "%c", "%x", "%D", "%F", "%G")


def _check_format(key: str, column: Column, form: str) -> str:
    if column.kind.measures.isdisjoint({Measure.MOMENT, Measure.DAY}):
        return f"{key} is neither a time nor a date"
    example = datetime(2026, 1, 31, 13, 5, 9, tzinfo=UTC)
    try:
        datetime.strptime(example.strftime(form), form)  # noqa: DTZ007
    except (ValueError, re.error):
        return f"{key} has the format {form!r}, which Python's strptime does not read"
    if not (any(one in form for one in _DAY_OF) and any(one in form for one in _YEAR_OF)):
        return f"{key} has the format {form!r}, which names no day of a year; join the columns of date and time"
    if any(one in form for one in _TWELVE_HOURS) and "%p" not in form:
        return (
            f"{key} has the format {form!r}, a clock of twelve hours without %p: so morning and evening cannot be "
            f"distinguished"
        )
    return ""


_TWELVE_HOURS = ("%I", "%l", "%-I")


def _parsed(name: str, value: str, form: str) -> str:
    try:
        moment = datetime.strptime(value.strip(), form)  # noqa: DTZ007 - without an offset it stays
    except ValueError:
        msg = f"{name} is not in the format {form}"
        raise ValueError(msg) from None
    return moment.isoformat() if any(one in form for one in _HOUR_OF) else moment.date().isoformat()
