"""Time spans of reports: wall-clock times in a time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from clockify_sandbox import messages
from clockify_sandbox.errors import invalid
from clockify_sandbox.values import CALENDAR, timestamp

if TYPE_CHECKING:
    from clockify_sandbox.reports.request import ReportRequest

WEEK = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_LAST_MOMENT = time(23, 59, 59, 999_000)
_QUARTER = 900  # seconds; every zone of today is a number of quarters of an hour from UTC


@dataclass(frozen=True)
class Span:
    """A span from the first to the last point in time, both included, as local times of `zone` without offset."""

    zone: str
    first: datetime
    last: datetime

    @property
    def start(self) -> int:
        """The first second, since the epoch."""
        return instant(self.first, self.zone)

    @property
    def end(self) -> int:
        """The last second, since the epoch."""
        return instant(self.last, self.zone)

    @cached_property
    def days(self) -> list[date]:
        """The days of the span; an end of 00:00:00 belongs to the day before."""
        last = self.last - timedelta(microseconds=1) if self.last > self.first else self.last
        return [self.first.date() + timedelta(number) for number in range((last.date() - self.first.date()).days + 1)]

    @property
    def is_whole_days(self) -> bool:
        """Whether it starts at the first and ends at the last millisecond of a day."""
        return self.first.time() == time(0) and self.last.time() == _LAST_MOMENT


class Calendar:
    """Finds the local day of points in time, fast for many of them."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._known: dict[int, date] = {}

    def day(self, seconds: int) -> date:
        """The local day of a point in time."""
        quarter = seconds // _QUARTER
        day = self._known.get(quarter)
        if day is None:
            day = self._known[quarter] = datetime.fromtimestamp(seconds, self._zone).date()
        return day


def asked_for(request: ReportRequest, account_zone: str, now: datetime, *, rolling: bool = False) -> Span:
    """The span of a request.

    Args:
        request: the request.
        account_zone: the zone of the account, used if the request names none.
        now: the current time.
        rolling: whether a relative range (LAST_MONTH ...) counts from now, as in a saved filter without fixed dates;
            otherwise the dates of the request are used.

    Raises:
        ApiError: 400/501 for an unknown zone, an invalid date, or a start after the end.
    """
    zone = request.time_zone or account_zone
    try:
        here = now.astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):  # unknown, or not the form of a name
        raise invalid(messages.ZONE_UNKNOWN(zone=zone)) from None
    if rolling and request.date_range_type not in (None, "ABSOLUTE"):
        first, after = _relative(request.date_range_type or "", here.date(), request.week_start or "MONDAY")
        return Span(zone, datetime.combine(first, time(0)), datetime.combine(after - timedelta(1), _LAST_MOMENT))
    span = Span(zone, _moment(request.date_range_start), _moment(request.date_range_end))
    if span.first > span.last:
        raise invalid(messages.START_AFTER_END(start=request.date_range_start, end=request.date_range_end))
    return span


def week_of(day: date, week_start: str) -> date:
    """The first day of the week of a day."""
    return day - timedelta((day.weekday() - WEEK.index(week_start)) % 7)


def instant(wall_clock: datetime, zone: str) -> int:
    """A wall-clock time in a zone as seconds since the epoch."""
    return int(wall_clock.replace(microsecond=0, tzinfo=ZoneInfo(zone)).timestamp())


def zoned(seconds: int, zone: str) -> str:
    """A point in time in ISO notation with the offset of a zone; "Z" in UTC."""
    if zone == "UTC":
        return timestamp(seconds)
    text = datetime.fromtimestamp(seconds, ZoneInfo(zone)).isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def _moment(text: str) -> datetime:
    unreadable = invalid(messages.TEXT_UNREADABLE(text=text))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise unreadable from None
    if "T" not in text or moment.year not in CALENDAR:  # a plain date, or a date at the limits of the calendar
        raise unreadable
    return (moment.astimezone(UTC) if moment.tzinfo else moment).replace(tzinfo=None)


def _relative(kind: str, today: date, week_start: str) -> tuple[date, date]:
    """The first day of a relative range, and the first day after the range."""
    monday, week = week_of(today, week_start), timedelta(7)
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    ranges = {
        "TODAY": (today, today + timedelta(1)),
        "YESTERDAY": (today - timedelta(1), today),
        "THIS_WEEK": (monday, monday + week),
        "LAST_WEEK": (monday - week, monday),
        "PAST_TWO_WEEKS": (monday - 2 * week, monday),
        "THIS_MONTH": (month, (month + timedelta(31)).replace(day=1)),
        "LAST_MONTH": ((month - timedelta(1)).replace(day=1), month),
        "THIS_YEAR": (year, year.replace(year=year.year + 1)),
        "LAST_YEAR": (year.replace(year=year.year - 1), year),
    }
    return ranges[kind]
