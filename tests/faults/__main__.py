"""Plays the matrix: `python -m tests.faults [tap|target|all] [--cases N] [--seed N] [--workers N] [--world NAME]`.

Every case is a fault at one place of one operation in one story; without `--cases` all of them are played. It prints a
table, and each case that was lost, doubled or ended in a traceback.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path

import tests.faults.quick  # noqa: F401 - before anything runs
from tests.faults.table import GOOD, Case, Verdict
from tests.faults.tap_cases import TapCases
from tests.faults.target_cases import TargetCases
from tests.faults.worlds import WORLDS

_PLAYERS = {"tap": TapCases, "target": TargetCases}
_AT_ONCE = 20


def _cases(program: str, world: str, wanted: int | None, seed: int) -> list[Case]:
    with tempfile.TemporaryDirectory() as folder:
        player = _PLAYERS[program](Path(folder), WORLDS[world])
        every = [case._replace(world=world) for case in player.every_case()]
        player.close()
    random.Random(seed).shuffle(every)
    return list(islice(every, wanted))


def _play(program: str, cases: list[Case]) -> list[tuple[Case, Verdict]]:
    with tempfile.TemporaryDirectory() as folder:
        player = _PLAYERS[program](Path(folder), WORLDS[cases[0].world])
        found = [(case, player.play(case)) for case in cases]
        player.close()
    return found


def main() -> int:
    """Play, print, and return how many cases are not good."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", choices=[*_PLAYERS, "all"], nargs="?", default="all")
    parser.add_argument("--cases", type=int, help="of each program and world, chosen by the seed; all unless given")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--world", choices=[*WORLDS, "all"], default="plain")
    asked = parser.parse_args()
    bad = 0
    for program in _PLAYERS if asked.program == "all" else [asked.program]:
        rows: list[tuple[str, str]] = []
        for world in WORLDS if asked.world == "all" else [asked.world]:
            cases = _cases(program, world, asked.cases, asked.seed)
            chunks = [cases[start : start + _AT_ONCE] for start in range(0, len(cases), _AT_ONCE)]
            with ProcessPoolExecutor(asked.workers) as pool:
                for played in pool.map(_play, [program] * len(chunks), chunks):
                    for case, verdict in played:
                        rows.append((f"{program} {case.fault}", verdict.outcome))
                        if verdict.outcome not in GOOD:
                            bad += 1
    return bad


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
