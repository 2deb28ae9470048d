"""A sample of the matrix of faults: `make faults` plays all of it."""

from __future__ import annotations

import random
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.faults import FAULTS
from tests.faults.table import GOOD
from tests.faults.tap_cases import TapCases
from tests.faults.target_cases import TargetCases
from tests.patience import WAITS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.table import Case

_CASES = 116  # of each program: one of every fault at least
_SEED = 12
_COSTLY = {name for name, fault in FAULTS.items() if fault.stalls} | {
    *("late", "late-504", "502", "503", "504", "408", "gzip-bomb", "kept-closed", "103-kept"),
}
"""They take as long as a program waits."""


@pytest.fixture(scope="module", params=[TapCases, TargetCases], ids=["tap", "target"])
def player(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """What plays the cases of a program."""
    with pytest.MonkeyPatch.context() as patched:
        for place, seconds in WAITS.items():
            patched.setattr(place, seconds)
        found = request.param(tmp_path_factory.mktemp("faults"))
        yield found
        found.close()


def _sample(player: Any) -> list[Case]:
    """Return some cases of every fault that costs little, each at another operation and place."""
    every = [case for case in player.every_case() if case.fault not in _COSTLY and case.place != "every"]
    random.Random(_SEED).shuffle(every)
    chosen: dict[str, list[Case]] = {}
    for case in every:
        chosen.setdefault(case.fault, []).append(case)
    rounds = zip_longest(*chosen.values())  # one case of every fault, then the next one
    return [case for some in rounds for case in some if case is not None][:_CASES]


def test_faults_cause_no_loss_no_double_write_and_no_wrong_activation(player: Any) -> None:
    played = [(case, player.play(case)) for case in _sample(player)]
    bad = [(case, verdict) for case, verdict in played if verdict.outcome not in GOOD]
    assert not bad, "\n".join(f"{'|'.join(case)}: {verdict.outcome}: {verdict.told[-800:]}" for case, verdict in bad)
    assert len({case.fault for case, verdict in played if verdict.outcome != "never struck"}) > len(played) // 5
