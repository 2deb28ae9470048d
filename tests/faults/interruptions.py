"""Interruptions: a signal at a random request, or at a line of the target, then runs until everything is done."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.faults.proxy import passed_on
from tests.faults.tap_cases import GROUPS, judged, output_of
from tests.faults.target_cases import Run, messages

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.proxy import Exchange
    from tests.faults.table import Verdict
    from tests.faults.tap_cases import TapCases
    from tests.faults.target_cases import Stage, TargetCases
    from tests.prefork import Forked, Prefork

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
PHASES = ("before", "after", "later")
_LATER = 0.02  # seconds, at most, between an answer and the signal


class Interruption(NamedTuple):
    """A signal at a request.

    Attributes:
        story: The scenario, or the group of streams.
        number: The signal.
        request: The number of the request, from 1 on.
        phase: Before the request reaches the sandbox, after it did, or a moment after its answer.
    """

    story: str
    number: signal.Signals
    request: int
    phase: str


def interruptions(stories: dict[str, int], chosen: random.Random, count: int) -> list[Interruption]:
    """Return random interruptions, given the number of requests of each scenario."""
    return [
        Interruption(
            story,
            chosen.choice(SIGNALS),
            chosen.randint(1, stories[story]),
            chosen.choice(PHASES),
        )
        for story in chosen.choices(list(stories), k=count)
    ]


class _Struck:
    """Sends a signal to a process at a request; the process is told once it has started."""

    def __init__(self, wanted: Interruption) -> None:
        self._wanted = wanted
        self._requests = 0
        self._ready = threading.Event()
        self._process: Forked | None = None

    def is_it(self, _: str, __: int) -> bool:
        """Return whether this is the request; a request of an earlier process does not count."""
        if not self._ready.is_set():
            return False
        self._requests += 1
        return self._requests == self._wanted.request

    def tell(self, process: Forked) -> None:
        """Say which process it is."""
        self._process = process
        self._ready.set()

    def act(self, exchange: Exchange) -> None:
        """Pass the request on, and send the signal."""
        if self._wanted.phase == "before":
            self._send()
            passed_on(exchange)
        elif self._wanted.phase == "after":
            answer = exchange.answered(exchange)
            self._send()
            exchange.send(answer)
        else:
            passed_on(exchange)
            time.sleep(random.Random(str(self._wanted)).uniform(0, _LATER))
            self._send()

    def _send(self) -> None:
        self._ready.wait(30)
        if self._process is not None:
            os.kill(self._process.pid, self._wanted.number)


def _run(program: Prefork, arguments: list[str], folder: Path, struck: _Struck) -> tuple[int, bytes, str]:
    out, log = folder / "out", folder / "log"
    with Path(os.devnull).open("rb") as nothing, out.open("wb") as stdout, log.open("wb") as stderr:
        process = program.start(arguments, stdin=nothing, stdout=stdout, stderr=stderr)
        struck.tell(process)
        code = process.wait(120)
    assert code is not None, "it never ends"
    return code, out.read_bytes(), log.read_text(errors="replace")


def interrupt_target(player: TargetCases, program: Prefork, wanted: Interruption, folder: Path) -> Verdict:
    """Interrupt the target, and run it until everything is done."""
    stage, struck = player.stage(wanted.story), _Struck(wanted)
    player.set_up(stage)
    (folder / "input").write_bytes(messages(stage.rows))
    player.proxy.begin(struck.act, struck.is_it)
    arguments = ["--config", str(player.config()), "--input", str(folder / "input")]
    code, _, log = _run(program, arguments, folder, struck)
    if code == -signal.SIGKILL:
        log += "ERROR | killed"
    return player.until_done(stage, Run(code, log), struck=player.proxy.struck > 0)


def interrupt_tap(player: TapCases, program: Prefork, wanted: Interruption, folder: Path) -> Verdict:
    """Interrupt the tap, and check which versions it has activated."""
    complete, _ = player.without_fault(wanted.story)
    struck = _Struck(wanted)
    player.proxy.begin(struck.act, struck.is_it)
    arguments = [str(one) for one in player.arguments(GROUPS[wanted.story])]
    code, out, log = _run(program, arguments, folder, struck)
    if code == -signal.SIGKILL:
        out = out[: out.rfind(b"\n") + 1]  # the last line may be cut
    return judged(
        output_of(code, out, log + "ERROR | stopped"), complete, GROUPS[wanted.story], struck=player.proxy.struck > 0
    )


# -- a signal at a line ------------------------------------------------------------------------


def lines_of(player: TargetCases, stage: Stage) -> list[tuple[str, int]]:
    """Return the lines of the target that its main thread executes for a story, in the order of their first time."""
    found: dict[tuple[str, int], None] = {}
    player.set_up(stage)
    player.proxy.begin(None, lambda _, __: False)
    run = _traced(lambda: player.run(stage.rows), found.setdefault)
    assert run.code == 0, run.log
    return list(found)


def signal_at(player: TargetCases, stage: Stage, place: tuple[str, int], number: signal.Signals) -> Verdict:
    """Send this process a signal where the target executes a line for the first time, and run until all is done."""
    player.set_up(stage)
    player.proxy.begin(None, lambda _, __: False)
    came: list[bool] = []

    def look(at: tuple[str, int]) -> None:
        has_handler = callable(signal.getsignal(number)) and signal.getsignal(number) is not signal.default_int_handler
        if at == place and not came and has_handler:
            came.append(True)
            signal.raise_signal(number)

    handlers = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        first = _traced(lambda: player.run(stage.rows), look)
    finally:
        for one, handler in handlers.items():
            signal.signal(one, handler)
    return player.until_done(stage, first, struck=bool(came))


def _traced(run: Callable[[], Run], look: Callable[[tuple[str, int]], Any]) -> Run:
    """Run, and look at each line of the target's code that this thread executes, once a run has begun."""

    def trace(frame: Any, event: str, _: Any) -> Any:
        name = frame.f_code.co_filename
        if "/target_clockify/" not in name or name.endswith(("target.py", "settings.py", "streams.py")):
            return None
        if event == "line":
            look((name, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return run()
    finally:
        sys.settrace(before)
