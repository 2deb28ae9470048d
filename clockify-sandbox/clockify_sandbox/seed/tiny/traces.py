"""Webhooks, shared reports, audit log and change feeds of the small workspaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clockify_sandbox.entities import webhook
from clockify_sandbox.plans import ADDON_ID
from clockify_sandbox.seed.draw import DAY, HOUR
from clockify_sandbox.seed.traces import (
    add_changes,
    add_delivery,
    add_shared_report,
    add_webhook,
    audit_row,
    entry_document,
    token,
)

if TYPE_CHECKING:
    from clockify_sandbox.seed.tiny.stage import Stage


def add_traces(stage: Stage) -> None:
    """Webhooks, shared reports, audit log and feeds of the first workspace."""
    _add_webhooks(stage)
    _add_reports(stage)
    _add_audit_log(stage)
    newest = sorted(stage.workspace.time_entries, key=lambda entry: entry.id)[-40:]
    add_changes(stage.workspace, stage.draw, newest)


def _add_webhooks(stage: Stage) -> None:
    """Webhooks with deliveries at once, after a failure, pending and failed.

    One disabled, one for a project, one of an add-on.
    """
    workspace, draw, ids = stage.workspace, stage.draw, stage.ids
    hook = add_webhook(workspace, draw, ids["ada"], "New entries", "NEW_TIME_ENTRY")
    add_webhook(
        workspace, draw, ids["ada"], "Off", "TAG_DELETED", enabled=False, deliveryEnabled=False, planEnabled=False
    )
    add_webhook(
        workspace,
        draw,
        ids["ben"],
        "Website stops",
        "TIMER_STOPPED",
        triggerSourceType="PROJECT_ID",
        triggerSource=[ids["site"], ids["twin"]],
    )
    bodies = [entry_document(workspace, entry) for entry in workspace.time_entries.of_user(ids["ben"])[:4]]
    for number, codes in enumerate(((200,), (503, 200), (500,), (500, 503, 500))):
        add_delivery(workspace, draw, hook, at=draw.now - (number + 1) * HOUR, body=bodies[number], codes=codes)
    addon_hook = draw.new_id(draw.now - 90 * DAY)
    workspace.addon_webhooks[ADDON_ID] = {
        addon_hook: webhook(
            addon_hook,
            workspace.id,
            "From the add-on",
            "NEW_PROJECT",
            url="https://addon.example/projects",
            authToken=token(draw),
        )
    }


def _add_reports(stage: Stage) -> None:
    ids = stage.ids
    for name, kind, fields in (
        ("Everything by project", "SUMMARY", {"isPublic": True}),
        ("Details for Acme", "DETAILED", {"visibleToUsers": [ids["lia"], ids["ben"]]}),
        ("Last week", "WEEKLY", {"fixedDate": True, "isPublic": True}),
        ("Who was there", "ATTENDANCE", {"visibleToUserGroups": [ids["crew"]], "visibleToUsers": []}),
        ("Receipts", "EXPENSE_DETAILED", {}),
    ):
        add_shared_report(stage.workspace, stage.draw, ids["ada"], name, kind, **fields)


def _add_audit_log(stage: Stage) -> None:
    workspace, users, ids, now = stage.workspace, stage.world.users, stage.ids, stage.draw.now
    ada, ben, mia = (users[ids[name]] for name in ("ada", "ben", "mia"))
    site = workspace.projects[ids["site"]]
    entry = entry_document(workspace, workspace.time_entries.of_user(ids["mia"])[3])
    workspace.audit_log = [
        audit_row(
            workspace, ada, now - 300 * DAY, "CREATE_PROJECT", content={"projectName": site["name"], "client": "Acme"}
        ),
        audit_row(
            workspace, ben, now - 45 * DAY, "DELETE_TAG", content={"name": "obsolete"}, previous={"name": "obsolete"}
        ),
        audit_row(
            workspace,
            ada,
            now - 20 * DAY,
            "UPDATE_CLIENT",
            content={"name": "Acme", "note": "Pays by cheque."},
            previous={"name": "Acme"},
        ),
        audit_row(workspace, mia, now - 3 * DAY, "CREATE_TIME_PERSONAL_MANUAL", content=entry),
        audit_row(
            workspace, ben, now - 2 * DAY, "UPDATE_TIME_FOR_OTHER", content={**entry, "billable": True}, previous=entry
        ),
        audit_row(workspace, ada, now - 2 * DAY, "CREATE_EXPENSE", content={"category": "Meals", "total": 4599}),
        audit_row(workspace, mia, now - HOUR, "DELETE_TIME_PERSONAL", content=entry, previous=entry),
    ]


def add_second_traces(stage: Stage) -> None:
    """A webhook without deliveries, a shared report, the feeds."""
    add_webhook(stage.workspace, stage.draw, stage["chloe"], "Factures", "NEW_INVOICE")
    add_shared_report(stage.workspace, stage.draw, stage["chloe"], "Heures", "SUMMARY")
    add_changes(stage.workspace, stage.draw, list(stage.workspace.time_entries)[-10:])
