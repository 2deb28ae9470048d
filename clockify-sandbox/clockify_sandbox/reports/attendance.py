"""The attendance report: one row per user and day with work or time off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from clockify_sandbox import messages
from clockify_sandbox.errors import invalid
from clockify_sandbox.reports.exports import Sheet
from clockify_sandbox.reports.filters import entry_tests, users_of
from clockify_sandbox.reports.inquiry import Report
from clockify_sandbox.reports.lines import entries_of
from clockify_sandbox.reports.span import WEEK, Calendar, zoned
from clockify_sandbox.values import epoch, seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clockify_sandbox.reports.inquiry import Inquiry
    from clockify_sandbox.reports.request import AttendanceFilter, Comparison
    from clockify_sandbox.shapes.people import Member
    from clockify_sandbox.world import Entity, TimeEntry

_HUNDREDTH_OF_HOUR = 36  # seconds
_AWAY = ("TIME_OFF", "HOLIDAY")
_SUMMED = ("capacity", "totalDuration", "break", "timeOff", "overtime", "remainingCapacity", "balance")
_COLUMNS = ("User", "Date", "Start", "End", "Break", "Work", "Capacity", "Overtime", "Time off")


@dataclass
class _Day:
    """The work of a user on a day, in seconds; `first` and `last` are points in time."""

    user_id: str
    day: date
    capacity: int
    work: int = 0
    pause: int = 0
    away: int = 0
    first: int | None = None
    last: int | None = None
    running: bool = False

    @property
    def overtime(self) -> int:
        return max(0, self.work - self.capacity)

    @property
    def remaining(self) -> int:
        return max(0, self.capacity - self.work - self.away)

    def add(self, entry: TimeEntry, now: int) -> None:
        length = (entry.end or now) - entry.start
        self.running |= entry.end is None
        if entry.type in _AWAY:
            self.away += length
            return
        if entry.type == "BREAK":
            self.pause += length
        else:
            self.work += length
        self.first = min(entry.start, self.first or entry.start)
        self.last = max(entry.end or now, self.last or 0)


def attendance(inquiry: Inquiry) -> Report:
    """Days of users; the range must run from the first to the last millisecond of its days."""
    wanted, request = inquiry.request.attendance_filter, inquiry.request
    if wanted is None:
        raise invalid(messages.FILTERS_MISSING)
    if not inquiry.span.is_whole_days:
        raise invalid(messages.ATTENDANCE_BOUNDS)
    window = inquiry.window(wanted.page, wanted.page_size)
    days = [
        day for day in _days(inquiry, with_time_off=wanted.has_time_off is not False) if _fits(inquiry, wanted, day)
    ]
    key = _ORDERS[wanted.sort_column or "USER"]
    names = {day.user_id: (inquiry.user(day.user_id)["name"] or "").lower() for day in days}
    days.sort(
        key=lambda day: (key(day, names), names[day.user_id], day.day), reverse=request.sort_order == "DESCENDING"
    )
    rows = [_row(inquiry, day) for day in window.cut(days)]
    every = [_row(inquiry, day) for day in days]
    body = {
        "totals": {**{key: sum(row[key] for row in every) for key in _SUMMED}, "entriesCount": len(days)},
        "entities": rows,
    }
    return Report(body, lambda: _sheet(inquiry, every))


def _days(inquiry: Inquiry, *, with_time_off: bool) -> Iterator[_Day]:
    tests, now = entry_tests(inquiry), inquiry.now
    day_of = inquiry.calendar.day
    for user_id in users_of(inquiry):
        member = inquiry.workspace.members.get(user_id)
        if member is None:
            continue
        days: dict[date, _Day] = {}
        for entry in entries_of(inquiry, user_id):
            if all(test(entry) for test in tests):
                day = day_of(entry.start)
                days.setdefault(day, _Day(user_id, day, _capacity(member, day))).add(entry, now)
        if with_time_off and inquiry.viewer.sees(user_id, None):
            for day, seconds in _time_off(inquiry, user_id, member):
                row = days.setdefault(day, _Day(user_id, day, _capacity(member, day)))
                row.away = row.away or seconds  # entries that were created from a request are counted already
        if not with_time_off:
            days = {day: row for day, row in days.items() if row.first is not None}
            for row in days.values():
                row.away = 0
        yield from days.values()


def _capacity(member: Member, day: date) -> int:
    profile = member["profile"]
    return seconds_of(profile["workCapacity"]) if WEEK[day.weekday()] in profile["workingDays"] else 0


def _time_off(inquiry: Inquiry, user_id: str, member: Member) -> Iterator[tuple[date, int]]:
    """The working days of the span with approved time off, and its seconds."""
    span, calendar = inquiry.span, Calendar(inquiry.zone_of(user_id))
    for request in inquiry.workspace.time_off_requests.values():
        if request["userId"] != user_id or request["status"]["statusType"] != "APPROVED":
            continue
        period = request["timeOffPeriod"]["period"]
        start, end = (epoch(datetime.fromisoformat(period[key])) for key in ("start", "end"))
        day, last = max(calendar.day(start), span.days[0]), min(calendar.day(end), span.days[-1])
        while day <= last:
            if capacity := _capacity(member, day):
                half = request["timeOffPeriod"]["halfDay"]
                yield day, min(end - start, capacity) if request["timeUnit"] == "HOURS" else capacity // (1 + half)
            day += timedelta(1)


def _fits(inquiry: Inquiry, wanted: AttendanceFilter, day: _Day) -> bool:
    zone = inquiry.span.zone
    hours = (
        (wanted.break_filters, day.pause),
        (wanted.work_filters, day.work),
        (wanted.capacity_filters, day.capacity),
        (wanted.overtime_filters, day.overtime),
    )
    times = ((wanted.start_filters, day.first), (wanted.end_filters, day.last))
    return all(
        _compares(bound, value // _HUNDREDTH_OF_HOUR, _number(bound.value))
        for bounds, value in hours
        for bound in bounds
    ) and all(
        moment is not None and _compares(bound, zoned(moment, zone)[11:16], bound.value)
        for bounds, moment in times
        for bound in bounds
    )


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise invalid(messages.INPUT_STRING(text=text)) from None


def _compares(bound: Comparison, value: Any, limit: Any) -> bool:
    if bound.filtration_type == "EXACTLY":
        return bool(value == limit)
    return bool(value > limit if bound.filtration_type == "LARGER_THAN" else value < limit)


_ORDERS: dict[str, Callable[[_Day, dict[str, str]], Any]] = {
    "USER": lambda day, names: names[day.user_id],
    "DATE": lambda day, _: day.day,
    "START": lambda day, _: day.first or 0,
    "END": lambda day, _: day.last or 0,
    "BREAK": lambda day, _: day.pause,
    "WORK": lambda day, _: day.work,
    "CAPACITY": lambda day, _: day.capacity,
    "OVERTIME": lambda day, _: day.overtime,
    "TIME_OFF": lambda day, _: day.away,
}


def _row(inquiry: Inquiry, day: _Day) -> Entity:
    zone = inquiry.span.zone
    name = inquiry.user(day.user_id)["name"]
    return {
        "userId": day.user_id,
        "userName": name,
        "name": name,
        "date": day.day.isoformat(),
        "zonedStart": None if day.first is None else zoned(day.first, zone),
        "zonedEnd": None if day.last is None else zoned(day.last, zone),
        "break": day.pause,
        "totalDuration": day.work,
        "capacity": day.capacity,
        "overtime": day.overtime,
        "remainingCapacity": day.remaining,
        "timeOff": day.away,
        "balance": day.work + day.away - day.capacity,
        "hasRunningEntry": day.running,
    }


def _sheet(inquiry: Inquiry, rows: list[Entity]) -> Sheet:
    keys = ("userName", "date", "zonedStart", "zonedEnd", "break", "totalDuration", "capacity", "overtime", "timeOff")
    return Sheet(inquiry.title("Attendance"), _COLUMNS, [tuple(row[key] for key in keys) for row in rows])
