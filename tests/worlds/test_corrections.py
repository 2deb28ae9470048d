"""Some corrections in every world: only these are written, and the second run writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.worlds.conftest import MEMBER_KEY, WORLDS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Sandbox, StartSandbox
    from tests.target.conftest import Messages, Result, TargetRunner

    Row = dict[str, Any]

TABLES = ("clients", "projects", "tasks", "tags", "time_entries", "expenses", "invoices", "holidays", "members")
SPRING_MORNING = {"start": "2026-03-09 09:00", "duration": "1:30"}  # the day after the clocks change in Los Angeles


def test_only_the_corrections_are_written(box: Sandbox, target: TargetRunner, singer: type[Messages]) -> None:
    before = target.tables()
    free = [row for row in before["time_entries"] if row["timeInterval"]["end"] and not row["isLocked"]]
    described, deleted = free[0]["id"], free[1]["id"]
    acme = _named(before["clients"], "Acme")
    harbour = _named(before["projects"], "Harbour, 'phase 1' 🚢️")
    messages = [
        singer.schema("clients"),
        singer.record("clients", id=acme, note="Pays late, «siempre»"),
        singer.schema("tags"),
        singer.record("tags", id="t1", name="Übergabe, 2. Teil"),
        singer.schema("projects", "name", "clientId"),
        singer.record(
            "projects",
            name="Harbour, 'phase 1' 🚢️",
            clientId='Fjord "North", Søn & Søn',
            note="by its names",
            hourlyRate={"amount": 8500, "currency": "EUR"},
        ),
        singer.schema("time_entries"),
        singer.record("time_entries", id=described, description="corrected — día"),
        singer.record("time_entries", id=deleted, _sdc_deleted_at="2026-11-25T06:00:00Z"),
        singer.record("time_entries", id="e1", userId="ada@tiny.example", projectId="Internal", **SPRING_MORNING),
        singer.record("time_entries", id="e2", userId=_user(box, "Lia West"), **SPRING_MORNING),
        singer.record("time_entries", id="e3", userId=_user(box, "Kenji Ōta"), **SPRING_MORNING),
    ]
    first = target(messages)
    assert (first.code, first.rejects) == (0, []), first.log
    after = target.tables()
    made = _made(before, after)
    assert _changes(before, after) == {
        "clients": {acme: {"note": "Pays late, «siempre»"}},
        "projects": {harbour: {"note": "by its names", "hourlyRate": {"amount": 8500, "currency": "EUR"}}},
        "time_entries": {described: {"description": "corrected — día"}},
    }
    assert _made(after, before) == {"time_entries": [next(row for row in free if row["id"] == deleted)]}
    assert [row["name"] for row in made.pop("tags")] == ["Übergabe, 2. Teil"]
    internal = _named(after["projects"], "Internal")
    assert {
        (row["userId"], row["timeInterval"]["start"], row["projectId"] or None) for row in made["time_entries"]
    } == {
        (_user(box, "Ada Owner"), "2026-03-09T08:00:00Z", internal),
        (_user(box, "Lia West"), "2026-03-09T16:00:00Z", None),
        (_user(box, "Kenji Ōta"), "2026-03-09T00:00:00Z", None),
    }
    assert {row["timeInterval"]["duration"] for row in made.pop("time_entries")} == {"PT1H30M"}
    assert made == {}

    second = target(messages)
    assert (second.code, second.writes, second.rejects) == (0, {}, []), second.log
    assert target.tables() == after


def test_an_amount_in_another_currency_is_rejected(target: TargetRunner, singer: type[Messages]) -> None:
    before = target.tables()
    harbour = _named(before["projects"], "Harbour, 'phase 1' 🚢️")
    website = next(row for row in before["projects"] if row["hourlyRate"] == {"amount": 9900, "currency": "USD"})
    result = target(
        [
            singer.schema("projects"),
            singer.record("projects", id=harbour, hourlyRate={"amount": 8500, "currency": "USD"}),
            singer.record("projects", id=website["id"], hourlyRate={"amount": 9950, "currency": "USD"}),
        ]
    )
    [reject] = result.rejects
    assert (result.code, reject["key"]) == (1, harbour)
    assert "must be in EUR, the currency in force" in reject["message"]
    assert _changes(before, target.tables()) == {
        "projects": {website["id"]: {"hourlyRate": {"amount": 9950, "currency": "USD"}}}
    }


def test_a_member_corrects_their_own_time_and_nothing_else(
    box: Sandbox, target: TargetRunner, singer: type[Messages]
) -> None:
    before = target.tables()
    mine, gone, *_ = _open_entries(before, of=_user(box, "Mia Plain"))
    theirs = _open_entries(before, of=_user(box, "Ben Admin"))[0]
    messages = [
        singer.schema("time_entries"),
        singer.record("time_entries", id=mine, description="corrected by its owner"),
        singer.record("time_entries", id=gone, _sdc_deleted_at="2026-11-25T06:00:00Z"),
        singer.record("time_entries", id=theirs, description="corrected by somebody else"),
        singer.schema("clients"),
        singer.record("clients", id="c1", name="Of a member"),
    ]

    def run() -> Result:
        result = target(messages, api_key=MEMBER_KEY)
        assert {reject["key"] for reject in result.rejects} == {theirs, "c1"}, result.log
        assert result.code == 1
        return result

    assert run().counts["time_entries"] == {"updated": 1, "deleted": 1, "rejected": 1}
    after = target.tables()
    assert _changes(before, after) == {"time_entries": {mine: {"description": "corrected by its owner"}}}
    assert [row["id"] for row in _made(after, before).pop("time_entries")] == [gone]
    assert _made(before, after) == {}
    assert run().counts["time_entries"] == {"unchanged": 2, "rejected": 1}
    assert target.tables() == after


def test_a_member_adds_time_of_their_own(box: Sandbox, target: TargetRunner, singer: type[Messages]) -> None:
    before = target.tables()
    me = _user(box, "Mia Plain")
    evening = {"start": "2026-11-24 20:00", "duration": "0:45"}
    messages = [singer.schema("time_entries"), singer.record("time_entries", id="mine", userId=me, **evening)]
    first = target(messages, api_key=MEMBER_KEY)
    assert (first.code, first.rejects) == (0, []), first.log
    [made] = _made(before, target.tables()).pop("time_entries")
    assert (made["userId"], made["timeInterval"]["start"]) == (me, "2026-11-24T20:00:00Z")
    assert target(messages, api_key=MEMBER_KEY).writes == {}


def test_a_deletion_of_a_hidden_object_is_rejected(box: Sandbox, target: TargetRunner, singer: type[Messages]) -> None:
    theirs = _open_entries(target.tables(), of=_user(box, "Ben Admin"))[0]
    gone = singer.record("time_entries", id=theirs, _sdc_deleted_at="2026-11-25T06:00:00Z")
    messages = [singer.schema("time_entries"), gone]
    result = target(messages, api_key=MEMBER_KEY)
    assert result.counts == {"time_entries": {"rejected": 1}}
    assert [one["error"] for one in result.rejects] == ["not_visible"]
    assert target(messages).counts == {"time_entries": {"deleted": 1}}
    assert target(messages, api_key=MEMBER_KEY).counts == {"time_entries": {"unchanged": 1}}, "the journal knows"


def test_a_member_deletes_own_time_twice(box: Sandbox, target: TargetRunner, singer: type[Messages]) -> None:
    me = _user(box, "Mia Plain")
    mine = _open_entries(target.tables(), of=me)[0]
    target.box.ok("DELETE", f"/workspaces/{{ws}}/time-entries/{mine}")
    gone = singer.record("time_entries", id=mine, userId=me, _sdc_deleted_at="2026-11-25T06:00:00Z")
    result = target([singer.schema("time_entries"), gone], api_key=MEMBER_KEY)
    assert result.counts == {"time_entries": {"unchanged": 1}}


@pytest.mark.parametrize("world", WORLDS)
def test_rows_of_features_outside_the_plan_are_rejected_and_the_rest_is_written(
    sandbox: StartSandbox, world: str, runner: type[TargetRunner], singer: type[Messages], tmp_path: Path
) -> None:
    target = runner(sandbox(scale="tiny", plan="FREE", world=WORLDS[world]), tmp_path)
    before = target.tables()
    new_year = {"startDate": "2027-01-01", "endDate": "2027-01-01"}
    messages = [
        singer.schema("holidays"),
        singer.record("holidays", id="h1", name="New Year", datePeriod=new_year, everyoneIncludingNew=True),
        singer.schema("expense_categories"),
        singer.record("expense_categories", id="x1", name="Ferries"),
        singer.schema("clients"),
        singer.record("clients", id="c1", name="On a free plan"),
    ]
    first = target(messages)
    assert first.code == 1
    assert {(reject["stream"], reject["error"]) for reject in first.rejects} == {
        ("holidays", "not_permitted"),
        ("expense_categories", "not_permitted"),
    }
    after = target.tables()
    assert _changes(before, after) == {}
    assert {table: [row["name"] for row in rows] for table, rows in _made(before, after).items()} == {
        "clients": ["On a free plan"]
    }
    second = target(messages)
    assert (second.writes, len(second.rejects)) == ({}, 2)


def _open_entries(workspace: Row, of: str) -> list[str]:
    """The ids of somebody's finished entries that are not locked, newest first."""
    rows = [row for row in workspace["time_entries"] if row["timeInterval"]["end"] and not row["isLocked"]]
    rows.sort(key=lambda row: str(row["timeInterval"]["start"]), reverse=True)
    return [row["id"] for row in rows if row["userId"] == of]


