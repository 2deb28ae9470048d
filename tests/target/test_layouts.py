"""Files in a layout: exports of other programs and spreadsheets become clients, projects, tasks, tags and entries."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from target_clockify.books import ledger
from target_clockify.target import TargetClockify
from target_clockify.understand import dates
from target_clockify.understand.dates import DAY_FIRST, MONTH_FIRST, DateOrder, Moment, Span
from target_clockify.understand.units import Unit

_EXPORTS = Path(__file__).with_name("exports")
TOGGL = (_EXPORTS / "toggl.csv").read_text(encoding="utf-8")
HARVEST = (_EXPORTS / "harvest.csv").read_text(encoding="utf-8")
TEMPO = (_EXPORTS / "tempo.csv").read_text(encoding="utf-8")
CLOCKIFY = (_EXPORTS / "clockify.csv").read_text(encoding="utf-8")
WORLDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "spanish": {"language": "es", "plan_refusal": "400"},
    "capped": {"page_cap": 7, "without_last_page": True, "totals": "none"},
    "hidden-former-members": {"former_members": "hidden"},
}

Hours = Counter[tuple[str, str, str, str]]
"""Seconds by person, client, project and day."""


@pytest.fixture(params=WORLDS)
def target(request: pytest.FixtureRequest, sandbox: Any, runner: Any, tmp_path: Any) -> Any:
    """The target, writing to the first workspace of scale `tiny`, in several worlds."""
    return runner(sandbox(scale="tiny", world=WORLDS[request.param]), tmp_path)


@pytest.fixture
def plain(sandbox: Any, runner: Any, tmp_path: Any) -> Any:
    return runner(sandbox(scale="tiny"), tmp_path)


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def _messages(rows: list[dict[str, Any]], stream: str = "export") -> list[dict[str, Any]]:
    columns = dict.fromkeys(name for row in rows for name in row)
    schema = {"properties": {name: {"type": ["string", "null"]} for name in columns}}
    return [
        {"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": []},
        *({"type": "RECORD", "stream": stream, "record": row, "version": 1} for row in rows),
    ]


def _listed(target: Any, name: str) -> list[dict[str, Any]]:
    found = target.tables()[name]
    return list(found.values()) if isinstance(found, dict) else list(found)


def _users(target: Any) -> dict[str, dict[str, Any]]:
    users = target.box.dump()["users"]
    return {one["id"]: one for one in (users.values() if isinstance(users, dict) else users)}


class Before:
    """What is there before a file is loaded, to find out what the file adds."""

    def __init__(self, target: Any) -> None:
        self.target = target
        self.ids = {one["id"] for one in _listed(target, "time_entries")}

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The entries that came since, by person and start."""
        new = [one for one in _listed(self.target, "time_entries") if one["id"] not in self.ids]
        return sorted(new, key=lambda one: (one["userId"], one["timeInterval"]["start"]))

    def hours(self, zone: str = "") -> Hours:
        """Their seconds, each on the day on which it starts for its person."""
        users = _users(self.target)
        clients = {one["id"]: one["name"] for one in _listed(self.target, "clients")}
        projects = {one["id"]: one for one in _listed(self.target, "projects")}
        found: Hours = Counter()
        for one in self.entries:
            start, end = (datetime.fromisoformat(one["timeInterval"][name]) for name in ("start", "end"))
            user = users[one["userId"]]
            day = start.astimezone(ZoneInfo(zone or user["settings"]["timeZone"])).date()
            project = projects.get(one["projectId"], {"name": "", "clientId": None})
            place = (user["email"], clients.get(project["clientId"], ""), project["name"], str(day))
            found[place] += int((end - start).total_seconds())
        return found

    def clocks(self) -> list[tuple[str, str, str]]:
        """Who works from when to when, by their wall clock."""
        users = _users(self.target)
        found = []
        for one in self.entries:
            user = users[one["userId"]]
            zone = ZoneInfo(user["settings"]["timeZone"])
            start, end = (datetime.fromisoformat(one["timeInterval"][name]) for name in ("start", "end"))
            start_clock, end_clock = (f"{moment.astimezone(zone):%m-%d %H:%M}" for moment in (start, end))
            found.append((user["email"].partition("@")[0], start_clock, end_clock))
        return found


# -- the four layouts ----------------------------------------------------------------------------


def test_an_export_of_toggl_becomes_its_entries(target: Any) -> None:
    before = Before(target)
    result = target(_messages(_rows(TOGGL)), streams={"export": {"layout": "toggl"}})
    assert (result.code, result.rejects) == (0, [])
    lia, kenji = "lia@tiny.example", "kenji@tiny.example"
    assert before.hours() == {
        (lia, "Acme", "Website", "2026-10-05"): 9000,
        (lia, "Harbour", "Website", "2026-10-05"): 2700,
        (kenji, "Cumulus", "Website", "2026-10-06"): 2 * 14400,
        (kenji, "", "", "2026-10-06"): 1200,
    }
    assert before.clocks() == [
        ("lia", "10-05 09:00", "10-05 11:30"),
        ("lia", "10-05 23:30", "10-06 00:15"),
        ("kenji", "10-06 08:00", "10-06 12:00"),
        ("kenji", "10-06 08:00", "10-06 12:00"),
        ("kenji", "10-06 13:00", "10-06 13:20"),
    ]
    assert {name: counts.get("inserted", 0) for name, counts in result.counts.items()} == {
        "export": 5,
        "export_clients": 1,
        "export_projects": 1,
        "export_tasks": 1,
        "export_tags": 1,
    }
    first = before.entries[0]
    tags = {one["id"]: one["name"] for one in _listed(target, "tags")}
    tasks = {one["id"]: one["name"] for one in _listed(target, "tasks")}
    assert sorted(tags[one] for one in first["tagIds"]) == ["new one", "urgent"]
    assert (tasks[first["taskId"]], first["description"], first["billable"]) == ("Design", "Hero", True)
    assert "columns that its layout ignores: Amount (EUR)" in result.log

    again = target(_messages(_rows(TOGGL)), streams={"export": {"layout": "toggl"}})
    assert (again.code, again.writes) == (0, {})


def test_harvest_has_no_time_of_day_so_entries_are_stacked(target: Any) -> None:
    before = Before(target)
    result = target(_messages(_rows(HARVEST)), streams={"export": {"layout": "harvest"}})
    assert (result.code, result.rejects) == (0, [])
    assert before.clocks() == [
        ("lia", "10-05 09:00", "10-05 11:30"),
        ("lia", "10-05 11:30", "10-05 11:45"),
        ("lia", "10-05 11:45", "10-05 12:00"),
        ("lia", "10-06 09:00", "10-06 09:19"),
        ("mia", "10-05 09:00", "10-05 11:00"),
    ]
    assert before.hours()["lia@tiny.example", "Harbour", "Quay", "2026-10-06"] == 1188
    assert target(_messages(_rows(HARVEST)), streams={"export": {"layout": "harvest"}}).writes == {}


