"""Items that a reading yields for a parent: pages, a refusal, or a note that the list is incomplete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clockify_client.packed import Packed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clockify_client.endpoint import Endpoint, Ids
    from clockify_client.errors import ClockifyError
    from clockify_client.spool import Spool


@dataclass(frozen=True)
class Refusal:
    """The list of one parent cannot be read, or only in part, for a reason that affects only this parent."""

    ids: Ids
    error: ClockifyError


@dataclass(frozen=True)
class Incomplete:
    """All pages of one parent came, but the list is incomplete or contains something that is not a row."""

    ids: Ids
    reason: str


class Page:
    """One page of a reading, in the order of the list it belongs to.

    Attributes:
        endpoint: Where it came from.
        ids: The values that the endpoint was requested with: workspace, parent, window.
        number: Zero-based number of the page within its parent.
        last: No further page follows for this parent.
    """

    __slots__ = ("_packed", "endpoint", "ids", "last", "number")

    def __init__(self, endpoint: Endpoint, ids: Ids, number: int, body: bytes | Packed, *, last: bool) -> None:
        self.endpoint = endpoint
        self.ids = ids
        self.number = number
        self.last = last
        self._packed = body if isinstance(body, Packed) else Packed(body)

    @property
    def body(self) -> bytes:
        """The response as Clockify sent it."""
        return self._packed.body

    @property
    def replaced(self) -> int:
        """Characters of the body that were replaced to make it JSON."""
        return self._packed.replaced

    def pieces(self) -> Iterator[bytes]:
        """Yield the response in one piece, or a large array as several arrays of rows."""
        return self._packed.pieces()

    def move_to(self, spool: Spool) -> None:
        """Move the body from memory to a file."""
        self._packed.move_to(spool)
