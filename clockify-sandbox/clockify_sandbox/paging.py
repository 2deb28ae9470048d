"""The paging styles of the API, each with its own parameter names. Other names are ignored, as in the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clockify_sandbox import messages
from clockify_sandbox.binding import Body
from clockify_sandbox.errors import ApiError, invalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CEILING = 5000


@dataclass(frozen=True)
class Window:
    """The requested page: a 0-based index and a size."""

    index: int
    size: int

    def cut(self, rows: Sequence[Any]) -> Sequence[Any]:
        """The rows of the page."""
        return rows[self.index * self.size : (self.index + 1) * self.size]

    def capped(self, most: int) -> Window:
        """The window with a limited page size; 0 means no limit."""
        return Window(self.index, min(self.size, most)) if most else self

    def is_last(self, count: int) -> bool:
        """Whether the page is the last one in a list of `count` rows."""
        return (self.index + 1) * self.size >= count


@dataclass(frozen=True)
class Paging:
    """A paging style: parameter names, page numbers, page sizes, and whether `Last-Page` is sent.

    A page number before the first one means the first page, unless the style refuses it.
    """

    page: str = "page"
    size: str = "page-size"
    first: int = 1
    last: int | None = None
    default: int = 50
    maximum: int = CEILING
    last_page: bool = True
    in_body: bool = False
    minds_small_pages: bool = False

    def of_query(self, query: Mapping[str, Sequence[str]]) -> Window:
        """The window that a query string asks for."""
        return self.window(*(_number(name, query[name][0]) if name in query else None for name in self._names))

    def of_body(self, body: object) -> Window:
        """The window that a decoded body (see `BodyPage`) asks for."""
        return self.window(getattr(body, "page", None), getattr(body, "page_size", None))

    def window(self, page: int | None, size: int | None) -> Window:
        """The window of a page number and a size, either of which may be missing."""
        size = self.default if size is None else size
        page = self.first if page is None else page
        if size < 1:
            raise invalid(messages.PAGE_SIZE_NOT_POSITIVE)
        if size > self.maximum:
            raise invalid(messages.PAGE_SIZE_TOO_LARGE(limit=self.maximum))
        if page < self.first and self.minds_small_pages:
            raise invalid(messages.PAGE_NOT_POSITIVE)
        if self.last is not None and page > self.last:
            raise invalid(messages.AT_MOST(limit=self.last))
        return Window(max(0, page - self.first), size)

    @property
    def _names(self) -> tuple[str, str]:
        return self.page, self.size


def _number(name: str, text: str) -> int | None:
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise ApiError(400, 3000, messages.PARAMETER_NOT_INTEGER(name=name)) from None


class BodyPage(Body, kw_only=True):
    """Base of request bodies that carry `page` and `pageSize`."""

    page: int | None = None
    page_size: int | None = None


KEBAB = Paging()
"""Almost every list of the core host."""
IN_PROGRESS = Paging(default=10, maximum=1000, minds_small_pages=True)
TIME_OFF = Paging(last=1000, maximum=200)
BODY = Paging(size="pageSize", in_body=True, last_page=False)
"""`/users/info`, `/invoices/info`."""
BODY_200 = Paging(size="pageSize", in_body=True, maximum=200, last_page=False)
"""Time-off search; the scheduling totals are the same with `Last-Page`."""
SCHEDULING_TOTALS = Paging(size="pageSize", in_body=True, maximum=200)
SHARED_REPORTS = Paging(size="pageSize")
WEBHOOK_LOGS = Paging(size="size", first=0, last_page=False)
ENTITY_FEED = Paging(size="limit", first=0, last_page=False)
AUDIT_LOG = Paging(size="page-size", in_body=True, default=20, maximum=50, last_page=False)
