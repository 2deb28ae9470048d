from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.conftest import Sandbox, StartSandbox

LIMITED_KEY = "sandbox-limited-key"
HOLIDAYS = "/workspaces/{ws}/holidays"
POLICIES = "/workspaces/{ws}/time-off/policies"
REQUESTS = "/workspaces/{ws}/time-off/requests"
BALANCE = "/workspaces/{ws}/time-off/balance"
LIST_KEYS = [
    "id", "workspaceId", "name", "datePeriod", "occursAnnually", "everyoneIncludingNew", "userIds", "userGroupIds",
    "automaticTimeEntryCreation", "projectId", "taskId",
]  # fmt: skip
EASTER = {"name": "Easter", "datePeriod": {"startDate": "2030-04-21", "endDate": "2030-04-22"}}


@pytest.fixture
def tiny(sandbox: StartSandbox) -> Sandbox:
    return sandbox(scale="tiny")


def person(box: Sandbox, first_name: str) -> str:
    """The id of a user of the tiny workspace."""
    users = box.dump()["users"]
    return next(str(user["id"]) for user in users if (user["name"] or "").startswith(first_name))


def group(box: Sandbox, name: str) -> str:
    return next(str(row["id"]) for row in box.dump()["workspaces"][0]["user_groups"] if row["name"] == name)


def policy(box: Sandbox, **more: Any) -> dict[str, Any]:
    body = {"name": "Leave", "approve": {"requiresApproval": True}, "everyoneIncludingNew": True, **more}
    made: dict[str, Any] = box.ok("POST", POLICIES, body)
    return made


def days(start: str, count: int, **more: Any) -> dict[str, Any]:
    return {"timeOffPeriod": {"period": {"start": start, "days": count}, **more}}


def balance(box: Sandbox, policy_id: str, user_id: str) -> dict[str, Any]:
    rows = box.ok("GET", f"{BALANCE}/policy/{policy_id}")["balances"]
    return next(row for row in rows if row["userId"] == user_id)


# -- holidays ---------------------------------------------------------------------------------------------------------


def test_holiday_is_created_with_200_for_somebody(tiny: Sandbox) -> None:
    kenji, crew = person(tiny, "Kenji"), group(tiny, "Crew")
    users = {"users": {"contains": "CONTAINS", "ids": [kenji], "status": "ALL"}}
    answer = tiny.call("POST", HOLIDAYS, {**EASTER, **users})
    assert (answer.status_code, list(answer.json())) == (200, LIST_KEYS)
    assert answer.json()["userIds"] == [kenji]
    assert tiny.ok("POST", HOLIDAYS, {**EASTER, "userGroups": {"ids": [crew]}})["userGroupIds"] == [crew]
    assert tiny.ok("POST", HOLIDAYS, {**EASTER, "everyoneIncludingNew": True})["userIds"] == []
    others = tiny.ok("POST", HOLIDAYS, {**EASTER, "users": {"contains": "DOES_NOT_CONTAIN", "ids": [kenji]}})
    assert others["userIds"]
    assert kenji not in others["userIds"]
    assert tiny.refused("POST", HOLIDAYS, EASTER) == (400, 400)
    assert tiny.refused("POST", HOLIDAYS, {**EASTER, "userIds": [kenji]}) == (400, 400)
    assert tiny.refused("POST", HOLIDAYS, {**EASTER, "users": {"ids": ["f" * 24]}}) == (400, 501)
    assert tiny.refused("POST", HOLIDAYS, {**EASTER, "users": {"ids": [kenji], "status": "PENDING"}}) == (400, 3002)


def test_an_update_replaces_a_holiday_and_takes_only_short_names(tiny: Sandbox) -> None:
    everyone = {**EASTER, "everyoneIncludingNew": True}
    holiday = tiny.ok("POST", HOLIDAYS, {**everyone, "name": "n" * 100, "color": "#123456", "occursAnnually": True})
    path = f"{HOLIDAYS}/{holiday['id']}"
    assert tiny.refused("PUT", path, {**everyone, "name": "n" * 51, "occursAnnually": False}) == (400, 501)
    assert tiny.refused("PUT", path, everyone) == (400, 501)
    changed = tiny.ok("PUT", path, {**everyone, "occursAnnually": False})
    assert (changed["name"], changed["occursAnnually"]) == ("Easter", False)
    gone = tiny.ok("DELETE", path)
    assert gone["color"] != "#123456"
    assert gone["automaticTimeEntryCreation"] == {
        "enabled": False,
        "defaultEntities": {"projectId": None, "taskId": None},
    }
    assert (gone["users"], gone["userGroups"]) == ([], [])
    assert tiny.refused("DELETE", path) == (400, 501)


