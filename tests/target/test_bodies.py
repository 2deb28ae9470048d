"""Requests for rows with few fields: nothing else changes, nothing is created twice, nothing is lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

_INVOICE = {
    "number": "R-1",
    "currency": "USD",
    "issuedDate": "2026-01-01",
    "dueDate": "2026-02-01",
    "clientId": "Acme",
}
_WEEK = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
_ENTRY = {"start": "2026-01-05T09:00:00Z", "end": "2026-01-05T10:00:00Z"}


def _rows(table: Any) -> list[Any]:
    return list(table.values()) if isinstance(table, dict) else table


def test_a_new_date_of_an_invoice_leaves_the_rest_of_the_document(target: Any, singer: Any) -> None:
    target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})
    schema = singer.schema("invoices")
    full = {**_INVOICE, "note": "Net 30", "subject": "March", "taxPercent": 8.2, "discountPercent": 5}
    assert target([schema, singer.record("invoices", id=1, **full)]).code == 0
    for change in ({"dueDate": "2026-03-01"}, {"currency": "EUR"}):
        assert target([schema, singer.record("invoices", id=1, **change)]).counts["invoices"] == {"updated": 1}
        [invoice] = _rows(target.tables()["invoices"])
        kept = {name: invoice[name] for name in ("note", "subject", "tax", "discount")}
        assert kept == {"note": "Net 30", "subject": "March", "tax": 820.0, "discount": 500.0}
    status = target([schema, singer.record("invoices", id=1, status="Sent")])
    assert status.requests["GET /workspaces/{ws}/invoices/{invoiceId}"] == 1, "since the answer is empty"
    same = target([schema, singer.record("invoices", id=1, taxPercent=8.2)])
    assert same.writes == {}


def test_a_new_invoice_keeps_what_its_settings_fill_in(target: Any, singer: Any) -> None:
    target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})
    target(
        [singer.schema("invoice_settings"), singer.record("invoice_settings", id=1, defaults={"notes": "Thank you"})]
    )
    target([singer.schema("invoices"), singer.record("invoices", id=1, **_INVOICE, taxPercent=19)])
    [invoice] = _rows(target.tables()["invoices"])
    assert (invoice["note"], invoice["tax"]) == ("Thank you", 1900.0)


def test_a_row_with_another_parent_creates_no_object(target: Any, singer: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    target.box.ok("POST", "/workspaces/{ws}/users?send-email=false", {"email": "bob@acme.example"})
    for name in ("One", "Two"):
        target.box.ok("POST", "/workspaces/{ws}/projects", {"name": name})
    schemas = [singer.schema("tasks"), singer.schema("time_entries")]

    def sent(project: str, user: str, **ids: Any) -> Any:
        task = singer.record("tasks", **{"id": "t", **ids.get("task", {})}, name="Paint", projectId=project)
        entry = singer.record("time_entries", **{"id": "e", **ids.get("entry", {})}, userId=user, **_ENTRY)
        return target([*schemas, task, entry])

    assert sent("One", me).code == 0
    moved = sent("Two", "bob@acme.example")
    assert moved.writes == {}
    assert sorted(reject["message"] for reject in moved.rejects) == [
        "projectId of a task cannot be changed once it exists",
        "userId of a time entry cannot be changed once it exists",
    ]
    [entry] = _rows(target.tables()["time_entries"])
    by_id = target([schemas[1], singer.record("time_entries", id=entry["id"], userId="bob@acme.example", **_ENTRY)])
    assert [reject["error"] for reject in by_id.rejects] == ["fixed"]
    assert by_id.writes == {}


def test_a_row_known_only_by_id_creates_no_object_below_another_parent(target: Any, singer: Any) -> None:
    box = target.box
    client = box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})["id"]
    one, two = (box.ok("POST", "/workspaces/{ws}/projects", {"name": name})["id"] for name in ("One", "Two"))
    task = box.ok("POST", f"/workspaces/{{ws}}/projects/{one}/tasks", {"name": "Paint"})["id"]
    dates = {"issuedDate": "2026-01-01T00:00:00Z", "dueDate": "2026-02-01T00:00:00Z"}
    bills = [
        box.ok("POST", "/workspaces/{ws}/invoices", {"number": number, "clientId": client, "currency": "USD", **dates})
        for number in ("A", "B")
    ]
    paid = {"amount": 500, "paymentDate": "2026-01-20T00:00:00Z"}
    box.ok("POST", f"/workspaces/{{ws}}/invoices/{bills[0]['id']}/payments", paid)
    [payment] = box.ok("GET", f"/workspaces/{{ws}}/invoices/{bills[0]['id']}/payments")
    schemas = [singer.schema("tasks"), singer.schema("invoice_payments")]
    moved = [
        {"stream": "tasks", "id": task, "name": "Paint", "projectId": two},
        {"stream": "invoice_payments", "id": payment["id"], "invoiceId": bills[1]["id"], "amount": 500},
    ]
    moved[1]["date"] = paid["paymentDate"]
    beside = [{**row, "id": f"own {n}", "clockify_id": row["id"]} for n, row in enumerate(moved)]
    for rows in (moved, beside):
        result = target([*schemas, *[singer.record(**row) for row in rows]])
        assert result.writes == {}
        assert sorted(reject["message"] for reject in result.rejects) == [
            "invoice_payments cannot be updated: Clockify offers INSERT, DELETE for them",
            "projectId of a task cannot be changed once it exists",
        ]
    gone = [singer.record(**row, _sdc_deleted_at="2026-01-01") for row in moved]
    assert target([*schemas, *gone]).counts == {"tasks": {"deleted": 1}, "invoice_payments": {"deleted": 1}}
    assert _rows(target.tables()["tasks"]) == []


def test_a_source_key_that_looks_like_an_id_creates_a_task(target: Any, singer: Any) -> None:
    for name in ("One", "Two"):
        target.box.ok("POST", "/workspaces/{ws}/projects", {"name": name})
    row = {"id": "5f" * 12, "name": "Paint", "projectId": "One"}
    assert target([singer.schema("tasks"), singer.record("tasks", **row)]).counts["tasks"] == {"inserted": 1}
    moved = target([singer.schema("tasks"), singer.record("tasks", **{**row, "projectId": "Two"})])
    assert [reject["error"] for reject in moved.rejects] == ["fixed"]
    deleted = singer.record("tasks", **{**row, "projectId": "Two", "_sdc_deleted_at": "2026-01-01"})
    assert target([singer.schema("tasks"), deleted]).counts["tasks"] == {"deleted": 1}
    assert _rows(target.tables()["tasks"]) == []


def test_a_second_invoice_with_a_number_needs_the_operation_insert(target: Any, singer: Any) -> None:
    target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})
    schema = singer.schema("invoices")
    rows = [singer.record("invoices", id=n, **_INVOICE, note=f"row {n}") for n in (1, 2)]
    [reject] = target([schema, *rows]).rejects
    assert (reject["error"], reject["message"]) == (
        "duplicate",
        "another row is the invoice of this number; only the operation insert makes a second",
    )
    [invoice] = _rows(target.tables()["invoices"])
    assert invoice["note"] == f"row {3 - int(reject['key'])}"
    gone = {**reject["record"], "_sdc_deleted_at": "2026-01-01"}
    assert target([schema, singer.record("invoices", **gone)]).counts["invoices"] == {"unchanged": 1}
    asked = target([schema, rows[int(reject["key"]) - 1]], streams={"invoices": {"operation": "insert"}})
    assert asked.counts["invoices"] == {"inserted": 1}
    assert len(_rows(target.tables()["invoices"])) == 2


def test_an_invoice_takes_the_number_of_one_that_failed(target: Any, singer: Any) -> None:
    target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})
    target.box.faults([{"route": "POST /workspaces/{ws}/invoices", "nth": 1, "status": 400}])
    rows = [singer.record("invoices", id=n, **_INVOICE) for n in (1, 2)]
    result = target([singer.schema("invoices"), *rows])
    target.box.faults([])
    assert result.counts["invoices"] == {"inserted": 1, "rejected": 1}


def test_unreadable_fields_are_written_once_for_each_new_row(target: Any, singer: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    target.box.ok("POST", "/workspaces/{ws}/projects", {"name": "One"})
    dates = {"dateRangeStart": "2026-01-01T00:00:00Z", "dateRangeEnd": "2026-01-31T00:00:00Z"}
    groups = {"summaryFilter": {"groups": ["PROJECT"]}}
    report: dict[str, Any] = {
        "name": "Hours",
        "type": "SUMMARY",
        "filter": {"exportType": "JSON_V1", **dates, **groups},
    }
    policy = {"name": "Rest", "everyoneIncludingNew": True, "approve": {"requiresApproval": False}}
    plan = {"userId": me, "projectId": "One", "start": "2026-01-05", "end": "2026-01-06", "hoursPerDay": 2}
    streams = {"shared_reports": report, "time_off_policies": policy, "assignments": plan}
    schemas = [singer.schema(stream) for stream in streams]

    def sent(**more: Any) -> Any:
        return target(
            [*schemas, *[singer.record(one, id=1, **{**row, **more.get(one, {})}) for one, row in streams.items()]]
        )

    assert sent().code == 0
    changed = {
        "shared_reports": {"filter": {**report["filter"], "dateRangeEnd": "2026-02-28T00:00:00Z"}},
        "time_off_policies": {"hasExpiration": True},
        "assignments": {"includeNonWorkingDays": True},
    }
    assert sent(**changed).counts == {stream: {"updated": 1} for stream in streams}
    [kept] = _rows(target.tables()["shared_reports"])
    assert kept["filter"]["dateRangeEnd"].startswith("2026-02-28")
    for _ in range(2):
        assert sent(**changed).writes == {}


def test_invalid_values_are_refused_even_if_they_resemble_current_ones(target: Any, singer: Any) -> None:
    target.box.ok("POST", "/workspaces/{ws}/projects", {"name": "One", "billable": True})
    row = {"name": "One", "billable": "perhaps", "estimate": "ten hours", "hourlyRate": {"amount": 5, "since": "soon"}}
    result = target([singer.schema("projects"), singer.record("projects", id=1, **row)])
    assert result.rejects[0]["message"].split("; ") == [
        "billable must be true or false",
        "hourlyRate.since must be a timestamp such as 2026-01-31T09:00:00Z",
        "timeEstimate must be an object",
    ]
    rate = {"amount": "5000", "since": "2026-01-01 00:00:00+00"}
    assert target([singer.schema("projects"), singer.record("projects", id=1, name="One", hourlyRate=rate)]).code == 0


def test_days_off_are_days_where_the_user_is(target: Any, singer: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    policy = {"name": "Rest", "everyoneIncludingNew": True, "allowHalfDay": True, "approve": {"requiresApproval": True}}
    target([singer.schema("time_off_policies"), singer.record("time_off_policies", id="p", **policy)])
    balance = singer.record("time_off_balances", id=1, policyId="p", userId=me, balance=20)
    target([singer.schema("time_off_balances"), balance])

    def asked(key: str, period: dict[str, Any], **more: Any) -> dict[str, Any]:
        row = {"policyId": "p", "userId": me, "timeUnit": "DAYS", "userTimeZone": "America/New_York"}
        record: dict[str, Any] = singer.record(
            "time_off_requests", id=key, **{**row, "timeOffPeriod": {"period": period, **more}}
        )
        return record

    result = target(
        [
            singer.schema("time_off_requests"),
            asked("days", {"start": "2026-03-02", "days": "2"}, halfDay="false"),
            asked("dates", {"start": "2026-04-06", "end": "2026-04-08"}),
            asked("half", {"start": "2026-05-04", "days": 1}, isHalfDay="true", halfDayPeriod="first_half"),
            asked("endless", {"start": "2026-05-04"}),
            asked("never", {"start": "2026-05-04", "end": "later"}),
            asked("far", {"start": "0001-01-01T00:00:00Z", "end": "9999-12-31T23:59:59Z"}),
            asked("lasting", {"start": "2026-05-04", "days": "some"}),
        ]
    )
    assert {reject["key"]: reject["message"] for reject in result.rejects} == dict.fromkeys(
        ("endless", "never", "far"), "timeOffPeriod.period must have a start, and days or an end"
    ) | {"lasting": "timeOffPeriod.period.days must be a whole number"}
    made = target.box.ok("POST", "/workspaces/{ws}/time-off/requests", {"statuses": ["ALL"]})["requests"]
    starts = [datetime.fromisoformat(one["timeOffPeriod"]["period"]["start"]) for one in made]
    noons = [
        (start + timedelta(hours=12)).date().isoformat() for start in starts
    ]  # days of London begin near midnight UTC
    found = {(day, abs(one["balanceDiff"])) for day, one in zip(noons, made, strict=True)}
    assert found == {("2026-03-02", 2), ("2026-04-06", 3), ("2026-05-04", 0.5)}


def test_the_length_of_time_off_is_compared_and_its_unit_is_that_of_its_policy(target: Any, singer: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    target.box.ok("PATCH", f"/workspaces/{{ws}}/member-profile/{me}", {"workingDays": _WEEK})
    approve = {"everyoneIncludingNew": True, "allowNegativeBalance": True, "approve": {"requiresApproval": True}}
    more = {"allowHalfDay": True, "negativeBalance": {"amount": 1000}}
    policies = [
        singer.record("time_off_policies", id=unit, name=unit, timeUnit=unit, **approve, **more)
        for unit in ("DAYS", "HOURS")
    ]
    target([singer.schema("time_off_policies"), *policies])

    def sent(**rows: tuple[str, dict[str, Any]]) -> Any:
        records = [
            singer.record("time_off_requests", id=key, policyId=unit, userId=me, timeOffPeriod=asked)
            for key, (unit, asked) in rows.items()
        ]
        return target([singer.schema("time_off_requests"), *records])

    days = {"start": "2026-03-02", "days": 2}
    dates = {"start": "2026-04-06", "end": "2026-04-08"}
    moments = {"start": "2026-05-04T04:00:00Z", "end": "2026-05-06T03:59:59Z"}
    hours = {"start": "2026-06-01T09:00:00Z", "end": "2026-06-01T12:00:00Z"}
    half: dict[str, Any] = {
        "period": {"start": "2026-07-06", "days": 1},
        "isHalfDay": True,
        "halfDayPeriod": "FIRST_HALF",
    }
    given: dict[str, dict[str, Any]] = {"days": days, "dates": dates, "moments": moments, "hours": hours}
    rows: dict[str, tuple[str, dict[str, Any]]] = {
        key: ("HOURS" if key == "hours" else "DAYS", {"period": period}) for key, period in given.items()
    }
    rows["half"] = ("DAYS", half)
    made = sent(**rows)
    assert made.counts["time_off_requests"] == {"inserted": 5}, made.rejects
    found = target.box.ok("POST", "/workspaces/{ws}/time-off/requests", {"statuses": ["ALL"]})["requests"]
    assert sorted(abs(one["balanceDiff"]) for one in found) == [0.5, 2, 2, 3, 3]

    # The same in other words, so that each row is compared.
    same: dict[str, tuple[str, dict[str, Any]]] = {
        "days": ("DAYS", {"period": {"start": "2026-03-02", "end": "2026-03-03"}, "halfDay": False}),
        "dates": ("DAYS", {"period": {"start": "2026-04-06", "days": "3"}}),
        "moments": ("DAYS", {"period": {"start": "2026-05-04"}}),
        "hours": ("HOURS", {"period": {**hours, "start": "2026-06-01T11:00:00+02:00"}}),
        "half": ("DAYS", {**half, "halfDayPeriod": "first_half"}),
    }
    assert sent(**same).counts["time_off_requests"] == {"unchanged": 5}
    other: dict[str, tuple[str, dict[str, Any]]] = {
        "days": ("DAYS", {"period": {**days, "days": 3}}),
        "dates": ("DAYS", {"period": {**dates, "end": "2026-04-09"}}),
        "moments": ("DAYS", {"period": {**moments, "end": "2026-05-07T03:59:59Z"}}),
        "hours": ("HOURS", {"period": {**hours, "end": "2026-06-01T13:00:00Z"}}),
        "half": ("DAYS", {**half, "isHalfDay": False}),
    }
    changed = sent(**other)
    assert changed.writes == {}
    assert {reject["key"]: reject["message"] for reject in changed.rejects} == dict.fromkeys(
        other, "timeOffPeriod of a time-off request cannot be changed once it exists"
    )


def test_a_decision_on_days_off_beside_a_plain_date_is_written_whatever_the_zone(target: Any, singer: Any) -> None:
    target.box.reset(scale="tiny")
    target.workspace = target.box.workspace_id
    users = {user["id"]: user for user in target.box.dump()["users"]}
    found = target.box.ok("POST", "/workspaces/{ws}/time-off/requests", {"statuses": ["PENDING"]})["requests"]
    decided = [one for one in found if one["timeUnit"] == "DAYS"]
    assert decided
    for one in decided:
        start, end = (datetime.fromisoformat(one["timeOffPeriod"]["period"][name]) for name in ("start", "end"))
        zone = ZoneInfo(users[one["userId"]]["settings"]["timeZone"])
        period = {"start": str(start.astimezone(zone).date()), "end": str(end.astimezone(zone).date())}
        row = {name: one[name] for name in ("id", "policyId", "userId")} | {"timeOffPeriod": {"period": period}}
        result = target(
            [singer.schema("time_off_requests"), singer.record("time_off_requests", **row, status="Rejected")]
        )
        assert result.counts["time_off_requests"] == {"updated": 1}, result.rejects


def test_no_value_ends_the_run(target: Any, singer: Any) -> None:
    me = target.box.ok("GET", "/user")
    far = {"userId": me["email"].upper(), "start": "0001-01-01T00:00:00+05:00", "end": "2026-01-01T00:00:00Z"}
    cost = {"userId": me["id"], "date": "2026-01-01", "categoryId": "Meals", "quantity": "nan"}
    target.box.ok("POST", "/workspaces/{ws}/expenses/categories", {"name": "Meals"})
    schemas = [singer.schema("time_entries"), singer.schema("expenses")]
    result = target([*schemas, singer.record("time_entries", id=1, **far), singer.record("expenses", id=1, **cost)])
    assert sorted(reject["message"] for reject in result.rejects) == [
        "quantity must be a number",
        "timeInterval.start must be a timestamp such as 2026-01-31T09:00:00Z",
    ]
    assert result.writes == {}


@pytest.mark.parametrize("duration", ["PT1H30M", 5400, "5400", "01:30", "1:30:00"])
def test_a_start_and_a_duration_make_an_entry_that_has_ended(target: Any, singer: Any, duration: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    start = "2026-01-05T09:00:00Z"
    rows = [
        singer.record("time_entries", id="flat", userId=me, start=start, end="", duration=duration),
        singer.record("time_entries", id="nested", userId=me, timeInterval={"start": start, "duration": duration}),
        singer.record("time_entries", id="both", userId=me, start=start, end="2026-01-05T10:30:00Z", duration=duration),
    ]
    assert target([singer.schema("time_entries"), *rows]).code == 0
    ends = [entry["timeInterval"]["end"] for entry in _rows(target.tables()["time_entries"])]
    assert ends == ["2026-01-05T10:30:00Z"] * 3
    assert target([singer.schema("time_entries"), *rows]).writes == {}


def test_a_duration_that_contradicts_start_and_end_is_refused(target: Any, singer: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    schema = singer.schema("time_entries")
    assert target([schema, singer.record("time_entries", id=1, userId=me, **_ENTRY)]).code == 0
    result = target(
        [
            schema,
            singer.record("time_entries", id=1, userId=me, **_ENTRY, duration="PT2H"),
            singer.record("time_entries", id=2, userId=me, duration="PT2H"),
            singer.record("time_entries", id=3, userId=me, start=_ENTRY["start"], duration="1.5"),
            singer.record("time_entries", id=4, userId=me, start=_ENTRY["start"], duration=-60),
            singer.record("time_entries", id=5, userId=me, start="yesterday", duration=60),
        ]
    )
    unit = 'set units of the stream to {"duration": "hours" or "minutes" or "seconds"}'
    assert {reject["key"]: reject["message"] for reject in result.rejects} == {
        "1": "timeInterval: duration is not what lies between start and end",
        "2": "timeInterval: duration counts from a start, which is required beside it",
        "3": f"duration has a decimal point and no unit: {unit}; only whole numbers are taken for seconds without it",
        "4": "duration must be a duration such as PT1H30M, 01:30:00 or 5400 (seconds)",
        "5": "timeInterval.start must be a timestamp such as 2026-01-31T09:00:00Z",
    }
    assert result.writes == {}


def test_a_change_of_members_does_not_send_unchanged_members(target: Any, singer: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    emails = [f"{name}@acme.example" for name in ("ann", "bob", "cid")]
    for email in emails:
        target.box.ok("POST", "/workspaces/{ws}/users?send-email=false", {"email": email})
    users = {one["email"]: one["id"] for one in target.box.ok("GET", "/workspaces/{ws}/users?page-size=50")}
    ann, bob, cid = (users[email] for email in emails)

    def sent(*members: dict[str, Any]) -> Any:
        row = {"name": "One", "memberships": list(members)}
        return target([singer.schema("projects"), singer.record("projects", id=1, **row)])

    rated = {"userId": ann, "hourlyRate": {"amount": 4200}, "costRate": {"amount": 2000}}
    assert sent({"userId": me}, rated, {"userId": bob}).code == 0
    project = "/workspaces/{ws}/projects/{projectId}"
    changed = sent({"userId": me}, rated, {"userId": cid, "hourlyRate": {"amount": 100}})
    assert changed.writes == {f"POST {project}/memberships": 2, f"PUT {project}/users/{{userId}}/hourly-rate": 1}
    [found] = _rows(target.tables()["projects"])
    amounts = {one["userId"]: (one["hourlyRate"] or {}).get("amount") for one in found["memberships"]}
    assert amounts == {me: None, ann: 4200, cid: 100}
    assert sent({"userId": me}, {**rated, "costRate": 2100}, {"userId": cid}).writes == {
        f"PUT {project}/users/{{userId}}/cost-rate": 1
    }
    again = sent({"userId": me}, {"userId": ann}, {"userId": cid, "hourlyRate": None})
    assert again.counts["projects"] == {"unchanged": 1}


def test_groups_of_a_project_are_added_and_removed_separately(target: Any, singer: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    target.box.ok("POST", "/workspaces/{ws}/users?send-email=false", {"email": "ann@acme.example"})
    users = {one["email"]: one["id"] for one in target.box.ok("GET", "/workspaces/{ws}/users?page-size=50")}
    ann = users["ann@acme.example"]
    groups = {}
    for name in ("Crew", "Staff"):
        groups[name] = target.box.ok("POST", "/workspaces/{ws}/user-groups", {"name": name})["id"]
        target.box.ok("POST", f"/workspaces/{{ws}}/user-groups/{groups[name]}/users", {"userId": ann})
    rated = {"userId": me, "hourlyRate": {"amount": 4200}}

    def sent(*names: str) -> Any:
        through = [{"userId": ann, "targetId": groups[one], "membershipType": "USERGROUP"} for one in names]
        members = [rated, *through]
        return target([singer.schema("projects"), singer.record("projects", id=1, name="One", memberships=members)])

    def found() -> tuple[set[str], dict[str, Any]]:
        [project] = _rows(target.tables()["projects"])
        members = project["memberships"]
        chosen = {one["targetId"] for one in members if one["membershipType"] == "USERGROUP"}
        rates = {one["userId"]: one["hourlyRate"] for one in members if one["membershipType"] == "PROJECT"}
        return chosen, {user: rate and rate["amount"] for user, rate in rates.items()}

    assert sent().code == 0
    path = "/workspaces/{ws}/projects/{projectId}/memberships"
    for names, calls in ((("Crew",), 1), (("Crew", "Staff"), 1), (("Staff",), 1), (("Crew",), 2), ((), 1)):
        result = sent(*names)
        assert result.writes == {f"POST {path}": calls}, names
        assert found() == ({groups[name] for name in names}, {me: 4200})
        assert sent(*names).writes == {}


def test_an_estimate_that_is_made_active_takes_the_place_of_the_other(target: Any, singer: Any) -> None:
    schema = singer.schema("projects")
    time, budget = {"estimate": "PT10H", "active": True}, {"estimate": 5000, "type": "MANUAL", "active": True}
    assert target([schema, singer.record("projects", id=1, name="One", timeEstimate=time)]).code == 0
    for change in ({"budgetEstimate": budget}, {"timeEstimate": time}):
        result = target([schema, singer.record("projects", id=1, **change)])
        assert result.writes == {"PATCH /workspaces/{ws}/projects/{projectId}/estimate": 1}
        [project] = _rows(target.tables()["projects"])
        active = {name for name in ("timeEstimate", "budgetEstimate") if project[name]["active"]}
        assert active == set(change)
        assert project["timeEstimate"]["estimate"] == "PT10H"
