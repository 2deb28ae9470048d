"""A sample of the hostile messages that `make hostile` makes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hostile.messages import Generator
from tests.hostile.trial import good_rows, tried


@pytest.mark.parametrize("seed", [1, 2])
def test_every_hostile_line_is_accounted_for(target: Any, seed: int) -> None:
    run = Generator(seed, good_rows(target)).run(150)
    assert tried(target, run).problems == []


def test_every_hostile_line_of_any_stream_is_accounted_for(target: Any) -> None:
    assert tried(target, Generator(3).run(300)).problems == []


def test_every_hostile_line_of_a_dry_run_is_accounted_for(target: Any) -> None:
    run = Generator(4, good_rows(target)).run(150)
    run.good.clear()  # none is written
    assert tried(target, run, dry_run=True).problems == []
