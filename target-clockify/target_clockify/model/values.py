"""The kinds of values: which input each kind accepts, and when two values are equal.

Input also comes from warehouses and spreadsheets: arrays and objects may be JSON text, numbers and flags may be words,
timestamps may have a space or a zone. Clockify itself has several spellings of the same value: "" and null, `PT90M` and
`PT1H30M`, ids in any order. `coerce` reads the input, `canonical` converts all spellings of a value to one form.

`coerce` does not depend on settings. It returns an amount or a duration with a decimal point as a float or a Decimal,
and a time without an offset as `2026-01-31T09:00:00`; `units` and `zones` convert or reject these values later.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any

import msgspec

from target_clockify.decoding import UNDECODABLE, is_too_deep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?")
_TRUE, _FALSE = {"true", "yes", "1", "t", "y"}, {"false", "no", "0", "f", "n"}


class Measure(enum.StrEnum):
    """The quantity that a value measures, if settings decide how to read it."""

    MONEY = "money"
    MAJOR = "money in major units"
    DURATION = "a duration"
    MOMENT = "a point in time"
    DAY = "a date"


@dataclass(frozen=True)
class Kind:
    """One kind of value.

    Attributes:
        name: Its name in messages.
        schema: JSON Schema of a value that may be written.
        coerce: Reads input; a value that it cannot read is returned unchanged, and the schema rejects it.
        canonical: Converts all spellings of a value to one form; two values are equal if their forms are.
        members: The kinds of an object's members.
        key: The member that identifies the elements of an array; elements that a row does not mention are kept.
        merge: Merges the current value and a new one, if the default rules do not fit.
        hints: The kinds of additional members, which only help to identify the others.
        settled: Identifies members by hints; raises ValueError if the hints contradict each other.
        measure: The measured quantity, if it needs a unit or a time zone.
        inner: The kinds of the members that `converted` visits; by default `members` and `hints`.
        item: The kind of the elements of an array.
    """

    name: str
    schema: Mapping[str, Any]
    coerce: Callable[[Any], Any] = field(compare=False)
    canonical: Callable[[Any], Any] = field(compare=False)
    members: Mapping[str, Kind] = field(default_factory=dict, compare=False)
    key: str = ""
    merge: Callable[[Any, Any], Any] | None = field(default=None, compare=False)
    hints: Mapping[str, Kind] = field(default_factory=dict, compare=False)
    settled: Callable[[Any], Any] | None = field(default=None, compare=False)
    measure: Measure | None = None
    inner: Mapping[str, Kind] = field(default_factory=dict, compare=False)
    item: Kind | None = field(default=None, compare=False)

    @property
    def measures(self) -> set[Measure]:
        """All quantities that a value of this kind measures, including members and elements."""
        parts = [*self._inner.values(), *([self.item] if self.item else [])]
        own = {self.measure} if self.measure else set()
        return own.union(*(part.measures for part in parts))

    def converted(self, value: Any, convert: Callable[[Kind, Any], Any]) -> Any:
        """Return a coerced value with each measured part of it converted."""
        if self.measure:
            return convert(self, value)
        if self.item and isinstance(value, list):
            return [self.item.converted(one, convert) for one in value]
        if isinstance(value, dict):
            kinds = self._inner
            return {
                name: kinds[name].converted(item, convert) if name in kinds else item for name, item in value.items()
            }
        return value

    def has_form(self, value: Any) -> bool:
        """Return whether a coerced value and its nested values have the JSON types of this kind."""
        if value is None or (wanted := self.schema.get("type")) is None:
            return True
        if wanted == "array":
            return isinstance(value, list) and (self.item is None or all(map(self.item.has_form, value)))
        if wanted == "object":
            kinds = self._inner
            return isinstance(value, dict) and all(kinds[name].has_form(value[name]) for name in value.keys() & kinds)
        if wanted == "string" and not self.measure:
            return isinstance(value, str)
        return not isinstance(value, (list, dict))

    @property
    def _inner(self) -> Mapping[str, Kind]:
        return self.inner or {**self.members, **self.hints}

    @property
    def said_schema(self) -> dict[str, Any]:
        """The schema, with the kind's name for messages."""
        return {**said(self.name), **self.schema}

    def merged(self, current: Any, value: Any) -> Any:
        """Return the value after the write: members and keyed elements that `value` does not mention are kept."""
        if self.merge:
            return self.merge(current, value)
        if self.key and isinstance(value, list) and all(isinstance(one, dict) and self.key in one for one in value):
            return list({one[self.key]: one for one in (*(current or ()), *value)}.values())
        if self.members and isinstance(current, dict) and isinstance(value, dict):
            return {**{name: current.get(name) for name in self.members}, **value}
        return value


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else value


