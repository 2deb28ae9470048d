"""Shared reports: a filter is stored completely, changed by updates, and opened as its report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Sandbox, StartSandbox

SHARED = "/workspaces/{ws}/shared-reports"
LIMITED = "sandbox-limited-key"
FILTER: dict[str, Any] = {
    "exportType": "JSON_V1",
    "dateRangeStart": "2026-11-01T00:00:00Z",
    "dateRangeEnd": "2026-11-19T23:59:59Z",
    "summaryFilter": {"groups": ["PROJECT"]},
}
NEW = {"name": "By project", "type": "SUMMARY", "filter": FILTER, "isPublic": False, "fixedDate": True}


def shared(box: Sandbox, method: str, path: str = "", body: Any = None, **more: Any) -> Any:
    return box.ok(method, f"{SHARED}{path}", body, host="report", **more)


def refused(box: Sandbox, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, int | None]:
    return box.refused(method, path, body, host="report", **more)


def test_a_saved_filter_is_stored_completely(empty: Sandbox) -> None:
    answer = empty.call("POST", SHARED, NEW, host="report")
    assert answer.status_code == 200
    report = answer.json()
    assert {"isPublic", "fixedDate", "filter", "userId", "workspaceId", "visibleToUsers"} < set(report)
    assert not {"link", "reportAuthor"} & set(report)
    kept = report["filter"]
    assert kept["summaryFilter"] == {"groups": ["PROJECT"], "sortColumn": "GROUP", "summaryChartType": "BILLABILITY"}
    assert (kept["detailedFilter"], kept["users"], kept["withoutDescription"]) == (None, None, False)
    listed = shared(empty, "GET")
    assert listed["count"] == 1
    (row,) = listed["reports"]
    assert set(row) == {
        "id", "name", "type", "link", "isPublic", "fixedDate", "reportAuthor", "visibleToUsers", "visibleToUserGroups",
    }  # fmt: skip


@pytest.mark.parametrize("filter_", [{**FILTER, "exportType": None}, {key: FILTER[key] for key in list(FILTER)[1:]}])
def test_a_filter_without_export_type_is_accepted(empty: Sandbox, filter_: dict[str, Any]) -> None:
    report = shared(empty, "POST", "", {**NEW, "filter": filter_})
    assert report["filter"]["exportType"] == "JSON"
    assert "totals" in empty.ok("GET", f"/shared-reports/{report['id']}", host="report")


@pytest.mark.parametrize(
    ("kind", "own"),
    [
        ("DETAILED", {"detailedFilter": {}}),
        ("ATTENDANCE", {"attendanceFilter": {}}),
        ("WEEKLY", {"weeklyFilter": {"group": "USER", "subgroup": "TIME"}}),
        ("EXPENSE_DETAILED", {}),
    ],
)
def test_an_empty_filter_is_accepted(empty: Sandbox, kind: str, own: dict[str, Any]) -> None:
    """What a client library for assistants sends, whose filters of details and attendance are empty."""
    dates = {"dateRangeStart": "2026-10-05T00:00:00Z", "dateRangeEnd": "2026-10-11T23:59:59.999Z"}
    made = shared(empty, "POST", "", {"name": kind, "type": kind, "filter": {**dates, **own}})
    assert empty.ok("GET", f"/shared-reports/{made['id']}", host="report")["filters"]


def test_updates_merge_and_deletes_are_final(empty: Sandbox) -> None:
    report = shared(empty, "POST", "", NEW)
    path = f"/{report['id']}"
    renamed = shared(empty, "PUT", path, {"name": "New name", "isPublic": True})
    assert renamed == {**report, "name": "New name", "isPublic": True}
    assert refused(empty, "PUT", SHARED + path, {"isPublic": True}) == (400, 501)
    assert refused(empty, "GET", SHARED + path) == (405, 405)
    assert refused(empty, "PUT", f"/shared-reports{path}", {"name": "x"}) == (405, 405)
    assert empty.call("DELETE", SHARED + path, host="report").status_code == 204
    for method, gone in (("DELETE", SHARED + path), ("GET", f"/shared-reports{path}")):
        answer = empty.call(method, gone, host="report")
        assert (answer.status_code, answer.json()) == (404, {"code": 404, "message": "NOT FOUND"})
    assert refused(empty, "GET", f"/shared-reports{path}") == (404, 404)
    assert empty.call("GET", SHARED).status_code == 404  # the core host has none


@pytest.mark.parametrize(
    "body",
    [
        {key: value for key, value in NEW.items() if key != "name"},
        {key: value for key, value in NEW.items() if key != "type"},
        {key: value for key, value in NEW.items() if key != "filter"},
        {**NEW, "type": "GUESS"},
        {**NEW, "type": "WEEKLY"},
        {**NEW, "filter": {**FILTER, "dateRangeEnd": ""}},
        {**NEW, "filter": {**FILTER, "summaryFilter": {"groups": []}}},
        {**NEW, "visibleToUsers": ["0" * 24]},
    ],
)
def test_incomplete_filters_are_refused(empty: Sandbox, body: dict[str, Any]) -> None:
    assert empty.call("POST", SHARED, body, host="report").status_code == 400
    assert shared(empty, "GET")["count"] == 0


def test_lists_are_paged_in_camel_case_and_filtered(sandbox: StartSandbox) -> None:
    box = sandbox(scale="tiny")
    everything = shared(box, "GET")
    assert everything["count"] == len(everything["reports"]) == 5
    answer = box.call("GET", f"{SHARED}?page=2&pageSize=3", host="report")
    assert answer.headers["Last-Page"] == "true"
    assert answer.json() == {"reports": everything["reports"][3:], "count": 5}
    assert len(shared(box, "GET", "?page-size=3")["reports"]) == 5
    assert shared(box, "GET", "?sharedReportsFilter=SHARED_WITH_ME")["count"] == 0
    assert shared(box, "GET", "?sharedReportsFilter=CREATED_BY_ME", key=LIMITED)["count"] == 0
    assert 0 < shared(box, "GET", key=LIMITED)["count"] < 5
    broken = box.call("GET", f"{SHARED}?sharedReportsFilter=MINE", host="report")
    assert (broken.status_code, broken.json()) == (
        500,
        {"code": 500, "message": "Error occurred while generating report"},
    )


def test_an_opened_shared_report_is_a_report_of_its_type(sandbox: StartSandbox) -> None:
    box = sandbox(scale="tiny")
    by_type = {row["type"]: row["id"] for row in shared(box, "GET")["reports"]}
    expected = {
        "SUMMARY": {"totals", "donutChart", "groupTotals", "groupOne", "filters"},
        "WEEKLY": {"totals", "totalsByDay", "groupOne", "filters"},
        "DETAILED": {"totals", "timeentries", "filters"},
        "ATTENDANCE": {"totals", "entities", "filters"},
        "EXPENSE_DETAILED": {"totals", "expenses", "filters", "reportName", "exportFields", "customFields"},
    }
    assert set(by_type) == set(expected)
    for kind, keys in expected.items():
        report = box.ok("GET", f"/shared-reports/{by_type[kind]}", host="report")
        assert set(report) == keys
        assert report["filters"]["isAdminOrOwner"]
        assert report["filters"]["timezone"]


def test_viewers_may_turn_pages_choose_dates_and_download(sandbox: StartSandbox) -> None:
    box = sandbox(scale="tiny")
    by_type = {row["type"]: row["id"] for row in shared(box, "GET")["reports"]}
    detailed = f"/shared-reports/{by_type['DETAILED']}"
    first = box.ok("GET", f"{detailed}?page=1&pageSize=2", host="report")["timeentries"]
    second = box.ok("GET", f"{detailed}?page=2&pageSize=2", host="report")["timeentries"]
    assert len({row["_id"] for row in first + second}) == 4
    day = "dateRangeStart=2026-11-12T00:00:00&dateRangeEnd=2026-11-12T23:59:59"
    rows = box.ok("GET", f"{detailed}?{day}", host="report")["timeentries"]
    assert {row["timeInterval"]["start"][:10] for row in rows} == {"2026-11-12"}
    summary = f"/shared-reports/{by_type['SUMMARY']}"
    assert refused(box, "GET", f"{summary}?sortColumn=NAME") == (400, 501)
    answer = box.call("GET", f"{summary}?exportType=PDF", host="report")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


def test_private_reports_are_for_those_they_are_shared_with(empty: Sandbox, sandbox: StartSandbox) -> None:
    del empty
    box = sandbox(scale="tiny")
    me = box.ok("GET", "/user", key=LIMITED)["id"]
    report = shared(box, "POST", "", NEW)["id"]
    path = f"/shared-reports/{report}"
    assert refused(box, "GET", path, key=LIMITED) == (403, 501)
    shared(box, "PUT", f"/{report}", {"name": "For you", "visibleToUsers": [me]})
    opened = box.ok("GET", path, host="report", key=LIMITED)
    # It shows the data that its author may see, for every viewer.
    assert opened["totals"] == box.ok("GET", path, host="report")["totals"]
    assert not opened["filters"]["isAdminOrOwner"]
    assert refused(box, "DELETE", f"{SHARED}/{report}", key=LIMITED) == (403, 403)


def test_relative_ranges_move_with_the_clock(empty: Sandbox) -> None:
    empty.ok("POST", "/workspaces/{ws}/time-entries", {"start": "2026-11-18T08:00:00Z", "end": "2026-11-18T09:00:00Z"})
    relative = {**FILTER, "dateRangeType": "THIS_WEEK"}
    report = shared(empty, "POST", "", {**NEW, "fixedDate": False, "filter": relative})

    def total() -> Any:
        return empty.ok("GET", f"/shared-reports/{report['id']}", host="report")["totals"][0]

    assert total()["totalTime"] == 3600
    empty.clock(advance_seconds=7 * 86400)
    assert total() is None
