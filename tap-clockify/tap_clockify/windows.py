"""Time windows: the settings that limit them, and the division of a window into parts for the requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import isodate
from singer_sdk import typing as th

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Window = tuple[datetime, datetime]

FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
"""The default start of a window that needs a start."""

FURTHEST_OFFSET = timedelta(hours=14)
"""The largest UTC offset of any time zone."""

_YEARS = (1970, 2100)  # a date outside these years is probably a typing error
_RELATIVE = (
    "A date, a point in time, or an ISO 8601 duration that counts from the beginning of today in UTC, such as `-P90D`."
)

SETTINGS = (
    th.Property(
        "start_date",
        th.StringType,
        title="Start date",
        description="Read time entries that start at or after this point in time, and schedule, reports and logs from "
        f"then on. {_RELATIVE} Default: all time entries, everything else from 2024-01-01T00:00:00Z.",
    ),
    th.Property(
        "end_date",
        th.StringType,
        title="End date",
        description="Do not read anything that starts at or after this point in time; later time entries are then "
        "left out. Default: now.",
    ),
    th.Property(
        "schedule_start_date",
        th.StringType,
        title="Start of the schedule",
        description="Start of the window of assignments, their totals and capacity. Default: `start_date`.",
    ),
    th.Property(
        "schedule_end_date",
        th.StringType,
        title="End of the schedule",
        description="End of the window of assignments, their totals and capacity; `P6M` reads half a year ahead. "
        "Default: `end_date`.",
    ),
    th.Property(
        "report_start_date",
        th.StringType,
        title="Start of reports and logs",
        description="Start of the window of reports, the audit log and the entity feeds; it does not affect time "
        "entries. Default: `start_date`.",
    ),
    th.Property(
        "report_time_zone",
        th.StringType,
        title="Time zone of the reports",
        description="IANA name of the zone in which reports divide time into days, such as Europe/Berlin. "
        "Default: the zone of the key's owner, as people see the reports in Clockify.",
    ),
    th.Property(
        "report_rounding",
        th.BooleanType,
        default=False,
        title="Rounding in reports",
        description="Let Clockify round durations in reports as the settings of the workspace say.",
    ),
)
"""The settings of the tap for windows and reports."""


def moment_of(config: Mapping[str, Any], setting: str, now: datetime) -> datetime | None:
    """Return the point in time of a setting, an aware datetime; None if it is not set.

    Args:
        config: The settings.
        setting: Name of the setting.
        now: The moment the run began; durations count from the beginning of its day in UTC.

    Raises:
        ValueError: It is neither a moment nor a duration, or too far away; the message names the setting.
    """
    text = config.get(setting)
    if not text:
        return None
    try:
        moment = _relative(text, now) if "P" in text.upper() else datetime.fromisoformat(text)
    except (ValueError, OverflowError, isodate.ISO8601Error):
        msg = f"{setting} must be a moment such as 2026-01-31T00:00:00Z or a duration such as -P90D"
        raise ValueError(msg) from None
    if not _YEARS[0] <= moment.year <= _YEARS[1]:
        msg = f"{setting} ({text}) must lie in the years {_YEARS[0]} to {_YEARS[1]}"
        raise ValueError(msg)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def whole_weeks(window: Window) -> Iterator[tuple[datetime, datetime]]:
    """Yield the first and the last day of every week, Monday to Sunday, that a window touches."""
    start, end = window
    day = _midnight(start)
    day -= timedelta(days=day.weekday())
    while day < end:
        yield day, day + timedelta(days=6)
        day += timedelta(days=7)


def whole_months(window: Window) -> Iterator[tuple[datetime, datetime]]:
    """Yield the first and the last day of every calendar month that a window touches.

    Months are whole so that the rows of a report have the same keys in every run, however its window moves.
    """
    start, end = window
    day = _midnight(start).replace(day=1)
    while day < end:
        following = (day + timedelta(days=32)).replace(day=1)
        yield day, following - timedelta(days=1)
        day = following


def spans(window: Window, *, days: int) -> Iterator[Window]:
    """Yield a window in parts with a maximum number of days, each starting at the end of the previous one."""
    start, end = window
    while start < end:
        after = min(start + timedelta(days=days), end)
        yield start, after
        start = after


def _relative(text: str, now: datetime) -> datetime:
    moment: datetime = _midnight(now) + isodate.parse_duration(text.upper())
    return moment


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
