"""The small workspaces contain every unexpected case of real responses, one row per case."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from clockify_sandbox.invoicing import totals
from clockify_sandbox.seed import DEFAULT_NOW, build_world

if TYPE_CHECKING:
    from collections.abc import Callable

    from clockify_sandbox.world import TimeEntry, Workspace, World

NOW = int(DEFAULT_NOW.timestamp())
DAY = 86400


@pytest.fixture(scope="module")
def tiny() -> World:
    return build_world("tiny", 7, "ENTERPRISE", "sandbox-key", DEFAULT_NOW)


def workshop(world: World) -> Workspace:
    return next(iter(world.workspaces.values()))


def entries(world: World) -> list[TimeEntry]:
    return list(workshop(world).time_entries)


def rows(world: World, table: str) -> list[Any]:
    return list(getattr(workshop(world), table).values())


def local_start(world: World, entry: TimeEntry) -> datetime:
    settings = world.users[entry.user_id]["settings"] or {"timeZone": "UTC"}
    return datetime.fromtimestamp(entry.start, ZoneInfo(settings["timeZone"]))


def in_zone(world: World, name: str) -> list[TimeEntry]:
    return [entry for entry in entries(world) if str(local_start(world, entry).tzinfo) == name]


def values_of(world: World, table: str, key: str) -> list[Any]:
    return [row[key] for row in rows(world, table)]


def running(world: World) -> list[TimeEntry]:
    return [entry for entry in entries(world) if entry.end is None]


def entry_values(world: World) -> set[str]:
    return {type(value).__name__ for entry in entries(world) for _, value in entry.custom_fields}


def user_values(world: World) -> set[str]:
    members = workshop(world).members.values()
    return {type(value).__name__ for member in members for value in member["customFields"].values()}


def crosses_midnight(world: World, zone: str) -> bool:
    return any(
        entry.end and local_start(world, entry).date() != datetime.fromtimestamp(entry.end, ZoneInfo(zone)).date()
        for entry in in_zone(world, zone)
    )


FIELD_TYPES = {"TXT", "NUMBER", "DROPDOWN_SINGLE", "DROPDOWN_MULTIPLE", "CHECKBOX", "LINK"}
KINDS = {"str", "float", "int", "bool", "list", "NoneType"}

ODDITIES: dict[str, Callable[[World], object]] = {
    "archived client": lambda w: any(values_of(w, "clients", "archived")),
    "archived project": lambda w: any(values_of(w, "projects", "archived")),
    "archived tag": lambda w: any(values_of(w, "tags", "archived")),
    "archived expense category": lambda w: any(values_of(w, "expense_categories", "archived")),
    "archived policy": lambda w: any(values_of(w, "time_off_policies", "archived")),
    "done task": lambda w: "DONE" in values_of(w, "tasks", "status"),
    "project template": lambda w: any(values_of(w, "projects", "template")),
    "project without client": lambda w: "" in values_of(w, "projects", "clientId"),
    "private project": lambda w: False in values_of(w, "projects", "public"),
    "two projects of one name": lambda w: len(set(values_of(w, "projects", "name"))) < len(rows(w, "projects")),
    "project rate null, zero and set": lambda w: (
        None in (rates := values_of(w, "projects", "hourlyRate"))
        and {0, 9900} <= {rate["amount"] for rate in rates if rate}
    ),
    "estimate with and without reset": lambda w: (
        None in (resets := values_of(w, "projects", "estimateReset")) and any(resets)
    ),
    "budget": lambda w: any(values_of(w, "projects", "budgetEstimate")),
    "task budget null, zero and set": lambda w: {None, 0, 400_000} <= set(values_of(w, "tasks", "budgetEstimate")),
    "task for a group": lambda w: any(values_of(w, "tasks", "userGroupIds")),
    "task rate": lambda w: any(values_of(w, "tasks", "hourlyRate")),
    "membership through a group": lambda w: any(
        row["membershipType"] == "USERGROUP" for project in rows(w, "projects") for row in project["memberships"]
    ),
    "membership with rates": lambda w: any(
        row["hourlyRate"] and row["costRate"] for project in rows(w, "projects") for row in project["memberships"]
    ),
    "client without any detail": lambda w: any(
        row["email"] is row["address"] is row["note"] is row["ccEmails"] is None for row in rows(w, "clients")
    ),
    "client with copies": lambda w: any(values_of(w, "clients", "ccEmails")),
    "client in another currency": lambda w: len(set(values_of(w, "clients", "currencyId"))) > 2,
    "entry tags null, empty, several": lambda w: (
        {None, (), 2} <= {len(entry.tag_ids) if entry.tag_ids else entry.tag_ids for entry in entries(w)}
    ),
    "entry without project": lambda w: any(entry.project_id is None for entry in entries(w)),
    "entry without task": lambda w: any(entry.project_id and entry.task_id is None for entry in entries(w)),
    "entry without text": lambda w: any(entry.description == "" for entry in entries(w)),
    "entry with the longest text": lambda w: max(len(entry.description) for entry in entries(w)) == 3000,
    "entry without duration": lambda w: any(entry.end == entry.start for entry in entries(w)),
    "entry longer than a day": lambda w: any(entry.end and entry.end - entry.start > DAY for entry in entries(w)),
    "identical entries": lambda w: (
        max(Counter((e.user_id, e.start, e.end, e.description, e.project_id) for e in entries(w)).values()) > 1
    ),
    "entry in an archived project": lambda w: any(
        workshop(w).projects[entry.project_id]["archived"] for entry in entries(w) if entry.project_id
    ),
    "entry on a done task": lambda w: any(
        workshop(w).tasks[entry.task_id]["status"] == "DONE" for entry in entries(w) if entry.task_id
    ),
    "entry with an archived tag": lambda w: any(
        workshop(w).tags[tag]["archived"] for entry in entries(w) for tag in entry.tag_ids or ()
    ),
    "entry types": lambda w: {"REGULAR", "BREAK", "HOLIDAY", "TIME_OFF"} == {entry.type for entry in entries(w)},
    "entry with rates of its own": lambda w: {0, 12_345} <= {entry.hourly_rate for entry in entries(w)},
    "entry from a kiosk": lambda w: any(entry.kiosk_id for entry in entries(w)),
    "entry in the future": lambda w: any(entry.start > NOW for entry in entries(w)),
    "approved entry": lambda w: any(entry.approval_id and entry.locked for entry in entries(w)),
    "invoiced entry": lambda w: any(entry.invoice_id for entry in entries(w)),
    "entry locked by date": lambda w: any(entry.locked and not entry.approval_id for entry in entries(w)),
    "lock date": lambda w: workshop(w).record["workspaceSettings"]["lockTimeEntries"],
    "more entries than a page": lambda w: max(Counter(entry.user_id for entry in entries(w)).values()) > 50,
    "several timers": lambda w: len({entry.user_id for entry in running(w)}) == len(running(w)) >= 3,
    "timer since before UTC midnight": lambda w: any(entry.start < NOW - NOW % DAY for entry in running(w)),
    "timer since before local midnight": lambda w: any(
        local_start(w, entry).date() < DEFAULT_NOW.astimezone(local_start(w, entry).tzinfo).date()
        for entry in running(w)
    ),
    "midnight in the west": lambda w: crosses_midnight(w, "America/Los_Angeles"),
    "midnight in the east": lambda w: crosses_midnight(w, "Asia/Tokyo"),
    "begins at local midnight": lambda w: (
        {"America/Los_Angeles", "Asia/Tokyo"}
        <= {str(start.tzinfo) for entry in entries(w) if (start := local_start(w, entry)).hour == start.minute == 0}
    ),
    "begins at UTC midnight": lambda w: any(entry.start % DAY == 0 for entry in entries(w)),
    "field types of entries": lambda w: (
        {row["type"] for row in rows(w, "custom_fields") if row["entityType"] == "TIMEENTRY"} == FIELD_TYPES
    ),
    "field types of people": lambda w: (
        {row["type"] for row in rows(w, "custom_fields") if row["entityType"] == "USER"} == FIELD_TYPES
    ),
    "field states": lambda w: {"VISIBLE", "INVISIBLE", "INACTIVE"} == set(values_of(w, "custom_fields", "status")),
    "field overrides": lambda w: len([row for row in rows(w, "custom_fields") if row["projectDefaultValues"]]) > 2,
    "values of entries": lambda w: entry_values(w) == KINDS,
    "values of people": lambda w: user_values(w) == KINDS,
    "limited account": lambda w: any(user["status"] == "LIMITED" for user in w.users.values()),
    "account without name": lambda w: any(user["name"] is None for user in w.users.values()),
    "account without settings": lambda w: any(user["settings"] is None for user in w.users.values()),
    "membership states": lambda w: (
        {"ACTIVE", "PENDING", "INACTIVE", "DECLINED"} == set(values_of(w, "members", "membershipStatus"))
    ),
    "entries of an inactive member": lambda w: any(
        workshop(w).members[entry.user_id]["membershipStatus"] == "INACTIVE" for entry in entries(w)
    ),
    "roles": lambda w: (
        {"OWNER", "WORKSPACE_ADMIN", "TEAM_MANAGER", "PROJECT_MANAGER"}
        == {role["role"] for member in rows(w, "members") for role in member["roles"]}
    ),
    "manager of a group": lambda w: any(
        role["sourceType"] == "USER_GROUP" for member in rows(w, "members") for role in member["roles"]
    ),
    "group with managers, group without members": lambda w: (
        any(values_of(w, "user_groups", "teamManagers")) and [] in values_of(w, "user_groups", "userIds")
    ),
    "invoice states": lambda w: (
        {"UNSENT", "SENT", "PAID", "PARTIALLY_PAID", "VOID", "OVERDUE"} == set(values_of(w, "invoices", "status"))
    ),
    "taxes of items": lambda w: (
        {"TAX1", "TAX2", "TAX1TAX2", "NONE"}
        == {item["applyTaxes"] for invoice in rows(w, "invoices") for item in invoice["items"]}
    ),
    "imports of items": lambda w: (
        {"NOT_IMPORTED", "TIME_ENTRY_IMPORT", "EXPENSE_IMPORT"}
        == {item["importType"] for invoice in rows(w, "invoices") for item in invoice["items"]}
    ),
    "discount": lambda w: any(values_of(w, "invoices", "discount")),
    "invoice without items": lambda w: [] in values_of(w, "invoices", "items"),
    "overpaid invoice": lambda w: any(
        sum(payment["amount"] for payment in invoice["payments"]) > totals(invoice).amount
        for invoice in rows(w, "invoices")
    ),
    "receipt present, empty and null": lambda w: (
        {"", None} < (files := set(values_of(w, "expenses", "fileId")))
        and files - {"", None} == workshop(w).files.keys()
    ),
    "expense without category": lambda w: None in values_of(w, "expenses", "categoryId"),
    "expense without project": lambda w: None in values_of(w, "expenses", "projectId"),
    "expense with task": lambda w: any(values_of(w, "expenses", "taskId")),
    "price per unit": lambda w: any(values_of(w, "expense_categories", "hasUnitPrice")),
    "unit null and empty": lambda w: {None, ""} < set(values_of(w, "expense_categories", "unit")),
    "approved expense": lambda w: any(row["approvalRequestId"] and row["locked"] for row in rows(w, "expenses")),
    "holidays for everyone, people, groups, every year": lambda w: all(
        any(values_of(w, "holidays", key))
        for key in ("everyoneIncludingNew", "userIds", "userGroupIds", "occursAnnually")
    ),
    "policy units": lambda w: {"DAYS", "HOURS"} == set(values_of(w, "time_off_policies", "timeUnit")),
    "policy extras": lambda w: all(
        any(column) and None in column
        for key in ("automaticAccrual", "negativeBalance", "automaticTimeEntryCreation", "projectId", "color", "icon")
        for column in [values_of(w, "time_off_policies", key)]
    ),
    "request states": lambda w: (
        {"PENDING", "APPROVED", "REJECTED", "WITHDRAWN"}
        == {status["statusType"] for status in values_of(w, "time_off_requests", "status")}
    ),
    "half days": lambda w: (
        {"FIRST_HALF", "SECOND_HALF", "NOT_DEFINED"}
        == {period["halfDayPeriod"] for period in values_of(w, "time_off_requests", "timeOffPeriod")}
    ),
    "request on behalf of another": lambda w: any(
        row["requesterUserId"] != row["userId"] for row in rows(w, "time_off_requests")
    ),
    "negative balance": lambda w: min(values_of(w, "balances", "balance")) < 0,
    "balance assignment with and without period": lambda w: (
        None in (ranges := values_of(w, "balance_assignments", "dateRange")) and any(ranges)
    ),
    "series": lambda w: (
        max(
            Counter(
                row["recurring"]["seriesId"] for row in rows(w, "assignments") if row["recurring"]["repeat"]
            ).values()
        )
        == 4
    ),
    "assignment unpublished": lambda w: {True, False} == set(values_of(w, "assignments", "published")),
    "assignment with and without task": lambda w: (
        None in (tasks := values_of(w, "assignments", "taskId")) and any(tasks)
    ),
    "assignment without client": lambda w: any(
        workshop(w).projects[project]["clientId"] == "" for project in values_of(w, "assignments", "projectId")
    ),
    "milestones": lambda w: rows(w, "milestones"),
    "approval states": lambda w: (
        {"PENDING", "APPROVED", "REJECTED", "WITHDRAWN_APPROVAL", "WITHDRAWN_SUBMISSION"}
        == {status["state"] for status in values_of(w, "approval_requests", "status")}
    ),
    "approval types": lambda w: (
        {"TIMESHEET", "EXPENSE", "TIMESHEET_AND_EXPENSE"} == set(values_of(w, "approval_requests", "type"))
    ),
    "webhooks have tokens": lambda w: all(len(token) == 32 for token in values_of(w, "webhooks", "authToken")),
    "webhook switched off": lambda w: False in values_of(w, "webhooks", "enabled"),
    "deliveries": lambda w: {"SUCCEEDED", "RETRYING", "FAILED"} == set(values_of(w, "webhook_statuses", "status")),
    "log without an answer": lambda w: None in values_of(w, "webhook_logs", "responseBody"),
    "shared reports": lambda w: len(set(values_of(w, "shared_reports", "type"))) >= 5,
    "audit log": lambda w: len({row["action"] for row in workshop(w).audit_log}) > 5,
    "feeds": lambda w: {"created", "updated", "deleted"} == {change["kind"] for change in workshop(w).changes},
    "second workspace in euros": lambda w: (
        {space.record["hourlyRate"]["currency"] for space in w.workspaces.values()} == {"USD", "EUR"}
    ),
    "people in both workspaces": lambda w: (
        0 < len(set.intersection(*(set(space.members) for space in w.workspaces.values()))) < 4
    ),
}


@pytest.mark.parametrize("oddity", ODDITIES)
def test_tiny_has(oddity: str, tiny: World) -> None:
    assert ODDITIES[oddity](tiny)


def test_tiny_contains_every_kind_of_object(tiny: World) -> None:
    space = workshop(tiny)
    tables = {name: value for name, value in vars(space).items() if name[0] != "_" and not isinstance(value, str)}
    assert [name for name, value in tables.items() if not len(value)] == []
