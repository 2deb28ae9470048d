"""A sample of the hostile configurations that `make hostile` tries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import Sandbox
from tests.hostile.configurations import PROGRAMS, tried
from tests.secrets.conftest import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def keyed() -> Iterator[Sandbox]:
    """A sandbox whose owner has a key that is easy to find again."""
    box = Sandbox(scale="empty", api_key=KEY)
    yield box
    box.stop()


@pytest.mark.parametrize("program", PROGRAMS)
def test_hostile_settings_are_refused_in_words(
    keyed: Sandbox, tmp_path: Path, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    codes, problems = [], []
    for seed in range(40):
        (tmp_path / str(seed)).mkdir()
        code, problem = tried(program, seed, keyed, tmp_path / str(seed))
        codes.append(code)
        problems += [f"seed {seed}: {problem}"] if problem else []
    assert problems == []
    assert 0 in codes, "not everything is refused for the same reason"


def test_a_leaked_key_is_detected(keyed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROGRAMS, "talkative", lambda *_: lambda: (1, f"error: {KEY}"))
    assert tried("talkative", 1, keyed, tmp_path) == (1, "the key is told")
