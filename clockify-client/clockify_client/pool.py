"""Threads that work through a heap of jobs, the most urgent first."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from itertools import count

Order = tuple[float, ...]
Begin = Callable[[], Callable[[], None] | None]
"""Called with the lock held when a thread takes the job; returns the work, to be done without it, or None."""


class Pool:
    """A lock for all that the jobs share, and threads that are started when the first jobs come.

    Attributes:
        lock: Guards the heap and whatever the jobs change.
        arrival: Notified when something came that somebody may wait for.
        closed: No job is begun any more.
        failure: What went wrong for all jobs, so that there is nothing left to request.
    """

    def __init__(self, max_workers: int) -> None:
        self.lock = threading.RLock()
        self.arrival = threading.Condition(self.lock)
        self.closed = False
        self.failure: Exception | None = None
        self._jobs: list[tuple[Order, int, Begin]] = []
        self._serial = count()
        self._more = threading.Condition(self.lock)
        self._idle = 0
        self._threads: list[threading.Thread] = []
        self._max_workers = max_workers

    def submit(self, order: Order, begin: Begin) -> None:
        """Add a job; the lock is held. Jobs of the smallest order are begun first."""
        heapq.heappush(self._jobs, (order, next(self._serial), begin))
        if self._idle >= len(self._jobs):
            self._more.notify()
        elif len(self._threads) < self._max_workers and not self.closed:
            thread = threading.Thread(target=self._run, name=f"clockify-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()
        else:
            self._more.notify()

    def close(self) -> None:
        """Drop all jobs that have not begun, and let go whoever waits."""
        with self.lock:
            self.closed = True
            self._jobs.clear()
            self._more.notify_all()
            self.arrival.notify_all()

    def _run(self) -> None:
        while True:
            with self.lock:
                self._idle += 1
                while not self._jobs:
                    if self.closed:
                        return
                    self._more.wait()
                self._idle -= 1
                _, _, begin = heapq.heappop(self._jobs)
                work = begin()
                del begin
            if work is not None:
                work()
            del work  # it holds what came, for as long as this thread would wait
