"""Parses dates, times of day and durations in the formats of other programs. Nothing is guessed.

`05/10/2026` is a day in May or October: the whole file decides, if one of its dates is possible in only one order. All
functions convert text to values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from target_clockify.understand.separators import AMBIGUOUS_POINT, may_have_thousands
from target_clockify.understand.units import Unit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

DAY_FIRST, MONTH_FIRST = "day first", "month first"
ORDERS = frozenset((DAY_FIRST, MONTH_FIRST))
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            *(("jan", "january"), ("feb", "february"), ("mar", "march"), ("apr", "april"), ("may",)),
            *(("jun", "june"), ("jul", "july"), ("aug", "august"), ("sep", "sept", "september")),
            *(("oct", "october"), ("nov", "november"), ("dec", "december")),
        ),
        1,
    )
    for name in names
}
_SPACE = r"[\s\u00a0\u202f]"
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?!\d)")
_DAY_MONTH = re.compile(rf"(\d{{1,2}})[-{_SPACE[1:-1]}.]+([A-Za-z]{{3,9}})[-{_SPACE[1:-1]}.,]+(\d{{4}})(?!\d)")
_MONTH_DAY = re.compile(rf"([A-Za-z]{{3,9}})\.?{_SPACE}+(\d{{1,2}}),?{_SPACE}+(\d{{4}})(?!\d)")
_TIME = re.compile(
    rf"(\d{{1,2}})(?::([0-5]\d)(?::([0-5]\d)(?:\.0+)?)?)?{_SPACE}*(?:([ap])\.?{_SPACE}?m\.?)?", re.IGNORECASE
)
_OFFSET = re.compile(r"Z|[+-]\d\d:?\d\d", re.IGNORECASE)
_BETWEEN = re.compile(rf"(?:T|,?{_SPACE}+)", re.IGNORECASE)
_LAST_HOUR_OF_HALF, _HALF_DAY, _HOURS = 12, 12, 24


@dataclass
class DateOrder:
    """Finds which orders of day and month are possible for all dates of a file.

    Attributes:
        possible: The orders in which every date so far exists.
        matters: Whether some date means different days in the two orders.
    """

    possible: frozenset[str] = ORDERS
    matters: bool = False

    def note(self, text: str) -> None:
        """Take the date at the beginning of a text into account, if it has its year last and its month as a number."""
        if match := _YEAR_LAST.match(text.strip()):
            one, other, year = (int(match[group]) for group in (1, 3, 4))
            orders = {DAY_FIRST: (other, one), MONTH_FIRST: (one, other)}
            here = {order for order, (month, day) in orders.items() if _date(year, month, day)}
            if here:  # otherwise it is not a date in either order, which shows nothing about the others
                self.possible &= here
                self.matters |= one != other

    @property
    def problem(self) -> str:
        """Why the dates cannot be read; empty if they can."""
        if not self.possible:
            return "some dates of the file exist only day first, others only month first"
        if len(self.possible) > 1 and self.matters:
            return "every date of the file exists both day first and month first"
        return ""

    @property
    def order(self) -> str:
        """The order of day and month if there is no problem; either one if both give the same days."""
        return min(self.possible, default=DAY_FIRST)


def order_of_format(form: str) -> str:
    """Return the order of day and month that a format has, empty if it has none."""
    day, month = form.find("%d"), form.find("%m")
    if min(day, month) < 0:
        return ""
    return DAY_FIRST if day < month else MONTH_FIRST


@dataclass(frozen=True)
class Moment:
    """The parts of a point in time in a text: a date, a time of day, an offset."""

    day: date | None = None
    clock: time | None = None
    offset: timedelta | None = None

    def joined(self, other: Moment) -> Moment:
        """Return the parts of both together.

        Raises:
            ValueError: Both have the same part.
        """
        for name in ("day", "clock"):
            if getattr(self, name) is not None and getattr(other, name) is not None:
                said = "date" if name == "day" else "time of day"
                msg = f"has more than one {said}"
                raise ValueError(msg)
        return Moment(self.day or other.day, self.clock or other.clock, self.offset or other.offset)

    def instants(self, zone: ZoneInfo) -> list[datetime]:
        """Return the points in time of a date and a time of day in a zone: none, one or two."""
        assert self.day is not None  # noqa: S101 - who asks has both
        assert self.clock is not None  # noqa: S101
        local = datetime.combine(self.day, self.clock)
        if self.offset is not None:
            return [(local - self.offset).replace(tzinfo=UTC)]
        both = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
        return sorted(one for one in both if one.astimezone(zone).replace(tzinfo=None) == local)


def parsed(text: str, order: str, form: str = "") -> Moment:
    """Return the parts of a point in time in a text.

    Args:
        text: The text.
        order: The order of day and month where both are numbers and the year comes last.
        form: The format as Python's strptime reads it, where one is known.

    Raises:
        ValueError: It is not a date or time; the message follows the name of its column.
    """
    text = text.strip()
    if form:
        return _by_format(text, form)
    day, rest = _leading_date(text, order)
    if day is not None and rest:
        between = _BETWEEN.match(rest)
        rest = rest[between.end() :] if between else "?"
        if not rest:
            return Moment(day)
    if day is not None and not rest:
        return Moment(day)
    clock, rest = _leading_time(rest if day else text)
    offset = None
    if rest and _OFFSET.fullmatch(rest.strip()):
        offset = _offset(rest.strip())
    elif rest.strip():
        clock = None
    if clock is None:
        msg = "is no known form of a date or time: give its format in `formats`"
        raise ValueError(msg)
    return Moment(day, clock, offset)


def _by_format(text: str, form: str) -> Moment:
    try:
        found = datetime.strptime(text, form)  # noqa: DTZ007 - an offset is taken from it
    except ValueError:
        msg = f"is not in the format {form}"
        raise ValueError(msg) from None
    has_day = any(f"%{one}" in form for one in "djcxDFAaeUW")
    has_clock = any(f"%{one}" in form for one in "HIcXTRkl")
    return Moment(found.date() if has_day else None, found.time() if has_clock else None, found.utcoffset())


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _leading_date(text: str, order: str) -> tuple[date | None, str]:
    """Return the date at the beginning of a text, and the rest; None and the text if there is no date."""
    if match := _YEAR_FIRST.match(text):
        found = _date(int(match[1]), int(match[3]), int(match[4]))
    elif match := _YEAR_LAST.match(text):
        one, other = int(match[1]), int(match[3])
        month, day = (other, one) if order == DAY_FIRST else (one, other)
        found = _date(int(match[4]), month, day)
    elif match := _DAY_MONTH.match(text):
        found = _date(int(match[3]), _MONTHS.get(match[2].lower(), 0), int(match[1]))
    elif match := _MONTH_DAY.match(text):
        found = _date(int(match[3]), _MONTHS.get(match[1].lower(), 0), int(match[2]))
    else:
        return None, text
    if found is None:
        msg = "names a day that does not exist"
        raise ValueError(msg)
    return found, text[match.end() :]


def _leading_time(text: str) -> tuple[time | None, str]:
    match = _TIME.match(text)
    if match is None:
        return None, text
    hour, minute, second = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    half = (match[4] or "").lower()
    if not half and match[2] is None:
        return None, text  # a plain number is not a time of day
    if half and not 1 <= hour <= _LAST_HOUR_OF_HALF:
        msg = "has an hour that a clock of 12 hours does not show"
        raise ValueError(msg)
    if half:
        hour = hour % _HALF_DAY + (_HALF_DAY if half == "p" else 0)
    if hour >= _HOURS:
        msg = "names a time of day that does not exist"
        raise ValueError(msg)
    return time(hour, minute, second), text[match.end() :]


def _offset(text: str) -> timedelta:
    if text.upper() == "Z":
        return timedelta()
    digits = text[1:].replace(":", "")
    found = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -found if text[0] == "-" else found


# -- durations -----------------------------------------------------------------------------

_CLOCK = re.compile(r"(\d+):([0-5]\d)(?::([0-5]\d))?")
_NUMBER = re.compile(r"\d+(?:([.,])(\d+))?")
_ISO = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.IGNORECASE)
_SECONDS = {Unit.HOURS: 3600, Unit.MINUTES: 60, Unit.SECONDS: 1}
_THOUSANDS = 3


@dataclass(frozen=True)
class Span:
    """A duration in a file: a rounded number stands for every duration that rounds to it.

    Attributes:
        seconds: The number, in seconds.
        slack: Half a unit of its last decimal place, in seconds; 0 if it is exact.
    """

    seconds: Decimal
    slack: Decimal = field(default=Decimal(0))

    def agrees(self, seconds: int) -> bool:
        """Return whether this number of seconds rounds to this value."""
        return abs(self.seconds - seconds) <= self.slack

    @property
    def whole(self) -> int | None:
        """The duration in seconds: the number itself, or the only whole number that rounds to it.

        None if several do.
        """
        if self.seconds == self.seconds.to_integral_value():
            return int(self.seconds)
        nearest = int(self.seconds.to_integral_value())
        return nearest if self.agrees(nearest) and self.slack < Decimal("0.5") else None


def span(text: str, unit: Unit | None, *, commas: bool = False) -> Span:
    """Return a duration: `h:mm`, `h:mm:ss`, an ISO 8601 duration, or a number with a unit.

    Args:
        text: The text.
        unit: The unit of numbers.
        commas: Other numbers of the file have a decimal comma.

    Raises:
        ValueError: It is not a duration, or its unit is not known; the message follows the name of its column.
    """
    text = text.strip()
    if match := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return Span(Decimal((hours * 60 + minutes) * 60 + seconds))
    if (match := _ISO.fullmatch(text)) and any(match.groups()):
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return Span(Decimal(((days * 24 + hours) * 60 + minutes) * 60 + seconds))
    match = _NUMBER.fullmatch(text)
    if match is None:
        msg = "is no length of time such as 1:30, 01:30:00 or 1.5"
        raise ValueError(msg)
    if unit is None:
        msg = "is a number and has no unit: set its `units` to hours, minutes or seconds"
        raise ValueError(msg)
    separator, places = match.groups()
    if separator == "," and len(places) == _THOUSANDS:
        msg = "has a comma that may separate thousands or decimal places"
        raise ValueError(msg)
    if commas and may_have_thousands(text):
        raise ValueError(AMBIGUOUS_POINT)
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:  # pragma: no cover - the pattern above allows none
        msg = "is no number"
        raise ValueError(msg) from None
    slack = Decimal(5).scaleb(-len(places) - 1) * _SECONDS[unit] if places else Decimal(0)
    return Span(number * _SECONDS[unit], slack)


# -- intervals -----------------------------------------------------------------------------------


def interval(
    start: Moment, end: Moment | None, length: Span | None, zone: ZoneInfo, columns: Mapping[str, str]
) -> tuple[datetime, datetime]:
    """Return start and end of an interval in UTC.

    If a local time exists twice, it is derived from the two other values, if they leave one possibility.

    Args:
        start: The start.
        end: The end.
        length: The duration; end or duration must be known.
        zone: The time zone of times without an offset.
        columns: Names of the columns for messages, by `start`, `end`, `duration`.

    Raises:
        ValueError: They contradict each other, or leave several possibilities.
    """
    starts = _instants(start, zone, columns["start"])
    if end is None:
        assert length is not None  # noqa: S101 - see above
        whole = whole_seconds(length, columns["duration"])
        found = [(one, one + timedelta(seconds=whole)) for one in starts]
    else:
        ends = _instants(end, zone, columns["end"])
        found = [(one, other) for one in starts for other in ends if one <= other]
        if not found:
            msg = f"{columns['end']} is before {columns['start']}"
            raise ValueError(msg)
        if length is not None:
            found = [pair for pair in found if length.agrees(int((pair[1] - pair[0]).total_seconds()))]
            if not found:
                msg = f"{columns['duration']} is not what lies between {columns['start']} and {columns['end']}"
                raise ValueError(msg)
    if len(found) > 1:
        which = columns["start"] if len(starts) > 1 else columns["end"]
        msg = f"{which} names a time that exists twice in {zone.key}: the clock was put back over it; add its offset"
        raise ValueError(msg)
    return found[0]


def whole_seconds(length: Span, column: str) -> int:
    """Return a duration in seconds.

    Raises:
        ValueError: It is not a whole number of seconds; the message names the column.
    """
    if (whole := length.whole) is None:
        msg = f"{column} is not a whole number of seconds; it is not rounded"
        raise ValueError(msg)
    return whole


def _instants(moment: Moment, zone: ZoneInfo, column: str) -> list[datetime]:
    try:
        found = moment.instants(zone)
    except OverflowError:
        found = []
    if not found:
        msg = f"{column} names a time that does not exist in {zone.key}: the clock was put forward over it"
        raise ValueError(msg)
    return found
