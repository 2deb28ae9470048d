"""The progress of a run: live lines on a terminal, log lines elsewhere."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from target_clockify.books import progress

from tests.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from tests.prefork import Prefork

_RATE = 40
_FAR = re.compile(r"tags: [\w ,]+; (\d+) of 41 records done, (\d+) a second(?:, (\d+:\d\d:\d\d) left)?")


def _tags(singer: Any) -> list[dict[str, Any]]:
    return [singer.schema("tags"), *(singer.record("tags", id=n, name=f"No. {n}") for n in range(40))]


def test_a_terminal_shows_how_long_it_will_take_and_the_log_above_it(
    target: Any, singer: Any, tmp_path: Path, forks: Callable[[str], Prefork]
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("\n".join(map(json.dumps, [*_tags(singer), singer.record("tags", id="none")])))
    command = target.command(requests_per_second=_RATE)[1:]
    around = os.environ | {"TERM": "xterm"}
    with Terminal(columns=200) as terminal:
        with rows.open("rb") as given, (tmp_path / "out").open("wb") as out:
            files = {"stdin": given, "stdout": out, "stderr": terminal.file}
            process = forks("target-clockify").start(command, **files, environment=around)
        screen = terminal.wait_for(r"^[━─]{20}  [1-9]\d of 41 records done, [1-9]\d* a second, \d+:\d\d:\d\d left$")
        assert any(re.fullmatch(r"tags: \d+ inserted(, 1 rejected)?", line) for line in screen)
        assert any(re.fullmatch(r"\d+ requests, \d+ a second", line) for line in screen)
        assert process.wait() == 1
        terminal.close()
        lines = terminal.lines
    assert not [line for line in lines if " a second" in line], "the lines are gone"
    assert any("(1 invalid" in line or "as invalid" in line for line in lines)
    assert any(re.fullmatch(r" ?tags +41 +40 +1 +\d+ +1 invalid", line) for line in lines), lines
    assert b"sqlalchemy" not in terminal.raw, "the statements of the ledger are no part of the log"
    assert b"Skipping parse" not in terminal.raw


def test_a_log_shows_the_progress_of_a_long_run(target: Any, singer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_EVERY", 0.0)
    told = _FAR.findall(target([*_tags(singer), singer.record("tags", id=40, name="No. 40")]).log)
    assert [int(done) for done, *_ in told] == list(range(1, 42))
