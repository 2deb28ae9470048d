"""The parts of the fault tests, each as jobs for separate processes."""

from __future__ import annotations

import atexit
import random
import signal
import tempfile
from contextlib import ExitStack, closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tests.faults.quick  # noqa: F401 - before anything runs
from demo.warehouse import postgres_running
from tests.faults.interruptions import interrupt_tap, interrupt_target, interruptions, lines_of, signal_at
from tests.faults.ledgers import PostgresLedgers
from tests.faults.tap_cases import GROUPS, TapCases
from tests.faults.target_cases import TargetCases
from tests.faults.worlds import WORLDS
from tests.prefork import Prefork

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from tests.faults.table import Case, Verdict

_AT_ONCE = 20
_INTERRUPTED = ("tap", "target sqlite", "target postgresql")
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_SHARE = 50  # interruptions, or lines, that are played with one sandbox

Row = tuple[str, str, "Verdict"]
"""The group of a case, the case, and what became of it."""


def _player(program: str, folder: str, world: str = "plain") -> Any:
    return {"tap": TapCases, "target": TargetCases}[program](Path(folder), WORLDS[world])


# -- the matrix --------------------------------------------------------------------------------


def _matrix(asked: argparse.Namespace) -> Iterator[tuple[Callable[..., list[Row]], tuple[Any, ...]]]:
    chosen = [
        (program, world)
        for program in ([asked.program] if asked.program else ("tap", "target"))
        for world in (WORLDS if asked.world == "all" else [asked.world])
    ]
    for program, world in chosen:
        for start in range(0, asked.cases or len(_cases_of(program, world, asked.seed)), _AT_ONCE):
            stop = start + _AT_ONCE if asked.cases is None else min(start + _AT_ONCE, asked.cases)
            yield _play_cases, (program, world, asked.seed, start, stop)


@cache
def _kept_player(program: str, world: str) -> Any:
    """Return a player that stays for further cases of this process: its stories are set up once."""
    folder = tempfile.TemporaryDirectory()
    player = _player(program, folder.name, world)
    atexit.register(folder.cleanup)
    atexit.register(player.close)
    return player


@cache
def _cases_of(program: str, world: str, seed: int) -> list[Case]:
    """Return all cases of a world, in an order of the seed."""
    cases = [case._replace(world=world) for case in _kept_player(program, world).every_case()]
    random.Random(seed).shuffle(cases)
    return cases


def _play_cases(program: str, world: str, seed: int, start: int, stop: int) -> list[Row]:
    player = _kept_player(program, world)
    some = _cases_of(program, world, seed)[start:stop]
    return [(f"{program} {case.fault}", "|".join(case), player.play(case)) for case in some]


# -- interruptions -----------------------------------------------------------------------------


def _interruptions(asked: argparse.Namespace) -> Iterator[tuple[Callable[..., list[Row]], tuple[Any, ...]]]:
    for kind in _INTERRUPTED:
        count = asked.cases or 500
        for start in range(0, count, _SHARE):
            yield _interrupt, (kind, asked.seed + start, min(_SHARE, count - start))


def _interrupt(kind: str, seed: int, count: int) -> list[Row]:
    program, chosen = kind.split(maxsplit=1)[0], random.Random(seed)
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory()))
        forks = ends.enter_context(closing(Prefork(f"{program}-clockify")))
        if program == "tap":
            reader = ends.enter_context(closing(TapCases(folder)))
            groups = {name: reader.without_fault(name)[1].total() for name in GROUPS}
            some = interruptions(groups, chosen, count)
            played = [(one, interrupt_tap(reader, forks, one, folder)) for one in some]
        else:
            ledgers = None
            if kind.endswith("postgresql"):
                ledgers = PostgresLedgers(ends.enter_context(postgres_running(folder / "postgres")).sqlalchemy_url)
            player = ends.enter_context(closing(TargetCases(folder, ledgers=ledgers)))
            stories = {name: player.stage(name).calls.total() for name in player.story_names}
            some = interruptions(stories, chosen, count)
            played = [(one, interrupt_target(player, forks, one, folder)) for one in some]
    return [(f"{kind} {one.number.name}", str(one), verdict) for one, verdict in played]


# -- lines -------------------------------------------------------------------------------------


def _lines(asked: argparse.Namespace) -> Iterator[tuple[Callable[..., list[Row]], tuple[Any, ...]]]:
    with tempfile.TemporaryDirectory() as folder, closing(TargetCases(Path(folder))) as player:
        places = {name: lines_of(player, player.stage(name)) for name in player.story_names}
    for name, some in places.items():
        chosen = random.Random(asked.seed).sample(some, min(len(some), asked.cases or len(some)))
        for share in _shares(chosen, _SHARE):
            yield _signal_at, (name, share)


def _signal_at(name: str, places: Sequence[tuple[str, int]]) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, closing(TargetCases(Path(folder))) as player:
        stage, rows = player.stage(name), []
        for number, place in enumerate(places):
            sent = _SIGNALS[number % len(_SIGNALS)]
            rows.append((f"lines {name}", f"{place} {sent.name}", signal_at(player, stage, place, sent)))
        return rows


def _shares(some: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(some), size):
        yield some[start : start + size]


PARTS = {"matrix": _matrix, "interruptions": _interruptions, "lines": _lines}
"""By name, what yields the jobs of a part: a function and its arguments, which returns rows."""
