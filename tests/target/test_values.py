"""Values from spreadsheets and warehouses: each is interpreted, or refused before anything is sent."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from itertools import product
from typing import Any

import pytest
from target_clockify.errors import RejectedError
from target_clockify.model.declaration import Operation
from target_clockify.model.objects import BY_NAME, OBJECTS
from target_clockify.understand.validation import check

_DAY = {"datePeriod": {"startDate": "2026-05-01", "endDate": "2026-05-01"}, "everyoneIncludingNew": True}


def _rows(table: Any) -> list[Any]:
    return list(table.values()) if isinstance(table, dict) else table


def test_the_column_of_the_own_key_draws_no_warning(target: Any, singer: Any) -> None:
    row = singer.record("clients", crm_number=17, name="Acme", turnover=5)
    result = target([singer.schema("clients", "crm_number"), row])
    assert result.counts["clients"] == {"inserted": 1}
    assert "turnover" in result.log
    assert "crm_number" not in result.log


def test_a_currency_code_counts_beside_an_empty_id(target: Any, singer: Any) -> None:
    target.box.reset(scale="tiny")
    target.workspace = target.box.workspace_id
    codes = {one["id"]: one["code"] for one in target.box.ok("GET", "/workspaces/{ws}")["currencies"]}
    for empty in (None, ""):
        code = "GBP" if empty is None else "EUR"
        row = singer.record("clients", key=1, name="Bolt", currencyId=empty, currencyCode=code)
        assert target([singer.schema("clients", "key"), row]).code == 0
        [bolt] = [client for client in _rows(target.tables()["clients"]) if client["name"] == "Bolt"]
        assert codes[bolt["currencyId"]] == code
    as_read = [one for one in target.box.ok("GET", "/workspaces/{ws}/clients") if one["currencyId"] is None]
    assert as_read, "who has no currency of their own shows the code of the workspace"
    assert target([singer.schema("clients"), *[singer.record("clients", **one) for one in as_read]]).writes == {}


def test_flags_and_numbers_inside_of_objects_may_be_words(target: Any, singer: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    target.box.ok("POST", "/workspaces/{ws}/projects", {"name": "One"})
    plan = {"userId": me, "projectId": "One", "start": "2026-01-05", "end": "2026-01-06", "hoursPerDay": 2}
    result = target(
        [
            singer.schema("holidays"),
            singer.schema("assignments"),
            singer.record("holidays", id=1, name="Day", **_DAY, automaticTimeEntryCreation={"enabled": "false"}),
            singer.record("assignments", id=1, **plan, recurring={"repeat": "true", "weeks": "3"}),
            singer.record("assignments", id=2, **plan, recurring={"repeat": "false", "weeks": "3"}),
        ]
    )
    assert result.code == 0, result.rejects
    [holiday] = _rows(target.tables()["holidays"])
    assert holiday["automaticTimeEntryCreation"]["enabled"] is False
    assert len(_rows(target.tables()["assignments"])) == 3 + 1


def test_a_colour_is_the_same_in_small_letters(target: Any, singer: Any) -> None:
    schema = singer.schema("projects")
    assert target([schema, singer.record("projects", id=1, name="One", color="#0B83D9")]).code == 0
    assert target([schema, singer.record("projects", id=1, color="#0b83d9")]).writes == {}


def test_invoice_settings_keep_what_a_row_does_not_mention(target: Any, singer: Any) -> None:
    item_type, company = "78a687e29ae1f428e7ebe303", "34a687e29ae1f428e7ebe101"
    schema = singer.schema("invoice_settings")
    first = {"companyId": company, "itemTypeId": item_type, "notes": "Net 30"}
    assert target([schema, singer.record("invoice_settings", id=1, defaults=first)]).code == 0
    assert target([schema, singer.record("invoice_settings", id=1, defaults={"subject": "Work"})]).code == 0
    kept = {**first, "subject": "Work"}
    defaults = target.tables()["invoice_settings"]["defaults"]
    assert {name: defaults[name] for name in kept} == kept

    foreign = {"companyId": "0" * 24, "itemTypeId": "1" * 24, "notes": "Net 10"}
    copied = singer.record("invoice_settings", id=1, workspaceId="2" * 24, defaults=foreign)
    assert target([schema, copied]).code == 0
    defaults = target.tables()["invoice_settings"]["defaults"]
    assert {name: defaults[name] for name in kept} == {**kept, "notes": "Net 10"}
    assert target([schema, copied]).writes == {}


def test_a_value_of_a_user_is_taken_back(target: Any, singer: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    names = ("Shirt", "Team")
    fields = [
        target.box.ok("POST", "/workspaces/{ws}/custom-fields", {"name": name, "type": "TXT", "entityType": "USER"})[
            "id"
        ]
        for name in names
    ]
    schema = singer.schema("users")

    def sent(*values: Any) -> Any:
        given = [{"customFieldId": name, "value": value} for name, value in zip(fields, values, strict=True)]
        return target([schema, singer.record("users", id=me, customFields=given)])

    assert sent("L", "Red").counts["users"] == {"updated": 1}
    cleared = sent(None, "Blue")
    assert cleared.counts["users"] == {"updated": 1}, cleared.rejects
    profile = target.box.ok("GET", f"/workspaces/{{ws}}/member-profile/{me}")
    values = {one["customFieldId"]: one["value"] for one in profile["userCustomFieldValues"]}
    assert values == {fields[0]: None, fields[1]: "Blue"}
    assert sent(None, "Blue").writes == {}


def test_a_receipt_that_is_too_large_is_refused_before_anything_is_sent(
    target: Any, singer: Any, tmp_path: Any
) -> None:
    me = target.box.ok("GET", "/user")["id"]
    target.box.ok("POST", "/workspaces/{ws}/expenses/categories", {"name": "Meals"})
    (tmp_path / "small.pdf").write_bytes(b"%PDF" + b" " * 1000)
    (tmp_path / "large.pdf").write_bytes(b"%PDF" + b" " * 5 * 1024 * 1024)
    row = {"userId": me, "date": "2026-01-05", "categoryId": "Meals", "quantity": 12.5}
    schema = singer.schema("expenses")
    large = singer.record("expenses", id=1, **row, file=str(tmp_path / "large.pdf"))
    refused = target([schema, large])
    assert [reject["message"] for reject in refused.rejects] == ["file must have at most 5 MB"]
    assert refused.writes == {}
    small = singer.record("expenses", id=1, **row, file=str(tmp_path / "small.pdf"))
    assert target([schema, small]).counts["expenses"] == {"inserted": 1}
    strange = target([schema, singer.record("expenses", id=1, **row, file={"path": "small.pdf"})])
    assert strange.counts["expenses"] == {"rejected": 1}
    changed = target([schema, large])
    assert [reject["message"] for reject in changed.rejects] == ["file must have at most 5 MB"]
    assert changed.writes == {}


@pytest.mark.parametrize("name", [one.name for one in OBJECTS])
def test_values_of_any_shape_are_understood_compared_or_refused(name: str) -> None:
    shapes: list[Any] = [
        5,
        -1.5,
        10**30,
        True,
        None,
        "x",
        "",
        "2026-13-40",
        {},
        {"a": 1},
        {"start": "x", "end": []},
        [],
    ]
    inside = [[shape] for shape in shapes] + [[{"userId": 5, "hourlyRate": 3, "targetId": [], "membershipType": "X"}]]
    objects = [{"ids": 5, "contains": 5}, {"period": 5}, {"period": {"start": 5}}, {"statusType": 5}, {"enabled": []}]
    target = BY_NAME[name]
    for field, value in product(target.fields, shapes + inside + objects):
        coerced = field.kind.coerce(value)
        field.kind.canonical(coerced)
        field.kind.merged(None, coerced)
        for operation in (Operation.INSERT, Operation.UPDATE):
            with suppress(RejectedError):
                given = {field.name: coerced}
                check(target, operation, target.adapt(given) if target.adapt else given, read_shape=False)


def test_an_invalid_array_is_rejected_for_an_existing_object(target: Any, singer: Any) -> None:
    target.box.ok("POST", "/workspaces/{ws}/projects", {"name": "One"})
    day = {"start": "2026-01-05T09:00:00Z", "end": "2026-01-05T10:00:00Z"}
    entry = target.box.ok("POST", "/workspaces/{ws}/time-entries", day)
    messages = [
        singer.schema("projects", "key"),
        singer.record("projects", key=1, name="One", memberships=5),
        singer.schema("time_entries"),
        singer.record("time_entries", id=entry["id"], tagIds=5),
    ]
    result = target(messages)
    assert [(one["stream"], one["error"]) for one in result.rejects] == [
        ("projects", "invalid"),
        ("time_entries", "invalid"),
    ]
    assert result.writes == {}
    assert "Traceback" not in result.log


def test_rows_of_any_shape_are_written_or_rejected_and_end_no_run(target: Any, singer: Any) -> None:
    target.box.reset(scale="tiny")
    target.workspace = target.box.workspace_id
    tables, messages, rows = target.tables(), [], Counter[str]()
    for one in OBJECTS:
        there = next((row["id"] for row in _rows(tables.get(one.name, [])) if "id" in row), None)
        messages.append(singer.schema(one.name, "key"))
        for field, value in product(one.fields, [5, "x", [5], {"a": 1}, [{"a": 1}], True, None, ""]):
            for known in ({}, {"clockify_id": there}) if there else ({},):
                rows[one.name] += 1
                messages.append(singer.record(one.name, key=rows[one.name], **known, **{field.name: value}))
    result = target(messages)
    assert "Traceback" not in result.log
    assert result.code == 1
    assert {name: sum(outcomes.values()) for name, outcomes in result.counts.items()} == rows
    assert {one["error"] for one in result.rejects} >= {"invalid"}
