from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.conftest import Sandbox, StartSandbox

LIMITED_KEY = "sandbox-limited-key"
PLAN = "/workspaces/{ws}/scheduling/assignments"
EVER = "start=2000-01-01T00:00:00Z&end=2100-01-01T00:00:00Z"
MAY = {"start": "2030-05-01T00:00:00Z", "end": "2030-05-31T23:59:59Z"}


@pytest.fixture
def tiny(sandbox: StartSandbox) -> Sandbox:
    return sandbox(scale="tiny")


class Names:
    """Ids of the tiny workspace by name."""

    def __init__(self, box: Sandbox) -> None:
        state = box.dump()
        self._users = state["users"]
        self._workspace = state["workspaces"][0]

    def user(self, first_name: str) -> str:
        return next(str(row["id"]) for row in self._users if (row["name"] or "").startswith(first_name))

    def project(self) -> str:
        """One without assignments."""
        busy = {row["projectId"] for row in self._workspace["assignments"]}
        return next(str(row["id"]) for row in self._workspace["projects"] if row["id"] not in busy)


def assign(box: Sandbox, user: str, project: str, **more: Any) -> list[dict[str, Any]]:
    body = {"userId": user, "projectId": project, "hoursPerDay": 4, **MAY, **more}
    made: list[dict[str, Any]] = box.ok("POST", f"{PLAN}/recurring", body)
    return made


def users_in_may(box: Sandbox, status: str = "ALL", /, **more: Any) -> list[dict[str, Any]]:
    body = {**MAY, "statusFilter": status, **more}
    rows: list[dict[str, Any]] = box.ok("POST", f"{PLAN}/user-filter/totals", body)
    return rows


