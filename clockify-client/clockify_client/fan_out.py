"""Reads whole endpoints ahead of whoever consumes them: concurrently, in a deterministic order, in bounded memory.

A `Reading` is one endpoint asked once for each of its parents. Pages of one parent follow each other, since only a page
tells whether there is a next one; parents and readings are asked side by side. Whatever the order in which answers
arrive, a reading hands them on parent by parent and page by page. The order of readings decides who goes first, so
the pool works on what is consumed next and looks ahead with what capacity is left.
"""

from __future__ import annotations

import heapq
import logging
import threading
import zlib
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from clockify_client.client import Client, PageAnswer, is_last
from clockify_client.errors import BadCredentialsError, ClockifyError, GoneError, NotPermittedError
from clockify_client.rows import rows_of

if TYPE_CHECKING:
    from clockify_client.endpoint import Endpoint, Ids

logger = logging.getLogger("clockify_client")

_LOOK_AHEAD = 8 * 1024 * 1024  # bytes of answers, as kept, that may wait for their consumers
_COMPRESS_FROM = 16 * 1024
_REFUSALS_BELIEVED = 5  # parents refused one after another, none allowed: the others of the workspace are not asked

Rank = tuple[float, ...]
Children = Callable[[list[Any], "Ids"], Iterable["Ids"]]
"""Makes the ids of the children out of a page's rows and of the ids the page was asked with."""


class Page:
    """One page of a reading, in the order of the list it belongs to.

    Attributes:
        endpoint: Where it came from.
        ids: The values the endpoint was asked with: workspace, parent, window.
        number: Zero-based number of the page within its parent.
        last: No further page follows for this parent.
    """

    __slots__ = ("_body", "_packed", "endpoint", "ids", "last", "number")

    def __init__(self, endpoint: Endpoint, ids: Ids, number: int, body: bytes, *, last: bool) -> None:
        self.endpoint = endpoint
        self.ids = ids
        self.number = number
        self.last = last
        self._packed = len(body) >= _COMPRESS_FROM
        self._body = zlib.compress(body, 1) if self._packed else body

    @property
    def body(self) -> bytes:
        """The answer as Clockify sent it."""
        return zlib.decompress(self._body) if self._packed else self._body

    @property
    def kept(self) -> int:
        """Bytes of memory this page takes while it waits."""
        return len(self._body)


@dataclass(frozen=True)
class Refusal:
    """A parent that could not be read: gone meanwhile, or not permitted."""

    ids: Ids
    error: GoneError | NotPermittedError


@dataclass
class _Item:
    """Something that came, kept until its last consumer has taken it."""

    content: Page | Refusal | ClockifyError | None
    left: int


@dataclass
class _Slot:
    """What came for one parent so far, and whether a consumer waits for more of it."""

    ids: Ids
    items: list[_Item] = field(default_factory=list)
    children: list[list[Ids]] = field(default_factory=list)  # by branch
    done: bool = False
    awaited: int = 0
    fingerprint: int = 0  # of the latest page, to notice a list that ignores its page parameters


