"""A run does exactly what the plan of the dry run shows, for rows of every kind and in every world."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.worlds.conftest import MEMBER_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.target.conftest import TargetRunner

_TOGGL = ("Email", "Client", "Project", "Task", "Description", "Start date", "Start time", "Duration", "Tags")
_DAY = "2026-03-{:02}"


@pytest.mark.parametrize("key", ["sandbox-key", MEMBER_KEY], ids=["admin", "member"])
def test_a_run_does_what_its_plan_says(target: TargetRunner, tap_output: bytes, key: str) -> None:
    messages = list(_mixed(target, tap_output))
    assert sum(one["type"] == "RECORD" for one in messages) == 200
    settings = {"streams": {"export": {"layout": "toggl"}}, "api_key": key}
    before = target.tables()
    plan = target(messages, dry_run=True, **settings)
    assert (plan.writes, target.tables()) == ({}, before)
    run = target(messages, **settings)
    if key == MEMBER_KEY:  # rules for roles are not shown: what is planned may be refused, and nothing else is done
        refused = {(one["stream"], one["key"]) for one in run.rejects if one["error"] == "not_permitted"}
        planned = [one for one in plan.plan if (one["stream"], one["key"]) not in refused]
        assert _asked(target.report("last"), "done") <= _asked(plan.plan)
        assert len(planned) >= _asked(target.report("last"), "done").total()
        assert "The key does not belong to an administrator" in plan.log
        return
    assert _asked(plan.plan) == _asked(target.report("last"), "done")
    assert {_kind_of_reject(one) for one in plan.rejects} == {_kind_of_reject(one) for one in run.rejects}
    again = target(messages, **settings)
    assert again.writes == {}


def _asked(writes: list[dict[str, Any]], status: str = "") -> Counter[tuple[str, str, str]]:
    done = [one for one in writes if not status or one["status"] == status]
    return Counter((one["operation"], one["object"], one["key"]) for one in done)


def _kind_of_reject(reject: dict[str, Any]) -> tuple[str, str, str]:
    return reject["stream"], reject["key"], reject["error"]


def _mixed(target: TargetRunner, tap_output: bytes) -> Iterator[dict[str, Any]]:
    """Two hundred rows: new ones that refer to later ones, changes, deletions, calls, rows of a file, wrong ones."""
    read = [json.loads(line) for line in tap_output.splitlines()]
    rows = {
        stream: [one["record"] for one in read if one["type"] == "RECORD" and one["stream"] == stream]
        for stream in ("users", "clients", "projects", "tags", "time_entries", "invoices")
    }
    me = target.box.ok("GET", "/user")
    user = me["id"]

    def schema(stream: str, *keys: str) -> dict[str, Any]:
        properties: dict[str, Any] = {name: {} for name in _TOGGL} if stream == "export" else {}
        return {"type": "SCHEMA", "stream": stream, "key_properties": list(keys), "schema": {"properties": properties}}

    def record(stream: str, **fields: Any) -> dict[str, Any]:
        return {"type": "RECORD", "stream": stream, "record": fields}

    yield from (schema(stream, "id") for stream in ("clients", "projects", "tasks", "tags", "time_entries"))
    for n in range(20):  # what they refer to comes after them
        start, end = (f"{_DAY.format(n + 1)}T{hour:02}:00:00Z" for hour in (9, 11))
        entry = {"userId": user, "start": start, "end": end, "projectId": f"p{n}", "tagIds": [f"g{n}"]}
        yield record("time_entries", id=f"e{n}", **entry, taskId=f"t{n}", description=f"Planned {n}")
        yield record("tasks", id=f"t{n}", projectId=f"p{n}", name=f"Step {n}")
    for n in range(20):
        yield record("projects", id=f"p{n}", clientId=f"c{n % 5}", name=f"Planned {n}", archived=n % 7 == 0)
        yield record("tags", id=f"g{n}", name=f"planned-{n}")
    yield from (record("clients", id=f"c{n}", name=f"Planned {n}") for n in range(5))
    mine = [row for row in rows["time_entries"] if row["userId"] == user and row["timeInterval"]["end"]]
    for n, row in enumerate(mine[:30]):
        change = {"_sdc_deleted_at": "2026-11-01T00:00:00Z"} if n % 3 == 0 else {"description": f"Changed {n}"}
        yield record("time_entries", **{**row, **change})
    yield from (record("tags", **{**row, "archived": True}) for row in rows["tags"][:3])
    yield schema("AddInvoicePayment", "id")
    [invoice, *_] = [row for row in rows["invoices"] if row["status"] == "SENT"]
    for n in range(3):
        payment = {"invoiceId": invoice["id"], "amount": 100 + n, "paymentDate": "2026-11-02"}
        yield record("AddInvoicePayment", id=n, **payment)
    yield record("AddInvoicePayment", id="wrong", invoiceId=invoice["id"], amount="1.50", paymentDate="2026-11-02")
    yield schema("export")
    for n in range(40):
        cells = (
            me["email"],
            f"Client {n % 4}",
            f"Project {n % 8}",
            f"Task {n % 3}",
            f"Row {n}",
            _DAY.format(n % 28 + 1),
        )
        yield record("export", **dict(zip(_TOGGL, (*cells, f"{12 + n % 5}:00:00", "00:30:00", "file"), strict=True)))
    rest = 200 - (40 + 40 + 5 + len(mine[:30]) + len(rows["tags"][:3]) + 4 + 40)
    for n in range(rest):  # wrong ones, each in its way
        wrong = [{"userId": "nobody"}, {"projectId": "none"}, {"start": "2026-02-30T09:00:00Z"}, {"duration": "1.5"}]
        entry = {"userId": user, "start": "2026-04-01T09:00:00Z", "end": "2026-04-01T10:00:00Z", **wrong[n % 4]}
        yield record("time_entries", id=f"w{n}", **entry)
