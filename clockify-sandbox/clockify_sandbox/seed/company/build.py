"""Builds a realistic company in the order of dependencies."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from clockify_sandbox.entities import webhook
from clockify_sandbox.plans import ADDON_ID
from clockify_sandbox.seed.cast import Cast
from clockify_sandbox.seed.company.absence import add_absence
from clockify_sandbox.seed.company.latecomers import add_latecomers
from clockify_sandbox.seed.company.model import Company, Size
from clockify_sandbox.seed.company.money import add_expenses, add_invoices
from clockify_sandbox.seed.company.planning import add_estimates, add_schedule
from clockify_sandbox.seed.company.portfolio import add_portfolio
from clockify_sandbox.seed.company.staff import add_custom_fields, hire
from clockify_sandbox.seed.company.timesheets import fill_timesheets
from clockify_sandbox.seed.company.vocabulary import DESIGN, OPERATIONS
from clockify_sandbox.seed.draw import DAY, HOUR, midnight, monday, month_starts, ts
from clockify_sandbox.seed.traces import (
    FEED_DAYS,
    add_changes,
    add_delivery,
    add_shared_report,
    add_webhook,
    audit_row,
    entry_document,
    token,
)
from clockify_sandbox.workspaces import add_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from clockify_sandbox.seed.draw import Draw
    from clockify_sandbox.shapes.people import User
    from clockify_sandbox.shapes.traces import AuditRow
    from clockify_sandbox.world import Record, TimeEntry, World

AGENCY = Size(
    people=26,
    clients=40,
    projects=150,
    entries=60_000,
    name="Northlight",
    domain="northlight.example",
    feed_entries=2000,
)
LARGE = Size(
    people=400,
    clients=300,
    projects=2000,
    entries=1_000_000,
    name="Meridian Group",
    domain="meridian.example",
    feed_entries=5000,
)
_WEEKS = 104
_AUDITED_DAYS = 31


def add_company(world: World, draw: Draw, plan: str, size: Size) -> Cast:
    """Build one workspace with two years of data; return the people who have API keys."""
    first = monday(draw.today) - 7 * _WEEKS
    starts = month_starts(first, draw.today)
    locked_before = midnight(starts[-3], "Europe/London")
    workspace = add_workspace(
        world,
        draw,
        size.name,
        plan,
        currencies=("GBP", "EUR", "USD"),
        created=midnight(first, "UTC") - 300 * DAY,
        rates=(8500, 3000),
    )
    workspace.record["workspaceSettings"].update(
        {
            "lockTimeEntries": ts(locked_before),
            "lockTimeZone": "Europe/London",
            "companyAddress": f"{size.name} Ltd, 14 Shoreditch Yard, London",
        }
    )
    company = Company(world, workspace, draw, size, first)
    hire(company)
    add_portfolio(company, add_custom_fields(company))
    add_absence(company)
    fill_timesheets(company, locked_before)
    add_estimates(company)
    add_expenses(company)
    add_invoices(company)
    add_schedule(company)
    _add_traces(company)
    # Later additions are generated last, so that earlier ids do not change.
    limited = add_latecomers(company, locked_before)
    return Cast(
        owner=company.owner.user_id,
        admin=company.leads[OPERATIONS].user_id,
        project_manager=company.project_manager.user_id,
        team_manager=company.leads[DESIGN].user_id,
        member=company.plain_member.user_id,
        limited=limited,
    )


def _add_traces(company: Company) -> None:
    workspace, draw, owner = company.workspace, company.draw, company.owner.user_id
    recent = list(islice(_recent_entries(company), company.size.feed_entries))
    hooks = [
        add_webhook(workspace, draw, owner, "Time to billing", "NEW_TIME_ENTRY"),
        add_webhook(workspace, draw, owner, "Projects to CRM", "NEW_PROJECT"),
        add_webhook(workspace, draw, owner, "Leave to calendar", "TIME_OFF_REQUEST_APPROVED", enabled=False),
    ]
    for entry in recent[:60]:
        codes = draw.weighted({(200,): 16, (503, 200): 3, (500,): 1, (500, 500, 500): 1})
        add_delivery(workspace, draw, hooks[0], at=entry.start, body=entry_document(workspace, entry), codes=codes)
    hook_id = draw.new_id(draw.now - 100 * DAY)
    workspace.addon_webhooks[ADDON_ID] = {
        hook_id: webhook(
            hook_id,
            workspace.id,
            "Add-on",
            "NEW_TIME_ENTRY",
            url="https://addon.example/entries",
            authToken=token(draw),
        )
    }
    for name, kind, public in (
        ("Hours by project", "SUMMARY", True),
        ("Last four weeks in detail", "DETAILED", False),
        ("Week at a glance", "WEEKLY", True),
        ("Attendance", "ATTENDANCE", False),
        ("Expenses", "EXPENSE_DETAILED", False),
    ):
        leads = None if public else [lead.user_id for lead in company.leads.values()]
        add_shared_report(workspace, draw, owner, name, kind, isPublic=public, visibleToUsers=leads)
    _add_audit_log(company, recent)
    add_changes(workspace, draw, recent)


def _recent_entries(company: Company) -> Iterator[TimeEntry]:
    """Finished entries of the last thirty days, person by person."""
    since = company.draw.now - FEED_DAYS * DAY
    for person in company.people:
        for entry in company.workspace.time_entries.of_user(person.user_id):
            if entry.start < since:
                break
            if entry.end is not None:
                yield entry


def _add_audit_log(company: Company, recent: list[TimeEntry]) -> None:
    """Audit log rows for clients, projects, tasks, expenses and, in the last month, time entries."""
    workspace, draw, users = company.workspace, company.draw, company.world.users
    admins = [users[company.owner.user_id], *(users[lead.user_id] for lead in company.leads.values())]
    rows: list[AuditRow] = []

    def log(entity: Record, action: str, *, user: User | None = None, changed: bool = False) -> None:
        created = max(int(entity["id"][:8], 16), 0)
        at = min(created + draw.between(2, 40) * DAY, draw.now) if changed else created
        content = {
            key: entity[key] for key in ("name", "billable", "archived", "status", "date", "total") if key in entity
        }
        rows.append(
            audit_row(
                workspace,
                user or draw.pick(admins),
                at,
                action,
                content=content,
                previous=content if changed else None,
            )
        )

    tables: dict[str, Mapping[str, Record]] = {
        "CLIENT": workspace.clients,
        "PROJECT": workspace.projects,
        "TAG": workspace.tags,
    }
    for kind, table in tables.items():
        for entity in table.values():
            log(entity, f"CREATE_{kind}")
            if draw.chance(0.3):
                log(entity, f"UPDATE_{kind}", changed=True)
    for task in workspace.tasks.values():
        if draw.chance(0.2):
            log(task, "CREATE_TASK")
    for expense in workspace.expenses.values():
        log(expense, "CREATE_EXPENSE", user=users[expense["userId"]])
    since = draw.now - _AUDITED_DAYS * DAY
    for entry in recent:
        if entry.start >= since:
            action = "CREATE_TIME_PERSONAL_TIMER" if entry.start % HOUR else "CREATE_TIME_PERSONAL_MANUAL"
            content = entry_document(workspace, entry)
            rows.append(audit_row(workspace, users[entry.user_id], entry.start, action, content=content))
    rows.sort(key=lambda row: (row["timestamp"], row["action"], row["content"]))
    workspace.audit_log = rows
