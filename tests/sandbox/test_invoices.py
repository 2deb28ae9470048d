from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.conftest import Sandbox, StartSandbox

LIMITED = {"key": "sandbox-limited-key"}
NOBODY = "65f000000000000000000000"
INVOICES = "/workspaces/{ws}/invoices"
SETTINGS = f"{INVOICES}/settings"
ROW = [
    "id", "number", "clientId", "clientName", "currency", "issuedDate", "dueDate", "status", "amount", "balance",
    "paid",
]  # fmt: skip
ITEM = {"applyTaxes": "NONE", "description": "Work", "itemType": "Service", "quantity": 100, "unitPrice": 100_000}


@pytest.fixture
def tiny(sandbox: StartSandbox) -> Sandbox:
    return sandbox()


def new_client(box: Sandbox, name: str = "Initech") -> str:
    identity: str = box.ok("POST", "/workspaces/{ws}/clients", {"name": name, "address": "1 Road"})["id"]
    return identity


def draft(box: Sandbox, **fields: Any) -> dict[str, Any]:
    """The body of a create."""
    dates = {"issuedDate": "2026-05-01T00:00:00Z", "dueDate": "2026-06-01T00:00:00Z"}
    return {
        "clientId": fields.get("clientId") or new_client(box),
        "currency": "USD",
        "number": "INV-001",
        **dates,
        **fields,
    }


def bill(box: Sandbox, *items: dict[str, Any], **fields: Any) -> str:
    """The path of a new invoice with items."""
    path = f"{INVOICES}/{box.ok('POST', INVOICES, draft(box, **fields))['id']}"
    for item in items:
        box.ok("POST", f"{path}/items", {**ITEM, **item})
    return path


