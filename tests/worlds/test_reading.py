"""Reading everything, in every world: the same rows, and versions for the same streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tap_clockify.streams import STREAMS

from tests.worlds.conftest import WORLDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import StartSandbox
    from tests.tap.conftest import Run

    Runs = Callable[..., Run]

# Rows of these tell when they were read, or hold totals up to that moment.
_OF_THE_MOMENT = {"user_capacity_totals", "user_capacity_days", "assignment_project_totals"}
SELECTED = [stream.name for stream in STREAMS if stream.selected]
KEYS = {stream.name: stream.key for stream in STREAMS}


def _table(run: Run, stream: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    rows = run.records[stream]
    table = {tuple(row[name] for name in KEYS[stream]): row for row in rows}
    assert len(table) == len(rows), f"{stream} has rows of one key"
    return table


@pytest.fixture(scope="module")
def plain(untouched: Any, run_tap: Runs) -> Run:
    """What the default selection holds in the plain world."""
    return run_tap(untouched.origin)


@pytest.mark.parametrize("world", WORLDS)
def test_an_owner_reads_the_same_rows_and_versions_in_every_world(
    sandbox: StartSandbox,
    run_tap: Runs,
    plain: Run,
    world: str,
) -> None:
    box = sandbox(scale="tiny", world=WORLDS[world])
    run = run_tap(box.origin)
    assert run.code == 0
    assert run.complaints == []
    assert run.activated == plain.activated == set(SELECTED)
    hidden = world == "hidden-former-members"
    for stream in SELECTED:
        expected, found = _table(plain, stream), _table(run, stream)
        if hidden and stream != "time_entries":
            continue  # people who left, and what is read for each of them, are out of reach
        assert found.keys() == expected.keys(), stream
        if stream not in _OF_THE_MOMENT and not hidden:
            assert found == expected, stream


@pytest.mark.parametrize("world", WORLDS)
def test_a_free_plan_refuses_the_same_streams_in_every_world(
    sandbox: StartSandbox,
    run_tap: Runs,
    world: str,
) -> None:
    box = sandbox(scale="tiny", plan="FREE", world=WORLDS[world])
    run = run_tap(box.origin)
    assert run.code == 0, run.complaints
    refused = {line.split(" is incomplete")[0] for line in run.complaints}
    assert {"holidays", "expenses", "invoices", "assignments"} <= refused
    assert run.activated == set(SELECTED) - refused
    assert {"clients", "projects", "tasks", "tags", "time_entries", "users"} <= run.activated


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("key", ["sandbox-member-key", "sandbox-project-manager-key", "sandbox-limited-account-key"])
def test_a_members_key_reads_their_own_time_and_activates_nothing_without_state(
    sandbox: StartSandbox,
    run_tap: Runs,
    world: str,
    key: str,
) -> None:
    box = sandbox(scale="tiny", world={**WORLDS[world], "users_list": "admins"})
    me = box.ok("GET", "/user", key=key)["id"]
    run = run_tap(box.origin, api_key=key, streams=["users", "projects", "tasks", "time_entries"])
    assert run.code == 0, run.complaints
    assert not run.activated & {"users", "projects", "tasks", "time_entries"}
    seen = {row["workspaceId"] for row in run.records["projects"]}
    mine = {
        entry["id"]
        for workspace in box.dump()["workspaces"]
        if not seen or workspace["id"] in seen
        for entry in workspace["time_entries"]
        if entry["userId"] == me
    }
    assert mine <= {row["id"] for row in run.records["time_entries"]}
