"""A run with deletions is taken back: the workspace is as before, except for ids and the exceptions in the table."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from target_clockify.model.objects import BY_NAME, OBJECTS
from target_clockify.target import TargetClockify

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_GONE = "2026-01-06T00:00:00Z"
_DELETABLE = [one.name for one in OBJECTS if one.delete]
_ID = re.compile(r"\b[0-9a-f]{24}\b")


@pytest.fixture(params=["plain", "capped", "spanish-400"])
def world(request: pytest.FixtureRequest) -> str:
    """The name of a world."""
    name: str = request.param
    return name


_UNTOLD = {
    *("createdAt", "updatedAt", "authToken", "seriesId", "fileId", "order"),
    *("author", "changedByUserId", "changedAt", "requesterUserId"),  # whose key it is, and when
}
_LOGS = {"audit_log", "changes", "webhook_logs", "webhook_statuses", "addon_webhooks", "features", "record"}


def differences(before: dict[str, Any], after: dict[str, Any], gone: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Yield where two dumps of a workspace differ, whatever the ids are: a table, the former id of a row, and what.

    Args:
        before: A dump.
        after: A later one.
        gone: The ids of rows that nothing in the later one stands for.
    """
    renewed: dict[str, str] = {}
    tables = [name for name in before if isinstance(before[name], list) and name not in _LOGS]
    lost: dict[str, list[dict[str, Any]]] = {}
    for name in tables:
        olds, news = ({_id(row): row for row in some[name] if isinstance(row, dict)} for some in (before, after))
        lost[name] = [row for key, row in olds.items() if key not in news]
        left = {key: row for key, row in news.items() if key not in olds}
        for row in (one for one in lost[name] if _id(one) not in gone):
            alike = max(left, key=lambda one: _likeness(row, left[one]), default=None)
            if alike is not None:
                renewed[alike] = _id(row)
                del left[alike]
        yield from ((name, key, "is new") for key in left)
    changed = json.loads(_ID.sub(lambda found: renewed.get(found[0], found[0]), json.dumps(after)))
    for name in tables:
        news = {_id(row): row for row in changed[name] if isinstance(row, dict)}
        for row in before[name]:
            if isinstance(row, dict) and (new := news.get(_id(row))) != row:
                if new is None:
                    yield name, _id(row), "is gone"
                    continue
                for field in row.keys() - _UNTOLD:
                    if _even(row[field]) != _even(new.get(field)):
                        yield name, _id(row), f"{field}: {json.dumps(row[field])} -> {json.dumps(new.get(field))}"


def _id(row: dict[str, Any]) -> str:
    return str(row.get("id") or row.get("userId"))


def _likeness(one: dict[str, Any], other: dict[str, Any]) -> int:
    same = [name for name in one if one[name] == other.get(name)]
    return len(same) + (20 if "name" in same else 0)


def _even(value: Any) -> Any:
    """Return a value without generated parts: ids and times of parts, their order, and different forms of "empty"."""
    if isinstance(value, dict):
        kept = {key: even for key, one in value.items() if key not in _UNTOLD and (even := _even(one)) is not None}
        if "date" in kept:
            kept.pop("id", None)  # of a payment, which is no row of a table
        if "membershipType" in kept:
            kept.pop("membershipStatus", None)  # that of the user
        return None if kept.get("amount") == 0 or ("customFieldId" in kept and "value" not in kept) else kept or None
    if isinstance(value, list):
        return sorted((even for one in value if (even := _even(one)) is not None), key=json.dumps) or None
    return value or None if value in ("", 0) and value is not False else value


def _undo(target: Any) -> Any:
    return CliRunner().invoke(TargetClockify.get_singer_command(), [*target.command()[1:], "--undo", "last"])


_DERIVED = {
    *(("time_entries", "hourlyRate"), ("time_entries", "costRate"), ("assignments", "excludeDays")),
    *(("time_off_requests", "balance"), ("time_off_requests", "balanceValueAtRequest")),
    ("balance_assignments", "note"),  # no list shows it
    ("user_groups", "teamManagers"),  # the sandbox keeps them apart from the roles
    ("clients", "currencyId"),  # the workspace's default says itself after an update
}
_BESIDE = {"files", "milestones"}  # the API makes neither: see the table in the documentation


