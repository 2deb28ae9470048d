from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.conftest import Sandbox, StartSandbox

LIMITED = {"key": "sandbox-limited-key"}
CATEGORIES = "/workspaces/{ws}/expenses/categories"
EXPENSES = "/workspaces/{ws}/expenses"
PNG = ("receipt.png", b"\x89PNG and so on", "image/png")
FLAT = [
    "id", "workspaceId", "userId", "date", "categoryId", "projectId", "taskId", "fileId", "quantity", "total",
    "billable", "locked", "notes",
]  # fmt: skip


@pytest.fixture
def tiny(sandbox: StartSandbox) -> Sandbox:
    return sandbox()


def user_id(box: Sandbox, **who: str) -> str:
    identity: str = box.ok("GET", "/user", **who)["id"]
    return identity


def category(box: Sandbox, **fields: Any) -> str:
    identity: str = box.ok("POST", CATEGORIES, {"name": "Travel", **fields})["id"]
    return identity


def send(box: Sandbox, method: str, path: str, form: dict[str, Any], **more: Any) -> Any:
    """A multipart call; lists are sent as repeated fields, tuples as files."""
    parts = [
        (name, item if isinstance(item, tuple) else (None, str(item)))
        for name, value in form.items()
        for item in (value if isinstance(value, list) else [value])
    ]
    return box.call(method, path, files=parts, **more)


def form_of(box: Sandbox, **fields: Any) -> dict[str, Any]:
    base = {"userId": user_id(box), "date": "2026-05-04T00:00:00Z", "amount": "12.5"}
    return {**base, **fields} if "categoryId" in fields else {**base, "categoryId": category(box), **fields}


def spend(box: Sandbox, **fields: Any) -> dict[str, Any]:
    answer = send(box, "POST", EXPENSES, form_of(box, **fields))
    assert answer.status_code == 201, answer.text
    expense: dict[str, Any] = answer.json()
    return expense


# -- categories --------------------------------------------------------------------------------------------------------


def test_a_new_category_has_no_price_and_no_unit(empty: Sandbox) -> None:
    answer = empty.call("POST", CATEGORIES, {"name": "Travel", "archived": True})
    assert answer.status_code == 201
    assert answer.json() == {
        "id": answer.json()["id"], "name": "Travel", "hasUnitPrice": False, "priceInCents": 0, "unit": "",
        "workspaceId": empty.workspace_id, "archived": False, "status": None,
    }  # fmt: skip


def test_the_list_shows_active_categories_unless_archived_ones_are_asked_for(tiny: Sandbox) -> None:
    answer = tiny.call("GET", f"{CATEGORIES}?page-size=2&sort-column=NAME&sort-order=DESCENDING")
    assert answer.headers["Last-Page"] == "false"
    assert answer.json()["count"] == 3
    assert [row["name"] for row in answer.json()["categories"]] == ["Travel", "Mileage"]
    assert [row["name"] for row in tiny.ok("GET", f"{CATEGORIES}?archived=true")["categories"]] == ["Fax rolls"]
    assert [row["name"] for row in tiny.ok("GET", f"{CATEGORIES}?name=mil")["categories"]] == ["Mileage"]
    assert tiny.refused("GET", f"{CATEGORIES}?archived=maybe") == (400, 3000)


def test_an_update_replaces_everything_but_the_archive_state(empty: Sandbox) -> None:
    path = f"{CATEGORIES}/{category(empty, hasUnitPrice=True, priceInCents=42, unit='km')}"
    assert empty.ok("PATCH", f"{path}/status", {"archived": True})["archived"]
    after = empty.ok("PUT", path, {"name": "Trips"})
    assert (after["name"], after["hasUnitPrice"], after["priceInCents"], after["unit"]) == ("Trips", False, 0, "")
    assert after["archived"]
    assert empty.refused("PUT", path, {"unit": "km"}) == (400, 501)
    assert empty.refused("PATCH", f"{path}/status", {}) == (400, 501)
    assert not empty.ok("PATCH", f"{path}/status", {"archived": False})["archived"]