class Reading:
    """One endpoint, asked once for each of its parents; made by `FanOut.read` and `Reading.branch`.

    Each of its consumers iterates over all that came; what the last one has taken is let go.
    """

    def __init__(self, fan_out: FanOut, endpoint: Endpoint, rank: Rank, consumers: int) -> None:
        self.endpoint = endpoint
        self.rank = rank
        self._consumers = consumers
        self._fan_out = fan_out
        self._slots: list[_Slot] = []
        self._complete = False  # no further parents will come
        self._delivered = 0  # slots whose children have been handed on
        self.branches: list[tuple[Reading, Children, Any]] = []
        self._refusals: dict[str, int] = {}  # by workspace, as long as nothing was allowed there; -1 once it was

    def branch(self, endpoint: Endpoint, children: Children, row: Any, *, rank: Rank, consumers: int) -> Reading:
        """Return a reading whose parents are made from the rows of this one, as soon as they arrive.

        Args:
            endpoint: What to ask for each child.
            children: Makes the children's ids out of a page.
            row: Type that rows are decoded to for `children`.
            rank: The new reading's place in the order of readings.
            consumers: How many will iterate over it.
        """
        reading = Reading(self._fan_out, endpoint, rank, consumers)
        self.branches.append((reading, children, row))
        return reading

    def feed(self, parents: Iterable[Ids], *, last: bool = False) -> None:
        """Add parents to ask for; `last` says that no more will come."""
        with self._fan_out.changed:
            self.accept([_Slot(ids) for ids in parents], last=last)

    def items(self) -> Generator[Page | Refusal, None, None]:
        """Yield what came, parent by parent and page by page, waiting where need be.

        Raises:
            ClockifyError: A failure that is not about one parent alone; what came before it has been yielded.
        """
        index = position = 0
        try:
            while (content := self._wait_for(index, position)) is not None:
                if isinstance(content, _NextSlot):
                    index, position = index + 1, 0
                elif isinstance(content, ClockifyError):
                    raise content
                else:
                    position += 1
                    yield content
        finally:
            self._leave(index, position)

    def _wait_for(self, index: int, position: int) -> Page | Refusal | ClockifyError | _NextSlot | None:
        changed = self._fan_out.changed
        with changed:
            while index == len(self._slots):
                if self._complete:
                    return None
                changed.wait()
            slot = self._slots[index]
            slot.awaited += 1
            changed.notify_all()
            while position == len(slot.items) and not slot.done:
                changed.wait()
            slot.awaited -= 1
            return self._take(slot, position) if position < len(slot.items) else _NextSlot()

    def _leave(self, index: int, position: int) -> None:
        """Let go of what a consumer that ends has not taken, now and when it comes."""
        with self._fan_out.changed:
            for number, slot in enumerate(self._slots[index:]):
                for place in range(0 if number else position, len(slot.items)):
                    self._take(slot, place)
            self._consumers -= 1
            self._fan_out.changed.notify_all()

    # -- what follows runs with the lock held --------------------------------------------------

    def _take(self, slot: _Slot, position: int) -> Page | Refusal | ClockifyError | None:
        item = slot.items[position]
        content = item.content
        item.left -= 1
        if item.left <= 0:
            item.content = None
            if isinstance(content, Page):
                self._fan_out.release(content)
        return content

    def _put(self, slot: _Slot, content: Page | Refusal | ClockifyError) -> None:
        if self._consumers > 0:
            slot.items.append(_Item(content, self._consumers))
            if isinstance(content, Page):
                self._fan_out.keep(content)

    def accept(self, slots: list[_Slot], *, last: bool) -> None:
        """Take over parents, asking for those about which nothing is known yet."""
        self._slots += slots
        for number, slot in enumerate(slots, len(self._slots) - len(slots)):
            if not slot.done:
                self._fan_out.ask(_Job((*self.rank, number, 0), self, slot))
        self._complete = self._complete or last
        self._deliver()
        self._fan_out.changed.notify_all()

    def arrived(self, job: _Job, answer: PageAnswer, children: list[list[Ids]], *, last: bool) -> None:
        """Take over a page that came, and ask for the next one."""
        slot = job.slot
        self._refusals[slot.ids.get("workspaceId", "")] = -1
        fingerprint = zlib.crc32(answer.body)
        if answer.number and fingerprint == slot.fingerprint:
            logger.warning("%s: the same page came twice; reading on would not end", self.endpoint.call)
            last = True
        else:
            self._put(slot, Page(self.endpoint, slot.ids, answer.number, answer.body, last=last))
            slot.children = [
                [*old, *new] for old, new in zip(slot.children or [[]] * len(children), children, strict=True)
            ]
        slot.fingerprint = fingerprint
        if last:
            slot.done = True
            self._deliver()
        else:
            self._fan_out.ask(_Job((*job.order[:-1], answer.number + 1), self, slot, answer.number + 1, answer.size))
        self._fan_out.changed.notify_all()

    def failed(self, slot: _Slot, error: ClockifyError) -> None:
        """Note that a parent cannot be read, nor any of the children it would have had."""
        if isinstance(error, (GoneError, NotPermittedError)):
            workspace = slot.ids.get("workspaceId", "")
            if isinstance(error, NotPermittedError) and self._refusals.get(workspace, 0) >= 0:
                self._refusals[workspace] = self._refusals.get(workspace, 0) + 1
            self._put(slot, Refusal(slot.ids, error))
        else:
            self._put(slot, error)
        slot.children = [[] for _ in self.branches]
        slot.done = True
        for reading, _, _ in self.branches:
            childless = _Slot(slot.ids, done=True)
            reading.failed(childless, error)
            reading.accept([childless], last=False)
        self._deliver()
        self._fan_out.changed.notify_all()

    def known_refusal(self, slot: _Slot) -> bool:
        """Tell whether so many parents of the workspace were refused that the others need not be asked."""
        return self._refusals.get(slot.ids.get("workspaceId", ""), 0) >= _REFUSALS_BELIEVED

    def _deliver(self) -> None:
        """Hand the children of every parent that is done on to the branches, in the order of the parents."""
        while self._delivered < len(self._slots) and self._slots[self._delivered].done:
            born = self._slots[self._delivered].children
            self._delivered += 1
            for (reading, _, _), ids in zip(self.branches, born, strict=True):
                reading.accept([_Slot(one) for one in ids], last=False)
        if self._complete and self._delivered == len(self._slots):
            for reading, _, _ in self.branches:
                reading.accept([], last=True)