def test_tempo_uses_midnight_for_an_unknown_time(target: Any) -> None:
    before = Before(target)
    streams = {"export": {"layout": "tempo", "day_start": "07:30"}}
    assert target(_messages(_rows(TEMPO)), streams=streams).code == 0
    assert before.clocks() == [
        ("lia", "10-05 07:30", "10-05 08:30"),
        ("lia", "10-05 08:30", "10-05 08:40"),
        ("lia", "10-05 14:33", "10-05 17:03"),
    ]
    assert before.hours() == {("lia@tiny.example", "Acme", "Website", "2026-10-05"): 9000 + 3600 + 600}
    tasks = {one["id"]: one["name"] for one in _listed(target, "tasks")}
    assert {tasks[one["taskId"]] for one in before.entries} == {"WEB-7 Hero", "WEB-8 Footer"}
    assert target(_messages(_rows(TEMPO)), streams=streams).writes == {}


def test_clockify_has_breaks_and_custom_fields(target: Any) -> None:
    before = Before(target)
    result = target(_messages(_rows(CLOCKIFY)), streams={"export": {"layout": "clockify"}})
    assert (result.code, result.rejects) == (0, [])
    assert before.clocks() == [("lia", "10-05 09:00", "10-05 11:20"), ("kenji", "10-13 12:00", "10-13 13:00")]
    lia, kenji = before.entries
    assert (lia["type"], kenji["type"]) == ("REGULAR", "BREAK")
    values = {one["name"]: one["value"] for one in lia["customFieldValues"]}
    assert (values["Ticket"], values["Kilometres"]) == ("WEB-7", 12.5)
    tags = {one["id"]: one["name"] for one in _listed(target, "tags")}
    assert sorted(tags[one] for one in lia["tagIds"]) == ["by boat, by train", "urgent"]
    projects = {one["id"]: one for one in _listed(target, "projects")}
    assert projects[kenji["projectId"]]["clientId"] in {None, ""}
    assert target(_messages(_rows(CLOCKIFY)), streams={"export": {"layout": "clockify"}}).writes == {}


# -- columns, spellings and zones ------------------------------------------------------------------


def test_columns_in_any_order_and_case_and_the_members_of_a_schema_without_columns(plain: Any) -> None:
    before = Before(plain)
    rows = [{name.upper(): value for name, value in reversed(row.items())} for row in _rows(TOGGL)]
    messages = _messages(rows)
    messages[0]["schema"] = {"properties": {}}
    assert plain(messages, streams={"Export": {"layout": "Toggl"}}).code == 0
    assert before.hours().total() == 9000 + 2700 + 2 * 14400 + 1200


def test_names_are_compared_without_case_spaces_and_unicode_form(plain: Any) -> None:
    row = _rows(TOGGL)[0]
    cafe = [unicodedata.normalize(form, "Café Noir") for form in ("NFC", "NFD")]
    rows = [
        {**row, "Client": client, "Project": project, "Task": task, "Tags": tag}
        for client, project, task, tag in (
            (cafe[0], "Web site", "First", "By boat, by Train"),
            (cafe[1].upper(), "WEB  site", "first", "by Boat,  by train"),
            ("acme", "Website", "DESIGN", "By boat, by train"),
        )
    ]
    result = plain(_messages(rows), streams={"export": {"layout": "toggl"}})
    inserted = {name: counts.get("inserted", 0) for name, counts in result.counts.items()}
    assert inserted == {"export": 3, "export_clients": 1, "export_projects": 1, "export_tasks": 1, "export_tags": 0}
    assert plain(_messages(rows[::-1]), streams={"export": {"layout": "toggl"}}).writes == {}


def test_a_cell_that_is_no_single_value_is_refused(plain: Any) -> None:
    row = _rows(TOGGL)[0]
    rows: list[dict[str, Any]] = [
        {**row, "Project": {"name": "Website"}},
        {**row, "Email": ["lia@tiny.example"]},
        {**row, "Amount (EUR)": [1]},
    ]
    result = plain(_messages(rows), streams={"export": {"layout": "toggl"}})
    said = [one["message"] for one in result.rejects]
    assert said == [f"{name} is an array or an object, and a cell has one value" for name in ("Project", "Email")]
    assert result.counts["export"] == {"inserted": 1, "rejected": 2}


def test_a_zone_of_the_settings_goes_for_everybody(plain: Any) -> None:
    before = Before(plain)
    assert plain(_messages(_rows(TOGGL)), streams={"export": {"layout": "toggl"}}, time_zone="Asia/Kathmandu").code == 0
    assert {one["timeInterval"]["start"] for one in before.entries} >= {"2026-10-05T03:15:00Z"}
    assert before.hours("Asia/Kathmandu")["lia@tiny.example", "Acme", "Website", "2026-10-05"] == 9000


def test_moved_and_new_rows_do_not_change_other_rows(plain: Any) -> None:
    before = Before(plain)
    streams = {"export": {"layout": "harvest"}}
    rows = _rows(HARVEST)
    assert plain(_messages(rows), streams=streams).code == 0
    assert plain(_messages(rows[::-1]), streams=streams).writes == {}
    new = {**rows[0], "Notes": "Later", "Hours": "1.0"}
    result = plain(_messages([new, *rows[::-1], rows[2]]), streams=streams)
    assert result.counts["export"] == {"inserted": 2, "unchanged": 5}
    assert before.clocks()[:5] == [
        ("lia", "10-05 09:00", "10-05 11:30"),
        ("lia", "10-05 11:30", "10-05 11:45"),
        ("lia", "10-05 11:45", "10-05 12:00"),
        ("lia", "10-05 12:00", "10-05 13:00"),
        ("lia", "10-05 13:00", "10-05 13:15"),
    ]


def test_columns_outside_the_layout_do_not_change_the_key(plain: Any) -> None:
    rows = _rows(HARVEST)
    assert plain(_messages(rows), streams={"export": {"layout": "harvest"}}).code == 0
    later = [
        {**row, "Invoiced?": "Yes", "Billable Rate": "7", "_sdc_source_lineno": number}
        for number, row in enumerate(rows)
    ]
    assert plain(_messages(later), streams={"export": {"layout": "harvest"}}).writes == {}


def test_files_of_one_stream_that_overlap_do_not_double_rows(plain: Any) -> None:
    rows = [{**row, "_sdc_source_file": f"{month}.csv"} for month in (1, 2) for row in _rows(TOGGL)]
    result = plain(_messages(rows), streams={"export": {"layout": "toggl"}})
    assert result.counts["export"] == {"inserted": 5, "superseded": 5}
    assert "export: 5 rows stand in an earlier file too, at the same time of day: they are taken once" in result.log


def test_equal_rows_of_two_files_without_a_time_of_day_are_refused(plain: Any) -> None:
    rows = [{**_rows(HARVEST)[0], "_sdc_source_file": f"{part}.csv"} for part in (1, 2)]
    result = plain(_messages([rows[0], *rows]), streams={"export": {"layout": "harvest"}})
    assert result.counts["export"] == {"inserted": 2, "rejected": 1}
    [refused] = result.rejects
    assert (refused["error"], refused["file"]) == ("ambiguous", "2.csv")
    assert "a row of 1.csv says the same without a time of day" in refused["message"]
    assert plain(_messages([rows[0]] * 2), streams={"export": {"layout": "harvest"}}).writes == {}


