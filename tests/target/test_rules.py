"""Rejected rows: nothing is sent, every error is reported, and no value is in the log."""

from __future__ import annotations

import json
import re
from typing import Any


def test_all_errors_of_a_record_at_once(target: Any, singer: Any) -> None:
    result = target(
        [
            singer.schema("clients"),
            singer.record("clients", id=1, email="secret@acme.example", ccEmails=["a", "b", "c", "d"]),
            singer.record("clients", id=2, name="Fine"),
            singer.state(done=True),
        ]
    )
    assert result.code == 1
    [reject] = result.rejects
    assert reject["error"] == "invalid"
    assert reject["message"] == "ccEmails must have at most 3 elements; name is required"
    assert reject["record"]["email"] == "secret@acme.example"
    assert "secret" not in result.log
    assert result.counts["clients"] == {"inserted": 1, "rejected": 1}
    assert result.states == [{"done": True}], "a reject on disk is done with"


def test_holidays_need_to_know_for_whom(target: Any, singer: Any) -> None:
    def holiday(key: int, **fields: Any) -> dict[str, Any]:
        record: dict[str, Any] = singer.record(
            "Holidays", id=key, Name="Day", datePeriod={"startDate": "2026-01-01", "endDate": "2026-01-01"}, **fields
        )
        return record

    me = [target.box.ok("GET", "/user")["id"]]
    result = target(
        [
            singer.schema("Holidays"),
            holiday(1),
            holiday(2, UserIds=me),
            holiday(3, UserIds=me, UserContains="Contains_Only", UserStatus="ALL"),
            holiday(4, UserIds=me, UserContains="Does_Not_Contain", UserStatus="Pending"),
        ]
    )
    assert [reject["message"] for reject in result.rejects] == [
        "userIds or userGroupIds is required, as an array of ids, unless everyoneIncludingNew is true",
        "userContains is required along with userIds; userStatus is required along with userIds",
        "userContains must be one of CONTAINS, DOES_NOT_CONTAIN",
        "userStatus must be one of ALL, ACTIVE, INACTIVE",
    ]
    assert result.writes == {}


def test_an_update_allows_more(target: Any, singer: Any) -> None:
    me = [target.box.ok("GET", "/user")["id"]]
    period = {"startDate": "2026-01-01", "endDate": "2026-01-01"}
    made = singer.record(
        "holidays", id=1, name="Day", datePeriod=period, userIds=me, userContains="CONTAINS", userStatus="ALL"
    )
    assert target([singer.schema("holidays"), made]).code == 0
    changed = singer.record(
        "holidays", id=1, name="Other", userIds=me, userContains="Contains_Only", userStatus="Active"
    )
    assert target([singer.schema("holidays"), changed]).counts["holidays"] == {"updated": 1}
    wrong = singer.record("holidays", id=1, name="Third", userIds=me, userContains="None", userStatus="Active")
    result = target([singer.schema("holidays"), wrong])
    assert result.rejects[0]["message"] == "userContains must be one of CONTAINS, DOES_NOT_CONTAIN, CONTAINS_ONLY"
    assert result.writes == {}


