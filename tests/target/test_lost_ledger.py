"""A lost ledger is rebuilt from the input and from existing objects, and the next run writes nothing twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOUR = {"start": "2026-01-05T08:00:00Z", "end": "2026-01-05T09:00:00Z"}
_DATES = {"issuedDate": "2026-01-01T00:00:00Z", "dueDate": "2026-02-01T00:00:00Z"}


def _input(singer: Any, me: str) -> Iterator[dict[str, Any]]:
    yield from (singer.schema(one) for one in ("clients", "projects", "tasks", "tags", "time_entries", "invoices"))
    yield from (singer.schema(one) for one in ("invoice_payments", "expense_categories", "expenses"))
    yield singer.record("clients", id="c", name="Acme")
    yield singer.record("projects", id="p", name="Site", clientId="c")
    yield singer.record("tasks", id="k", projectId="p", name="Design")
    yield singer.record("tags", id="g", name="Rush")
    for key in ("e1", "e2", "e3"):  # three alike, and one more
        yield singer.record("time_entries", id=key, userId=me, projectId="p", tagIds=["g"], timeInterval=_HOUR)
    yield singer.record("time_entries", id="e4", userId=me, taskId="k", projectId="p", timeInterval=_HOUR)
    yield singer.record("invoices", id="i", number="2026-1", clientId="c", currency="USD", **_DATES)
    yield singer.record("invoice_payments", id="y", invoiceId="i", amount=100, date="2026-01-20T00:00:00Z")
    yield singer.record("expense_categories", id="x", name="Meals")
    yield singer.record("expenses", id="z", userId=me, date="2026-01-05", categoryId="x", quantity=10)


@pytest.fixture
def messages(target: Any, singer: Any) -> list[dict[str, Any]]:
    """An input whose rows have keys of the source's own."""
    return list(_input(singer, target.box.ok("GET", "/user")["id"]))


def test_a_rebuilt_ledger_prevents_double_writes(target: Any, messages: list[dict[str, Any]]) -> None:
    first = target(messages)
    assert (first.code, first.rejects) == (0, []), first.log
    before = target.tables()
    (target.folder / "ledger.db").unlink()
    rebuilt = target([*messages, {"type": "STATE", "value": {"done": True}}], rebuild_ledger=True)
    assert (rebuilt.code, rebuilt.writes, rebuilt.states) == (0, {}, []), rebuilt.log
    assert not {what for counts in rebuilt.counts.values() for what in counts} - {"found", "unchanged"}, rebuilt.log
    again = target(messages)
    assert (again.code, again.writes) == (0, {}), again.log
    assert target.tables() == before


def test_what_is_missing_is_reported_and_inserted_by_the_next_run(target: Any, messages: list[dict[str, Any]]) -> None:
    assert target(messages).code == 0
    (target.folder / "ledger.db").unlink()
    entry = next(one for one in messages if one.get("record", {}).get("id") == "e1")
    fourth = {**entry, "record": {**entry["record"], "id": "e5"}}
    rebuilt = target([*messages, fourth], rebuild_ledger=True)
    assert rebuilt.counts["time_entries"].get("not found") == 1
    again = target([*messages, fourth])
    assert again.writes.total() == 1
    assert again.counts["time_entries"] == {"inserted": 1, "unchanged": 4}
    assert target([*messages, fourth]).writes == {}


def test_a_row_that_differs_is_found_and_corrected_by_the_next_run(
    target: Any, singer: Any, messages: list[dict[str, Any]]
) -> None:
    assert target(messages).code == 0
    (target.folder / "ledger.db").unlink()
    renamed = [
        singer.record("clients", id="c", name="Acme", note="new") if one.get("record", {}).get("id") == "c" else one
        for one in messages
    ]
    assert target(renamed, rebuild_ledger=True).counts["clients"] == {"found": 1}
    assert target(renamed).counts["clients"] == {"updated": 1}


def test_a_call_that_adds_something_is_not_repeated_unnoticed(
    target: Any, singer: Any, messages: list[dict[str, Any]]
) -> None:
    call = singer.record("AddInvoicePayment", id="a", invoiceId="i", amount=50, paymentDate="2026-01-21T00:00:00Z")
    whole = [*messages, singer.schema("AddInvoicePayment"), call]
    assert target(whole).code == 0
    before = target.tables()
    (target.folder / "ledger.db").unlink()
    assert target(whole, rebuild_ledger=True).counts["AddInvoicePayment"] == {"unclear": 1}
    again = target(whole)
    assert (again.code, again.writes) == (1, {})
    assert [(one["stream"], one["error"]) for one in again.rejects] == [("AddInvoicePayment", "unknown_outcome")]
    assert target.tables() == before
