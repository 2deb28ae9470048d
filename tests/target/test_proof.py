"""A response that could come from a proxy proves nothing: the effect is looked up, or reported as unknown."""

from __future__ import annotations

import json
from typing import Any

import pytest

_BUSY = {"status": 200, "body": '{"error":"busy"}'}
_EMPTY = {"status": 204}
_DATES = {"issuedDate": "2026-01-01T00:00:00Z", "dueDate": "2026-02-01T00:00:00Z"}


def _invoice(target: Any) -> str:
    client = target.box.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})["id"]
    body = {"number": "1", "clientId": client, "currency": "USD", **_DATES}
    return str(target.box.ok("POST", "/workspaces/{ws}/invoices", body)["id"])


def _deleted_expense(target: Any, singer: Any) -> list[Any]:
    """Return messages that delete an expense, which is written first."""
    category = target.box.ok("POST", "/workspaces/{ws}/expenses/categories", {"name": "Travel"})["id"]
    me = target.box.ok("GET", "/user")["id"]
    row = {"id": 1, "userId": me, "categoryId": category, "date": "2026-01-08", "quantity": 10}
    assert target([singer.schema("expenses"), singer.record("expenses", **row)]).code == 0
    return [singer.schema("expenses"), singer.record("expenses", id=1, _sdc_deleted_at="2026-02-01")]


def test_a_deletion_that_was_only_acknowledged_is_repeated(target: Any, singer: Any) -> None:
    messages = _deleted_expense(target, singer)
    target.box.faults([{"route": "DELETE *", "nth": 1, **_EMPTY}])
    result = target(messages)
    assert (result.code, target.tables()["expenses"]) == (0, [])
    assert "1 objects were deleted a second time" in result.log


def test_a_deletion_that_is_never_made_is_reported_and_made_by_the_next_run(target: Any, singer: Any) -> None:
    messages = _deleted_expense(target, singer)
    target.box.faults([{"route": "DELETE *", **_EMPTY}])
    result = target(messages)
    assert result.code == 1
    assert "1 objects are still there although their deletion was acknowledged; run again" in result.log
    target.box.faults([])
    assert (target(messages).code, target.tables()["expenses"]) == (0, [])


@pytest.mark.parametrize("nth", [1, "every"])
def test_a_call_needs_a_response_that_proves_it(target: Any, singer: Any, nth: Any) -> None:
    project = target.box.ok("POST", "/workspaces/{ws}/projects", {"name": "Site"})["id"]
    call = singer.record("SetProjectTemplate", id=1, projectId=project, isTemplate=True)
    target.box.faults([{"route": "PATCH *", "nth": nth, **_BUSY}])
    result = target([singer.schema("SetProjectTemplate"), call])
    assert target.tables()["projects"][0]["template"] is (nth == 1)
    assert [one["error"] for one in result.rejects] == ([] if nth == 1 else ["unknown_outcome"])


def test_an_additive_call_without_such_an_answer_is_reported_as_open(target: Any, singer: Any) -> None:
    call = singer.record("AddInvoicePayment", id=1, invoiceId=_invoice(target), amount=5, paymentDate="2026-01-20")
    target.box.faults([{"route": "POST /workspaces/{ws}/invoices/{i}/payments", "nth": 1, **_BUSY}])
    result = target([singer.schema("AddInvoicePayment"), call])
    assert [one["error"] for one in result.rejects] == ["unknown_outcome"]


def test_an_empty_response_does_not_prove_a_status(target: Any, singer: Any) -> None:
    call = singer.record("ChangeInvoiceStatus", id=1, invoiceId=_invoice(target), invoiceStatus="SENT")
    target.box.faults([{"route": "PATCH *", "nth": 1, **_EMPTY}])
    assert target([singer.schema("ChangeInvoiceStatus"), call]).code == 0
    assert target.tables()["invoices"][0]["status"] == "SENT"


def test_an_empty_response_does_not_prove_settings(target: Any, singer: Any) -> None:
    messages = [singer.schema("invoice_settings"), singer.record("invoice_settings", id=1, defaults={"notes": "new"})]
    target.box.faults([{"route": "PUT *", "nth": 1, **_EMPTY}])
    result = target(messages)
    assert result.code == 0, result.log
    assert target.box.ok("GET", "/workspaces/{ws}/invoices/settings")["defaults"]["notes"] == "new"