def _word(value: Any) -> Any:
    return value.strip().upper().replace(" ", "_") if isinstance(value, str) else value


def _flag(value: Any) -> Any:
    word = str(value).strip().lower() if isinstance(value, (str, int)) else ""
    if word in _TRUE:
        return True
    return False if word in _FALSE else value


def _number(value: Any) -> Any:
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return value
        value = number if isfinite(number) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


_WHOLE = re.compile(r"[+-]?\d+")


def _amount(value: Any) -> Any:
    """Read an amount: a text without a decimal point becomes an int, with one a Decimal; a float stays a float."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if _WHOLE.fullmatch(text):
        return int(text) if len(text) < _LONGEST_NUMBER else value
    try:
        number = Decimal(text)
    except InvalidOperation:
        return value
    return number if number.is_finite() and "_" not in text else value


_LONGEST_NUMBER = 19


def _parsed(value: Any) -> Any:
    if isinstance(value, str) and value.strip()[:1] in {"[", "{"}:
        try:
            return value if is_too_deep(value.encode()) else msgspec.json.decode(value)
        except UNDECODABLE:
            return value
    return value


def _ids(value: Any) -> Any:
    value = _parsed(value)
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [_text(item) for item in value] if isinstance(value, list) else value


def _rate(value: Any) -> Any:
    value = _parsed(_amount(value))
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return {"amount": value}
    if isinstance(value, dict):
        readers = {"amount": _amount, "since": _coerced_moment}
        return {name: readers[name](item) if name in readers else item for name, item in value.items()}
    return value


_STAMP = re.compile(r"\s*\d{4}-\d\d-\d\d[T ]\d\d:\d\d")


@lru_cache(maxsize=8192)
def _is_impossible(text: str) -> bool:
    """Return whether a text has the form of a point in time, but its day or hour does not exist."""
    try:
        datetime.fromisoformat(text.strip())
    except ValueError:
        return _STAMP.match(text) is not None
    return False


@lru_cache(maxsize=8192)
def _moment(text: str) -> str:
    """Return a point in time in UTC, or as `2026-01-31T09:00:00` if it has no offset; a date becomes midnight."""
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            if _is_plain_date(text):
                return f"{moment.date().isoformat()}T00:00:00Z"
            return moment.isoformat(timespec="seconds")
        return in_utc(moment)
    except (ValueError, OverflowError):
        return text


def in_utc(moment: datetime) -> str:
    """Return a point in time in Clockify's format."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def without_offset(value: Any) -> datetime | None:
    """Return a coerced time that has no offset, None if the value is not such a time."""
    if not isinstance(value, str) or not _LOCAL.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def _is_plain_date(text: str) -> bool:
    try:
        date.fromisoformat(text.strip())
    except ValueError:
        return False
    return True


def _wall_clock(value: Any) -> Any:
    """Read a point in time of work. A plain date is not converted, since its time of day is unknown."""
    if isinstance(value, str) and _is_plain_date(value):
        return value
    return _coerced_moment(value)


def _coerced_moment(value: Any) -> Any:
    """Read a point in time; the schema rejects any other value.

    Raises:
        ValueError: It has the right form, but its day or hour does not exist.
    """
    if not isinstance(value, str):
        return value
    if _is_impossible(value):
        msg = "a time names a day or an hour that does not exist"
        raise ValueError(msg)
    return _moment(value)


def _day(value: Any) -> Any:
    """Read a date. A point in time is accepted only at midnight: at other times the date depends on the zone."""
    if not isinstance(value, str):
        return value
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return value
    return moment.date().isoformat() if moment.time() == time.min else value


@lru_cache(maxsize=4096)
def seconds_of(duration: str) -> int | None:
    """Return the seconds of an ISO 8601 duration without months or years, None if the text is not one."""
    match = _DURATION.fullmatch(duration.strip().upper())
    if not match or duration.strip().upper() in {"P", "PT"}:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