def test_holidays_are_listed_whole_and_cannot_be_read_one_by_one(tiny: Sandbox) -> None:
    answer = tiny.call("GET", f"{HOLIDAYS}?page-size=1")
    assert len(answer.json()) == 5
    assert "Last-Page" not in answer.headers
    names = {row["name"] for row in tiny.ok("GET", f"{HOLIDAYS}?assigned-to={person(tiny, 'Lia')}")}
    assert names == {"Company retreat", "New Year", "Founders' day", "Crew day"}
    single = tiny.call("GET", f"{HOLIDAYS}/{answer.json()[0]['id']}")
    assert (single.status_code, single.headers["Allow"]) == (405, "DELETE, PUT")


def test_holidays_in_a_period_need_a_known_user(tiny: Sandbox) -> None:
    window = "start=2031-01-01T00:00:00Z&end=2031-01-31T23:59:59Z"
    path = f"{HOLIDAYS}/in-period"
    rows = tiny.ok("GET", f"{path}?assigned-to={person(tiny, 'Mia')}&{window}")
    assert [row["name"] for row in rows] == ["New Year"]
    assert not {"userIds", "userGroupIds", "workspaceId"} & rows[0].keys()
    assert tiny.refused("GET", f"{path}?{window}") == (400, 3001)
    assert tiny.refused("GET", f"{path}?assigned-to={'f' * 24}&{window}") == (500, 500)


# -- policies ---------------------------------------------------------------------------------------------------------


def test_policy_needs_approve_and_somebody(tiny: Sandbox) -> None:
    base = {"name": "Study", "approve": {"requiresApproval": False}}
    ids = {"contains": "CONTAINS", "ids": [person(tiny, "Mia")], "status": "ACTIVE"}
    assert tiny.refused("POST", POLICIES, {"name": "Study", "everyoneIncludingNew": True}) == (400, 501)
    assert tiny.refused("POST", POLICIES, base) == (400, 400)
    answer = tiny.call("POST", POLICIES, {**base, "users": ids})
    made = answer.json()
    assert answer.status_code == 201
    assert (made["archived"], made["timeUnit"], made["userIds"], made["icon"]) == (False, "DAYS", ids["ids"], None)
    assert "hasExpiration" not in made
    assert tiny.ok("GET", f"{POLICIES}/{made['id']}") == made


def test_policy_update_replaces_all_but_the_unit(tiny: Sandbox) -> None:
    made = policy(tiny, timeUnit="HOURS", color="#112233", icon="PLANE", automaticAccrual={"amount": 2})
    assert made["automaticAccrual"] == {"amount": 2.0, "period": "YEAR", "timeUnit": "HOURS"}
    names = ("allowHalfDay", "allowNegativeBalance", "approve", "archived", "everyoneIncludingNew", "name")
    body = {name: made[name] for name in names}
    path = f"{POLICIES}/{made['id']}"
    pick = {"contains": "CONTAINS", "ids": [], "status": "ACTIVE"}
    assert tiny.refused("PUT", path, {**body, "users": pick, "userGroups": pick}) == (400, 501)
    full = {**body, "users": pick, "userGroups": pick, "hasExpiration": False, "timeUnit": "DAYS"}
    changed = tiny.ok("PUT", path, full)
    assert (changed["color"], changed["icon"], changed["automaticAccrual"]) == (None, None, None)
    assert changed["timeUnit"] == "HOURS"


def test_policies_are_archived_before_they_are_deleted_and_take_everything_along(tiny: Sandbox) -> None:
    made = policy(tiny, allowNegativeBalance=True)
    path = f"{POLICIES}/{made['id']}"
    request = tiny.ok("POST", f"{path}/requests", days("2030-05-06", 1))
    assert tiny.refused("DELETE", path) == (400, 400)
    assert tiny.refused("PATCH", path, {"status": "ALL"}) == (400, 400)
    assert tiny.ok("PATCH", path, {"status": "ARCHIVED"})["archived"] is True
    assert tiny.refused("GET", path) == (400, 501)
    answer = tiny.call("DELETE", path)
    assert (answer.status_code, answer.content) == (200, b"")
    found = tiny.ok("POST", REQUESTS, {"statuses": ["ALL"], "pageSize": 200})["requests"]
    assert request["id"] not in {row["id"] for row in found}
    assert tiny.refused("GET", f"{BALANCE}/policy/{made['id']}") == (400, 501)