@pytest.mark.parametrize("layout", ["clockify", "toggl"])
def test_texts_for_empty_cells_count_as_empty(plain: Any, layout: str) -> None:
    blank = {"clockify": "(Without {})", "toggl": "(No {})"}[layout]
    text = {"clockify": CLOCKIFY, "toggl": TOGGL}[layout]
    row = {**_rows(text)[0], "Project": "-", "Client": "-", "Task": " - ", "Tags": "-", "Description": "-"}
    named = {name: blank.format(name.lower().removesuffix("s")) for name in ("Client", "Project", "Task", "Tags")}
    before = Before(plain)
    formats = {"Start Date": "%m/%d/%Y", "End Date": "%m/%d/%Y"} if layout == "clockify" else {}
    streams = {"export": {"layout": layout, "create_missing": [], "formats": formats}}
    result = plain(_messages([row, {**row, **named}]), streams=streams)
    assert (result.code, result.counts) == (0, {"export": {"inserted": 2}}), result.log
    assert all(not one["projectId"] and not one["tagIds"] and not one["description"] for one in before.entries)


def test_a_blank_cell_of_clockify_leaves_a_custom_field_empty_that_has_a_default(target: Any) -> None:
    fields = target.box.ok("GET", "/workspaces/{ws}/custom-fields")
    with_default = {one["name"] for one in fields if one["entityType"] == "TIMEENTRY" and one["projectDefaultValues"]}
    row = {**_rows(CLOCKIFY)[0], **dict.fromkeys(with_default, "")}
    before = Before(target)
    formats = {"Start Date": "%m/%d/%Y", "End Date": "%m/%d/%Y"}
    result = target(_messages([row]), streams={"export": {"layout": "clockify", "formats": formats}})
    [entry] = before.entries
    assert with_default
    values = {one["name"]: one["value"] for one in entry["customFieldValues"]}
    assert {name: values.get(name) for name in with_default} == dict.fromkeys(with_default), result.log


def test_files_of_two_programs_in_one_run_create_a_name_once(plain: Any) -> None:
    toggl = {**_rows(TOGGL)[0], "Client": "NeuC", "Project": "Neu", "Task": "TT", "Tags": "tg"}
    clockify = {**_rows(CLOCKIFY)[0], "Client": "NEUC", "Project": "NEU", "Task": "tt", "Tags": "TG"}
    messages = [*_messages([toggl], "one"), *_messages([clockify], "two")]
    formats = {"Start Date": "%m/%d/%Y", "End Date": "%m/%d/%Y"}
    result = plain(messages, streams={"one": {"layout": "toggl"}, "two": {"layout": "clockify", "formats": formats}})
    assert result.code == 0, result.log
    for kind in ("clients", "projects", "tags"):
        found = [one["name"] for one in _listed(plain, kind) if one["name"].casefold() in {"neuc", "neu", "tg"}]
        assert found == [{"clients": "NeuC", "projects": "Neu", "tags": "tg"}[kind]]


def test_a_point_among_decimal_commas_is_refused(plain: Any) -> None:
    config = {"streams": {"export": {"layout": "harvest"}}}
    [first, *_] = _rows(HARVEST)
    hours = ("7,5", "1.500", "1.250,5", "0.125", "1.5")
    rows = [{**first, "Hours": one, "Notes": one} for one in hours]
    run = plain(_messages(rows), **config)
    refused = {one["record"]["Hours"]: one["message"] for one in run.rejects}
    assert refused.keys() == {"1.500", "1.250,5"}, run.log
    assert "a point that may separate thousands" in refused["1.500"]
    again = plain(plain.rejects.read_bytes(), **config)
    assert len(again.rejects) == 2, "a reject is read alone as it was in its file"
    assert plain(_messages([{**first, "Hours": "1.500", "Notes": "of hours with points"}]), **config).rejects == []


def test_a_start_of_the_day_that_exists_twice_is_refused(plain: Any) -> None:
    stream = {"layout": "harvest", "day_start": "02:30", "formats": {"Date": "%Y-%m-%d"}}
    [first, *_] = _rows(HARVEST)
    rows = [{**first, "Date": day} for day in ("2025-10-25", "2025-10-26")]
    run = plain(_messages(rows), streams={"export": stream}, time_zone="Europe/Paris")
    [refused] = run.rejects
    assert refused["message"].startswith("day_start names a time that exists twice in Europe/Paris on 2025-10-26")


def test_two_columns_of_a_duration_that_disagree_are_refused(plain: Any) -> None:
    row = {name: value for name, value in _rows(CLOCKIFY)[0].items() if not name.startswith("End")}
    lengths = [("01:00:00", "1.00"), ("01:00:00", "1.50"), ("", "1.25"), ("00:20:00", "0.33"), ("00:20:00", "0.34")]
    rows = [
        {**row, "Description": str(number), "Duration (h)": clock, "Duration (decimal)": decimal}
        for number, (clock, decimal) in enumerate(lengths)
    ]
    before = Before(plain)
    formats = {"Start Date": "%m/%d/%Y"}
    result = plain(_messages(rows), streams={"export": {"layout": "clockify", "formats": formats}})
    assert [one["record"]["Description"] for one in result.rejects] == ["1", "4"]
    assert {one["message"] for one in result.rejects} == {
        "Duration (h) and Duration (decimal) are not the same length of time"
    }
    assert sum(before.hours().values()) == 3600 + 4500 + 1200


def test_more_than_24_hours_are_refused_for_dates_without_an_end(plain: Any) -> None:
    rows = [{**_rows(TEMPO)[0], "Hours": hours} for hours in ("7200", "24.01", "7")]
    result = plain(_messages(rows), streams={"export": {"layout": "tempo"}})
    assert result.counts["export"] == {"inserted": 1, "rejected": 2}
    assert "Hours is more than a day has: say in `units` what its numbers count" in result.rejects[0]["message"]


def _seconds(entry: dict[str, Any]) -> int:
    start, end = (datetime.fromisoformat(entry["timeInterval"][name]) for name in ("start", "end"))
    return int((end - start).total_seconds())