def document(invoice: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The body of an update, made of what a GET answers."""
    names = ("currency", "dueDate", "issuedDate", "number", "billFrom", "clientAddress", "clientId", "note", "subject")
    percents = {f"{name}Percent": invoice[name] / 100 for name in ("discount", "tax", "tax2")}
    return {**{name: invoice[name] for name in names}, **percents, "taxType": invoice["taxType"], **changes}


# -- lists -------------------------------------------------------------------------------------------------------------


def test_the_list_has_sums_and_the_search_has_more_fields(tiny: Sandbox) -> None:
    listed = tiny.call("GET", f"{INVOICES}?page-size=3")
    assert listed.headers["Last-Page"] == "false"
    assert (listed.json()["total"], len(listed.json()["invoices"])) == (8, 3)
    assert list(listed.json()["invoices"][0]) == ROW
    searched = tiny.call("POST", f"{INVOICES}/info", {"page": 2, "pageSize": 3})
    assert "Last-Page" not in searched.headers
    assert (searched.json()["total"], len(searched.json()["invoices"])) == (8, 3)
    assert list(searched.json()["invoices"][0]) == [*ROW, "billFrom", "visibleZeroFields", "daysOverdue"]
    assert len(tiny.ok("POST", f"{INVOICES}/info", {"page-size": 3})["invoices"]) == 8
    late = {row["status"]: row["daysOverdue"] for row in tiny.ok("POST", f"{INVOICES}/info", {})["invoices"]}
    assert (late["PAID"], late["SENT"], late["OVERDUE"]) == (0, 0, 30)


def test_statuses_filter_single_repeated_and_as_a_comma_list(tiny: Sandbox) -> None:
    def statuses(query: str) -> set[str]:
        return {row["status"] for row in tiny.ok("GET", f"{INVOICES}?{query}")["invoices"]}

    assert statuses("statuses=VOID") == {"VOID"}
    assert statuses("statuses=VOID&statuses=PAID") == statuses("statuses=VOID,PAID") == {"VOID", "PAID"}
    assert statuses("") == {"UNSENT", "SENT", "PAID", "PARTIALLY_PAID", "VOID", "OVERDUE"}
    assert tiny.refused("GET", f"{INVOICES}?statuses=DRAFT") == (400, 3000)


@pytest.mark.parametrize(
    ("column", "key"),
    [
        ("ID", "id"),
        ("CLIENT", "clientName"),
        ("DUE_ON", "dueDate"),
        ("ISSUE_DATE", "issuedDate"),
        ("AMOUNT", "amount"),
        ("BALANCE", "balance"),
    ],
)
def test_both_lists_sort_by_every_column(tiny: Sandbox, column: str, key: str) -> None:
    up = tiny.ok("GET", f"{INVOICES}?sort-column={column}")["invoices"]
    down = tiny.ok("POST", f"{INVOICES}/info", {"sortColumn": column, "sortOrder": "DESCENDING"})["invoices"]
    assert [row[key] for row in up] == sorted(row[key] for row in up)
    assert [row[key] for row in down] == sorted((row[key] for row in down), reverse=True)


def test_the_search_filters_by_everything_it_declares(tiny: Sandbox) -> None:
    rows = tiny.ok("POST", f"{INVOICES}/info", {})["invoices"]
    archived = {row["id"]: row["archived"] for row in tiny.ok("GET", "/workspaces/{ws}/clients")}
    acme = rows[0]["clientId"]
    cases: list[tuple[dict[str, Any], Any]] = [
        ({"clients": {"ids": [acme], "contains": "CONTAINS"}}, lambda row: row["clientId"] == acme),
        ({"clients": {"ids": [acme], "contains": "DOES_NOT_CONTAIN"}}, lambda row: row["clientId"] != acme),
        ({"clients": {"status": "ARCHIVED"}}, lambda row: archived[row["clientId"]]),
        ({"clients": {"status": "ACTIVE"}}, lambda row: not archived[row["clientId"]]),
        ({"companies": {"ids": [NOBODY], "contains": "CONTAINS"}}, lambda _: False),
        ({"exactAmount": 50_000}, lambda row: row["amount"] == 50_000),
        ({"exactBalance": -10_000}, lambda row: row["balance"] == -10_000),
        ({"greaterThanAmount": 25_000, "lessThanAmount": 105_800}, lambda row: 25_000 < row["amount"] < 105_800),
        ({"greaterThanBalance": 0, "lessThanBalance": 43_815}, lambda row: 0 < row["balance"] < 43_815),
        ({"invoiceNumber": "t-00"}, lambda _: True),
        ({"invoiceNumber": "T-00", "strictSearch": True}, lambda _: False),
        ({"invoiceNumber": "T-003", "strictSearch": True}, lambda row: row["number"] == "T-003"),
        ({"statuses": ["PAID", "VOID"]}, lambda row: row["status"] in ("PAID", "VOID")),
        (
            {"issueDate": {"issue-date-start": "2026-09-01", "issue-date-end": "2026-09-21"}},
            lambda row: "2026-09-01" <= row["issuedDate"][:10] <= "2026-09-21",
        ),
    ]
    for body, wanted in cases:
        answer = tiny.ok("POST", f"{INVOICES}/info", body)
        assert answer["invoices"] == [row for row in rows if wanted(row)], body
        assert answer["total"] == len(answer["invoices"])
    assert tiny.refused("POST", f"{INVOICES}/info", {"statuses": ["DRAFT"]}) == (400, 3002)


# -- one invoice -------------------------------------------------------------------------------------------------------


def test_a_create_ignores_unknown_fields_and_returns_few(tiny: Sandbox) -> None:
    body = draft(tiny, note="My note", subject="My subject", taxPercent=20, billFrom="Me", status="PAID")
    answer = tiny.call("POST", INVOICES, body)
    assert answer.status_code == 201
    assert set(answer.json()) == {"id", "billFrom", "clientId", "currency", "dueDate", "issuedDate", "number"}
    invoice = tiny.ok("GET", f"{INVOICES}/{answer.json()['id']}")
    defaults = tiny.ok("GET", SETTINGS)["defaults"]
    assert (invoice["note"], invoice["subject"]) == (defaults["notes"], defaults["subject"]) != (None, None)
    assert invoice["billFrom"] != "Me"
    assert (invoice["tax"], invoice["tax2"], invoice["discount"]) == (0.0, 0.0, 0.0)
    assert (invoice["status"], invoice["items"], invoice["paid"]) == ("UNSENT", [], None)
    assert {invoice[key] for key in ("amount", "balance", "subtotal", "discountAmount", "taxAmount", "tax2Amount")} == {
        0
    }


def test_what_a_create_needs(empty: Sandbox) -> None:
    body = draft(empty)
    for name in ("clientId", "currency", "dueDate", "issuedDate", "number"):
        assert empty.refused("POST", INVOICES, {**body, name: None}) == (400, 501)
    assert empty.refused("POST", INVOICES, {**body, "clientId": NOBODY}) == (400, 501)
    assert empty.refused("POST", INVOICES, {**body, "dueDate": "2026-06-01"}) == (400, 3002)
    fraction = empty.ok("POST", INVOICES, {**body, "dueDate": "2026-06-01T00:00:00.999Z"})
    assert fraction["dueDate"] == "2026-06-01T00:00:00Z"
    assert empty.ok("POST", INVOICES, body)["id"] != empty.ok("POST", INVOICES, body)["id"]


def test_an_update_replaces_the_whole_document(empty: Sandbox) -> None:
    path = bill(empty, {"applyTaxes": "TAX1"})
    body = document(
        empty.ok("GET", path), note="N", subject="S", billFrom="B", discountPercent=8, taxPercent=15, taxType="COMPOUND"
    )
    full = empty.ok("PUT", path, {**body, "visibleZeroFields": "TAX_2"})
    assert [full[key] for key in ("note", "subject", "billFrom", "clientAddress")] == ["N", "S", "B", "1 Road"]
    assert (full["discount"], full["tax"], full["taxType"], full["visibleZeroFields"]) == (
        800.0,
        1500.0,
        "COMPOUND",
        ["TAX_2"],
    )
    assert [full[key] for key in ("subtotal", "discountAmount", "taxAmount", "amount")] == [
        100_000,
        8_000,
        13_800,
        105_800,
    ]
    assert empty.ok("GET", path) == full
    read_names = {key: full[key] for key in ("currency", "dueDate", "issuedDate", "number", "tax", "discount")}
    bare = empty.ok("PUT", path, read_names)
    assert [bare[key] for key in ("note", "subject", "billFrom", "clientAddress")] == [None] * 4
    assert (bare["discount"], bare["tax"], bare["taxType"], bare["visibleZeroFields"]) == (0.0, 0.0, "SIMPLE", [])
    assert (bare["items"], bare["clientId"]) == (full["items"], full["clientId"])
    assert empty.refused("PUT", path, {"number": "1"}) == (400, 501)
    assert empty.refused("PUT", path, {**read_names, "clientId": NOBODY}) == (400, 501)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(percents=st.tuples(*[st.integers(0, 10_000)] * 3))
def test_percentages_are_written_plain_and_read_a_hundredfold(empty: Sandbox, percents: tuple[int, int, int]) -> None:
    listed = empty.ok("GET", INVOICES)["invoices"]
    path = f"{INVOICES}/{listed[0]['id']}" if listed else bill(empty)
    names = ("discount", "tax", "tax2")
    written = {f"{name}Percent": percent / 100 for name, percent in zip(names, percents, strict=True)}
    invoice = empty.ok("PUT", path, {**document(empty.ok("GET", path)), **written})
    assert tuple(invoice[name] for name in names) == percents


def test_the_patch_of_a_status_returns_no_body(empty: Sandbox) -> None:
    path = bill(empty)
    answer = empty.call("PATCH", f"{path}/status", {"invoiceStatus": "SENT"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert empty.ok("GET", path)["status"] == "SENT"
    assert empty.refused("PATCH", f"{path}/status", {"invoiceStatus": "DRAFT"}) == (400, 3002)
    assert empty.refused("PATCH", f"{path}/status", {}) == (400, 501)


def test_a_duplicate_is_unsent_unpaid_and_has_a_number_of_its_own(empty: Sandbox) -> None:
    path = bill(empty, {}, {"description": "More"}, number="INV-009")
    empty.ok("POST", f"{path}/payments", {"amount": 500, "paymentDate": "2026-05-02T00:00:00Z"})
    answer = empty.call("POST", f"{path}/duplicate")
    assert answer.status_code == 201
    copy, original = answer.json(), empty.ok("GET", path)
    assert (copy["number"], copy["status"], copy["paid"], copy["amount"]) == ("INV-010", "UNSENT", None, 200_000)
    assert (copy["items"], original["status"]) == (original["items"], "PARTIALLY_PAID")
    assert empty.ok("POST", f"{path}/duplicate")["number"] == "INV-011"


def test_a_delete_has_an_empty_response_and_the_id_is_unknown_afterwards(empty: Sandbox) -> None:
    path = bill(empty)
    answer = empty.call("DELETE", path)
    assert (answer.status_code, answer.content) == (200, b"")
    for method, suffix in (("GET", ""), ("DELETE", ""), ("GET", "/payments"), ("POST", "/duplicate")):
        assert empty.refused(method, path + suffix) == (400, 501)
    assert empty.refused("PATCH", path) == (405, 3000)


def test_the_export_is_a_pdf_and_asks_for_a_locale(empty: Sandbox) -> None:
    path = bill(empty, {"description": "Work (on site)"})
    assert empty.refused("GET", f"{path}/export") == (400, 3001)
    answer = empty.call("GET", f"{path}/export?userLocale=en")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert rb"Work \(on site\)" in answer.content


def test_invoices_are_for_administrators_on_the_plan_standard(sandbox: StartSandbox) -> None:
    assert sandbox(plan="BASIC").refused("GET", INVOICES) == (403, None)
    box = sandbox(plan="STANDARD")
    assert box.call("GET", INVOICES).status_code == 200
    assert box.refused("GET", INVOICES, **LIMITED) == (403, 403)
    assert box.refused("GET", SETTINGS, **LIMITED) == (403, 403)


# -- items -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quantity", "unit_price", "amount"), [(1, 100_000, 1_000), (1, 10_000_000, 100_000), (100, 100_000, 100_000)]
)
def test_an_item_costs_a_hundredth_of_quantity_times_price(
    empty: Sandbox, quantity: int, unit_price: int, amount: int
) -> None:
    path = bill(empty)
    answer = empty.call("POST", f"{path}/items", {**ITEM, "quantity": quantity, "unitPrice": unit_price})
    assert answer.status_code == 200
    invoice = answer.json()
    assert (invoice["amount"], invoice["subtotal"], invoice["balance"]) == (amount, amount, amount)
    assert invoice["items"] == [
        {
            "order": 1, "itemType": "Service", "description": "Work", "quantity": quantity, "unitPrice": unit_price,
            "amount": amount, "applyTaxes": "NONE", "importType": "NOT_IMPORTED", "timeEntryIds": [], "expenseIds": [],
        }
    ]  # fmt: skip


def test_an_item_needs_a_type_that_exists(empty: Sandbox) -> None:
    path = bill(empty)
    answer = empty.call("POST", f"{path}/items", {**ITEM, "itemType": "Invented"})
    assert answer.status_code == 404
    assert answer.json() == {"message": "Invoice item type with name Invented not found.", "code": 501}
    for name in ITEM:
        assert empty.refused("POST", f"{path}/items", {**ITEM, name: None}) == (400, 501)
    assert empty.refused("POST", f"{path}/items", {**ITEM, "applyTaxes": "ALL"}) == (400, 3002)


def test_items_are_deleted_by_position_and_the_rest_moves_up(empty: Sandbox) -> None:
    path = bill(empty, *({"description": name} for name in "abc"))
    assert empty.refused("DELETE", f"{path}/items/0") == (400, 501)
    assert empty.refused("DELETE", f"{path}/items/4") == (400, 501)
    assert empty.refused("DELETE", f"{path}/items/last") == (400, 3000)
    items = empty.ok("DELETE", f"{path}/items/2")["items"]
    assert [(item["order"], item["description"]) for item in items] == [(1, "a"), (2, "c")]


@pytest.mark.parametrize(
    ("tax_type", "amounts"),
    # 100 with both taxes, 40 with the second, 10 with none; 10 % discount, then 20 % and 5 %
    [("SIMPLE", (1_800, 630)), ("COMPOUND", (1_800, 720)), ("NONE", (0, 0))],
)
def test_taxes_apply_to_the_discounted_items_that_name_them(
    empty: Sandbox, tax_type: str, amounts: tuple[int, int]
) -> None:
    path = bill(
        empty,
        {"unitPrice": 10_000, "applyTaxes": "TAX1TAX2"},
        {"unitPrice": 4_000, "applyTaxes": "TAX2"},
        {"unitPrice": 1_000},
    )
    body = document(empty.ok("GET", path), discountPercent=10, taxPercent=20, tax2Percent=5, taxType=tax_type)
    invoice = empty.ok("PUT", path, body)
    assert (invoice["subtotal"], invoice["discountAmount"]) == (15_000, 1_500)
    assert (invoice["taxAmount"], invoice["tax2Amount"]) == amounts
    assert invoice["amount"] == invoice["balance"] == 13_500 + sum(amounts)


# -- import ------------------------------------------------------------------------------------------------------------


def importable(box: Sandbox) -> tuple[str, dict[str, Any]]:
    """An invoice to a client with two billable entries and one billable expense, and the body of an import."""
    client = new_client(box)
    project = box.ok("POST", "/workspaces/{ws}/projects", {"name": "Site", "clientId": client, "billable": True})["id"]
    box.ok("PUT", "/workspaces/{ws}/hourly-rate", {"amount": 6_000, "currency": "USD"})
    entries = (
        ("Build", "09:00:00", "10:30:00", True),
        ("Test", "11:00:00", "11:20:00", True),
        ("Tea", "12:00:00", "13:00:00", False),
    )
    for description, start, end, billable in entries:
        entry = {"start": f"2026-05-04T{start}Z", "end": f"2026-05-04T{end}Z", "description": description}
        box.ok("POST", "/workspaces/{ws}/time-entries", {**entry, "billable": billable, "projectId": project})
    category = box.ok("POST", "/workspaces/{ws}/expenses/categories", {"name": "Travel"})["id"]
    form = {
        "userId": box.ok("GET", "/user")["id"], "date": "2026-05-05T00:00:00Z", "categoryId": category,
        "amount": "12.5", "projectId": project, "billable": "true", "notes": "Taxi",
    }  # fmt: skip
    box.ok("POST", "/workspaces/{ws}/expenses", files=[(name, (None, value)) for name, value in form.items()])
    span = {"from": "2026-05-01T00:00:00Z", "to": "2026-05-31T00:00:00Z"}
    choice = {"projectFilter": {"contains": "CONTAINS", "ids": [project], "status": "ACTIVE"}}
    return bill(box, clientId=client), {**span, **choice, "importExpenses": False, "timeEntryGroupType": "SINGLE_ITEM"}


@pytest.mark.parametrize(
    ("grouping", "items"),
    [
        ({"timeEntryGroupType": "SINGLE_ITEM"}, [("", 183, 2)]),
        ({"timeEntryGroupType": "GROUPED", "timeEntryPrimaryGroupBy": "PROJECT"}, [("Site", 183, 2)]),
        (
            {"timeEntryGroupType": "GROUPED", "timeEntrySecondaryGroupBy": "DESCRIPTION"},
            [("Site - Build", 150, 1), ("Site - Test", 33, 1)],
        ),
        (
            {"timeEntryGroupType": "DETAILED", "timeEntryFieldsForDetailedGroup": ["DATE", "DESCRIPTION"]},
            [("2026-05-04 - Build", 150, 1), ("2026-05-04 - Test", 33, 1)],
        ),
        (
            {"timeEntryGroupType": "DETAILED", "roundTimeEntryDuration": True},
            [("Site - Build", 150, 1), ("Site - Test", 25, 1)],
        ),
    ],
)
def test_time_is_imported_in_the_groups_asked_for(
    empty: Sandbox, grouping: dict[str, Any], items: list[tuple[str, int, int]]
) -> None:
    path, body = importable(empty)
    answer = empty.call("POST", f"{path}/items/import", {**body, **grouping})
    assert answer.status_code == 200
    invoice = answer.json()
    shown = [(item["description"], item["quantity"], len(item["timeEntryIds"])) for item in invoice["items"]]
    assert shown == items
    assert {item["unitPrice"] for item in invoice["items"]} == {6_000}
    assert [item["amount"] for item in invoice["items"]] == [quantity * 60 for _, quantity, _ in items]
    assert (invoice["containsImportedTimes"], invoice["containsImportedExpenses"]) == (True, False)


def test_time_and_expenses_are_billed_once_until_their_item_is_deleted(empty: Sandbox) -> None:
    path, body = importable(empty)
    body["importExpenses"] = True
    time, expense = empty.ok("POST", f"{path}/items/import", body)["items"]
    assert (expense["itemType"], expense["description"], expense["amount"]) == ("Expense", "Taxi", 1_250)
    assert (time["importType"], expense["importType"]) == ("TIME_ENTRY_IMPORT", "EXPENSE_IMPORT")
    assert len(empty.ok("POST", f"{path}/items/import", body)["items"]) == 2
    assert empty.ok("POST", f"{path}/duplicate")["containsImportedTimes"] is False
    empty.ok("DELETE", f"{path}/items/2")
    empty.ok("DELETE", f"{path}/items/1")
    assert len(empty.ok("POST", f"{path}/items/import", body)["items"]) == 2
    other = bill(empty, clientId=new_client(empty, "Somebody else"))
    empty.ok("DELETE", path)
    assert empty.ok("POST", f"{other}/items/import", body)["items"] == []


def test_an_import_needs_a_start_before_its_end(empty: Sandbox) -> None:
    path, body = importable(empty)
    for name in ("from", "to", "importExpenses", "projectFilter", "timeEntryGroupType"):
        assert empty.refused("POST", f"{path}/items/import", {**body, name: None}) == (400, 501)
    assert empty.refused("POST", f"{path}/items/import", {**body, "to": "2026-04-01T00:00:00Z"}) == (400, 501)


# -- payments ----------------------------------------------------------------------------------------------------------


def test_a_payment_answers_the_invoice_and_changes_its_status(empty: Sandbox) -> None:
    path = bill(empty, {})
    payment = {"amount": 40_000, "paymentDate": "2026-05-02T09:00:00Z", "note": "First"}
    answer = empty.call("POST", f"{path}/payments", payment)
    assert answer.status_code == 201
    invoice = answer.json()
    assert f"{INVOICES}/{invoice['id']}" == path
    assert (invoice["status"], invoice["paid"], invoice["balance"]) == ("PARTIALLY_PAID", 40_000, 60_000)
    listed = empty.call("GET", f"{path}/payments")
    assert listed.headers["Last-Page"] == "true"
    [row] = listed.json()
    author = empty.ok("GET", "/user")["name"]
    assert row == {"id": row["id"], "amount": 40_000, "author": author, "date": payment["paymentDate"], "note": "First"}
    over = empty.ok("POST", f"{path}/payments", {**payment, "amount": 70_000})
    assert (over["status"], over["balance"]) == ("PAID", -10_000)
    second = empty.call("GET", f"{path}/payments?page-size=1&page=1")
    assert (second.headers["Last-Page"], len(second.json())) == ("false", 1)


def test_deleting_payments_resets_the_status(empty: Sandbox) -> None:
    path = bill(empty, {})
    for amount in (40_000, 60_000):
        empty.ok("POST", f"{path}/payments", {"amount": amount, "paymentDate": "2026-05-02T09:00:00Z"})
    first, second = (payment["id"] for payment in empty.ok("GET", f"{path}/payments"))
    after = empty.ok("DELETE", f"{path}/payments/{second}")
    assert (after["status"], after["paid"]) == ("PARTIALLY_PAID", 40_000)
    after = empty.ok("DELETE", f"{path}/payments/{first}")
    assert (after["status"], after["paid"], after["balance"]) == ("SENT", None, 100_000)
    assert empty.refused("DELETE", f"{path}/payments/{first}") == (400, 501)


def test_a_payment_with_a_wrong_or_missing_field_is_refused(empty: Sandbox) -> None:
    path = f"{bill(empty)}/payments"
    payment = {"amount": 1, "paymentDate": "2026-05-02T09:00:00Z"}
    assert empty.refused("POST", path, {**payment, "paymentDate": None}) == (400, 501)
    assert empty.refused("POST", path, {**payment, "paymentDate": "2026-05-02T09:00:00.000Z"}) == (400, 501)
    assert empty.refused("POST", path, {**payment, "amount": 0}) == (400, 501)
    assert empty.refused("POST", path, {**payment, "note": "n" * 1001}) == (400, 501)
    assert empty.refused("POST", path, {"paymentDate": payment["paymentDate"]}) == (500, 500)
    assert empty.ok("GET", path) == []


# -- settings ----------------------------------------------------------------------------------------------------------


def test_settings_are_written_under_other_names_than_they_are_read(tiny: Sandbox) -> None:
    before = tiny.ok("GET", SETTINGS)
    labels = {name: name[:20] for name in before["labels"] if name != "totalAmount"} | {"totalAmountDue": "To pay"}
    body = {
        "labels": labels,
        "defaults": {"notes": "Thanks", "subject": "Work", "taxPercent": 7.5, "tax2Percent": 0, "dueDays": 14},
        "exportFields": {"itemType": True, "rtl": True},
    }
    answer = tiny.call("PUT", SETTINGS, body)
    assert (answer.status_code, answer.content) == (200, b"")
    after = tiny.ok("GET", SETTINGS)
    assert {part: set(after[part]) for part in after} == {part: set(before[part]) for part in before}
    assert (after["labels"]["totalAmount"], after["labels"]["billFrom"]) == ("To pay", "billFrom")
    defaults = after["defaults"]
    assert (defaults["notes"], defaults["taxPercent"], defaults["tax"], defaults["dueDays"]) == ("Thanks", 7.5, 750, 14)
    assert defaults["itemTypeId"] == before["defaults"]["itemTypeId"]
    assert {name for name, shown in after["exportFields"].items() if shown} == {"itemType", "RTL", "rtl"}
    assert tiny.ok("GET", bill(tiny, clientId=tiny.ok("GET", "/workspaces/{ws}/clients")[0]["id"]))["note"] == "Thanks"
    for broken in (
        {**body, "labels": before["labels"]},
        {**body, "labels": {**labels, "paid": "p" * 21}},
        {**body, "defaults": None},
        {**body, "defaults": {"notes": "Thanks"}},
    ):
        assert tiny.refused("PUT", SETTINGS, broken) == (400, 501)