def test_policies_are_listed_active_ones_only_unless_asked(tiny: Sandbox) -> None:

    def names(query: str) -> Any:
        return [row["name"] for row in tiny.ok("GET", f"{POLICIES}?{query}")]

    assert names("") == ["Annual leave", "Sick leave", "Appointments"]
    assert names("status=ARCHIVED") == ["Moving house"]
    assert len(names("status=ALL&sort-order=BOGUS")) == 4
    assert names("status=ALL&name=LEAVE") == ["Annual leave", "Sick leave"]
    answer = tiny.call("GET", f"{POLICIES}?status=ALL&page-size=3")
    assert (len(answer.json()), answer.headers["Last-Page"]) == (3, "false")
    assert tiny.refused("GET", f"{POLICIES}?page-size=201") == (400, 501)
    assert tiny.ok("GET", f"{POLICIES}?page=1000") == []
    assert tiny.refused("GET", f"{POLICIES}?page=1001") == (400, 501)
    assert tiny.refused("GET", f"{POLICIES}?status=OLD") == (400, 3000)


# -- requests ---------------------------------------------------------------------------------------------------------


def test_request_in_days_counts_working_days_and_lowers_the_balance_when_approved(tiny: Sandbox) -> None:
    made = policy(tiny)
    ada = person(tiny, "Ada")
    path = f"{POLICIES}/{made['id']}/requests"
    assert tiny.refused("POST", path, days("2030-05-06", 1)) == (400, 400)  # nothing to take it from
    tiny.ok("PATCH", f"{BALANCE}/policy/{made['id']}", {"userIds": [ada], "value": 10, "note": "start"})
    request = tiny.ok("POST", path, {**days("2030-05-02", 5), "note": "Beach"})
    assert len(request) == 22
    assert (request["timeZone"], request["excludeDays"], request["recipients"]) == ("Europe/Belgrade", [], [])
    assert (request["balanceValueAtRequest"], request["negativeBalanceUsed"]) == (10.0, 0.0)
    assert (request["balanceDiff"], request["status"]["statusType"], request["requesterUserId"]) == (
        3.0,
        "PENDING",
        ada,
    )
    assert request["timeOffPeriod"] == {
        "period": {"start": "2030-05-01T22:00:00Z", "end": "2030-05-06T21:59:59Z"},
        "halfDay": False,
        "halfDayPeriod": "NOT_DEFINED",
        "halfDayHours": None,
    }
    assert balance(tiny, made["id"], ada)["balance"] == 10
    decided = tiny.ok("PATCH", f"{path}/{request['id']}", {"status": "APPROVED"})
    assert decided["status"]["changedByUserId"] == ada
    assert not {"policyName", "userName", "userTimeZone", "balance"} & decided.keys()
    after = balance(tiny, made["id"], ada)
    assert (after["balance"], after["used"], after["total"], after["negativeBalanceUsed"]) == (7.0, 3.0, 10.0, 0.0)
    assert tiny.ok("PATCH", f"{path}/{request['id']}", {"status": "APPROVED"}) == decided
    assert balance(tiny, made["id"], ada) == after
    assert tiny.refused("PATCH", f"{path}/{request['id']}", {"status": "REJECTED"}) == (400, 400)
    assert tiny.refused("DELETE", f"{path}/{request['id']}") == (400, 400)


@pytest.mark.parametrize(
    "period",
    [
        {"start": "2030-05-06", "end": "2030-05-07"},
        {"start": "2030-05-06"},
        {"start": "2030-05-04", "days": 1},  # a Saturday
        {"start": "2030-05-06", "days": 6},  # until a Saturday
        {"start": "2030-05-06T00:00:00Z", "days": 1},
    ],
)
def test_request_in_days_refuses_other_periods(tiny: Sandbox, period: dict[str, Any]) -> None:
    path = f"{POLICIES}/{policy(tiny, allowNegativeBalance=True)['id']}/requests"
    assert tiny.refused("POST", path, {"timeOffPeriod": {"period": period}}) == (400, 400)


def test_request_in_days_can_be_for_half_a_day_if_the_policy_allows_it(tiny: Sandbox) -> None:
    half = days("2030-05-06", 1, isHalfDay=True, halfDayPeriod="SECOND_HALF")
    strict = policy(tiny, allowNegativeBalance=True)
    assert tiny.refused("POST", f"{POLICIES}/{strict['id']}/requests", half) == (400, 400)
    loose = policy(tiny, name="Loose", allowNegativeBalance=True, allowHalfDay=True)
    request = tiny.ok("POST", f"{POLICIES}/{loose['id']}/requests", half)
    assert request["balanceDiff"] == 0.5
    hours = {"start": "2030-05-06T11:00:00Z", "end": "2030-05-06T15:00:00Z"}
    assert request["timeOffPeriod"]["halfDayHours"] == hours


