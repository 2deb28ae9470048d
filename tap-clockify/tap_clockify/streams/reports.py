"""Reports, read in whole calendar months or weeks, and the shared reports that people saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clockify_client import endpoints

from tap_clockify import shapes
from tap_clockify.declaration import Source, StreamDeclaration
from tap_clockify.streams.people import WORKSPACES, in_workspace, per_workspace
from tap_clockify.windows import whole_months, whole_weeks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from clockify_client import Endpoint, Ids

    from tap_clockify.declaration import Children, Parent
    from tap_clockify.settings import Scope
    from tap_clockify.windows import Window


def _asked_with(scope: Scope) -> dict[str, Any]:
    return {
        "groups": scope.config["report_groups"],
        "weeklyGroup": scope.config["report_weekly_group"],
        "amountShown": scope.config["report_amount_shown"],
        "timeZone": scope.config.get("report_time_zone"),
        "rounding": scope.config["report_rounding"],
    }


def _in_periods(periods: Callable[[Window], Iterable[Window]]) -> Children:
    """Return a function that makes one child per workspace and calendar period, which is in wall-clock time."""

    def children(rows: list[Parent], ids: Ids, scope: Scope) -> Iterator[Ids]:
        for workspace in in_workspace(rows, ids, scope):
            for first, last in periods(scope.report_window):
                span = {"start": f"{first:%Y-%m-%d}T00:00:00.000Z", "end": f"{last:%Y-%m-%d}T23:59:59.999Z"}
                yield {**workspace, **span, **_asked_with(scope)}

    return children


def _monthly(endpoint: Endpoint) -> Source:
    return Source(endpoint, WORKSPACES, _in_periods(whole_months))


def _since(scope: Scope) -> datetime:
    return scope.report_window[0]


def _narrowed(scope: Scope) -> list[str]:
    return scope.reports_narrowed_by()


SHARED_REPORTS = per_workspace(endpoints.SHARED_REPORTS)

STREAMS = (
    StreamDeclaration("shared_reports", SHARED_REPORTS),
    StreamDeclaration(
        "shared_report_data",
        Source(endpoints.SHARED_REPORT_DATA, SHARED_REPORTS, shapes.each("sharedReportId", sharedReportName="name")),
        key=("sharedReportId", "page"),
        selected=False,
    ),
    StreamDeclaration(
        "report_detailed",
        _monthly(endpoints.REPORT_DETAILED),
        key=("_id",),
        selected=False,
        narrowed=_narrowed,
        since=_since,
    ),
    StreamDeclaration(
        "report_summary",
        _monthly(endpoints.REPORT_SUMMARY),
        key=("workspaceId", "dateRangeStart", "path"),
        shape=shapes.summary_groups,
        selected=False,
        narrowed=_narrowed,
        since=_since,
    ),
    StreamDeclaration(
        "report_weekly",
        Source(endpoints.REPORT_WEEKLY, WORKSPACES, _in_periods(whole_weeks)),
        key=("workspaceId", "weekStart", "_id"),
        shape=shapes.weekly_groups,
        selected=False,
        narrowed=_narrowed,
        since=_since,
    ),
    StreamDeclaration(
        "report_attendance",
        _monthly(endpoints.REPORT_ATTENDANCE),
        key=("workspaceId", "userId", "date"),
        selected=False,
        narrowed=_narrowed,
        since=_since,
    ),
    StreamDeclaration(
        "report_expenses_detailed",
        _monthly(endpoints.REPORT_EXPENSES_DETAILED),
        selected=False,
        narrowed=_narrowed,
        since=_since,
    ),
)
