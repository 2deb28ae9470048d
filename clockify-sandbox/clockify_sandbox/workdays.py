"""The working days of people: working week, holidays and time off."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from clockify_sandbox.people import applies_to
from clockify_sandbox.workspaces import WEEK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clockify_sandbox.shapes.absence import Holiday
    from clockify_sandbox.world import Workspace

_DAY = timedelta(days=1)
_LEAP_DAY = (2, 29)


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from the first to the last."""
    for number in range((last - first).days + 1):
        yield first + number * _DAY


def midnight(day: date, zone: str) -> int:
    """The second at which a day begins in a zone."""
    return int(datetime.combine(day, time(), ZoneInfo(zone)).timestamp())


def span_of(first: date, last: date, zone: str) -> tuple[int, int]:
    """The first and the last second of some days in a zone."""
    return midnight(first, zone), midnight(last + _DAY, zone) - 1


def is_working_day(workspace: Workspace, user_id: str, day: date) -> bool:
    """Whether the day is in the member's working week."""
    return WEEK[day.weekday()] in workspace.members[user_id]["profile"]["workingDays"]


def occurs_in(holiday: Holiday, first: date, last: date) -> bool:
    """Whether a holiday, in any of its years, is in a period."""
    return any(begin <= last and end >= first for begin, end in _occurrences(holiday, first, last))


def holidays_of(workspace: Workspace, user_id: str, first: date, last: date) -> set[date]:
    """The holidays of a member in a period."""
    return {
        day
        for holiday in workspace.holidays.values()
        if applies_to(workspace, holiday, user_id)
        for begin, end in _occurrences(holiday, first, last)
        for day in days_between(max(begin, first), min(end, last))
    }


def time_off_of(workspace: Workspace, user_id: str, first: date, last: date, zone: str) -> set[date]:
    """The days of a period with all-day time off of a member."""
    away: set[date] = set()
    for request in workspace.time_off_requests.values():
        whole = request["timeUnit"] == "DAYS" and not request["timeOffPeriod"]["halfDay"]
        if request["userId"] == user_id and whole and request["status"]["statusType"] == "APPROVED":
            period = request["timeOffPeriod"]["period"]
            begin, end = (local_date(period[name], zone) for name in ("start", "end"))
            away.update(days_between(max(begin, first), min(end, last)))
    return away


def local_date(text: str, zone: str) -> date:
    """The day of a timestamp in a zone."""
    return datetime.fromisoformat(text).astimezone(ZoneInfo(zone)).date()


def _occurrences(holiday: Holiday, first: date, last: date) -> Iterator[tuple[date, date]]:
    begin, end = (date.fromisoformat(holiday["datePeriod"][name]) for name in ("startDate", "endDate"))
    if not holiday["occursAnnually"]:
        yield begin, end
        return
    for year in range(max(begin.year, first.year - 1), last.year + 1):
        moved = date(year, 2, 28) if (begin.month, begin.day) == _LEAP_DAY else begin.replace(year=year)
        yield moved, moved + (end - begin)