def _unlisted(before: dict[str, Any], after: dict[str, Any], output: str) -> list[str]:
    """Return where a workspace is not as it was although no line of the table lists it."""
    impossible = {
        word.rstrip(":") for line in output.splitlines() if line[:10] == "impossible" for word in line.split()
    }
    listed = {
        word.rstrip(":") for line in output.splitlines() if line[:20].strip() != "taken back" for word in line.split()
    }
    members = {row["userId"] for row in before["members"]}
    left = {row["id"] for row in before["time_entries"] if row["userId"] not in members}  # no list shows their entries
    return [
        f"{name} {key} {what}"
        for name, key, what in differences(before, after, impossible)
        if key not in listed | left and name not in _BESIDE and (name, what.partition(":")[0]) not in _DERIVED
    ]


def _rows(tables: dict[str, Any], name: str) -> list[dict[str, Any]]:
    if name == "invoice_payments":
        return [{**one, "invoiceId": row["id"]} for row in tables["invoices"] for one in row["payments"]]
    return tables[name]  # type: ignore[no-any-return]


def _delete(target: Any, singer: Any, *doomed: tuple[str, dict[str, Any]]) -> Any:
    streams = dict.fromkeys(name for name, _ in doomed)
    scopes = {name: BY_NAME[name].scope for name in streams}
    rows = [
        singer.record(name, id=row["id"], **{one: row[one] for one in scopes[name]}, _sdc_deleted_at=_GONE)
        for name, row in doomed
    ]
    return target([*map(singer.schema, streams), *rows])


_CHOSEN = {
    "projects": "Website",
    "tags": "remote",
    "user_groups": "Crew",
    "time_off_policies": "Annual leave",
    "custom_fields": "Place",
}
"""The richest of a kind; of the others, whichever can be deleted."""


def _candidates(tables: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = _rows(tables, name)
    if name == "time_off_requests":  # a policy without approval approves each at once
        asked = {one["id"] for one in tables["time_off_policies"] if one["approve"]["requiresApproval"]}
        return [row for row in rows if row["policyId"] in asked and row["status"]["statusType"] == "PENDING"]
    return [row for row in rows if row.get("name") == _CHOSEN[name]] if name in _CHOSEN else rows


def test_each_deleted_object_is_restored_with_its_dependents(target: Any, singer: Any, world: str) -> None:
    for name in _DELETABLE if world == "plain" else ():
        before = target.tables()
        for row in _candidates(before, name)[:4]:
            if _delete(target, singer, (name, row)).code == 0:
                break
        else:
            pytest.fail(f"none of {name} can be deleted")
        output = _undo(target).output
        unlisted = _unlisted(before, target.tables(), output)
        assert not unlisted, "\n".join([name, *unlisted, output])


def test_a_run_of_all_deletions_is_taken_back(target: Any, singer: Any) -> None:
    before = target.tables()
    parents_first = sorted(_DELETABLE, key=("clients", "projects").__contains__, reverse=True)
    doomed = [(name, _candidates(before, name)[0]) for name in parents_first]
    done = _delete(target, singer, *doomed)
    assert done.counts["projects"] == done.counts["clients"] == done.counts["tasks"] == {"deleted": 1}, done.log
    rehearsed = CliRunner().invoke(
        TargetClockify.get_singer_command(), [*target.command(dry_run=True, plan_path=None)[1:], "--undo", "last"]
    )
    assert "would be taken back  DELETE tasks" in rehearsed.output
    output = _undo(target).output
    unlisted = _unlisted(before, target.tables(), output)
    assert not unlisted, "\n".join([*unlisted, output])


def test_objects_that_others_use_are_kept(target: Any, singer: Any) -> None:
    target([singer.schema("projects"), singer.record("projects", id="p", name="New one")])
    [project] = [row for row in target.tables()["projects"] if row["name"] == "New one"]
    target.box.ok("POST", f"/workspaces/{{ws}}/projects/{project['id']}/tasks", {"name": "By hand"})
    undone = _undo(target)
    assert undone.exit_code == 1
    assert "changed since        INSERT projects" in undone.output
    assert "1 tasks belong or refer to it by now" in undone.output
    assert [row["name"] for row in target.tables()["tasks"] if row["projectId"] == project["id"]] == ["By hand"]


def test_projects_archived_with_a_client_are_opened_again(target: Any, singer: Any) -> None:
    before = target.tables()
    [client] = [row for row in before["clients"] if row["name"] == "Acme"]
    row = singer.record("clients", id=client["id"], archived=True, archiveProjects=True, markTasksAsDone=True)
    assert target([singer.schema("clients"), row]).code == 0
    assert {one["archived"] for one in target.tables()["projects"] if one["clientId"] == client["id"]} == {True}
    undone = _undo(target)
    unlisted = _unlisted(before, target.tables(), undone.output)
    assert (undone.exit_code, unlisted) == (0, []), undone.output
