"""Randomly generated exports: any order of columns, separator, encoding, clock format, spelling, and some errors.

The hours of each person, client, project and day must be those of the file, a second load must write nothing, and
`--undo` must bring the workspace back as it was.
"""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from target_clockify.target import TargetClockify

from tests.target.test_layouts import Before

if TYPE_CHECKING:
    from collections.abc import Iterator

_TAP = Path(__file__).parents[2] / "demo" / "tap_csv.py"
_SEEDS = range(int(os.environ.get("STRANGERS", "10")))
"""As many exports as the variable STRANGERS says; each takes a second."""
_PEOPLE = {
    "ada": "Ada Owner",
    "ben": "Ben Admin",
    "kenji": "Kenji Ōta",
    "lia": "Lia West",
    "mia": "Mia Plain",
}
_CLIENTS = ["Acme", "ACME", "Borealis GmbH", "Søn & Søn", 'Fjord "North"', "Müller; Söhne", "Rock, Paper", ""]
_PROJECTS = ["Website", "website", "Retainer", "Relaunch, 2. Übung", "Internal", "Ünder;lined", ""]
_TASKS = ["Design", "Kick-off, first", ""]
_TAGS = ["", "urgent", "urgent, remote", "übrig"]
_NOTES = ["", "Header", 'said "no",\nand went', "a; b\tc", "=1+1", "  kept  inside  ", "Größe"]
_NIGHTS = [(3, 8, 8), (10, 25, 0), (11, 1, 7)]  # in which a clock of somebody is put forward or back: month, day, hour
_OLD = "cp1257"
_REFUSALS = (
    "exists twice",
    "fill the day",
    "names no day",
    "is no length of time",
    "names nobody",
    "more than a day has",
)


@dataclass
class Piece:
    """A piece of work: whose, of what, from when and how long."""

    person: str
    client: str
    project: str
    task: str
    tags: str
    note: str
    start: datetime
    seconds: int
    billable: bool

    @property
    def mail(self) -> str:
        return f"{self.person}@tiny.example"


@dataclass
class Style:
    """How an export is written."""

    layout: str
    dates: str
    clock: str
    separator: str
    encoding: str
    ending: str


def _style(dice: random.Random) -> Style:
    return Style(
        layout=dice.choice(["toggl", "clockify", "harvest", "tempo"]),
        dates=dice.choice(["%Y-%m-%d", "%m/%d/%Y", "%d.%m.%Y", "%d/%m/%Y", "%d-%b-%Y", "%B %d, %Y"]),
        clock=dice.choice(["%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p"]),
        separator=dice.choice([",", ";", "\t"]),
        encoding=dice.choice(["utf-8", "utf-8-sig", "utf-16", _OLD]),
        ending=dice.choice(["\n", "\r\n"]),
    )


def _work(dice: random.Random, zones: dict[str, ZoneInfo]) -> Iterator[Piece]:
    for _ in range(dice.randint(8, 30)):
        client, project = dice.choice(_CLIENTS), dice.choice(_PROJECTS)
        month, day, hour = dice.choice([*_NIGHTS, (10, dice.randint(1, 28), 12)])
        piece = Piece(
            dice.choice([*zones]),
            client if project else "",
            project,
            dice.choice(_TASKS) if project else "",
            dice.choice(_TAGS),
            dice.choice(_NOTES),
            datetime(2026, month, day, hour, tzinfo=UTC) + timedelta(minutes=dice.randint(-240, 240)),
            60 * dice.choice([1, 7, 15, 20, 60, 150, 481, 26 * 60]),
            dice.random() < 0.5,
        )
        yield piece
        if dice.random() < 0.2:
            yield piece


def _row(style: Style, piece: Piece, zone: ZoneInfo) -> dict[str, str]:
    start = piece.start.astimezone(zone)
    end = (piece.start + timedelta(seconds=piece.seconds)).astimezone(zone)
    hours = f"{piece.seconds // 3600:02}:{piece.seconds // 60 % 60:02}:{piece.seconds % 60:02}"
    name = _PEOPLE[piece.person]
    billable = "Yes" if piece.billable else "No"
    if style.layout == "toggl":
        return {
            "User": name, "Email": piece.mail.upper(), "Client": piece.client, "Project": piece.project,
            "Task": piece.task, "Description": piece.note, "Billable": billable, "Start date": f"{start:{style.dates}}",
            "Start time": f"{start:{style.clock}}", "End date": f"{end:{style.dates}}",
            "End time": f"{end:{style.clock}}", "Duration": hours, "Tags": piece.tags, "Amount ( )": "",
        }  # fmt: skip
    if style.layout == "clockify":
        return {
            "Project": piece.project, "Client": piece.client, "Description": piece.note, "Task": piece.task,
            "User": name, "Group": "Crew", "Email": piece.mail, "Tags": piece.tags, "Type": "Regular",
            "Billable": billable, "Invoiced": "No", "Invoice ID": "", "Start Date": f"{start:{style.dates}}",
            "Start Time": f"{start:{style.clock}}", "End Date": f"{end:{style.dates}}",
            "End Time": f"{end:{style.clock}}", "Duration (h)": hours,
            "Duration (decimal)": f"{piece.seconds / 3600:.2f}", "Billable Amount (USD)": "1.00",
        }  # fmt: skip
    if style.layout == "harvest":
        first, _, last = name.partition(" ")
        return {
            "Date": f"{start:{style.dates}}", "Client": piece.client, "Project": piece.project, "Project Code": "",
            "Task": piece.task, "Notes": piece.note, "Hours": f"{piece.seconds / 3600:.5f}", "Billable?": billable,
            "First Name": first, "Last Name": last, "Currency": "Euro - EUR",
        }  # fmt: skip
    return {
        "Issue Key": "", "Issue summary": piece.task, "Hours": f"{piece.seconds / 3600:.6g}",
        "Work date": f"{start:{style.dates}}", "Username": piece.person, "Full name": name.upper(),
        "Account Key": piece.client, "Project Key": "W", "Project Name": piece.project, "Work Description": piece.note,
    }  # fmt: skip


