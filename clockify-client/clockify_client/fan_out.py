"""Reads whole endpoints ahead of whoever consumes them: concurrently, in a deterministic order, in little memory.

A `Reading` is one endpoint requested once for each of its parents. Pages of one parent follow each other, since only a
page says whether there is a next one; parents and readings are requested side by side, those first whose pages make
further requests, then in the order of the readings. Whatever the order in which answers arrive, a reading hands them
on parent by parent and page by page. Until then pages wait in a temporary file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from clockify_client.memory import give_back_what_is_freed
from clockify_client.pool import Pool
from clockify_client.reading import Reading

if TYPE_CHECKING:
    from clockify_client.client import Client
    from clockify_client.endpoint import Endpoint
    from clockify_client.pool import Order


class FanOut(Pool):
    """The threads that request pages, and the file where pages wait.

    Use it as a context manager: leaving it ends the threads, whatever they were about to do. Nothing is requested
    before a reading is fed. Leaving it also ends the client, unless somebody else owns that.
    """

    def __init__(self, client: Client, *, owns_client: bool = True) -> None:
        super().__init__(client)
        self._owns_client = owns_client
        give_back_what_is_freed()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, endpoint: Endpoint, *, rank: Order, consumers: int) -> Reading:
        """Return a reading that waits for its parents: see `Reading.feed`."""
        return Reading(self, endpoint, rank=rank, consumers=consumers)

    def close(self) -> None:
        """Drop what is still to be requested and end the threads; who waits for a page gets a `ClosedError`."""
        super().close()
        if self._owns_client:
            self.client.close()
