"""Shared reports: saved filters with a link. They exist only on the reports host."""

from collections.abc import Mapping
from typing import Any

import msgspec

from clockify_sandbox import messages
from clockify_sandbox.answers import Answer
from clockify_sandbox.binding import Body, Query
from clockify_sandbox.call import Call
from clockify_sandbox.entities import shared_report
from clockify_sandbox.errors import ApiError, access_denied, forbidden, invalid
from clockify_sandbox.kinds import MEMBER, SHARED_REPORT, USER_GROUP
from clockify_sandbox.paging import SHARED_REPORTS
from clockify_sandbox.reports.exports import download, is_file
from clockify_sandbox.reports.request import ExportType, Order
from clockify_sandbox.reports.saved import checked, opened
from clockify_sandbox.routing import Routes
from clockify_sandbox.shapes.traces import SharedReport, SharedReportFields
from clockify_sandbox.world import Entity, Record

routes = Routes(host="report", scope="REPORTS")

_TYPES = (
    "DETAILED", "WEEKLY", "SUMMARY", "SCHEDULED", "EXPENSE_DETAILED", "EXPENSE_RECEIPT", "PTO_REQUESTS", "PTO_BALANCE",
    "ATTENDANCE", "INVOICE_EXPENSE", "INVOICE_TIME", "PROJECT", "TEAM_FULL", "TEAM_LIMITED", "TEAM_GROUPS", "INVOICES",
    "KIOSK_PIN_LIST", "KIOSK_ASSIGNEES", "USER_DATA_EXPORT", "ATTENDANCE_DETAILED", "ATTENDANCE_SUMMARY",
    "ASSIGNMENT_LIST", "ASSIGNMENT_SCHEDULE", "APPROVAL_DETAILED", "APPROVAL_SUMMARY", "BALANCE_LIST",
    "INVOICE_AMOUNT_LIST", "INVOICE_DETAILED", "TIMEOFF_DETAILED", "TIMEOFF_HOLIDAY", "TIMEOFF_BALANCE",
    "EXPENSE_SUMMARY",
)  # fmt: skip


class SharedReportQuery(Query, rename="camel"):
    """Whose reports to list."""

    shared_reports_filter: str = "ALL"


class SharedReportChange(Body):
    """The body of an update; missing fields are kept."""

    name: str
    type: str | None = None
    filter: dict[str, Any] | None = None
    is_public: bool | None = None
    fixed_date: bool | None = None
    visible_to_users: list[str] | None = None
    visible_to_user_groups: list[str] | None = None


class OpenQuery(Query, rename="camel"):
    """Changes by the viewer of a saved report."""

    export_type: ExportType | None = None
    date_range_start: str | None = None
    date_range_end: str | None = None
    sort_column: str | None = None
    sort_order: Order | None = None
    page: int | None = None
    page_size: int | None = None


@routes.get("/workspaces/{ws}/shared-reports", paging=SHARED_REPORTS)
def list_shared_reports(call: Call, query: SharedReportQuery) -> Answer:
    """The shared reports that the caller may open."""
    rows = [report for report in call.workspace.shared_reports.values() if _listed(call, report, query)]
    return call.page(
        rows, lambda row: _row(call, row), lambda page: {"reports": page, **call.total("count", rows, page)}
    )


@routes.post("/workspaces/{ws}/shared-reports")
def create_shared_report(call: Call, body: SharedReportChange) -> Entity:
    """Save a report."""
    if body.filter is None:
        raise invalid(messages.FILTERS_MISSING)
    if body.type is None:
        raise invalid(messages.NOT_NULL)
    _check(call, body)
    report = shared_report(
        call.new_id(),
        call.workspace.id,
        call.user_id,
        body.name,
        type=body.type,
        isPublic=bool(body.is_public),
        fixedDate=bool(body.fixed_date),
        filter=checked(body.type, body.filter, _settings(call)),
        visibleToUsers=body.visible_to_users,
        visibleToUserGroups=body.visible_to_user_groups,
    )
    return _written(call.insert(SHARED_REPORT, report))


@routes.put("/workspaces/{ws}/shared-reports/{reportId}")
def update_shared_report(call: Call, body: SharedReportChange) -> Entity:
    """Change fields of a saved report."""
    report = _own(call)
    _check(call, body)
    users, groups = body.visible_to_users, body.visible_to_user_groups
    changes: SharedReportFields = {
        "name": body.name,
        "type": report["type"] if body.type is None else body.type,
        "isPublic": report["isPublic"] if body.is_public is None else body.is_public,
        "fixedDate": report["fixedDate"] if body.fixed_date is None else body.fixed_date,
        "visibleToUsers": report["visibleToUsers"] if users is None else users,
        "visibleToUserGroups": report["visibleToUserGroups"] if groups is None else groups,
    }
    if body.filter is not None:
        kind = body.type or report["type"]
        changes["filter"] = checked(kind, {**report["filter"], **body.filter}, _settings(call))
    return _written(call.of(SHARED_REPORT).update(report, changes))


