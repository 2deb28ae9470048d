"""The next run looks up writes that a run left open: nothing is sent twice, and nothing is lost."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from target_clockify.books.database import LedgerInUseError
from target_clockify.books.ledger import Entry, Ledger
from target_clockify.target import TargetClockify

from tests.faults.proxy import Answer, Proxy

_ENTRY = {"start": "2026-01-05T08:00:00Z", "end": "2026-01-05T09:00:00Z"}
_GONE = {"_sdc_deleted_at": "2026-01-01"}
_LOST = {"status": 500, "commit_then": True}


def _earlier(target: Any, *entries: Entry, sent: bool = False) -> None:
    """The ledger of a run that was killed with these writes under way."""
    ledger = Ledger(target.config()["ledger_url"], target.workspace, "killed")
    ledger.begin(entries)
    for entry in entries if sent else ():
        ledger.sending(entry)
    ledger.close()


def _invoice(target: Any) -> dict[str, Any]:
    """An invoice that exists already."""
    client = target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})["id"]
    dates = {"issuedDate": "2026-01-01T00:00:00Z", "dueDate": "2026-02-01T00:00:00Z"}
    body = {"number": "1", "clientId": client, "currency": "USD", **dates}
    made: dict[str, Any] = target.box.ok("POST", "/workspaces/{ws}/invoices", body)
    return made | body


def test_two_runs_at_once_are_refused(target: Any, singer: Any) -> None:
    messages = [singer.schema("tags"), singer.record("tags", id=1, name="a"), singer.state(x=1)]
    other = Ledger(target.config()["ledger_url"], target.workspace, "other")
    other.hold()
    refused = target(messages)
    assert (refused.code, refused.states, refused.writes) == (1, [], {})
    assert f"another run is writing to workspace {target.workspace} with this ledger" in refused.log
    assert target(messages, dry_run=True).code == 0, "which writes nothing"
    other.close()
    assert target(messages).code == 0


def test_ledgers_of_two_workspaces_in_one_database_do_not_disturb_each_other(target: Any) -> None:
    url = target.config()["ledger_url"]
    first, second, third = (Ledger(url, workspace, "run") for workspace in ("a", "b", "a"))
    first.hold()
    second.hold()
    with pytest.raises(LedgerInUseError):
        third.hold()
    for one in (first, second, third):
        one.close()


def test_a_create_that_cannot_even_be_looked_up_is_looked_up_next_time(target: Any, singer: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    messages = [singer.schema("time_entries"), singer.record("time_entries", id=1, userId=me, **_ENTRY)]
    reads = {"route": "GET /workspaces/{ws}/user/{u}/time-entries", "nth": [*range(2, 40)], "status": 400}
    target.box.faults([{"route": "POST *", "nth": 1, **_LOST}, {**reads, "body": '{"code": 1, "message": "no"}'}])
    lost = target(messages)
    target.box.faults([])
    assert [reject["error"] for reject in lost.rejects] == ["unknown_outcome"]
    again = target(messages)
    assert (again.code, again.writes) == (0, {}), again.log
    assert len(target.tables()["time_entries"]) == 1


def test_a_call_without_an_answer_is_never_repeated(target: Any, singer: Any) -> None:
    invoice = _invoice(target)["id"]
    call = singer.record("AddInvoicePayment", id=1, invoiceId=invoice, amount=500, paymentDate="2026-01-20")
    target.box.faults([{"route": "POST /workspaces/{ws}/invoices/{i}/payments", "nth": 1, **_LOST}])
    first = target([singer.schema("AddInvoicePayment"), call])
    target.box.faults([])
    assert [(one["error"], one["retryable"]) for one in first.rejects] == [("unknown_outcome", False)]
    second = target([singer.schema("AddInvoicePayment"), call])
    assert second.writes == {}
    assert "an earlier run left open whether this call took place" in second.rejects[0]["message"]
    assert len(target.tables()["invoices"][0]["payments"]) == 1


@pytest.mark.parametrize("sent", [False, True], ids=["queued", "sent"])
def test_after_a_killed_run_only_sent_calls_are_doubtful(target: Any, singer: Any, sent: bool) -> None:  # noqa: FBT001
    invoice = _invoice(target)["id"]
    _earlier(target, Entry("duplicateinvoice", "1", "DuplicateInvoice", "CALL"), sent=sent)
    result = target([singer.schema("DuplicateInvoice"), singer.record("DuplicateInvoice", id=1, invoiceId=invoice)])
    assert [reject["error"] for reject in result.rejects] == (["unknown_outcome"] if sent else [])
    assert len(target.tables()["invoices"]) == (1 if sent else 2)


def test_an_incomplete_object_is_completed_first(target: Any, singer: Any) -> None:
    """A payment that meets an invoice without its items would make it a paid one."""
    body = _invoice(target)
    item = {"itemType": "Service", "description": "work", "quantity": 1, "unitPrice": 1000, "applyTaxes": "NONE"}
    whole = {
        **{name: body[name] for name in ("number", "clientId", "currency", "issuedDate", "dueDate")},
        "items": [item],
    }
    recovery = {"scope": [], "given": {"number": "1"}, "before": []}
    begun = {**whole, "items": [{**item, "quantity": 100}]}  # in the hundredths that Clockify has
    changes = {name: (None, value) for name, value in begun.items()}
    _earlier(target, Entry("invoices", "i1", "invoices", "INSERT", changes=changes, recovery=recovery))
    result = target(
        [
            singer.schema("invoices"),
            singer.schema("invoice_payments"),
            singer.record("invoice_payments", id=1, invoiceId="i1", amount=500, date="2026-01-20"),
            singer.record("invoices", id="i1", **whole),
        ]
    )
    assert result.counts["invoices"] == {"unchanged": 1}, result.log
    [invoice] = target.tables()["invoices"]
    assert (len(invoice["items"]), len(invoice["payments"]), invoice["status"]) == (1, 1, "PARTIALLY_PAID")


def test_an_object_created_before_a_refusal_is_not_created_again(target: Any, singer: Any) -> None:
    target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})

    def invoice(item: str) -> dict[str, Any]:
        line = {"itemType": item, "description": "work", "quantity": 1, "unitPrice": 1}
        dates = {"issuedDate": "2026-01-01", "dueDate": "2026-02-01"}
        record: dict[str, Any] = singer.record(
            "invoices", id=1, number="1", clientId="Acme", currency="USD", items=[line], **dates
        )
        return record

    assert target([singer.schema("invoices"), invoice("Nonsense")]).counts["invoices"] == {"rejected": 1}
    result = target([singer.schema("invoices"), invoice("Service")])
    assert result.counts["invoices"] == {"updated": 1}, result.log
    [made] = target.tables()["invoices"]
    assert [item["itemType"] for item in made["items"]] == ["Service"]


def test_a_row_whose_object_is_gone_is_forgotten(target: Any, singer: Any) -> None:
    """Or it would count as missing in every run that follows."""
    rows = [singer.schema("tags"), singer.record("tags", id=1, name="a"), singer.record("tags", id=2, name="b")]
    target(rows)
    tag = next(tag for tag in target.tables()["tags"] if tag["name"] == "a")["id"]
    target.box.ok("DELETE", f"/workspaces/{{ws}}/tags/{tag}")
    gone = [rows[0], singer.record("tags", id=1, _sdc_deleted_at="2026-01-01"), rows[2]]
    assert target(gone).counts["tags"] == {"unchanged": 2}
    with sqlite3.connect(target.folder / "ledger.db") as ledger:
        assert ledger.execute("SELECT key FROM clockify_rows").fetchall() == [("2",)]


def test_an_object_of_a_late_create_is_not_created_again(target: Any, singer: Any) -> None:
    """The create of a killed run takes effect after the next run has given it up: a later run finds the object."""
    me = target.box.ok("GET", "/user")["id"]
    interval = {**_ENTRY, "duration": "PT1H"}
    given = {"userId": me, "timeInterval": interval, "description": None, "projectId": None, "taskId": None}
    note = {"scope": [me], "given": given, "before": []}
    changes = {"userId": (None, me), "timeInterval": (None, interval)}
    _earlier(
        target, *(Entry("timeentries", key, "time_entries", "INSERT", None, changes, dict(note)) for key in ("1", "2"))
    )
    rows = [singer.schema("time_entries"), *(singer.record("time_entries", id=n, userId=me, **_ENTRY) for n in (1, 2))]
    assert target([singer.schema("tags"), singer.record("tags", id=1, name="a")]).code == 0
    late = target.box.ok("POST", "/workspaces/{ws}/time-entries", _ENTRY)["id"]
    result = target(rows)
    assert result.counts["time_entries"] == {"inserted": 1, "unchanged": 1}, result.log
    assert len(target.tables()["time_entries"]) == 2
    assert target(rows).writes == {}
    gone = [singer.schema("time_entries"), *(singer.record("time_entries", id=n, **_GONE) for n in (1, 2))]
    assert target(gone).code == 0
    assert late not in {one["id"] for one in target.tables()["time_entries"]}


def test_an_extra_object_of_a_late_create_is_deleted(target: Any, singer: Any) -> None:
    """The first create takes effect after the second one, which was sent because the object was not found."""
    me = target.box.ok("GET", "/user")["id"]
    lost: list[Any] = []

    def act(exchange: Any) -> None:
        if not lost:
            lost.append(exchange)
            exchange.reset()
            return
        answer = exchange.answered(exchange)
        lost[0].answered(lost[0])
        exchange.send(answer)

    with Proxy(str(target.box.origin)) as proxy:
        proxy.begin(act, lambda name, _: name.startswith("POST "))
        rows = [singer.schema("time_entries"), singer.record("time_entries", id=1, userId=me, **_ENTRY)]
        result = target(rows, api_url=f"{proxy.origin}/api/v1")
    assert (result.code, result.counts["time_entries"]) == (0, {"inserted": 1}), result.log
    assert "1 objects that late requests had created a second time were deleted again" in result.log
    assert len(target.tables()["time_entries"]) == 1
    assert target(rows).writes == {}


@pytest.mark.parametrize(("hours", "more", "told"), [(0, {}, True), (0, {"tagIds": True}, False), (5, {}, False)])
def test_an_extra_object_after_the_end_of_a_run_is_reported_and_kept(
    target: Any, singer: Any, hours: int, more: dict[str, Any], told: Any
) -> None:
    """A late request or a person may have created it; additional values or a much later creation show which."""
    me = target.box.ok("GET", "/user")["id"]
    lost: list[Any] = []

    def act(exchange: Any) -> None:
        if lost:
            exchange.send(exchange.answered(exchange))
        else:
            lost.append(exchange)
            exchange.reset()

    rows = [singer.schema("time_entries"), singer.record("time_entries", id=1, userId=me, **_ENTRY)]
    with Proxy(str(target.box.origin)) as proxy:
        proxy.begin(act, lambda name, _: name.startswith("POST "))
        assert target(rows, api_url=f"{proxy.origin}/api/v1").code == 0
    if more:
        more = {"tagIds": [target.box.ok("POST", "/workspaces/{ws}/tags", {"name": "urgent"})["id"]]}
    late = target.box.ok("POST", "/workspaces/{ws}/time-entries", {**_ENTRY, **more})["id"]
    with sqlite3.connect(target.config()["ledger_url"].removeprefix("sqlite:///")) as ledger:
        began = (datetime.now(tz=UTC) - timedelta(hours=hours)).isoformat(timespec="seconds")
        ledger.execute("UPDATE clockify_journal SET began = ?", [began])
    for _ in range(2):
        result = target(rows)
        assert (result.code, result.writes) == (int(told), {}), result.log
        assert (f"time entry {late}: equal to an object whose create was repeated" in result.log) == told
    assert len(target.tables()["time_entries"]) == 2


@pytest.mark.parametrize("fault", [_LOST, {"status": 204, "commit_then": True}], ids=["failed", "empty"])
def test_a_timesheet_whose_answer_is_lost_is_submitted_once(target: Any, singer: Any, fault: dict[str, Any]) -> None:
    """Its period begins at midnight where its owner lives."""
    target.box.reset(scale="tiny")
    target.workspace = target.box.workspace_id
    before = len(target.tables()["approval_requests"])
    sheet = {"userId": "ben@tiny.example", "type": "TIMESHEET", "periodStart": "2026-10-12T00:00:00Z"}
    rows = [singer.schema("approval_requests"), singer.record("approval_requests", id=1, **sheet)]
    target.box.faults([{"route": "POST /workspaces/{ws}/approval-requests/users/{u}/{t}", "nth": 1, **fault}])
    result = target(rows)
    assert result.code == 0, result.log
    made = target.tables()["approval_requests"][before:]
    assert [one["dateRange"]["start"] for one in made] == ["2026-10-11T23:00:00Z"]
    assert target(rows).writes == {}


class _Late:
    """Holds back the first call of an operation, and executes it right after a later one.

    Args:
        first: Method and end of the path of the call.
        then: The same of the later one.
        status: The status of the response, without a body; 0 for no answer.
    """

    def __init__(self, first: str, then: str, status: int = 0) -> None:
        self._first = first
        self._then = then
        self._status = status
        self._dropped: Any = None
        self.is_done = False

    def act(self, exchange: Any) -> None:
        method, _, path = exchange.operation.partition(" ")
        is_first, is_then = (
            (method, True) == (name.split()[0], path.endswith(name.split()[1])) for name in (self._first, self._then)
        )
        if is_first and not self._dropped:
            self._dropped = exchange
            if self._status:
                exchange.send(Answer(self._status))
            else:
                exchange.reset()
            return
        answer = exchange.answered(exchange)
        if is_then and self._dropped and not self.is_done:
            self._dropped.answered(self._dropped)
            self.is_done = True
        exchange.send(answer)

    def run(self, target: Any, messages: list[dict[str, Any]]) -> Any:
        with Proxy(str(target.box.origin)) as proxy:
            proxy.begin(self.act, lambda _, __: True)
            result = target(messages, api_url=f"{proxy.origin}/api/v1")
        assert self.is_done
        return result


@pytest.mark.parametrize("then", ["GET /invoices/*", "POST /items"], ids=["while it is waited for", "once repeated"])
def test_an_item_that_a_late_request_adds_is_not_billed_twice(target: Any, singer: Any, then: str) -> None:
    target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})
    item = {"itemType": target.tables()["item_types"][0], "description": "work", "quantity": 1, "unitPrice": 1000}
    dates = {"issuedDate": "2026-01-01", "dueDate": "2026-02-01"}
    messages = [
        singer.schema("invoices"),
        singer.record("invoices", id="i", number="1", clientId="Acme", currency="USD", items=[item, item], **dates),
    ]
    result = _Late("POST /items", then).run(target, messages)
    assert (result.code, result.counts["invoices"]) == (0, {"inserted": 1}), result.log
    assert ("1 objects that late requests had changed a second time" in result.log) == then.startswith("POST")
    assert [one["description"] for one in target.tables()["invoices"][0]["items"]] == ["work"] * 2
    assert target(messages).writes == {}


def test_a_balance_that_a_late_request_changes_is_not_changed_twice(target: Any, singer: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    policy = {"name": "Leave", "everyoneIncludingNew": True, "approve": {"requiresApproval": False}}
    balance = {"policyId": "p", "userId": me, "dateRange": {"start": "2026-01-01", "end": "2026-12-31"}}
    messages = [
        singer.schema("time_off_policies"),
        singer.record("time_off_policies", id="p", **policy),
        singer.schema("balance_assignments"),
        singer.record("balance_assignments", id="b", balance=5, **balance),
    ]
    assert target(messages).code == 0
    messages[-1] = singer.record("balance_assignments", id="b", balance=7, **balance)
    change = "PUT /time-off/balance/assignment/*/user/*/policy/*"
    result = _Late(change, change).run(target, messages)
    assert result.code == 0, result.log
    assert [one["balance"] for one in target.tables()["balance_assignments"]] == [7]
    assert target(messages).writes == {}


@pytest.mark.parametrize("status", [400, 403, 404, 425])
def test_a_refusal_of_nobody_that_is_carried_out_later_makes_no_second_object(
    target: Any, singer: Any, status: int
) -> None:
    """The response has no body from Clockify: a proxy may have sent it after forwarding the request."""
    me = target.box.ok("GET", "/user")["id"]
    rows = [singer.schema("time_entries"), singer.record("time_entries", id=1, userId=me, **_ENTRY)]
    late = _Late("POST /time-entries", "POST /time-entries", status)
    with Proxy(str(target.box.origin)) as proxy:
        proxy.begin(late.act, lambda _, __: True)
        first = target(rows, api_url=f"{proxy.origin}/api/v1")
        assert [one["error"] for one in first.rejects] == ["unknown_outcome"]
        assert target(rows, api_url=f"{proxy.origin}/api/v1").code == 0
    assert late.is_done
    assert len(target.tables()["time_entries"]) == 1
    assert target(rows).writes == {}


@pytest.mark.parametrize("lost", [False, True], ids=["answered", "without a response"])
def test_the_duplicate_that_a_call_creates_is_no_object_of_a_lost_request(
    target: Any,
    singer: Any,
    lost: bool,  # noqa: FBT001
) -> None:
    me = target.box.ok("GET", "/user")["id"]
    messages = [
        singer.schema("time_entries"),
        singer.record("time_entries", id="e", userId=me, **_ENTRY),
        singer.schema("DuplicateTimeEntry"),
        singer.record("DuplicateTimeEntry", id="d", userId=me, timeEntryId="e"),
    ]
    faults = [{"route": "POST /workspaces/{ws}/user/{u}/time-entries", "nth": 1, "status": 502, "body": "<html>"}]
    call = {"route": "POST /workspaces/{ws}/user/{u}/time-entries/{e}/duplicate", "reset": True, "commit_then": True}
    target.box.faults([*faults, *([{**call, "nth": 1}] if lost else [])])
    first = target(messages)
    assert first.code == (1 if lost else 0), first.log
    for _ in range(2):
        assert len(target.tables()["time_entries"]) == 2
        assert target(messages).code == (1 if lost else 0)
    assert len(target.tables()["time_entries"]) == 2


@pytest.mark.parametrize("quantity", [10, 10.0, 12.5])
@pytest.mark.parametrize("fault", [_LOST, {"reset": True, "commit_then": True}], ids=["answered", "reset"])
def test_equal_numbers_in_different_notation_are_equal(
    target: Any, singer: Any, fault: dict[str, Any], quantity: float
) -> None:
    me = target.box.ok("GET", "/user")["id"]
    row = {"userId": me, "categoryId": "Travel", "date": "2026-01-08", "quantity": quantity}
    rows = [singer.schema("expense_categories"), singer.record("expense_categories", id=1, name="Travel")]
    rows += [singer.schema("expenses"), *(singer.record("expenses", id=n, **row) for n in (1, 2))]
    target.box.faults([{"route": "POST /workspaces/{ws}/expenses", "nth": 1, **fault}])
    assert target(rows).code == 0
    assert len(target.tables()["expenses"]) == 2
    assert target(rows).writes == {}


def test_a_correction_writes_no_older_value_and_no_other_field(target: Any, singer: Any) -> None:
    """Of two records of an invoice the first meets a gateway's error; a payment changes the status meanwhile."""
    target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})
    item = {"itemType": target.tables()["item_types"][0], "description": "work", "quantity": 1, "unitPrice": 1000}
    given = {"number": "1", "clientId": "Acme", "currency": "USD", "issuedDate": "2026-01-01", "dueDate": "2026-02-01"}
    payment = singer.record("invoice_payments", id="y", invoiceId="i", amount=1000, date="2026-01-20")
    messages = [
        *(singer.schema(one) for one in ("invoices", "tags", "invoice_payments")),
        singer.record("invoices", id="i", note="old", status="SENT", items=[item, item], **given),
        *(singer.record("tags", id=n, name=f"Tag {n}") for n in range(1100)),  # they fill a chunk
        singer.record("invoices", id="i", note="new", status="SENT", items=[item], **given),
        payment,
    ]
    target.box.faults([{"route": "POST /workspaces/{ws}/invoices/{i}/items", "nth": 1, "status": 504}])
    result = target(messages)
    assert result.code == 0, result.log
    [invoice] = target.tables()["invoices"]
    assert (invoice["note"], len(invoice["items"]), invoice["status"]) == ("new", 1, "PAID")
    assert target(messages[:1] + messages[2:3] + messages[-2:]).writes == {}