_CLOCK = re.compile(r"(\d+):([0-5]\d)(?::([0-5]\d))?")


def _span(value: Any) -> Any:
    """Read a length of time: `hh:mm`, `hh:mm:ss` or an ISO 8601 duration; a number is left for `units` to convert."""
    number = _amount(value)
    if not isinstance(number, str):
        return number
    match = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    return "PT{}H{}M{}S".format(*(int(part or 0) for part in match.groups())) if match else _duration(value)


def _duration(value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


def _same(value: Any) -> Any:
    return value


def _blank_is_none(value: Any) -> Any:
    return None if value == "" else value


def canonical_number(value: Any) -> Any:
    """Normalise a number, so that 10 and 10.0 are equal and have the same hash."""
    if isinstance(value, (float, Decimal)) and not isinstance(value, bool) and value == value // 1:
        return int(value)
    return float(value) if isinstance(value, Decimal) else value


def _canonical_colour(value: Any) -> Any:
    return value.upper() if isinstance(value, str) and value else None


def _canonical_moment(value: Any) -> Any:
    return _moment(value) if isinstance(value, str) and value else None


def _canonical_duration(value: Any) -> Any:
    seconds = seconds_of(value) if isinstance(value, str) else None
    return seconds if seconds is not None else value


def _canonical_ids(value: Any) -> Any:
    if value and not isinstance(value, (list, tuple)):
        return value  # not an array: it differs from every array, and validation rejects it
    return tuple(sorted(str(item) for item in value or ()))


def _canonical_rate(value: Any) -> Any:
    return canonical_number(value.get("amount")) if isinstance(value, dict) else value


def evened(value: Any) -> Any:
    """Return a nested value without its empty members, with whole floats as integers."""
    if isinstance(value, dict):
        pairs = ((name, evened(item)) for name, item in value.items())
        return {name: item for name, item in pairs if item not in (None, "", [], {})} or None
    if isinstance(value, list):
        return [evened(item) for item in value] or None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None if value == "" else value


def said(words: str) -> dict[str, str]:
    """Return a JSON Schema `$comment` with the text that messages use for a rule."""
    return {"$comment": words}


TEXT = Kind("a text", {"type": "string"}, _text, _blank_is_none)
EMAIL = Kind(
    "an e-mail address",
    {"type": "string", "pattern": "@"},
    _text,
    lambda value: value.lower() if isinstance(value, str) and value else None,
)
WORD = Kind("one of a set", {"type": "string"}, _word, _blank_is_none)
FLAG = Kind("true or false", {"type": "boolean"}, _flag, lambda value: value or False)
INTEGER = Kind("a whole number", {"type": "integer"}, _number, canonical_number)
NUMBER = Kind("a number", {"type": "number"}, _number, canonical_number)
MONEY = Kind("a whole number of minor units", {"type": "integer"}, _amount, canonical_number, measure=Measure.MONEY)
MAJOR = Kind("a number", {"type": "number"}, _amount, canonical_number, measure=Measure.MAJOR)
COLOR = Kind("a colour such as #0B83D9", {"type": "string", "pattern": "^#[0-9A-Fa-f]{6}$"}, _text, _canonical_colour)
_MOMENT = {"pattern": r"^(19|2\d)\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$", **said("a timestamp such as 2026-01-31T09:00:00Z")}
MOMENT = Kind(
    "a timestamp such as 2026-01-31T09:00:00Z",
    {"type": "string", **_MOMENT},
    _coerced_moment,
    _canonical_moment,
    measure=Measure.MOMENT,
)
"""A plain date is midnight in UTC, as Clockify stores the dates of invoices, rates and assignments."""
WALL_CLOCK = replace(MOMENT, coerce=_wall_clock)
_DATE = r"^\d{4}-\d\d-\d\d$"
DAY = Kind(
    "a date such as 2026-01-31",
    {"type": "string", "pattern": _DATE, **said("a date such as 2026-01-31")},
    _day,
    _blank_is_none,
    measure=Measure.DAY,
)
DURATION = Kind(
    "a duration such as PT1H30M, 01:30:00 or 5400 (seconds)",
    {"type": "string", "pattern": r"^P(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?$"},
    _span,
    _canonical_duration,
    measure=Measure.DURATION,
)
ID = Kind("an id", {"type": "string", "minLength": 1}, _text, _blank_is_none)
IDS = Kind("an array of ids", {"type": "array", "items": {"type": "string"}}, _ids, _canonical_ids)
RATE = Kind(
    "a rate",
    {
        "type": "object",
        "properties": {"amount": {"type": "integer", "minimum": 0}, "since": {"type": ["string", "null"], **_MOMENT}},
        "required": ["amount"],
    },
    _rate,
    _canonical_rate,
    inner={"amount": MONEY, "since": MOMENT},
)
OBJECT = Kind("an object", {"type": "object"}, _parsed, evened)
LIST = Kind("an array", {"type": "array"}, _parsed, evened)
ANY = Kind("any value", {}, _parsed, evened)


def record_of(name: str = "an object", required: tuple[str, ...] = (), **members: Kind) -> Kind:
    """Return the kind of an object with these kinds of members; other members are ignored."""

    def coerce(value: Any) -> Any:
        value = _parsed(value)
        if not isinstance(value, dict):
            return value
        return {
            key: members[key].coerce(item) if key in members and item not in (None, "") else item
            for key, item in value.items()
        }

    def canonical(value: Any) -> Any:
        if not isinstance(value, dict):
            return None
        pairs = [(key, kind.canonical(value.get(key))) for key, kind in members.items()]
        return {key: item for key, item in pairs if item not in (None, "", (), False)} or None

    nullable = {
        key: {"anyOf": [kind.said_schema, {"type": "null"}]} if key not in required else kind.said_schema
        for key, kind in members.items()
    }
    schema = {"type": "object", "properties": nullable, "required": list(required)}
    return Kind(name, schema, coerce, canonical, members)


def _with_end(interval: Any) -> Any:
    """Return an interval with its end, computed from start and duration where the end is missing."""
    if not isinstance(interval, dict) or interval.get("duration") in (None, ""):
        return interval
    start, end = (_coerced_moment(interval.get(name)) for name in ("start", "end"))
    span = interval["duration"]
    seconds = seconds_of(span) if isinstance(span, str) else None
    if seconds is None:
        msg = f"duration must be {DURATION.name}"
        raise ValueError(msg)
    if not start:
        msg = "duration counts from a start, which is required beside it"
        raise ValueError(msg)
    try:
        until = _moment((datetime.fromisoformat(start) + timedelta(seconds=seconds)).isoformat())
    except (ValueError, TypeError, OverflowError):
        return interval  # the schema says what is wrong with its start
    if end and end != until:
        msg = "duration is not what lies between start and end"
        raise ValueError(msg)
    return {**interval, "end": until}


_INTERVAL = record_of("an interval", start=WALL_CLOCK, end=WALL_CLOCK, duration=DURATION)
INTERVAL = replace(
    record_of("an interval", start=WALL_CLOCK, end=WALL_CLOCK),
    coerce=_INTERVAL.coerce,
    hints={"duration": DURATION},
    settled=_with_end,
)


def list_of(
    item: Kind, name: str = "an array", *, ordered: bool = False, only: Callable[[Any], bool] = bool, key: str = ""
) -> Kind:
    """Return the kind of an array.

    Args:
        item: The kind of its elements.
        name: Its name in messages.
        ordered: Whether the order of the elements matters.
        only: Returns whether an element matters.
        key: The member that identifies elements, if elements that a row does not mention are kept.
    """

    def coerce(value: Any) -> Any:
        value = _parsed(value)
        return [item.coerce(one) for one in value] if isinstance(value, list) else value

    def canonical(value: Any) -> Any:
        if not isinstance(value, (list, type(None))):
            return value  # as above
        elements = [item.canonical(one) for one in value or () if only(one)]
        return elements if ordered else sorted(elements, key=repr)

    return Kind(name, {"type": "array", "items": item.said_schema}, coerce, canonical, key=key, item=item)


def _has_value(one: Any) -> bool:
    return isinstance(one, dict) and one.get("value") not in (None, "", [])


CUSTOM_VALUES = list_of(
    record_of(required=("customFieldId",), customFieldId=ID, value=ANY),
    "an array of custom field values",
    only=_has_value,
    key="customFieldId",
)
