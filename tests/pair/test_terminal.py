"""Tap and target on a terminal: live lines below all other output, a table at the end, and no remains."""

from __future__ import annotations

import json
import os
import re
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Sandbox
    from tests.prefork import Forked, Prefork

_LIVE = re.compile(r"\d records(?: done)?, [\d,]+ a second")  # in one of the lines that are drawn
_COLOUR = re.compile(rb"\x1b\[(?:\d+;)*[39]\d(?:;\d+)*m")
_NARROW = 30


@dataclass(frozen=True)
class Programs:
    """Tap and target, slow enough to be seen, against a sandbox that nobody changes."""

    sandbox: Sandbox
    folder: Path
    forks: Callable[[str], Prefork]

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def start(
        self,
        program: str,
        terminal: Terminal,
        *,
        given: Any = None,
        out: Any = None,
        variables: Any = (),
        **settings: Any,
    ) -> Forked:
        """Start a program with stderr on a terminal, and stdout in a file unless it is said where."""
        config = self.folder / f"{program}.json"
        known = {"api_key": "sandbox-key", "api_url": f"{self.sandbox.origin}/api/v1", "requests_per_second": 60}
        config.write_text(json.dumps(known | settings))
        command = ["--config", str(config)]
        around = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        around |= {"TERM": "xterm-256color", **dict(variables)}
        with Path(os.devnull).open("rb") as nothing, self.out.open("wb") as file:
            files = {"stdin": given or nothing, "stdout": out or file, "stderr": terminal.file}
            return self.forks(program).start(command, **files, environment=around)

    def tap(self, terminal: Terminal, **more: Any) -> Forked:
        """Start the tap."""
        return self.start("tap-clockify", terminal, **more)

    def target(self, terminal: Terminal, given: Any, **more: Any) -> Forked:
        """Start the target for a rehearsal."""
        settings = {"workspace_id": self.sandbox.workspace_id, "dry_run": True, "max_workers": 1}
        files = {"ledger_url": f"sqlite:///{self.folder}/ledger.db", "rejects_path": f"{self.folder}/rejects.jsonl"}
        return self.start("target-clockify", terminal, given=given, **{**settings, **files, **more})

    def rows(self, *messages: dict[str, Any]) -> Path:
        """Return a file with messages."""
        place = self.folder / "rows.jsonl"
        place.write_text("".join(f"{json.dumps(one)}\n" for one in messages))
        return place


@pytest.fixture
def programs(untouched: Sandbox, tmp_path: Path, forks: Callable[[str], Prefork]) -> Programs:
    return Programs(untouched, tmp_path, forks)


def test_the_tap_shows_progress_and_leaves_a_table(programs: Programs) -> None:
    with Terminal() as terminal:
        process = programs.tap(terminal)
        screen = terminal.wait_for(r"[1-9]\d* requests known to be left, at least 0:0\d:\d\d")
        assert any(re.search(r"\d of 32 streams", line) for line in screen)
        screen = terminal.wait_for(r"[1-9]\d? of 32 streams  \w+: [\d,]+ records")
        assert sum(bool(_LIVE.search(line)) for line in screen) == 1
        assert process.wait() == 0
        terminal.close()
        lines = terminal.lines
        records = programs.out.read_bytes()
    assert not [line for line in lines if _LIVE.search(line) or "known to be left" in line], "the lines are gone"
    table = [line.split() for line in lines]
    assert sum(len(row) == 3 and row[2] == "yes" for row in table) == 32
    assert " Read " in "".join(lines[-3:]), "the closing line of the log comes last"
    assert b"Skipping" not in terminal.raw
    assert b"Beginning sync" not in terminal.raw
    assert _COLOUR.search(terminal.raw)
    assert b"\x1b" not in records
    assert {json.loads(line)["type"] for line in records.splitlines()} >= {"RECORD", "STATE"}