def _user(box: Sandbox, name: str) -> str:
    return str(_named(box.dump()["users"], name))


def _named(rows: list[Row], name: str) -> str:
    """The id of the only row of a name."""
    [found] = [row["id"] for row in rows if row["name"] == name]
    return str(found)


def _by_id(rows: list[Row]) -> dict[str, Row]:
    return {row.get("id") or row["userId"]: row for row in rows}


def _made(before: Row, after: Row) -> dict[str, list[Row]]:
    """The rows of one state that another one lacks, by table."""
    found = {table: _by_id(before[table]).keys() for table in TABLES}
    made = {table: [row for key, row in _by_id(after[table]).items() if key not in found[table]] for table in TABLES}
    return {table: rows for table, rows in made.items() if rows}


def _changes(before: Row, after: Row) -> dict[str, dict[str, Row]]:
    """What differs in rows that both states have: the new values, by table, id and field.

    Rates of time entries are left out, which follow those of projects, and custom fields without a value.
    """
    changes: dict[str, dict[str, Row]] = {}
    for table in TABLES:
        old = {key: _stated(row, table) for key, row in _by_id(before[table]).items()}
        for key, row in _by_id(after[table]).items():
            stated = _stated(row, table)
            differing = {name: value for name, value in stated.items() if key in old and old[key].get(name) != value}
            if differing:
                changes.setdefault(table, {})[key] = differing
    return changes


def _stated(row: Row, table: str) -> Row:
    if table != "time_entries":
        return row
    values = [value for value in row["customFieldValues"] if value["value"] is not None]
    kept = {name: value for name, value in row.items() if name not in {"hourlyRate", "costRate"}}
    return {**kept, "customFieldValues": values}
