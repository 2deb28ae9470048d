"""Walking over the pages of a list: how to request one, which one follows, and whether the list came whole.

The signs that mark the end of a list differ by endpoint and are not dependable: the header `Last-Page` is missing on
some hosts, pages may be capped in silence, and a total counts all rows on some lists and the rows of the page on
others. So rows are counted, and where no sign marks the end, the next page is requested: an empty page ends every list.
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
"""What every list accepts."""

_SMALLER_SIZES = (1000, 200, DEFAULT_SIZE)
_PERHAPS_EMPTY = 256  # bytes; a longer page holds a row


class PageAnswer(NamedTuple):
    """One page as it came: `number` counts from 0 in pages of `size`, which may be smaller than was requested."""

    packed: Packed
    headers: Mapping[str, str]
    number: int
    size: int


class Step(NamedTuple):
    """What a page says about its list.

    Attributes:
        last: No further page follows.
        rows: Rows of the list so far; counted only where the list states a total.
        flaw: Why the list is not whole although its last page came; empty if it is.
        number: Zero-based number of the next page, in pages of `size`.
        size: Size of the next page.
    """

    last: bool
    rows: int
    flaw: str
    number: int
    size: int


class Repetition:
    """Notices a list that ignores which page was asked for, or begins anew after its end, and so never ends.

    Such a page brings no row that an earlier one did not, though other values in its rows may change. Looking at every
    page would cost more than it is worth: the first, second, third, fifth, ninth and so on are compared, among which
    the pages of any list that repeats itself come again.
    """

    __slots__ = ("_count", "_kept")

    def __init__(self) -> None:
        self._count = 0
        self._kept: list[Packed] = []

    def notices(self, endpoint: Endpoint, packed: Packed) -> bool:
        """Return whether a page that is not the last brings nothing but rows that came before."""
        number, self._count = self._count, self._count + 1
        if number & (number - 1):  # neither nought nor a power of two
            return False
        if self._kept and (here := marks_of(endpoint, packed)):
            before: set[bytes] = set().union(*(marks_of(endpoint, one) for one in self._kept))
            if here <= before:
                return True
        self._kept.append(packed)
        return False


@dataclass
class Walk:
    """Position of a walk over the pages of a list."""

    number: int
    size: int

    def shrink(self) -> bool:
        """Go on in smaller pages from the same row on; False where they cannot be made smaller."""
        if self.size <= DEFAULT_SIZE:
            return False
        parts = next((parts for parts in (2, 3, 5, 7) if self.number == 0 or self.size % parts == 0), 0)
        if not parts:
            return False
        self.size //= parts
        self.number *= parts
        return True

    def smaller_sizes(self) -> Iterator[int]:
        """Yield smaller sizes to try after a first page was refused: its size may have been the reason."""
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


def step(endpoint: Endpoint, page: PageAnswer, before: int = 0) -> Step:
    """Return what a page says about its list.

    Args:
        endpoint: The endpoint that the page came from.
        page: The page.
        before: Rows of the list that came before it.

    Raises:
        MalformedAnswerError: The page has another shape than its endpoint.
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
    if not here:
        flaw = missing or ("an empty page says that more rows follow" if said_last is False else "")
        return _following(page, last=True, rows=count, flaw=flaw)
    if said_last:
        return _following(page, last=True, rows=count, flaw=missing)
    # Fewer rows than requested, and more may follow: pages are capped, and page numbers count in the capped size.
    capped = page.number == 0 and here < page.size
    return _following(page, last=False, rows=count, size=here if capped else page.size)


def _following(page: PageAnswer, *, last: bool, rows: int, flaw: str = "", size: int = 0) -> Step:
    return Step(last, rows, flaw, page.number + 1, size or page.size)
