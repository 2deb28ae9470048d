"""Reports: selection, sums, time zones, and who may see amounts."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.conftest import Sandbox, StartSandbox

DETAILED = "/workspaces/{ws}/reports/detailed"
SUMMARY = "/workspaces/{ws}/reports/summary"
WEEKLY = "/workspaces/{ws}/reports/weekly"
ATTENDANCE = "/workspaces/{ws}/reports/attendance"
EXPENSES = "/workspaces/{ws}/reports/expenses/detailed"
ENTRIES = "/workspaces/{ws}/time-entries"
NOVEMBER = {
    "dateRangeStart": "2026-11-01T00:00:00.000Z",
    "dateRangeEnd": "2026-11-30T23:59:59.999Z",
    "timeZone": "UTC",
}
BY_DETAIL: dict[str, Any] = {**NOVEMBER, "detailedFilter": {"page": 1, "pageSize": 1000}}
LIMITED = "sandbox-limited-key"
FEW = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def ask(box: Sandbox, path: str, body: dict[str, Any], **more: Any) -> Any:
    return box.ok("POST", path, body, host="report", **more)


def refusal(box: Sandbox, path: str, body: dict[str, Any], **more: Any) -> tuple[int, dict[str, Any] | None]:
    answer = box.call("POST", path, body, host="report", **more)
    return answer.status_code, answer.json() if answer.content else None


def track(box: Sandbox, start: str, end: str, **fields: Any) -> str:
    entry: dict[str, Any] = box.ok("POST", ENTRIES, {"start": start, "end": end, **fields})
    return str(entry["id"])


@pytest.fixture
def acme(empty: Sandbox) -> tuple[Sandbox, dict[str, str]]:
    """A client with a project of 120.00 an hour, and three entries: billable, not billable, without project."""
    client = empty.ok("POST", "/workspaces/{ws}/clients", {"name": "Acme"})["id"]
    body = {"name": "Site", "clientId": client, "hourlyRate": {"amount": 12000}, "color": "#8BC34A", "billable": True}
    project = empty.ok("POST", "/workspaces/{ws}/projects", body)["id"]
    task = empty.ok("POST", f"/workspaces/{{ws}}/projects/{project}/tasks", {"name": "Build"})["id"]
    tag = empty.ok("POST", "/workspaces/{ws}/tags", {"name": "urgent"})["id"]
    ids = {"client": client, "project": project, "task": task, "tag": tag}
    ids["billable"] = track(
        empty, "2026-11-10T08:00:00Z", "2026-11-10T09:40:00Z", description="Layout", billable=True, projectId=project,
        taskId=task, tagIds=[tag],
    )  # fmt: skip
    ids["internal"] = track(
        empty, "2026-11-11T08:00:00Z", "2026-11-11T09:00:00Z", description="Call", billable=False, projectId=project
    )
    ids["loose"] = track(empty, "2026-11-12T08:00:00Z", "2026-11-12T08:30:00Z", billable=False)
    return empty, ids


def test_a_row_has_names_only_for_existing_objects(acme: tuple[Sandbox, dict[str, str]]) -> None:
    box, ids = acme
    report = ask(box, DETAILED, BY_DETAIL)
    assert [row["_id"] for row in report["timeentries"]] == [ids["loose"], ids["internal"], ids["billable"]]
    loose, internal, billable = report["timeentries"]
    assert billable["projectName"] == "Site"
    assert (billable["clientName"], billable["clientId"], billable["taskName"]) == ("Acme", ids["client"], "Build")
    assert billable["tags"] == [{"_id": ids["tag"], "name": "urgent"}]
    assert billable["timeInterval"]["duration"] == 6000
    assert (billable["amount"], billable["rate"], billable["earnedAmount"]) == (20000.0, 12000, 20000.0)
    assert (internal["amount"], internal["rate"]) == (0.0, 0)
    assert (loose["projectId"], loose["taskId"], loose["approvalRequestId"]) == (None, None, None)
    assert not {"projectName", "clientName", "clientId", "taskName", "tags"} & set(loose)
    assert not {"taskName", "tags"} & set(internal)
    (total,) = report["totals"]
    assert (total["_id"], total["totalTime"], total["totalBillableTime"], total["entriesCount"]) == ("", 11400, 6000, 3)
    assert total["totalAmountByCurrency"] == [{"currency": "USD", "amount": 20000.0}]


def test_running_timers_are_not_reported(acme: tuple[Sandbox, dict[str, str]]) -> None:
    box, _ = acme
    box.ok("POST", ENTRIES, {"start": "2026-11-20T09:00:00Z"})
    assert len(ask(box, DETAILED, BY_DETAIL)["timeentries"]) == 3


def test_ranges_are_wall_clocks_and_rows_carry_offsets(empty: Sandbox) -> None:
    entry = track(empty, "2026-11-10T03:30:00Z", "2026-11-10T04:00:00Z")
    ninth = {"dateRangeStart": "2026-11-09T00:00:00.000Z", "dateRangeEnd": "2026-11-09T23:59:59.999Z"}
    asked = {**ninth, "detailedFilter": {}}
    assert ask(empty, DETAILED, {**asked, "timeZone": "UTC"})["timeentries"] == []
    (row,) = ask(empty, DETAILED, {**asked, "timeZone": "America/New_York"})["timeentries"]
    assert row["_id"] == entry
    assert row["timeInterval"]["start"] == "2026-11-09T22:30:00-05:00"
    (row,) = ask(empty, DETAILED, {**BY_DETAIL, "timeZone": "UTC"})["timeentries"]
    assert row["timeInterval"]["start"] == "2026-11-10T03:30:00Z"
    grouped = {**NOVEMBER, "timeZone": "America/New_York", "summaryFilter": {"groups": ["DATE"]}}
    assert [group["_id"] for group in ask(empty, SUMMARY, grouped)["groupOne"]] == ["2026-11-09"]
    assert refusal(empty, DETAILED, {**asked, "timeZone": "Mars/Base"})[0] == 400


def test_without_a_zone_the_accounts_own_counts(sandbox: StartSandbox) -> None:
    box = sandbox(scale="tiny")
    assert box.ok("GET", "/user")["settings"]["timeZone"] == "Europe/Belgrade"
    body = {key: value for key, value in BY_DETAIL.items() if key != "timeZone"}
    rows = ask(box, DETAILED, body)["timeentries"]
    assert rows
    assert all(row["timeInterval"]["start"].endswith("+01:00") for row in rows)


def test_totals_are_null_if_nothing_is_in_the_range(empty: Sandbox) -> None:
    for path, own in (
        (DETAILED, {"detailedFilter": {}}),
        (SUMMARY, {"summaryFilter": {"groups": ["PROJECT"]}}),
        (WEEKLY, {"weeklyFilter": {"group": "USER"}, "dateRangeEnd": "2026-11-07T23:59:59.999Z"}),
    ):
        report = ask(empty, path, {**NOVEMBER, **own})
        assert report["totals"] == [None]
        assert not report.get("timeentries", report.get("groupOne"))
    excluded = {"detailedFilter": {"options": {"totals": "EXCLUDE"}}}
    assert ask(empty, DETAILED, {**NOVEMBER, **excluded})["totals"] == []


def test_every_report_needs_its_own_filter_and_a_range(empty: Sandbox) -> None:
    for path, message in (
        (DETAILED, "Please provide detailed filter."),
        (SUMMARY, "Please provide summary filter."),
        (WEEKLY, "Please provide weekly filter."),
        (ATTENDANCE, "Please provide filters."),
    ):
        status, body = refusal(empty, path, NOVEMBER)
        assert (status, body) == (400, {"code": 501, "message": message})
        assert list(body or ()) == ["code", "message"]
    assert ask(empty, EXPENSES, NOVEMBER)["expenses"] == []
    assert refusal(empty, DETAILED, {"detailedFilter": {}})[1] == {"code": 501, "message": "must not be null"}
    backwards = {"dateRangeStart": "2026-11-02T00:00:00Z", "dateRangeEnd": "2026-11-01T00:00:00Z", "detailedFilter": {}}
    assert "is greater than end datetime" in (refusal(empty, DETAILED, backwards)[1] or {})["message"]
    for groups in ([], ["USER", "TASK", "TAG", "DATE"], ["NOBODY"]):
        assert refusal(empty, SUMMARY, {**NOVEMBER, "summaryFilter": {"groups": groups}})[0] == 400
    column = {"summaryFilter": {"groups": ["USER"], "sortColumn": "NAME"}}
    assert refusal(empty, SUMMARY, {**NOVEMBER, **column})[1] == {
        "code": 501,
        "message": "Invalid summary filter sort column.",
    }


def test_filters_narrow_the_rows(acme: tuple[Sandbox, dict[str, str]]) -> None:
    box, ids = acme
    user = box.ok("GET", "/user")["id"]
    every = {ids["billable"], ids["internal"], ids["loose"]}

    def rows(**filters: Any) -> set[str]:
        return {row["_id"] for row in ask(box, DETAILED, {**BY_DETAIL, **filters})["timeentries"]}

    assert rows(billable=True) == {ids["billable"]}
    assert rows(description="LAY") == {ids["billable"]}
    assert rows(withoutDescription=True) == {ids["loose"]}
    assert rows(projects={"ids": [ids["project"]]}) == every - {ids["loose"]}
    assert rows(projects={"ids": [ids["project"]], "contains": "DOES_NOT_CONTAIN"}) == {ids["loose"]}
    assert rows(projects={"status": "ARCHIVED"}) == set()
    assert rows(clients={"ids": [ids["client"]]}) == every - {ids["loose"]}
    assert rows(tasks={"ids": [ids["task"]]}) == {ids["billable"]}
    assert rows(tags={"ids": [ids["tag"]], "containedInTimeentry": "CONTAINS_ONLY"}) == {ids["billable"]}
    assert rows(tags={"ids": [ids["tag"]], "containedInTimeentry": "DOES_NOT_CONTAIN"}) == every - {ids["billable"]}
    assert rows(users={"ids": [user], "status": "ACTIVE"}) == every
    assert rows(users={"ids": [user], "contains": "DOES_NOT_CONTAIN"}) == set()
    assert rows(userGroups={"ids": ["0" * 24]}) == set()
    assert rows(invoicingState="INVOICED") == rows(approvalState="APPROVED") == set()
    assert rows(invoicingState="UNINVOICED") == rows(approvalState="UNAPPROVED") == every
    audit = {"detailedFilter": {"auditFilter": {"withoutTask": True, "duration": 1, "durationShorter": True}}}
    assert rows(**audit) == {ids["loose"]}


def test_amounts_can_be_of_several_kinds_or_hidden(acme: tuple[Sandbox, dict[str, str]]) -> None:
    box, _ = acme
    asked = {**NOVEMBER, "summaryFilter": {"groups": ["PROJECT"], "sortColumn": "GROUP"}}
    report = ask(box, SUMMARY, {**asked, "amounts": ["EARNED", "COST", "PROFIT"]})
    site = next(group for group in report["groupOne"] if group["name"] == "Site")
    assert {amount["type"]: amount["value"] for amount in site["amounts"]}["EARNED"] == 20000.0
    assert (site["color"], site["clientName"], site["currency"]) == ("#8BC34A", "Acme", "USD")
    hidden = ask(box, SUMMARY, {**asked, "amountShown": "HIDE_AMOUNT"})
    (total,) = hidden["totals"]
    assert (total["totalAmount"], total["totalAmountByCurrency"], total["amounts"]) == (None, {}, [])
    assert {group["amount"] for group in hidden["groupOne"]} == {None}
    row = ask(box, DETAILED, {**BY_DETAIL, "amountShown": "HIDE_AMOUNT"})["timeentries"][0]
    assert (row["amount"], row["rate"], row["earnedAmount"], row["costAmount"]) == (None, None, None, None)


GROUPS = st.lists(
    st.sampled_from(["CLIENT", "PROJECT", "USER", "WEEK", "DATE", "MONTH", "TIMEENTRY", "TASK"]),
    min_size=1,
    max_size=3,
    unique=True,
)


@FEW
@given(groups=GROUPS, descending=st.booleans(), column=st.sampled_from(["GROUP", "DURATION", "AMOUNT"]))
def test_groups_add_up_on_every_level(
    sandbox: StartSandbox, groups: list[str], column: str, *, descending: bool
) -> None:
    box = sandbox(scale="tiny")
    asked: dict[str, Any] = {**NOVEMBER, "summaryFilter": {"groups": groups, "sortColumn": column}}
    report = ask(box, SUMMARY, {**asked, "sortOrder": "DESCENDING" if descending else "ASCENDING"})
    (total,) = report["totals"]
    leaves = 0

    def check(rows: list[dict[str, Any]], duration: int, amount: float, depth: int) -> None:
        nonlocal leaves
        assert sum(row["duration"] for row in rows) == duration
        assert sum(row["amount"] for row in rows) == pytest.approx(amount)
        order = {"GROUP": "nameLowerCase", "DURATION": "duration", "AMOUNT": "amount"}[column]
        assert [row[order] for row in rows] == sorted((row[order] for row in rows), reverse=descending)
        for row in rows:
            assert ("children" in row) == (depth < len(groups))
            assert isinstance(row["_id"], dict if depth == 3 else str)
            if depth < len(groups):
                check(row["children"], row["duration"], row["amount"], depth + 1)
            else:
                leaves += 1

    check(report["groupOne"], total["totalTime"], total["totalAmount"], 1)
    assert list(report["groupTotals"].values())[-1] == leaves


def test_an_entry_counts_under_each_of_its_tags(empty: Sandbox) -> None:
    tags = [empty.ok("POST", "/workspaces/{ws}/tags", {"name": name})["id"] for name in ("a", "b")]
    track(empty, "2026-11-10T08:00:00Z", "2026-11-10T09:00:00Z", tagIds=tags)
    report = ask(empty, SUMMARY, {**NOVEMBER, "summaryFilter": {"groups": ["TAG"]}})
    assert [(row["_id"], row["duration"]) for row in report["groupOne"]] == [(tag, 3600) for tag in tags]
    assert report["totals"][0]["totalTime"] == 3600


@FEW
@given(size=st.integers(1, 60), column=st.sampled_from(["ID", "DATE", "USER", "DURATION", "DESCRIPTION"]))
def test_every_row_is_on_one_page(sandbox: StartSandbox, size: int, column: str) -> None:
    box = sandbox(scale="tiny")
    window = ("2026-11-01T00:00:00Z", "2026-11-30T23:59:59Z")
    expected = {
        entry["id"]
        for entry in box.dump()["workspaces"][0]["time_entries"]
        if entry["timeInterval"]["end"] and window[0] <= entry["timeInterval"]["start"] <= window[1]
    }
    seen: list[str] = []
    for page in range(1, 200):
        own = {"detailedFilter": {"page": page, "pageSize": size, "sortColumn": column}}
        answer = box.call("POST", DETAILED, {**NOVEMBER, **own}, host="report")
        rows = answer.json()["timeentries"]
        seen += [row["_id"] for row in rows]
        if answer.headers["Last-Page"] == "true":
            break
        assert len(rows) == size
    assert len(seen) == len(set(seen))
    assert set(seen) == expected


def test_page_sizes_are_bounded(empty: Sandbox) -> None:
    for size in (0, 1001):
        assert refusal(empty, DETAILED, {**NOVEMBER, "detailedFilter": {"pageSize": size}})[0] == 400
        assert refusal(empty, EXPENSES, {**NOVEMBER, "pageSize": size})[0] == 400


@pytest.mark.parametrize(
    ("end", "allowed"),
    [
        ("2026-11-08T23:59:59.999Z", True),
        ("2026-11-09T00:00:00Z", True),
        ("2026-11-07T23:59:59Z", False),
        ("2026-11-09T23:59:59Z", False),
        ("2026-11-30T23:59:59Z", False),
    ],
)
def test_a_week_has_seven_days(acme: tuple[Sandbox, dict[str, str]], end: str, *, allowed: bool) -> None:
    box, _ = acme
    body = {"dateRangeStart": "2026-11-02T00:00:00Z", "dateRangeEnd": end, "timeZone": "UTC"}
    answer = box.call("POST", WEEKLY, {**body, "weeklyFilter": {"group": "PROJECT", "subgroup": "TIME"}}, host="report")
    assert answer.status_code == (200 if allowed else 400)
    if allowed:
        assert len(answer.json()["totalsByDay"]) == 7


@pytest.mark.parametrize("subgroup", ["TIME", "EARNINGS"])
def test_the_weekly_report_spreads_time_over_days(acme: tuple[Sandbox, dict[str, str]], subgroup: str) -> None:
    box, ids = acme
    week = {**NOVEMBER, "dateRangeStart": "2026-11-09T00:00:00Z", "dateRangeEnd": "2026-11-15T23:59:59Z"}
    report = ask(box, WEEKLY, {**week, "weeklyFilter": {"group": "PROJECT", "subgroup": subgroup}})
    site = next(row for row in report["groupOne"] if row["_id"] == ids["project"])
    assert [day["duration"] for day in site["days"]] == [0, 6000, 3600, 0, 0, 0, 0]
    assert [day["duration"] for day in report["totalsByDay"]] == [0, 6000, 3600, 1800, 0, 0, 0]
    assert set(report) == {
        "totals", "totalsByDay", "groupOne", "decimalFormat", "trackTimeDownToSeconds", "includeUsersWithoutTime",
        "usersWithoutTime",
    }  # fmt: skip


def test_attendance_wants_whole_days(acme: tuple[Sandbox, dict[str, str]]) -> None:
    box, _ = acme
    asked: dict[str, Any] = {**NOVEMBER, "attendanceFilter": {"page": 1, "pageSize": 50}}
    report = ask(box, ATTENDANCE, asked)
    assert [row["date"] for row in report["entities"]] == ["2026-11-10", "2026-11-11", "2026-11-12"]
    first = report["entities"][0]
    assert (first["totalDuration"], first["capacity"], first["remainingCapacity"]) == (6000, 28800, 22800)
    assert (first["zonedStart"], first["balance"]) == ("2026-11-10T08:00:00Z", -22800)
    assert not {"startTime", "endTime", "imageUrl"} & set(first)
    assert (report["totals"]["entriesCount"], report["totals"]["totalDuration"]) == (3, 11400)
    for end in ("2026-11-30T23:59:59Z", "2026-11-30T12:00:00.000Z"):
        assert refusal(box, ATTENDANCE, {**asked, "dateRangeEnd": end})[0] == 400
    long = {"workFilters": [{"filtrationType": "LARGER_THAN", "value": "150"}]}
    assert [row["date"] for row in ask(box, ATTENDANCE, {**asked, "attendanceFilter": long})["entities"]] == [
        "2026-11-10"
    ]


def test_expenses_are_filtered_by_their_date(sandbox: StartSandbox) -> None:
    box = sandbox(scale="tiny")
    stored = box.dump()["workspaces"][0]["expenses"]
    stored = list(stored.values()) if isinstance(stored, dict) else stored
    report = ask(box, EXPENSES, {**NOVEMBER, "pageSize": 200, "sortColumn": "DATE", "sortOrder": "ASCENDING"})
    expected = [row["id"] for row in stored if row["date"].startswith("2026-11")]
    assert sorted(row["id"] for row in report["expenses"]) == sorted(expected)
    dates = [row["date"] for row in report["expenses"]]
    assert dates == sorted(dates)
    assert report["totals"]["expensesCount"] == len(expected)
    assert report["totals"]["totalAmount"] == sum(row["amount"] for row in report["expenses"])
    assert ask(box, EXPENSES, {**NOVEMBER, "billable": True})["totals"]["expensesCount"] < len(expected)


def test_plans_limit_reports_and_their_length(sandbox: StartSandbox) -> None:
    free = sandbox(scale="empty", plan="FREE")
    assert refusal(free, ATTENDANCE, {**NOVEMBER, "attendanceFilter": {}}) == (403, None)
    assert refusal(free, EXPENSES, NOVEMBER) == (403, None)
    assert "timeentries" in ask(free, DETAILED, {**BY_DETAIL, "dateRangeEnd": "2026-12-01T23:59:59.999Z"})
    assert refusal(free, DETAILED, {**BY_DETAIL, "dateRangeEnd": "2026-12-02T00:00:01.000Z"})[0] == 400
    free.reset(scale="empty", plan="STANDARD")
    assert "entities" in ask(free, ATTENDANCE, {**NOVEMBER, "attendanceFilter": {}})
    assert refusal(free, EXPENSES, NOVEMBER) == (403, None)
    assert "timeentries" in ask(free, DETAILED, {**BY_DETAIL, "dateRangeEnd": "2027-12-02T00:00:01.000Z"})


def test_members_see_their_own_and_managers_no_money(sandbox: StartSandbox) -> None:
    box = sandbox(scale="tiny")
    me = box.ok("GET", "/user", key=LIMITED)["id"]
    rows = ask(box, DETAILED, BY_DETAIL, key=LIMITED)["timeentries"]
    assert rows
    assert {row["userId"] for row in rows} == {me}
    assert {row["amount"] for row in rows} == {None}
    project = box.ok("GET", "/workspaces/{ws}/projects?page-size=1")[0]["id"]
    role = {"entityId": project, "role": "PROJECT_MANAGER"}
    box.ok("POST", f"/workspaces/{{ws}}/users/{me}/roles", role)
    status, _ = refusal(box, DETAILED, BY_DETAIL, key=LIMITED)
    assert status == 403
    rows = ask(box, DETAILED, {**BY_DETAIL, "amountShown": "HIDE_AMOUNT"}, key=LIMITED)["timeentries"]
    assert all(row["userId"] == me or row["projectId"] == project for row in rows)


def test_exports_hold_every_row(acme: tuple[Sandbox, dict[str, str]]) -> None:
    box, _ = acme

    def export(kind: str, path: str = DETAILED) -> Any:
        asked = {**NOVEMBER, "exportType": kind, "detailedFilter": {"pageSize": 1}}
        return box.call("POST", path, asked, host="report")

    table = list(csv.DictReader(io.StringIO(export("CSV").text)))
    assert [row["Description"] for row in table] == ["", "Call", "Layout"]
    assert export("CSV").headers["content-disposition"].endswith('30_11_2026.csv"')
    assert export("PDF").content.startswith(b"%PDF-1.4")
    book = zipfile.ZipFile(io.BytesIO(export("XLSX").content))
    assert book.testzip() is None
    assert b"Layout" in book.read("xl/worksheets/sheet1.xml")
    assert zipfile.ZipFile(io.BytesIO(export("ZIP").content)).namelist()


def test_unknown_paths_and_verbs_are_refused_in_the_shape_of_the_host(empty: Sandbox) -> None:
    answer = empty.call("GET", DETAILED, host="report")
    assert (answer.status_code, answer.json()) == (405, {"code": 405, "message": "HTTP 405 Method Not Allowed"})
    assert empty.call("GET", "/nowhere", host="report").status_code == 404
    assert empty.call("POST", DETAILED, BY_DETAIL).status_code == 404  # the core host has no reports


# People who left


YEAR = {"dateRangeStart": "2026-01-01T00:00:00Z", "dateRangeEnd": "2026-12-31T23:59:59Z", "timeZone": "UTC"}


def test_reports_know_people_who_left(sandbox: StartSandbox) -> None:
    """The summary by user, the detailed and the weekly report; no list of users has somebody who was removed."""
    box = sandbox(scale="tiny")
    dump = box.dump()
    space = dump["workspaces"][0]
    ids = {user["name"]: user["id"] for user in dump["users"]}
    listed = {row["id"] for row in box.ok("GET", f"/workspaces/{space['id']}/users?account-statuses=ACTIVE,DELETED")}
    assert ids["Rosa Removed"] not in listed
    assert ids["Olga Deleted"] in listed

    summary = ask(box, SUMMARY, {**YEAR, "summaryFilter": {"groups": ["USER"]}})
    seconds = {row["_id"]: row["duration"] for row in summary["groupOne"]}
    for name, is_member in (("Rosa Removed", False), ("Olga Deleted", True), ("Ugo Gone", True)):
        entries = [row for row in space["time_entries"] if row["userId"] == ids[name]]
        body = {**YEAR, "detailedFilter": {"pageSize": 200}, "users": {"ids": [ids[name]], "contains": "CONTAINS"}}
        rows = ask(box, DETAILED, body)["timeentries"]
        assert {row["_id"] for row in rows} == {row["id"] for row in entries}
        assert {row["userName"] for row in rows} == {name}
        assert all(row["locked"] == row["isLocked"] for row in rows)
        assert sum(row["timeInterval"]["duration"] for row in rows) == seconds[ids[name]] > 0
        (group,) = [row for row in summary["groupOne"] if row["_id"] == ids[name]]
        assert (group["name"], group["hasMembership"]) == (name, is_member)

    week = {**YEAR, "dateRangeStart": "2026-09-21T00:00:00Z", "dateRangeEnd": "2026-09-27T23:59:59Z"}
    weekly = ask(box, WEEKLY, {**week, "weeklyFilter": {"group": "USER", "subgroup": "TIME"}})
    assert "Rosa Removed" in {row["name"] for row in weekly["groupOne"]}
    assert ids["Rosa Removed"] not in {row["id"] for row in weekly["usersWithoutTime"]}


def test_entries_of_a_removed_member_are_in_no_list(sandbox: StartSandbox) -> None:
    """What Clockify answers there is unknown; here it is what every other id outside the workspace gets."""
    box = sandbox(scale="tiny")
    dump = box.dump()
    entries = {row["userId"]: row["id"] for row in dump["workspaces"][0]["time_entries"]}
    ids = {user["name"]: user["id"] for user in dump["users"]}
    path = "/workspaces/{ws}/user"
    assert box.refused("GET", f"{path}/{ids['Rosa Removed']}/time-entries") == (400, 501)
    assert box.ok("GET", f"{path}/{ids['Olga Deleted']}/time-entries")
    assert box.ok("GET", f"/workspaces/{{ws}}/time-entries/{entries[ids['Rosa Removed']]}")["id"]
