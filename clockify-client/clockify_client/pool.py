"""Threads that take the most urgent jobs first from a heap, and the state that all jobs share."""

from __future__ import annotations

import heapq
import threading
from itertools import count
from typing import TYPE_CHECKING

from clockify_client.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable

    from clockify_client.client import Client

Order = tuple[float, ...]


class Pool:
    """Threads that are started for new jobs, up to the number in the client's settings.

    Attributes:
        client: Sends the requests.
        spool: Where pages wait.
        lock: Guards the heap and whatever the jobs change.
        arrival: Notified when a page arrives that a consumer may wait for.
        closed: No more jobs are started.
        failure: The failure that affects all jobs; after it, no request is sent.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.spool = Spool()
        self.lock = threading.RLock()
        self.arrival = threading.Condition(self.lock)
        self.closed = False
        self.failure: Exception | None = None
        self._jobs: list[tuple[Order, int, Callable[[], None]]] = []
        self._serial = count()
        self._more = threading.Condition(self.lock)
        self._threads = self._busy = 0

    @property
    def left(self) -> int:
        """The number of unfinished jobs; jobs may add further jobs."""
        return len(self._jobs) + self._busy

    def submit(self, order: Order, job: Callable[[], None]) -> None:
        """Add a job while holding the lock.

        Jobs with the smallest order start first, in a thread and without the lock.
        """
        heapq.heappush(self._jobs, (order, next(self._serial), job))
        self._more.notify()
        if self._threads < self.client.settings.max_workers and not self.closed:
            threading.Thread(target=self._run, name=f"clockify-{self._threads}", daemon=True).start()
            self._threads += 1

    def close(self) -> None:
        """Cancel all jobs that have not started, wake all waiting threads, and remove the stored pages."""
        with self.lock:
            self.closed = True
            self._jobs.clear()
            self._more.notify_all()
            self.arrival.notify_all()
        self.spool.close()

    def _run(self) -> None:
        busy = 0
        while True:
            with self.lock:
                self._busy -= busy
                busy = 0
                while not self._jobs:
                    if self.closed:
                        return
                    self._more.wait()
                *_, job = heapq.heappop(self._jobs)
                self._busy += 1
                busy = 1
            job()
            del job  # it holds a page, which would stay in memory while this thread waits
