"""Clockify computes with current values: no payment is added to an incomplete invoice, and nothing is reset."""

from __future__ import annotations

from typing import Any

import pytest

_DATES = {"issuedDate": "2026-01-01", "dueDate": "2026-02-01"}
_ITEMS = "POST /workspaces/{ws}/invoices/{i}/items"
_REFUSED = {"status": 400, "body": '{"code": 501, "message": "no"}'}
_PAYMENTS: dict[str, dict[str, Any]] = {
    "invoice_payments": {"date": "2026-01-20"},
    "AddInvoicePayment": {"paymentDate": "2026-01-20"},
}


def _invoice(singer: Any, target: Any, **more: Any) -> dict[str, Any]:
    item = {"itemType": target.tables()["item_types"][0], "description": "work", "quantity": 1, "unitPrice": 1000}
    given = {"number": "1", "clientId": "Acme", "currency": "USD", "items": [item, item], **_DATES, **more}
    record: dict[str, Any] = singer.record("invoices", id="i", **given)
    return record


@pytest.fixture
def client(target: Any) -> None:
    """A client to bill."""
    target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("first", ["invoices", "payments"])
@pytest.mark.parametrize("stream", _PAYMENTS)
def test_no_payment_is_added_to_an_incomplete_invoice(target: Any, singer: Any, stream: str, first: str) -> None:
    payment = singer.record(stream, id="y", invoiceId="i", amount=500, **_PAYMENTS[stream])
    rows = [_invoice(singer, target), payment]
    messages = [singer.schema("invoices"), singer.schema(stream), *(rows if first == "invoices" else rows[::-1])]
    target.box.faults([{"route": _ITEMS, "nth": 2, **_REFUSED}])
    broken = target(messages)
    assert (broken.code, [one["stream"] for one in broken.rejects]) == (1, ["invoices", stream])
    assert "is not as its own row says" in broken.rejects[1]["message"]
    target.box.faults([{"route": _ITEMS, **_REFUSED}])
    again = target(messages)
    assert [one["stream"] for one in again.rejects] == ["invoices", stream]
    alone = target([singer.schema(stream), payment])
    assert (alone.writes, [one["stream"] for one in alone.rejects]) == ({}, [stream]), alone.log
    assert target.tables()["invoices"][0]["payments"] == []
    target.box.faults([])
    whole = target(messages)
    assert whole.code == 0, whole.log + str(whole.rejects)
    [made] = target.tables()["invoices"]
    assert (len(made["items"]), len(made["payments"]), made["status"]) == (2, 1, "PARTIALLY_PAID")
    assert target(messages).writes == {}


@pytest.mark.usefixtures("client")
def test_a_status_that_payments_changed_is_not_reset(target: Any, singer: Any) -> None:
    streams = [singer.schema("invoices"), singer.schema("invoice_payments")]
    payment = singer.record("invoice_payments", id="y", invoiceId="i", amount=500, date="2026-01-20")
    rows = [_invoice(singer, target, status="SENT"), payment]
    assert target([*streams, *rows]).code == 0
    assert target([*streams, *rows]).writes == {}
    changed = target([*streams, _invoice(singer, target, status="SENT", note="new"), payment])
    assert changed.writes == {"PUT /workspaces/{ws}/invoices/{invoiceId}": 1}
    for lost in target.folder.glob("ledger.db*"):
        lost.unlink()
    again = target([streams[0], _invoice(singer, target, status="SENT", note="new")])
    assert (again.code, again.writes) == (0, {}), again.log
    [made] = target.tables()["invoices"]
    assert (made["note"], made["status"]) == ("new", "PARTIALLY_PAID")


def test_unreadable_objects_are_not_overwritten(target: Any, singer: Any) -> None:
    """If a list or a detail is refused, it is replaced neither by the defaults of custom fields nor by nothing."""
    box, me = target.box, target.box.ok("GET", "/user")["id"]
    field = {"name": "Place", "type": "TXT", "entityType": "TIMEENTRY"}
    one = box.ok("POST", "/workspaces/{ws}/custom-fields", field)["id"]
    when = {"start": "2026-01-05T08:00:00Z", "end": "2026-01-05T09:00:00Z"}
    entry = singer.record("time_entries", id=1, userId=me, description="old", **when)
    assert target([singer.schema("time_entries"), entry]).code == 0
    box.ok("PUT", f"/workspaces/{{ws}}/custom-fields/{one}", {**field, "workspaceDefaultValue": "here"})
    before = target.tables()["time_entries"]
    box.faults(
        [{"route": "GET /workspaces/{ws}/custom-fields", "status": 403, "body": '{"code": 4030, "message": ""}'}]
    )
    entry["record"]["description"] = "new"
    refused = target([singer.schema("time_entries"), entry])
    assert (refused.code, refused.writes) == (1, {})
    assert "custom_fields cannot be read" in refused.rejects[0]["message"]
    assert target.tables()["time_entries"] == before
    box.faults([])
    assert target([singer.schema("time_entries"), entry]).code == 0


@pytest.mark.usefixtures("client")
def test_an_invoice_whose_details_are_refused_is_not_replaced(target: Any, singer: Any) -> None:
    row = _invoice(singer, target, note="mine", clientAddress="here")
    assert target([singer.schema("invoices"), row]).code == 0
    before = target.tables()["invoices"]
    target.box.faults([{"route": "GET /workspaces/{ws}/invoices/{i}", **_REFUSED}])
    row["record"] = {"id": "i", "subject": "new"}
    refused = target([singer.schema("invoices"), row])
    assert (refused.code, refused.writes, target.tables()["invoices"]) == (1, {}, before)
    assert "cannot be read with all its fields" in refused.rejects[0]["message"]
