"""A bad line affects only itself: earlier lines are written and, if configured, later ones, too."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.prefork import Prefork

_UNREADABLE = {
    "NaN": b"NaN",
    "a lone surrogate": b'"\\ud800"',
    "no UTF-8": b'"\xff"',
    "a large number": b"1e999",
    "a long number": b"9" * 5000,
    "70 levels": b"[" * 70 + b"]" * 70,
    "1,000 levels": b'{"a":' * 1000 + b"1" + b"}" * 1000,
    "100,000 levels": b"[" * 100_000 + b"]" * 100_000,
    "100,000 levels in a text": json.dumps("[" * 100_000 + "]" * 100_000).encode(),
}
_NO_MESSAGES = {
    "no JSON": b"hello",
    "half a line": b'{"type": "RECORD", "stream": "tags", "record": {"id": 9, "name": "n',
    "two in one": b'{"type": "STATE", "value": 1}{"type": "STATE", "value": 2}',
    "another type": b'{"type": "CONTROL"}',
    "no schema": b'{"type": "RECORD", "stream": "other", "record": {"id": 1}}',
    "no record": b'{"type": "RECORD", "stream": "tags"}',
    "100,000 levels": b"[" * 100_000,
    "no UTF-8": b"\xff\xfe{",
}


def _lines(singer: Any, bad: bytes, before: int = 3) -> bytes:
    first = [singer.schema("tags"), *(singer.record("tags", id=n, name=f"before {n}") for n in range(before))]
    last = [singer.state(x=1), singer.record("tags", id="last", name="after"), singer.state(x=2)]
    lines = [*(json.dumps(one).encode() for one in (*first, singer.state(x=0))), bad]
    return b"\n".join([*lines, *(json.dumps(one).encode() for one in last)])


def _names(target: Any) -> list[str]:
    return sorted(one["name"] for one in target.tables()["tags"])


@pytest.mark.parametrize("value", _UNREADABLE.values(), ids=_UNREADABLE)
@pytest.mark.parametrize("column", ["name", "id", "_sdc_deleted_at", "whatever"])
def test_a_record_that_cannot_be_read_is_a_reject(target: Any, singer: Any, value: bytes, column: str) -> None:
    record = {"id": 7, "name": "bad", column: "?"}
    bad = json.dumps(singer.record("tags", **record)).encode().replace(b'"?"', value)
    result = target(_lines(singer, bad))
    if column == "whatever" and value.startswith(b'"[[['):  # a text like any other, in a column that means nothing
        assert result.code == 0
        return
    assert "Traceback" not in result.log
    assert result.counts["tags"] == {"inserted": 4, "rejected": 1}, result.log
    assert result.states[-1] == {"x": 2}
    assert _names(target) == ["after", "before 0", "before 1", "before 2"]
    again = target(target.rejects.read_bytes())
    assert again.counts["tags"] == {"rejected": 1}, "nothing about it is mended yet"


@pytest.mark.parametrize("line", _NO_MESSAGES.values(), ids=_NO_MESSAGES)
def test_a_line_that_is_not_a_message_ends_the_run_after_the_lines_before_it(
    target: Any, singer: Any, line: bytes
) -> None:
    result = target(_lines(singer, line))
    assert (result.code, result.states) == (1, [{"x": 0}]), result.log
    assert "line 6 of the input is no Singer message" in result.log
    assert "Traceback" not in result.log
    assert result.counts["tags"] == {"inserted": 3}
    assert _names(target) == ["before 0", "before 1", "before 2"]


@pytest.mark.parametrize("line", _NO_MESSAGES.values(), ids=_NO_MESSAGES)
def test_an_invalid_line_can_be_a_reject(target: Any, singer: Any, line: bytes) -> None:
    result = target(_lines(singer, line), on_invalid="reject")
    assert (result.code, result.states[-1]) == (1, {"x": 2}), result.log
    assert "1 lines of the input were rejected" in result.log
    assert _names(target) == ["after", "before 0", "before 1", "before 2"]
    (noted,) = [json.loads(one) for one in target.rejects.read_text().splitlines()]
    assert (noted["type"], noted["number"], noted["error"]) == ("INVALID", 6, "malformed")
    again = target(target.rejects.read_bytes(), on_invalid="reject")
    assert "1 lines of the input were rejected" in again.log


def test_a_corrected_line_can_be_loaded_again(target: Any, singer: Any) -> None:
    target(_lines(singer, _NO_MESSAGES["half a line"]), on_invalid="reject")
    noted = json.loads(target.rejects.read_text())
    noted["line"] += 'ew"}}'
    result = target([singer.schema("tags"), noted])
    assert result.counts["tags"] == {"inserted": 1}, result.log
    assert "new" in _names(target)


def test_a_rejected_line_may_have_been_any_row(target: Any, singer: Any) -> None:
    rows = [singer.schema("tags"), *(singer.record("tags", id=n, name=f"n {n}") for n in range(3))]
    assert target(rows).code == 0
    lines = [json.dumps(one).encode() for one in (*rows[:2], singer.activate("tags"))]
    result = target(
        b"\n".join([*lines[:2], b'{"type": "RECORD", "stre', lines[2]]), on_invalid="reject", delete_missing=True
    )
    assert "nothing is deleted as missing, since a line of the input was rejected" in result.log
    assert _names(target) == ["n 0", "n 1", "n 2"]


def test_an_unknown_stream_ends_the_run_after_earlier_rows_are_written(target: Any, singer: Any) -> None:
    lines = [singer.schema("tags"), singer.record("tags", id=1, name="a"), singer.state(x=0), singer.schema("nonsense")]
    result = target(lines)
    assert (result.code, result.states) == (1, [{"x": 0}]), result.log
    assert _names(target) == ["a"]


def test_rows_are_written_when_the_input_pauses(
    target: Any, singer: Any, forks: Callable[[str], Prefork], tmp_path: Path
) -> None:
    """If a tap keeps its output open, its few records are written without waiting for a thousand."""
    messages = [singer.schema("tags"), singer.record("tags", id=1, name="a"), singer.state(x=0)]
    lines = b"".join(json.dumps(one).encode() + b"\n" for one in messages)
    theirs, ours = os.pipe()
    out, written = os.pipe()
    with os.fdopen(theirs, "rb") as stdin, os.fdopen(written, "wb") as stdout, (tmp_path / "log").open("wb") as log:
        process = forks("target-clockify").start(target.command()[1:], stdin=stdin, stdout=stdout, stderr=log)
    with os.fdopen(out, "rb") as states, os.fdopen(ours, "wb", buffering=0) as tap:
        tap.write(lines)
        assert json.loads(states.readline()) == {"x": 0}
        assert _names(target) == ["a"]
        tap.write(lines.replace(b'"a"', b'"b"').replace(b"0", b"1"))
        assert json.loads(states.readline()) == {"x": 1}
        assert _names(target) == ["b"]
    assert process.wait(60) == 0, (tmp_path / "log").read_text()


def test_no_input_is_nothing_to_do(target: Any) -> None:
    for data in (b"", b"\n", b"\r\n \n"):
        result = target(data)
        assert (result.code, result.states, dict(result.requests)) == (0, [], {}), result.log


def test_lines_are_read_whatever_ends_them(target: Any, singer: Any) -> None:
    """Windows ends lines in CR LF, and the last one may lack its end."""
    lines = [singer.schema("tags"), *(singer.record("tags", id=n, name=f"n {n}") for n in range(3)), singer.state(x=0)]
    result = target(b"\r\n".join(json.dumps(one).encode() for one in lines))
    assert (result.code, result.states) == (0, [{"x": 0}]), result.log
    assert _names(target) == ["n 0", "n 1", "n 2"]
