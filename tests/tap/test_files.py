"""The files that are named on the command line: a mistake in one is a line that names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import StartSandbox
    from tests.tap.conftest import Run


@pytest.mark.parametrize("option", ["--state", "--catalog"])
@pytest.mark.parametrize(
    "held",
    [
        (b"", "is not JSON"),
        (b'{"bookmarks": {', "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[]", "must hold an object, not list"),
        (b'"state.json"', "must hold an object, not str"),
        (b"7", "must hold an object, not int"),
    ],
)
def test_a_file_that_holds_something_else_is_named(
    sandbox: StartSandbox, run_tap: Callable[..., Run], tmp_path: Path, option: str, held: tuple[bytes, str]
) -> None:
    content, reason = held
    file = tmp_path / "given.json"
    file.write_bytes(content)
    run = run_tap(sandbox(scale="tiny").origin, options=[option, str(file)])
    assert (run.code, run.messages) == (1, [])
    (line,) = run.complaints
    assert f"{option} {file} {reason}" in line
    assert "Traceback" not in run.log


def test_a_null_state_counts_as_no_state(sandbox: StartSandbox, run_tap: Callable[..., Run], tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_text("null")
    run = run_tap(sandbox(scale="tiny").origin, streams=["tags"], options=["--state", str(file)])
    assert (run.code, run.activated) == (0, {"tags"})
