"""Loads a batch of workspaces, one after another; a failure is reported and does not affect the others."""

from __future__ import annotations

import json
import os
import tempfile
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from clockify_fleet.lines import loud, reason
from clockify_fleet.states import BrokenRecordError, Record, states_at
from clockify_fleet.warm import Warm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from clockify_fleet.settings import Settings
    from clockify_fleet.states import States


@dataclass(frozen=True)
class Outcome:
    """The result for a workspace.

    Attributes:
        workspace: Its id.
        problem: Why it is not loaded, in one line; empty if it is loaded.
        seconds: The duration; 0 if an earlier try of the run has loaded it.
    """

    workspace: str
    problem: str = ""
    seconds: float = 0.0


def load(
    settings: Settings, key: str, workspaces: Iterable[str], run: str, tell: Callable[[str], None]
) -> Iterator[Outcome]:
    """Load each workspace that an earlier try of the run has not loaded.

    Args:
        settings: The programs and the destination.
        key: The API key for the workspaces.
        workspaces: Their ids.
        run: The name of the run, the same for all tries of it.
        tell: Called with log lines, each with the id of its workspace.
    """
    states = states_at(settings.states)
    with ExitStack() as stack:
        tap, loader = (
            stack.enter_context(closing(Warm(command[0], warm=settings.warm)))
            for command in (settings.tap, settings.loader)
        )
        pair = _Pair(settings, tap, loader, states)
        for workspace in workspaces:
            began = time.monotonic()
            try:
                record = states.read(workspace)
            except BrokenRecordError as error:
                yield Outcome(workspace, str(error))
                continue
            if record.run == run:
                tell(f"{workspace}: loaded by an earlier try")
                yield Outcome(workspace)
                continue
            problem, lines = pair.load(key, workspace, record, run)
            for line in lines:
                tell(f"{workspace}: {line}")
            yield Outcome(workspace, problem, time.monotonic() - began)


def told(outcomes: Iterable[Outcome]) -> dict[str, str]:
    """Return why workspaces are not loaded, by id."""
    return {one.workspace: one.problem for one in outcomes if one.problem}


def listed(problems: Mapping[str, str]) -> str:
    """Return the problems as lines, the ids in order."""
    return "\n".join(f"{workspace}: {problem}" for workspace, problem in sorted(problems.items()))


class _Pair:
    """Tap and loader, and the store of their STATE."""

    def __init__(self, settings: Settings, tap: Warm, loader: Warm, states: States) -> None:
        self._settings = settings
        self._tap = tap
        self._loader = loader
        self._states = states

    def load(self, key: str, workspace: str, record: Record, run: str) -> tuple[str, list[str]]:
        """Load a workspace; return the problem, and lines for the log."""
        with ExitStack() as stack:
            files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
            tap_said, loader_said, printed = files
            state = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "state.json"
            state.write_text(json.dumps(record.state or {}), encoding="utf-8")
            given = [*self._settings.tap[1:], "--config=ENV", "--state", str(state)]
            codes = self._codes(
                given, self._settings.of_tap(key, workspace), self._settings.of_loader(workspace), files
            )
            said = {"tap": _lines(tap_said), "loader": _lines(loader_said)}
            confirmed = _last_state(_lines(printed))
        if not codes["loader"]:  # STATE that it has confirmed is valid, even if the tap failed later
            record = replace(record, state=confirmed or record.state)
            if not codes["tap"]:
                record = replace(record, run=run, loaded_at=datetime.now(tz=UTC).isoformat(timespec="seconds"))
            self._states.write(workspace, record)
        if not any(codes.values()):
            return "", [*loud(said["tap"]), *loud(said["loader"]), *said["tap"][-1:]]
        return _problem(codes, said), [f"{who}: {line}" for who, lines in said.items() for line in lines]

    def _codes(
        self, given: list[str], of_tap: dict[str, str], of_loader: dict[str, str], files: Sequence[IO[bytes]]
    ) -> dict[str, int]:
        """Run tap and loader on a pipe; return their exit codes.

        Args:
            given: The arguments of the tap.
            of_tap: The tap's environment.
            of_loader: The loader's environment.
            files: Files for the tap's stderr, the loader's stderr and the loader's stdout.
        """
        tap_said, loader_said, printed = files
        reads, writes = os.pipe()
        try:
            self._loader.start(self._settings.loader[1:], of_loader, stdin=reads, stdout=printed, stderr=loader_said)
            with Path(os.devnull).open("rb") as nothing:
                self._tap.start(given, of_tap, stdin=nothing, stdout=writes, stderr=tap_said)
        finally:
            os.close(reads)
            os.close(writes)
        return {"tap": self._tap.wait(), "loader": self._loader.wait()}


def _lines(file: IO[bytes]) -> list[str]:
    file.seek(0)
    return [line for line in file.read().decode(errors="replace").splitlines() if line.strip()]


def _last_state(lines: list[str]) -> dict[str, Any] | None:
    """Return the last STATE that a loader has printed."""
    for line in reversed(lines):
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            return found
    return None


def _problem(codes: Mapping[str, int], said: Mapping[str, list[str]]) -> str:
    """Return the failure in one line.

    The loader's line comes first, since the tap may have failed only because its reader ended.
    """
    who = "loader" if codes["loader"] else "tap"
    why = reason(said[who])
    return f"the {who} ended with {codes[who]}" + (f": {why}" if why else "")