def test_request_in_hours_wants_two_timestamps_without_milliseconds(tiny: Sandbox) -> None:
    made = policy(tiny, timeUnit="HOURS", allowNegativeBalance=True, approve={"requiresApproval": False})
    path = f"{POLICIES}/{made['id']}/users/{person(tiny, 'Mia')}/requests"

    def ask(**period: Any) -> Any:
        return {"timeOffPeriod": {"period": period}}

    start, end = "2030-05-06T10:00:00Z", "2030-05-06T12:30:00Z"
    assert tiny.refused("POST", path, ask(start=start, days=1)) == (400, 400)
    assert tiny.refused("POST", path, ask(start="2030-05-06T10:00:00.000Z", end=end)) == (400, 400)
    assert tiny.refused("POST", path, ask(start=end, end=start)) == (400, 501)
    request = tiny.ok("POST", path, ask(start=start, end=end))
    assert (request["balanceDiff"], request["timeOffPeriod"]["period"]) == (2.5, {"start": start, "end": end})
    assert (request["status"]["statusType"], request["balance"]) == ("APPROVED", -2.5)  # no approval needed
    assert (request["balanceValueAtRequest"], request["negativeBalanceUsed"]) == (0.0, 2.5)


def test_negative_balance_has_a_limit(tiny: Sandbox) -> None:
    made = policy(tiny, allowNegativeBalance=True, negativeBalance={"amount": 2, "period": "YEAR"})
    path = f"{POLICIES}/{made['id']}/requests"
    assert tiny.refused("POST", path, days("2030-05-06", 3)) == (400, 400)
    assert tiny.ok("POST", path, days("2030-05-06", 2))["balanceDiff"] == 2.0


def test_pending_requests_can_be_deleted_and_unknown_ones_are_denied(tiny: Sandbox) -> None:
    path = f"{POLICIES}/{policy(tiny, allowNegativeBalance=True)['id']}/requests"
    request = tiny.ok("POST", path, days("2030-05-06", 1))
    for body in ({"status": "PENDING"}, {"status": "WITHDRAWN"}):
        assert tiny.refused("PATCH", f"{path}/{request['id']}", body) == (400, 3002)
    assert tiny.refused("PATCH", f"{path}/{request['id']}", {"statusType": "APPROVED"}) == (400, 501)
    assert tiny.ok("DELETE", f"{path}/{request['id']}")["id"] == request["id"]
    assert tiny.refused("DELETE", f"{path}/{request['id']}") == (403, 501)
    assert tiny.refused("DELETE", f"/workspaces/{{ws}}/time-off/requests/{request['id']}") == (404, 3000)


def test_search_filters_and_counts(tiny: Sandbox) -> None:

    def find(**body: Any) -> Any:
        return tiny.ok("POST", REQUESTS, body)

    assert find()["count"] == 10

    def states(rows: Any) -> Any:
        return {row["status"]["statusType"] for row in rows["requests"]}

    assert states(find(statuses=["ALL"])) == {"PENDING", "APPROVED", "REJECTED", "WITHDRAWN"}
    assert states(find(statuses=["PENDING", "REJECTED"])) == {"PENDING", "REJECTED"}
    assert tiny.refused("POST", REQUESTS, {"statuses": ["WITHDRAWN"]}) == (400, 501)
    assert tiny.refused("POST", REQUESTS, {"statuses": ["LOST"]}) == (400, 3002)
    crew = find(userGroups=[group(tiny, "Crew")])
    assert {row["userName"] for row in crew["requests"]} == {"Lia West", "Kenji Ōta", "Mia Plain"}
    assert {row["userName"] for row in find(users=[person(tiny, "Ivan")])["requests"]} == {"Ivan Inactive"}
    page = find(page=2, pageSize=4)
    assert (len(page["requests"]), page["count"]) == (4, 10)
    assert len(find(**{"page-size": 2})["requests"]) == 10
    early = find()["requests"][-1]["createdAt"]
    assert early > "2"
    assert find(end="2001-01-01T00:00:00Z")["count"] == 0
    assert tiny.call("GET", REQUESTS).headers["Allow"] == "POST"


