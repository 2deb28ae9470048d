"""Who tracked how much time according to the reports: a second source beside the lists of users and time entries.

Time entries of people who were removed stay in the workspace and in its reports, but no list of users has such people
any more. The summary report by user names everybody who tracked time.
"""

from __future__ import annotations

from collections import Counter
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
from clockify_client.rows import UNLIKE, is_identity

from tap_clockify.windows import spans

if TYPE_CHECKING:
    from clockify_client import Client, Endpoint

    from tap_clockify.settings import Scope
    from tap_clockify.windows import Window

_YEAR = timedelta(days=365)
_DAYS = 365, 30  # the longest ranges that the reports of a paid plan and of a free one are said to take
_OBJECT_ID_TIME = 8  # hexadecimal digits of a Clockify id that tell the second in which it was made
_REFUSED = (GoneError, InvalidRequestError, NotPermittedError, UnknownWorkspaceError)


def window_of(workspace: str, scope: Scope) -> Window:
    """Return the window in which the reports of a workspace are asked about time entries.

    It lasts from a year before the workspace was created to a year ahead, within the window of time entries where the
    settings give one.
    """
    first, last = _created(workspace) - _YEAR, scope.now + _YEAR
    return max(first, scope.start or first), min(last, scope.past_end or last)


def seconds_by_user(client: Client, workspace: str, window: Window, user: str = "") -> dict[str, int] | None:
    """Return the seconds that each user tracked in a window, by their id; None if the reports may not be read.

    Entries count where they start; running ones are not in the reports. The report is requested by the year, by thirty
    days where a range of a year is refused.

    Args:
        client: The connection to Clockify.
        workspace: Id of the workspace.
        window: Start and end, aware datetimes.
        user: Id of the only user to ask about; empty for all.

    Raises:
        ClockifyError: The reports fail for another reason than that they may not be read.
    """
    endpoint = endpoints.REPORT_SUMMARY_OF_USER if user else endpoints.REPORT_SUMMARY
    rows = _reported(client, endpoint, workspace, window, user)
    if rows is None:
        return None
    seconds: Counter[str] = Counter()
    for row in rows:
        user_id, duration = row.get("_id"), row.get("duration")
        if not is_identity(user_id) or type(duration) is not int or duration < 0:
            raise MalformedAnswerError(endpoint.call, reason=UNLIKE)
        seconds[str(user_id)] += duration
    return dict(seconds)


def entries_in_reports(client: Client, workspace: str, window: Window, user: str) -> list[dict[str, Any]] | None:
    """Return the time entries of a user from the detailed report, without rates and kiosk; None if it may not be read.

    Raises:
        ClockifyError: The report fails for another reason than that it may not be read.
    """
    rows = _reported(client, endpoints.REPORT_DETAILED_OF_USER, workspace, window, user)
    try:
        return None if rows is None else [_entry(row) for row in rows if row.get("_id")]
    except (AttributeError, KeyError, TypeError) as error:
        raise MalformedAnswerError(endpoints.REPORT_DETAILED.call, reason=UNLIKE) from error


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the detailed report in the shape of a time entry, whose duration is an ISO 8601 text."""
    interval = row.get("timeInterval") or {}
    seconds = interval.get("duration")
    duration = isodate.duration_isoformat(timedelta(seconds=seconds)) if isinstance(seconds, int) else None
    values = row.get("customFields")
    fields = {} if values is None else {"customFieldValues": [{"timeEntryId": row["_id"], **one} for one in values]}
    named = {name: row.get(name) or None for name in ("projectId", "taskId")}
    return {
        "id": row["_id"],
        **{name: row.get(name) for name in ("description", "userId", "billable", "type", "isLocked")},
        **named,
        **fields,
        "tagIds": row.get("tagIds") or [tag.get("_id") or tag.get("id") for tag in row.get("tags") or ()],
        "timeInterval": {"start": interval.get("start"), "end": interval.get("end"), "duration": duration},
    }


def _reported(
    client: Client, endpoint: Endpoint, workspace: str, window: Window, user: str
) -> list[dict[str, Any]] | None:
    for days in _DAYS:
        try:
            return [
                row
                for part in spans(window, days=days)
                for row in client.rows(endpoint, _asked_with(workspace, part, user))
            ]
        except _REFUSED:
            continue
    return None


def _asked_with(workspace: str, part: Window, user: str) -> dict[str, Any]:
    """Return the body of a report request: its range is wall-clock time in the zone sent along, both ends included."""
    start, end = (moment.astimezone(UTC) for moment in part)
    return {
        "workspaceId": workspace,
        "start": f"{start:%Y-%m-%dT%H:%M:%S}.000Z",
        "end": f"{end - timedelta(milliseconds=1):%Y-%m-%dT%H:%M:%S}.999Z",
        "groups": ["USER"],
        "userIds": [user],
        "amountShown": "HIDE_AMOUNT",
        "timeZone": "UTC",
        "rounding": False,
    }


def _created(object_id: str) -> datetime:
    """Return when an object was created, from its id; a date years ago if the id does not say."""
    try:
        return datetime.fromtimestamp(int(object_id[:_OBJECT_ID_TIME], 16), tz=UTC)
    except ValueError:
        return datetime(2017, 1, 1, tzinfo=UTC)
