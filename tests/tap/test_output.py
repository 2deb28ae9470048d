"""What the tap prints when a signal arrives where Python ignores exceptions, or an id is none of Clockify's."""

from __future__ import annotations

import gc
import signal
import sys
from typing import TYPE_CHECKING

import pytest
from tap_clockify.output import WholeLines
from tap_clockify.verdict import Cause, Verdict

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


@pytest.mark.parametrize("odd", ["eW91ciBrZXk=", "a\n2026-01-01 00:00:00,000 | CRITICAL | forged", "Ada Lovelace"])
def test_an_id_that_is_none_of_clockifys_is_shown_in_no_message(odd: str) -> None:
    verdict = Verdict("time_off_balances")
    verdict.add(Cause.REFUSED, workspace="665d8d18f252e6b438000001", parent=odd)
    verdict.add(Cause.REFUSED, workspace=odd)
    first, second = (line for _, line in verdict.lines())
    assert f"of (an id of {len(odd)} characters) in workspace 665d8d18f252e6b438000001" in first
    assert odd not in first + second
