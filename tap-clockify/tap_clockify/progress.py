"""Shows the progress of a run on a terminal. If stderr goes to a file or a pipeline, the SDK logs metrics instead."""

from __future__ import annotations

import logging
import os
import stat
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clockify_client.terminal import Rate, Screen, bar, clock, for_progress

if TYPE_CHECKING:
    from clockify_client import Client
    from rich.table import Table

    from tap_clockify.plan import Plan
    from tap_clockify.verdict import Verdict

_COURTESY = 2.0  # seconds in which the program that reads the pipe may take the terminal first
_WORTH_A_WORD = 1.0  # seconds without a request


@dataclass
class SoFar:
    """What a run has done so far.

    Attributes:
        records: The number of records of each stream, in the order of reading.
        verdicts: The verdicts of the finished streams.
        clients: The connections to Clockify.
        streams: How many streams are read.
        plan: The plan of the run, once it is made.
    """

    records: dict[str, int]
    verdicts: list[Verdict]
    clients: list[Client]
    streams: int = 0
    plan: Plan | None = None


class Progress:
    """Shows the progress of a run on stderr, and at the end the result of each stream.

    During the run, log lines below WARNING are hidden, and the others appear above.

    Args:
        so_far: What it shows.
    """

    def __init__(self, so_far: SoFar) -> None:
        self._so_far = so_far
        self._records, self._requests = Rate(), Rate()
        self._screen: Screen | None = None
        self._afterwards = ExitStack()

    def start(self) -> None:
        """Start, if stderr is a terminal and stdout is not the same terminal."""
        if sys.stdout.isatty() or not (screen := for_progress()):
            return
        is_piped = stat.S_ISFIFO(os.fstat(sys.stdout.fileno()).st_mode)
        self._records, self._requests = Rate(), Rate()
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr:
                self._afterwards.callback(handler.setLevel, handler.level)
                handler.setLevel(logging.WARNING)
        self._screen = screen
        screen.start(self._lines, waits=_COURTESY if is_piped else 0.0)

    def stop(self) -> None:
        """Remove the progress lines, and print a table of the streams."""
        if self._screen is None:
            return
        self._screen.stop()
        self._screen.tell(self._table())
        self._screen = None
        self._afterwards.close()

    def _lines(self) -> list[str]:
        so_far = self._so_far
        records, done = dict(so_far.records), len(so_far.verdicts)
        requests = sum(client.statistics.requests for client in so_far.clients)
        total, sent = sum(records.values()), f"{requests:,} requests, {self._requests.note(requests):,.0f} a second"
        stream = next(reversed(records), "")
        reading = f"  {stream}: {records[stream]:,} records" if stream else ""
        return [
            f"{bar(done, so_far.streams)}  {done} of {so_far.streams} streams{reading}",
            f"{total:,} records, {self._records.note(total):,.0f} a second; {sent}",
            self._rest(),
        ]

    def _rest(self) -> str:
        """Describe the known remaining requests; responses may lead to more."""
        said = []
        left = self._so_far.plan.left if self._so_far.plan else 0
        throttles = [client.throttle for client in self._so_far.clients]
        if throttles:
            throttle = throttles[0]
            if (held := throttle.held_for) > _WORTH_A_WORD:
                said.append(f"nothing may be sent for {clock(held)}")
            if left:
                seconds = held + left / throttle.per_second
                said.append(f"{left:,} requests known to be left, at least {clock(seconds)}")
            elif self._so_far.verdicts:
                said.append("no more requests known to be left")
            if (allowed := throttle.left_this_hour) is not None:
                said.append(f"{allowed:,} of {throttle.per_hour:,} requests left in this hour")
        return "; ".join(said) or "connecting"

    def _table(self) -> Table:
        from rich import box  # noqa: PLC0415  only a terminal is worth the import
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        table = Table("stream", box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("records", justify="right")
        table.add_column("complete")
        for verdict in self._so_far.verdicts:
            causes = ", ".join(cause.name.lower().replace("_", " ") for cause in verdict.causes)
            style = "red" if verdict.failed else "yellow" if causes else "green"
            told = Text(f"no: {causes}" if causes else "yes", style)
            table.add_row(verdict.stream, f"{self._so_far.records.get(verdict.stream, 0):,}", told)
        return table
