"""Who tracked time, by another witness than the list of users: entries outlive the membership of their people.

Time entries of people who were removed stay in the workspace and in its reports, but such people are in no list of
users any more (clockify-api.md 8.1, E1). The summary report by user names everybody who tracked time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import isodate
from clockify_client import (
    GoneError,
    InvalidRequestError,
    MalformedAnswerError,
    NotPermittedError,
    UnknownWorkspaceError,
    endpoints,
)
from clockify_client.rows import UNLIKE

from tap_clockify.windows import whole_months

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clockify_client import Client, Endpoint

    from tap_clockify.windows import Window

_YEAR = timedelta(days=365)  # the longest range that every plan's reports are said to take
_OBJECT_ID_TIME = 8  # hexadecimal digits of a Clockify id that tell the second in which it was made
_REFUSED = (GoneError, InvalidRequestError, NotPermittedError, UnknownWorkspaceError)


def people_with_time(client: Client, workspace: str, now: datetime) -> set[str] | None:
    """Return the ids of all users who ever tracked time in a workspace; None where its reports may not be read.

    The report is requested by the year, from the creation of the workspace to a year ahead; by the month where a range
    of a year is refused.

    Raises:
        ClockifyError: The reports fail for another reason than that they may not be read.
    """
    rows = _reported(client, endpoints.REPORT_SUMMARY, workspace, now)
    return None if rows is None else {str(row["_id"]) for row in rows if row.get("_id")}


def entries_in_reports(client: Client, workspace: str, user: str, now: datetime) -> list[dict[str, Any]] | None:
    """Return the time entries of a user as far as the detailed report tells them; None where it may not be read.

    Rates, values of custom fields and the kiosk are not in it.

    Raises:
        ClockifyError: The report fails for another reason than that it may not be read.
    """
    rows = _reported(client, endpoints.REPORT_DETAILED_OF_USER, workspace, now, user=user)
    try:
        return None if rows is None else [_entry(row) for row in rows if row.get("_id")]
    except (AttributeError, KeyError, TypeError) as error:
        raise MalformedAnswerError(endpoints.REPORT_DETAILED.call, reason=UNLIKE) from error


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the detailed report in the shape of a time entry, whose duration is an ISO 8601 text."""
    interval = row.get("timeInterval") or {}
    seconds = interval.get("duration")
    duration = isodate.duration_isoformat(timedelta(seconds=seconds)) if isinstance(seconds, int) else None
    named = {name: row.get(name) or None for name in ("projectId", "taskId")}
    return {
        "id": row["_id"],
        **{name: row.get(name) for name in ("description", "userId", "billable", "type", "isLocked")},
        **named,
        "tagIds": row.get("tagIds") or [tag.get("_id") or tag.get("id") for tag in row.get("tags") or ()],
        "timeInterval": {"start": interval.get("start"), "end": interval.get("end"), "duration": duration},
    }


def _reported(
    client: Client, endpoint: Endpoint, workspace: str, now: datetime, *, user: str = ""
) -> list[dict[str, Any]] | None:
    window = _created(workspace) - _YEAR, now + _YEAR
    for parts in (_years(window), whole_months(window)):
        try:
            return [row for part in parts for row in client.rows(endpoint, _asked_with(workspace, part, user))]
        except _REFUSED:
            continue
    return None


def _asked_with(workspace: str, part: Window, user: str) -> dict[str, Any]:
    start, end = part
    return {
        "workspaceId": workspace,
        "start": f"{start:%Y-%m-%d}T00:00:00.000Z",
        "end": f"{end:%Y-%m-%d}T23:59:59.999Z",
        "groups": ["USER"],
        "userIds": [user],
        "amountShown": "HIDE_AMOUNT",
        "timeZone": "UTC",
        "rounding": False,
    }


def _years(window: Window) -> Iterator[Window]:
    day, end = window
    while day < end:
        yield day, day + _YEAR - timedelta(days=1)
        day += _YEAR


def _created(object_id: str) -> datetime:
    """Return when an object was made, by its id; years ago where the id does not tell."""
    try:
        return datetime.fromtimestamp(int(object_id[:_OBJECT_ID_TIME], 16), tz=UTC)
    except ValueError:
        return datetime(2017, 1, 1, tzinfo=UTC)
