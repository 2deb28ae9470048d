"""Traces of use: webhook deliveries, shared reports, change feeds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Unpack

from clockify_sandbox.entities import shared_report, webhook
from clockify_sandbox.seed.draw import DAY, HOUR, ts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clockify_sandbox.seed.draw import Draw
    from clockify_sandbox.shapes.people import User
    from clockify_sandbox.shapes.traces import (
        AuditRow,
        Change,
        SharedReport,
        SharedReportFields,
        Webhook,
        WebhookFields,
        WebhookLog,
    )
    from clockify_sandbox.webhook_events import WebhookEvent
    from clockify_sandbox.world import Entity, Record, TimeEntry, Workspace

FEED_DAYS = 30
_ANSWERS = {200: '{"ok":true}', 500: "Internal Server Error", 503: ""}


def token(draw: Draw) -> str:
    """Thirty-two characters, like the tokens of webhooks."""
    letters = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return "".join(draw.pick(letters) for _ in range(32))


def add_webhook(
    workspace: Workspace, draw: Draw, user_id: str, name: str, event: WebhookEvent, /, **fields: Unpack[WebhookFields]
) -> Webhook:
    """A webhook of a user."""
    slug = name.lower().replace(" ", "-")
    hook_id = draw.new_id(draw.now - 200 * DAY)
    given: WebhookFields = {
        "url": f"https://hooks.example/{slug}",
        "authToken": token(draw),
        "userId": user_id,
        **fields,
    }
    record = webhook(hook_id, workspace.id, name, event, **given)
    workspace.webhooks[record["id"]] = record
    return record


def add_delivery(  # noqa: PLR0913 - what a delivery consists of
    workspace: Workspace, draw: Draw, hook: Webhook, *, at: int, body: Entity, codes: tuple[int, ...]
) -> None:
    """One event: a log row per attempt, and its status, RETRYING after up to two failures and FAILED after more."""
    request = json.dumps(body, separators=(",", ":"))
    status_id = draw.new_id(at)
    rows: list[WebhookLog] = []
    for attempt, code in enumerate(codes):
        moment = at + attempt * 600
        row: WebhookLog = {
            "id": draw.new_id(moment),
            "webhookId": hook["id"],
            "webhookEventStatusId": status_id,
            "statusCode": code,
            "requestBody": request,
            "responseBody": _ANSWERS[code] or None,
            "respondedAt": f"{ts(moment)[:-1]}.{draw.between(0, 999):03d}+00:00",
        }
        workspace.webhook_logs[row["id"]] = row
        rows.append(row)
    done = codes[-1] < 300  # noqa: PLR2004 - an HTTP success
    workspace.webhook_statuses[status_id] = {
        "id": status_id,
        "webhookId": hook["id"],
        "webhookLogId": rows[-1]["id"],
        "status": "SUCCEEDED" if done else "RETRYING" if len(codes) <= 2 else "FAILED",  # noqa: PLR2004
        "retryCount": len(codes) - 1,
        "statusCode": rows[-1]["statusCode"],
        "requestBody": request,
        "responseBody": rows[-1]["responseBody"],
        "respondedAt": rows[-1]["respondedAt"],
    }


def report_filter(kind: str, now: int, days: int, **fields: object) -> Entity:
    """The saved request of a shared report about the last days."""
    return {
        "dateRangeStart": ts(now - days * DAY),
        "dateRangeEnd": ts(now),
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
        "summaryFilter": {"groups": ["PROJECT", "TIMEENTRY"], "sortColumn": "GROUP", "summaryChartType": "BILLABILITY"}
        if kind == "SUMMARY"
        else None,
        "detailedFilter": {"page": 1, "pageSize": 50, "sortColumn": "DATE"} if kind == "DETAILED" else None,
        "weeklyFilter": {"group": "PROJECT", "subgroup": "TIME"} if kind == "WEEKLY" else None,
        "attendanceFilter": {"page": 1, "pageSize": 50, "sortColumn": "USER"} if kind == "ATTENDANCE" else None,
        "sortOrder": "DESCENDING",
        "zoomLevel": "WEEK",
        "rounding": False,
        "amounts": [],
        "amountShown": "EARNED",
        "customFields": None,
        "approvalState": "ALL",
        "invoicingState": "ALL",
        "userLocale": None,
        "timeZone": "Europe/London",
        "timeFormat": "HOUR24",
        "dateFormat": "DD/MM/YYYY",
        "weekStart": "MONDAY",
        **fields,
    }


def add_shared_report(
    workspace: Workspace, draw: Draw, user_id: str, name: str, kind: str, /, **fields: Unpack[SharedReportFields]
) -> SharedReport:
    """A shared report of a user over the last four weeks."""
    given: SharedReportFields = {"type": kind, "filter": report_filter(kind, draw.now, 28), **fields}
    record = shared_report(
        draw.new_id(draw.now - 60 * DAY),
        workspace.id,
        user_id,
        name,
        **given,
    )
    workspace.shared_reports[record["id"]] = record
    return record


def entry_document(workspace: Workspace, entry: TimeEntry) -> Entity:
    """A time entry in the form of the change feeds."""
    return {
        "id": entry.id,
        "workspaceId": workspace.id,
        "userId": entry.user_id,
        "description": entry.description,
        "billable": entry.billable,
        "projectId": entry.project_id,
        "taskId": entry.task_id,
        "timeInterval": {"start": ts(entry.start), "end": None if entry.end is None else ts(entry.end)},
    }


def add_changes(workspace: Workspace, draw: Draw, entries: Iterable[TimeEntry]) -> None:
    """The feeds of the last thirty days: created entities, the given time entries, some updates and deletions."""
    since = draw.now - FEED_DAYS * DAY
    changes = workspace.changes
    for kind, table in _tables(workspace).items():
        for index, record in enumerate(table.values()):
            created = int(record["id"][:8], 16)
            if created >= since:
                changes.append(_change("created", kind, record["id"], min(created, draw.now), dict(record)))
            elif not index % 20:
                moment = since + draw.between(1, FEED_DAYS * DAY - HOUR)
                changes.append(_change("updated", kind, record["id"], moment, dict(record)))
    for entry in entries:
        created = int(entry.id[:8], 16)
        kind = "created" if created >= since else "updated"
        moment = min(max(created, since + draw.between(0, DAY)), draw.now)
        changes.append(_change(kind, "TIME_ENTRY", entry.id, moment, entry_document(workspace, entry)))
    for name in ("obsolete", "dupli\0cate", "test"):
        moment = since + draw.between(DAY, FEED_DAYS * DAY - HOUR)
        gone = {"id": draw.new_id(since - 50 * DAY), "name": name, "workspaceId": workspace.id}
        changes.append(_change("deleted", "TAGS", gone["id"], moment, gone))
        lost = {"id": draw.new_id(since - 40 * DAY), "description": name, "workspaceId": workspace.id}
        changes.append(_change("deleted", "TIME_ENTRY", lost["id"], moment, lost))
    changes.sort(key=lambda change: (change["at"], change["id"]))


def _tables(workspace: Workspace) -> dict[str, Mapping[str, Record]]:
    return {
        "CLIENTS": workspace.clients,
        "PROJECTS": workspace.projects,
        "TAGS": workspace.tags,
        "TASKS": workspace.tasks,
        "USER_GROUPS": workspace.user_groups,
        "CUSTOM_FIELDS": workspace.custom_fields,
        "HOLIDAYS": workspace.holidays,
        "INVOICES": workspace.invoices,
        "PTO_POLICY": workspace.time_off_policies,
        "TIME_OFF_REQUEST": workspace.time_off_requests,
        "APPROVAL_REQUESTS": workspace.approval_requests,
        "SCHEDULED_ASSIGNMENT": workspace.assignments,
    }


def _change(kind: str, document_type: str, entity_id: str, at: int, document: Entity) -> Change:
    return {"kind": kind, "type": document_type, "id": entity_id, "at": ts(at), "document": document}


def audit_row(  # noqa: PLR0913 - the columns of the log
    workspace: Workspace, user: User, at: int, action: str, *, content: object, previous: object = None
) -> AuditRow:
    """A row of the audit log; contents are JSON text, or the text "null" if there was nothing before."""
    return {
        "action": action,
        "content": json.dumps(content, separators=(",", ":")),
        "previousContent": json.dumps(previous, separators=(",", ":")),
        "timestamp": ts(at),
        "userId": user["id"],
        "userName": user["name"],
        "userEmail": user["email"],
        "workspaceId": workspace.id,
    }
