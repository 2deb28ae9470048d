"""The target accepts the tap's output in every world: unchanged rows write nothing, a copy is equal."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from tests.target.test_round_trip import NOT_COPIED, NOT_WRITTEN, invite

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Sandbox
    from tests.target.conftest import TargetRunner


def test_rows_that_were_read_are_unchanged(target: TargetRunner, tap_output: bytes) -> None:
    before = target.tables()
    for _ in range(2):
        result = target(tap_output)
        assert (result.code, result.writes, result.rejects) == (0, {}, []), result.log
        assert {what for counts in result.counts.values() for what in counts} == {"unchanged"}
    assert target.tables() == before


def test_a_copy_is_equal_and_is_made_once(
    box: Sandbox, world: str, runner: type[TargetRunner], tap_output: bytes, tmp_path: Path
) -> None:
    target = runner(box, tmp_path, _workspace_for_a_copy(box, tap_output))
    plan = target(tap_output, dry_run=True)
    first = target(tap_output)
    assert {_kind_of_reject(one) for one in plan.rejects} == {_kind_of_reject(one) for one in first.rejects}
    planned = Counter((one["operation"], one["object"], one["key"]) for one in plan.plan)
    made = Counter((one["operation"], one["object"], one["key"]) for one in target.report("last"))
    assert made - planned == Counter()
    # Clockify itself gives a new policy its balances, which need not differ from those of the row then.
    assert {name for _, name, _ in planned - made} <= {"time_off_balances"}
    reasons = {(reject["stream"], reject["error"]) for reject in first.rejects}
    if world == "hidden-former-members":  # see below
        reasons = {(stream, error) for stream, error in reasons if error != "unresolved"}
    assert reasons <= NOT_COPIED
    rejected = {reject["key"] for reject in first.rejects}
    source = runner(box, tmp_path).tables()
    assert _content(target.tables(), set()) == _content(source, rejected)

    before = target.tables()
    again = target(tap_output)
    assert again.writes == {}
    assert {what for counts in again.counts.values() for what in counts} <= {"unchanged", *NOT_WRITTEN}
    assert {reject["key"] for reject in again.rejects} == rejected
    assert target.tables() == before


@pytest.mark.parametrize("world", ["hidden-former-members"], indirect=True)
def test_a_project_is_copied_without_a_member_whom_nobody_lists(
    box: Sandbox, runner: type[TargetRunner], tap_output: bytes, tmp_path: Path
) -> None:
    copy = _workspace_for_a_copy(box, tap_output)
    messages = [json.loads(line) for line in tap_output.splitlines()]
    needed = {"users", "user_groups", "clients", "projects", "custom_fields"}
    result = runner(box, tmp_path, copy)([message for message in messages if message.get("stream") in needed])
    assert result.rejects == []
    assert "users of projects" in result.log


def test_amounts_keep_their_currency_and_times_their_wall_clock(box: Sandbox, tap_output: bytes) -> None:
    messages = [json.loads(line) for line in tap_output.splitlines()]
    rows = {
        stream: [message["record"] for message in messages if _is_record(message, stream)]
        for stream in ("clients", "projects", "time_entries", "users")
    }
    [fjord] = [row for row in rows["clients"] if row["currencyCode"] == "EUR" and not row["archived"]]
    [harbour] = [row for row in rows["projects"] if row["clientId"] == fjord["id"]]
    assert harbour["hourlyRate"] == {"amount": 8000, "currency": "EUR"}
    [held] = [workspace for workspace in box.dump()["workspaces"] if workspace["id"] == box.workspace_id]
    entries = {row["id"]: row for row in held["time_entries"]}
    rates = {row["id"]: row["hourlyRate"] for row in rows["time_entries"] if "hourlyRate" in row}
    assert rates == {row: entries[row]["hourlyRate"] for row in rates}
    assert {"USD", "EUR"} <= {rate["currency"] for rate in rates.values()}
    members = {member["userId"] for member in held["members"]}
    without = {entries[row["id"]]["userId"] for row in rows["time_entries"] if row["id"] not in rates}
    assert not without & members, "only the report tells of people who were removed, and it has no rates"

    zones = {row["id"]: ZoneInfo(row["settings"]["timeZone"]) for row in rows["users"] if row["settings"]}
    seen = Counter(str(zones[row["userId"]]) for row in rows["time_entries"] if row["userId"] in zones)
    assert {"Europe/Belgrade", "America/Los_Angeles", "Asia/Tokyo"} <= seen.keys()
    clocks = {row["id"]: _clock(row, zones) for row in rows["time_entries"] if row["userId"] in zones}
    assert clocks == {row: _clock(entries[row], zones) for row in clocks}
    days = {(row["userId"], clocks[row["id"]][:10]) for row in rows["time_entries"] if row["id"] in clocks}
    in_utc = {(row["userId"], row["timeInterval"]["start"][:10]) for row in rows["time_entries"] if row["id"] in clocks}
    assert days != in_utc, "somebody works on another day than in UTC"


def _workspace_for_a_copy(box: Sandbox, tap_output: bytes) -> str:
    """A workspace with the same people, since the API cannot make people members."""
    messages = [json.loads(line) for line in tap_output.splitlines()]
    copy = str(box.ok("POST", "/workspaces", {"name": "Copy"})["id"])
    invite(box, copy, [message["record"] for message in messages if _is_record(message, "users")])
    return copy


def _clock(entry: dict[str, Any], zones: dict[str, ZoneInfo]) -> str:
    """The start of a time entry on its person's clock."""
    return f"{datetime.fromisoformat(entry['timeInterval']['start']).astimezone(zones[entry['userId']]):%Y-%m-%d %H:%M}"


def _kind_of_reject(reject: dict[str, Any]) -> tuple[str, str, str]:
    return reject["stream"], reject["key"], reject["error"]


def _is_record(message: dict[str, Any], stream: str) -> bool:
    return bool(message["type"] == "RECORD" and message["stream"] == stream)


def _content(workspace: dict[str, Any], rejected: set[str]) -> dict[str, Counter[Any]]:
    """What a workspace holds, by names instead of ids, without rows that were rejected."""

    def rows(table: str) -> list[dict[str, Any]]:
        return [row for row in workspace[table] if row["id"] not in rejected]

    names = {row["id"]: row["name"] for table in ("clients", "projects", "tasks", "tags") for row in workspace[table]}
    named = ("tags", "user_groups", "custom_fields", "expense_categories", "holidays", "time_off_policies", "webhooks")
    return {
        **{table: Counter(row["name"] for row in rows(table)) for table in named},
        "clients": Counter((row["name"], row["archived"], row["note"] or None) for row in rows("clients")),
        "projects": Counter((row["name"], names.get(row["clientId"]), row["archived"]) for row in rows("projects")),
        "tasks": Counter((row["name"], names[row["projectId"]], row["status"]) for row in rows("tasks")),
        "time_entries": Counter(
            (
                *(row["description"], row["timeInterval"]["start"], row["timeInterval"]["end"], row["billable"]),
                *(names.get(row["projectId"]), names.get(row["taskId"])),
                *sorted(names[tag] for tag in row["tagIds"] or ()),
            )
            for row in rows("time_entries")
        ),
        "invoices": Counter((row["number"], row["status"], len(row["payments"])) for row in rows("invoices")),
        "expenses": Counter((row["date"], row["notes"] or None, row["quantity"]) for row in rows("expenses")),
    }
