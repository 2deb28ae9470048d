"""`make demo`, on a small sandbox."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import requests

from demo import act_two
from demo.act_one import compare

HOUSE = Path(__file__).parents[2]
SECOND_ACT = """
import sys
from demo import __main__ as demo
demo.act_one.play = lambda stage, deletions: True
sys.exit(demo.main())
"""
QUESTION = """
copy (
    select project.name, project."hourlyRate" ->> 'amount', client.email, client.note, task.name, task.estimate
    from clients as client
    join projects as project on project."clientId" = client.id
    left join tasks as task on task."projectId" = project.id
    where client.name = 'Northwind Trading' order by project.name
) to stdout csv;
copy (
    select count(*) from time_entries where description = 'Forgotten for a day and a half'
) to stdout csv;
"""


def command(output: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "demo", "--scale", "tiny", "--output", str(output), *options]


def play(output: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(output, *options), cwd=HOUSE, capture_output=True, text=True, check=False, timeout=240
    )


def play_second_act(output: Path) -> subprocess.CompletedProcess[str]:
    """Run the demo on a warehouse that already agrees with the sandbox, so that act one changes nothing."""
    command = [sys.executable, "-c", SECOND_ACT, "--scale", "tiny", "--output", str(output)]
    return subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=False, timeout=240)


def lines(told: str) -> dict[str, list[str]]:
    """The lines of a comparison, by table."""
    return {line.split()[0]: line.split()[1:] for line in told.splitlines() if line.endswith(("OK", "MISMATCH"))}


def acts(played: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    """What each of the two acts printed."""
    assert played.returncode == 0, played.stdout + played.stderr
    first, corrections, second = played.stdout.partition("Corrections, yours to edit: ")
    return first, corrections + second


def edit(file: Path, key: str, **cells: str) -> None:
    """Change cells of the row with this key, as a person would in a spreadsheet."""
    with file.open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    next(row for row in rows if row["id"] == key).update(cells)
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, rows[0])
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """The folder of a demo that was played once, and what its acts printed."""
    output = tmp_path_factory.mktemp("output")
    return output, *acts(play(output))


@pytest.fixture(scope="module")
def second(first: tuple[Path, str, str]) -> tuple[str, str]:
    """What the acts printed when they were played again, after deletions in the sandbox."""
    return acts(play(first[0], "--delete", "2"))


@pytest.mark.slow
def test_demo_agrees_with_the_sandbox(first: tuple[Path, str, str]) -> None:
    loaded = lines(first[1])
    assert len(loaded) > 25
    assert all(line[-1] == "OK" for line in loaded.values())


@pytest.mark.slow
def test_corrections_are_written_as_planned_in_the_dry_run(first: tuple[Path, str, str]) -> None:
    told = first[2]
    planned = Counter(re.findall(r"^  (INSERT|UPDATE|DELETE) (\w+) ", told, re.MULTILINE))
    assert planned == {
        ("INSERT", "clients"): 1,
        ("INSERT", "projects"): 2,
        ("INSERT", "tasks"): 1,
        ("UPDATE", "projects"): 2,
        ("UPDATE", "tasks"): 3,
        ("DELETE", "time_entries"): 1,
    }
    assert re.search(r'^  UPDATE projects \w+ "Website": hourlyRate .*9900.* -> .*10395', told, re.MULTILINE)
    assert re.search(r'^  UPDATE tasks \w+ "Design": status "ACTIVE" -> "DONE"$', told, re.MULTILINE)
    assert re.search(r"^  10 changes planned, requests: \d+ GET; the sandbox is as it was$", told, re.MULTILINE)
    assert re.search(r"requests: 1 DELETE, \d+ GET, 4 POST, 5 PUT; the sandbox has changed$", told, re.MULTILINE)

    loaded, corrected = lines(first[1]), lines(told)
    assert {table: line[2:5] for table, line in corrected.items() if len(line) == 7} == {
        "clients": ["1", "0", "0"],
        "projects": ["2", "2", "0"],
        "tasks": ["1", "3", "0"],
        "time_entries": ["0", "0", "1"],
    }
    for table, line in corrected.items():
        assert line[0] == loaded[table][0]
        assert line[-1] == "OK"


@pytest.mark.slow
def test_corrections_are_in_the_warehouse(first: tuple[Path, str, str], second: tuple[str, str]) -> None:
    assert second  # the next reading has not changed them
    asked = subprocess.run(
        command(first[0], "--sql"), cwd=HOUSE, input=QUESTION, capture_output=True, text=True, check=True, timeout=60
    )
    client = ["accounts@northwind.example", "Won in the pitch of last week."]
    assert list(csv.reader(asked.stdout.splitlines())) == [
        ["Northwind care", "9500", *client, "", ""],
        ["Northwind website", "12500", *client, "Concept", "PT40H"],
        ["0"],
    ]


@pytest.mark.slow
def test_second_demo_follows_deletions_and_writes_nothing_again(
    first: tuple[Path, str, str], second: tuple[str, str]
) -> None:
    loaded, corrected, followed = lines(first[1]), lines(first[2]), lines(second[0])
    assert all(line[-1] == "OK" for line in followed.values())
    assert followed["time_entries"][2:] == ["-2", "OK"]
    assert followed["tags"][2:] == ["-1", "OK"]
    assert int(followed["tags"][0]) == int(loaded["tags"][0]) - 1
    assert followed["clients"][0] == corrected["clients"][1]
    assert followed["holidays"] == loaded["holidays"]

    told = second[1].splitlines()
    # The entry that is gone is looked for by its id, which is a POST that reads.
    assert re.fullmatch(r"  0 changes planned, requests: \d+ GET, 1 POST; the sandbox is as it was", told[-3])
    assert re.fullmatch(r"  requests: \d+ GET, 1 POST; the sandbox is as it was", told[-1])


@pytest.mark.slow
def test_only_an_edit_is_written(first: tuple[Path, str, str], second: tuple[str, str]) -> None:
    assert second
    folder = first[0] / "demo" / "corrections" / "tiny"
    edit(folder / "clients.csv", "northwind", email="", note="Pays late.")
    told = acts(play_second_act(first[0]))[1]
    (planned,) = re.findall(r"^  UPDATE .*$", told, re.MULTILINE)
    assert planned.endswith(': note "Won in the pitch of last week." -> "Pays late."')
    assert re.search(r"requests: \d+ GET, 1 POST, 1 PUT; the sandbox has changed", told)
    assert lines(told) == {"clients": ["8", "8", "0", "1", "0", "0", "OK"]}

    edit(folder / "projects.csv", "northwind-care", hourlyRate="a lot")
    failed = play_second_act(first[0])
    assert failed.returncode == 1
    assert "projects: a record is rejected as invalid: hourlyRate" in failed.stderr
    assert "rejects.jsonl" in failed.stderr
    assert "Traceback" not in failed.stderr


@pytest.mark.slow
def test_page_is_self_contained(first: tuple[Path, str, str]) -> None:
    page = (first[0] / "agency.html").read_text(encoding="utf-8")
    assert len(page) < 2_000_000
    told = json.loads(re.findall(r'id="answers">(.*?)</script>', page, re.DOTALL)[0])
    place = told["weeks"]["columns"].index("hours")
    question = "copy (select round(sum(hours), 2) from clockify.timesheet) to stdout csv;"
    asked = subprocess.run(
        command(first[0], "--sql"), cwd=HOUSE, input=question, capture_output=True, text=True, check=True, timeout=60
    )
    assert float(asked.stdout) == pytest.approx(sum(row[place] for row in told["weeks"]["rows"]), abs=0.01)
    loaded = re.findall(r"""<(?:script|link|img|iframe)[^>]*(?:src|href)=["']?([^"'> ]*)""", page)
    assert [source for source in loaded if not source.startswith("data:")] == []


def test_interrupted_demo_leaves_nothing_running(tmp_path: Path) -> None:
    with subprocess.Popen(
        command(tmp_path), cwd=HOUSE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=None
    ) as demo:
        assert demo.stdout
        origin = ""
        for line in demo.stdout:
            if found := re.search(r"http://\S+", line):
                origin = found[0]
            if line.startswith("meltano run"):
                break
        demo.send_signal(signal.SIGINT)
        assert demo.wait(60) == 130
    with pytest.raises(requests.ConnectionError):
        requests.get(origin, timeout=5)
    assert not (tmp_path / "demo" / "postgres" / "postmaster.pid").exists()


def test_different_differences_are_reported_differently(capsys: pytest.CaptureFixture[str]) -> None:
    assert not compare({"tags": 4}, {"tags": 3, "stray": 1, "clients": 2}, {"tags": 3, "clients": 1})
    told = lines(capsys.readouterr().out)
    assert told == {
        "tags": ["3", "3", "-1", "OK"],
        "stray": ["1", "?", "+1", "MISMATCH"],
        "clients": ["2", "1", "+2", "MISMATCH"],
    }


def test_an_empty_warehouse_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert not compare({}, {}, {"tags": 3})
    assert "MISMATCH" not in capsys.readouterr().out


def test_unplanned_changes_are_reported(capsys: pytest.CaptureFixture[str]) -> None:
    def tables(count: int, **rows: dict[str, Any]) -> act_two.Tables:
        prints = {key: (str(row | {"duration": ""}), str(row)) for key, row in rows.items()}
        return act_two.Tables({"tasks": count, "tags": 2}, {"tasks": prints}, {"tasks": rows})

    def change(operation: str, key: str, **changes: object) -> dict[str, object]:
        return {"operation": operation, "object": "tasks", "key": key, "id": key, "changes": changes}

    gone = {"status": "ACTIVE"}
    before = tables(3, a={"status": "ACTIVE", "estimate": "PT1H", "duration": "PT1H"}, b={"duration": "PT2H"}, c=gone)
    closed = {"status": "DONE", "estimate": "PT1H", "duration": "PT2H"}
    planned = [change("UPDATE", "a", status=["ACTIVE", "DONE"]), change("DELETE", "c")]
    held = {"tasks": 2, "tags": 2}

    assert act_two.compare(before, tables(2, a=closed, b={"duration": "PT3H"}), planned, held)
    assert lines(capsys.readouterr().out) == {"tasks": ["3", "2", "0", "1", "1", "1", "OK"]}
    for after, said in {
        "c stays": (tables(3, a=closed, b={"duration": "PT2H"}, c=gone), "the DELETE of c did not arrive"),
        "b is renamed": (tables(2, a=closed, b={"name": "B", "duration": "PT2H"}), "b changed as well"),
        "a is wiped": (
            tables(2, a={"status": "DONE", "estimate": None}, b={"duration": "PT2H"}),
            "estimate of a differs",
        ),
        "a stays open": (tables(2, a={**closed, "status": "ACTIVE"}, b={"duration": "PT2H"}), "status of a differs"),
    }.values():
        assert not act_two.compare(before, after, planned, held)
        assert said in capsys.readouterr().out
    assert not act_two.compare(before, tables(2, a=closed, b={"duration": "PT2H"}), planned, {"tasks": 2, "tags": 1})
    assert "the sandbox holds 1" in capsys.readouterr().out
