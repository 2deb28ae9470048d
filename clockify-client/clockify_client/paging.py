"""Walking over the pages of a list: how to ask for one, how to go on with smaller ones, when to stop."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from clockify_client.endpoint import placed
from clockify_client.rows import counted_rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clockify_client.endpoint import Endpoint, Paging
    from clockify_client.errors import InvalidRequestError
    from clockify_client.packed import Packed
    from clockify_client.request import Request

SAME_PAGE = "the same page came twice"
_PERHAPS_EMPTY = 256  # bytes; a longer page holds a row
_DEFAULT_SIZE = 50  # what every list accepts
_ABOUT_SIZE = re.compile(r"page|size|limit|larger|less than|maximum", re.IGNORECASE)


class PageAnswer(NamedTuple):
    """One page as it came: `number` counts from 0 in pages of `size`, which may be smaller than was asked."""

    packed: Packed
    headers: Mapping[str, str]
    number: int
    size: int


@dataclass
class Walk:
    """Where a walk over the pages of a list stands."""

    number: int
    size: int

    def shrink(self) -> bool:
        """Go on in smaller pages from the same row on; False where they cannot be made smaller."""
        if self.size <= _DEFAULT_SIZE:
            return False
        parts = next((parts for parts in (2, 3, 5, 7) if self.number == 0 or self.size % parts == 0), 0)
        if not parts:
            return False
        self.size //= parts
        self.number *= parts
        return True

    def asked(self, paging: Paging, request: Request) -> Request:
        """Return the request for the page where the walk stands."""
        number = self.number + paging.first
        if paging.in_body:
            return replace(
                request, json=placed(placed(request.json or {}, paging.size, self.size), paging.page, number)
            )
        return replace(request, params={**request.params, paging.page: number, paging.size: self.size})


def rejects_size(error: InvalidRequestError) -> bool:
    """Tell whether a request seems to be rejected for its page size; validation messages name no field."""
    return bool(_ABOUT_SIZE.search(error.detail))


def is_last(endpoint: Endpoint, page: PageAnswer) -> bool:
    """Tell whether a page is the last: its header decides, else the total the answer tells, else its length.

    An empty page is the last whatever the header says.
    """
    if endpoint.paging is None:
        return True
    name, last = endpoint.paging.more
    header = page.headers.get(name)
    if header is not None and page.packed.length > _PERHAPS_EMPTY:
        return header.lower() == last
    rows, total = counted_rows_of(endpoint, page.packed.body, msgspec.Raw)
    if header is not None:
        return not rows or header.lower() == last
    if total is not None:
        return not rows or page.number * page.size + len(rows) >= total
    return len(rows) < page.size
