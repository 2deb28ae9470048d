"""The detailed report: one row per time entry."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from clockify_sandbox import messages
from clockify_sandbox.errors import invalid
from clockify_sandbox.reports.exports import Sheet
from clockify_sandbox.reports.inquiry import Report
from clockify_sandbox.reports.lines import Line, lines_of, totals
from clockify_sandbox.reports.span import zoned
from clockify_sandbox.values import created_at, offset, timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from clockify_sandbox.reports.inquiry import Inquiry
    from clockify_sandbox.shapes.work import CustomField
    from clockify_sandbox.world import Entity

_COLUMNS = (
    "Project", "Client", "Description", "Task", "User", "Email", "Tags", "Billable", "Start Date", "Start Time",
    "End Date", "End Time", "Duration (decimal)", "Billable Rate", "Billable Amount", "Currency",
)  # fmt: skip


def detailed(inquiry: Inquiry) -> Report:
    """The requested page of entries, newest first by default."""
    wanted = inquiry.request.detailed_filter
    if wanted is None:
        raise invalid(messages.DETAILED_FILTER_MISSING)
    window = inquiry.window(wanted.page, wanted.page_size)
    lines = list(lines_of(inquiry))
    key, descending = _orders(inquiry)[wanted.sort_column or "DATE"], inquiry.request.sort_order != "ASCENDING"
    lines.sort(key=lambda line: (key(line), line.entry.id), reverse=descending)
    excluded = wanted.options is not None and wanted.options.totals == "EXCLUDE"
    show = row_renderer(inquiry)
    body = {
        "totals": [] if excluded else totals(lines, inquiry.amounts),
        "timeentries": [show(line) for line in window.cut(lines)],
    }
    return Report(body, lambda: _sheet(inquiry, lines), is_last=window.is_last(len(lines)))


def row_renderer(inquiry: Inquiry) -> Callable[[Line], Entity]:
    """Return a function that renders lines; names appear only if there is an object."""
    workspace, amounts, zone = inquiry.workspace, inquiry.amounts, inquiry.span.zone
    fields, tags = workspace.custom_fields, workspace.tags
    leading = amounts[0] if amounts else None

    @cache
    def about_user(user_id: str) -> Entity:
        user = inquiry.user(user_id)
        values = workspace.members.get(user_id, {"customFields": {}})["customFields"]
        return {
            "userId": user_id,
            "userName": user["name"],
            "userEmail": user["email"],
            "userCustomFields": [
                {"customFieldId": field_id, "userId": user_id, "value": value, **_field(fields, field_id)}
                for field_id, value in values.items()
                if field_id in fields
            ],
        }

    @cache
    def about_work(project_id: str | None, task_id: str | None) -> Entity:
        project, client = inquiry.project(project_id), inquiry.client_of(project_id)
        task = workspace.tasks.get(task_id or "")
        shown: Entity = {"projectId": project_id, "taskId": task_id}
        if project:
            shown |= {"projectName": project["name"], "projectColor": project["color"]}
        if client:
            shown |= {"clientId": client["id"], "clientName": client["name"]}
        if task:
            shown["taskName"] = task["name"]
        return shown

    @cache
    def about_approval(approval_id: str | None) -> Entity:
        return _approval(inquiry, approval_id)

    def show(line: Line) -> Entity:
        entry = line.entry
        shown: Entity = {
            "_id": entry.id,
            "description": entry.description,
            "billable": entry.billable,
            "type": entry.type,
            "isLocked": entry.locked,
            "locked": entry.locked,
            "tagIds": entry.tag_ids,
            **about_user(entry.user_id),
            **about_work(entry.project_id, entry.task_id),
            "timeInterval": _interval(line, zone, inquiry.zone_of(entry.user_id)),
            "amount": line.amount(leading) if leading else None,
            "rate": line.rate(leading) if leading else None,
            "earnedAmount": line.earned if leading else None,
            "earnedRate": line.earned_rate if leading else None,
            "costAmount": line.cost if leading and inquiry.viewer.is_admin else None,
            "costRate": line.cost_rate if leading and inquiry.viewer.is_admin else None,
            "currency": line.currency,
            "customFields": [
                {"customFieldId": field_id, "timeEntryId": entry.id, "value": value, **_field(fields, field_id)}
                for field_id, value in entry.custom_fields
                if field_id in fields
            ],
            **about_approval(entry.approval_id),
        }
        if named := [{"_id": tag_id, "name": tags[tag_id]["name"]} for tag_id in entry.tag_ids or () if tag_id in tags]:
            shown["tags"] = named
        if entry.invoice_id:
            shown["invoicingInfo"] = {"manuallyInvoiced": False, "invoiceId": entry.invoice_id}
        return shown

    return show


def _field(fields: dict[str, CustomField], field_id: str) -> Entity:
    return {"name": fields[field_id]["name"], "type": fields[field_id]["type"]}


def _interval(line: Line, zone: str, own_zone: str) -> Entity:
    start, end = line.entry.start, line.entry.end or line.entry.start
    return {
        "start": zoned(start, zone),
        "end": zoned(end, zone),
        "duration": line.seconds,
        "timeZone": own_zone,
        "zonedStart": timestamp(start + offset(start, own_zone))[:-1],
        "zonedEnd": timestamp(end + offset(end, own_zone))[:-1],
        "offStart": offset(start, own_zone),
        "offEnd": offset(end, own_zone),
    }


def _approval(inquiry: Inquiry, approval_id: str | None) -> Entity:
    request = inquiry.workspace.approval_requests.get(approval_id or "")
    submitted = zoned(created_at(request["id"]), inquiry.span.zone) if request else None
    decision = request["status"] if request and request["status"]["state"] == "APPROVED" else None
    moment = decision["updatedAt"] if decision else None
    return {
        "approvalRequestId": request["id"] if request else None,
        "approvalStatus": request["status"]["state"] if request else None,
        "approvalSubmissionDate": submitted[:10] if submitted else None,
        "approvalSubmissionTime": submitted[11:19] if submitted else None,
        "approved_by": inquiry.user(decision["updatedBy"])["name"] if decision and decision["updatedBy"] else None,
        "approvalDate": moment[:10] if moment else None,
        "approvalTime": moment[11:19] if moment else None,
    }


def _orders(inquiry: Inquiry) -> dict[str, Callable[[Line], Any]]:
    @cache
    def name(user_id: str) -> str:
        return (inquiry.user(user_id)["name"] or "").lower()

    return {
        "ID": lambda line: line.entry.id,
        "NATURAL": lambda line: line.entry.id,
        "DESCRIPTION": lambda line: line.entry.description.lower(),
        "USER": lambda line: name(line.entry.user_id),
        "DURATION": lambda line: line.seconds,
        "DATE": lambda line: line.entry.start,
        "ZONED_DATE": lambda line: line.entry.start + offset(line.entry.start, inquiry.zone_of(line.entry.user_id)),
        "USER_DATE": lambda line: (name(line.entry.user_id), line.entry.start),
    }


def _sheet(inquiry: Inquiry, lines: list[Line]) -> Sheet:
    show = row_renderer(inquiry)
    rows = []
    for row, line in ((show(line), line) for line in lines):
        interval = row["timeInterval"]
        rows.append(
            (
                row.get("projectName"), row.get("clientName"), row["description"], row.get("taskName"), row["userName"],
                row["userEmail"], ", ".join(tag["name"] for tag in row.get("tags", ())),
                "Yes" if row["billable"] else "No", interval["start"][:10], interval["start"][11:19],
                interval["end"][:10], interval["end"][11:19], round(line.seconds / 3600, 2), row["earnedRate"],
                row["earnedAmount"], row["currency"],
            )
        )  # fmt: skip
    return Sheet(inquiry.title("Time Detailed"), _COLUMNS, rows)
