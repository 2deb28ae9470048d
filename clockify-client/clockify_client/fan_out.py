"""Reads whole endpoints ahead of whoever consumes them: concurrently, in a deterministic order, in bounded memory.

A `Reading` is one endpoint asked once for each of its parents. Pages of one parent follow each other, since only a page
tells whether there is a next one; parents and readings are asked side by side. Whatever the order in which answers
arrive, a reading hands them on parent by parent and page by page. The order of readings decides who goes first, so
the pool works on what is consumed next and looks ahead with what capacity is left.
"""

from __future__ import annotations

import heapq
import threading
from collections import Counter
from typing import TYPE_CHECKING, Self

from clockify_client.errors import MalformedAnswerError, concerns_the_account
from clockify_client.memory import give_back_what_is_freed
from clockify_client.page import Page
from clockify_client.paging import SAME_PAGE, step
from clockify_client.reading import Children, Job, Rank, Reading
from clockify_client.shelf import Shelf

if TYPE_CHECKING:
    from clockify_client.client import Client
    from clockify_client.endpoint import Endpoint

_LOOK_AHEAD = 32 * 1024 * 1024  # bytes of pages that wait; the upper half is for what is being consumed already
_IN_MEMORY = 1024 * 1024  # bytes of them that wait there; others do on disk


class FanOut:
    """The pool of workers that asks for pages, and the bound on what may wait to be consumed.

    Use it as a context manager: leaving it ends the workers, whatever they were about to do.
    """

    def __init__(self, client: Client, *, owns_client: bool = True) -> None:
        self.client = client
        self._owns_client = owns_client
        self.closed = False
        self.lock = threading.RLock()
        self.arrival = threading.Condition(self.lock)  # consumers wait for it
        self._work = threading.Condition(self.lock)  # workers wait for it
        self._hurried: list[Job] = []
        self._opening: list[Job] = []  # their pages make further jobs, so that there is always something to ask
        self._jobs: list[Job] = []
        self._waiting: Counter[Rank] = Counter()  # bytes of pages that nobody has taken yet, by reading
        self._in_memory = 0  # bytes of pages that somebody will still take
        self._shelf = Shelf()
        self._idle = 0
        self._workers: list[threading.Thread] = []
        self._fatal: Exception | None = None
        give_back_what_is_freed()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, endpoint: Endpoint, *, rank: Rank, consumers: int) -> Reading:
        """Return a reading that waits for its parents: see `Reading.feed`."""
        return Reading(self, endpoint, rank, consumers)

    def close(self) -> None:
        """Drop what is still to be asked and end the workers; who still waits for a page gets a `ClosedError`."""
        with self.lock:
            self.closed = True
            self._work.notify_all()
            self.arrival.notify_all()
        self._shelf.close()
        if self._owns_client:
            self.client.close()

    # -- for readings, with the lock held ------------------------------------------------------

    def ask(self, job: Job) -> None:
        """Queue a page to ask for, with one more worker if all are busy."""
        job.slot.job = job
        heapq.heappush(self._opening if job.reading.opens_more else self._jobs, job)
        if self._idle:
            self._work.notify()
        queued = len(self._opening) + len(self._jobs)
        if self._idle < queued and len(self._workers) < self.client.settings.max_workers and not self.closed:
            worker = threading.Thread(target=self._run, name=f"clockify-{len(self._workers)}", daemon=True)
            self._workers.append(worker)
            worker.start()

    def hurry(self, job: Job) -> None:
        """Have a page asked for before all others, however much is kept: somebody waits for it."""
        if not job.hurried:
            job.hurried = True
            heapq.heappush(self._hurried, job)
            self._work.notify()

    def keep(self, page: Page, rank: Rank) -> int:
        """Count a page that waits, on disk where many do; return the bytes that it takes in memory."""
        self._waiting[rank] += page.size
        in_memory = 0 if self._in_memory + page.size > _IN_MEMORY and page.put_on(self._shelf) else page.size
        self._in_memory += in_memory
        return in_memory

    def taken(self, page: Page, rank: Rank) -> None:
        """Count out a page that its first consumer took."""
        self._waiting[rank] -= page.size
        self._work.notify()

    def let_go(self, in_memory: int) -> None:
        """Count out from memory a page that its last consumer took."""
        self._in_memory -= in_memory

    # -- workers -------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self.lock:
                self._idle += 1
                while not (job := self._next_job()):
                    if self.closed:
                        return
                    self._work.wait()
                self._idle -= 1
                job.reading.taken(job)
                self._work.notify()  # one wakes the next, as long as there is something to do
            self._fetch(job)

    def _next_job(self) -> Job | None:
        while not self.closed:
            queues = (self._hurried, self._opening, self._jobs)
            queue = next((queue for queue in queues if queue and self._may(queue[0])), None)
            if queue is None:
                return None
            job = heapq.heappop(queue)
            if job.slot.job is job:  # nobody has taken it yet
                job.slot.job = None
                if job.reading.wanted:
                    job.reserved = job.reading.heaviest
                    self._waiting[job.reading.rank] += job.reserved
                    return job
        return None

    def _may(self, job: Job) -> bool:
        """Tell whether a page may be asked for; pages of later readings that wait already must not hold it up."""
        if job.hurried or job.slot.job is not job:
            return True
        before = sum(kept for rank, kept in self._waiting.items() if rank <= job.reading.rank)
        return before < (_LOOK_AHEAD if job.reading.active else _LOOK_AHEAD // 2)

    def _fetch(self, job: Job) -> None:
        reading, slot, endpoint = job.reading, job.slot, job.reading.endpoint
        with self.lock:
            if failure := self._fatal or reading.given_up:
                self._waiting[reading.rank] -= job.reserved
                reading.failed(slot, failure)
                return
        try:
            answer = self.client.page(endpoint, slot.ids, job.number, job.size)
            fingerprint, before = answer.packed.fingerprint, slot.fingerprint
            slot.fingerprint = fingerprint
            if answer.number and fingerprint == before:  # and would for ever; what else the list holds stays unknown
                raise MalformedAnswerError(endpoint.call, reason=SAME_PAGE)  # noqa: TRY301
            found = step(endpoint, answer, slot.rows)
            page = Page(endpoint, slot.ids, answer.number, answer.packed, last=found.last)
            children = reading.children_in(page) if reading.branches else Children([], 0)
        except Exception as error:  # noqa: BLE001  whatever it is, a consumer waits for it
            named = [] if job.number else reading.fallen_back(slot.ids, error)
            with self.lock:
                self._waiting[reading.rank] -= job.reserved
                if concerns_the_account(error):
                    self._fatal = error
                reading.failed(slot, error, named)
        else:
            with self.lock:
                self._waiting[reading.rank] -= job.reserved
                reading.heaviest = max(reading.heaviest, page.size)
                reading.arrived(job, page, children, found)
                self.arrival.notify_all()
