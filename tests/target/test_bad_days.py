"""Writes whose outcome is unknown, runs that are killed: no duplicate, no loss, nothing half built."""

from __future__ import annotations

import json
import random
import signal
import subprocess
from typing import Any

import pytest

_COMMITTED = {"status": 500, "commit_then": True}
_LOST = {"status": 503}
_RESET = {"reset": True, "commit_then": True}
_DROPPED = {"reset": True}


@pytest.mark.parametrize("fault", [_COMMITTED, _LOST, _RESET, _DROPPED], ids=["committed", "lost", "reset", "dropped"])
@pytest.mark.parametrize(
    ("route", "table"),
    [
        ("POST /workspaces/{ws}/clients", "clients"),
        ("PUT /workspaces/{ws}/clients/{id}", "clients"),
        ("POST /workspaces/{ws}/user/{u}/time-entries", "time_entries"),
        ("POST /workspaces/{ws}/invoices", "invoices"),
        ("POST /workspaces/{ws}/invoices/{id}/items", "invoices"),
        ("POST /workspaces/{ws}/invoices/{id}/payments", "invoices"),
    ],
)
def test_unknown_outcomes(target: Any, work: Any, route: str, table: str, fault: dict[str, Any]) -> None:
    target.box.faults([{"route": route, "nth": [1, 3], **fault}])
    result = target(work(3))
    target.box.faults([])
    assert result.code == 0, result.log + str(result.rejects)
    assert_complete(target.tables(), 3)
    assert table in target.tables()
    assert target(work(3)).writes == {}


def test_an_answer_that_comes_too_late(target: Any, work: Any) -> None:
    target.box.faults([{"route": "POST /workspaces/{ws}/user/{u}/time-entries", "nth": 2, "delay_ms": 1500}])
    result = target(work(2), timeout_seconds=1)
    target.box.faults([])
    assert result.code == 0, result.log
    assert_complete(target.tables(), 2)


def test_a_stream_of_refusals_for_the_rate(target: Any, work: Any) -> None:
    target.box.faults([{"route": "POST *", "nth": [2, 3, 5], "status": 429, "retry_after": 0}])
    assert target(work(1)).code == 0
    target.box.faults([])
    assert_complete(target.tables(), 1)


@pytest.mark.slow
def test_killed_at_any_instant(target: Any, work: Any, tmp_path: Any) -> None:
    (tmp_path / "input").write_bytes(work(25))
    command = [*target.command(), "--input", str(tmp_path / "input")]
    instants, kills = random.Random(5), 0
    requests = 0
    while True:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            # Not a time but a number of requests: the instant is the same on a slow machine.
            goal = requests + instants.randint(20, 120)
            while process.poll() is None and requests < goal:
                requests = target.box.stats()["requests"]
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                kills += 1
                continue
            assert process.returncode == 0
            break
    assert kills >= 3
    assert_complete(target.tables(), 25)
    assert target(work(25)).writes == {}


def assert_complete(tables: dict[str, Any], count: int) -> None:
    rows = {name: list(table.values()) if isinstance(table, dict) else table for name, table in tables.items() if table}
    for name in ("clients", "projects", "tasks", "tags", "user_groups"):
        names = sorted(row["name"] for row in rows[name])
        assert len(names) == count, name
        assert name == "tasks" or len(set(names)) == count
    assert len(rows["time_entries"]) == 2 * count
    assert sorted(invoice["number"] for invoice in rows["invoices"]) == sorted(f"N{n}" for n in range(count))
    for invoice in rows["invoices"]:
        assert [item["description"] for item in invoice["items"]] == ["first", "second"]
        assert (invoice["note"], invoice["tax"]) == ("thanks", 1900.0)
        assert [payment["amount"] for payment in invoice["payments"]] == [500]
    for client in rows["clients"]:
        assert client["ccEmails"] == ["a@acme.example"]
    assert all(len(group["userIds"]) == 1 for group in rows["user_groups"])


@pytest.fixture
def work(target: Any, singer: Any) -> Any:
    """Input that makes something of every kind of write; two entries of each pair are alike to the letter."""
    me = target.box.ok("GET", "/user")["id"]
    item = target.tables()["item_types"][0]

    def messages(count: int) -> bytes:
        streams = (
            "clients",
            "projects",
            "tasks",
            "tags",
            "time_entries",
            "user_groups",
            "invoices",
            "invoice_payments",
        )
        lines = [singer.schema(stream) for stream in streams]
        for n in range(count):
            items = [
                {"itemType": item, "description": text, "quantity": 1, "unitPrice": 100000}
                for text in ("first", "second")
            ]
            lines += [
                singer.record("clients", id=f"c{n}", name=f"Client {n}", ccEmails=["a@acme.example"]),
                singer.record("projects", id=f"p{n}", name=f"Project {n}", clientId=f"c{n}", template=True),
                singer.record("tasks", id=f"t{n}", projectId=f"p{n}", name="Task", hourlyRate=1000),
                singer.record("tags", id=f"g{n}", name=f"Tag {n}"),
                *(
                    singer.record(
                        "time_entries",
                        id=f"e{n}{half}",
                        userId=me,
                        projectId=f"p{n}",
                        start="2026-01-05T08:00:00Z",
                        end="2026-01-05T09:00:00Z",
                        tagIds=[f"g{n}"],
                    )
                    for half in "ab"
                ),
                singer.record("user_groups", id=f"u{n}", name=f"Group {n}", userIds=[me]),
                singer.record(
                    "invoices",
                    id=f"i{n}",
                    number=f"N{n}",
                    clientId=f"c{n}",
                    currency="USD",
                    issuedDate="2026-01-01",
                    dueDate="2026-02-01",
                    note="thanks",
                    taxPercent=19,
                    items=items,
                ),
                singer.record("invoice_payments", id=f"y{n}", invoiceId=f"i{n}", amount=500, date="2026-01-20"),
            ]
        return b"\n".join(map(_encoded, lines))

    return messages


def _encoded(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode()
