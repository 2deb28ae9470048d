"""One endpoint requested for many parents: pages come in any order and are handed on in the order of the parents."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from clockify_client.children import Family, children_of
from clockify_client.errors import (
    ClockifyError,
    ClosedError,
    GoneError,
    InvalidRequestError,
    MalformedAnswerError,
    NotPermittedError,
    ServerError,
    UnreachableError,
    concerns_the_account,
)
from clockify_client.page import Incomplete, Page, Refusal
from clockify_client.paging import SAME_PAGE, step

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from clockify_client.children import Children, Fallback, MakeChildren
    from clockify_client.client import Client
    from clockify_client.endpoint import Endpoint, Ids
    from clockify_client.paging import Step
    from clockify_client.pool import Order, Pool
    from clockify_client.spool import Spool

_SMALL_PAGES = 200  # rows
_FAILURES_IN_A_ROW = 25  # parents, before the others are not requested any more: each failure takes a minute of retries


class _Failed(NamedTuple):
    """A parent that cannot be requested, or not with all its siblings, because of an ancestor."""

    ids: Ids
    failure: Exception | Incomplete


@dataclass(slots=True, eq=False)
class _List:
    """What came for one parent so far. Consumers follow the links, and what all have passed is forgotten with them."""

    ids: Ids
    number: int  # of the parent
    born: list[list[Ids | _Failed]]  # children by branch that have not been handed on
    items: list[Page | Refusal | Incomplete | Exception] = field(default_factory=list)
    done: bool = False
    next: _List | None = None
    fingerprint: int = 0  # of the latest page, to notice a list that ignores its page parameters
    rows: int = 0  # that came, as far as they are counted
    named: set[tuple[int, str]] = field(default_factory=set)  # children, by branch, where there are several pages


class Reading:
    """One endpoint, requested once for each of its parents; made by `FanOut.read` and `Reading.branch`.

    Each of its consumers iterates over all that came.
    """

    def __init__(  # noqa: PLR0913
        self, client: Client, pool: Pool, spool: Spool, endpoint: Endpoint, *, rank: Order, consumers: int
    ) -> None:
        self.endpoint = endpoint
        self._client, self._pool, self._spool = client, pool, spool
        self._rank = rank
        self._branches: list[tuple[Reading, Fallback | None]] = []
        self._families: list[Family] = []  # how each branch's parents are made
        self._coming = self._staying = consumers  # who has not begun to consume; who has not ended
        self._parents: deque[Ids | _Failed] = deque()  # that have not been requested
        self._complete = False  # no further parents will come
        self._queued = False  # the next parent is among the jobs
        self._failures = 0  # parents in a row that Clockify failed on
        self._given_up: ClockifyError | None = None
        self._last = self._handed_on = _List({}, 0, [], done=True)  # the list requested last; whose children went on
        self._first: _List | None = self._last  # for consumers to begin at

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

        All branches of a reading are made before it is fed.

        Args:
            endpoint: What to request for each child.
            children: Makes the children's ids out of a page.
            row: Type that rows are decoded to for `children`.
            rank: The new reading's place in the order of readings.
            consumers: How many will iterate over it.
            fallback: Makes the ids of children that can be named all the same where a list of this reading is refused;
                the refusal follows them.
        """
        reading = Reading(self._client, self._pool, self._spool, endpoint, rank=rank, consumers=consumers)
        self._branches.append((reading, fallback))
        self._families.append(Family(children, row))
        return reading

    def feed(self, parents: Iterable[Ids], *, last: bool = False) -> None:
        """Add parents to request; `last` says that no more will come."""
        with self._pool.lock:
            self._accept(parents, last=last)

    def items(self) -> Generator[Page | Refusal | Incomplete, None, None]:
        """Yield what came, parent by parent and page by page, waiting where need be.

        A `Refusal` or an `Incomplete` follows the pages that came for its parent; its ids are those of the parent, or
        of an ancestor that cannot be read.

        Raises:
            ClockifyError: A failure that concerns the whole account; what came before it has been yielded.
            OSError: The disk has no room for pages that wait.
            RuntimeError: More consumers than were announced, for whom nothing was kept.
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
                        elif at.done and self._complete and not self._parents:
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
        if failure := self._pool.failure or self._given_up:
            with self._pool.lock:
                self._failed(came, failure)
            return
        try:
            answer = self._client.page(self.endpoint, came.ids, number, size)
            fingerprint, before = answer.packed.fingerprint, came.fingerprint
            came.fingerprint = fingerprint
            if answer.number and fingerprint == before:  # and would for ever; what else the list holds stays unknown
                raise MalformedAnswerError(self.endpoint.call, reason=SAME_PAGE)  # noqa: TRY301
            found = step(self.endpoint, answer, came.rows)
            page = Page(self.endpoint, came.ids, answer.number, answer.packed, last=found.last)
            children = children_of(page, self._families)
            if self._staying:
                page.move_to(self._spool)
        except Exception as error:  # noqa: BLE001  whatever it is, a consumer waits for it
            named = [] if number else self._fallen_back(came.ids, error)
            with self._pool.lock:
                if concerns_the_account(error) or isinstance(error, OSError):
                    self._pool.failure = error
                self._failed(came, error, named)
        else:
            with self._pool.lock:
                self._arrived(came, page, children, found)

    def _fallen_back(self, ids: Ids, error: Exception) -> list[list[Ids]]:
        """Return the children that can be named although the list of these ids is refused, by branch.

        It may send requests; a failure of them counts as no child, since the refusal is reported anyway.
        """
        if not isinstance(error, (GoneError, InvalidRequestError, NotPermittedError)):
            return []
        children: list[list[Ids]] = []
        for _, fallback in self._branches:
            try:
                children.append(list(fallback(ids)) if fallback else [])
            except ClockifyError:
                children.append([])
        return children

    # -- what follows runs with the lock held --------------------------------------------------

    @property
    def _wanted(self) -> bool:
        """Whether somebody will still consume it, or what is made from it."""
        return self._staying > 0 or any(branch._wanted for branch, _ in self._branches)  # noqa: SLF001

    def _order(self, came: int, number: int) -> Order:
        """Return when to request a page: first where pages make further requests, as parents do, and small pages."""
        paging, size = self.endpoint.paging, self.endpoint.page_size
        opens_more = bool(self._branches) or (paging is not None and size <= _SMALL_PAGES)
        return (not opens_more, *self._rank, came, number)

    def _accept(self, parents: Iterable[Ids | _Failed], *, last: bool) -> None:
        self._parents.extend(parents)
        self._complete = self._complete or last
        self._queue_parent()
        self._hand_on()
        self._pool.arrival.notify_all()

    def _queue_parent(self) -> None:
        """Make a job of the next parent: one at a time, as there may be many, and record the failures before it."""
        while self._parents and not self._queued:
            if isinstance(self._parents[0], _Failed):
                ids, failure = self._parents[0]
                del self._parents[0]
                came = self._append(ids)
                self._fail(came, failure)
                came.done = True
            else:
                self._queued = True
                self._pool.submit(self._order(self._last.number + 1, 0), self._begin_parent)

    def _begin_parent(self) -> Callable[[], None] | None:
        self._queued = False
        came = self._append(self._parents.popleft())  # type: ignore[arg-type]  # no failure is queued
        self._queue_parent()
        return self._begin_page(came, 0, None)

    def _begin_page(self, came: _List, number: int, size: int | None) -> Callable[[], None] | None:
        return partial(self._read_page, came, number, size) if self._wanted else None

    def _append(self, ids: Ids) -> _List:
        came = _List(ids, self._last.number + 1, [[] for _ in self._branches])
        self._last.next = self._last = came
        return came

    def _arrived(self, came: _List, page: Page, children: Children, found: Step) -> None:
        """Accept a page that came and the children it names, and queue the next page."""
        self._failures = 0
        self._put(came, page)
        alone = page.last and page.number == 0
        for number, (born, ids) in enumerate(zip(came.born, children.ids, strict=False)):
            born.extend(one for one in ids if alone or self._is_new(came, number, one))
        flaws = [f"{children.odd_rows} of its rows have no id of their own"] if children.odd_rows else []
        for flaw in [*flaws, found.flaw] if found.flaw else flaws:
            self._fail(came, Incomplete(came.ids, flaw))
        came.rows = found.rows
        came.done = page.last
        if not page.last:
            order = self._order(came.number, found.number)
            self._pool.submit(order, partial(self._begin_page, came, found.number, found.size))
        self._hand_on()
        self._pool.arrival.notify_all()

    def _is_new(self, came: _List, branch: int, child: Ids) -> bool:
        """Tell whether a child was not named before: a list that shifts while it is read names it on two pages."""
        before = len(came.named)
        came.named.add((branch, repr(child)))
        return len(came.named) > before

    def _failed(self, came: _List, error: Exception, children: Sequence[list[Ids]] = ()) -> None:
        """Note that a parent cannot be read, nor any further child it has than these."""
        for born, ids in zip(came.born, children, strict=False):
            born.extend(ids)
        if isinstance(error, (MalformedAnswerError, ServerError, UnreachableError)):
            self._failures += 1
            if self._failures >= _FAILURES_IN_A_ROW and self._given_up is None:
                reason = f"given up after {self._failures} failures in a row"
                self._given_up = type(error)(error.call, status=error.status, code=error.code, reason=reason)
        self._fail(came, error)
        came.done = True
        self._hand_on()
        self._pool.arrival.notify_all()

    def _fail(self, came: _List, failure: Exception | Incomplete) -> None:
        """Tell the consumers of this reading, and of all that is made from it, what they will miss."""
        alone = isinstance(failure, ClockifyError) and not concerns_the_account(failure)
        self._put(came, Refusal(came.ids, failure) if alone else failure)  # type: ignore[arg-type]
        for born in came.born:
            born.append(_Failed(came.ids, failure))

    def _put(self, came: _List, item: Page | Refusal | Incomplete | Exception) -> None:
        if self._staying:
            came.items.append(item)

    def _hand_on(self) -> None:
        """Hand children on to the branches, in the order of their parents."""
        while True:
            came = self._handed_on
            for (reading, _), born in zip(self._branches, came.born, strict=False):
                if born:
                    reading._accept(born, last=False)  # noqa: SLF001
                    born.clear()
            if not came.done or came.next is None:
                break
            self._handed_on = came.next
        if came.done and self._complete and not self._parents:
            for reading, _ in self._branches:
                reading._accept([], last=True)  # noqa: SLF001