class _NextSlot:
    """Nothing more will come for this parent."""


@dataclass(order=True)
class _Job:
    """One page to ask for. Jobs go in the order of readings, then of parents, then of pages."""

    order: tuple[float, ...]
    reading: Reading = field(compare=False)
    slot: _Slot = field(compare=False)
    number: int = field(default=0, compare=False)
    size: int | None = field(default=None, compare=False)

    @property
    def urgent(self) -> bool:
        """Somebody waits for it, or for what will be made from it."""
        return self.slot.awaited > 0 or bool(self.reading.branches)


class FanOut:
    """The pool of workers that asks for pages, and the bound on what may wait to be consumed.

    Use it as a context manager: leaving it ends the workers, whatever they were about to do.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.changed = threading.Condition()
        self._jobs: list[_Job] = []
        self._kept = 0
        self._idle = 0
        self._workers: list[threading.Thread] = []
        self._fatal: ClockifyError | None = None
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, endpoint: Endpoint, *, rank: Rank, consumers: int) -> Reading:
        """Return a reading that waits for its parents: see `Reading.feed`."""
        return Reading(self, endpoint, rank, consumers)

    def close(self) -> None:
        """Drop what is still to be asked and end the workers."""
        with self.changed:
            self._closed = True
            self._jobs.clear()
            self.changed.notify_all()
        self.client.close()

    # -- for readings, with the lock held ------------------------------------------------------

    def ask(self, job: _Job) -> None:
        """Queue a page to ask for, with one more worker if all are busy."""
        if self._closed:
            return
        heapq.heappush(self._jobs, job)
        if self._idle < len(self._jobs) and len(self._workers) < self.client.settings.max_workers:
            worker = threading.Thread(target=self._work, name=f"clockify-{len(self._workers)}", daemon=True)
            self._workers.append(worker)
            worker.start()

    def keep(self, page: Page) -> None:
        """Count a page that waits."""
        self._kept += page.kept

    def release(self, page: Page) -> None:
        """Count out a page that was taken."""
        self._kept -= page.kept
        self.changed.notify_all()

    def _next_job(self) -> _Job | None:
        if not self._jobs:
            return None
        if self._kept < _LOOK_AHEAD:
            return heapq.heappop(self._jobs)
        urgent = min((job for job in self._jobs if job.urgent), default=None)
        if urgent is not None:
            self._jobs.remove(urgent)
            heapq.heapify(self._jobs)
        return urgent

    # -- workers -------------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            with self.changed:
                self._idle += 1
                while not (job := self._next_job()):
                    if self._closed:
                        return
                    self.changed.wait()
                self._idle -= 1
            self._fetch(job)

    def _fetch(self, job: _Job) -> None:
        reading, endpoint = job.reading, job.reading.endpoint
        with self.changed:
            if self._fatal is not None or reading.known_refusal(job.slot):
                reading.failed(job.slot, self._fatal or NotPermittedError(endpoint.call))
                return
        try:
            answer = self.client.page(endpoint, job.slot.ids, job.number, job.size)
            children = [
                list(make(rows_of(endpoint, answer.body, row), job.slot.ids)) for _, make, row in reading.branches
            ]
            last = is_last(endpoint, answer)
        except ClockifyError as error:
            with self.changed:
                if isinstance(error, BadCredentialsError):
                    self._fatal = error
                reading.failed(job.slot, error)
            return
        with self.changed:
            reading.arrived(job, answer, children, last=last)
