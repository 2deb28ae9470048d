from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Sandbox, StartSandbox

LIMITED_KEY = "sandbox-limited-key"
APPROVALS = "/workspaces/{ws}/approval-requests"
ENTRIES = "/workspaces/{ws}/time-entries"
WEEK = {"periodStart": "2030-05-08T00:00:00Z", "period": "WEEKLY"}  # a Wednesday


@pytest.fixture
def tiny(sandbox: StartSandbox) -> Sandbox:
    return sandbox(scale="tiny")


def person(box: Sandbox, first_name: str) -> str:
    users = box.dump()["users"]
    return next(str(user["id"]) for user in users if (user["name"] or "").startswith(first_name))


def entry(box: Sandbox, start: str, end: str, **more: Any) -> str:
    return str(box.ok("POST", ENTRIES, {"start": start, "end": end, **more})["id"])


def listed(box: Sandbox, request_id: str) -> dict[str, Any]:
    rows = box.ok("GET", f"{APPROVALS}?page-size=200")
    return next(row for row in rows if row["approvalRequest"]["id"] == request_id)


def test_a_submission_contains_the_entries_of_the_week_in_the_owners_zone(tiny: Sandbox) -> None:
    # Ada lives in Belgrade, two hours ahead in May: her week begins on Sunday at 22:00 UTC.
    before = entry(tiny, "2030-05-05T21:00:00Z", "2030-05-05T22:30:00Z")
    inside = entry(tiny, "2030-05-05T22:00:00Z", "2030-05-05T23:30:00Z", billable=True)
    rest = entry(tiny, "2030-05-06T12:00:00Z", "2030-05-06T12:30:00Z", type="BREAK")
    answer = tiny.call("POST", f"{APPROVALS}/TIMESHEET", WEEK)
    request = answer.json()
    assert (answer.status_code, request["type"], request["status"]["state"]) == (201, "TIMESHEET", "PENDING")
    assert request["dateRange"] == {"start": "2030-05-05T22:00:00Z", "end": "2030-05-12T21:59:59Z"}
    assert request["owner"]["startOfWeek"] == "MONDAY"
    row = listed(tiny, request["id"])
    assert {item["id"] for item in row["entries"]} == {inside, rest}
    assert before not in {item["id"] for item in row["entries"]}
    times = [row[name] for name in ("trackedTime", "pendingTime", "approvedTime", "billableTime", "breakTime")]
    assert times == ["PT1H30M", "PT1H30M", "PT0S", "PT1H30M", "PT30M"]
    assert (row["billableAmount"], row["costAmount"], row["expenseTotal"]) == (18000.0, 7500.0, 0)


@pytest.mark.parametrize(
    "start", ["2030-05-06T00:00:00.000Z", "2030-05-05T22:00:00Z", "2030-05-12T00:00:00Z", "2030-05-12T23:00:00Z"]
)
def test_any_time_in_the_week_identifies_it(tiny: Sandbox, start: str) -> None:
    request = tiny.ok("POST", f"{APPROVALS}/TIMESHEET", {"periodStart": start})
    assert request["dateRange"]["start"] == "2030-05-05T22:00:00Z"


def test_approval_locks_entries_and_its_withdrawal_frees_them(tiny: Sandbox) -> None:
    entry_id = entry(tiny, "2030-05-07T08:00:00Z", "2030-05-07T09:00:00Z")
    path = f"{APPROVALS}/{tiny.ok('POST', f'{APPROVALS}/TIMESHEET', WEEK)['id']}"
    again = {"start": "2030-05-07T08:00:00Z", "end": "2030-05-07T10:00:00Z"}
    tiny.ok("PUT", f"{ENTRIES}/{entry_id}", again)
    approved = tiny.ok("PATCH", path, {"state": "APPROVED", "note": "Fine"})
    assert (approved["status"]["state"], approved["status"]["note"]) == ("APPROVED", "Fine")
    assert approved["status"]["updatedByUserName"] == "Ada Owner"
    assert tiny.ok("GET", f"{ENTRIES}/{entry_id}")["isLocked"] is True
    assert tiny.refused("PUT", f"{ENTRIES}/{entry_id}", again) == (403, 4005)
    assert listed(tiny, approved["id"])["approvedTime"] == "PT2H"
    tiny.ok("PATCH", path, {"state": "WITHDRAWN_APPROVAL"})
    assert tiny.ok("GET", f"{ENTRIES}/{entry_id}")["isLocked"] is False
    assert listed(tiny, approved["id"])["entries"] == []
    tiny.ok("PUT", f"{ENTRIES}/{entry_id}", again)


def test_rejected_week_is_submitted_again_with_what_was_added(tiny: Sandbox) -> None:
    first = entry(tiny, "2030-05-07T08:00:00Z", "2030-05-07T09:00:00Z")
    request = tiny.ok("POST", f"{APPROVALS}/TIMESHEET", WEEK)
    assert tiny.call("POST", f"{APPROVALS}/EXPENSE", WEEK).status_code == 201
    tiny.ok("PATCH", f"{APPROVALS}/{request['id']}", {"state": "REJECTED", "note": "Friday?"})
    second = entry(tiny, "2030-05-10T08:00:00Z", "2030-05-10T09:00:00Z")
    tiny.ok("PATCH", f"{APPROVALS}/{request['id']}", {"state": "PENDING"})
    third = entry(tiny, "2030-05-10T10:00:00Z", "2030-05-10T11:00:00Z")
    answer = tiny.call("POST", f"{APPROVALS}/resubmit-entries-for-approval", WEEK)
    assert answer.status_code == 200
    held = {item["id"] for row in tiny.ok("GET", f"{APPROVALS}?page-size=200") for item in row["entries"]}
    assert {first, second, third} <= held


