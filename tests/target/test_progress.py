"""How far a run is: a live line on a terminal, lines of the log elsewhere."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import threading
from typing import TYPE_CHECKING, Any

from target_clockify.books import progress

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
    ours, theirs = pty.openpty()
    shown = bytearray()

    def read() -> None:
        with contextlib.suppress(OSError):  # the end of a terminal
            while piece := os.read(ours, 4096):
                shown.extend(piece)

    reader = threading.Thread(target=read)
    reader.start()
    with rows.open("rb") as given, (tmp_path / "out").open("wb") as out, os.fdopen(theirs, "wb") as terminal:
        process = forks("target-clockify").start(command, stdin=given, stdout=out, stderr=terminal)
    assert process.wait() == 1
    reader.join()
    os.close(ours)
    lines = re.split(r"\r\x1b\[K|\r?\n", shown.decode())
    live = [found for line in lines if (found := _FAR.fullmatch(line))]
    assert live, lines
    assert any(one[3] for one in live)
    assert any("(1 invalid); " in line for line in lines)
    assert all("records done" not in line or line in {one[0] for one in live} for line in lines)
    assert "sqlalchemy" not in shown.decode(), "the statements of the ledger are no part of the log"


def test_a_log_tells_how_far_a_long_run_is(target: Any, singer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_EVERY", 0.0)
    told = _FAR.findall(target([*_tags(singer), singer.record("tags", id=40, name="No. 40")]).log)
    assert [int(done) for done, *_ in told] == list(range(1, 42))