def test_entries_follow_a_project_that_somebody_deleted_and_the_file_makes_again(plain: Any) -> None:
    before, rows = Before(plain), _rows(TOGGL)
    config: dict[str, Any] = {"streams": {"export": {"layout": "toggl"}}}
    assert plain(_messages(rows), **config).code == 0
    hours, entries = before.hours(), before.entries
    named = {one["projectId"] for one in entries}
    named_before = {one["id"]: one["name"] for one in _listed(plain, "tags")}
    by_hand = next(one for one in entries if one["projectId"])
    other = plain.box.ok("POST", "/workspaces/{ws}/projects", {"name": "By hand"})["id"]
    body = {"start": by_hand["timeInterval"]["start"], "end": by_hand["timeInterval"]["end"], "projectId": other}
    plain.box.ok("PUT", f"/workspaces/{{ws}}/time-entries/{by_hand['id']}", body)
    for table in ("projects", "tags"):
        for one in _listed(plain, table):
            if table == "tags" or one["id"] in named:
                if table == "projects":
                    plain.box.ok("PUT", f"/workspaces/{{ws}}/projects/{one['id']}", {**one, "archived": True})
                plain.box.ok("DELETE", f"/workspaces/{{ws}}/{table}/{one['id']}")
    planned = plain(_messages(rows), dry_run=True, **config)
    done = plain(_messages(rows), **config)
    assert (done.code, done.counts["export"]) == (0, {"updated": 3, "unchanged": 2}), done.log
    made = Counter(one["object"] for one in planned.plan)
    assert made == {"projects": 3, "tasks": 2, "tags": 2, "time_entries": 3}
    after = {one["id"]: one for one in before.entries}
    moved = after.pop(by_hand["id"])
    assert (moved["projectId"], moved["taskId"]) == (other, None)
    lost = {place: seconds for place, seconds in (hours - before.hours()).items() if seconds}
    assert sum(lost.values()) == _seconds(by_hand), "what somebody moved stays where it is"
    tags = {one["id"]: one["name"] for one in _listed(plain, "tags")}
    assert {key: sorted(tags[tag] for tag in one["tagIds"]) for key, one in after.items()} == {
        one["id"]: sorted(named_before[tag] for tag in one["tagIds"]) for one in entries if one["id"] in after
    }
    assert plain(_messages(rows), **config).writes == {}


def test_objects_of_another_program_are_found_by_name_and_kept(plain: Any, singer: Any) -> None:
    crm = [singer.schema("clients"), singer.record("clients", id=1, name="Harbour", note="kept")]
    assert plain(crm).code == 0
    result = plain(_messages(_rows(TOGGL)), streams={"export": {"layout": "toggl"}})
    assert (result.code, result.counts["export_clients"]) == (0, {"unchanged": 3})
    [harbour] = [one for one in _listed(plain, "clients") if one["name"] == "Harbour"]
    assert harbour["note"] == "kept"
    assert plain(crm).writes == {}


def test_a_dry_run_lists_what_would_be_created_and_creates_nothing(plain: Any) -> None:
    untouched = plain.box.dump()
    result = plain(_messages(_rows(TOGGL)), streams={"export": {"layout": "toggl"}}, dry_run=True)
    assert (result.code, result.writes, plain.box.dump()) == (0, {}, untouched)
    assert Counter(one["object"] for one in result.plan) == {
        "clients": 1,
        "projects": 1,
        "tasks": 1,
        "tags": 1,
        "time_entries": 5,
    }


def test_a_dry_run_of_any_length_knows_what_it_would_have_created(
    plain: Any, singer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "_REMEMBERED", 2)
    hour = {"start": "2026-10-05T09:00:00", "end": "2026-10-05T10:00:00", "userId": "mia@tiny.example"}
    messages = [
        *_messages([{**_rows(TOGGL)[1], "Description": f"No. {number}"} for number in range(5)]),
        *(singer.schema(one) for one in ("projects", "time_entries")),
        *(singer.record("projects", id=number, name=f"Plot {number}") for number in range(5)),
        singer.record("time_entries", id=1, projectId=1, taskId="Hedge", tagIds=["outside"], **hour),
    ]
    config = {"streams": {"export": {"layout": "toggl"}, "time_entries": {"create_missing": ["tasks", "tags"]}}}
    rehearsed = plain(messages, dry_run=True, **config)
    assert (rehearsed.code, rehearsed.rejects) == (0, []), rehearsed.log
    assert plain(messages, **config).code == 0
    assert Counter(one["object"] for one in rehearsed.plan) == Counter(one["object"] for one in plain.report("last"))


def test_a_layout_creates_only_what_create_missing_lists(plain: Any) -> None:
    before = Before(plain)
    streams = {"export": {"layout": "toggl", "create_missing": ["tags"]}}
    result = plain(_messages(_rows(TOGGL)), streams=streams)
    assert (result.code, result.writes.total()) == (1, 5)
    assert len(before.entries) == 4
    assert {one["error"] for one in result.rejects} == {"not_found", "unresolved"}


# -- refused in words ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"Email": "nobody@x.example", "User": "No Body"}, "Email, User: nobody in the workspace has this address"),
        ({"Email": "", "User": "No Body"}, "User: nobody in the workspace has this name"),
        ({"Email": "", "User": ""}, "Email, User names nobody"),
        ({"Email": "lia2@tiny.example"}, "Email: nobody in the workspace has this address, and the file knows several"),
        ({"Duration": "02:31:00"}, "Duration is not what lies between Start date and Start time and End date and End"),
        ({"Duration": "2.5"}, "Duration is a number and has no unit"),
        ({"End time": "08:00:00"}, "End date and End time is before Start date and Start time"),
        ({"End time": "8"}, "End time is no known form of a date or time"),
        ({"Start time": "13:00:00 PM"}, "Start time has an hour that a clock of 12 hours does not show"),
        ({"Start date": "2026-02-30"}, "Start date names a day that does not exist"),
        ({"Start time": ""}, "Start time is blank"),
        ({"Project": ""}, "Client names a client, and Project no project"),
        ({"Billable": "perhaps"}, "Billable must be yes or no"),
    ],
    ids=str,
)
def test_the_reject_of_a_row_names_the_wrong_column(plain: Any, change: dict[str, str], said: str) -> None:
    before = Before(plain)
    first, *others = _rows(TOGGL)
    result = plain(_messages([{**first, **change}, *others]), streams={"export": {"layout": "toggl"}})
    [reject] = result.rejects
    assert (result.code, len(before.entries)) == (1, 4)
    assert said in reject["message"]
    assert {**first, **change} == {name: value for name, value in reject["record"].items() if name in first}


def test_a_name_that_two_people_have_is_refused(plain: Any) -> None:
    users = _users(plain)
    lia = next(one for one in users.values() if one["email"] == "lia@tiny.example")
    mia = next(one for one in users.values() if one["email"] == "mia@tiny.example")
    fault = [{**lia, "name": "  mia   PLAIN "}, mia]
    plain.box.faults(
        [
            {
                "route": "GET /workspaces/{ws}/users",
                "status": 200,
                "body": json.dumps(fault),
                "headers": {"Last-Page": "true"},
            }
        ]
    )
    result = plain(_messages(_rows(HARVEST)), streams={"export": {"layout": "harvest"}})
    assert {one["error"] for one in result.rejects} == {"unknown_person", "ambiguous_person"}
    [mias] = [one for one in result.rejects if one["error"] == "ambiguous_person"]
    assert mias["message"].startswith("First Name and Last Name: 2 people of the workspace have this name")


def test_a_person_with_an_unknown_address_is_found_by_name(plain: Any) -> None:
    before = Before(plain)
    rows = [{**row, "Email": "Lia@Elsewhere.example"} for row in _rows(TOGGL)[:2]]
    result = plain(_messages(rows), streams={"export": {"layout": "toggl"}})
    assert (result.code, len(before.entries)) == (0, 2)
    assert (
        "export: 2 rows have an address that nobody in the workspace has: they are matched by full name" in result.log
    )


