"""Ambiguous input: it is refused with a message, or decided deterministically from existing data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

_ONE = "a" * 24
_HOUR = {"start": "2026-10-05T09:00:00Z", "end": "2026-10-05T10:00:00Z"}


@pytest.fixture
def people(target: Any) -> dict[str, str]:
    target.box.reset(scale="tiny")
    target.workspace = target.box.workspace_id
    users = target.box.ok("GET", "/workspaces/{ws}/users?page-size=200")
    return {row["name"].split()[0]: row["id"] for row in users if row["name"]}


def _project(target: Any, name: str) -> dict[str, Any]:
    projects = target.box.ok("GET", "/workspaces/{ws}/projects?page-size=500")
    found: dict[str, Any] = next(one for one in projects if one["name"] == name)
    return found


def test_a_call_is_decided_after_earlier_calls(target: Any, singer: Any, people: dict[str, str]) -> None:
    group = target.box.ok("POST", "/workspaces/{ws}/user-groups", {"name": "Night shift"})["id"]
    tag = target.box.ok("POST", "/workspaces/{ws}/tags", {"name": "Rush"})["id"]
    who = {"userGroupId": group, "userId": people["Mia"]}
    status = {"userId": people["Mia"]}
    streams = ("SetUserStatus", "AddUserToGroup", "RemoveUserFromGroup", "ArchiveTag", "tags")
    messages = [
        *(singer.schema(one) for one in streams),
        singer.record("SetUserStatus", id=1, **status, status="INACTIVE"),
        singer.record("AddUserToGroup", id=1, **who),
        singer.record("SetUserStatus", id=2, **status, status="ACTIVE"),
        singer.record("RemoveUserFromGroup", id=1, **who),
        singer.record("ArchiveTag", id=1, tagId=tag),
        singer.record("tags", id=tag, name="Rush", archived=False),
    ]
    result = target(messages)
    assert (result.code, result.rejects) == (0, []), result.log
    assert result.counts["SetUserStatus"] == {"called": 2}
    tables = target.tables()
    rows = {name: list(found.values()) if isinstance(found := tables[name], dict) else found for name in tables}
    assert next(one for one in rows["user_groups"] if one["id"] == group)["userIds"] == []
    assert next(one for one in rows["tags"] if one["id"] == tag)["archived"] is False
    mia = next(
        row for row in target.box.ok("GET", "/workspaces/{ws}/users?memberships=ALL") if row["name"] == "Mia Plain"
    )
    own = next(one for one in mia["memberships"] if one["membershipType"] == "WORKSPACE")
    assert own["membershipStatus"] == "ACTIVE"
    assert target(messages).writes == {}


@pytest.mark.parametrize(
    "fields",
    [
        {"hourlyRate": {"amount": 0, "currency": "EUR"}},
        {"hourlyRate__amount": 10000, "hourlyRate__currency": "EUR"},
        {"hourlyRate.amount": 10000, "hourlyRate.currency": "EUR"},
        {"hourly_rate_amount": 10000, "hourly_rate_currency": "EUR"},
    ],
)
def test_a_rate_in_another_currency_is_rejected_however_it_is_spelled(
    target: Any, singer: Any, people: dict[str, str], fields: dict[str, Any]
) -> None:
    assert people
    website = _project(target, "Website")
    result = target([singer.schema("projects"), singer.record("projects", id=website["id"], name="Website", **fields)])
    assert [one["error"] for one in result.rejects] == ["other_currency"]
    assert _project(target, "Website")["hourlyRate"] == website["hourlyRate"]


def test_a_flattened_rate_in_the_currency_in_force_is_written(target: Any, singer: Any, people: dict[str, str]) -> None:
    assert people
    website = _project(target, "Website")
    code = website["hourlyRate"]["currency"]
    row = {"id": website["id"], "name": "Website", "hourlyRate__amount": 10100, "hourlyRate__currency": code}
    result = target([singer.schema("projects"), singer.record("projects", **row)])
    assert (result.code, result.counts["projects"]) == (0, {"updated": 1})
    assert _project(target, "Website")["hourlyRate"] == {"amount": 10100, "currency": code}


def test_keys_that_two_streams_of_one_source_share_are_ambiguous(
    target: Any, singer: Any, people: dict[str, str]
) -> None:
    messages = [
        *(singer.schema(one) for one in ("users", "users2", "time_entries")),
        singer.record("users", id=401, email="kenji@tiny.example"),
        singer.record("users2", id=401, email="lia@tiny.example"),
        singer.record("time_entries", id=1, userId=401, timeInterval=_HOUR),
    ]
    settings = {"users2": {"object": "users"}}
    result = target(messages, streams=settings)
    assert result.counts["time_entries"] == {"rejected": 1}
    assert "2 users are called 401" in result.rejects[0]["message"]
    settings["users2"]["source"] = "other"
    assert target(messages, streams=settings).counts["time_entries"] == {"inserted": 1}
    entries = target.box.ok("GET", f"/workspaces/{{ws}}/user/{people['Kenji']}/time-entries?start=2026-10-05T00:00:00Z")
    assert any(one["timeInterval"]["start"] == _HOUR["start"] for one in entries)


@pytest.mark.parametrize("stream", ["time_entries", "AddInvoicePayment"])
def test_another_key_without_a_natural_key_is_refused(target: Any, singer: Any, stream: str) -> None:
    me = target.box.ok("GET", "/user")["id"]
    dates = {"issuedDate": "2026-01-01T00:00:00Z", "dueDate": "2026-02-01T00:00:00Z"}
    client = target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})["id"]
    body = {"number": "1", "clientId": client, "currency": "USD", **dates}
    invoice = target.box.ok("POST", "/workspaces/{ws}/invoices", body)["id"]
    rows = {
        "time_entries": {"userId": me, "timeInterval": _HOUR},
        "AddInvoicePayment": {"invoiceId": invoice, "amount": 100, "paymentDate": "2026-01-20"},
    }
    row = singer.record(stream, id=1, src="a", **rows[stream])
    assert target([singer.schema(stream, "id", "src"), row]).code == 0
    again = target([singer.schema(stream, "id"), row], streams={stream: {"rekey": True}})
    assert (again.code, again.writes) == (1, {})
    assert "has no natural key" in again.log or "have no natural key" in again.log


@pytest.mark.parametrize(
    "fields",
    [
        {"userId": "lia@tiny.example", "user_id": "kenji@tiny.example", "timeInterval": _HOUR},
        {"userId": "lia@tiny.example", "start": "2026-10-06T09:00:00Z", "timeInterval": _HOUR},
        {"userId": "lia@tiny.example", "description": "a", "Description": "b", "timeInterval": _HOUR},
        {"userId": "lia@tiny.example", "timeInterval": {"start": _HOUR["end"], "end": _HOUR["start"]}},
        {"userId": "lia@tiny.example", "start": "2026-10-05", "duration": 3600},
    ],
    ids=["two people", "two starts", "two descriptions", "ends before it starts", "no time of day"],
)
def test_an_entry_that_can_be_read_in_two_ways_is_rejected(
    target: Any, singer: Any, people: dict[str, str], fields: dict[str, Any]
) -> None:
    assert people
    result = target([singer.schema("time_entries"), singer.record("time_entries", id=1, **fields)])
    assert (result.writes, [one["error"] for one in result.rejects]) == ({}, ["invalid"])


def test_the_same_value_under_two_names_is_no_contradiction(target: Any, singer: Any, people: dict[str, str]) -> None:
    assert people
    row = {"userId": "lia@tiny.example", "user_id": "lia@tiny.example", "timeInterval": _HOUR, "start": _HOUR["start"]}
    assert target([singer.schema("time_entries"), singer.record("time_entries", id=1, **row)]).code == 0


def test_an_entry_without_an_end_stops_no_running_timer(target: Any, singer: Any, people: dict[str, str]) -> None:
    now = datetime.now(tz=UTC)
    who = {"userId": people["Lia"]}
    running = target.box.ok("GET", "/workspaces/{ws}/time-entries/status/in-progress")
    assert people["Lia"] in {one["userId"] for one in running}
    messages = [
        singer.schema("time_entries"),
        singer.record("time_entries", id=1, **who, start=f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"),
        singer.record(
            "time_entries", id=2, userId=people["Kenji"], start=f"{now + timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}"
        ),
    ]
    result = target(messages)
    assert [one["message"] for one in result.rejects] == [
        "userId has a running timer, which this entry without an end would stop: give it an end",
        "timeInterval needs an end or a duration, since it starts in the future",
    ]
    assert target.box.ok("GET", "/workspaces/{ws}/time-entries/status/in-progress") == running


@pytest.mark.parametrize("mark", ["9999-12-31T00:00:00Z", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"])
def test_a_deletion_date_that_means_never_deletes_nothing(target: Any, singer: Any, mark: str) -> None:
    tag = target.box.ok("POST", "/workspaces/{ws}/tags", {"name": "kept"})["id"]
    result = target([singer.schema("tags"), singer.record("tags", id=tag, name="kept", _sdc_deleted_at=mark)])
    assert (result.writes, [one["error"] for one in result.rejects]) == ({}, ["invalid"])


def test_an_object_that_another_row_refers_to_is_not_deleted(target: Any, singer: Any) -> None:
    client = target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})["id"]
    messages = [
        singer.schema("clients"),
        singer.schema("projects"),
        singer.record("clients", id=client, _sdc_deleted_at="2026-10-01T00:00:00Z"),
        singer.record("projects", id=5, name="New", clientId="Acme"),
    ]
    result = target(messages)
    assert [(one["stream"], one["error"]) for one in result.rejects] == [("clients", "in_use")]
    assert [one["id"] for one in target.box.ok("GET", "/workspaces/{ws}/clients")] == [client]


def test_whole_amounts_of_expenses_are_minor_units(target: Any, singer: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    target.box.ok("POST", "/workspaces/{ws}/expenses/categories", {"name": "Meals"})
    row = {"userId": me, "date": "2026-01-05", "categoryId": "Meals"}
    messages = [
        singer.schema("expenses"),
        singer.record("expenses", id=1, **row, amount=1250),
        singer.record("expenses", id=2, **row, amount="10.00"),
        singer.record("expenses", id=3, **row, amount=1000, quantity=9),
    ]
    result = target(messages)
    assert {one["key"] for one in result.rejects} == {"2", "3"}
    found = target.tables()["expenses"]
    [made] = found.values() if isinstance(found, dict) else found
    assert made["quantity"] == 12.5
    by_unit = target([messages[0], messages[2]], streams={"expenses": {"units": {"amount": "major"}}})
    assert by_unit.counts["expenses"] == {"inserted": 1}


def test_a_column_of_the_workspace_under_another_name_counts(target: Any, singer: Any) -> None:
    messages = [
        {**singer.schema("tags"), "schema": {"properties": {"id": {}, "name": {}, "ws": {}}}},
        singer.record("tags", id="1" * 24, name="one", ws=_ONE),
        singer.record("tags", id="2" * 24, name="two", ws="b" * 24),
    ]
    result = target(messages, streams={"tags": {"columns": {"ws": "workspaceId"}}})
    assert (result.code, result.writes) == (1, {})
    assert "rows of two workspaces" in result.log
    undeclared = target([singer.schema("tags"), singer.record("tags", id="3" * 24, name="three", workspace_id=_ONE)])
    assert (undeclared.writes, [one["error"] for one in undeclared.rejects]) == ({}, ["invalid"])
    assert target(messages, copy_from="nope").code == 1


def test_dry_run_and_run_agree_about_a_repeated_natural_key(target: Any, singer: Any) -> None:
    target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})
    messages = [
        singer.schema("clients"),
        singer.record("clients", id=1, name="Acme", note="first"),
        singer.record("clients", id=2, name="Acme", note="second"),
    ]
    plan = target(messages, dry_run=True)
    real = target(messages)
    assert (plan.code, len(plan.plan)) == (real.code, sum(real.writes.values())) == (1, 1)
    assert [one["error"] for one in plan.rejects] == [one["error"] for one in real.rejects] == ["duplicate"]


def test_two_streams_that_contradict_each_other_do_not_take_turns(target: Any, singer: Any) -> None:
    target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme", "note": "A"})
    settings = {one: {"object": "clients", "source": one} for one in ("crm", "erp")}
    messages = [
        *(singer.schema(one) for one in settings),
        singer.record("crm", id=1, name="Acme", note="A"),
        singer.record("erp", id=1, name="Acme", note="B"),
    ]
    for _ in range(2):
        target(messages, streams=settings)
    for _ in range(3):
        later = target(messages, streams=settings)
        assert (later.code, later.writes) == (1, {})
        assert [(one["stream"], one["error"]) for one in later.rejects] == [("crm", "conflict")]
        assert later.counts["erp"] == {"unchanged": 1}
    assert [one["note"] for one in target.box.ok("GET", "/workspaces/{ws}/clients")] == ["B"]
    agreeing = [*messages[:2], singer.record("crm", id=1, name="Acme", address="Main Street"), messages[3]]
    assert target(agreeing, streams=settings).code == 0


@pytest.mark.parametrize("stated", ["EUR", {"code": "EUR", "id": "7"}])
def test_the_currency_of_a_client_is_read_from_the_column_currency(
    target: Any, singer: Any, people: dict[str, str], stated: Any
) -> None:
    assert people
    messages = [
        singer.schema("clients"),
        singer.record("clients", id=1, name="Fjord Two", currency=stated),
        singer.record("clients", id=2, name="Nowhere", currency="XXX"),
    ]
    result = target(messages)
    assert [(one["key"], one["error"]) for one in result.rejects] == [("2", "no_such_currency")]
    rows = target.box.ok("GET", "/workspaces/{ws}/clients?name=Fjord%20Two")
    assert [row["currencyCode"] for row in rows] == ["EUR"]
    assert target(messages[:2]).writes == {}


def test_the_currency_of_a_client_of_the_same_run_is_in_force_for_its_projects(
    target: Any, singer: Any, people: dict[str, str]
) -> None:
    assert people
    rows = [singer.schema("clients"), singer.record("clients", id="c", name="Nord", currencyCode="EUR")]
    rows.append(singer.schema("projects"))
    for code in ("EUR", "USD"):
        rate = {"amount": 10000, "currency": code}
        rows.append(singer.record("projects", id=code, name=code, clientId="c", hourlyRate=rate))
    result = target(rows)
    assert [(one["record"]["id"], one["error"]) for one in result.rejects] == [("USD", "other_currency")]
    found = target.box.ok("GET", "/workspaces/{ws}/projects?name=EUR")
    assert [one["hourlyRate"] for one in found] == [{"amount": 10000, "currency": "EUR"}]
    night = [singer.schema("clients"), singer.record("clients", id="c", name="Nord", currencyCode="GBP")]
    night.append(singer.schema("projects"))
    for key, code in (("EUR", "EUR"), ("GBP", "GBP")):
        rate = {"amount": 20000, "currency": code}
        night.append(singer.record("projects", id=key, name=key, clientId="c", hourlyRate=rate))
    result = target(night)
    assert [(one["record"]["id"], one["error"]) for one in result.rejects] == [("EUR", "other_currency")]
    amounts = {row["name"]: row["hourlyRate"]["amount"] for row in target.tables()["projects"] if row["hourlyRate"]}
    assert (amounts["EUR"], amounts["GBP"]) == (10000, 20000)
