"""One endpoint asked for many parents: takes in what comes in any order and hands it on in the order of the parents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

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
from clockify_client.rows import UNLIKE, is_identity, sound_rows_of

if TYPE_CHECKING:
    from clockify_client.endpoint import Endpoint, Ids
    from clockify_client.fan_out import FanOut
    from clockify_client.paging import Step

_SMALL_PAGES = 200  # rows
_FAILURES_IN_A_ROW = 25  # parents, before the others are not requested any more: each failure takes a minute of retries
Rank = tuple[float, ...]
MakeChildren = Callable[[list[Any], "Ids"], Iterable["Ids"]]
"""Makes the ids of the children out of a page's rows, left as they are, and of the ids the page was asked with."""


class Children(NamedTuple):
    """The children that a page names, by branch, and how many of its rows name none because they are no rows."""

    ids: list[list[Ids]]
    odd_rows: int


@dataclass(slots=True)
class _Item:
    """Something that came, kept until its last consumer has taken it."""

    content: Page | Refusal | Incomplete | Exception | None
    left: int
    in_memory: int = 0  # bytes
    taken: bool = False


@dataclass(slots=True)
class Slot:
    """What came for one parent so far."""

    ids: Ids
    failure: Exception | Incomplete | None = None  # of an ancestor, so that there is nothing to request
    items: list[_Item] = field(default_factory=list)
    born: list[list[Ids | Slot]] = field(default_factory=list)  # by branch, not handed on yet
    job: Job | None = None  # the page to be asked for next, until a worker takes it
    done: bool = False
    fingerprint: int = 0  # of the latest page, to notice a list that ignores its page parameters
    rows: int = 0  # that came, as far as they are counted
    left: int = 0  # consumers that have not passed it
    _named: set[tuple[int, str]] | None = None  # children of several pages, by branch

    def first_named(self, branch: int, child: Ids) -> bool:
        """Tell whether a child was not named before: a list that shifts while it is read names it on two pages."""
        named = (branch, repr(child))
        if self._named is None:
            self._named = set()
        if named in self._named:
            return False
        self._named.add(named)
        return True


@dataclass(order=True, slots=True)
class Job:
    """One page to ask for. Jobs go in the order of readings, then of parents, then of pages."""

    order: tuple[float, ...]
    reading: Reading = field(compare=False)
    slot: Slot = field(compare=False)
    number: int = field(default=0, compare=False)
    size: int | None = field(default=None, compare=False)
    hurried: bool = field(default=False, compare=False)
    reserved: int = field(default=0, compare=False)  # bytes counted as kept while the page is on its way


class _NextSlot:
    """Nothing more will come for this parent."""