def test_a_narrow_terminal_without_colours_that_changes_its_size(programs: Programs) -> None:
    with Terminal(columns=60) as terminal:
        process = programs.tap(terminal, variables={"NO_COLOR": "1"})
        terminal.wait_for(r"\d of 32 streams")
        terminal.resize(_NARROW)
        terminal.wait_for(r"^[\d,]+ records, [\d,]+ a seco.*…$")
        assert process.wait() == 0
        terminal.close()
        live = re.compile(r"^[━─]+  |^[\d,]+ records, |known to be")
        assert not [line for line in terminal.lines if live.search(line)], "the lines are gone"
    assert not _COLOUR.search(terminal.raw)


def test_a_terminal_that_cannot_draw_gets_plain_lines(programs: Programs) -> None:
    with Terminal() as terminal:
        assert programs.tap(terminal, variables={"TERM": "dumb"}).wait() == 0
        terminal.close()
    assert b"\x1b" not in terminal.raw
    assert b"Beginning sync" in terminal.raw
    assert b"Skipping parse" not in terminal.raw


def test_an_interrupted_run_leaves_the_terminal_clean(programs: Programs) -> None:
    with Terminal() as terminal:
        process = programs.tap(terminal)
        terminal.wait_for(r"\d of 32 streams")
        process.send_signal(signal.SIGINT)
        assert process.wait() == 128 + signal.SIGINT
        terminal.close()
        assert not [line for line in terminal.lines if _LIVE.search(line) or "known to be left" in line]
        assert terminal.screen.cursor.x == 0


def test_tap_and_target_share_a_terminal(programs: Programs) -> None:
    with Terminal(rows=100) as terminal:
        read, written = os.pipe()
        with os.fdopen(written, "wb") as out:
            tap = programs.tap(terminal, out=out, workspace_ids=[programs.sandbox.workspace_id])
        with os.fdopen(read, "rb") as given:
            target = programs.target(terminal, given, on_unknown_stream="skip", allow_empty=True)
        assert tap.wait() == 0
        assert target.wait() in {0, 1}
        terminal.close()
        assert max(sum(bool(_LIVE.search(line)) for line in screen) for screen in terminal.screens) == 1
        lines = terminal.lines
        text = "\n".join(lines)
    assert not [line for line in lines if _LIVE.search(line)]
    assert re.search(r"^ ?time_entries +\d+ +yes$", text, re.MULTILINE), "the table of the tap"
    assert re.search(r"^ ?stream +records +.*requests", text, re.MULTILINE), "the table of the target"
    assert all(re.match(r"\d{4}-", line) for line in lines if " | INFO " in line), "no line begins within another"


def test_a_dry_run_on_a_terminal_is_a_diff(programs: Programs) -> None:
    [tag, *_] = programs.sandbox.ok("GET", "/workspaces/{ws}/tags")
    records = [{"id": "new", "name": "Rush"}, {"id": tag["id"], "name": f"{tag['name']} and more"}, {"id": "none"}]
    rows = programs.rows(
        {"type": "SCHEMA", "stream": "tags", "schema": {"properties": {}}, "key_properties": ["id"]},
        *({"type": "RECORD", "stream": "tags", "record": record} for record in records),
    )
    with Terminal() as terminal, rows.open("rb") as given:
        assert programs.target(terminal, given).wait() == 1
        terminal.close()
        lines = terminal.lines
    at = lines.index("+ tags new")
    assert lines[at + 1] == '    name: "Rush"'
    at = lines.index(f"~ tags {tag['id']}")
    assert lines[at + 1] == f'    name: "{tag["name"]}" -> "{tag["name"]} and more"'
    assert b"\x1b[32m+ tags new\x1b[0m" in terminal.raw
    assert b"\x1b[33m~ tags" in terminal.raw
    assert re.search(r"^ ?stream +records +would be inserted +would be updated", "\n".join(lines), re.MULTILINE)
