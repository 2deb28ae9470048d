"""Iterates over the pages of a list: how to request a page, which one is next, and whether the list is complete.

Endpoints mark the end of a list in different and unreliable ways. Some hosts do not send the header `Last-Page`. Pages
may be smaller than requested. A total counts all rows in some lists, and only the rows of the page in others. So rows
are counted. If nothing marks the end, the next page is requested: an empty page ends every list.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from clockify_client.endpoint import placed
from clockify_client.rows import counts_of, marks_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from clockify_client.endpoint import Endpoint, Paging
    from clockify_client.packed import Packed
    from clockify_client.request import Request

SAME_PAGE = "the same page came twice"
DEFAULT_SIZE = 50
"""A page size that every list accepts."""

_SMALLER_SIZES = (1000, 200, DEFAULT_SIZE)
_PERHAPS_EMPTY = 256  # bytes; a longer page has at least one row


class PageAnswer(NamedTuple):
    """One received page: `number` counts from 0 in pages of `size`, which may be smaller than was requested."""

    packed: Packed
    headers: Mapping[str, str]
    number: int
    size: int


class Step(NamedTuple):
    """What a page says about its list.

    Attributes:
        last: No further page follows.
        rows: Rows of the list so far; counted only if the list has a total.
        flaw: Why the list is, or may be, incomplete; empty if there is no sign of that.
        number: Zero-based number of the next page, in pages of `size`.
        size: Size of the next page.
        total: The total in this page or an earlier one; None if there is none.
    """

    last: bool
    rows: int
    flaw: str
    number: int
    size: int
    total: int | None = None


class Repetition:
    """Detects a list that ignores the page number, or starts again after its end, and so never ends.

    Such a page has only rows of earlier pages, though other values in its rows may change. Comparing every page would
    cost too much. So the first, second, third, fifth, ninth page and so on are compared, which finds every repetition.
    """

    __slots__ = ("_count", "_kept")

    def __init__(self) -> None:
        self._count = 0
        self._kept: list[Packed] = []

    def notices(self, endpoint: Endpoint, packed: Packed) -> bool:
        """Return whether a page, not the last one, has only rows that came before."""
        number, self._count = self._count, self._count + 1
        if number & (number - 1):  # neither zero nor a power of two
            return False
        if self._kept and (here := marks_of(endpoint, packed)):
            before: set[bytes] = set().union(*(marks_of(endpoint, one) for one in self._kept))
            if here <= before:
                return True
        self._kept.append(packed)
        return False


@dataclass
class Walk:
    """A position in the pages of a list."""

    number: int
    size: int

    def shrink(self) -> bool:
        """Continue from the same row with smaller pages; False if they cannot be smaller."""
        if self.size <= DEFAULT_SIZE:
            return False
        parts = next((parts for parts in (2, 3, 5, 7) if self.number == 0 or self.size % parts == 0), 0)
        if not parts:
            return False
        self.size //= parts
        self.number *= parts
        return True

    def smaller_sizes(self) -> Iterator[int]:
        """Yield smaller sizes to try after a first page was refused, possibly because of its size."""
        if self.number == 0:
            yield from (size for size in _SMALLER_SIZES if size < self.size)

    def asked(self, paging: Paging, request: Request) -> Request:
        """Return the request for the page at this position."""
        number = self.number + paging.first
        if paging.in_body:
            return replace(
                request, json=placed(placed(request.json or {}, paging.size, self.size), paging.page, number)
            )
        return replace(request, params={**request.params, paging.page: number, paging.size: self.size})


def step(endpoint: Endpoint, page: PageAnswer, before: int = 0, stated: int | None = None) -> Step:
    """Return what a page says about its list.

    Args:
        endpoint: The endpoint that the page came from.
        page: The page.
        before: Rows of the list before this page.
        stated: The total in an earlier page.

    Raises:
        MalformedAnswerError: The page does not have the shape of its endpoint.
    """
    if endpoint.paging is None:
        return Step(last=True, rows=before, flaw="", number=0, size=page.size)
    name, value = endpoint.paging.more
    header = page.headers.get(name)
    said_last = None if header is None else header.lower() == value
    certainly_rows = page.packed.length > _PERHAPS_EMPTY and not endpoint.single
    if said_last is not None and certainly_rows and not endpoint.total and (said_last or page.number):
        return _following(page, last=said_last, rows=before)
    here, total = counts_of(endpoint, page.packed)
    count = before + here
    missing = f"{count} rows came where the list says {total}" if total is not None and total > count else ""
    shrunk = ""
    if stated is not None and total is not None and total < stated and count < stated:
        # A row of an earlier page was deleted: the first row of this page has moved to that page, which was read
        # before. If all rows of the first total came, the total only counts the rows after the end, which are none.
        shrunk = f"it had {stated} rows and then {total}, so a row between two pages may be missing"
    if not here:
        flaw = shrunk or missing or ("an empty page says that more rows follow" if said_last is False else "")
        return _following(page, last=True, rows=count, flaw=flaw)
    if said_last:
        return _following(page, last=True, rows=count, flaw=shrunk or missing)
    # The page is shorter than requested, and more may follow: Clockify limits the size, and counts pages in that size.
    capped = page.number == 0 and here < page.size
    following = _following(page, last=False, rows=count, flaw=shrunk, size=here if capped else page.size)
    return following._replace(total=total if missing else stated)


def _following(page: PageAnswer, *, last: bool, rows: int, flaw: str = "", size: int = 0) -> Step:
    return Step(last, rows, flaw, page.number + 1, size or page.size)
