"""One endpoint requested for many parents: pages arrive in any order, and are yielded in the order of the parents."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from clockify_client.children import Family, children_of, fallen_back
from clockify_client.errors import (
    ClockifyError,
    ClosedError,
    MalformedAnswerError,
    ServerError,
    UnreachableError,
    concerns_the_account,
)
from clockify_client.page import Incomplete, Page, Refusal
from clockify_client.paging import SAME_PAGE, Repetition, step

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from clockify_client.children import Children, Fallback, MakeChildren
    from clockify_client.endpoint import Endpoint, Ids
    from clockify_client.paging import Step
    from clockify_client.pool import Order, Pool

_SMALL_PAGES = 200  # rows
_FAILURES_IN_A_ROW = 25  # failed parents in a row after which no more are tried: each costs a minute of retries


_Failure = Refusal | Incomplete | Exception
"""Reports to consumers, in the place of a parent, that rows of this reading and its branches are missing."""


@dataclass(slots=True, eq=False)
class _List:
    """A linked list of the items for one parent. A page is freed when all consumers have passed it."""

    ids: Ids
    number: int  # of the parent
    children: list[list[Ids | _Failure]]  # by branch, not yet passed on
    items: list[Page | _Failure] = field(default_factory=list)
    done: bool = False
    next: _List | None = None
    fingerprint: int = 0  # of the latest page, to detect a list that ignores its page parameters
    rows: int = 0  # received so far, if they are counted
    total: int | None = None  # total of its rows in a page
    repetition: Repetition = field(default_factory=Repetition)
    parents: set[str] = field(default_factory=set)  # rows from which children are made


class Reading:
    """One endpoint, requested once for each of its parents; made by `FanOut.read` and `Reading.branch`.

    Each consumer iterates over all items.
    """

    def __init__(self, pool: Pool, endpoint: Endpoint, *, rank: Order, consumers: int) -> None:
        self.endpoint = endpoint
        self._pool, self._rank = pool, rank
        self._branches: list[Reading] = []
        self._families: list[Family] = []  # how the parents of each branch are made
        self._coming = self._staying = consumers  # consumers that have not started; consumers that have not finished
        self._known: set[str] = set()  # parents: a list that changes while it is read can contain one on two pages
        self._complete = False  # no further parents will come
        self._failures = 0  # how many parents in a row Clockify failed on
        self._given_up: ClockifyError | None = None
        self._last = self._handed_on = _List({}, 0, [], done=True)  # the latest; the last one passed on
        self._first: _List | None = self._last  # where consumers start

    def branch(  # noqa: PLR0913
        self,
        endpoint: Endpoint,
        children: MakeChildren,
        row: Any,
        *,
        rank: Order,
        consumers: int,
        fallback: Fallback | None = None,
    ) -> Reading:
        """Return a reading whose parents are made from the rows of this one, as soon as they arrive.

        Create all branches of a reading before its first `feed`.

        Args:
            endpoint: What to request for each child.
            children: Makes the children's ids out of a page.
            row: Type that rows are decoded to for `children`.
            rank: The position of the new reading in the order of readings.
            consumers: How many will iterate over it.
            fallback: Returns the ids of children that are known even if a list of this reading is refused. The refusal
                is yielded after them.
        """
        reading = Reading(self._pool, endpoint, rank=rank, consumers=consumers)
        self._branches.append(reading)
        self._families.append(Family(children, row, fallback))
        return reading

    def feed(self, parents: Iterable[Ids], *, last: bool = False) -> None:
        """Add parents to request; `last` says that no more will come."""
        with self._pool.lock:
            self._accept(parents, last=last)

    def items(self) -> Generator[Page | Refusal | Incomplete, None, None]:
        """Yield all items, parent by parent and page by page, and wait for items that have not arrived.

        A `Refusal` or an `Incomplete` follows the pages of its parent; its ids are those of the parent, or of an
        ancestor that cannot be read.

        Raises:
            ClockifyError: A failure that affects the whole account, after the items before it.
            OSError: The disk is full, so that pages cannot be stored. RuntimeError: There are more consumers than
                announced; pages are not kept for them.
        """
        with self._pool.lock:
            at, position = self._first, 0
            if at is None or not self._coming:
                msg = f"{self.endpoint.call}: more consumers than were announced"
                raise RuntimeError(msg)
            self._coming -= 1
            if not self._coming:
                self._first = None
        try:
            while True:
                with self._pool.lock:
                    while position == len(at.items):
                        if at.done and at.next is not None:
                            at, position = at.next, 0
                        elif at.done and self._complete:
                            return
                        elif self._pool.closed:
                            raise ClosedError(self.endpoint.call)
                        else:
                            self._pool.arrival.wait()
                    item = at.items[position]
                position += 1
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            with self._pool.lock:
                self._staying -= 1

    # -- requests, in the threads of the pool --------------------------------------------------

    def _read_page(self, came: _List, number: int, size: int | None) -> None:
        if not self._wanted:
            return
        if failure := self._pool.failure or self._given_up:
            with self._pool.lock:
                self._failed(came, failure)
            return
        try:
            answer = self._pool.client.page(self.endpoint, came.ids, number, size)
            fingerprint, before = answer.packed.fingerprint, came.fingerprint
            came.fingerprint = fingerprint
            if answer.number and fingerprint == before:  # and would repeat for ever; the rest of the list is unknown
                raise MalformedAnswerError(self.endpoint.call, reason=SAME_PAGE)  # noqa: TRY301
            found = step(self.endpoint, answer, came.rows, came.total)
            if not found.last and came.repetition.notices(self.endpoint, answer.packed):
                raise MalformedAnswerError(self.endpoint.call, reason=SAME_PAGE)  # noqa: TRY301
            page = Page(self.endpoint, came.ids, answer.number, answer.packed, last=found.last)
            children = children_of(page, self._families)
            if self._staying:
                page.move_to(self._pool.spool)
        except Exception as error:  # noqa: BLE001  whatever it is, a consumer waits for it
            named = [] if number else fallen_back(self._families, came.ids, error)
            with self._pool.lock:
                if concerns_the_account(error) or isinstance(error, OSError):
                    self._pool.failure = error
                self._failed(came, error, named)
        else:
            with self._pool.lock:
                self._arrived(came, page, children, found)

    # -- what follows runs with the lock held --------------------------------------------------

    @property
    def _wanted(self) -> bool:
        """Whether there are still consumers of it or of its branches."""
        return self._staying > 0 or any(branch._wanted for branch in self._branches)  # noqa: SLF001

    def _accept(self, parents: Iterable[Ids | _Failure], *, last: bool) -> None:
        """Queue the first page of each parent, and report failed parents to the consumers."""
        for parent in parents:
            if isinstance(parent, (Refusal, Incomplete, Exception)):
                self._tell(self._append({}, done=True), parent)
            elif (known := repr(parent)) not in self._known:
                self._known.add(known)
                self._queue_page(self._append(parent), 0, None)
        self._complete = self._complete or last
        self._hand_on()

    def _append(self, ids: Ids, *, done: bool = False) -> _List:
        self._last.next = self._last = _List(ids, self._last.number + 1, [[] for _ in self._branches], done=done)
        return self._last

    def _queue_page(self, came: _List, number: int, size: int | None) -> None:
        """Queue a page. Pages that lead to further requests go before others."""
        opens_more = bool(self._branches) or (self.endpoint.paging and self.endpoint.page_size <= _SMALL_PAGES)
        order = (not opens_more, *self._rank, came.number, number)
        self._pool.submit(order, partial(self._read_page, came, number, size))

    def _arrived(self, came: _List, page: Page, children: Children, found: Step) -> None:
        """Store a received page and its children, and queue the next page."""
        self._failures = 0
        self._put(came, page)
        for waiting, ids in zip(came.children, children.ids, strict=True):
            waiting.extend(ids)
        flaws = [f"{children.odd_rows} of its rows have no id of their own"] if children.odd_rows else []
        if children.foreign_rows:
            flaws.append(f"{children.foreign_rows} of its rows belong to another request")
        before = len(came.parents)
        came.parents.update(children.parents)
        if repeated := before + len(children.parents) - len(came.parents):
            flaws.append(f"{repeated} of its rows came twice, so that others may be missing")
        for flaw in [*flaws, found.flaw] if found.flaw else flaws:
            self._tell(came, Incomplete(came.ids, flaw))
        came.rows, came.total, came.done = found.rows, found.total, page.last
        if not page.last:
            self._queue_page(came, found.number, found.size)
        self._hand_on()

    def _failed(self, came: _List, error: Exception, children: Sequence[list[Ids]] = ()) -> None:
        """Record that a parent cannot be read, and that these are its only children."""
        for waiting, ids in zip(came.children, children, strict=False):
            waiting.extend(ids)
        if isinstance(error, (MalformedAnswerError, ServerError, UnreachableError)):
            self._failures += 1
            if self._failures >= _FAILURES_IN_A_ROW and self._given_up is None:
                reason = f"given up after {self._failures} failures in a row"
                self._given_up = type(error)(error.call, status=error.status, code=error.code, reason=reason)
        alone = isinstance(error, ClockifyError) and not concerns_the_account(error)
        self._tell(came, Refusal(came.ids, error) if alone else error)  # type: ignore[arg-type]
        came.done = True
        self._hand_on()

    def _tell(self, came: _List, failure: _Failure) -> None:
        self._put(came, failure)
        for waiting in came.children:
            waiting.append(failure)

    def _put(self, came: _List, item: Page | _Failure) -> None:
        if self._staying:
            came.items.append(item)

    def _hand_on(self) -> None:
        """Pass children to the branches, in the order of their parents, and wake the consumers."""
        while True:
            came = self._handed_on
            ended = came.done and came.next is None and self._complete
            for branch, waiting in zip(self._branches, came.children, strict=False):  # none before the first list
                if waiting:
                    branch._accept(waiting, last=False)  # noqa: SLF001
                    waiting.clear()
            if not came.done or came.next is None:
                break
            self._handed_on = came.next
        if ended:
            for branch in self._branches:
                branch._accept([], last=True)  # noqa: SLF001
        self._pool.arrival.notify_all()
