"""Processes records in chunks: from the inbox through the intake to the workers, then to the results.

Records that have finished waiting are processed again with the next chunk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from target_clockify.apply.dispatch import Dispatcher
    from target_clockify.inbox import Inbox
    from target_clockify.intake import Intake
    from target_clockify.results import Results
    from target_clockify.scratch import Taken

CHUNK = 1000  # records per chunk
_UNDER_WAY = 1000  # running or queued jobs above which no further records are processed


class Chunks:
    """The processing of records in a run.

    Args:
        inbox: Returns the records to decide now.
        intake: Decides.
        dispatcher: Sends writes.
        results: Receives the results.
        begin: Called once, before the first decision.
        check: Raises an exception if the run must end.
    """

    def __init__(  # noqa: PLR0913, PLR0917
        self,
        inbox: Inbox,
        intake: Intake,
        dispatcher: Dispatcher,
        results: Results,
        begin: Callable[[], None],
        check: Callable[[], None],
    ) -> None:
        self._inbox = inbox
        self._intake = intake
        self._dispatcher = dispatcher
        self._results = results
        self._begin: Callable[[], None] | None = begin
        self._check = check
        self._queue: list[Taken] = []

    def add(self, records: Iterable[Taken]) -> None:
        """Add records, and process a chunk when there are enough."""
        self._queue += records
        if len(self._queue) >= CHUNK:
            self._work_off_chunk()

    def begin(self) -> None:
        """Call `begin`, unless it was called."""
        if self._begin:
            self._begin()
            self._begin = None

    def work_off(self) -> None:
        """Process all records, and wait for the outcomes of all writes."""
        self._take_released()
        while self._queue or len(self._dispatcher):
            if self._queue:
                self._work_off_chunk()
            else:
                self._results.settle(self._dispatcher.collect(wait=True))
            self._take_released()
            self._check()

    def _work_off_chunk(self) -> None:
        self._check()
        self.begin()
        self._take_released()
        self._queue.sort()  # records that have waited are older than new ones
        chunk, self._queue = self._queue[:CHUNK], self._queue[CHUNK:]
        arrivals = self._inbox.arrivals(chunk)
        self._results.take_arrivals(arrivals)
        self._dispatcher.send(self._results.take(self._intake.decisions(arrivals.ready)))
        self._results.settle(self._dispatcher.collect(wait=False))
        while len(self._dispatcher) > _UNDER_WAY:
            self._results.settle(self._dispatcher.collect(wait=True))
            self._check()
        self._results.acknowledge()

    def _take_released(self) -> None:
        self._results.release_calls()
        self._queue += self._results.released
        self._results.released.clear()