@pytest.mark.parametrize("column", ["Project", "Duration", "Start date", "Email"])
def test_a_file_that_lacks_a_column_is_refused_in_one_line(plain: Any, column: str) -> None:
    gone = {"Duration": {"Duration", "End date"}, "Email": {"Email"}}.get(column, {column})
    rows = [{name: value for name, value in row.items() if name not in gone} for row in _rows(TOGGL)]
    if column == "Email":
        rows = [{("Person" if name == "User" else name): value for name, value in row.items()} for row in rows]
    for properties in (True, False):
        messages = _messages(rows)
        if not properties:
            messages[0]["schema"] = {"properties": {}}
        result = plain(messages, streams={"export": {"layout": "toggl"}})
        assert (result.code, result.writes) == (1, {})
        assert "export is not in its layout: it lacks the column" in result.log
        assert column in result.log


def test_rejects_can_be_fed_back_also_where_one_of_two_equal_rows_was_refused(plain: Any) -> None:
    before = Before(plain)
    streams = {"export": {"layout": "toggl"}}
    plain.box.faults([{"route": "POST /workspaces/{ws}/user/{u}/time-entries", "nth": 1, "status": 400}])
    places = [{"_sdc_source_file": "toggl.csv", "_sdc_source_lineno": number} for number in (4, 5)]
    result = plain(
        _messages([row | place for row, place in zip(_rows(TOGGL)[2:4], places, strict=True)]), streams=streams
    )
    plain.box.faults([])
    assert (result.code, len(result.rejects), len(before.entries)) == (1, 1, 1)
    assert result.rejects[0]["file"] == "toggl.csv"
    again = plain(plain.rejects.read_bytes(), streams=streams)
    assert (again.code, len(before.entries)) == (0, 2)
    assert before.hours() == {("kenji@tiny.example", "Cumulus", "Website", "2026-10-06"): 2 * 14400}
    assert plain(_messages(_rows(TOGGL)[2:4]), streams=streams).writes == {}


def test_a_day_that_is_full_is_refused(plain: Any) -> None:
    rows = [{**_rows(HARVEST)[0], "Hours": "8"}] * 3
    result = plain(_messages(rows), streams={"export": {"layout": "harvest"}})
    assert (result.code, result.counts["export"]) == (1, {"inserted": 2, "rejected": 1})
    assert "Hours: the rows of this person fill the day from day_start to midnight" in result.rejects[0]["message"]
    assert plain(_messages(rows), streams={"export": {"layout": "harvest", "day_start": "00:00"}}).code == 1


# -- day first or month first ----------------------------------------------------------------------


def _dated(*days: str) -> list[dict[str, str]]:
    return [{**_rows(HARVEST)[0], "Date": day} for day in days]


@pytest.mark.parametrize(
    ("days", "loaded"),
    [
        (("10/05/2026", "10/13/2026"), ["10-05", "10-13"]),
        (("05/10/2026", "13/10/2026"), ["10-05", "10-13"]),
        (("05.10.2026", "2026-10-06", "31.10.2026"), ["10-05", "10-06", "10-31"]),
        (("5-10-2026", "13-10-2026"), ["10-05", "10-13"]),
        (("10/10/2026",), ["10-10"]),
        (("Oct 5, 2026", "5 October 2026", "05-Oct-2026"), ["10-05", "10-05", "10-05"]),
    ],
    ids=str,
)
def test_the_dates_of_a_whole_file_show_their_order(plain: Any, days: tuple[str, ...], loaded: list[str]) -> None:
    before = Before(plain)
    assert plain(_messages(_dated(*days)), streams={"export": {"layout": "harvest"}}).code == 0
    assert [start[:5] for _, start, _ in before.clocks()] == loaded


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (("10/05/2026", "2026-10-13"), "every date of the file exists both day first and month first"),
        (("13/10/2026", "10/13/2026"), "some dates of the file exist only day first, others only month first"),
    ],
    ids=str,
)
def test_ambiguous_dates_load_nothing(plain: Any, days: tuple[str, ...], said: str) -> None:
    result = plain(_messages(_dated(*days)), streams={"export": {"layout": "harvest"}})
    assert (result.code, result.writes, len(result.rejects)) == (1, {}, 2)
    assert all(said in one["message"] and '{"Date": "%d/%m/%Y"}' in one["message"] for one in result.rejects)


@pytest.mark.parametrize(("form", "loaded"), [("%m/%d/%Y", "10-05"), ("%d/%m/%Y", "05-10")])
def test_formats_resolve_ambiguous_dates(plain: Any, form: str, loaded: str) -> None:
    before = Before(plain)
    streams = {"export": {"layout": "harvest", "formats": {"Date": form}}}
    assert plain(_messages(_dated("10/05/2026")), streams=streams).code == 0
    assert [start[:5] for _, start, _ in before.clocks()] == [loaded]


_DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@given(st.lists(_DAYS, min_size=1), st.sampled_from([DAY_FIRST, MONTH_FIRST]), st.sampled_from("/.-"))
def test_an_order_that_is_determined_is_the_right_one(days: list[date], order: str, separator: str) -> None:
    form = separator.join(("%d", "%m", "%Y") if order == DAY_FIRST else ("%m", "%d", "%Y"))
    texts = [day.strftime(form) for day in days]
    found = DateOrder()
    for text in texts:
        found.note(text)
    if found.problem:
        assert all(day.day <= 12 for day in days)
        assert any(day.day != day.month for day in days)
    else:
        assert [dates.parsed(text, found.order).day for text in texts] == days


# -- lengths and intervals -------------------------------------------------------------------------


@given(st.integers(0, 10**6), st.integers(4, 8))
def test_hours_with_four_or_more_decimal_places_give_the_second(seconds: int, places: int) -> None:
    hours = (Decimal(seconds) / 3600).quantize(Decimal(1).scaleb(-places))
    assert dates.span(f"{hours:f}", Unit.HOURS).whole == seconds
    assert dates.span(f"{hours:f}".replace(".", ","), Unit.HOURS).whole == seconds


@pytest.mark.parametrize("text", ["0.333", "1,234", "two", "1.5h", "-1", "1:99"])
def test_an_ambiguous_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\b(is|has)\b"):
        dates.whole_seconds(dates.span(text, Unit.HOURS), "Hours")


_ZONES = [ZoneInfo(name) for name in ("Europe/London", "America/Los_Angeles", "Asia/Tokyo", "Australia/Lord_Howe")]
_TITLES = {name: name for name in ("start", "end", "duration")}


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),  # noqa: DTZ001 - the zone comes beside it
    st.integers(0, 30 * 3600),
    st.sampled_from(_ZONES),
)
def test_an_interval_is_parsed_as_written(moment: datetime, seconds: int, zone: ZoneInfo) -> None:
    start = moment.replace(microsecond=0, tzinfo=UTC)
    end = start + timedelta(seconds=seconds)
    shown = [Moment(local.date(), local.time()) for one in (start, end) if (local := one.astimezone(zone))]
    try:
        found = dates.interval(shown[0], shown[1], Span(Decimal(seconds)), zone, _TITLES)
    except ValueError as error:
        assert "exists twice" in str(error)  # noqa: PT017 - it need not be raised
        assert len(shown[0].instants(zone)) == len(shown[1].instants(zone)) == 2
    else:
        assert found == (start, end)


