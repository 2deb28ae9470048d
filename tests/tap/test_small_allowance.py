"""A new Free workspace allows 30 requests an hour: what fits in, and how the rest is paced."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from clockify_client.throttle import Throttle
from tap_clockify.tap import TapClockify

from tests.tap.test_reading import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import StartSandbox

    Runs = Callable[..., Any]

ALLOWED = 30
PAID = {"expenses", "expense_categories", "invoices", "holidays", "time_off_policies", "assignments"}
SEVENTEEN = [
    *("workspaces", "users", "member_profiles", "user_groups", "clients", "projects", "tasks", "tags", "time_entries"),
    *PAID,
    *("invoice_payments", "user_capacity_days"),
]


@pytest.mark.parametrize("plan", ["FREE", "ENTERPRISE"])
def test_seventeen_objects_of_a_small_workspace_fit_in_one_hour(
    sandbox: StartSandbox, run_tap: Runs, plan: str
) -> None:
    box = sandbox("tiny", plan=plan, rate_per_hour=ALLOWED)
    workspace = box.workspace_ids[1]
    run = run_tap(
        box.origin,
        streams=SEVENTEEN,
        workspace_ids=[workspace],
        requests_per_hour=ALLOWED,
        tasks_from="hydrated_projects",
        suppress_extended_requests=True,
        policy_status="ALL",
        end_date="2027-06-01",
    )
    assert run.code == 0, run.log
    stats = box.stats()
    assert stats["requests"] <= ALLOWED
    assert "429" not in stats["by_status"]
    (state,) = (one for one in box.dump()["workspaces"] if one["id"] == workspace)
    refused = PAID if plan == "FREE" else set()
    for stream in TABLES.keys() & set(SEVENTEEN):
        table, key = TABLES[stream]
        stored = [] if stream in refused else [row[key] for row in state[table]]
        assert sorted(row.get("id", row.get("userId")) for row in run.records[stream]) == sorted(stored), stream


def test_a_read_of_several_hours_meets_no_refusal(
    sandbox: StartSandbox, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    box = sandbox("tiny", plan="FREE", rate_per_hour=ALLOWED)
    passed = 0.0  # seconds of the sandbox's clock, and so of the tap's

    def sleep(_: Throttle, seconds: float) -> None:
        nonlocal passed
        passed += seconds + 0.001
        box.clock(advance_seconds=seconds + 0.001)

    monkeypatch.setattr(Throttle, "_now", lambda _: passed)
    monkeypatch.setattr(Throttle, "_sleep", sleep)
    tap = TapClockify(config={"api_key": "sandbox-key", "api_url": box.api_url, "requests_per_hour": ALLOWED})
    tap.sync_all()
    written = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    entries = {one["record"]["id"] for one in written if one["type"] == "RECORD" and one["stream"] == "time_entries"}
    assert entries == {row["id"] for row in box.entries_of_members()}
    stats = box.stats()
    assert "429" not in stats["by_status"]
    hours = passed / 3600
    assert ALLOWED * (hours - 1) <= stats["requests"] <= ALLOWED * (hours + 1)
    assert hours > 1
