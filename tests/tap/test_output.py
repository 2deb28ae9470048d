"""Signals that arrive where Python ignores exceptions."""

from __future__ import annotations

import gc
import signal
import sys
from typing import TYPE_CHECKING

import pytest
from tap_clockify.output import WholeLines

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch) -> WholeLines:
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    return WholeLines()


def test_a_signal_during_the_destruction_of_an_object_ends_the_run_at_the_next_message(
    writer: WholeLines, capfd: pytest.CaptureFixture[str]
) -> None:
    def end() -> None:
        sys.exit(128 + signal.SIGTERM)

    def reading() -> Iterator[int]:
        try:
            yield 1
        finally:
            writer.after_line(signal.SIGTERM, end)

    rows = reading()
    next(rows)
    del rows
    gc.collect()
    with pytest.raises(SystemExit) as ended:
        writer.write(b'{"type": "STATE", "value": {}}\n')
    assert ended.value.code == 143
    written = capfd.readouterr()
    assert (written.out, written.err) == ('{"type": "STATE", "value": {}}\n', "")