def test_the_duration_resolves_times_that_exist_twice(plain: Any) -> None:
    before = Before(plain)
    lia = {**_rows(TOGGL)[0], "Start date": "2026-11-01", "End date": "2026-11-01", "Start time": "00:30:00"}
    rows = [{**lia, "End time": "01:30:00", "Duration": duration} for duration in ("01:00:00", "02:00:00")]
    assert plain(_messages(rows), streams={"export": {"layout": "toggl"}}).code == 0
    assert {one["timeInterval"]["duration"] for one in before.entries} == {"PT1H", "PT2H"}


def test_a_time_that_the_clock_skips_is_refused(plain: Any) -> None:
    skipped = {**_rows(TOGGL)[0], "Start date": "2026-03-08", "Start time": "02:30:00", "End date": "2026-03-08"}
    result = plain(
        _messages([{**skipped, "End time": "04:30:00", "Duration": "2:00:00"}]), streams={"export": {"layout": "toggl"}}
    )
    assert (
        "Start date and Start time names a time that does not exist in America/Los_Angeles"
        in result.rejects[0]["message"]
    )


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("9:05", time(9, 5)),
        ("09:05:07", time(9, 5, 7)),
        ("12:00 AM", time(0)),
        ("12:00:00 PM", time(12)),
        ("1 pm", time(13)),
        ("11:59\u202fp.m.", time(23, 59)),
        ("23:59:59.000", time(23, 59, 59)),
    ],
)
def test_clocks_of_12_and_of_24_hours(text: str, clock: time) -> None:
    assert dates.parsed(text, DAY_FIRST) == Moment(None, clock)
    assert dates.parsed(f"2026-10-05 {text}", DAY_FIRST) == Moment(date(2026, 10, 5), clock)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(60, 4 * 3600)), min_size=1, max_size=12))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@pytest.mark.slow
def test_stacked_entries_follow_each_other_and_keep_their_hours(stacked: Any, work: list[tuple[int, int, int]]) -> None:
    stacked(work)


@pytest.fixture
def stacked(plain: Any) -> Any:
    """Loads pieces of work, each by person, day and seconds, into a fresh workspace, and checks what they become."""
    names, numbers = (("Lia", "West"), ("Mia", "Plain")), iter(range(10**6))

    def check(work: list[tuple[int, int, int]]) -> None:
        before, stream = Before(plain), f"export{next(numbers)}"
        rows = []
        wanted: Counter[tuple[str, str]] = Counter()
        for person, day, seconds in work:
            first, last = names[person]
            hours = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
            rows.append(
                {
                    **_rows(HARVEST)[0],
                    "First Name": first,
                    "Last Name": last,
                    "Hours": hours,
                    "Date": f"2026-03-0{7 + day}",
                }
            )
            wanted[first.lower(), f"03-0{7 + day}"] += seconds
        config: dict[str, Any] = {"streams": {stream: {"layout": "harvest"}}, "day_start": "00:30"}
        result = plain(_messages(rows, stream), **config)
        refused = Counter((one["record"]["First Name"].lower(), one["record"]["Date"][5:]) for one in result.rejects)
        found: Counter[tuple[str, str]] = Counter()
        last_end: dict[str, str] = {}
        for one, (worker, start, _) in zip(before.entries, before.clocks(), strict=True):
            interval = one["timeInterval"]
            assert interval["start"] >= last_end.get(worker, "")
            last_end[worker] = interval["end"]
            ends, starts = (datetime.fromisoformat(interval[name]) for name in ("end", "start"))
            found[worker, start[:5]] += int((ends - starts).total_seconds())
        for place, seconds in wanted.items():
            assert found[place] == seconds or refused[place]
        assert plain(_messages(rows[::-1], stream), **config).writes == {} or refused

    return check


# -- layouts of one's own ----------------------------------------------------------------------------

MINE: dict[str, Any] = {
    "person": {"name": "Wer"},
    "project": "Projekt",
    "tags": "Stichworte",
    "description": ["Was", "Notiz"],
    "date": "Tag",
    "start": "Von",
    "end": "Bis",
    "splits": {"Stichworte": ";"},
    "formats": {"Tag": "%d.%m.%y"},
    "custom_fields": {"Beleg": "Ticket"},
}
SPREADSHEET = (_EXPORTS / "spreadsheet.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "config",
    [{"streams": {"export": {"layout": MINE}}}, {"streams": {"export": {"layout": "mine"}}, "layouts": {"mine": MINE}}],
    ids=["inline", "named"],
)
def test_a_layout_in_the_configuration(target: Any, config: dict[str, Any]) -> None:
    before = Before(target)
    rows = list(csv.DictReader(io.StringIO(SPREADSHEET), delimiter=";"))
    assert target(_messages(rows), **config).code == 0
    assert before.hours() == {
        ("lia@tiny.example", "Borealis GmbH", "Retainer", "2026-10-05"): 9000,
        ("mia@tiny.example", "", "Garten", "2026-10-06"): 4500,
    }
    lia = before.entries[0]
    tags = {one["id"]: one["name"] for one in _listed(target, "tags")}
    assert (sorted(tags[one] for one in lia["tagIds"]), lia["description"]) == (["neu", "urgent"], "Plan A")
    assert {one["name"]: one["value"] for one in lia["customFieldValues"]}["Ticket"] == "WEB-1"
    assert target(_messages(rows), **config).writes == {}


def test_a_project_of_two_clients_is_refused_where_the_file_names_no_client(plain: Any) -> None:
    row = {"Tag": "05.10.26", "Wer": "Lia West", "Projekt": "Website", "Von": "9:00", "Bis": "10:00"}
    result = plain(_messages([row]), streams={"export": {"layout": {**MINE, "custom_fields": None}}})
    assert (result.code, result.writes) == (1, {})
    assert "ambiguous_match" in {one["error"] for one in result.rejects}


def test_a_layout_without_people_uses_the_keys_owner(plain: Any) -> None:
    before = Before(plain)
    layout = {"project": "Project", "date": "Date", "duration": "Hours", "units": {"Hours": "hours"}}
    rows = [{"Date": "2026-10-05", "Project": "Internal", "Hours": "1.5"}]
    result = plain(_messages(rows), streams={"export": {"layout": layout}})
    assert "no column names people" in result.log
    assert before.hours() == {("ada@tiny.example", "", "Internal", "2026-10-05"): 5400}


