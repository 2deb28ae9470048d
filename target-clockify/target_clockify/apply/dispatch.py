"""Passes writes to workers, with many writes in one request if Clockify allows that, and returns their outcomes."""

from __future__ import annotations

import queue
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from target_clockify.apply.outcome import Outcome
from target_clockify.model.declaration import Operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_clockify.apply.rehearsal import Rehearsal
    from target_clockify.apply.writer import Writer
    from target_clockify.decide.decisions import Write
    from target_clockify.model.declaration import Bulk


_PATIENCE = 1.0  # seconds after which the run checks for a signal


class Dispatcher:
    """The workers of a run.

    Args:
        writer: Sends writes.
        workers: The number of threads; 0 for a dry run, which handles writes one after another.
    """

    def __init__(self, writer: Writer | Rehearsal, workers: int) -> None:
        self._writer = writer
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="write") if workers else None
        self._outcomes: queue.SimpleQueue[tuple[int, list[Outcome]]] = queue.SimpleQueue()
        self._under_way: dict[int, tuple[Future[None] | None, list[Write]]] = {}
        self._number = 0

    def __len__(self) -> int:
        """The number of jobs that are running or waiting for a worker."""
        return len(self._under_way)

    def send(self, writes: list[Write]) -> None:
        """Submit writes to the workers."""
        together: dict[tuple[str, Any], tuple[Bulk, list[Write]]] = {}
        of_list: dict[tuple[str, Any], list[Write]] = {}
        for write in writes:
            bulk = _bulk_of(write)
            if bulk is None and write.operation is Operation.UPDATE and write.target.shown_by_list:
                of_list.setdefault((write.target.name, write.scope), []).append(write)
            elif bulk is None:
                self._submit([write], None)
            else:
                kind = (bulk.method + write.target.name, write.current.get(bulk.together))
                together.setdefault(kind, (bulk, []))[1].append(write)
        for some in of_list.values():
            self._submit(some, None)
        for bulk, some in together.values():
            for start in range(0, len(some), bulk.size):
                self._submit(some[start : start + bulk.size], bulk)

    def collect(self, *, wait: bool) -> list[Outcome]:
        """Return the available outcomes; wait up to a second for the first one."""
        found: list[Outcome] = []
        with suppress(queue.Empty):
            while (wait and not found) or not self._outcomes.empty():
                number, outcomes = self._outcomes.get(timeout=_PATIENCE)
                del self._under_way[number]
                found += outcomes
        return found

    def close(self) -> tuple[list[Outcome], list[Write]]:
        """Wait for running writes; return their outcomes, and the writes that were never started."""
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)
        outcomes = self.collect(wait=False)
        return outcomes, [write for _, writes in self._under_way.values() for write in writes]

    def _submit(self, writes: list[Write], bulk: Bulk | None) -> None:
        self._number += 1
        number = self._number

        def carry_out() -> None:
            self._outcomes.put((number, self._carried_out(writes, bulk)))

        if self._pool is None:
            self._under_way[number] = (None, writes)
            carry_out()
        else:
            self._under_way[number] = (self._pool.submit(carry_out), writes)

    def _carried_out(self, writes: list[Write], bulk: Bulk | None) -> list[Outcome]:
        work: Callable[[], list[Outcome]]
        if bulk is None or len(writes) == 1:
            work = lambda: self._writer.run_all(writes)  # noqa: E731
        else:
            work = lambda: self._writer.run_bulk(bulk, writes)  # noqa: E731
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - a thread must not take the outcome of a write with it
            return [Outcome(write, error=error) for write in writes]


def _bulk_of(write: Write) -> Bulk | None:
    """Return the bulk call that can include a write, None if the write needs its own request."""
    if write.operation is Operation.DELETE:
        means = write.target.delete
        return means.bulk if means and write.current else None
    if write.operation is not Operation.UPDATE:
        return None
    target = write.target
    part = next((part for part in target.parts if part.bulk), None)
    whole = part and set(write.entry.changes) <= set(part.fields)
    interval = write.given.get("timeInterval") or write.current.get("timeInterval") or {}
    return part.bulk if part and whole and interval.get("end") else None
