"""Runs the complete fault tests: `python -m tests.faults [matrix|interruptions|lines ...] [--cases N] ...`.

`matrix` tests every fault at every call of every scenario, for tap and target. `interruptions` sends signals at random
requests, with each kind of ledger. `lines` sends a signal at every line that the target executes. Each prints a table
of the results, and every loss, double write or traceback.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from tests.faults.parts import PARTS
from tests.faults.table import GOOD, table_of
from tests.faults.worlds import WORLDS

_WORTH_A_LINE, _MOST_OF_A_JOB = 200, 50  # cases


def main() -> int:
    """Run the cases, print the results, and return the number of failures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", default=[*PARTS], help=", ".join(PARTS))
    parser.add_argument("--cases", type=int, help="of each part, program and world, chosen by the seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--program", choices=["tap", "target"], help="of the matrix; both unless it is given")
    parser.add_argument("--world", choices=[*WORLDS, "all"], default="plain")
    asked = parser.parse_args()
    bad = 0
    for part in asked.parts:
        told: list[tuple[str, str]] = []
        with ProcessPoolExecutor(asked.workers, get_context("spawn")) as pool:
            jobs = [pool.submit(work, *given) for work, given in PARTS[part](asked)]
            for job in as_completed(jobs):
                for group, what, verdict in job.result():
                    told.append((group, verdict.outcome))
                    if verdict.outcome not in GOOD:
                        bad += 1
                        sys.stdout.write(f"{verdict.outcome}: {what}\n    {verdict.told[-600:]}\n")
                sys.stdout.write(f"{part}: {len(told)} cases\n" if len(told) % _WORTH_A_LINE < _MOST_OF_A_JOB else "")
                sys.stdout.flush()
        sys.stdout.write(f"{table_of(told)}\n\n")
    return bad


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
