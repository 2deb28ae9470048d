"""The tap for CSV files that `meltano run tap-csv target-clockify` reads corrections and exports with."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.target.conftest import TargetRunner

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
TAP = ROOT / "demo" / "tap_csv.py"
EXPORTS = ROOT / "tests" / "target" / "exports"


@pytest.fixture
def tap(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the tap on files with these contents; `settings` are its `files`."""

    def run(settings: dict[str, Any] | None = None, **files: bytes) -> subprocess.CompletedProcess[str]:
        for name, content in files.items():
            (tmp_path / f"{name}.csv").write_bytes(content)
        config = tmp_path / "config.json"
        config.write_text(json.dumps({"path": str(tmp_path), "files": settings or {}}))
        return subprocess.run([TAP, "--config", config], capture_output=True, text=True, check=False)

    return run


def messages(finished: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert finished.returncode == 0, finished.stderr
    return [json.loads(line) for line in finished.stdout.splitlines()]


def records(finished: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """The records without their file and line."""
    found = [one["record"] for one in messages(finished) if one["type"] == "RECORD"]
    return [{name: value for name, value in one.items() if not name.startswith("_sdc_source")} for one in found]


def test_a_file_is_a_stream_and_empty_cells_are_left_out(tap: Callable[..., Any]) -> None:
    spreadsheet = '\ufeffid,name,note\r\n1,Café,\r\n,,\r\n2,"a ""b"",\nc", \r\n3,d,e\r\n'.encode()
    clients, one, two, three, tags, tag = messages(
        tap(clients=spreadsheet, tags=b"tag,_sdc_deleted_at\nold,2026-11-24\n")
    )
    assert (clients["type"], clients["stream"], clients["key_properties"]) == ("SCHEMA", "clients", ["id"])
    assert list(clients["schema"]["properties"]) == ["id", "name", "note", "_sdc_source_file", "_sdc_source_lineno"]
    place = {"_sdc_source_file": "clients.csv", "_sdc_source_lineno": 2}
    assert one == {"type": "RECORD", "stream": "clients", "record": {"id": "1", "name": "Café", **place}}
    assert two["record"] == {"id": "2", "name": 'a "b",\nc', **place, "_sdc_source_lineno": 4}
    assert three["record"]["_sdc_source_lineno"] == 6
    assert tags["key_properties"] == ["tag"]
    assert (tag["record"]["tag"], tag["record"]["_sdc_deleted_at"]) == ("old", "2026-11-24")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le with a mark"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_separators_and_encodings_are_found(tap: Callable[..., Any], encoding: str, separator: str, end: str) -> None:
    rows = [["id", "name", "Größe, m; b"], ["1", "Søn", "1,5; 2"], ["2", "Ōta", ""]]
    text = end.join(separator.join(f'"{cell}"' for cell in row) for row in rows) + end
    mark = "\ufeff" if "mark" in encoding else ""
    finished = tap(clients=(mark + text).encode(encoding.partition(" ")[0]))
    assert records(finished) == [{"id": "1", "name": "Søn", "Größe, m; b": "1,5; 2"}, {"id": "2", "name": "Ōta"}]


def test_ambiguous_separators_and_encodings_can_be_declared(tap: Callable[..., Any]) -> None:
    settings = {"clients": {"encoding": "cp1252", "separator": ";", "key": ["name", "town"]}}
    finished = tap(settings, clients="name;town,land\nSøn;Å\nSøn;Ø\n".replace(",land", "").encode("cp1252"))
    assert [one["name"] for one in records(finished)] == ["Søn", "Søn"]
    assert messages(finished)[0]["key_properties"] == ["name", "town"]
    said = tap({"clients": {"encoding": "utf-16-le"}}, clients="id,name\n1,Ø\n".encode("utf-16-le"))
    assert records(said) == [{"id": "1", "name": "Ø"}]
    assert records(tap(clients=b"sep=;\nid;name,x\n1;a\n2;b\n")) == [
        {"id": "1", "name,x": "a"},
        {"id": "2", "name,x": "b"},
    ]


def test_the_line_of_the_header_can_be_declared(tap: Callable[..., Any]) -> None:
    content = b"Timesheet of October;\r\n\r\nid;name\r\n1;Ada\r\n"
    refused = tap(hours=content)
    assert 'line 1 is a title, say in which line the names of the columns are: {"files": {"hours":' in refused.stderr
    assert (refused.returncode, refused.stdout) == (1, "")
    found = messages(tap({"hours": {"header": 3}}, hours=content))
    assert [one["record"] for one in found[1:]] == [
        {"id": "1", "name": "Ada", "_sdc_source_file": "hours.csv", "_sdc_source_lineno": 4}
    ]


def test_the_byte_order_mark_and_the_declared_encoding_must_agree(tap: Callable[..., Any]) -> None:
    content = "id,name\n1,Café\n".encode("utf-8-sig")
    refused = tap({"clients": {"encoding": "cp1252"}}, clients=content)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "begins with the mark of utf-8-sig, and its encoding is said to be cp1252" in refused.stderr
    assert records(tap({"clients": {"encoding": "utf8"}}, clients=content)) == [{"id": "1", "name": "Café"}]


def test_a_stream_is_read_from_several_files(tap: Callable[..., Any]) -> None:
    settings = {"toggl": {"paths": "toggl-*.csv", "key": []}}
    found = messages(tap(settings, **{"toggl-1": b"User,H\nLia,1\nLia,1\n", "toggl-2": b"User,H\nLia,1\n"}))
    assert [(one["stream"], one["type"]) for one in found] == [
        ("toggl", "SCHEMA"),
        ("toggl", "RECORD"),
        ("toggl", "RECORD"),
        ("toggl", "SCHEMA"),
        ("toggl", "RECORD"),
    ]
    assert found[0]["key_properties"] == []
    assert found[-1]["record"] == {
        "User": "Lia",
        "H": "1",
        "_sdc_source_file": "toggl-2.csv",
        "_sdc_source_lineno": 2,
    }


def test_a_repeated_column_with_equal_cells_is_read_once(tap: Callable[..., Any]) -> None:
    assert records(tap(tempo=b"Key,Epic,Hours,Epic,\n1,E,2,E,\n2,,3,,\n")) == [
        {"Key": "1", "Epic": "E", "Hours": "2"},
        {"Key": "2", "Hours": "3"},
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,name\n1,a\n2,b,c\n", "projects.csv: the row in line 3 has more cells"),
        (b'id,name\n1,"a\n\nb"\n2\n', "projects.csv: the row in line 5 has fewer cells"),
        (b"id,name\n,a\n", "projects.csv: the row in line 2 lacks its key, id"),
        (b"id,name,id\n", "projects.csv: every column needs a name of its own"),
        (b"id,name,id\n1,a,1\n", "projects.csv: every column needs a name of its own"),
        (b"id,name,name\n1,a,a\n2,a,b\n", "two are called name with different cells in line 3"),
        (b"id,name,name\n", "projects.csv: every column needs a name of its own"),
        (b"id,,name\n1,x,a\n", "projects.csv: every column needs a name of its own"),
        (b"", "projects.csv: every column needs a name of its own"),
        (b"id,name\n1,\xff\n", "projects.csv is not in utf-8: say in which encoding it is"),
        ("id,name\n1,a\n".encode("utf-16-le"), "projects.csv is not in utf-8: say in which encoding it is"),
        (b'id,name\n1,"a\n', "projects.csv is no CSV, in the row of line 2"),
        (b"id;a,b\n1;2,3\n", "may be separated by a comma and a semicolon: say which"),
        (b"id,name\n1,a\n2,b\n1,c\n", "the row in line 4 repeats the key (id) of line 2 of projects.csv"),
    ],
    ids=str,
)
def test_an_error_in_one_file_stops_all_files(tap: Callable[..., Any], content: bytes, said: str) -> None:
    finished = tap(clients=b"id,name\n1,a\n", projects=content)
    assert (finished.returncode, finished.stdout) == (1, "")
    assert said in finished.stderr
    assert finished.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"clients": {"keys": ["id"]}}, "files.clients.keys is not a setting; known are encoding, header, key, paths"),
        ({"clients": {"key": "id"}}, "files.clients.key must be an array of columns"),
        ({"clients": {"key": ["Id"]}}, "there is no column Id, which is its key in files.clients.key"),
        ({"clients": {"separator": "|"}}, "files.clients.separator must be one of a comma"),
        ({"clients": {"encoding": "latin-99"}}, "files.clients.encoding is none that Python knows"),
        ({"customers": {"key": []}}, "files.customers: there is no such file in"),
        ({"a": {"paths": "c*.csv"}, "b": {"paths": "*s.csv"}}, "clients.csv is a file of two streams, a and b"),
    ],
    ids=str,
)
def test_settings_that_mean_nothing_are_refused(tap: Callable[..., Any], settings: dict[str, Any], said: str) -> None:
    finished = tap(settings, clients=b"id,name\n1,a\n")
    assert (finished.returncode, finished.stdout, finished.stderr.count("\n")) == (1, "", 1)
    assert said in finished.stderr