def _spelled(dice: random.Random, name: str) -> str:
    return dice.choice([name, name.upper(), name.lower(), f" {name} ", name.replace(" ", "  ")])


def _file(dice: random.Random, style: Style, rows: list[dict[str, str]]) -> bytes:
    names = list(rows[0])
    dice.shuffle(names)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=style.separator, lineterminator=style.ending)
    writer.writerow([_spelled(dice, name) for name in names])
    for row in rows:
        if dice.random() < 0.2:
            writer.writerow([""] * len(names) if dice.random() < 0.5 else [])
        writer.writerow([row[name] for name in names])
    writer.writerow(
        [{"Duration": "99:99:99", "Duration (h)": "99:01", "Hours": "1000.5"}.get(name, "") for name in names]
    )  # the total
    return text.getvalue().encode(style.encoding, "replace")


Load = Callable[[bytes, Style], Any]


@pytest.fixture
def plain(sandbox: Any, runner: Any, tmp_path: Path) -> Any:
    return runner(sandbox(scale="tiny"), tmp_path)


@pytest.fixture
def load(plain: Any, tmp_path: Path) -> Load:
    """Loads a file by way of tap-csv."""

    def loaded(content: bytes, style: Style) -> Any:
        (tmp_path / "export.csv").write_bytes(content)
        said: dict[str, Any] = {"key": []}
        if style.encoding == _OLD:
            said["encoding"] = _OLD
        config = tmp_path / "tap.json"
        config.write_text(json.dumps({"path": str(tmp_path / "export.csv"), "files": {"export": said}}))
        read = subprocess.run([_TAP, "--config", config], capture_output=True, check=False)
        assert read.returncode == 0, read.stderr
        day_start = {"day_start": "00:00"} if style.layout in {"harvest", "tempo"} else {}
        return plain(read.stdout, streams={"export": {"layout": style.layout, **day_start}})

    return loaded


@pytest.mark.parametrize("seed", _SEEDS)
@pytest.mark.slow
def test_an_export_from_another_program(plain: Any, load: Load, seed: int) -> None:
    dice = random.Random(seed)
    style = _style(dice)
    users = {one["email"].partition("@")[0]: one for one in plain.box.dump()["users"]}
    zones = {name: ZoneInfo(users[name]["settings"]["timeZone"]) for name in _PEOPLE}
    work = list(_work(dice, zones))
    content = _file(dice, style, [_row(style, piece, zones[piece.person]) for piece in work])
    before, was = Before(plain), _kept(plain)

    first = load(content, style)
    assert {one["message"] for one in first.rejects if not any(part in one["message"] for part in _REFUSALS)} == set()
    assert max(one["record"]["_sdc_source_lineno"] for one in first.rejects) == content.decode(style.encoding).count(
        "\n"
    )
    wanted, found = Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
    for piece in work:
        wanted[_place(piece.mail, piece.client, piece.project, _day(piece, zones))] += piece.seconds
    for place, seconds in before.hours().items():
        found[_place(*place)] += seconds
    assert not found - wanted
    assert bool(wanted - found) == (len(first.rejects) > 1), first.log  # the total is refused in any case
    assert load(content, style).writes == {}

    run = re.findall(r"Run (\S+): ", first.log)[-1]
    undone = CliRunner().invoke(TargetClockify.get_singer_command(), [*plain.command()[1:], "--undo", run])
    assert undone.exit_code == 0, undone.output
    assert _kept(plain) == was


def _place(mail: str, client: str, project: str, day: str) -> tuple[str, ...]:
    return mail, client.casefold(), project.casefold(), day


def _day(piece: Piece, zones: dict[str, ZoneInfo]) -> str:
    return str(piece.start.astimezone(zones[piece.person]).date())


def _kept(target: Any) -> list[dict[str, Any]]:
    """What all workspaces hold, without traces of how it got there."""
    logs = ("audit_log", "changes", "webhook_logs", "webhook_statuses")
    return [{name: one[name] for name in one if name not in logs} for one in target.box.dump()["workspaces"]]