def test_period_must_be_that_of_the_workspace(tiny: Sandbox) -> None:
    path = f"{APPROVALS}/users/{person(tiny, 'Kenji')}"
    answer = tiny.call("POST", f"{path}/TIMESHEET", {**WEEK, "period": "MONTHLY"})
    assert (answer.status_code, answer.json()["code"]) == (400, 501)
    assert answer.json()["message"].startswith("Approval period has changed")
    assert tiny.refused("POST", f"{path}/TIMESHEET", {**WEEK, "period": "DAILY"}) == (400, 3002)
    assert tiny.refused("POST", f"{path}/TIMESHEET", {}) == (400, 501)
    assert tiny.refused("POST", f"{path}/HOLIDAY", WEEK) == (400, 3000)
    request = tiny.ok("POST", f"{path}/TIMESHEET_AND_EXPENSE", WEEK)
    assert (request["owner"]["userName"], request["creator"]["userName"]) == ("Kenji Ōta", "Ada Owner")
    assert tiny.ok("POST", APPROVALS, WEEK)["type"] == "TIMESHEET_AND_EXPENSE"


def test_expenses_of_the_week_are_held_and_locked(tiny: Sandbox) -> None:
    rows = tiny.dump()["workspaces"][0]["expenses"]
    free = next(row for row in rows if row["approvalRequestId"] is None and not row["locked"])
    week = {"periodStart": f"{free['date']}T00:00:00Z"}
    request = tiny.ok("POST", f"{APPROVALS}/users/{free['userId']}/EXPENSE", week)
    row = listed(tiny, request["id"])
    assert free["id"] in {item["id"] for item in row["expenses"]}
    assert row["expenses"][0]["approvalStatus"] == "PENDING"
    assert row["expenseTotal"] == sum(item["total"] for item in row["expenses"])
    tiny.ok("PATCH", f"{APPROVALS}/{request['id']}", {"state": "APPROVED"})
    assert all(item["locked"] for item in listed(tiny, request["id"])["expenses"])


def test_list_takes_three_states_and_ignores_users_and_dates(tiny: Sandbox) -> None:

    def states(query: str) -> Any:
        return [row["approvalRequest"]["status"]["state"] for row in tiny.ok("GET", f"{APPROVALS}?{query}")]

    assert len(states("")) == 7
    assert states("status=WITHDRAWN_APPROVAL") == ["WITHDRAWN_APPROVAL"]
    assert states("status=APPROVED&types=EXPENSE,TIMESHEET") == ["APPROVED", "APPROVED"]
    assert states("types=EXPENSE&types=TIMESHEET_AND_EXPENSE&status=APPROVED") == ["APPROVED", "APPROVED"]
    for state in ("REJECTED", "WITHDRAWN_SUBMISSION"):
        assert tiny.refused("GET", f"{APPROVALS}?status={state}") == (400, 501)
    assert tiny.refused("GET", f"{APPROVALS}?types=LEAVE") == (400, 3000)
    ignored = f"userId={person(tiny, 'Mia')}&start=2030-01-01T00:00:00Z&end=2030-01-02T00:00:00Z"
    assert len(states(ignored)) == 7
    answer = tiny.call("GET", f"{APPROVALS}?sort-column=ID&page-size=4&page=2")
    assert (len(answer.json()), answer.headers["Last-Page"]) == (3, "true")


def test_members_submit_and_withdraw_but_do_not_approve(tiny: Sandbox) -> None:
    rows = tiny.ok("GET", APPROVALS, key=LIMITED_KEY)
    assert {row["approvalRequest"]["owner"]["userName"] for row in rows} == {"Mia Plain"}
    request = tiny.ok("POST", f"{APPROVALS}/TIMESHEET", WEEK, key=LIMITED_KEY)
    path = f"{APPROVALS}/{request['id']}"
    assert tiny.refused("PATCH", path, {"state": "APPROVED"}, key=LIMITED_KEY) == (403, 403)
    assert tiny.refused("POST", f"{APPROVALS}/users/{person(tiny, 'Ada')}", WEEK, key=LIMITED_KEY) == (403, 403)
    withdrawn = tiny.ok("PATCH", path, {"state": "WITHDRAWN_SUBMISSION"}, key=LIMITED_KEY)
    assert withdrawn["status"]["state"] == "WITHDRAWN_SUBMISSION"
    assert tiny.refused("PATCH", f"{APPROVALS}/{'f' * 24}", {"state": "APPROVED"}) == (400, 501)


def test_seeded_requests_add_up(tiny: Sandbox) -> None:
    for row in tiny.ok("GET", APPROVALS):
        request = row["approvalRequest"]
        assert all(item["approvalRequestId"] == request["id"] for item in row["entries"])
        if request["status"]["state"] == "APPROVED":
            assert all(item["isLocked"] for item in row["entries"])
            assert row["approvedTime"] == row["trackedTime"]
        first, last = (date.fromisoformat(request["dateRange"][name][:10]) for name in ("start", "end"))
        assert last - first in (timedelta(days=6), timedelta(days=7))


def test_approval_comes_with_the_standard_plan(sandbox: StartSandbox) -> None:
    assert sandbox(scale="tiny", plan="BASIC").refused("GET", APPROVALS) == (403, None)
    assert sandbox(scale="tiny", plan="STANDARD").ok("GET", APPROVALS)
