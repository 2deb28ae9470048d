"""The results of a matrix as a table."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable

OUTCOMES = ("survived", "refused", "lost", "doubled", "traceback", "never struck")
GOOD = {"survived", "refused", "never struck"}


class Case(NamedTuple):
    """One fault at one place of one operation in one scenario."""

    story: str
    operation: str
    fault: str
    place: str
    world: str = "plain"

    def strikes(self, count: int, chosen: random.Random) -> Callable[[str, int], bool]:
        """Return the calls that the fault affects, given their number without a fault."""
        number = {"first": 1, "middle": count // 2 + 1, "last": count, "random": chosen.randint(1, max(1, count))}
        nth = number.get(self.place)
        return lambda name, call: name == self.operation and nth in {None, call}


class Verdict(NamedTuple):
    """The result of a case."""

    outcome: str
    told: str = ""


def table_of(rows: Iterable[tuple[str, str]]) -> str:
    """Return a table of results, one line for each group."""
    counted: dict[str, Counter[str]] = {}
    for group, outcome in rows:
        counted.setdefault(group, Counter())[outcome] += 1
        counted.setdefault("together", Counter())[outcome] += 1
    groups = [*sorted(group for group in counted if group != "together"), "together"]
    width = max(map(len, groups), default=8)
    head = f"{'':{width}} {'cases':>7}" + "".join(f" {outcome:>12}" for outcome in OUTCOMES)
    lines = [
        f"{group:{width}} {counted[group].total():>7}"
        + "".join(f" {counted[group][outcome]:>12}" for outcome in OUTCOMES)
        for group in groups
        if group in counted
    ]
    return "\n".join([head, *lines])
