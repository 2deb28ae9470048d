"""A run is taken back: inserts are deleted, changes are reverted, deleted objects are restored."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from target_clockify.model.procedures import PROCEDURES, find_procedure
from target_clockify.target import TargetClockify

if TYPE_CHECKING:
    from collections.abc import Callable

_HOUR = {"start": "2026-01-05T08:00:00Z", "end": "2026-01-05T09:00:00Z"}
_TABLES = ("clients", "projects", "tasks", "tags", "user_groups", "time_entries", "expense_categories", "expenses")
_GONE = "2026-01-06T00:00:00Z"
_UNKNOWN = "and the journal does not say what was there before: correct it by hand"
_REFUSED = {"status": 400, "body": '{"code": 501, "message": "no"}'}


@pytest.fixture
def undo(target: Any) -> Callable[..., Any]:
    """Takes a run back by the command line."""

    def take_back(run: str = "last", **settings: Any) -> Any:
        command = TargetClockify.get_singer_command()
        return CliRunner().invoke(command, [*target.command(**settings)[1:], "--undo", run])

    return take_back


def _content(target: Any) -> dict[str, list[str]]:
    """What the workspace holds, with names in place of ids."""
    tables = target.tables()
    rows = {name: list(found.values()) if isinstance(found := tables[name], dict) else found for name in _TABLES}
    names = {row["id"]: f"<{row.get('name') or row.get('description')}>" for some in rows.values() for row in some}
    known = {"duration", "createdAt", "seriesId"}

    def told(row: dict[str, Any]) -> str:
        text = json.dumps({name: value for name, value in row.items() if name not in known}, sort_keys=True)
        for key, name in names.items():
            text = text.replace(key, name)
        return text

    return {name: sorted(map(told, some)) for name, some in rows.items()}


def _before(singer: Any, me: str) -> list[dict[str, Any]]:
    return [
        *(singer.schema(one) for one in (*_TABLES, "AddUserToGroup", "AddInvoicePayment")),
        singer.record("clients", id="c", name="Acme", note="first", email="a@acme.example"),
        singer.record("projects", id="p", name="Site", clientId="c", color="#03A9F4"),
        singer.record("tasks", id="k", projectId="p", name="Design"),
        singer.record("tags", id="g", name="Rush"),
        singer.record("tags", id="h", name="Calm"),
        singer.record("user_groups", id="u", name="Crew"),
        singer.record("time_entries", id="e1", userId=me, projectId="p", tagIds=["g"], timeInterval=_HOUR),
        singer.record("time_entries", id="e2", userId=me, description="stays", timeInterval=_HOUR),
        singer.record("expense_categories", id="x", name="Meals"),
        singer.record("expenses", id="z", userId=me, date="2026-01-05", categoryId="x", quantity=10),
    ]


def _mixed(singer: Any, me: str) -> list[dict[str, Any]]:
    """A run of every kind of write."""
    return [
        *(singer.schema(one) for one in (*_TABLES, "AddUserToGroup")),
        singer.record("clients", id="c", note="second", archived=True),
        singer.record("clients", id="c2", name="Bolt"),
        singer.record("projects", id="p2", name="Yard", clientId="c2"),
        singer.record("tasks", id="k2", projectId="p2", name="Build"),
        singer.record("tasks", id="k", projectId="p", status="DONE"),
        singer.record("tags", id="h", _sdc_deleted_at=_GONE),
        singer.record("time_entries", id="e1", description="changed", projectId="p2", taskId="k2", tagIds=[]),
        singer.record("time_entries", id="e3", userId=me, projectId="p2", description="new", timeInterval=_HOUR),
        singer.record("time_entries", id="e2", _sdc_deleted_at=_GONE),
        singer.record("expenses", id="z", _sdc_deleted_at=_GONE),
        singer.record("AddUserToGroup", id="a", userGroupId="u", userId=me),
    ]


def test_a_run_is_undone_and_the_undo_is_undone(target: Any, singer: Any, undo: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    assert target(_before(singer, me)).code == 0
    before = _content(target)
    messages = _mixed(singer, me)
    done = target(messages)
    assert (done.code, done.rejects) == (0, []), done.log
    after = _content(target)
    rehearsed = undo(dry_run=True, plan_path=None)
    assert rehearsed.exit_code == 0, rehearsed.output
    assert rehearsed.stdout.count("would be taken back") == len(target.report("last"))
    assert _content(target) == after

    first = undo()
    assert first.exit_code == 0, first.output
    assert {line[:10] for line in first.stdout.splitlines()} == {"taken back"}
    assert _content(target) == before
    again = undo()
    assert again.exit_code == 0, again.output
    assert _content(target) == after
    assert target(messages).writes == {}, "the rows have found their objects again"


def test_later_changes_are_kept(target: Any, singer: Any, undo: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    target(_before(singer, me))
    target(
        [
            *(singer.schema(one) for one in ("clients", "tags")),
            singer.record("clients", id="c", note="second", email="b@acme.example"),
            singer.record("tags", id="t1", name="Mine"),
            singer.record("tags", id="t2", name="Other"),
        ]
    )
    rows = {row["name"]: row for row in target.box.ok("GET", "/workspaces/{ws}/clients")}
    body = {"name": "Acme", "note": "by hand", "email": "b@acme.example"}
    target.box.ok("PUT", f"/workspaces/{{ws}}/clients/{rows['Acme']['id']}", body)
    tags = {row["name"]: row["id"] for row in target.box.ok("GET", "/workspaces/{ws}/tags")}
    target.box.ok("PUT", f"/workspaces/{{ws}}/tags/{tags['Mine']}", {"name": "Renamed"})
    result = undo()
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    since = {line.split(":")[-1].strip() for line in lines if line.startswith("changed since")}
    assert since == {"note changed since", "name"}
    assert sum(line.startswith("taken back") for line in lines) == 1
    [client] = target.box.ok("GET", "/workspaces/{ws}/clients")
    assert (client["note"], client["email"]) == ("by hand", "a@acme.example")
    names = {row["name"] for row in target.box.ok("GET", "/workspaces/{ws}/tags")}
    assert names == {"Rush", "Calm", "Renamed"}
    assert "by hand" not in result.output


def test_a_write_that_clockify_refused_is_not_listed(target: Any, singer: Any, undo: Any) -> None:
    tags = [singer.schema("tags"), *(singer.record("tags", id=key, name=f"Tag {key}") for key in range(4))]
    target(tags)
    ids = {row["name"]: row["id"] for row in target.tables()["tags"]}
    faults = [
        {"route": f"PUT */tags/{ids['Tag 0']}", **_REFUSED},
        {"route": f"DELETE */tags/{ids['Tag 2']}", **_REFUSED},
        {"route": f"PUT */tags/{ids['Tag 3']}", "nth": 1, "reset": True, "commit_then": True},
        {"route": "GET /workspaces/{ws}/tags", "nth": [*range(2, 20)], **_REFUSED},
    ]
    target.box.faults(faults)
    changed = [
        singer.record("tags", id=0, name="Refused"),
        singer.record("tags", id=1, name="Changed"),
        singer.record("tags", id=2, _sdc_deleted_at=_GONE),
        singer.record("tags", id=3, name="In doubt"),
    ]
    run = target([singer.schema("tags"), *changed])
    assert len(run.rejects) == 3, run.log
    target.box.faults([])
    for arguments in ({"dry_run": True, "plan_path": None}, {}):
        told = undo(**arguments).stdout.splitlines()
        listed = {name for name, one in ids.items() for line in told if one in line}
        assert listed == {"Tag 1", "Tag 3"}, told
    assert {row["name"] for row in target.tables()["tags"]} == {"Tag 0", "Tag 1", "Tag 2", "Tag 3"}


def test_a_dry_run_with_a_members_key_says_what_it_cannot_foretell(
    target: Any, singer: Any, undo: Any, caplog: pytest.LogCaptureFixture
) -> None:
    target.box.reset(scale="tiny")
    target.workspace = target.box.workspace_id
    target([singer.schema("tags"), singer.record("tags", id=1, name="New one")])
    for key, is_said in (("sandbox-member-key", True), ("sandbox-key", False)):
        caplog.clear()
        undo(dry_run=True, plan_path=None, api_key=key)
        assert ("Clockify may refuse more writes than this dry run shows" in caplog.text) is is_said


def test_a_run_without_any_effect_is_not_the_last(target: Any, singer: Any, undo: Any) -> None:
    target([singer.schema("tags"), singer.record("tags", id=1, name="Rush")])
    target.box.faults([{"route": "PUT *", **_REFUSED}])
    refused = target([singer.schema("tags"), singer.record("tags", id=1, name="Other")])
    target.box.faults([])
    assert refused.code == 1
    assert {one["status"] for one in target.report("last")} == {"refused"}
    assert undo().exit_code == 0
    assert not target.tables()["tags"]


def test_an_insert_that_the_run_changed_later_is_undone(target: Any, singer: Any, undo: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    dates = {"issuedDate": "2026-01-05T00:00:00Z", "dueDate": "2026-01-06T00:00:00Z"}
    invoice = {"number": "U-1", "clientId": "c", "currency": "USD", "status": "SENT", **dates}
    payment = {"invoiceId": "i", "amount": 500, "date": "2026-01-05T00:00:00Z", "note": "half"}
    period = {"dateRange": {"start": "2026-01-05T00:00:00Z", "end": "2026-01-11T23:59:59Z"}}
    kind = target.tables()["item_types"][0]
    approval = {"type": "TIMESHEET_AND_EXPENSE", "owner": {"userId": me}, "status": {"state": "APPROVED"}, **period}
    fields = {"name": "Floor", "type": "NUMBER", "entityType": "USER", "workspaceDefaultValue": 2}
    messages = [
        *_before(singer, me),
        *(singer.schema(one) for one in ("invoices", "invoice_payments", "custom_fields", "approval_requests")),
        singer.record("custom_fields", id="f", **fields),
        singer.record(
            "invoices",
            id="i",
            items=[{"unitPrice": 1000, "quantity": 100, "description": "work", "itemType": kind}],
            **invoice,
        ),
        singer.record("invoice_payments", id="y", **payment),
        singer.record("approval_requests", id="a", **approval),
    ]
    run = target(messages)
    assert run.code == 0, run.log
    planned, done = undo(dry_run=True), undo()
    told = [
        sorted(
            " ".join(line.removeprefix("would be ").split())
            for line in one.stdout.splitlines()
            if line[0] not in "+~- "
        )
        for one in (planned, done)
    ]
    assert told[0] == told[1]
    left = [line for line in told[1] if not line.startswith("taken back ")]
    kinds = {line.partition(" INSERT ")[2].split()[0] for line in left}
    held = {"time_entries", "projects", "clients", "tags", "expenses", "expense_categories"}
    assert kinds == {"approval_requests", *held}, left
    assert any("locked the expense" in line for line in left)
    assert any("withdraw the approval first" in line for line in left)
    assert any("time_entries belong or refer to it by now" in line for line in left)


def test_a_restored_member_without_rates_is_reported(target: Any, singer: Any, undo: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    target(_before(singer, me))
    [project] = target.box.ok("GET", "/workspaces/{ws}/projects")
    body = {"amount": 15000}
    assert target.box.ok("PUT", f"/workspaces/{{ws}}/projects/{project['id']}/users/{me}/hourly-rate", body)
    row = singer.record("RemoveProjectMembers", id="m", projectId="p", userIds=[me])
    assert target([singer.schema("projects"), singer.schema("RemoveProjectMembers"), row]).code == 0
    result = undo()
    assert result.exit_code == 1
    assert "taken back in part" in result.stdout
    assert "without their rates on the project" in result.stdout


def test_writes_that_cannot_be_undone_are_listed(target: Any, singer: Any, undo: Any) -> None:
    target(
        [
            singer.schema("users"),
            singer.schema("UpdateWorkspaceBillableRate"),
            singer.record("users", id="1", email="new@acme.example"),
            singer.record("UpdateWorkspaceBillableRate", id="r", amount=100, since=_GONE),
        ],
        allow_irreversible=True,
    )
    result = undo()
    assert result.exit_code == 1
    assert sorted(line.partition(":")[2].strip() for line in result.stdout.splitlines()) == [
        "Clockify deletes no user",
        f"no call takes back what UpdateWorkspaceBillableRate has changed, {_UNKNOWN}",
    ]
    assert undo("20260101T000000-abcdef").exit_code == 1


def _rates(singer: Any, me: str, amount: int) -> list[dict[str, Any]]:
    """Calls of each rate, the user's twice."""
    user = [singer.record("UpdateUserCostRate", id=key, userId=me, amount=amount + key) for key in (0, 1)]
    member = {"projectId": "p", "userId": me}
    return [
        *(singer.schema(one) for one in (*_RATES, "UpdateUserCostRate")),
        singer.record("UpdateWorkspaceBillableRate", id=1, amount=amount),
        singer.record("UpdateUserBillableRate", id=1, userId=me, amount=amount),
        singer.record("UpdateProjectUserBillableRate", id=1, amount=amount, **member),
        singer.record("UpdateProjectUserCostRate", id=1, amount=amount, **member),
        singer.record("UpdateTaskBillableRate", id=1, projectId="p", taskId="k", amount=amount),
        *user,
    ]


