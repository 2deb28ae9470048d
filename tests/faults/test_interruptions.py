"""A sample of the interruptions: `make faults` plays hundreds of them."""

from __future__ import annotations

import random
import signal
from typing import TYPE_CHECKING, Any

import pytest

from demo.warehouse import postgres_running
from tests.faults.interruptions import interrupt_tap, interrupt_target, interruptions, lines_of, signal_at
from tests.faults.ledgers import PostgresLedgers
from tests.faults.table import GOOD
from tests.faults.tap_cases import TapCases
from tests.faults.target_cases import TargetCases
from tests.patience import WAITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.prefork import Prefork

_SEED = 12
_STORIES = ("entries", "invoices", "expenses", "named")
_GROUPS = ("work", "invoices")


@pytest.fixture(scope="module", autouse=True)
def _no_waiting() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        for place, seconds in WAITS.items():
            patched.setattr(place, seconds)
        yield


@pytest.fixture(scope="module")
def target_cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TargetCases]:
    """What plays stories of the target."""
    found = TargetCases(tmp_path_factory.mktemp("target"))
    yield found
    found.close()


def _assert_good(played: list[tuple[Any, Any]]) -> None:
    bad = [(what, verdict) for what, verdict in played if verdict.outcome not in GOOD]
    assert not bad, "\n".join(f"{what}: {verdict.outcome}: {verdict.told[-800:]}" for what, verdict in bad)
    assert any(verdict.outcome == "refused" for _, verdict in played), "some have to be interrupted"


def _of_target(player: TargetCases, program: Prefork, folder: Path, count: int) -> None:
    stories = {name: player.stage(name).calls.total() for name in _STORIES}
    chosen = interruptions(stories, random.Random(_SEED), count)
    _assert_good([(one, interrupt_target(player, program, one, folder)) for one in chosen])


def test_an_interrupted_target_loses_nothing_and_writes_nothing_twice(
    target_cases: TargetCases, forks: Callable[[str], Prefork], tmp_path: Path
) -> None:
    _of_target(target_cases, forks("target-clockify"), tmp_path, 16)


def test_an_interrupted_target_with_a_postgresql_ledger_loses_nothing(
    forks: Callable[[str], Prefork], tmp_path: Path
) -> None:
    with postgres_running(tmp_path / "postgres") as server:
        player = TargetCases(tmp_path, ledgers=PostgresLedgers(server.sqlalchemy_url))
        _of_target(player, forks("target-clockify"), tmp_path, 6)
        player.close()


def test_an_interrupted_tap_activates_no_incomplete_version(forks: Callable[[str], Prefork], tmp_path: Path) -> None:
    player = TapCases(tmp_path)
    stories = {name: player.without_fault(name)[1].total() for name in _GROUPS}
    chosen = interruptions(stories, random.Random(_SEED), 12)
    _assert_good([(one, interrupt_tap(player, forks("tap-clockify"), one, tmp_path)) for one in chosen])
    player.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_at_any_line_loses_nothing_and_writes_nothing_twice(
    target_cases: TargetCases, number: signal.Signals
) -> None:
    stage = target_cases.stage("entries")
    lines = random.Random(_SEED).sample(lines_of(target_cases, stage), 8)
    _assert_good([(place, signal_at(target_cases, stage, place, number)) for place in lines])
