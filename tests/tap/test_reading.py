"""A full read has every row of the sandbox once, according to its schema."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from clockify_sandbox.seed import ADDON_ID
from jsonschema import Draft202012Validator, FormatChecker
from tap_clockify.stream import schema_of
from tap_clockify.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Callable

    Runs = Callable[..., Any]
    Sandboxes = Callable[..., Any]

ALL = [stream.name for stream in STREAMS]
KEYS = {stream.name: stream.key for stream in STREAMS}

# What the sandbox stores one to one: the table of each stream in its dump, and the field that is the key there.
TABLES = {
    **{name: (name, "id") for name in ("clients", "projects", "tasks", "tags", "user_groups", "custom_fields")},
    **{name: (name, "id") for name in ("time_entries", "expenses", "expense_categories", "invoices", "holidays")},
    **{name: (name, "id") for name in ("time_off_policies", "time_off_requests", "balance_assignments")},
    **{name: (name, "id") for name in ("webhooks", "shared_reports", "webhook_logs", "assignments")},
    "expense_details": ("expenses", "id"),
    "time_off_balances": ("balances", "id"),
    "webhook_event_statuses": ("webhook_statuses", "id"),
    "users": ("members", "userId"),
    "member_profiles": ("members", "userId"),
}


@pytest.fixture(scope="module")
def everything(untouched: Any, run_tap: Runs) -> tuple[Any, dict[str, Any]]:
    """One read of all streams, and the state that was read."""
    run = run_tap(untouched.origin, streams=ALL, policy_status="ALL", addon_ids=[ADDON_ID], end_date="2027-06-01")
    assert run.code == 0, run.log[-2000:]
    return run, untouched.dump()


@pytest.mark.parametrize("stream", ALL)
def test_no_record_comes_twice(everything: tuple[Any, Any], stream: str) -> None:
    rows = everything[0].records[stream]
    assert rows
    keys = Counter(tuple(row[name] for name in KEYS[stream]) for row in rows)
    assert [key for key, times in keys.items() if times > 1] == []


@pytest.mark.parametrize("stream", ALL)
def test_every_record_fits_its_schema(everything: tuple[Any, Any], stream: str) -> None:
    validator = Draft202012Validator(schema_of(stream), format_checker=FormatChecker())
    for row in everything[0].records[stream]:
        faults = [f"{'.'.join(map(str, fault.path))}: {fault.message}" for fault in validator.iter_errors(row)]
        assert faults == []


@pytest.mark.parametrize("stream", TABLES)
def test_the_rows_are_those_of_the_sandbox(everything: tuple[Any, Any], stream: str) -> None:
    run, state = everything
    table, key = TABLES[stream]
    stored = {(workspace["id"], row[key]) for workspace in state["workspaces"] for row in workspace[table]}
    field = "userId" if stream == "member_profiles" else "id"
    assert {(row["workspaceId"], row[field]) for row in run.records[stream]} == stored


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def test_derived_streams_hold_what_is_inside_their_parents(everything: tuple[Any, Any]) -> None:
    run, state = everything
    workspaces = state["workspaces"]
    invoices = [invoice for workspace in workspaces for invoice in workspace["invoices"]]
    assert len(run.records["invoice_items"]) == sum(len(invoice["items"]) for invoice in invoices)
    assert {row["id"] for row in run.records["invoice_payments"]} == {
        payment["id"] for invoice in invoices for payment in invoice["payments"]
    }
    entries = run.records["time_entries"]
    tags = {(row["timeEntryId"], row["tagId"]) for row in run.records["time_entry_tags"]}
    assert tags == {(entry["id"], tag) for entry in entries for tag in entry["tagIds"] or ()}
    values = {
        (row["timeEntryId"], row["customFieldId"]): row["value"] for row in run.records["time_entry_custom_fields"]
    }
    assert values == {
        (entry["id"], one["customFieldId"]): _text(one["value"])
        for entry in entries
        for one in entry["customFieldValues"] or ()
    }
    groups = run.records["user_groups"]
    assert {(row["userGroupId"], row["userId"]) for row in run.records["user_group_members"]} == {
        (group["id"], user) for group in groups for user in group["userIds"]
    }
    for audiences, field, owners in (
        ("holiday_audiences", "holidayId", "holidays"),
        ("time_off_policy_audiences", "policyId", "time_off_policies"),
    ):
        found = {(row[field], row["audienceType"], row["audienceId"]) for row in run.records[audiences]}
        assert found == {
            (owner["id"], kind, one)
            for owner in run.records[owners]
            for kind, ids in (("USER", owner["userIds"]), ("USER_GROUP", owner["userGroupIds"]))
            for one in ids or ()
        }
    members = [one for workspace in workspaces for project in workspace["projects"] for one in project["memberships"]]
    assert len(run.records["project_memberships"]) == len(members)
    days = {(row["userId"], row["date"]) for row in run.records["user_capacity_days"]}
    totals = run.records["user_capacity_totals"]
    assert days == {(row["userId"], day["date"]) for row in totals for day in row["totalHoursPerDay"] or ()}


def test_every_stream_is_activated_last_and_once(everything: tuple[Any, Any]) -> None:
    messages = everything[0].messages
    # An add-on that is not in a workspace and one that may not be read there are refused alike.
    assert "addon_webhooks is incomplete" in everything[0].log
    for stream in set(ALL) - {"addon_webhooks"}:
        kinds = [one["type"] for one in messages if one.get("stream") == stream]
        assert kinds.count("SCHEMA") == kinds.count("ACTIVATE_VERSION") == 1, stream
        assert kinds[0] == "SCHEMA", stream
        assert kinds[-1] == "ACTIVATE_VERSION", stream
    versions = {one["version"] for one in messages if one["type"] in {"RECORD", "ACTIVATE_VERSION"}}
    assert len(versions) == 1


def test_empty_ids_are_null_and_no_secret_is_written(everything: tuple[Any, Any]) -> None:
    run, state = everything
    assert {row["clientId"] for row in run.records["projects"]} > {None}
    assert "" not in {row["clientId"] for row in run.records["projects"]}
    assert "" not in {row["fileId"] for row in run.records["expenses"]}
    tokens = {hook["authToken"] for workspace in state["workspaces"] for hook in workspace["webhooks"]}
    assert tokens
    written = str(run.messages) + run.log
    assert not [token for token in tokens if token in written]
    assert "sandbox-key" not in written


def test_no_request_is_made_twice(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    run = run_tap(world.origin)
    assert run.code == 0
    state, routes = world.dump(), world.stats()["by_route"]
    workspaces = state["workspaces"]
    once_each = {"users", "clients", "projects", "tags", "user-groups", "holidays", "webhooks", "custom-fields"}
    assert {name: routes[f"GET /workspaces/{{ws}}/{name}"] for name in once_each} == dict.fromkeys(once_each, 2)
    assert routes["GET /workspaces"] == 2, "all that the key sees, and those its owner administers"
    people = [
        {member["userId"] for member in one["members"]} | {entry["userId"] for entry in one["time_entries"]}
        for one in workspaces
    ]
    smaller = 3  # sizes in which the list of somebody who left is requested: a 400 may be about the size
    assert routes["GET /workspaces/{ws}/user/{userId}/time-entries"] == sum(map(len, people)) + smaller
    invoices = [invoice for workspace in workspaces for invoice in workspace["invoices"]]
    assert routes["GET /workspaces/{ws}/invoices/{invoiceId}"] == len(invoices)
    paid = [invoice for invoice in invoices if invoice["payments"]]
    assert routes["GET /workspaces/{ws}/invoices/{invoiceId}/payments"] == len(paid)


def test_without_extended_requests_no_invoice_is_asked_for_by_itself(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    run = run_tap(world.origin, streams=["invoices", "invoice_items"], suppress_extended_requests=True)
    assert run.code == 0
    assert "GET /workspaces/{ws}/invoices/{invoiceId}" not in world.stats()["by_route"]
    assert len(run.records["invoices"]) == sum(len(one["invoices"]) for one in world.dump()["workspaces"])
    assert all("daysOverdue" in row and "billFrom" in row for row in run.records["invoices"])
    assert run.activated == {"invoices"}
    assert run.complaints == []
    assert "invoice_items is incomplete, no rows are removed: the settings rule it out" in run.log


def test_tasks_of_hydrated_projects_cost_no_request_and_are_the_same(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    asked = run_tap(world.origin, streams=["projects", "tasks"])
    world.reset(stats=True)
    inside = run_tap(world.origin, streams=["projects", "tasks"], tasks_from="hydrated_projects")
    assert world.stats()["requests"] == 2 + 3, "the account and its role, and three lists"
    for stream in ("projects", "tasks"):
        assert {row["id"] for row in inside.records[stream]} == {row["id"] for row in asked.records[stream]}
    assert inside.records["projects"] == asked.records["projects"]
    assert inside.complaints == []


def test_an_emptied_stream_is_activated_too(sandbox: Sandboxes, run_tap: Runs) -> None:
    run = run_tap(sandbox(scale="empty").origin, streams=["tags", "tasks", "time_entries", "invoice_items"])
    assert run.code == 0
    assert not run.records
    assert run.activated == {"tags", "tasks", "time_entries", "invoice_items"}


def test_an_addon_token_reads_its_workspace(sandbox: Sandboxes, run_tap: Runs) -> None:
    world = sandbox(scale="tiny")
    settings = {"api_key": None, "addon_token": "sandbox-addon-token", "workspace_ids": [world.workspace_id]}
    run = run_tap(world.origin, streams=["workspaces", "clients", "webhooks"], **settings)
    assert run.code == 0
    assert [row["id"] for row in run.records["workspaces"]] == [world.workspace_id]
    assert len(run.records["clients"]) == len(world.dump()["workspaces"][0]["clients"])
    assert run.activated == set(), "nobody knows yet whether an add-on is shown all: the second run with STATE follows"
    assert "clients is incomplete in workspace" in run.log


@pytest.mark.parametrize(
    ("name", "arrives"),
    [
        (rb"a\u0000b", "a\ufffdb"),
        (rb"half \ud83d of a pair", "half \ufffd of a pair"),
        (rb"\udc00", "\ufffd"),
        (rb"\ud83d\ude00 whole", "\U0001f600 whole"),
        (rb"a backslash \\u0000", "a backslash \\u0000"),
    ],
)
@pytest.mark.parametrize("maps", [{}, {"stream_maps": {"tags": {"more": "name"}}}])
def test_characters_that_databases_do_not_store_are_replaced_and_counted(
    sandbox: Sandboxes, run_tap: Runs, name: bytes, arrives: str, maps: dict[str, Any]
) -> None:
    world = sandbox(scale="empty")
    body = b'[{"id":"665d8d18f252e6b438000001","name":"' + name + b'","archived":false}]'
    fault = {"route": "GET /workspaces/{ws}/tags", "status": 200, "headers": {"Last-Page": "true"}}
    world.faults([{**fault, "body": body.decode()}])
    run = run_tap(world.origin, streams=["tags"], **maps)
    assert (run.code, run.activated) == (0, {"tags"})
    assert {row["name"] for row in run.records["tags"]} == {arrives}
    assert any("characters that databases do not store" in line for line in run.complaints) == ("\ufffd" in arrives)
