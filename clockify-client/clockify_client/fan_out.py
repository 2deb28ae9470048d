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

from clockify_client.errors import BadCredentialsError, ClockifyError, MalformedAnswerError, RateLimitedError
from clockify_client.memory import give_back_what_is_freed
from clockify_client.page import Page, Shelf
from clockify_client.paging import SAME_PAGE, is_last
from clockify_client.reading import Job, Rank, Reading

if TYPE_CHECKING:
    from clockify_client.client import Client
    from clockify_client.endpoint import Endpoint

_LOOK_AHEAD = 16 * 1024 * 1024  # bytes of pages in memory; the upper half is for what is being consumed already


class FanOut:
    """The pool of workers that asks for pages, and the bound on what may wait to be consumed.

    Use it as a context manager: leaving it ends the workers, whatever they were about to do.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.closed = False
        self.lock = threading.RLock()
        self.arrival = threading.Condition(self.lock)  # consumers wait for it
        self._work = threading.Condition(self.lock)  # workers wait for it
        self._hurried: list[Job] = []
        self._opening: list[Job] = []  # their pages make further jobs, so that there is always something to ask
        self._jobs: list[Job] = []
        self._kept: Counter[Rank] = Counter()  # bytes that wait in memory, by reading
        self._shelf = Shelf()
        self._idle = 0
        self._workers: list[threading.Thread] = []
        self._fatal: ClockifyError | None = None
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
        self.client.close()

    # -- for readings, with the lock held ------------------------------------------------------

    def ask(self, job: Job) -> None:
        """Queue a page to ask for, with one more worker if all are busy."""
        job.slot.job = job
        heapq.heappush(self._opening if job.reading.branches else self._jobs, job)
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

    def keep(self, page: Page, rank: Rank) -> None:
        """Count a page that waits."""
        self._kept[rank] += page.kept

    def taken(self, page: Page, rank: Rank, *, last: bool) -> None:
        """Count out a page that its last consumer took; what is left for later ones goes to disk where much is kept."""
        crowded = self._kept.total() > _LOOK_AHEAD // 2
        if last or crowded:
            self._kept[rank] -= page.kept
            self._work.notify()
        if crowded and not last:
            page.put_on(self._shelf)

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
                    self._kept[job.reading.rank] += job.reserved
                    return job
        return None

    def _may(self, job: Job) -> bool:
        """Tell whether a page may be asked for; pages of later readings that wait already must not hold it up."""
        if job.hurried or job.slot.job is not job:
            return True
        before = sum(kept for rank, kept in self._kept.items() if rank <= job.reading.rank)
        return before < (_LOOK_AHEAD if job.reading.active else _LOOK_AHEAD // 2)

    def _fetch(self, job: Job) -> None:
        reading, slot, endpoint = job.reading, job.slot, job.reading.endpoint
        with self.lock:
            if self._fatal:
                reading.failed(slot, self._fatal)
                self.arrival.notify_all()
                return
        try:
            answer = self.client.page(endpoint, slot.ids, job.number, job.size)
            fingerprint, before = answer.packed.fingerprint, slot.fingerprint
            slot.fingerprint = fingerprint
            if answer.number and fingerprint == before:  # and would for ever; what else the list holds stays unknown
                raise MalformedAnswerError(endpoint.call, reason=SAME_PAGE)  # noqa: TRY301
            children = reading.children_in(answer.body, slot.ids) if reading.branches else []
            page = Page(endpoint, slot.ids, answer.number, answer.packed, last=is_last(endpoint, answer))
        except Exception as error:  # noqa: BLE001  whatever it is, a consumer waits for it
            with self.lock:
                self._kept[reading.rank] -= job.reserved
                if isinstance(error, (BadCredentialsError, RateLimitedError)):
                    self._fatal = error
                reading.failed(slot, error)
                self.arrival.notify_all()
        else:
            with self.lock:
                self._kept[reading.rank] -= job.reserved
                reading.heaviest = max(reading.heaviest, page.kept)
                reading.arrived(job, page, children, answer.size)
                self.arrival.notify_all()