class Reading:
    """One endpoint, asked once for each of its parents; made by `FanOut.read` and `Reading.branch`.

    Each of its consumers iterates over all that came; what the last one has taken is let go.
    """

    def __init__(
        self, fan_out: FanOut, endpoint: Endpoint, rank: Rank, consumers: int, parent: Reading | None = None
    ) -> None:
        self.endpoint = endpoint
        self.rank = rank
        self.branches: list[tuple[Reading, MakeChildren, Any]] = []
        self.fallbacks: list[Callable[[Ids], Iterable[Ids]] | None] = []
        self._fan_out = fan_out
        self._parent = parent
        self._consumers = consumers
        self._reading_now = 0
        self._slots: list[Slot | Ids | None] = []  # the ids of those to come, None for those all are through with
        self._asked = 0  # slots that have been asked for, the last of them perhaps still in the queue
        self._complete = False  # no further parents will come
        self.heaviest = 0  # bytes of its largest page so far
        self._failures = 0  # parents in a row that Clockify failed on
        self.given_up: ClockifyError | None = None
        self._delivered = 0  # slots all of whose children have been handed on

    def branch(  # noqa: PLR0913
        self,
        endpoint: Endpoint,
        children: MakeChildren,
        row: Any,
        *,
        rank: Rank,
        consumers: int,
        fallback: Callable[[Ids], Iterable[Ids]] | None = None,
    ) -> Reading:
        """Return a reading whose parents are made from the rows of this one, as soon as they arrive.

        All branches of a reading are made before it is fed.

        Args:
            endpoint: What to ask for each child.
            children: Makes the children's ids out of a page.
            row: Type that rows are decoded to for `children`.
            rank: The new reading's place in the order of readings.
            consumers: How many will iterate over it.
            fallback: Makes the ids of children that can be named all the same where a list of this reading is refused;
                the refusal follows them.
        """
        reading = Reading(self._fan_out, endpoint, rank, consumers, self)
        self.branches.append((reading, children, row))
        self.fallbacks.append(fallback)
        return reading

    def feed(self, parents: Iterable[Ids], *, last: bool = False) -> None:
        """Add parents to ask for; `last` says that no more will come."""
        with self._fan_out.lock:
            self.accept(parents, last=last)
            self._fan_out.arrival.notify_all()

    def children_in(self, page: Page) -> Children:
        """Return the children that a page names, by branch; rows that cannot be parents are left out and counted.

        Raises:
            MalformedAnswerError: The page is not a list of rows at all.
            UnknownWorkspaceError: A workspace that was asked for is not among them.
        """
        rows: dict[Any, list[Any]] = {row: [] for _, _, row in self.branches}
        odd: Counter[Any] = Counter()
        try:
            for piece in page.pieces():
                for row, parents in rows.items():
                    sound, odd_here = sound_rows_of(self.endpoint, piece, row)
                    named = [one for one in sound if is_identity(one.get(self.endpoint.identity))]
                    parents.extend(named)
                    odd[row] += odd_here + len(sound) - len(named)
            ids = [list(make(rows[row], page.ids)) for _, make, row in self.branches]
        except (AttributeError, LookupError, TypeError) as error:
            raise MalformedAnswerError(self.endpoint.call, reason=UNLIKE) from error
        return Children(ids, max(odd.values(), default=0))

    def items(self) -> Generator[Page | Refusal | Incomplete, None, None]:
        """Yield what came, parent by parent and page by page, waiting where need be.

        A `Refusal` or an `Incomplete` follows the pages that came for its parent; its ids are those of the parent, or
        of an ancestor that cannot be read.

        Raises:
            ClockifyError: A failure that concerns the whole account; what came before it has been yielded.
            RuntimeError: More consumers than were announced, for whom nothing was kept.
        """
        index = position = 0
        with self._fan_out.lock:
            if self._reading_now >= self._consumers:
                msg = f"{self.endpoint.call}: more consumers than were announced"
                raise RuntimeError(msg)
            self._reading_now += 1
        try:
            while (content := self._wait_for(index, position)) is not None:
                if isinstance(content, _NextSlot):
                    index, position = index + 1, 0
                    continue
                position += 1
                if isinstance(content, Exception):
                    raise content
                yield content
        finally:
            self._leave(index, position)

    def _wait_for(self, index: int, position: int) -> Page | Refusal | Incomplete | Exception | _NextSlot | None:
        fan_out = self._fan_out
        with fan_out.lock:
            while True:
                if index < self._asked:
                    slot = self._slot(index)
                    if position < len(slot.items):
                        return self._take(slot, position)
                    if slot.done:
                        self._passed(index)
                        return _NextSlot()
                elif self._complete and index == len(self._slots):
                    return None
                if fan_out.closed:
                    raise ClosedError(self.endpoint.call)
                self.hurry(index)
                fan_out.arrival.wait()

    def _leave(self, index: int, position: int) -> None:
        """Let go of what a consumer that ends has not taken, now and when it comes."""
        with self._fan_out.lock:
            for number in range(index, self._asked):
                slot = self._slot(number)
                for place in range(0 if number > index else position, len(slot.items)):
                    self._take(slot, place)
                self._passed(number)
            self._consumers -= 1
            self._reading_now -= 1

    # -- what follows runs with the lock held --------------------------------------------------

    @property
    def wanted(self) -> bool:
        """Whether somebody will still consume it, or what is made from it."""
        return self._consumers > 0 or any(branch.wanted for branch, _, _ in self.branches)

    @property
    def opens_more(self) -> bool:
        """Whether its pages make further things to ask for: children, or page after page where pages are small."""
        paging, size = self.endpoint.paging, self.endpoint.page_size
        return bool(self.branches) or (paging is not None and size <= _SMALL_PAGES)

    @property
    def active(self) -> bool:
        """Whether it is being consumed at present, or something that is made from it."""
        return self._reading_now > 0 or any(branch.active for branch, _, _ in self.branches)

    def hurry(self, index: int | None = None) -> None:
        """Have the page asked for that a consumer waits for, or the one that its parent will be made from.

        Args:
            index: Number of the parent; None for the first one whose children are not complete.
        """
        index = self._delivered if index is None else index
        if index < self._asked:
            job = self._slot(index).job
            if job is not None:
                self._fan_out.hurry(job)
        elif self._parent is not None:
            self._parent.hurry()

    def _take(self, slot: Slot, position: int) -> Page | Refusal | Incomplete | Exception | None:
        item = slot.items[position]
        content = item.content
        item.left -= 1
        if isinstance(content, Page) and not item.taken:
            self._fan_out.taken(content, self.rank)
        item.taken = True
        if item.left <= 0:
            self._fan_out.let_go(item.in_memory)
            item.content = None
        return content

    def _slot(self, index: int) -> Slot:
        slot = self._slots[index]
        assert isinstance(slot, Slot)  # noqa: S101  from when it is asked for until all are through with it
        return slot

    def _passed(self, index: int) -> None:
        """Note that a consumer is through with a parent, and forget it after the last one."""
        slot = self._slot(index)
        slot.left -= 1
        if slot.left <= 0 and index < self._delivered:
            self._slots[index] = None

    def _put(self, slot: Slot, content: Page | Refusal | Incomplete | Exception) -> None:
        if self._consumers > 0:
            in_memory = self._fan_out.keep(content, self.rank) if isinstance(content, Page) else 0
            slot.items.append(_Item(content, self._consumers, in_memory))

    def accept(self, parents: Iterable[Ids | Slot], *, last: bool) -> None:
        """Take over parents to ask for, and such as nothing can be asked for."""
        queued = self._asked < len(self._slots)
        self._slots.extend(parents)
        self._complete = self._complete or last
        if not queued:
            self._ask_next()
        self._deliver()

    def taken(self, job: Job) -> None:
        """Note that a worker has taken a job, which makes room in the queue."""
        if job.number == 0:
            self._ask_next()
            self._deliver()

    def _ask_next(self) -> None:
        """Queue the first page of the next parent: one at a time, as there may be many parents."""
        while self._asked < len(self._slots):
            parent = self._slots[self._asked]
            slot = parent if isinstance(parent, Slot) else Slot(parent or {})
            slot.born, slot.left = [[] for _ in self.branches], self._consumers
            self._slots[self._asked] = slot
            self._asked += 1
            if slot.failure is None:
                self._fan_out.ask(Job((*self.rank, self._asked, 0), self, slot))
                return
            self._fail(slot, slot.failure)
            slot.done = True

    def arrived(self, job: Job, page: Page, children: Children, found: Step) -> None:
        """Accept a page that came and the children it names, and ask for the next page."""
        slot = job.slot
        self._failures = 0
        self._put(slot, page)
        alone = page.last and page.number == 0
        for number, (born, ids) in enumerate(zip(slot.born, children.ids, strict=False)):
            born.extend(one for one in ids if alone or slot.first_named(number, one))
        flaws = [f"{children.odd_rows} of its rows have no id of their own"] if children.odd_rows else []
        for flaw in [*flaws, found.flaw] if found.flaw else flaws:
            self._fail(slot, Incomplete(slot.ids, flaw))
        slot.rows = found.rows
        if page.last:
            slot.done = True
        else:
            order = (*job.order[:-1], found.number)
            self._fan_out.ask(Job(order, self, slot, found.number, found.size))
        self._deliver()

    def fallen_back(self, ids: Ids, error: Exception) -> list[list[Ids]]:
        """Return the children that can be named although the list of these ids is refused, by branch.

        It may send requests; a failure of them counts as no child, since the refusal is told anyway.
        """
        if not isinstance(error, (GoneError, InvalidRequestError, NotPermittedError)):
            return []
        children: list[list[Ids]] = []
        for fallback in self.fallbacks:
            try:
                children.append(list(fallback(ids)) if fallback else [])
            except ClockifyError:
                children.append([])
        return children

    def failed(self, slot: Slot, error: Exception, children: Sequence[list[Ids]] = ()) -> None:
        """Note that a parent cannot be read, nor any further child it has than these."""
        for born, ids in zip(slot.born, children, strict=False):
            born.extend(ids)
        if isinstance(error, (MalformedAnswerError, ServerError, UnreachableError)):
            self._failures += 1
            if self._failures >= _FAILURES_IN_A_ROW and self.given_up is None:
                reason = f"given up after {self._failures} failures in a row"
                self.given_up = type(error)(error.call, status=error.status, code=error.code, reason=reason)
        self._fail(slot, error)
        slot.done = True
        self._deliver()

    def _fail(self, slot: Slot, failure: Exception | Incomplete) -> None:
        """Tell the consumers of this reading, and of all that is made from it, what they will miss."""
        alone = isinstance(failure, ClockifyError) and not concerns_the_account(failure)
        self._put(slot, Refusal(slot.ids, failure) if alone else failure)  # type: ignore[arg-type]
        for born in slot.born:
            born.append(Slot(slot.ids, failure))
        self._fan_out.arrival.notify_all()

    def _deliver(self) -> None:
        """Hand children on to the branches, in the order of their parents."""
        while self._delivered < self._asked:
            slot = self._slot(self._delivered)
            for number, (reading, _, _) in enumerate(self.branches):
                if slot.born[number]:
                    born, slot.born[number] = slot.born[number], []
                    reading.accept(born, last=False)
            if not slot.done:
                return
            if slot.left <= 0:
                self._slots[self._delivered] = None
            self._delivered += 1
        if self._complete and self._delivered == len(self._slots):
            for reading, _, _ in self.branches:
                reading.accept([], last=True)