def test_an_unsupported_operation_is_named(target: Any, singer: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    result = target(
        [
            singer.schema("member_profiles", "userId"),
            singer.record("member_profiles", userId=me, _sdc_deleted_at="2026-01-01"),
        ]
    )
    assert result.rejects[0]["error"] == "unsupported"
    assert result.rejects[0]["message"] == "member_profiles cannot be deleted: Clockify offers UPDATE for them"


def test_irreversible_inserts_need_a_setting(target: Any, singer: Any) -> None:
    messages = [
        singer.schema("users"),
        singer.record("users", id=1, email="new@acme.example"),
        singer.schema("workspaces"),
        singer.record("workspaces", id=1, name="Second"),
    ]
    result = target(messages)
    assert [reject["error"] for reject in result.rejects] == ["irreversible", "irreversible"]
    assert result.writes == {}
    assert target(messages, allow_irreversible=True).code == 0


def test_unknown_streams(target: Any, singer: Any) -> None:
    messages = [
        singer.schema("moons"),
        singer.record("moons", id=1),
        singer.schema("tags"),
        singer.record("tags", id=1, name="a"),
    ]
    failed = target(messages)
    assert failed.code == 1
    assert "stream 'moons' means nothing that can be written" in failed.log
    assert "Traceback" not in failed.log
    skipped = target(messages, on_unknown_stream="skip")
    assert skipped.code == 0
    assert skipped.counts["tags"] == {"inserted": 1}


def test_a_stream_that_the_api_cannot_write_is_skipped_with_one_line(target: Any, singer: Any) -> None:
    result = target(
        [singer.schema("report_detailed", "_id"), *[singer.record("report_detailed", _id=n) for n in range(9)]]
    )
    assert result.code == 0
    assert result.log.count("report_detailed is skipped: the API cannot write it") == 1


def test_references_that_never_come_are_rejected_by_name(target: Any, singer: Any) -> None:
    result = target(
        [
            singer.schema("projects"),
            singer.schema("tasks"),
            singer.record("projects", id="p1", name="Site", clientId="nobody"),
            singer.record("tasks", id="t1", name="Design", projectId="p1"),
            singer.state(done=True),
        ]
    )
    assert result.code == 1
    assert {reject["stream"]: reject["message"] for reject in result.rejects} == {
        "projects": "clientId refers to what never came: no clients nobody (looked for as a row's key, an id, name)",
        "tasks": "projectId refers to what never came: no projects p1 (looked for as a row's key, an id, name)",
    }
    assert result.states == [{"done": True}]


def test_an_ambiguous_reference_is_rejected_as_ambiguous(target: Any, singer: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    clients = [target.box.ok("POST", "/workspaces/{ws}/clients", {"name": name})["id"] for name in ("Acme", "Bolt")]
    for client in clients:
        project = target.box.ok("POST", "/workspaces/{ws}/projects", {"name": "Site", "clientId": client})
    row = {"userId": me, "start": "2026-01-05T09:00:00Z", "end": "2026-01-05T10:00:00Z", "projectId": "Site"}
    schemas = [singer.schema("time_entries"), singer.schema("projects")]
    result = target([*schemas, singer.record("time_entries", id=1, **row, taskId="Design")])
    assert [reject["message"] for reject in result.rejects] == [
        (
            "projectId: 2 projects are called Site: use the id of the one you mean, or name the `source` of each "
            "stream; "
            "taskId refers to what never came: no tasks Design (looked for as a row's key, an id, name)"
        )
    ]
    resolving = singer.record("projects", id="Site", name="Third")
    assert target([*schemas, singer.record("time_entries", id=1, **row), resolving]).code == 0
    by_id = singer.record("time_entries", id=2, **{**row, "projectId": project["id"]})
    assert target([*schemas, by_id]).counts["time_entries"] == {"inserted": 1}


def test_rejects_can_be_corrected_and_loaded_again(target: Any, singer: Any) -> None:
    records = [singer.record("tags", id=n, name="" if n % 3 == 0 else f"tag {n}") for n in range(12)]
    result = target([singer.schema("tags"), *records])
    assert result.counts["tags"] == {"inserted": 8, "rejected": 4}
    mended = target.rejects.read_text().replace('"name": ""', '"name": "mended X"').splitlines()
    numbered = "\n".join(line.replace("X", str(number)) for number, line in enumerate(mended))
    again = target(numbered.encode())
    assert again.counts["tags"] == {"inserted": 4}
    assert again.code == 0
    assert not target.rejects.exists()
    assert len(target.tables()["tags"]) == 12


def test_on_reject_and_max_rejects_say_when_a_run_ends(target: Any, singer: Any) -> None:
    records = [singer.record("tags", id=n, name="") for n in range(5)]
    messages = [singer.schema("tags"), *records, singer.record("tags", id=9, name="fine")]
    assert target(messages, on_reject="ignore").code == 0
    stopped = target(messages, on_reject="fail_fast")
    assert (stopped.code, len(stopped.rejects)) == (1, 1)
    assert "stopped at the first reject, in tags" in stopped.log
    capped = target(messages, max_rejects=2)
    assert (capped.code, len(capped.rejects)) == (1, 3)


def test_a_dry_run_shows_everything_and_sends_nothing(target: Any, singer: Any) -> None:
    target([singer.schema("clients"), singer.record("clients", id="c1", name="Acme", note="old")])
    messages = [
        singer.schema("clients"),
        singer.schema("projects"),
        singer.record("projects", id="p1", name="Site", clientId="c2"),
        singer.record("clients", id="c2", name="New"),
        singer.record("clients", id="c1", note="new"),
        singer.state(done=True),
    ]
    result = target(messages, dry_run=True)
    assert result.writes == {}
    assert result.states == []
    assert [(one["operation"], one["object"], one["key"]) for one in result.plan] == [
        ("INSERT", "clients", "c2"),
        ("UPDATE", "clients", "c1"),
        ("INSERT", "projects", "p1"),
    ]
    assert result.plan[1]["changes"] == {"note": ["old", "new"]}
    assert target(messages).counts["clients"] == {"inserted": 1, "updated": 1}


def test_the_number_of_deletions_is_limited(target: Any, singer: Any) -> None:
    rows = [singer.record("tags", id=n, name=f"tag {n}") for n in range(6)]
    target([singer.schema("tags"), *rows])
    gone = [{**row, "record": {**row["record"], "_sdc_deleted_at": "2026-01-01"}} for row in rows]
    result = target([singer.schema("tags"), *gone], max_deletes=4)
    assert result.counts["tags"] == {"deleted": 4, "rejected": 2}
    assert {reject["error"] for reject in result.rejects} == {"max_deletes"}


def test_rows_gone_with_a_new_version(target: Any, singer: Any) -> None:
    def rows(count: int) -> list[dict[str, Any]]:
        records = [singer.record("tags", id=n, name=f"tag {n}") for n in range(count)]
        return [singer.schema("tags"), *records, singer.activate("tags")]

    target.box.ok("POST", "/workspaces/{ws}/tags", {"name": "by hand"})
    target(rows(5))
    assert target(rows(2)).writes == {}, "only where it is asked for"
    refused = target(rows(2), delete_missing=True, max_deletes=2)
    assert refused.code == 1
    assert "3 objects are missing from the input, more than max_deletes (2)" in refused.log
    assert len(target.tables()["tags"]) == 6
    assert target(rows(2), delete_missing=True).counts["tags"]["deleted"] == 3
    names = {tag["name"] for tag in _rows(target.tables()["tags"])}
    assert names == {"tag 0", "tag 1", "by hand"}


def test_operations_can_be_chosen(target: Any, singer: Any) -> None:
    target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme", "email": "x@acme.example"})
    messages = [
        singer.schema("crm"),
        singer.record("crm", id=1, label="Other", mail="x@acme.example"),
        singer.record("crm", id=2, label="Nobody", mail="none@acme.example"),
    ]
    how = {
        "object": "clients",
        "operation": "update",
        "match_on": ["email"],
        "columns": {"label": "name", "mail": "email"},
    }
    result = target(messages, streams={"crm": how})
    assert result.counts["crm"] == {"updated": 1, "rejected": 1}
    assert result.rejects[0]["error"] == "not_found"
    assert [client["name"] for client in _rows(target.tables()["clients"])] == ["Other"]


def test_report_of_a_run(target: Any, singer: Any) -> None:
    target([singer.schema("clients"), singer.record("clients", id="c1", name="Acme")])
    target([singer.schema("clients"), singer.record("clients", id="c1", name="Acme", note="x")])
    lines = target.report("last")
    assert [(line["operation"], line["object"], line["key"], line["changes"]) for line in lines] == [
        ("UPDATE", "clients", "c1", {"note": [None, "x"]})
    ]


def test_wrong_settings_are_refused_in_one_line(target: Any, singer: Any) -> None:
    for settings, said in (
        ({"api_key": "wrong"}, "the key was not accepted"),
        ({"addon_token": "x"}, "exactly one of api_key and addon_token"),
        ({"workspace_id": "f" * 24}, "no such workspace for this key"),
        ({"api_url": "http://clockify.example/api/v1"}, "must use https"),
    ):
        result = target([singer.schema("tags"), singer.record("tags", id=1, name="a"), singer.state(x=1)], **settings)
        assert result.code == 1
        assert said in result.log
        assert "Traceback" not in result.log
        assert result.states == []


def _rows(table: Any) -> list[Any]:
    return list(table.values()) if isinstance(table, dict) else table


def test_the_input_is_never_quoted(target: Any) -> None:
    result = target(b'{"type": "RECORD", "stream": "clients", "record": {"email": "secret@acme.example"')
    assert result.code == 1
    assert "line 1 of the input is no Singer message" in result.log
    assert "secret" not in result.log
    assert json.dumps(result.states) == "[]"


def test_a_deletion_of_a_deleted_object_needs_no_parent(target: Any, singer: Any) -> None:
    project = target.box.ok("POST", "/workspaces/{ws}/projects", {"name": "House"})["id"]
    schemas = [singer.schema(stream, "key") for stream in ("tasks", "time_entries")]
    made = target([*schemas, singer.record("tasks", key="t", projectId=project, name="Paint")])
    assert made.counts["tasks"] == {"inserted": 1}
    farewell = [singer.record(stream, key="t", _sdc_deleted_at="2026-01-01") for stream in ("tasks", "time_entries")]
    gone = target([*schemas, *farewell])
    assert gone.counts == {"tasks": {"deleted": 1}, "time_entries": {"unchanged": 1}}
    again = target([*schemas, *farewell])
    assert (again.code, again.counts) == (0, {"tasks": {"unchanged": 1}, "time_entries": {"unchanged": 1}})


def test_errors_are_explained_in_words(target: Any, singer: Any) -> None:
    row = {"key": "p", "name": "x", "color": "blue", "billable": "perhaps", "hourlyRate": "much", "note": "n" * 16385}
    result = target([singer.schema("projects", "key"), singer.record("projects", **row)])
    [reject] = result.rejects
    assert reject["message"].split("; ") == [
        "billable must be true or false",
        "color must be a colour such as #0B83D9",
        "hourlyRate must be a rate",
        "name must have at least 2 characters",
        "note must have at most 16384 characters",
    ]


def test_a_plan_on_a_terminal_shows_money_hours_calls_and_deletions(target: Any, singer: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    hour = {"start": "2026-01-05T08:00:00Z", "end": "2026-01-05T09:30:00Z"}
    before = [
        singer.schema("projects"),
        singer.schema("tags"),
        singer.record("projects", id="p", name="Site", hourlyRate=8500, timeEstimate={"estimate": "PT10H"}),
        singer.record("tags", id="t", name="Rush"),
    ]
    assert target(before).code == 0
    messages = [
        *before[:2],
        singer.schema("time_entries"),
        singer.schema("SetProjectTemplate"),
        singer.record("projects", id="p", hourlyRate=9050, timeEstimate={"estimate": "PT12H30M"}),
        singer.record("time_entries", id="e", userId=me, projectId="p", timeInterval=hour),
        singer.record("SetProjectTemplate", id="m", projectId="p", isTemplate=True),
        singer.record("tags", id="t", _sdc_deleted_at="2026-01-06T00:00:00Z"),
    ]
    plan = target(messages, dry_run=True, plan_path=None)
    changes: dict[str, list[str]] = {}
    latest = ""
    for line in plan.log.splitlines():
        if found := re.match(r"([+~!-]) (\w+) ", line):
            latest = f"{found[1]} {found[2]}"
        elif line.startswith("    "):
            changes.setdefault(latest, []).append(line.strip())
    rate, estimate, *_ = changes["~ projects"]
    assert re.fullmatch(r"hourlyRate: \{amount: 85.00 USD.*\} -> \{amount: 90.50 USD.*\}", rate)
    assert re.fullmatch(r"timeEstimate: .*10:00 h.* -> .*estimate: 12:30 h.*", estimate)
    assert any("1:30 h" in line for line in changes["+ time_entries"])
    assert "isTemplate: true" in changes["! SetProjectTemplate"]
    assert changes["- tags"] == ['name: "Rush"', "archived: false"]
    assert "\033[" not in plan.log, "colours are for terminals"


def test_the_summary_shows_hours_and_money(target: Any, singer: Any) -> None:
    start, end = "2026-03-02T09:00:00Z", "2026-03-02T10:30:00Z"
    user = target.box.ok("GET", "/user")["id"]
    schema = singer.schema("time_entries")
    rows = [singer.record("time_entries", id=n, userId=user, start=start, end=end, description=f"{n}") for n in (1, 2)]
    added = target([schema, *rows])
    assert "; 3:00 h inserted" in added.log
    longer = singer.record("time_entries", id=1, userId=user, start=start, end="2026-03-02T11:00:00Z")
    gone = singer.record("time_entries", id=2, _sdc_deleted_at="2026-03-03T00:00:00Z")
    changes = [schema, longer, gone]
    planned = target(changes, dry_run=True)
    changed = target(changes)
    assert "; 0:30 h more, 1:30 h would be deleted" in planned.log
    assert "; 0:30 h more, 1:30 h deleted" in changed.log
    client = target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})
    body = {"clientId": client["id"], "currency": "USD", "number": "7001", "issuedDate": start, "dueDate": start}
    invoice = target.box.ok("POST", "/workspaces/{ws}/invoices", body)["id"]
    payment = singer.record("invoice_payments", id="p", invoiceId=invoice, amount=500, date=start)
    paid = target([singer.schema("invoice_payments"), payment])
    assert "; 5.00 USD inserted" in paid.log
    category = target.box.ok("POST", "/workspaces/{ws}/expenses/categories", {"name": "Meals"})["id"]
    priced = {"name": "Car", "hasUnitPrice": True, "priceInCents": 30, "unit": "km"}
    car = target.box.ok("POST", "/workspaces/{ws}/expenses/categories", priced)["id"]
    schema = singer.schema("expenses")
    spent = {"userId": user, "date": "2026-03-02"}
    rows = [
        singer.record("expenses", id="m", **spent, categoryId=category, quantity=12.5),
        singer.record("expenses", id="k", **spent, categoryId=car, quantity=100),
    ]
    assert "; 42.50 USD would be inserted" in target([schema, *rows], dry_run=True).log
    assert "; 42.50 USD inserted" in target([schema, *rows]).log
    moved = singer.record("expenses", id="k", **spent, categoryId=category, quantity=100)
    assert "; 70.00 USD more" in target([schema, moved]).log
    gone = singer.record("expenses", id="m", _sdc_deleted_at="2026-03-03T00:00:00Z")
    assert "; 12.50 USD deleted" in target([schema, gone]).log