def test_a_category_is_archived_before_it_is_deleted_and_its_expenses_stay(empty: Sandbox) -> None:
    category_id = category(empty)
    expense = spend(empty, categoryId=category_id)
    path = f"{CATEGORIES}/{category_id}"
    assert empty.refused("DELETE", path) == (400, 501)
    empty.ok("PATCH", f"{path}/status", {"archived": True})
    answer = empty.call("DELETE", path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert empty.ok("GET", f"{EXPENSES}/{expense['id']}")["categoryId"] is None
    assert empty.ok("GET", EXPENSES)["expenses"]["expenses"][0]["category"] is None
    assert empty.refused("DELETE", path) == (400, 501)
    assert category(empty)


def test_only_administrators_manage_categories(tiny: Sandbox) -> None:
    assert tiny.ok("GET", CATEGORIES, **LIMITED)["count"] == 3
    assert tiny.refused("POST", CATEGORIES, {"name": "Mine"}, **LIMITED) == (403, 403)


@pytest.mark.parametrize("path", [CATEGORIES, EXPENSES])
def test_expenses_need_the_plan_pro(sandbox: StartSandbox, path: str) -> None:
    assert sandbox(plan="STANDARD").refused("GET", path) == (403, None)
    assert sandbox(plan="PRO").call("GET", path).status_code == 200


# -- reading -----------------------------------------------------------------------------------------------------------


def test_the_list_expands_what_the_single_expense_names_by_id(tiny: Sandbox) -> None:
    answer = tiny.call("GET", EXPENSES)
    assert answer.headers["Last-Page"] == "true"
    rows = answer.json()["expenses"]["expenses"]
    assert answer.json()["expenses"]["count"] == len(rows) == 7
    assert [row["date"] for row in rows] == sorted((row["date"] for row in rows), reverse=True)
    row = next(row for row in rows if row["notes"] == "Flight to Acme")
    assert set(row) == {*FLAT, "category", "project", "task", "fileName"} - {"categoryId", "projectId", "taskId"}
    single = tiny.ok("GET", f"{EXPENSES}/{row['id']}")
    assert list(single) == FLAT
    assert [single[key] for key in ("categoryId", "projectId", "taskId")] == [
        row[key]["id"] for key in ("category", "project", "task")
    ]
    assert set(row["category"]) == {"id", "name", "hasUnitPrice", "priceInCents", "unit", "archived", "workspaceId"}
    assert row["project"] == {**row["project"], "name": "Website", "clientName": "Acme"}
    assert set(row["project"]) == {"id", "name", "clientId", "clientName", "color"}
    assert row["task"] == {"id": single["taskId"], "name": "Design"}
    assert (row["fileName"], row["fileId"]) == ("receipt.pdf", single["fileId"])
    assert next(row for row in rows if row["notes"] == "Its category was deleted")["category"] is None


def test_dates_do_not_filter_but_the_user_does(tiny: Sandbox) -> None:
    everything = tiny.ok("GET", EXPENSES)
    assert tiny.ok("GET", f"{EXPENSES}?start=2030-01-01T00:00:00Z&end=2030-01-02T00:00:00Z") == everything
    mine = tiny.ok("GET", f"{EXPENSES}?user-id={user_id(tiny)}")["expenses"]
    assert {row["userId"] for row in mine["expenses"]} == {user_id(tiny)}
    assert 0 < mine["count"] < everything["expenses"]["count"]


def test_totals_cover_the_days_and_weeks_of_the_page(empty: Sandbox) -> None:
    travel = category(empty)
    for day, amount in (("2026-05-04", 1), ("2026-05-04", 2), ("2026-05-06", 4), ("2026-05-13", 8)):
        spend(empty, categoryId=travel, date=f"{day}T10:00:00Z", amount=amount)
    whole = empty.ok("GET", EXPENSES)
    assert whole["dailyTotals"] == [
        {"date": day, "dateAsInstant": f"{day}T00:00:00Z", "total": total}
        for day, total in (("2026-05-13", 800.0), ("2026-05-06", 400.0), ("2026-05-04", 300.0))
    ]
    assert whole["weeklyTotals"] == [
        {"date": "2026-05-11", "total": 800.0},
        {"date": "2026-05-04", "total": 700.0},
    ]
    second = empty.call("GET", f"{EXPENSES}?page-size=1&page=4")
    assert second.headers["Last-Page"] == "true"
    assert [row["total"] for row in second.json()["dailyTotals"]] == [300.0]
    beyond = empty.call("GET", f"{EXPENSES}?page=2")
    assert beyond.headers["Last-Page"] == "true"
    assert beyond.json()["expenses"] == {"expenses": [], "count": 4}
    assert len(empty.ok("GET", f"{EXPENSES}?pageSize=1")["expenses"]["expenses"]) == 4


def test_members_see_and_change_their_own_expenses_only(tiny: Sandbox) -> None:
    everything = tiny.ok("GET", EXPENSES)["expenses"]["expenses"]
    mine = tiny.ok("GET", EXPENSES, **LIMITED)["expenses"]["expenses"]
    assert mine == [row for row in everything if row["userId"] == user_id(tiny, **LIMITED)] != []
    foreign = next(row for row in everything if row not in mine)
    assert tiny.refused("GET", f"{EXPENSES}/{foreign['id']}", **LIMITED) == (403, 403)
    assert tiny.refused("DELETE", f"{EXPENSES}/{foreign['id']}", **LIMITED) == (403, 403)
    form = form_of(tiny, categoryId=tiny.ok("GET", CATEGORIES)["categories"][0]["id"])
    assert send(tiny, "POST", EXPENSES, form, **LIMITED).status_code == 403
    locked = {**form, "userId": user_id(tiny, **LIMITED), "date": "2026-01-01T00:00:00Z"}
    refused = send(tiny, "POST", EXPENSES, locked, **LIMITED)
    assert (refused.status_code, refused.json()["code"]) == (403, 1003)
    assert send(tiny, "POST", EXPENSES, locked).json()["locked"]


# -- writing -----------------------------------------------------------------------------------------------------------


def test_amounts_come_in_major_units_and_go_out_in_minor_ones(empty: Sandbox) -> None:
    expense = spend(empty, amount="123.45", notes="Taxi", billable="true")
    assert list(expense) == FLAT
    assert (expense["quantity"], expense["total"], expense["date"]) == (123.45, 12345.0, "2026-05-04")
    assert (expense["notes"], expense["billable"], expense["fileId"], expense["projectId"]) == ("Taxi", True, "", None)
    assert empty.ok("GET", f"{EXPENSES}/{expense['id']}") == expense


def test_in_a_category_with_a_unit_price_the_amount_counts_units(empty: Sandbox) -> None:
    mileage = category(empty, hasUnitPrice=True, priceInCents=42, unit="km")
    expense = spend(empty, categoryId=mileage, amount="12.5")
    assert (expense["quantity"], expense["total"]) == (12.5, 525.0)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(minor=st.integers(0, 10**9))
def test_no_cent_is_lost_between_the_two_units(empty: Sandbox, minor: int) -> None:
    known = empty.ok("GET", CATEGORIES)["categories"]
    expense = spend(empty, categoryId=known[0]["id"] if known else category(empty), amount=f"{minor / 100:.2f}")
    assert expense["total"] == float(minor)


@pytest.mark.parametrize(
    "broken",
    [
        {"date": "2026-05-04"},
        {"userId": "65f000000000000000000000"},
        {"categoryId": "65f000000000000000000000"},
        {"projectId": "65f000000000000000000000"},
        {"taskId": "65f000000000000000000000"},
        {"amount": "a lot"},
        {"amount": ""},
        {"amount": "NaN"},
        {"notes": "n" * 3001},
        {"file": ("receipt.exe", b"MZ")},
        {"file": ("receipt.png", b"0" * (5 * 1024 * 1024 + 1))},
    ],
    ids=lambda broken: next(iter(broken)),
)
def test_invalid_expenses_are_refused(empty: Sandbox, broken: dict[str, Any]) -> None:
    answer = send(empty, "POST", EXPENSES, {**form_of(empty), **broken})
    assert (answer.status_code, answer.json()["code"]) == (400, 501)
    assert empty.ok("GET", EXPENSES)["expenses"]["count"] == 0


def test_json_is_not_accepted(empty: Sandbox) -> None:
    assert empty.refused("POST", EXPENSES, form_of(empty)) == (415, 3000)


def test_a_task_has_to_be_one_of_the_project(tiny: Sandbox) -> None:
    rows = tiny.ok("GET", EXPENSES)["expenses"]["expenses"]
    flight = tiny.ok("GET", f"{EXPENSES}/{next(row['id'] for row in rows if row['task'])}")
    other = next(row["project"]["id"] for row in rows if row["project"] and row["project"]["id"] != flight["projectId"])
    form = {**form_of(tiny, categoryId=flight["categoryId"]), "taskId": flight["taskId"], "projectId": other}
    assert send(tiny, "POST", EXPENSES, form).json()["message"] == "Task doesn't belong to Project"
    assert send(tiny, "POST", EXPENSES, {**form, "projectId": flight["projectId"]}).status_code == 201


def test_an_update_applies_only_what_it_lists(empty: Sandbox) -> None:
    travel = category(empty)
    expense = spend(empty, categoryId=travel, notes="Taxi")
    path = f"{EXPENSES}/{expense['id']}"
    form = form_of(empty, categoryId=travel, amount="99", notes="Bus", billable="true", date="2026-06-01T00:00:00Z")
    assert send(empty, "PUT", path, form).status_code == 400
    assert empty.ok("GET", path) == expense
    after = send(empty, "PUT", path, {**form, "changeFields": ["NOTES", "AMOUNT"]})
    assert after.status_code == 200
    assert after.json() == {**expense, "notes": "Bus", "quantity": 99.0, "total": 9900.0}
    dated = send(empty, "PUT", path, {**form, "changeFields": ["DATE", "BILLABLE"]}).json()
    assert (dated["date"], dated["billable"]) == ("2026-06-01", True)
    assert send(empty, "PUT", path, {**form, "changeFields": ["COLOUR"]}).status_code == 400
    del form["notes"]
    assert send(empty, "PUT", path, {**form, "changeFields": "NOTES"}).json()["notes"] is None


def test_a_new_category_changes_what_the_same_quantity_costs(empty: Sandbox) -> None:
    expense = spend(empty, amount="10")
    mileage = category(empty, name="Mileage", hasUnitPrice=True, priceInCents=42)
    form = form_of(empty, categoryId=mileage, amount="1", changeFields="CATEGORY")
    after = send(empty, "PUT", f"{EXPENSES}/{expense['id']}", form).json()
    assert (after["categoryId"], after["quantity"], after["total"]) == (mileage, 10.0, 420.0)


def test_receipts_come_back_byte_by_byte(empty: Sandbox) -> None:
    expense = spend(empty, file=PNG)
    files = f"{EXPENSES}/{expense['id']}/files"
    answer = empty.call("GET", f"{files}/{expense['fileId']}")
    assert (answer.status_code, answer.content) == (200, PNG[1])
    assert empty.ok("GET", EXPENSES)["expenses"]["expenses"][0]["fileName"] == "receipt.png"
    assert empty.refused("GET", f"{files}/65f000000000000000000000") == (403, 403)
    form = form_of(empty, categoryId=expense["categoryId"], changeFields="FILE")
    after = send(empty, "PUT", f"{EXPENSES}/{expense['id']}", {**form, "file": ("b.pdf", b"%PDF-")}).json()
    assert empty.call("GET", f"{files}/{after['fileId']}").content == b"%PDF-"
    assert empty.refused("GET", f"{files}/{expense['fileId']}") == (403, 403)
    assert send(empty, "PUT", f"{EXPENSES}/{expense['id']}", form).json()["fileId"] == ""


def test_a_delete_has_an_empty_response_and_the_id_is_unknown_afterwards(empty: Sandbox) -> None:
    path = f"{EXPENSES}/{spend(empty)['id']}"
    answer = empty.call("DELETE", path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert empty.refused("DELETE", path) == (400, 501)
    assert empty.refused("GET", path) == (400, 501)
    assert empty.refused("PATCH", path) == (405, 3000)


def test_the_same_expense_twice_is_two_expenses(empty: Sandbox) -> None:
    form = form_of(empty)
    ids = {send(empty, "POST", EXPENSES, form, headers={"Idempotency-Key": "1"}).json()["id"] for _ in range(2)}
    assert len(ids) == 2
