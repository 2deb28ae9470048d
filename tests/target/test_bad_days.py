"""Writes with unknown outcomes, and killed runs: no duplicates, no losses, no incomplete objects."""

from __future__ import annotations

import functools
import json
import os
import random
import re
import signal
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.postgres import postgres_for_tests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.prefork import Forked, Prefork

_COMMITTED = {"status": 500, "commit_then": True}
_LOST = {"status": 503}
_CUT = {"body": "truncated"}
_RESET = {"reset": True, "commit_then": True}
_DROPPED = {"reset": True}

_TABLES = (
    *("clients", "projects", "tasks", "tags", "user_groups", "time_entries", "expense_categories", "expenses"),
    *("invoices", "holidays", "time_off_policies", "time_off_requests", "assignments", "custom_fields"),
)
_CREATES = (
    *("clients", "projects", "projects/{p}/tasks", "tags", "user-groups", "user/{u}/time-entries", "holidays"),
    *("expenses/categories", "expenses", "invoices", "invoices/{i}/payments", "time-off/policies", "custom-fields"),
    *("scheduling/assignments/recurring", "time-off/policies/{p}/users/{u}/requests"),
)
_UNNAMED = ("user/{u}/time-entries", "expenses", "invoices/{i}/payments", "scheduling/assignments/recurring")
_FURTHER = (
    *("POST /workspaces/{ws}/invoices/{i}/items", "DELETE /workspaces/{ws}/invoices/{i}/items/{o}"),
    *("POST /workspaces/{ws}/user-groups/{g}/users", "PATCH /workspaces/{ws}/invoices/{i}/status"),
    *("PUT *", "PATCH /workspaces/{ws}/projects/*", "DELETE /workspaces/{ws}/projects/{p}"),
    "DELETE /workspaces/{ws}/user/{u}/time-entries",
)
_PER_UNIT = {
    "clients": 2,
    "projects": 2,
    "tasks": 3,
    "tags": 2,
    "user_groups": 2,
    "time_entries": 4,
    "invoices": 2,
    "expense_categories": 1,
    "expenses": 3,
    "holidays": 2,
    "time_off_policies": 1,
    "time_off_requests": 1,
    "assignments": 2,
    "custom_fields": 0,
}
_BETWEEN_LOOKS = 0.01  # seconds; polling without a pause would take time from the other processes
_OWN = {"id", "workspaceId", "color", "order", "createdAt", "seriesId", "approvalRequestId", "timeOffPeriod"}
_ID = re.compile("[0-9a-f]{24}")


@pytest.mark.parametrize(
    "fault",
    [_COMMITTED, _LOST, _CUT, _RESET, _DROPPED],
    ids=["committed", "lost", "cut", "reset", "dropped"],
)
def test_unknown_outcomes(target: Any, work: Any, fault: dict[str, Any]) -> None:
    """Some of every kind of write are never answered, creates among them whose object is there and whose is not."""
    routes = [*(f"POST /workspaces/{{ws}}/{path}" for path in _CREATES), *_FURTHER]
    if fault is _DROPPED:  # each is looked for with patience, so only such as do not wait for one another
        routes = [f"POST /workspaces/{{ws}}/{path}" for path in _UNNAMED]
    assert target(work.before(3)).code == 0
    target.box.faults([{"route": route, "nth": [1, 3], **fault} for route in routes])
    result = target(work.after(3))
    target.box.faults([])
    assert result.code == 0, result.log + str(result.rejects)
    assert_complete(target.tables(), 3)
    assert target(work.after(3)).writes == {}


def test_a_late_response(target: Any, work: Any) -> None:
    target.box.faults([{"route": "POST /workspaces/{ws}/user/{u}/time-entries", "nth": 2, "delay_ms": 1500}])
    assert target(work.before(2)).code == 0
    result = target(work.after(2), timeout_seconds=1)
    target.box.faults([])
    assert result.code == 0, result.log
    assert_complete(target.tables(), 2)


def test_many_rate_limit_refusals(target: Any, work: Any) -> None:
    target.box.faults([{"route": "POST *", "nth": [2, 3, 5], "status": 429, "retry_after": 0}])
    assert target(work.before(1)).code == 0
    assert target(work.after(1)).code == 0
    target.box.faults([])
    assert_complete(target.tables(), 1)


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A ledger of each kind, with its own way of waiting and locking."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ledger.db'}"
    else:
        with postgres_for_tests(tmp_path / "postgres") as server:
            yield server.sqlalchemy_url