def query(window: dict[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in window.items())


def test_assignment_is_created_as_a_draft_in_a_list(tiny: Sandbox) -> None:
    names = Names(tiny)
    week = {"start": "2030-05-06T00:00:00Z", "end": "2030-05-12T23:59:59Z"}
    body = {"userId": names.user("Ada"), "projectId": names.project(), "hoursPerDay": 7.5, **week}
    answer = tiny.call("POST", f"{PLAN}/recurring", body)
    (made,) = answer.json()
    assert answer.status_code == 201
    assert (made["published"], made["billable"], made["period"]) == (False, False, week)
    assert made["recurring"] == {
        "repeat": False,
        "seriesId": None,
        "weeks": 0,
        "frequency": "WEEKLY",
        "interval": 1,
        "monthlyRecurringType": None,
    }
    assert made["excludeDays"] == [
        {"date": "2030-05-11T00:00:00Z", "type": "WEEKEND"},
        {"date": "2030-05-12T00:00:00Z", "type": "WEEKEND"},
    ]
    (row,) = [row for row in tiny.ok("GET", f"{PLAN}/all?{EVER}") if row["id"] == made["id"]]
    assert (row["userName"], row["clientName"], row["taskName"]) == ("Ada Owner", row["clientName"] or "", None)
    assert not {"published", "recurring", "excludeDays"} & row.keys()
    assert tiny.refused("POST", PLAN, body) == (404, 3000)
    assert tiny.refused("POST", f"{PLAN}/recurring", {**body, "start": "2031-01-01T00:00:00Z"}) == (400, 501)
    assert tiny.refused("POST", f"{PLAN}/recurring", {**body, "note": "x" * 101}) == (400, 501)
    assert tiny.refused("POST", f"{PLAN}/recurring", {**body, "userId": "f" * 24}) == (400, 501)
    assert tiny.refused("POST", f"{PLAN}/recurring", {**body, "projectId": "f" * 24}) == (404, 501)


def test_days_off_are_excluded(tiny: Sandbox) -> None:
    names = Names(tiny)
    holiday = {"name": "Feast", "datePeriod": {"startDate": "2030-05-07", "endDate": "2030-05-07"}}
    tiny.ok("POST", "/workspaces/{ws}/holidays", {**holiday, "everyoneIncludingNew": True})
    policy = tiny.ok(
        "POST",
        "/workspaces/{ws}/time-off/policies",
        {"name": "Away", "approve": {}, "everyoneIncludingNew": True, "allowNegativeBalance": True},
    )
    away = {"timeOffPeriod": {"period": {"start": "2030-05-09", "days": 1}}}
    tiny.ok("POST", f"/workspaces/{{ws}}/time-off/policies/{policy['id']}/requests", away)
    week = {"start": "2030-05-06T00:00:00Z", "end": "2030-05-12T23:59:59Z"}
    (made,) = assign(tiny, names.user("Ada"), names.project(), **week, includeNonWorkingDays=True)
    assert [(row["date"][:10], row["type"]) for row in made["excludeDays"]] == [
        ("2030-05-07", "HOLIDAY"),
        ("2030-05-09", "TIME_OFF"),
    ]
    (row,) = users_in_may(tiny)
    assert [day["date"][8:10] for day in row["totalHoursPerDay"]] == ["06", "08", "10", "11", "12"]


def test_list_needs_a_window_and_finds_names(tiny: Sandbox) -> None:
    assert tiny.refused("GET", f"{PLAN}/all") == (400, 3001)
    assert tiny.refused("GET", f"{PLAN}/all?start=2030-01-01T00:00:00Z") == (400, 3001)
    assert tiny.refused("GET", f"{PLAN}/all?start=monday&end=friday") == (400, 3000)
    rows = tiny.ok("GET", f"{PLAN}/all?{EVER}&sort-column=ID")
    assert len(rows) == 9
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    assert {row["userName"] for row in tiny.ok("GET", f"{PLAN}/all?{EVER}&name=kenji")} == {"Kenji Ōta"}
    answer = tiny.call("GET", f"{PLAN}/all?{EVER}&page-size=5&page=2")
    assert (len(answer.json()), answer.headers["Last-Page"]) == (4, "true")
    assert tiny.ok("GET", f"{PLAN}/all?start=1999-01-01T00:00:00Z&end=1999-02-01T00:00:00Z") == []


def test_a_change_of_a_series_concerns_one_the_following_or_all_assignments(tiny: Sandbox) -> None:
    names = Names(tiny)
    monday = {"start": "2030-05-06T00:00:00Z", "end": "2030-05-06T23:59:59Z"}
    repeat = {"recurringAssignment": {"repeat": True, "weeks": 4}}
    series = assign(tiny, names.user("Ada"), names.project(), **monday, **repeat)

    def starts(rows: Any) -> Any:
        return [row["period"]["start"][5:10] for row in rows]

    assert starts(series) == ["05-06", "05-13", "05-20", "05-27"]
    assert len({row["recurring"]["seriesId"] for row in series}) == 1
    path = f"{PLAN}/recurring/{series[1]['id']}"
    tuesday = {"start": "2030-05-14T00:00:00Z", "end": "2030-05-14T23:59:59Z"}
    moved = tiny.ok("PATCH", path, {**tuesday, "hoursPerDay": 2, "seriesUpdateOption": "THIS_AND_FOLLOWING"})
    assert starts(moved) == ["05-14", "05-21", "05-28"]
    assert {row["hoursPerDay"] for row in moved} == {2.0}
    (one,) = tiny.ok("PATCH", path, {**tuesday, "note": "Alone"})
    assert (one["note"], one["hoursPerDay"]) == ("Alone", 2.0)
    longer = tiny.ok("PUT", f"{PLAN}/series/{series[0]['id']}", {"repeat": True, "weeks": 6})
    assert starts(longer) == ["05-06", "05-14", "05-21", "05-28", "06-03", "06-10"]
    shorter = tiny.ok("PUT", f"{PLAN}/series/{series[0]['id']}", {"repeat": True, "weeks": 2})
    assert starts(shorter) == ["05-06", "05-14"]
    gone = tiny.ok("DELETE", f"{path}?seriesUpdateOption=ALL")
    assert starts(gone) == ["05-06", "05-14"]
    assert tiny.refused("DELETE", path) == (404, 501)
    assert tiny.call("GET", path).headers["Allow"] == "DELETE, PATCH"


def test_series_spans_a_week_at_most(tiny: Sandbox) -> None:
    names = Names(tiny)
    long = {"userId": names.user("Ada"), "projectId": names.project(), "hoursPerDay": 1, **MAY}
    for weeks in (0, 100):
        bad = {**long, "recurringAssignment": {"repeat": False, "weeks": weeks}}
        assert tiny.refused("POST", f"{PLAN}/recurring", bad) == (400, 501)
    repeating = {**long, "recurringAssignment": {"repeat": True, "weeks": 2}}
    assert tiny.refused("POST", f"{PLAN}/recurring", repeating) == (400, 501)
    (made,) = tiny.ok("POST", f"{PLAN}/recurring", {**long, "recurringAssignment": {"repeat": False, "weeks": 2}})
    assert tiny.refused("PUT", f"{PLAN}/series/{made['id']}", {"repeat": True, "weeks": 2}) == (400, 501)


def test_a_copied_assignment_is_a_draft_for_the_other_person(tiny: Sandbox) -> None:
    names = Names(tiny)
    (made,) = assign(tiny, names.user("Ada"), names.project(), note="Same")
    body = {"userId": names.user("Kenji"), "seriesUpdateOption": "THIS_ONE"}
    answer = tiny.call("POST", f"{PLAN}/{made['id']}/copy", body)
    (copy,) = answer.json()
    assert answer.status_code == 200
    assert (copy["userId"], copy["note"], copy["published"]) == (names.user("Kenji"), "Same", False)
    assert copy["id"] != made["id"]


def test_publishing_takes_everything_in_the_window_unless_filtered(tiny: Sandbox) -> None:
    names = Names(tiny)
    project = names.project()
    ada, kenji = names.user("Ada"), names.user("Kenji")
    for user in (ada, kenji):
        assign(tiny, user, project)

    def published() -> Any:
        return {row["userId"] for row in users_in_may(tiny, "PUBLISHED")}

    assert (published(), len(users_in_may(tiny, "UNPUBLISHED"))) == (set(), 2)
    assert tiny.ok("GET", f"{PLAN}/all?{query(MAY)}", key=LIMITED_KEY) == []
    only = {"userFilter": {"contains": "CONTAINS", "ids": [kenji], "status": "ALL"}}
    answer = tiny.call("PUT", f"{PLAN}/publish", {**MAY, "viewType": "TEAM", **only})
    assert (answer.status_code, answer.content) == (200, b"")
    assert published() == {kenji}
    tiny.ok("PUT", f"{PLAN}/publish", MAY)
    assert published() == {ada, kenji}
    assert len(tiny.ok("GET", f"{PLAN}/all?{query(MAY)}", key=LIMITED_KEY)) == 2
    assert tiny.refused("PUT", f"{PLAN}/publish", MAY, key=LIMITED_KEY) == (403, 403)


def test_totals_of_a_user_are_the_same_alone_and_in_the_list(tiny: Sandbox) -> None:
    for window in (MAY, {"start": "2000-01-01T00:00:00Z", "end": "2100-01-01T00:00:00Z"}):
        listed = {
            row["userId"]: row
            for row in tiny.ok("POST", f"{PLAN}/user-filter/totals", {**window, "statusFilter": "ALL"})
        }
        for user in tiny.dump()["workspaces"][0]["members"]:
            single = tiny.ok("GET", f"{PLAN}/users/{user['userId']}/totals?{query(window)}")
            assert single == listed.get(user["userId"])
    row = next(row for row in listed.values() if row["userName"] == "Kenji Ōta")
    assert (row["capacityPerDay"], row["workingDays"][0]) == (25200.0, "MONDAY")


def test_capacity_of_somebody_without_settings_has_nulls(tiny: Sandbox) -> None:
    names = Names(tiny)
    body = {"userId": names.user("Lou"), "projectId": names.project(), "hoursPerDay": 2, **MAY}
    tiny.ok("POST", f"{PLAN}/recurring", body)
    (row,) = [row for row in users_in_may(tiny) if row["userName"] == "Lou Limited"]
    assert (row["userStatus"], row["workingDays"]) == (None, None)
    assert row["totalHoursPerDay"]


def test_totals_of_a_user_without_plans_are_an_empty_body(tiny: Sandbox) -> None:
    names = Names(tiny)
    for path in (f"users/{names.user('Ada')}/totals", f"projects/totals/{names.project()}"):
        answer = tiny.call("GET", f"{PLAN}/{path}?{query(MAY)}")
        assert (answer.status_code, answer.content) == (200, b"")
        assert tiny.refused("GET", f"{PLAN}/{path}") == (400, 3001)
    assert tiny.refused("GET", f"{PLAN}/users/totals?{query(MAY)}")[0] == 404


def test_user_totals_are_filtered_and_paged(tiny: Sandbox) -> None:
    names = Names(tiny)
    for user in ("Ada", "Kenji", "Lia"):
        assign(tiny, names.user(user), names.project())

    def found(**more: Any) -> Any:
        return [row["userName"] for row in users_in_may(tiny, **more)]

    assert found() == ["Ada Owner", "Lia West", "Kenji Ōta"]
    assert found(search="LIA@") == ["Lia West"]
    ada = [names.user("Ada")]
    assert found(userFilter={"contains": "DOES_NOT_CONTAIN", "ids": ada}) == ["Lia West", "Kenji Ōta"]
    assert found(userFilter={"contains": "CONTAINS", "ids": ada, "status": "INACTIVE"}) == []
    crew = [row["id"] for row in tiny.dump()["workspaces"][0]["user_groups"] if row["name"] == "Crew"]
    assert found(userGroupFilter={"contains": "CONTAINS", "ids": crew}) == ["Lia West", "Kenji Ōta"]
    answer = tiny.call("POST", f"{PLAN}/user-filter/totals", {**MAY, "pageSize": 2})
    assert (len(answer.json()), answer.headers["Last-Page"]) == (2, "false")
    assert len(users_in_may(tiny, "ALL", **{"page-size": 1})) == 3
    assert tiny.refused("POST", f"{PLAN}/user-filter/totals", {**MAY, "pageSize": 201}) == (400, 501)
    assert tiny.refused("POST", f"{PLAN}/user-filter/totals", {"start": MAY["start"]}) == (400, 501)


def test_project_totals_are_the_same_in_every_call(tiny: Sandbox) -> None:
    ever = {"start": "2000-01-01T00:00:00Z", "end": "2100-01-01T00:00:00Z"}
    rows = tiny.ok("POST", f"{PLAN}/projects/totals", {**ever, "statusFilter": "ALL"})
    assert rows == tiny.ok("GET", f"{PLAN}/projects/totals?{query(ever)}")
    for row in rows:
        assert row == tiny.ok("GET", f"{PLAN}/projects/totals/{row['projectId']}?{query(ever)}")
    assert sum(len(row["milestones"]) for row in rows) == 3
    inside = next(row for row in rows if not row["clientName"])
    assert inside["clientName"] is None
    assert tiny.ok("POST", f"{PLAN}/projects/totals", {**ever, "search": inside["projectName"]}) == [inside]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(first=st.integers(1, 20), length=st.integers(1, 11), hours=st.integers(1, 24), every_day=st.booleans())
def test_hours_of_days_add_up_to_the_hours_of_the_project(
    empty: Sandbox, first: int, length: int, hours: int, *, every_day: bool
) -> None:
    empty.reset(scale="empty")
    user, project = (
        empty.ok("GET", "/user")["id"],
        empty.ok("POST", "/workspaces/{ws}/projects", {"name": "Plan"})["id"],
    )
    period = {"start": f"2030-05-{first:02}T00:00:00Z", "end": f"2030-05-{first + length - 1:02}T23:59:59Z"}
    (made,) = assign(empty, user, project, **period, hoursPerDay=hours, includeNonWorkingDays=every_day)
    days = length - len(made["excludeDays"])
    (row,) = users_in_may(empty)
    assert [day["totalHours"] for day in row["totalHoursPerDay"]] == [hours] * days
    total = empty.ok("GET", f"{PLAN}/projects/totals/{project}?{query(MAY)}")
    assert total["totalHours"] == hours * days
    assert sum(day["hasAssignment"] for day in total["assignments"]) == days


def test_members_do_not_plan(tiny: Sandbox) -> None:
    names = Names(tiny)
    body = {"userId": names.user("Mia"), "projectId": names.project(), "hoursPerDay": 1, **MAY}
    assert tiny.refused("POST", f"{PLAN}/recurring", body, key=LIMITED_KEY) == (403, 403)


def test_scheduling_comes_with_the_pro_plan(sandbox: StartSandbox) -> None:
    assert sandbox(scale="tiny", plan="STANDARD").refused("GET", f"{PLAN}/all?{EVER}") == (403, None)
    assert sandbox(scale="tiny", plan="PRO").ok("GET", f"{PLAN}/all?{EVER}")