def test_a_payment_whose_deletion_lost_its_answer_is_gone_and_not_refused(target: Any, singer: Any) -> None:
    invoice = _invoice(target)
    paid = {"amount": 5, "paymentDate": "2026-01-20T00:00:00Z"}
    target.box.ok("POST", f"/workspaces/{{ws}}/invoices/{invoice}/payments", paid)
    payment = target.tables()["invoices"][0]["payments"][0]["id"]
    call = singer.record("DeleteInvoicePayment", id=1, invoiceId=invoice, paymentId=payment)
    target.box.faults([{"route": "DELETE *", "nth": 1, "status": 500, "commit_then": True}])
    result = target([singer.schema("DeleteInvoicePayment"), call])
    assert (result.code, target.tables()["invoices"][0]["payments"]) == (0, []), result.log


def test_incomplete_details_cause_no_update(target: Any, singer: Any) -> None:
    """An update replaces the whole invoice: what the answer seems to lack would be emptied."""
    invoice = _invoice(target)
    record = singer.record("invoices", id=invoice, subject="new", items=[])
    poor = {"route": "GET /workspaces/{ws}/invoices/{i}", "status": 200, "body": f'{{"id":"{invoice}"}}'}
    target.box.faults([poor])
    result = target([singer.schema("invoices"), record])
    assert (result.code, result.writes) == (1, {})
    assert "a row has an unexpected form" in result.log


def _policy(target: Any) -> tuple[str, str]:
    """Return the ids of a policy and of a user under it."""
    me = target.box.ok("GET", "/user")["id"]
    people = {"contains": "CONTAINS", "ids": [me], "status": "ACTIVE"}
    rules = {"approve": {"requiresApproval": True}, "allowNegativeBalance": True, "users": people}
    return target.box.ok("POST", "/workspaces/{ws}/time-off/policies", {"name": "Vacation", **rules})["id"], me


@pytest.mark.parametrize("nth", [1, "every"])
def test_an_empty_response_does_not_prove_a_balance(target: Any, singer: Any, nth: Any) -> None:
    policy, me = _policy(target)
    target.box.faults([{"route": "PATCH *", "nth": nth, **_EMPTY}])
    row = singer.record("time_off_balances", id=1, policyId=policy, userId=me, balance=7)
    result = target([singer.schema("time_off_balances"), row])
    assert [one["error"] for one in result.rejects] == ([] if nth == 1 else ["unknown_outcome"]), result.log
    assert sum(one["balance"] for one in target.tables()["balances"]) == (7 if nth == 1 else 0)


def test_many_balances_are_looked_up_in_one_list(target: Any, singer: Any) -> None:
    policy, _ = _policy(target)
    for name in ("ada", "bob", "eve"):
        target.box.ok("POST", "/workspaces/{ws}/users?send-email=false", {"email": f"{name}@acme.example"})
    users = [one["id"] for one in target.box.ok("GET", "/workspaces/{ws}/users")]
    rows = [singer.record("time_off_balances", id=one, policyId=policy, userId=one, balance=5) for one in users]
    result = target([singer.schema("time_off_balances"), *rows])
    route = "/workspaces/{ws}/time-off/balance/policy/{policyId}"
    assert result.code == 0, result.log
    assert (result.requests[f"PATCH {route}"], result.requests[f"GET {route}"]) == (4, 2)  # before, and after


_BALANCE = "/workspaces/{ws}/time-off/balance"


def _shown(policy: str, user: str, balance: float) -> str:
    row = {"id": "0" * 24, "policyId": policy, "userId": user, "balance": balance, "total": balance, "used": 0}
    return json.dumps({"count": 1, "balances": [row]})


@pytest.mark.parametrize(("shown", "sent"), [(9, 2), (12, 1)])
def test_a_balance_that_differs_from_the_written_one(target: Any, singer: Any, shown: int, sent: int) -> None:
    """Another write has changed the balance since, so it is set again.

    Or Clockify has added the value instead of setting it.
    """
    policy, me = _policy(target)
    target.box.ok("PATCH", f"{_BALANCE}/policy/{policy}", {"userIds": [me], "value": 5, "note": "x"})
    route = f"GET {_BALANCE}/policy/{{p}}"
    target.box.faults([{"route": route, "nth": 2, "status": 200, "body": _shown(policy, me, shown)}])
    row = singer.record("time_off_balances", id=1, policyId=policy, userId=me, balance=7)
    result = target([singer.schema("time_off_balances"), row])
    assert result.code == (0 if sent == 2 else 1), result.log
    assert ("a new value of balance, but the object does not show it: another value is shown" in result.log) == (
        sent == 1
    )
    assert result.requests[f"PATCH {_BALANCE}/policy/{{policyId}}"] == sent