@pytest.mark.slow
def test_killed_at_any_instant(
    target: Any, work: Any, tmp_path: Path, ledger_url: str, forks: Callable[[str], Prefork]
) -> None:
    """A thousand mixed changes in a run that is killed and restarted many times: the result is the same."""
    assert target(work.before(36), ledger_url=ledger_url).code == 0
    (tmp_path / "input").write_bytes(work.after(36))
    command = [*target.command(ledger_url=ledger_url), "--input", str(tmp_path / "input")]
    start = functools.partial(forks("target-clockify").start, command[1:])
    assert killed_until_done(target.box, start, tmp_path / "log", random.Random(5)) >= 4
    assert_complete(target.tables(), 36)
    assert target(work.after(36), ledger_url=ledger_url).writes == {}


def killed_until_done(box: Any, start: Callable[..., Forked], log: Path, instants: random.Random) -> int:
    """How often a program was killed and started again before it had written everything."""
    kills = 0
    while True:
        with Path(os.devnull).open("r+b") as nothing, log.open("wb") as stderr:
            process = start(stdin=nothing, stdout=nothing, stderr=stderr)
        # Not a time but a number of requests: the instant is the same on a slow machine.
        goal = box.stats()["requests"] + instants.randint(20, 700)
        while process.wait(_BETWEEN_LOOKS) is None and box.stats()["requests"] < goal:
            pass
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
            continue
        assert process.returncode == 0, log.read_text()
        return kills


def assert_complete(tables: dict[str, Any], count: int) -> None:
    """Every unit has made exactly what the first has, and that is what it should be."""
    for name, expected in _PER_UNIT.items():
        assert len(tables[name]) == expected * count, (name, len(tables[name]), expected * count)
    pictures = [_picture(tables, unit) for unit in range(count)]
    for unit, picture in enumerate(pictures):
        assert picture == pictures[0], (unit, picture - pictures[0], pictures[0] - picture)
    rows = {name: {row.get("name") or row.get("number"): row for row in tables[name]} for name in _TABLES}
    for unit in range(count):
        client, project = rows["clients"][f"Client #{unit}#"], rows["projects"][f"Project #{unit}#"]
        assert (client["ccEmails"], client["note"]) == (["a@acme.example"], "new")
        assert rows["clients"][f"Old client #{unit}#"]["note"] == "changed"
        assert (project["template"], project["timeEstimate"]["estimate"]) == (True, "PT10H")
        assert [member["hourlyRate"]["amount"] for member in project["memberships"]] == [4200]
        assert rows["tasks"][f"Old task #{unit}#"]["status"] == "DONE"
        assert rows["time_off_policies"][f"Policy #{unit}#"]["archived"] is False
        assert rows["tags"][f"Tag #{unit}#"]["archived"] is True
        new, old = rows["invoices"][f"N#{unit}#"], rows["invoices"][f"O#{unit}#"]
        assert [item["description"] for item in new["items"]] == ["first", "second", "third"]
        assert [item["description"] for item in old["items"]] == ["first", "other", "third", "fourth"]
        assert (new["note"], new["tax"], new["status"]) == ("thanks", 1900.0, "PARTIALLY_PAID")
        assert [payment["amount"] for payment in new["payments"]] == [500, 500]
        assert (len(rows["user_groups"][f"Group #{unit}#"]["userIds"]), old["status"]) == (1, "SENT")
        assert rows["user_groups"][f"Old group #{unit}#"]["userIds"] == []


def _picture(tables: dict[str, Any], unit: int) -> Counter[str]:
    """Everything that a unit has made, with names instead of ids so that all units are equal."""
    names = {row["id"]: row.get("name") or row.get("number") for table in _TABLES for row in tables[table]}
    mark = f"#{unit}#"

    def seen(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: seen(one) for key, one in value.items() if key not in _OWN}
        if isinstance(value, list):
            return [seen(one) for one in value]
        if isinstance(value, str) and _ID.fullmatch(value):
            return names.get(value) or "id"
        return value

    told = ((table, json.dumps(seen(row), sort_keys=True)) for table in _TABLES for row in tables[table])
    return Counter(f"{table} {row.replace(mark, '##')}" for table, row in told if mark in row)