def test_an_undo_takes_back_what_was_corrected_as_one_write(target: Any, singer: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    rows = [singer.schema("time_entries"), singer.record("time_entries", id=1, userId=me, **_ENTRY)]
    _Late("POST /time-entries", "POST /time-entries").run(target, rows)
    assert len(target.tables()["time_entries"]) == 1
    command = [*target.command()[1:], "--undo", "last"]
    undone = CliRunner().invoke(TargetClockify.get_singer_command(), command)
    assert (undone.exit_code, undone.stdout.count("\n"), target.tables()["time_entries"]) == (0, 1, []), undone.output


@pytest.mark.parametrize("sent", ["PUT", "DELETE"])
def test_a_response_to_a_bulk_call_proves_nothing_about_objects_that_it_lacks(
    target: Any, singer: Any, sent: str
) -> None:
    me = target.box.ok("GET", "/user")["id"]
    rows = [singer.record("time_entries", id=n, userId=me, description="x", **_ENTRY) for n in range(3)]
    assert target([singer.schema("time_entries"), *rows]).code == 0
    changed = [
        singer.record("time_entries", id=n, **({"description": "y"} if sent == "PUT" else _GONE)) for n in range(3)
    ]

    def act(exchange: Any) -> None:
        is_bulk = exchange.method == sent and exchange.operation.endswith("/user/*/time-entries")
        exchange.send(Answer(200, b"[]") if is_bulk else exchange.answered(exchange))

    with Proxy(str(target.box.origin)) as proxy:
        proxy.begin(act, lambda _, __: True)
        result = target([singer.schema("time_entries"), *changed], api_url=f"{proxy.origin}/api/v1")
    assert result.code == 0, result.log
    assert [one["description"] for one in target.tables()["time_entries"]] == ["y"] * (3 if sent == "PUT" else 0)


def test_an_empty_refusal_of_a_call_or_a_deletion_proves_nothing(target: Any, singer: Any) -> None:
    invoice = _invoice(target)["id"]
    target.box.ok("POST", "/workspaces/{ws}/tags", {"name": "a"})
    [tag] = target.tables()["tags"]
    payment = {"invoiceId": invoice, "amount": 500, "paymentDate": "2026-01-20"}
    messages = [
        singer.schema("AddInvoicePayment"),
        singer.record("AddInvoicePayment", id="p", **payment),
        singer.schema("tags"),
        singer.record("tags", id=tag["id"], **_GONE),
    ]

    def act(exchange: Any) -> None:
        is_write = exchange.method == "DELETE" or exchange.operation.endswith("/payments")
        exchange.send(Answer(403) if is_write else exchange.answered(exchange))

    with Proxy(str(target.box.origin)) as proxy:
        proxy.begin(act, lambda _, __: True)
        result = target(messages, api_url=f"{proxy.origin}/api/v1")
    assert (result.code, [one["error"] for one in result.rejects]) == (1, ["unknown_outcome"] * 2), result.log
    again = target(messages)
    assert [one["error"] for one in again.rejects] == ["unknown_outcome"]
    assert (target.tables()["tags"], target.tables()["invoices"][0]["payments"]) == ([], [])


def test_a_run_that_stops_early_forgets_no_unproven_deletion(target: Any, singer: Any) -> None:
    me = target.box.ok("GET", "/user")["id"]
    rows = [singer.schema("time_entries"), singer.record("time_entries", id=1, userId=me, **_ENTRY)]
    assert target(rows).code == 0
    gone = [rows[0], singer.record("time_entries", id=1, **_GONE)]
    wrong = [singer.schema("tags"), singer.record("tags", id=1, name="x" * 300)]

    def act(exchange: Any) -> None:
        exchange.send(Answer(204) if exchange.method == "DELETE" else exchange.answered(exchange))

    with Proxy(str(target.box.origin)) as proxy:
        proxy.begin(act, lambda _, __: True)
        first = target([*gone, *wrong], api_url=f"{proxy.origin}/api/v1", fail_fast=True)
    assert (first.code, len(target.tables()["time_entries"])) == (1, 1), first.log
    assert (target(gone).code, target.tables()["time_entries"]) == (0, [])