def test_a_layout_like_another(plain: Any) -> None:
    before = Before(plain)
    rows = [{**row, "Verein": row["Client"]} for row in _rows(HARVEST)]
    rows = [{name: value for name, value in row.items() if name != "Client"} for row in rows]
    streams = {"export": {"layout": {"like": "harvest", "client": "Verein", "day_start": "10:00"}}}
    assert plain(_messages(rows), streams=streams).code == 0
    assert before.clocks()[0] == ("lia", "10-05 10:00", "10-05 12:30")


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        ({"layout": "togl"}, "'togl' is no layout (did you mean toggl?)"),
        ({"layout": {**MINE, "projekt": "P"}}, "projekt is no part of a layout (did you mean project?)"),
        ({"layout": {"project": "P", "date": "D"}}, "a layout needs the column of duration"),
        ({"layout": {"project": "P", "duration": "D"}}, "a layout needs the columns of start, or of date"),
        ({"layout": "harvest", "formats": {"Datum": "%d"}}, "formats names 'Datum', which is neither"),
        ({"layout": "harvest", "units": {"Hours": "days"}}, "units: Hours can be in hours, minutes, seconds"),
        ({"layout": "harvest", "day_start": "9 o'clock"}, "day_start must be a time of day such as 09:00"),
        ({"layout": "harvest", "columns": {"a": "b"}}, "a layout says what columns would say"),
        ({"layout": "harvest", "create_missing": ["users"]}, "create_missing[0] must be one of clients"),
        ({"layout": 7}, "layout must be text or an object"),
    ],
    ids=str,
)
def test_an_invalid_layout_is_refused_at_the_start(plain: Any, stream: dict[str, Any], said: str) -> None:
    result = plain(_messages(_rows(HARVEST)), streams={"export": stream})
    assert (result.code, result.requests) == (1, {})
    assert said in result.log, result.log


def test_a_layout_of_the_configuration_is_checked_before_it_is_used(plain: Any) -> None:
    result = plain(
        _messages(_rows(HARVEST)), layouts={"mine": {"like": "mine"}}, streams={"export": {"layout": "harvest"}}
    )
    assert (result.code, json.dumps(result.requests)) == (1, "{}")
    assert "layouts.mine: 'mine' is no layout" in result.log


# -- create_missing --------------------------------------------------------------------------------


def _timesheet(singer: Any, *, with_projects: bool = False) -> list[dict[str, Any]]:
    rows = [
        {"id": 1, "projectId": "Garden", "taskId": "Hedge", "tagIds": ["outside", "urgent"]},
        {"id": 2, "projectId": "Garden", "taskId": "Lawn", "tagIds": ["outside"]},
        {"id": 3, "projectId": "Orchard", "taskId": "Hedge", "tagIds": []},
        {"id": 4, "projectId": "Retainer", "taskId": None, "tagIds": None},
    ]
    times = {"userId": "mia@tiny.example", "start": "2026-10-05T09:00:00", "end": "2026-10-05T10:00:00"}
    projects = [singer.schema("projects"), singer.record("projects", id="p1", name="Pond")] if with_projects else []
    schema = singer.schema("time_entries")
    return [*projects, schema, *(singer.record("time_entries", **times, **row) for row in rows)]


ALL = ["clients", "projects", "tasks", "tags"]


@pytest.mark.parametrize("place", ["stream", "all streams"])
def test_an_object_that_references_name_is_created_once(target: Any, singer: Any, place: str) -> None:
    before = Before(target)
    config = {"create_missing": ALL} if place != "stream" else {"streams": {"time_entries": {"create_missing": ALL}}}
    rehearsed = target(_timesheet(singer), dry_run=True, **config)
    result = target(_timesheet(singer), **config)
    assert (result.code, len(before.entries)) == (0, 4)
    made = {"projects": 2, "tasks": 3, "tags": 1, "time_entries": 4}
    assert Counter(one["object"] for one in rehearsed.plan) == made
    assert Counter(one["object"] for one in target.report("last")) == made
    assert before.hours() == {
        ("mia@tiny.example", "", "Garden", "2026-10-05"): 7200,
        ("mia@tiny.example", "", "Orchard", "2026-10-05"): 3600,
        ("mia@tiny.example", "Borealis GmbH", "Retainer", "2026-10-05"): 3600,
    }
    tasks = {one["id"]: one for one in _listed(target, "tasks")}
    for one in before.entries:
        assert not one["taskId"] or tasks[one["taskId"]]["projectId"] == one["projectId"]
    assert target(_timesheet(singer), **config).writes == {}


def test_a_client_that_a_project_names_is_created(plain: Any, singer: Any) -> None:
    rows = [singer.record("projects", id=number, name=f"Plot {number}", clientId="Gardeners") for number in (1, 2)]
    result = plain([singer.schema("projects"), *rows], create_missing=["clients"])
    assert (result.code, result.counts["projects_missing_clients"]) == (0, {"inserted": 1})
    assert [one["name"] for one in _listed(plain, "clients")].count("Gardeners") == 1


@pytest.mark.parametrize(
    ("config", "with_projects"),
    [({}, False), ({"create_missing": ["tags"]}, False), ({"create_missing": ALL}, True)],
    ids=["off", "tags only", "projects have keys"],
)
def test_nothing_else_is_created(plain: Any, singer: Any, config: dict[str, Any], with_projects: bool) -> None:  # noqa: FBT001
    result = plain(_timesheet(singer, with_projects=with_projects), **config)
    names = {one["name"] for one in _listed(plain, "projects")}
    assert (result.code, names & {"Garden", "Orchard"}) == (1, set())
    assert {one["error"] for one in result.rejects} == {"unresolved"}
    assert len(result.rejects) == 3


def test_nothing_is_created_for_a_row_that_is_rejected_all_the_same(plain: Any, singer: Any) -> None:
    plain.box.origin.settings(plain.workspace, forceTags=True)
    times = {"userId": "mia@tiny.example", "start": "2026-10-05T09:00:00", "end": "2026-10-05T10:00:00"}
    good = {"projectId": "Garden", "taskId": "Hedge", "tagIds": ["outside"]}
    rows = [
        {"id": "rule", "projectId": "Orchard", "tagIds": []},
        {"id": "shape", "projectId": "Brook", "tagIds": ["by water"], "description": "<b>"},
        {"id": "person", "projectId": "Desert", "tagIds": ["far"], "userId": "nobody@tiny.example"},
        {"id": "good", **good},
    ]
    messages = [singer.schema("time_entries"), *(singer.record("time_entries", **times | row) for row in rows)]
    rehearsed = plain(messages, dry_run=True, create_missing=ALL)
    result = plain(messages, create_missing=ALL)
    reasons = {one["key"]: (one["error"], one["message"]) for one in result.rejects}
    assert {key: error for key, (error, _) in reasons.items()} == {
        "rule": "workspace_rule",
        "shape": "invalid",
        "person": "unresolved",
    }
    assert reasons["rule"][1] == "tagIds is required by the workspace (forceTags)"
    assert {one["key"]: (one["error"], one["message"]) for one in rehearsed.rejects} == reasons
    made = {"projects": 1, "tasks": 1, "tags": 1, "time_entries": 1}
    assert Counter(one["object"] for one in rehearsed.plan) == Counter(made)
    assert Counter(one["object"] for one in plain.report("last")) == Counter(made)


