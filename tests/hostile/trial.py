"""Feeds hostile messages to the target, and checks that it accounts for each of them."""

from __future__ import annotations

import json
import re
import traceback
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.target.conftest import Messages
from tests.target.test_bad_days import Work

if TYPE_CHECKING:
    from tests.hostile.messages import Row, Run
    from tests.target.conftest import TargetRunner

_PATH = re.compile(r"(/[0-9A-Za-z_-]+)+")
_TOTAL = re.compile(r"\| Run \S+: (\d+) records in")
_REJECTED = re.compile(r"\| (\d+) records were (?:rejected|not copied)")
_KNOWN_TO_THE_KEY = 1000  # requests the sandbox remembers


@dataclass
class Outcome:
    """The result of a run.

    Attributes:
        problems: Violations; empty if there are none.
        rejected: The hostile lines that were rejected as no message, by kind.
        records: How many records were read.
        rejects: How many of those were rejected.
    """

    problems: list[str] = field(default_factory=list)
    rejected: Counter[str] = field(default_factory=Counter)
    records: int = 0
    rejects: int = 0


def tried(target: TargetRunner, run: Run, **settings: Any) -> Outcome:
    """Run the target on a list of lines.

    Args:
        target: Runs the target; see the tests of the target.
        run: The lines.
        settings: Settings of the target.
    """
    outcome = Outcome()
    target.box.reset(stats=True)
    target.rejects.unlink(missing_ok=True)
    try:
        result = target(run.data, on_invalid="reject", **settings)
    except BaseException as error:  # noqa: BLE001
        place = traceback.extract_tb(error.__traceback__)[-1]
        outcome.problems.append(f"traceback: {type(error).__name__} in {place.name}, {place.filename}:{place.lineno}")
        return outcome
    if "Traceback" in result.log:
        outcome.problems.append("traceback in the log: " + result.log.split("Traceback")[1].strip().splitlines()[-1])
    if result.states[-1:] != ([] if settings.get("dry_run") else [{"done": True}]):
        last = [line for line in result.log.splitlines() if line.startswith("ERROR")][-1:]
        outcome.problems.append(f"the run ended early: {last}")
    outcome.problems += _unaccounted(target, run, result.log, outcome)
    names = {one["name"] for one in target.tables()["tags"]}
    outcome.problems += [f"not written: {name}" for name in run.good if name not in names]
    requests = target.box.origin.requests()[-_KNOWN_TO_THE_KEY:]
    outcome.problems += [f"request: {one['path']}" for one in requests if not _PATH.fullmatch(one["path"])]
    return outcome


def _unaccounted(target: TargetRunner, run: Run, log: str, outcome: Outcome) -> list[str]:
    """Return errors in the counts: every line must be a record that was read, or a rejected line."""
    text = target.rejects.read_text() if target.rejects.exists() else ""
    noted = [json.loads(line) for line in text.splitlines()]
    invalid = {one["number"] for one in noted if one["type"] == "INVALID"}
    outcome.rejected.update(run.kinds.get(number, "a good record") for number in invalid)
    total = _TOTAL.search(log)
    outcome.records = int(total[1]) if total else 0
    outcome.rejects = sum(one["type"] == "RECORD" for one in noted)
    problems = []
    if outcome.records + len(invalid & run.records) != len(run.records):
        problems.append(f"{len(run.records)} records, {outcome.records} read, {len(invalid & run.records)} no message")
    told = sum(int(number) for number in _REJECTED.findall(log))
    if told != outcome.rejects:
        problems.append(f"{outcome.rejects} records are among the rejects, {told} are told as rejected")
    if "left undone" in log:
        problems.append("records are left undone")
    return problems


def good_rows(target: TargetRunner) -> list[Row]:
    """Return good rows of many streams that refer to each other."""
    work = Work(Messages, target.box.ok("GET", "/user")["id"], target.tables()["item_types"][0])
    messages = [json.loads(line) for data in (work.before(1), work.after(1)) for line in data.splitlines()]
    return [(one["stream"], one["record"]) for one in messages if one["type"] == "RECORD"]
