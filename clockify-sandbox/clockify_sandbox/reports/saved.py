"""Saved filters: what a shared report stores, and the report when it is opened."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from clockify_sandbox import messages
from clockify_sandbox.binding import decode_body
from clockify_sandbox.errors import invalid
from clockify_sandbox.reports.attendance import attendance
from clockify_sandbox.reports.detailed import detailed
from clockify_sandbox.reports.expenses import expenses_detailed
from clockify_sandbox.reports.exports import Sheet
from clockify_sandbox.reports.inquiry import Inquiry, Report
from clockify_sandbox.reports.lines import lines_of, totals
from clockify_sandbox.reports.request import ReportRequest
from clockify_sandbox.reports.span import Span
from clockify_sandbox.reports.summary import summary
from clockify_sandbox.reports.weekly import weekly

if TYPE_CHECKING:
    from collections.abc import Callable

    from clockify_sandbox.call import Call
    from clockify_sandbox.shapes.traces import SharedReport
    from clockify_sandbox.world import Entity

_MAKERS: dict[str, Callable[[Inquiry], Report]] = {
    "SUMMARY": summary,
    "DETAILED": detailed,
    "WEEKLY": weekly,
    "ATTENDANCE": attendance,
    "EXPENSE_DETAILED": expenses_detailed,
    "EXPENSE_RECEIPT": expenses_detailed,
}
_WEEKLY_KEYS = ("totals", "totalsByDay", "groupOne")
_NEEDED = {
    "SUMMARY": ("summaryFilter", messages.SUMMARY_FILTER_MISSING),
    "DETAILED": ("detailedFilter", messages.DETAILED_FILTER_MISSING),
    "WEEKLY": ("weeklyFilter", messages.WEEKLY_FILTER_MISSING),
}
_NESTED = {"SUMMARY": "summaryFilter", "DETAILED": "detailedFilter", "ATTENDANCE": "attendanceFilter"}
_UNSAID: Entity = {
    "dateRangeType": None,
    "exportType": "JSON",
    "users": None,
    "userGroups": None,
    "clients": None,
    "projects": None,
    "currency": None,
    "tasks": None,
    "tags": None,
    "billable": None,
    "archived": None,
    "description": None,
    "withoutDescription": False,
    "summaryFilter": None,
    "detailedFilter": None,
    "weeklyFilter": None,
    "attendanceFilter": None,
    "sortOrder": "DESCENDING",
    "zoomLevel": "WEEK",
    "rounding": False,
    "amounts": [],
    "amountShown": "EARNED",
    "customFields": None,
    "approvalState": "ALL",
    "invoicingState": "ALL",
    "userLocale": None,
}
_UNSAID_CHART = {"sortColumn": "GROUP", "summaryChartType": "BILLABILITY"}


def checked(kind: str, wanted: dict[str, Any], settings: Entity) -> Entity:
    """The stored form of a filter: all possible fields, with nulls and defaults for missing ones.

    Args:
        kind: the type of the shared report.
        wanted: the filter in the request.
        settings: the settings of the account, for zone and formats.

    Raises:
        ApiError: 400 if the body lacks a required field.
    """
    for name in ("dateRangeStart", "dateRangeEnd"):
        if not wanted.get(name):
            raise invalid(messages.FIELD_MISSING(name=name))
    needed = _NEEDED.get(kind)
    if needed and wanted.get(needed[0]) is None:
        raise invalid(needed[1])
    decode_body(ReportRequest, msgspec.json.encode(wanted))
    ours = {key: settings.get(key) for key in ("timeZone", "timeFormat", "dateFormat", "weekStart")}
    kept = {**_UNSAID, **ours, **{key: value for key, value in wanted.items() if value is not None}}
    if kept["summaryFilter"]:
        kept["summaryFilter"] = {**_UNSAID_CHART, **kept["summaryFilter"]}
    return kept


def opened(call: Call, shared: SharedReport, changes: dict[str, Any]) -> tuple[Report, ReportRequest]:
    """The report of a saved filter, with the author's permissions.

    Args:
        call: the call, in the workspace of the report.
        shared: the shared report.
        changes: changes by the viewer: keys of the filter, and `page`, `pageSize`, `sortColumn`.
    """
    kind = shared["type"]
    request = decode_body(ReportRequest, msgspec.json.encode(_applied(kind, shared["filter"], changes)))
    rolling = not shared["fixedDate"] and "dateRangeStart" not in changes
    inquiry = Inquiry.by(call, request, shared["userId"], rolling=rolling)
    inquiry = replace(inquiry, span=_settled(kind, inquiry.span))
    report = _MAKERS.get(kind, _sums_only)(inquiry)
    if kind == "WEEKLY":
        report = replace(report, body={key: report.body[key] for key in _WEEKLY_KEYS})
    if kind == "SUMMARY":
        window = inquiry.window(request.page, request.page_size)
        groups = report.body["groupOne"]
        page = {**report.body, "groupOne": window.cut(groups)}
        report = replace(report, body=page, is_last=window.is_last(len(groups)))
    return report, request


def _sums_only(inquiry: Inquiry) -> Report:
    """The sums of the selected entries, for kinds of reports that this host does not make."""
    rows = totals(lines_of(inquiry), inquiry.amounts)
    row = rows[0] or {}
    keys = ("totalTime", "totalBillableTime", "entriesCount", "totalAmount")
    return Report({"totals": rows}, lambda: Sheet(inquiry.title("Time"), keys, [tuple(row.get(key) for key in keys)]))


def _applied(kind: str, kept: Entity, changes: dict[str, Any]) -> Entity:
    """A stored filter with the viewer's changes, in the place where this kind of report expects them."""
    paging = {key: value for key, value in changes.items() if key in ("page", "pageSize")}
    column = {"sortColumn": changes["sortColumn"]} if "sortColumn" in changes else {}
    rest = {key: value for key, value in changes.items() if key not in ("page", "pageSize", "sortColumn")}
    if kind in _NESTED:
        inside, outside = (column, paging) if kind == "SUMMARY" else ({**paging, **column}, {})
        return {**kept, **rest, **outside, _NESTED[kind]: {**(kept[_NESTED[kind]] or {}), **inside}}
    return {**kept, **rest, **paging, **column}


def _settled(kind: str, span: Span) -> Span:
    """A span that fits the kind of report: whole days for attendance, the last week for the weekly report."""
    if kind not in ("WEEKLY", "ATTENDANCE"):
        return span
    last = span.days[-1]
    first = last - timedelta(6) if kind == "WEEKLY" else span.days[0]
    return Span(span.zone, datetime.combine(first, time(0)), datetime.combine(last, time(23, 59, 59, 999_000)))