def test_nothing_is_created_for_a_row_of_a_file_that_is_rejected_all_the_same(plain: Any) -> None:
    plain.box.origin.settings(plain.workspace, forceDescription=True)
    [row, *_] = _rows(TOGGL)
    rows = [{**row, "Project": "Orchard", "Client": "Gardeners", "Description": ""}, {**row, "Project": "Garden"}]
    result = plain(_messages(rows), streams={"export": {"layout": "toggl"}})
    [refused] = result.rejects
    assert (refused["error"], refused["record"]["Project"]) == ("workspace_rule", "Orchard")
    assert "Garden" in {one["name"] for one in _listed(plain, "projects")}
    assert "Orchard" not in {one["name"] for one in _listed(plain, "projects")}
    assert "Gardeners" not in {one["name"] for one in _listed(plain, "clients")}


def test_a_name_that_clockify_refuses_rejects_the_rows_that_need_it(plain: Any, singer: Any) -> None:
    row = singer.record("time_entries", id=1, userId="mia@tiny.example", projectId="x", start="2026-10-05T09:00:00Z")
    row["record"]["end"] = "2026-10-05T10:00:00Z"
    result = plain([singer.schema("time_entries"), row], create_missing=ALL)
    assert (result.code, result.writes) == (1, {})
    assert [(one["error"], one["record"]) for one in result.rejects] == [
        ("invalid", row["record"]),
        ("unresolved", row["record"]),
    ]


# -- with everything else ----------------------------------------------------------------------------


def _undone(target: Any) -> int:
    command = [*target.command()[1:], "--undo", "last"]
    return CliRunner().invoke(TargetClockify.get_singer_command(), command).exit_code


def test_a_file_can_be_taken_back(target: Any) -> None:
    names = ("clients", "projects", "tasks", "tags", "time_entries")
    before = {name: sorted(one["id"] for one in _listed(target, name)) for name in names}
    assert target(_messages(_rows(TOGGL)), streams={"export": {"layout": "toggl"}}).code == 0
    assert _undone(target) == 0
    assert {name: sorted(one["id"] for one in _listed(target, name)) for name in names} == before


def test_rows_that_a_new_version_lacks_are_deleted_and_none_where_one_was_refused(plain: Any, singer: Any) -> None:
    before, rows = Before(plain), _rows(TOGGL)
    config = {"streams": {"export": {"layout": "toggl"}}, "delete_missing": True}
    assert plain([*_messages(rows), singer.activate("export")], **config).code == 0
    refused = plain([*_messages([{**rows[0], "Duration": "?"}]), singer.activate("export")], **config)
    assert (refused.code, len(before.entries)) == (1, 5)
    assert plain([*_messages(rows[:3]), singer.activate("export")], **config).code == 0
    assert len(before.entries) == 3


def test_a_mark_of_deletion_is_refused(plain: Any) -> None:
    before, rows = Before(plain), _rows(TOGGL)
    marked = [{**rows[0], "_sdc_deleted_at": "2026-10-01T00:00:00Z"}, {**rows[1], "_sdc_deleted_at": ""}]
    result = plain(_messages(marked), streams={"export": {"layout": "toggl"}})
    assert (result.code, len(before.entries)) == (1, 1)
    assert result.rejects[0]["error"] == "unsupported"


def test_a_lost_ledger_is_rebuilt(plain: Any) -> None:
    streams = {"export": {"layout": "harvest"}}
    assert plain(_messages(_rows(HARVEST)), streams=streams).code == 0
    (plain.folder / "ledger.db").unlink()
    rebuilt = plain(_messages(_rows(HARVEST)), streams=streams, rebuild_ledger=True)
    assert (rebuilt.code, rebuilt.writes, rebuilt.counts["export"]) == (0, {}, {"unchanged": 5})
    assert plain(_messages(_rows(HARVEST)), streams=streams).writes == {}


def test_rows_from_a_stream_map(plain: Any) -> None:
    before = Before(plain)
    rows = [{**row, "Project": f"old {row['Project']}" if row["Project"] else ""} for row in _rows(TOGGL)]
    rows[0]["Duration"] = "?"
    config = {
        "streams": {"export": {"layout": "toggl"}},
        "stream_maps": {"export": {"Project": "Project.replace('old ', '')"}},
    }
    result = plain(_messages(rows), **config)
    assert (result.code, len(before.entries)) == (1, 4)
    assert result.rejects[0]["record"]["Project"] == "old Website"
    mended = plain.rejects.read_bytes().replace(b'"Duration":"?"', b'"Duration":"02:30:00"')
    assert (plain(mended, **config).code, len(before.entries)) == (0, 5)


def test_a_state_waits_for_the_rows_before_it(plain: Any, singer: Any) -> None:
    messages = [*_messages(_rows(TOGGL)), singer.state(bookmark=1)]
    result = plain(messages, streams={"export": {"layout": "toggl"}})
    assert (result.code, result.states) == (0, [{"bookmark": 1}])


def test_rejects_can_be_loaded_alone(plain: Any) -> None:
    before = Before(plain)
    rows = [{**row, "Date": day} for row, day in zip(_rows(HARVEST), ("10/05/2026", "10/13/2026"), strict=False)]
    rows[0]["Hours"] = "?"
    assert plain(_messages(rows), streams={"export": {"layout": "harvest"}}).code == 1
    mended = plain.rejects.read_bytes().replace(b'"Hours":"?"', b'"Hours":"2.5"')
    assert plain(mended, streams={"export": {"layout": "harvest"}}).code == 0
    assert [start for _, start, _ in before.clocks()] == ["10-05 09:00", "10-13 09:00"]


def test_a_name_that_is_insufficient_in_the_file_is_insufficient_in_a_reject(plain: Any) -> None:
    before = Before(plain)
    rows = [
        {**row, "Email": email} for row, email in zip(_rows(TOGGL), ("lia@x.example", "lia@y.example"), strict=False)
    ]
    for config in ({"streams": {"export": {"layout": "toggl"}}},) * 2:
        assert plain(_messages(rows), **config).code == 1
        assert plain(plain.rejects.read_bytes(), **config).code == 1
    first = plain.rejects.read_bytes().splitlines()[:2]
    assert plain(b"\n".join(first), streams={"export": {"layout": "toggl"}}).code == 1
    assert before.entries == []


def test_an_invalid_project_name_rejects_its_rows(plain: Any) -> None:
    result = plain(_messages([{**_rows(TOGGL)[0], "Project": "X", "Task": ""}]), **_LAYOUT_OF_TOGGL)
    messages = {one["stream"]: one["message"] for one in result.rejects}
    assert "never came" not in "".join(messages.values())
    assert "name must have at least 2 characters" in messages["export"]


def test_rows_with_zero_duration_are_loaded_and_logged(plain: Any) -> None:
    before = Before(plain)
    row = _rows(TOGGL)[0]
    row |= {"End date": row["Start date"], "End time": row["Start time"], "Duration": "00:00:00"}
    result = plain(_messages([row]), **_LAYOUT_OF_TOGGL)
    assert (result.code, len(before.entries)) == (0, 1)
    assert "export: 1 rows have no length: each becomes an entry that ends as it starts" in result.log
    assert "export: its rows are held until the input ends" in result.log


_LAYOUT_OF_TOGGL: dict[str, Any] = {"streams": {"export": {"layout": "toggl"}}}