@routes.delete("/workspaces/{ws}/shared-reports/{reportId}", status=204)
def delete_shared_report(call: Call) -> None:
    """Delete a saved report."""
    call.remove(SHARED_REPORT, _own(call))


@routes.get("/shared-reports/{reportId}")
def open_shared_report(call: Call, query: OpenQuery) -> Answer:
    """Open a saved report, with the permissions of its author."""
    report_id = call.path["reportId"]
    workspace = next((ws for ws in call.world.workspaces.values() if report_id in ws.shared_reports), None)
    if workspace is None:
        raise _gone()
    call.enter(workspace)
    shared = workspace.shared_reports[report_id]
    if call.caller.addon_workspace not in (None, workspace.id):
        raise access_denied()
    if not shared["isPublic"] and not (call.user_id in workspace.members and (call.is_admin or _is_for(call, shared))):
        raise access_denied()
    report, request = opened(call, shared, _wishes(query))
    export_type = query.export_type or "JSON"
    if is_file(export_type):
        return download(report.sheet(), export_type)
    last = {} if report.is_last is None else call.last_page(is_last=report.is_last)
    return Answer.of(200, {**report.body, "filters": _context(call, shared, request.time_zone)}, last)


def _wishes(query: OpenQuery) -> dict[str, Any]:
    wishes: dict[str, Any] = msgspec.to_builtins(query)
    return {key: value for key, value in wishes.items() if value is not None and key != "exportType"}


def _listed(call: Call, report: SharedReport, query: SharedReportQuery) -> bool:
    wanted = query.shared_reports_filter
    if wanted == "CREATED_BY_ME":
        return bool(report["userId"] == call.user_id)
    if wanted == "SHARED_WITH_ME":
        return report["userId"] != call.user_id and _is_for(call, report)
    if wanted == "ALL":
        return call.is_admin or _is_for(call, report)
    if wanted == "ALL_ADMIN":
        call.require_admin()
        return True
    raise ApiError(500, 500, messages.REPORT_FAILED)


def _is_for(call: Call, report: SharedReport) -> bool:
    groups = (call.workspace.user_groups.get(group_id) for group_id in report["visibleToUserGroups"] or ())
    return (
        report["isPublic"]
        or report["userId"] == call.user_id
        or call.user_id in (report["visibleToUsers"] or ())
        or any(group and call.user_id in group["userIds"] for group in groups)
    )


def _own(call: Call) -> SharedReport:
    report = call.workspace.shared_reports.get(call.path["reportId"])
    if report is None:
        raise _gone()
    if report["userId"] != call.user_id and not call.is_admin:
        raise forbidden()
    return report


def _check(call: Call, body: SharedReportChange) -> None:
    if not body.name.strip():
        raise invalid(messages.NOT_BLANK)
    if body.type is not None and body.type not in _TYPES:
        raise invalid(messages.TYPE_NOT_ALLOWED(kind=body.type))
    call.require_all(MEMBER, body.visible_to_users or ())
    call.require_all(USER_GROUP, body.visible_to_user_groups or ())


def _gone() -> ApiError:
    return ApiError(404, 404, messages.SHARED_REPORT_GONE)


def _settings(call: Call) -> Entity:
    return {"timeZone": call.zone, **(call.user["settings"] or {})}


def _written(report: SharedReport) -> Entity:
    return {key: value for key, value in report.items() if key != "link"}


def _row(call: Call, report: SharedReport) -> Entity:
    workspace, users = call.workspace, call.world.users
    return {
        "id": report["id"],
        "name": report["name"],
        "type": report["type"],
        "link": report["link"],
        "isPublic": report["isPublic"],
        "fixedDate": report["fixedDate"],
        "reportAuthor": users[report["userId"]]["name"],
        "visibleToUsers": _names(report["visibleToUsers"], users),
        "visibleToUserGroups": _names(report["visibleToUserGroups"], workspace.user_groups),
    }


def _names(ids: list[str] | None, table: Mapping[str, Record]) -> list[Entity] | None:
    if ids is None:
        return None
    return [{"id": entity_id, "name": table[entity_id]["name"]} for entity_id in ids if entity_id in table]


def _context(call: Call, report: SharedReport, zone: str | None) -> Entity:
    """The saved report in the response of an opened one, with its viewer."""
    workspace = call.workspace
    return {
        **report,
        **report["filter"],
        "workspace": {"id": workspace.id, "name": workspace.record["name"], "imageUrl": workspace.record["imageUrl"]},
        "subscriptionPlan": workspace.record["featureSubscriptionType"],
        "isAdminOrOwner": call.user_id in workspace.members and call.is_admin,
        "timezone": zone or call.zone,
        "originalLang": None,
        "notes": None,
        "exportVisibleColumns": [],
    }