def test_members_see_and_decide_their_own_affairs_only(tiny: Sandbox) -> None:
    rows = tiny.ok("POST", REQUESTS, {}, key=LIMITED_KEY)["requests"]
    assert {row["userName"] for row in rows} == {"Mia Plain"}
    pending = next(row for row in rows if row["status"]["statusType"] == "PENDING")
    path = f"{POLICIES}/{pending['policyId']}/requests/{pending['id']}"
    assert tiny.refused("PATCH", path, {"status": "APPROVED"}, key=LIMITED_KEY) == (403, 403)
    assert tiny.refused("POST", POLICIES, {"name": "Mine"}, key=LIMITED_KEY) == (403, 403)
    ada = person(tiny, "Ada")
    assert tiny.refused("GET", f"{BALANCE}/user/{ada}", key=LIMITED_KEY) == (403, 403)
    assert tiny.refused(
        "POST", f"{POLICIES}/{pending['policyId']}/users/{ada}/requests", days("2030-05-06", 1), key=LIMITED_KEY
    ) == (403, 403)
    assert tiny.ok("DELETE", path, key=LIMITED_KEY)["id"] == pending["id"]


# -- balances ---------------------------------------------------------------------------------------------------------


def test_balances_are_listed_by_policy_and_by_user(tiny: Sandbox) -> None:
    archived = tiny.ok("GET", f"{POLICIES}?status=ARCHIVED")[0]["id"]
    answer = tiny.call("GET", f"{BALANCE}/policy/{archived}")
    assert (answer.json()["count"], answer.headers["Last-Page"]) == (1, "true")
    assert answer.json()["balances"][0]["policyArchived"] is True
    mine = tiny.ok("GET", f"{BALANCE}/user/{person(tiny, 'Mia')}?sort=BALANCE&sort-order=DESCENDING")
    assert [(row["policyName"], row["balance"], row["negativeBalanceUsed"]) for row in mine["balances"]] == [
        ("Annual leave", 12.5, 0.0),
        ("Sick leave", -2.0, 2.0),
    ]
    assert tiny.refused("GET", f"{BALANCE}/user/{'f' * 24}") == (400, 501)


def test_balance_is_set_to_a_value(tiny: Sandbox) -> None:
    mia = person(tiny, "Mia")
    made = policy(tiny, everyoneIncludingNew=False, users={"ids": [mia]})
    path = f"{BALANCE}/policy/{made['id']}"
    assert tiny.call("PATCH", path, {"userIds": [mia], "value": 4.5}).status_code == 204
    assert balance(tiny, made["id"], mia)["balance"] == 4.5
    assert tiny.refused("PATCH", path, {"userIds": [], "value": 1}) == (400, 501)
    assert tiny.refused("PATCH", path, {"userIds": [mia], "value": 10001}) == (400, 501)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(amounts=st.lists(st.integers(-40, 40).map(lambda quarter: quarter / 4), min_size=1, max_size=4))
def test_balance_assignments_add_up(empty: Sandbox, amounts: list[float]) -> None:
    empty.reset(scale="empty")
    user, policy_id = empty.ok("GET", "/user")["id"], policy(empty)["id"]
    path, listed = f"{BALANCE}/assignment", f"{BALANCE}/assignment/user/{user}/policy/{policy_id}"
    assert empty.ok("GET", listed) == []
    for amount in amounts:
        answer = empty.call("POST", path, {"policyId": policy_id, "userIds": [user], "balance": amount})
        assert (answer.status_code, answer.content) == (201, b"")
    (row,) = empty.ok("GET", listed)
    assert row["balance"] == sum(amounts) == balance(empty, policy_id, user)["balance"]
    single = f"{path}/{row['id']}/user/{user}/policy/{policy_id}"
    period = {"start": "2030-01-01", "end": "2030-12-31"}
    assert empty.call("PUT", single, {"balanceChange": -1.5, "dateRange": period}).status_code == 204
    (changed,) = empty.ok("GET", listed)
    assert (changed["balance"], changed["dateRange"]) == (sum(amounts) - 1.5, period)
    for body in (None, {}, {"note": ""}):
        assert empty.refused("DELETE", single, body) == (400, 400)
    answer = empty.call("DELETE", single, {"note": "wrong"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert (empty.ok("GET", listed), balance(empty, policy_id, user)["balance"]) == ([], 0.0)


def test_time_off_comes_with_the_standard_plan(sandbox: StartSandbox) -> None:
    basic = sandbox(scale="tiny", plan="BASIC")
    assert basic.refused("GET", HOLIDAYS) == (403, None)
    assert basic.refused("GET", POLICIES) == (403, None)
    assert basic.refused("POST", REQUESTS, {}) == (403, None)
    assert sandbox(scale="tiny", plan="STANDARD").ok("GET", HOLIDAYS)
