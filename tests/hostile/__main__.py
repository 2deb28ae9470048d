"""`python -m tests.hostile [LINES] [SEED]`: feeds a number of hostile messages to the target, and prints a table."""

from __future__ import annotations

import importlib
import logging
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.conftest import Sandbox
from tests.hostile.messages import Generator, kinds
from tests.hostile.trial import Outcome, good_rows, tried
from tests.patience import WAITS
from tests.target.conftest import TargetRunner

_AT_ONCE = 500  # lines a run


def trial(seed: int) -> tuple[int, Counter[str], Outcome]:
    """Try the lines of a seed; return the seed, the number of lines of each kind, and the results."""
    box = Sandbox(scale="empty")
    with tempfile.TemporaryDirectory() as folder:
        target = TargetRunner(box, Path(folder))
        run = Generator(seed, good_rows(target) if seed % 2 else ()).run(_AT_ONCE)
        outcome = tried(target, run)
    box.stop()
    return seed, Counter(run.kinds.values()), outcome


def _begin() -> None:
    logging.lastResort = None
    for place, seconds in WAITS.items():
        module, _, name = place.rpartition(".")
        setattr(importlib.import_module(module), name, seconds)


def main(lines: int, first: int) -> int:
    """Try a number of lines, starting with a seed; print the results, and return the number of problems."""
    began, problems = time.monotonic(), 0
    made, invalid, records, rejects = Counter[str](), Counter[str](), 0, 0
    with multiprocessing.Pool(os.cpu_count(), _begin) as processes:
        for seed, some, outcome in processes.imap(trial, range(first, first + -(-lines // _AT_ONCE))):
            made.update(some)
            invalid.update(outcome.rejected)
            records, rejects = records + outcome.records, rejects + outcome.rejects
            problems += len(outcome.problems)
            for problem in outcome.problems:
                sys.stderr.write(f"seed {seed}: {problem[:300]}\n")
        processes.close()
        processes.join()  # to terminate them would be a signal to a target that has ended, which only notes it
    width = max(map(len, kinds()))
    sys.stdout.write(f"{'kind':{width}}  {'lines':>8}  {'no message':>10}\n")
    for kind in kinds():
        sys.stdout.write(f"{kind:{width}}  {made[kind]:8,}  {invalid[kind]:10,}\n")
    sys.stdout.write(
        f"{made.total():,} hostile lines in {time.monotonic() - began:.0f} s: {records:,} records, {rejects:,} of them "
        f"rejected; {invalid.total():,} lines rejected as no message; {problems} problems\n"
    )
    return problems


if __name__ == "__main__":
    chosen = [int(word.replace("_", "")) for word in sys.argv[1:]]
    sys.exit(min(main(*(chosen + [100_000, 1][len(chosen) :])), 1))