@pytest.mark.parametrize("nth", [1, "every"])
def test_a_call_with_an_empty_response_is_looked_up(target: Any, singer: Any, nth: Any) -> None:
    policy, me = _policy(target)
    day = {"start": "2026-01-05T08:00:00Z", "end": "2026-01-05T09:00:00Z"}
    entry = target.box.ok("POST", f"/workspaces/{{ws}}/user/{me}/time-entries", day)["id"]
    calls: dict[str, dict[str, Any]] = {
        "UpdateBalance": {"policyId": policy, "userIds": [me], "value": 3, "note": "x"},
        "MarkTimeEntriesInvoiced": {"timeEntryIds": [entry], "invoiced": True},
        "UpdateInvoiceSettings": {"labels": _labels(target), "defaults": {"notes": "new", "subject": "s"}},
    }
    target.box.faults([{"route": f"{method} *", "nth": nth, **_EMPTY} for method in ("PATCH", "PUT")])
    result = target([
        one for name, row in calls.items() for one in (singer.schema(name), singer.record(name, id=1, **row))
    ])  # fmt: skip
    assert [one["error"] for one in result.rejects] == ([] if nth == 1 else ["unknown_outcome"] * 3), result.log
    assert sum(one["balance"] for one in target.tables()["balances"]) == (3 if nth == 1 else 0)


def _labels(target: Any) -> dict[str, str]:
    labels = target.box.ok("GET", "/workspaces/{ws}/invoices/settings")["labels"]
    return {**labels, "totalAmountDue": labels.pop("totalAmount")}


@pytest.mark.parametrize("commits", [True, False])
def test_an_additive_call_with_an_empty_response_counts_if_it_can_be_seen(
    target: Any, singer: Any, commits: Any
) -> None:
    policy, me = _policy(target)
    fault = {"status": 502, "commit_then": True} if commits else _EMPTY
    target.box.faults([{"route": f"POST {_BALANCE}/assignment", "nth": 1, **fault}])
    call = singer.record("AddBalanceAssignment", id=1, policyId=policy, userIds=[me], balance=2)
    result = target([singer.schema("AddBalanceAssignment"), call])
    assert [one["error"] for one in result.rejects] == ([] if commits else ["unknown_outcome"]), result.log
    assert sum(one["balance"] for one in target.tables()["balances"]) == (2 if commits else 0)


@pytest.mark.parametrize("nth", [1, "every"])
def test_an_empty_response_does_not_prove_a_publication(target: Any, singer: Any, nth: Any) -> None:
    project = target.box.ok("POST", "/workspaces/{ws}/projects", {"name": "Site"})["id"]
    week = {"start": "2026-03-02T00:00:00Z", "end": "2026-03-06T23:59:59Z"}
    plan = {"userId": target.box.ok("GET", "/user")["id"], "projectId": project, "hoursPerDay": 4, **week}
    target.box.ok("POST", "/workspaces/{ws}/scheduling/assignments/recurring", plan)
    target.box.faults([{"route": "PUT *", "nth": nth, **_EMPTY}])
    result = target([singer.schema("PublishAssignments"), singer.record("PublishAssignments", id=1, **week)])
    assert [one["error"] for one in result.rejects] == ([] if nth == 1 else ["unknown_outcome"]), result.log
    assert [one["published"] for one in target.tables()["assignments"]] == [nth == 1]


@pytest.mark.parametrize("operation", ["upsert", "insert"])
def test_a_second_balance_assignment_of_a_person_adds_nothing(target: Any, singer: Any, operation: str) -> None:
    """Clockify keeps one for each person and policy: a second create would add to it, in every run."""
    policy, me = _policy(target)
    rows = [singer.record("balance_assignments", id=n, policyId=policy, userId=me, balance=2) for n in (1, 2)]
    settings = {"streams": {"balance_assignments": {"operation": operation}}}
    for _ in range(2):
        result = target([singer.schema("balance_assignments"), *rows], **settings)
        assert [one["error"] for one in result.rejects] == ["duplicate"], result.log
        assert [one["balance"] for one in target.tables()["balance_assignments"]] == [2]