_RATES = (
    *("UpdateWorkspaceBillableRate", "UpdateUserBillableRate", "UpdateProjectUserBillableRate"),
    *("UpdateProjectUserCostRate", "UpdateTaskBillableRate"),
)


def _of_calls(target: Any) -> str:
    tables, rate = target.tables(), target.box.ok("GET", "/workspaces/{ws}")["hourlyRate"]
    names = ("clients", "projects", "tasks", "tags", "invoices", "members")
    return json.dumps([rate, *(tables[name] for name in names)], sort_keys=True)


def test_calls_that_update_an_object_are_undone(target: Any, singer: Any, undo: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    dates = {"issuedDate": "2026-01-05T00:00:00Z", "dueDate": "2026-01-06T00:00:00Z"}
    invoice = {"number": "U-1", "clientId": "c", "currency": "USD", "status": "SENT", **dates}
    estimates = {"timeEstimate": {"estimate": "PT9H", "type": "MANUAL", "active": True}}
    value = "SetUserCustomFieldValue"
    calls = ("ArchiveClient", "ArchiveTag", "MarkTaskDone", "ChangeInvoiceStatus", "SetProjectEstimate", value)
    first = [*_before(singer, me), *_rates(singer, me, 5000)]
    first += [singer.schema(one) for one in ("invoices", "custom_fields", value)]
    first.append(singer.record("custom_fields", id="f", name="Floor", type="NUMBER", entityType="USER"))
    first.append(singer.record(value, id=1, userId=me, customFieldId="f", value=1))
    run = target([*first, singer.record("invoices", id="i", **invoice)])
    assert run.code == 0, run.log
    before = _of_calls(target)
    messages = [
        *(singer.schema(one) for one in (*_TABLES, "invoices", "custom_fields", *calls)),
        *_rates(singer, me, 7000),
        singer.record(value, id=1, userId=me, customFieldId="f", value=2),
        singer.record("SetProjectEstimate", id=1, projectId="p", **estimates),
        singer.record("ChangeInvoiceStatus", id=1, invoiceId="i", invoiceStatus="UNSENT"),
        singer.record("ArchiveTag", id=1, tagId="h"),
        singer.record("MarkTaskDone", id=1, projectId="p", taskId="k"),
        singer.record("ArchiveClient", id=1, clientId="c", archiveProjects=True),
    ]
    done = target(messages)
    assert (done.code, done.rejects) == (0, []), done.log
    after = _of_calls(target)
    rehearsed = undo(dry_run=True, plan_path=None)
    assert rehearsed.stdout.count("would be taken back ") == 14, rehearsed.stdout
    assert rehearsed.exit_code == 0
    assert _of_calls(target) == after
    result = undo()
    assert result.exit_code == 0, result.output
    assert _of_calls(target) == before
    assert undo().exit_code == 0
    assert _of_calls(target) == after


def test_a_call_is_undone_only_with_values_in_the_journal(target: Any, singer: Any, undo: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    target([*_before(singer, me), *_rates(singer, me, 5000)[:-2]])
    since = singer.record("UpdateTaskBillableRate", id=1, projectId="p", taskId="k", amount=1, since=_GONE)
    cost = singer.record("UpdateUserCostRate", id=1, userId=me, amount=100)
    changed = singer.record("UpdateUserBillableRate", id=1, userId=me, amount=100)
    names = ("projects", "tasks", "UpdateTaskBillableRate", "UpdateUserCostRate", "UpdateUserBillableRate")
    assert target([*map(singer.schema, names), since, cost, changed]).code == 0
    assert target.box.ok("PUT", f"/workspaces/{{ws}}/users/{me}/hourly-rate", {"amount": 200})
    result = undo()
    assert result.exit_code == 1
    name = "UpdateTaskBillableRate"
    assert sorted(" ".join(line.split()) for line in result.stdout.splitlines()) == [
        "changed since CALL UpdateUserBillableRate 1: hourlyRate changed since",
        f"impossible CALL {name} 1: no call takes back what {name} has changed, {_UNKNOWN}",
        "impossible CALL UpdateUserCostRate 1: costRate cannot be emptied: set it by hand",
    ]


def test_a_lost_answer_while_undoing_doubles_nothing(target: Any, singer: Any, undo: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    target(_before(singer, me))
    before = _content(target)
    target(_mixed(singer, me))
    routes = ("DELETE *", "PUT *", "POST /workspaces/{ws}/tags", "POST /workspaces/{ws}/user/{u}/time-entries")
    target.box.faults([{"route": route, "nth": 1, "reset": True, "commit_then": True} for route in routes])
    result = undo()
    target.box.faults([])
    assert result.exit_code == 0, result.output
    assert _content(target) == before


def test_an_undo_that_is_repeated_restores_nothing_twice(target: Any, singer: Any, undo: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    target(_before(singer, me))
    before = _content(target)
    messages = [*_mixed(singer, me), singer.record("clients", id="c2", archived=True)]
    [run] = set(re.findall(r"Run (\S+): ", target(messages).log))
    after = _content(target)
    first = undo(run)
    assert (first.exit_code, _content(target)) == (0, before), first.output
    repeated = undo(run)
    assert (repeated.exit_code, _content(target)) == (0, before), repeated.output
    assert {line[:10] for line in repeated.stdout.splitlines()} == {"taken back"}
    assert len(repeated.stdout.splitlines()) == len(first.stdout.splitlines())
    assert repeated.stdout.count("by an earlier undo") == 7  # each that is not "gone already"
    undone = undo()
    assert (undone.exit_code, _content(target)) == (0, after), undone.output
    once_more = undo(run)
    assert (once_more.exit_code, _content(target)) == (0, before), once_more.output


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_an_undo_that_broke_off_is_completed(target: Any, singer: Any, undo: Any, nth: int) -> None:
    """The key is revoked at some request, also in the middle of the deletion of a project with archived tasks."""
    me = target.box.ok("GET", "/user")["id"]
    project = {"name": "Yard", "archived": True, "note": "n"}
    rows = [singer.record("projects", id="p", **project)]
    tasks = [singer.record("tasks", id=f"t{n}", projectId="p", name=f"Task {n}", status="DONE") for n in range(3)]
    entries = [singer.record("time_entries", id=f"e{n}", userId=me, timeInterval=_HOUR) for n in range(3)]
    schemas = [singer.schema(one) for one in ("projects", "tasks", "time_entries")]
    assert target([*schemas, *rows, *tasks, *entries]).code == 0
    before = _content(target)
    gone = [singer.record(one["stream"], id=one["record"]["id"], _sdc_deleted_at=_GONE) for one in (*rows, *entries)]
    [run] = set(re.findall(r"Run (\S+): ", target([*schemas, *gone]).log))
    target.box.faults([{"route": "POST *", "nth": nth, "status": 401}])
    assert undo(run).exit_code == 1
    target.box.faults([])
    done = undo(run)
    assert (done.exit_code, _content(target)) == (0, before), done.output


def test_last_is_refused_after_an_incomplete_undo(
    target: Any, singer: Any, undo: Any, caplog: pytest.LogCaptureFixture
) -> None:
    run = target([singer.schema("tags"), *(singer.record("tags", id=key, name=f"Tag {key}") for key in range(3))])
    [name] = set(re.findall(r"Run (\S+): ", run.log))
    target.box.faults([{"route": "DELETE /workspaces/{ws}/tags/{tagId}", "nth": 3, "status": 403}])
    assert undo().exit_code == 1
    target.box.faults([])
    refused = undo()
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert f"took back {name}, but not completely: name {name} to continue that undo" in caplog.text
    done = undo(name)
    assert done.exit_code == 0, done.output
    assert not target.tables()["tags"]


def test_the_undo_of_a_call_is_a_procedure() -> None:
    members = {
        "userIds": ["a"],
        "projectId": "p",
        "userGroupId": "g",
        "userId": "u",
        "policyId": "p",
        "categoryId": "c",
        "role": "TEAM_MANAGER",
        "entityId": "e",
    }
    given = {**members, "isTemplate": True, "archived": True, "status": "ACTIVE"}
    for one in PROCEDURES:
        if one.undone_by and (counter := one.undone_by(given)):
            found = find_procedure(counter[0])
            assert found is not None, one.name
            assert set(found.mandatory) <= counter[1].keys()
