"""Which row belongs to which object: keys by value, streams in any spelling, and no confusion."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from target_clockify.model.objects import BY_NAME
from target_clockify.scratch import Taken
from target_clockify.understand.route import Route

_HOUR = {"start": "2026-01-05T08:00:00Z", "end": "2026-01-05T09:00:00Z"}


def _rows(table: Any) -> list[dict[str, Any]]:
    return list(table.values()) if isinstance(table, dict) else list(table)


def _gone(singer: Any, stream: str, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = singer.record(stream, **fields, _sdc_deleted_at="2026-10-01T00:00:00Z")
    return found


# -- keys ----------------------------------------------------------------------------------------


@given(st.integers(-(10**30), 10**30))
def test_keys_are_compared_by_value(number: int) -> None:
    route = Route("tags", BY_NAME["tags"], ("id",), {})
    spellings = [f"{number}", f"{number}.0", f'"{number}"', f"{number}.000"]
    assert {_key(route, f'{{"id": {one}}}') for one in spellings} == {str(number)}
    pair = Route("tags", BY_NAME["tags"], ("id", "part"), {})
    assert len({_key(pair, f'{{"id": {one}, "part": {one}}}') for one in spellings}) == 1
    assert _key(route, '{"id": "007"}') == "007"
    assert _key(route, '{"id": 1.5}') == "1.5"


def _key(route: Route, raw: str) -> str:
    return route.glance(Taken(0, route.stream, 0, raw.encode())).key


def test_spellings_of_keys_and_streams_are_normalised(target: Any, singer: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    target.box.ok("POST", "/workspaces/{ws}/expenses/categories", {"name": "Meals"})
    row = {"userId": me, "date": "2026-01-05", "categoryId": "Meals", "quantity": 10}
    spelled = [("expenses", 7), ("Expenses", 7.0), ("EXPENSES", "7")]
    both = [message for name, key in spelled for message in (singer.schema(name), singer.record(name, id=key, **row))]
    assert target(both).code == 0
    for name, key in spelled:
        assert target([singer.schema(name), singer.record(name, id=key, **row)]).writes == {}
    assert len(_rows(target.tables()["expenses"])) == 1


def test_a_ledger_of_the_first_edition_is_migrated(target: Any, singer: Any) -> None:
    keys = ("crm", "number")
    messages = [singer.schema("Clients", *keys), singer.record("Clients", crm="a", number=7, name="Acme")]
    assert target(messages).counts["Clients"] == {"inserted": 1}
    ledger = sqlite3.connect(target.folder / "ledger.db")
    with ledger:
        ledger.execute("UPDATE clockify_rows SET stream = 'Clients', key = '[\"a\",7]'")
        ledger.execute("DELETE FROM clockify_ledger")
        ledger.execute("DELETE FROM clockify_streams")
    ledger.close()
    renamed = [messages[0], singer.record("Clients", crm="a", number=7, name="Acme Ltd")]
    assert target(renamed).counts["Clients"] == {"updated": 1}


@pytest.mark.parametrize("stream", ["time_entries", "expenses", "invoice_payments", "AddInvoicePayment", "assignments"])
def test_a_stream_without_a_key_is_refused_if_its_rows_could_be_doubled(target: Any, singer: Any, stream: str) -> None:
    schema = {**singer.schema(stream), "key_properties": []}
    result = target([schema, singer.record(stream, userId="x", _sdc_batched_at="1")])
    assert (result.code, result.writes) == (1, {})
    assert f"{stream} has no key" in result.log
    assert f'"streams": {{"{stream}": {{"key": ["..."]}}}}' in result.log


def test_a_key_may_be_named_in_the_settings(target: Any, singer: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    schema = {**singer.schema("time_entries"), "key_properties": []}
    rows = [singer.record("time_entries", nr=n, userId=me, **_HOUR, _sdc_batched_at=n) for n in (1, 2)]
    streams = {"time_entries": {"key": ["nr"]}}
    assert target([schema, *rows], streams=streams).counts["time_entries"] == {"inserted": 2}
    later = [{**row, "record": {**row["record"], "_sdc_batched_at": "later"}} for row in rows]
    assert target([schema, *later], streams=streams).writes == {}


def test_rows_without_a_key_are_identified_by_their_natural_key(target: Any, singer: Any) -> None:
    schema = {**singer.schema("clients"), "key_properties": []}
    one = singer.record("clients", name="Acme", note="a", _sdc_batched_at="1")
    other = singer.record("clients", note="b", name="Acme", _sdc_batched_at="2")
    assert target([schema, one]).counts["clients"] == {"inserted": 1}
    assert target([schema, other, singer.activate("clients")], delete_missing=True).counts["clients"] == {"updated": 1}
    assert len(_rows(target.tables()["clients"])) == 1


def test_another_key_stops_before_anything_is_written(target: Any, singer: Any) -> None:
    rows = [singer.record("projects", id=n, src="a", name=f"Project {n}") for n in range(3)]
    assert target([singer.schema("projects", "id", "src"), *rows]).code == 0
    changed = [singer.schema("projects", "id"), *rows, singer.activate("projects")]
    stopped = target(changed, delete_missing=True)
    assert (stopped.code, stopped.writes, stopped.rejects) == (1, {}, [])
    assert "the key of projects was id, src and is id now" in stopped.log
    assert target([singer.schema("projects", "src", "id"), *rows]).writes == {}, "their order tells nothing"
    again = target(changed, delete_missing=True, streams={"projects": {"rekey": True}})
    assert (again.code, again.writes) == (0, {})
    assert target(changed, delete_missing=True).writes == {}
    assert len(_rows(target.tables()["projects"])) == 3


# -- natural keys --------------------------------------------------------------------------------


def test_a_row_with_a_new_key_takes_over_its_object(target: Any, singer: Any) -> None:
    schema = singer.schema("projects")
    assert target([schema, singer.record("projects", id="p1", name="Site", note="a")]).code == 0
    renumbered = [schema, singer.record("projects", id="P-0001", name="Site", note="b"), singer.activate("projects")]
    plan = target(renumbered, delete_missing=True, max_deletes=0, dry_run=True).plan
    assert [one["operation"] for one in plan] == ["UPDATE"]
    result = target(renumbered, delete_missing=True)
    assert (result.code, result.counts["projects"]) == (0, {"updated": 1})
    assert target(renumbered, delete_missing=True).writes == {}
    both = [schema, *(singer.record("projects", id=key, name="Site", note="c") for key in ("p1", "P-0001"))]
    result = target(both)
    assert [(one["key"], one["error"]) for one in result.rejects] == [("p1", "duplicate")]
    assert [one["note"] for one in _rows(target.tables()["projects"])] == ["c"]
    gone = target([schema, singer.activate("projects")], delete_missing=True, allow_empty=True)
    assert gone.counts["projects"] == {"deleted": 1}, "it is still what this ledger created"


def test_a_natural_key_matches_on_the_stated_fields(target: Any, singer: Any) -> None:
    acme, bolt = (target.box.ok("POST", "/workspaces/{ws}/clients", {"name": name})["id"] for name in ("Acme", "Bolt"))
    target.box.ok("POST", "/workspaces/{ws}/projects", {"name": "Site", "clientId": acme})
    schema, archive = singer.schema("projects"), singer.record("projects", id="crm-1", name="Site", archived=True)
    assert target([schema, archive]).counts["projects"] == {"updated": 1}
    target.box.ok("POST", "/workspaces/{ws}/projects", {"name": "Site", "clientId": bolt})
    ambiguous = target([schema, singer.record("projects", id="crm-2", name="Site", note="x")])
    assert [one["error"] for one in ambiguous.rejects] == ["ambiguous_match"]
    assert ambiguous.writes == {}
    assert len(_rows(target.tables()["projects"])) == 2


def test_two_streams_may_claim_one_object(target: Any, singer: Any) -> None:
    streams = {"crm": {"object": "clients"}, "billing": {"object": "clients"}}
    rows = [
        singer.record("crm", id=1, name="Acme", note="n"),
        singer.record("billing", id="B", name="Acme", email="a@b.c"),
    ]
    messages = [singer.schema("crm"), singer.schema("billing"), *rows]
    assert target(messages, streams=streams).code == 0
    assert target(messages, streams=streams).writes == {}
    [client] = target.box.ok("GET", "/workspaces/{ws}/clients")
    assert (client["note"], client["email"]) == ("n", "a@b.c")
    kept = target([singer.schema("crm"), _gone(singer, "crm", id=1)], streams=streams)
    assert kept.writes == {}
    assert "crm: 1 deletions were left out" in kept.log
    gone = target([singer.schema("billing"), _gone(singer, "billing", id="B")], streams=streams)
    assert gone.counts["billing"] == {"deleted": 1}


# -- the newest record ---------------------------------------------------------------------------


@pytest.mark.parametrize("between", [0, 3, 1200])
def test_the_newest_record_of_a_key_wins(target: Any, singer: Any, between: int) -> None:
    messages = [
        *(singer.schema(stream) for stream in ("tasks", "projects", "tags")),
        singer.record("tasks", id=1, projectId="p", name="Old", billable=True),
        *(singer.record("tags", id=n, name=f"tag {n}") for n in range(between)),
        singer.record("tasks", id=1, projectId="p", name="New"),
        singer.record("projects", id="p", name="Site"),
        singer.state(done=True),
    ]
    result = target(messages)
    assert (result.code, result.states) == (0, [{"done": True}])
    assert result.counts["tasks"] == {"inserted": 1, "superseded": 1}
    [task] = _rows(target.tables()["tasks"])
    assert (task["name"], task["billable"]) == ("New", True), "what the newest does not mention stays"
    assert result.writes["POST /workspaces/{ws}/projects/{projectId}/tasks"] == 1


# -- sources -------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", [True, False], ids=["source", "by name"])
def test_equal_keys_of_two_sources_are_kept_apart(target: Any, singer: Any, named: bool) -> None:  # noqa: FBT001
    target.box.reset(scale="tiny")
    target.workspace = target.box.workspace_id
    people = {one["email"]: one["id"] for one in target.box.ok("GET", "/workspaces/{ws}/users?page-size=50")}
    kenji, lia = (next(mail for mail in people if mail.startswith(name)) for name in ("kenji", "lia"))
    streams: dict[str, Any] = {
        "harvest_users": {"object": "users"},
        "toggl_users": {"object": "users"},
        "harvest_entries": {"object": "time_entries"},
        "toggl_entries": {"object": "time_entries"},
    }
    if named:
        streams = {name: {**one, "source": name.split("_")[0]} for name, one in streams.items()}
    users = [
        singer.schema("harvest_users"),
        singer.schema("toggl_users"),
        singer.record("harvest_users", id=401, email=kenji),
        singer.record("toggl_users", id=401, email=lia),
    ]
    entries = [
        singer.schema("harvest_entries"),
        singer.schema("toggl_entries"),
        singer.record("harvest_entries", id=1, userId=401, description="of harvest", **_HOUR),
        singer.record("toggl_entries", id=1, userId=401, description="of toggl", **_HOUR),
        singer.record("toggl_entries", id=2, userId=402, description="of nobody", **_HOUR),
    ]
    first = target([*users, *entries], streams=streams)
    assert [one["error"] for one in first.rejects] == ["unresolved"]
    found = Counter((one["description"], one["userId"]) for one in _rows(target.tables()["time_entries"]))
    assert found["of harvest", people[kenji]] == found["of toggl", people[lia]] == 1
    later = [singer.record("harvest_entries", id=9, userId=401, description="later", **_HOUR)]
    assert target([entries[0], *later], streams=streams).code == 0
    found = Counter((one["description"], one["userId"]) for one in _rows(target.tables()["time_entries"]))
    assert found["later", people[kenji]] == 1


# -- deletions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [None, "", " ", False, 0, 0.0, "0", "false", "False"], ids=repr)
def test_empty_deletion_marks_delete_nothing(target: Any, singer: Any, mark: Any) -> None:
    client = target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})["id"]
    row = singer.record("clients", id=client, name="Acme", note="x", _sdc_deleted_at=mark)
    assert target([singer.schema("clients"), row]).counts["clients"] == {"updated": 1}


@pytest.mark.parametrize("mark", [True, 1, "true", "yes", "missing", 1767225600, {}, [], "2026-13-01"], ids=repr)
def test_a_deletion_mark_that_is_not_a_timestamp_is_rejected(target: Any, singer: Any, mark: Any) -> None:
    client = target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})["id"]
    result = target([singer.schema("clients"), singer.record("clients", id=client, _sdc_deleted_at=mark)])
    assert [one["message"] for one in result.rejects] == [
        "_sdc_deleted_at must be a point in time in the past such as 2026-01-31T09:00:00Z, or null"
    ]
    assert result.writes == {}


def test_a_deletion_needs_to_know_its_object(target: Any, singer: Any) -> None:
    target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})
    schema, gone = singer.schema("clients"), _gone(singer, "clients", id=1, name="Acme")
    assert target([schema, gone]).counts["clients"] == {"unchanged": 1}
    asked = target([schema, gone], streams={"clients": {"operation": "delete"}})
    assert asked.counts["clients"] == {"unchanged": 1}
    asked = target([schema, gone], streams={"clients": {"operation": "delete", "match_on": ["name"]}})
    assert asked.counts["clients"] == {"deleted": 1}


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize("order", [1, -1], ids=["deletion first", "deletion last"])
def test_the_object_of_a_live_row_is_not_deleted(
    target: Any,
    singer: Any,
    known: bool,  # noqa: FBT001
    order: int,
) -> None:
    schema = singer.schema("clients")
    if known:
        target([schema, singer.record("clients", id=1, name="Acme")])
    else:
        target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})
    merge = [_gone(singer, "clients", id=1, name="Acme"), singer.record("clients", id=2, name="Acme")][::order]
    rehearsed = target([schema, *merge], dry_run=True)
    assert rehearsed.plan == []
    assert target([schema, *merge]).writes == {}
    assert [one["name"] for one in _rows(target.tables()["clients"])] == ["Acme"]
    assert target([schema, _gone(singer, "clients", id=1, name="Acme")]).writes == {}
    assert target([schema, _gone(singer, "clients", id=2)]).counts["clients"] == {"deleted": 1}


def test_an_interrupted_input_deletes_no_missing_rows(target: Any, singer: Any) -> None:
    schema = singer.schema("tags")
    versioned = [{**singer.record("tags", id=n, name=f"tag {n}"), "version": 1} for n in range(4)]
    target([schema, *versioned, singer.activate("tags", 1)], delete_missing=True)
    died = target([schema, singer.activate("tags", 1)], delete_missing=True)
    assert (died.code, died.writes) == (0, {})
    assert "tags: nothing is deleted as missing, since none of its records came" in died.log
    other = target([schema, *versioned[:1], singer.activate("tags", 2)], delete_missing=True)
    assert other.writes == {}
    assert "no record of the version that was activated came" in other.log
    same = target([schema, *versioned[:3], singer.activate("tags", 1)], delete_missing=True)
    assert same.counts["tags"] == {"unchanged": 3, "deleted": 1}
    everything = target([schema, singer.activate("tags", 3)], delete_missing=True, allow_empty=True)
    assert everything.counts["tags"] == {"deleted": 3}


# -- calls ---------------------------------------------------------------------------------------


@pytest.fixture
def invoice(target: Any) -> str:
    client = target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})["id"]
    dates = {"issuedDate": "2026-01-01T00:00:00Z", "dueDate": "2026-02-01T00:00:00Z"}
    body = {"number": "1", "clientId": client, "currency": "USD", **dates}
    return str(target.box.ok("POST", "/workspaces/{ws}/invoices", body)["id"])


def test_a_call_is_identified_by_its_parameters_in_any_spelling(target: Any, singer: Any, invoice: str) -> None:
    schema = singer.schema("AddInvoicePayment")
    first: dict[str, Any] = {
        "id": 1,
        "invoiceId": invoice,
        "amount": 1000,
        "paymentDate": "2026-01-20",
        "_sdc_extracted_at": "1",
    }
    spelled: list[dict[str, Any]] = [
        {
            "paymentDate": "2026-01-20T00:00:00Z",
            "amount": "1000",
            "invoiceId": "1",
            "id": "1",
            "_sdc_extracted_at": "2",
        },
        {"id": 1.0, "Invoice_Id": invoice, "AMOUNT": 1000, "payment_date": "2026-01-20T01:00:00+01:00", "note": ""},
    ]
    assert target([schema, singer.record("AddInvoicePayment", **first)]).counts["AddInvoicePayment"] == {"called": 1}
    for row in spelled:
        assert target([schema, singer.record("AddInvoicePayment", **row)]).writes == {}
    result = target([schema, singer.record("AddInvoicePayment", **{**first, "amount": 2000})])
    assert [one["error"] for one in result.rejects] == ["changed_call"]
    assert [one["amount"] for one in target.tables()["invoices"][0]["payments"]] == [1000]


@pytest.mark.parametrize("workers", [1, 16])
def test_calls_on_one_object_keep_the_order_of_the_input(target: Any, singer: Any, invoice: str, workers: int) -> None:
    item = {"invoiceId": invoice, "itemType": "Service", "quantity": 1, "unitPrice": 100, "applyTaxes": "NONE"}
    rows = [singer.record("AddInvoiceItem", id=n, **item, description=f"line {n}") for n in range(12)]
    assert target([singer.schema("AddInvoiceItem"), *rows], max_workers=workers).code == 0
    items = target.box.ok("GET", f"/workspaces/{{ws}}/invoices/{invoice}")["items"]
    lines = [one["description"] for one in sorted(items, key=lambda one: one["order"])]
    assert lines == [f"line {n}" for n in range(12)]


# -- rows of several workspaces ------------------------------------------------------------------

_ONE, _OTHER = "a" * 24, "b" * 24


def _copies(singer: Any, *workspaces: str) -> list[dict[str, Any]]:
    return [
        singer.record("tags", id=f"{n:024x}", workspaceId=workspace, name=f"tag {n}")
        for n, workspace in enumerate(workspaces)
    ]


@pytest.mark.parametrize("between", [0, 1500])
def test_rows_of_two_workspaces_stop_before_anything_is_written(target: Any, singer: Any, between: int) -> None:
    rows = _copies(singer, *[_ONE] * (between + 1), _OTHER)
    result = target([singer.schema("tags"), *rows, singer.state(x=1)])
    assert (result.code, result.writes, result.states) == (1, {}, [])
    assert f"rows of two workspaces, {_ONE} and {_OTHER}" in result.log
    assert "copy_from" in result.log


def test_the_workspace_to_copy_can_be_chosen(target: Any, singer: Any) -> None:
    rows = _copies(singer, _ONE, _OTHER, _ONE)
    result = target([singer.schema("tags"), *rows, singer.state(x=1)], copy_from=_ONE)
    assert (result.code, result.states) == (0, [{"x": 1}])
    assert result.counts["tags"] == {"inserted": 2, "skipped": 1}


def test_a_workspace_itself_counts_as_its_row(target: Any, singer: Any) -> None:
    rows = [singer.record("workspaces", id=one, name="W", hourlyRate={"amount": 1}) for one in (_ONE, _OTHER)]
    result = target([singer.schema("workspaces"), *rows])
    assert (result.code, result.writes) == (1, {})


def test_rows_of_the_destination_are_not_a_copy(target: Any, singer: Any) -> None:
    tag = target.box.ok("POST", "/workspaces/{ws}/tags", {"name": "own"})
    own = singer.record("tags", **{**tag, "name": "renamed"})
    messages = [singer.schema("tags"), own, *_copies(singer, _ONE, _ONE)]
    refused = target(messages)
    assert (refused.code, refused.writes) == (1, {})
    assert f"{target.workspace} and {_ONE}: name the one to copy in copy_from" in refused.log
    result = target(messages, copy_from=_ONE)
    assert result.counts["tags"] == {"updated": 1, "inserted": 2}


# -- what an update would reset ------------------------------------------------------------------


def test_an_update_keeps_fields_that_clockify_does_not_return(target: Any, singer: Any) -> None:
    schema, days = singer.schema("holidays"), {"startDate": "2026-05-01", "endDate": "2026-05-01"}
    made = singer.record("holidays", id=1, name="May", datePeriod=days, everyoneIncludingNew=True, color="#FF0000")
    assert target([schema, made]).code == 0
    renamed = target([schema, singer.record("holidays", id=1, name="First of May")])
    assert renamed.counts["holidays"] == {"updated": 1}
    [holiday] = _rows(target.tables()["holidays"])
    assert (holiday["name"], holiday["color"]) == ("First of May", "#FF0000")
    assert "back to the default" not in renamed.log
    target.forget()
    unknown = target([schema, singer.record("holidays", id=holiday["id"], name="Labour Day")])
    assert "holidays: an update sets color back to the default" in unknown.log


def test_an_entry_that_clockify_made_is_not_turned_into_another(target: Any, singer: Any) -> None:
    target.box.reset(scale="tiny")
    target.workspace = target.box.workspace_id
    made = [one for one in _rows(target.tables()["time_entries"]) if one["type"] in {"HOLIDAY", "TIME_OFF"}]
    assert {one["type"] for one in made} == {"HOLIDAY", "TIME_OFF"}
    rows = [singer.record("time_entries", id=one["id"], userId=one["userId"], description="x") for one in made]
    result = target([singer.schema("time_entries"), *rows])
    assert {one["error"] for one in result.rejects} == {"unsupported"}
    assert (len(result.rejects), result.writes) == (len(made), {})


# -- the command line ----------------------------------------------------------------------------


def test_a_failing_stream_map_is_one_line(target: Any, singer: Any) -> None:
    messages = [singer.schema("tags"), singer.record("tags", id=1, name="a")]
    for expression in ("int(name)", "name +", "nothing.at.all"):
        result = target(messages, stream_maps={"tags": {"name": expression}})
        assert result.code == 1
        assert "Traceback" not in result.log
        assert "stream_maps" in result.log
        assert result.writes == {}


def test_a_dry_run_from_the_command_line(target: Any, singer: Any) -> None:
    messages = [singer.schema("tags"), singer.record("tags", id=1, name="a"), singer.state(x=1)]
    lines = b"\n".join(json.dumps(one).encode() for one in messages)
    command = [*target.command(), "--dry-run"]
    ended = subprocess.run(command, input=lines, capture_output=True, check=False, timeout=60)
    assert (ended.returncode, ended.stdout) == (0, b""), ended.stderr
    assert b"1 would be inserted" in ended.stderr
    assert _rows(target.tables()["tags"]) == []


@pytest.mark.parametrize("operation", ["auto", "insert"])
def test_rows_refer_to_an_object_that_was_deleted_and_created_again(target: Any, singer: Any, operation: str) -> None:
    entry = {"userId": target.box.ok("GET", "/user")["id"], "projectId": "p", "taskId": "k"}
    hour = {"start": "2026-01-05T08:00:00Z", "end": "2026-01-05T09:00:00Z"}
    messages = [
        *(singer.schema(one) for one in ("projects", "tasks", "time_entries")),
        singer.record("time_entries", id="e", timeInterval=hour, **entry),
        singer.record("tasks", id="k", projectId="p", name="Design"),
        singer.record("projects", id="p", name="Site"),
    ]
    config = {"streams": {"time_entries": {"operation": operation}}}
    assert target(messages, **config).code == 0
    [project] = target.box.ok("GET", "/workspaces/{ws}/projects")
    target.box.ok("PUT", f"/workspaces/{{ws}}/projects/{project['id']}", {"name": "Site", "archived": True})
    target.box.ok("DELETE", f"/workspaces/{{ws}}/projects/{project['id']}")
    changed = [*messages[:3], *(singer.record(one["stream"], **one["record"], note="again") for one in messages[3:])]
    done = target(changed, **config)
    assert (done.code, done.rejects) == (0, []), done.log
    [project] = target.box.ok("GET", "/workspaces/{ws}/projects")
    [task] = target.box.ok("GET", f"/workspaces/{{ws}}/projects/{project['id']}/tasks")
    [kept] = target.tables()["time_entries"]
    assert (kept["projectId"], kept["taskId"]) == (project["id"], task["id"])
    assert target(changed, **config).writes == {}


def test_an_insert_stream_does_not_follow_a_reference_to_something_else(target: Any, singer: Any) -> None:
    """The first project, tag and task still exist: the row has changed, and rows of `insert` follow no change."""
    me = target.box.ok("GET", "/user")["id"]
    for name in ("One", "Two"):
        project = target.box.ok("POST", "/workspaces/{ws}/projects", {"name": name})["id"]
        target.box.ok("POST", f"/workspaces/{{ws}}/projects/{project}/tasks", {"name": f"Task {name}"})
        target.box.ok("POST", "/workspaces/{ws}/tags", {"name": name})
    streams = {"time_entries": {"operation": "insert"}}
    schema = singer.schema("time_entries")

    def entry(project: str, tag: str) -> dict[str, Any]:
        at = {"userId": me, "projectId": project, "taskId": f"Task {project}", "tagIds": [tag]}
        return dict(singer.record("time_entries", id=1, **at, **_HOUR))

    assert target([schema, entry("One", "One")], streams=streams).counts["time_entries"] == {"inserted": 1}
    [made] = target.tables()["time_entries"]
    for changed in (entry("Two", "One"), entry("One", "Two"), entry("Two", "Two")):
        assert target([schema, changed], streams=streams).counts["time_entries"] == {"unchanged": 1}
    body = {"start": _HOUR["start"], "end": _HOUR["end"]}  # somebody empties the fields
    target.box.ok("PUT", f"/workspaces/{{ws}}/time-entries/{made['id']}", body)
    assert target([schema, entry("Two", "Two")], streams=streams).writes == {}


def test_an_insert_stream_takes_changed_rows_with_lists_of_objects(target: Any, singer: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    body = {"name": "Ref", "type": "TXT", "entityType": "TIMEENTRY"}
    custom = target.box.ok("POST", "/workspaces/{ws}/custom-fields", body)["id"]
    streams = {one: {"operation": "insert"} for one in ("time_entries", "projects")}

    def rows(value: str, rate: int) -> list[dict[str, Any]]:
        values = [{"customFieldId": custom, "value": value}]
        members = [{"userId": me, "hourlyRate": {"amount": rate}}]
        return [
            singer.schema("time_entries"),
            singer.record("time_entries", id=1, userId=me, customFieldValues=values, **_HOUR),
            singer.schema("projects"),
            singer.record("projects", id="p", name="Site", memberships=members),
        ]

    assert target(rows("a", 100), streams=streams).code == 0
    again = target(rows("b", 200), streams=streams)
    assert (again.code, again.rejects, again.writes) == (0, [], {}), again.log
