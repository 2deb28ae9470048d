"""Nights of `tap-clockify | target-postgres` with STATE kept: tables follow Clockify, or a log line says why not."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from click.testing import CliRunner
from psycopg import sql
from target_postgres.target import TargetPostgres

from tests.worlds.conftest import MEMBER_KEY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from demo.warehouse import Warehouse
    from tests.conftest import Sandbox
    from tests.tap.conftest import Run

    Tables = dict[str, dict[str, str | None]]

COLUMNS = {
    "clients": "name",
    "projects": "clientId",
    "tags": "name",
    "tasks": "name",
    "users": "name",
    "time_entries": "description",
    "expenses": "notes",
}
"""A column that is compared, by stream; the rows are told apart by `id`, those of users by their workspace too."""


class Nights:
    """Runs of the tap into one schema of PostgreSQL, each with the STATE of the previous run."""

    def __init__(self, box: Sandbox, run_tap: Callable[..., Run], warehouse: Warehouse, folder: Path) -> None:
        self._box, self._run_tap, self._warehouse = box, run_tap, warehouse
        self._state, self._config, self._input = (folder / name for name in ("state.json", "target.json", "tap.jsonl"))
        location = {"sqlalchemy_url": warehouse.sqlalchemy_url, "default_target_schema": warehouse.schema}
        self._config.write_text(json.dumps({**location, "hard_delete": True}))

    def __call__(self, **settings: Any) -> Run:
        """Read and load."""
        options = ["--state", str(self._state)] if self._state.exists() else []
        run = self._run_tap(self._box.origin, streams=COLUMNS, options=options, **settings)
        assert run.code == 0, run.log
        self._input.write_text("\n".join(json.dumps(message) for message in run.messages))
        # The program `target-postgres` in this process: to start it takes longer than to load.
        arguments = ["--config", str(self._config), "--input", str(self._input)]
        loaded = CliRunner().invoke(TargetPostgres.get_singer_command(), arguments, catch_exceptions=False)
        assert loaded.exit_code == 0, loaded.stderr
        self._state.write_text(loaded.stdout.splitlines()[-1])
        return run

    def tables(self) -> Tables:
        """What PostgreSQL holds."""
        with psycopg.connect(self._warehouse.uri) as connection:
            return {stream: dict(connection.execute(self._query(stream)).fetchall()) for stream in COLUMNS}

    def _query(self, stream: str) -> sql.Composed:
        key = sql.SQL("\"workspaceId\" || ' ' || id") if stream == "users" else sql.Identifier("id")
        table = sql.Identifier(self._warehouse.schema, stream)
        return sql.SQL("select {}, {} from {}").format(key, sql.Identifier(COLUMNS[stream]), table)


@pytest.fixture
def nights(box: Sandbox, world: str, run_tap: Callable[..., Run], postgres: Warehouse, tmp_path: Path) -> Nights:
    return Nights(box, run_tap, dataclasses.replace(postgres, schema=world), tmp_path)


@pytest.mark.slow
def test_tables_follow_deletions_and_keep_rows_hidden_from_the_key(box: Sandbox, world: str, nights: Nights) -> None:
    unlisted = _former_members(box) if world == "hidden-former-members" else set()
    assert nights().activated == COLUMNS.keys()
    first = nights.tables()
    assert first == _held(box, unlisted)

    gone = _change_some(box)
    left = _remove_from_the_list_of_users(box)
    run = nights()
    assert (run.complaints, run.activated) == ([], set(COLUMNS))
    second = nights.tables()
    assert second == _held(box, {*unlisted, left})
    assert {stream: set(first[stream]) - set(second[stream]) for stream in gone} == gone
    box.faults([])

    # Somebody else's key is configured, who has no role in one workspace and is no member of the other.
    run = nights(api_key=MEMBER_KEY)
    assert not run.activated
    assert {line.split(" is incomplete")[0] for line in run.complaints} >= set(COLUMNS)
    third = nights.tables()
    assert {stream: third[stream].keys() for stream in COLUMNS} == {stream: second[stream].keys() for stream in COLUMNS}
    assert third == second


def _held(box: Sandbox, without_users: set[str]) -> Tables:
    """What Clockify holds, without users whom no list names."""
    dump = box.dump()
    names = {user["id"]: user["name"] for user in dump["users"]}
    held: Tables = {stream: {} for stream in COLUMNS}
    for workspace in dump["workspaces"]:
        for stream in COLUMNS.keys() - {"users"}:
            held[stream].update({row["id"]: row[COLUMNS[stream]] for row in workspace[stream]})
        members = {member["userId"] for member in workspace["members"]} - without_users
        held["users"].update({f"{workspace['id']} {user}": names[user] for user in members})
    held["projects"] = {project: client or None for project, client in held["projects"].items()}
    return held


def _former_members(box: Sandbox) -> set[str]:
    return {user["id"] for user in box.dump()["users"] if user["status"] in {"DELETED", "LIMITED_DELETED"}}


def _change_some(box: Sandbox) -> dict[str, set[str]]:
    """Delete, change and create rows as the owner; return the ids of what is deleted, by stream."""
    workspace = box.dump()["workspaces"][0]
    me = box.ok("GET", "/user")["id"]
    free = [row for row in workspace["time_entries"] if row["timeInterval"]["end"] and not row["isLocked"]]
    deleted, other = free[0], free[-1]
    changed = next(row for row in free if row["userId"] == me)
    assert changed["id"] not in {deleted["id"], other["id"]}
    tag = workspace["tags"][0]
    client = next(row for row in workspace["clients"] if row["name"] == "Cumulus")
    interval = changed["timeInterval"]
    box.ok("DELETE", f"/workspaces/{{ws}}/time-entries/{deleted['id']}")
    box.ok("DELETE", f"/workspaces/{{ws}}/time-entries/{other['id']}")
    body = {"start": interval["start"], "end": interval["end"], "description": "Changed, día 2"}
    box.ok("PUT", f"/workspaces/{{ws}}/time-entries/{changed['id']}", {**changed, **body})
    box.ok("POST", "/workspaces/{ws}/time-entries", {**body, "description": "Created between two nights"})
    box.ok("DELETE", f"/workspaces/{{ws}}/tags/{tag['id']}")
    box.ok("POST", "/workspaces/{ws}/tags", {"name": "created between two nights"})
    box.ok("PUT", f"/workspaces/{{ws}}/clients/{client['id']}", {"name": client["name"], "archived": True})
    box.ok("DELETE", f"/workspaces/{{ws}}/clients/{client['id']}")
    return {"time_entries": {deleted["id"], other["id"]}, "tags": {tag["id"]}, "clients": {client["id"]}}


def _remove_from_the_list_of_users(box: Sandbox) -> str:
    """Let the list of the first workspace's users lack somebody with entries: no call of the API removes a member.

    Returns:
        The user's id.
    """
    options = box.world()
    box.world(page_cap=0)
    query = "memberships=ALL&include-roles=true&page-size=5000&status=ALL"
    statuses = "ACTIVE,PENDING_EMAIL_VERIFICATION,DELETED,NOT_REGISTERED,LIMITED,LIMITED_DELETED"
    listed = box.ok("GET", f"/workspaces/{{ws}}/users?{query}&account-statuses={statuses}")
    box.world(**options)
    left = next(user["id"] for user in listed if user["name"] == "Ivan Inactive")
    answer = {"status": 200, "body": json.dumps([user for user in listed if user["id"] != left])}
    route = f"GET /workspaces/{box.workspace_id}/users"
    box.faults([{"route": route, "nth": "every", "headers": {"Last-Page": "true"}, **answer}])
    return str(left)