def test_a_folder_without_files_is_an_error(tap: Callable[..., Any]) -> None:
    finished = tap()
    assert finished.returncode == 1
    assert "there is no CSV file in" in finished.stderr


# -- with the target ---------------------------------------------------------------------------------


@pytest.fixture
def target(launch: Callable[..., Any], tmp_path: Path) -> TargetRunner:
    """The target, writing to a separate workspace."""
    return TargetRunner(launch(scale="tiny"), tmp_path)


def _seconds(target: TargetRunner) -> dict[str, int]:
    """The seconds of every entry, by id."""
    found = {}
    for one in target.tables()["time_entries"]:
        start, end = (one["timeInterval"][name] for name in ("start", "end"))
        found[one["id"]] = (
            int((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()) if end else 0
        )
    return found


@pytest.mark.parametrize(
    ("name", "seconds"), [("toggl", 41_700), ("harvest", 19_188), ("tempo", 13_200), ("clockify", 12_000)]
)
@pytest.mark.parametrize(("encoding", "separator"), [("utf-8", ","), ("utf-16", ";"), ("utf-8-sig", "\t")])
def test_exports_are_passed_on_without_loss(  # noqa: PLR0913, PLR0917
    tap: Callable[..., Any], target: TargetRunner, name: str, seconds: int, encoding: str, separator: str
) -> None:
    rows = csv.reader(io.StringIO((EXPORTS / f"{name}.csv").read_text(encoding="utf-8")))
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    before = _seconds(target)
    finished = tap({name: {"key": []}}, **{name: text.getvalue().encode(encoding)})
    assert finished.returncode == 0, finished.stderr
    result = target(finished.stdout.encode(), streams={name: {"layout": name}})
    assert (result.code, result.rejects) == (0, [])
    assert sum(length for one, length in _seconds(target).items() if one not in before) == seconds
    assert target(finished.stdout.encode(), streams={name: {"layout": name}}).writes == {}


def test_a_second_file_of_a_stream_needs_the_columns_as_well(tap: Callable[..., Any], target: TargetRunner) -> None:
    whole = (EXPORTS / "toggl.csv").read_bytes()
    settings = {"toggl": {"paths": "toggl-*.csv", "key": []}}
    found = tap(settings, **{"toggl-1": whole, "toggl-2": whole.replace(b"Project,", b"Work,", 1)})
    result = target(found.stdout.encode(), streams={"toggl": {"layout": "toggl"}})
    assert (result.code, result.writes) == (1, {})
    assert "toggl is not in its layout: it lacks the column Project" in result.log


def test_a_reject_names_its_file_and_line(tap: Callable[..., Any], target: TargetRunner) -> None:
    rows = b"id,name\n1,Fine\n2,Also fine\n3,x\n"
    result = target(tap(projects=rows).stdout.encode())
    [reject] = result.rejects
    assert (reject["file"], reject["line"], reject["record"]["id"]) == ("projects.csv", 4, "3")
    assert "projects: a record is rejected as invalid: name must have at least 2 characters (projects.csv, line 4)" in (
        result.log
    )


def test_a_row_that_moves_is_the_same_row(tap: Callable[..., Any], target: TargetRunner) -> None:
    rows = [b"1,2026-11-24,1000", b"2,2026-11-25,500"]
    head = b"id,name,note\n"
    assert target(tap(clients=head + b"\n".join(rows)).stdout.encode()).code == 0
    again = target(tap(clients=head + b"\n\n" + b"\n".join(rows[::-1])).stdout.encode())
    assert (again.code, again.writes) == (0, {})


def test_files_are_recognised_by_their_endings_in_any_case(tap: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "tags.CSV").write_text("id,name\n1,a\n")
    (tmp_path / "clients.Tsv").write_text("id\tname\n1\tb\n")
    (tmp_path / "notes.txt").write_text("nothing to read")
    assert records(tap({"tags": {"key": ["name"]}})) == [{"id": "1", "name": "b"}, {"id": "1", "name": "a"}]