class Work:
    """Input that makes, changes and deletes something of every kind; pairs of rows are alike to the letter."""

    def __init__(self, singer: Any, user: str, item: str) -> None:
        self._singer = singer
        self._user = user
        self._item = item

    def before(self, count: int) -> bytes:
        """What is to be changed or deleted later."""
        return self._messages(count, self._old)

    def after(self, count: int) -> bytes:
        """New rows, changed rows and deleted rows, 28 a unit, in any order."""
        return self._messages(count, self._new)

    def _messages(self, count: int, rows: Callable[[int], list[tuple[str, dict[str, Any]]]]) -> bytes:
        records = [(stream, row) for unit in range(count) for stream, row in rows(unit)]
        random.Random(count).shuffle(records)
        lines = [self._singer.schema(stream) for stream in dict(records)]
        lines += [self._singer.record(stream, **row) for stream, row in records]
        return b"\n".join(json.dumps(line).encode() for line in lines)

    def _old(self, n: int) -> list[tuple[str, dict[str, Any]]]:
        when = {"start": "2026-01-05T08:00:00Z", "end": "2026-01-05T09:00:00Z"}
        day = {"datePeriod": {"startDate": "2026-01-01", "endDate": "2026-01-01"}, "everyoneIncludingNew": True}
        entry = {"userId": self._user, "projectId": f"op{n}", **when}
        expense = {"userId": self._user, "categoryId": f"k{n}", "date": "2026-01-06", "quantity": 3}
        week = {"start": "2026-02-02T00:00:00Z", "end": "2026-02-06T23:59:59Z", "hoursPerDay": 4}
        return [
            ("clients", {"id": f"oc{n}", "name": f"Old client #{n}#", "note": "old"}),
            ("clients", {"id": f"dc{n}", "name": f"Gone client #{n}#"}),
            ("projects", {"id": f"op{n}", "name": f"Old project #{n}#", "clientId": f"oc{n}"}),
            ("projects", {"id": f"dp{n}", "name": f"Gone project #{n}#"}),
            ("tasks", {"id": f"ot{n}", "projectId": f"op{n}", "name": f"Old task #{n}#"}),
            ("tasks", {"id": f"dt{n}", "projectId": f"op{n}", "name": f"Gone task #{n}#"}),
            ("tags", {"id": f"og{n}", "name": f"Old tag #{n}#"}),
            ("tags", {"id": f"dg{n}", "name": f"Gone tag #{n}#"}),
            ("user_groups", {"id": f"ou{n}", "name": f"Old group #{n}#", "userIds": [self._user]}),
            ("time_entries", {"id": f"oe{n}", "description": f"old #{n}#", **entry}),
            ("time_entries", {"id": f"de{n}", "description": f"old #{n}#", **entry}),
            ("expense_categories", {"id": f"k{n}", "name": f"Category #{n}#"}),
            ("expenses", {"id": f"ox{n}", "notes": f"old #{n}#", **expense}),
            ("expenses", {"id": f"dx{n}", "notes": f"old #{n}#", **expense}),
            ("holidays", {"id": f"oh{n}", "name": f"Old day #{n}#", **day}),
            ("holidays", {"id": f"dh{n}", "name": f"Gone day #{n}#", **day}),
            ("assignments", {"id": f"oa{n}", "userId": self._user, "projectId": f"op{n}", "note": "old", **week}),
            ("custom_fields", {"id": f"df{n}", "name": f"Field #{n}#", "type": "TXT"}),
            ("invoices", self._invoice(f"oi{n}", f"O#{n}#", f"oc{n}", ("first", "second", "third"))),
        ]

    def _new(self, n: int) -> list[tuple[str, dict[str, Any]]]:
        member = {"userId": self._user, "hourlyRate": {"amount": 4200}}
        when = {"start": "2026-01-07T08:00:00Z", "end": "2026-01-07T09:00:00Z"}
        entry = {"userId": self._user, "projectId": f"p{n}", "taskId": f"t{n}", "tagIds": [f"og{n}"], **when}
        expense = {"userId": self._user, "categoryId": f"k{n}", "date": "2026-01-08", "quantity": 12.5}
        day = {"datePeriod": {"startDate": "2026-05-01", "endDate": "2026-05-01"}, "everyoneIncludingNew": True}
        week = {"start": "2026-03-02T00:00:00Z", "end": "2026-03-06T23:59:59Z", "hoursPerDay": 2}
        asked = {"period": {"start": str(date(2027, 1, 4) + timedelta(weeks=n)), "days": 1}}
        gone = {"_sdc_deleted_at": "2026-01-01"}
        return [
            ("clients", {"id": f"c{n}", "name": f"Client #{n}#", "note": "new", "ccEmails": ["a@acme.example"]}),
            ("clients", {"id": f"oc{n}", "note": "changed"}),
            ("clients", {"id": f"dc{n}", **gone}),
            (
                "projects",
                {
                    "id": f"p{n}",
                    "name": f"Project #{n}#",
                    "clientId": f"c{n}",
                    "template": True,
                    "timeEstimate": {"estimate": "PT10H", "type": "MANUAL", "active": True},
                    "memberships": [member],
                },
            ),
            ("projects", {"id": f"op{n}", "note": "changed", "billable": False}),
            ("projects", {"id": f"dp{n}", **gone}),
            ("tasks", {"id": f"t{n}", "projectId": f"p{n}", "name": f"Task #{n}#", "hourlyRate": 1000}),
            ("tasks", {"id": f"s{n}", "projectId": f"op{n}", "name": f"Task #{n}#", "billable": True}),
            ("tasks", {"id": f"ot{n}", "status": "DONE"}),
            ("tasks", {"id": f"dt{n}", **gone}),
            ("tags", {"id": f"g{n}", "name": f"Tag #{n}#", "archived": True}),
            ("tags", {"id": f"dg{n}", **gone}),
            ("user_groups", {"id": f"u{n}", "name": f"Group #{n}#", "userIds": [self._user]}),
            ("user_groups", {"id": f"ou{n}", "userIds": []}),
            *(("time_entries", {"id": f"e{n}{half}", "description": f"new #{n}#", **entry}) for half in "abc"),
            ("time_entries", {"id": f"oe{n}", "description": f"changed #{n}#"}),
            ("time_entries", {"id": f"de{n}", **gone}),
            *(("expenses", {"id": f"x{n}{half}", "notes": f"new #{n}#", **expense}) for half in "ab"),
            ("expenses", {"id": f"ox{n}", "notes": f"changed #{n}#"}),
            ("expenses", {"id": f"dx{n}", **gone}),
            ("holidays", {"id": f"h{n}", "name": f"Day #{n}#", **day}),
            ("holidays", {"id": f"oh{n}", "name": f"Changed day #{n}#"}),
            ("holidays", {"id": f"dh{n}", **gone}),
            ("custom_fields", {"id": f"df{n}", **gone}),
            ("assignments", {"id": f"a{n}", "userId": self._user, "projectId": f"p{n}", "note": "new", **week}),
            ("assignments", {"id": f"oa{n}", "hoursPerDay": 6}),
            (
                "time_off_policies",
                {
                    "id": f"o{n}",
                    "name": f"Policy #{n}#",
                    "everyoneIncludingNew": True,
                    "approve": {"requiresApproval": True},
                    "allowNegativeBalance": True,
                },
            ),
            ("time_off_requests", {"id": f"q{n}", "policyId": f"o{n}", "userId": self._user, "timeOffPeriod": asked}),
            ("invoices", self._invoice(f"i{n}", f"N#{n}#", f"c{n}", ("first", "second", "third"))),
            ("invoices", self._invoice(f"oi{n}", f"O#{n}#", f"oc{n}", ("first", "other", "third", "fourth"), "SENT")),
            *(
                ("invoice_payments", {"id": f"y{n}{half}", "invoiceId": f"i{n}", "amount": 500, "date": "2026-01-20"})
                for half in "ab"
            ),
        ]

    def _invoice(
        self, key: str, number: str, client: str, texts: tuple[str, ...], status: str | None = None
    ) -> dict[str, Any]:
        item = {"itemType": self._item, "quantity": 1, "unitPrice": 100000}
        return {
            "id": key,
            "number": number,
            "clientId": client,
            "currency": "USD",
            "note": "thanks",
            "taxPercent": 19,
            "issuedDate": "2026-01-01",
            "dueDate": "2026-02-01",
            "items": [{**item, "description": text} for text in texts],
            **({"status": status} if status else {}),
        }


@pytest.fixture
def work(target: Any, singer: Any) -> Work:
    return Work(singer, target.box.ok("GET", "/user")["id"], target.tables()["item_types"][0])
