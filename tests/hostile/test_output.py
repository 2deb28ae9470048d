"""Output that nobody reads: a signal still ends the program, and the next run can continue."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.prefork import Prefork

_BIN = Path(sys.executable).parent
_TRIES = 6000


@pytest.fixture
def blocked() -> Iterator[Any]:
    """A pipe that is full, and that nobody reads."""
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    for size in (1 << 16, 1):
        try:
            while True:
                os.write(theirs, b"\n" * size)
        except BlockingIOError:
            pass
    os.set_blocking(theirs, True)
    with os.fdopen(theirs, "wb", buffering=0) as pipe:
        yield pipe
    os.close(ours)


@pytest.fixture
def gone() -> Iterator[Any]:
    """A pipe whose reader has ended."""
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "wb", buffering=0) as pipe:
        yield pipe


def _stopped(fork: Prefork, arguments: list[str], pipe: Any, number: int, is_there: Callable[[str], bool]) -> Any:
    """Start a program, send it a signal once something is there, and return its exit code and what it logged."""
    with tempfile.TemporaryFile() as log, Path(os.devnull).open("rb") as nothing:
        program = fork.start(arguments, stdin=nothing, stdout=pipe, stderr=log)
        for _ in range(_TRIES):
            if is_there(os.pread(log.fileno(), 1 << 20, 0).decode()) or program.wait(0.01) is not None:
                break
        program.send_signal(number)
        code = program.wait(60)
        if code is None:
            os.kill(program.pid, signal.SIGKILL)
        return code, os.pread(log.fileno(), 1 << 20, 0).decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_tap_whose_output_is_not_read(
    untouched: Any, forks: Any, blocked: Any, tmp_path: Path, number: signal.Signals
) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"api_key": "sandbox-key", "api_url": untouched.api_url}))
    arguments = ["--config", str(tmp_path / "config.json")]
    code, log = _stopped(forks("tap-clockify"), arguments, blocked, number, lambda log: "Beginning sync" in log)
    assert code == 128 + number, log
    assert "Traceback" not in log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_target_whose_output_is_not_read(
    target: Any, singer: Any, forks: Any, blocked: Any, number: signal.Signals
) -> None:
    messages = _messages(singer)
    (target.folder / "input").write_text("\n".join(map(json.dumps, messages)))
    arguments = [*target.command()[1:], "--input", str(target.folder / "input")]
    code, log = _stopped(forks("target-clockify"), arguments, blocked, number, lambda _: bool(target.tables()["tags"]))
    assert code == 1, log
    assert f"stopped by {number.name}" in log
    assert "Traceback" not in log
    again = target(messages)
    assert (again.code, again.states, len(target.tables()["tags"])) == (0, [{"x": 1}], 3)


def _messages(singer: Any) -> list[dict[str, Any]]:
    return [singer.schema("tags"), *(singer.record("tags", id=n, name=f"n {n}") for n in range(3)), singer.state(x=1)]


def test_a_target_whose_reader_has_ended_loses_nothing(target: Any, singer: Any, forks: Any, gone: Any) -> None:
    messages = _messages(singer)
    (target.folder / "input").write_text("\n".join(map(json.dumps, messages)))
    arguments = [*target.command()[1:], "--input", str(target.folder / "input")]
    code, log = _stopped(forks("target-clockify"), arguments, gone, 0, lambda _: False)
    assert code == 1, log
    assert log.count("| ERROR") == log.count("Nobody reads the output any more") == 1, log
    again = target(messages)
    assert (again.counts["tags"], again.states) == ({"unchanged": 3}, [{"x": 1}])


@pytest.mark.parametrize("stream", ["stdin", "stdout"])
def test_a_stream_that_is_closed_is_named(target: Any, untouched: Any, tmp_path: Path, stream: str) -> None:
    """What a program opens next would take the place of the stream."""
    (tmp_path / "tap.json").write_text(json.dumps({"api_key": "sandbox-key", "api_url": untouched.api_url}))
    commands = [target.command(), [str(_BIN / "tap-clockify"), "--config", str(tmp_path / "tap.json")]]
    closing = {"stdin": "<&-", "stdout": ">&-"}[stream]
    for command in commands[: 1 if stream == "stdin" else 2]:
        shell = ["sh", "-c", f'exec "$@" {closing}', "sh", *command]
        ended = subprocess.run(shell, capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == 1, ended.stderr
        assert f"{stream} is closed" in ended.stderr
        assert "Traceback" not in ended.stderr
