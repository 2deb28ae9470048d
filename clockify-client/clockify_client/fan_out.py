"""Reads whole endpoints ahead of their consumers: concurrently, in a deterministic order, with little memory.

A `Reading` is one endpoint requested once for each of its parents. Pages of one parent are requested one after another,
since only a page says whether there is a next one. Parents and readings are requested concurrently: first those whose
pages lead to further requests, then in the order of the readings. A reading always yields pages parent by parent and
page by page, in whatever order the responses arrive. Pages that arrive early wait in a temporary file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from clockify_client.memory import return_freed_memory
from clockify_client.pool import Pool
from clockify_client.reading import Reading

if TYPE_CHECKING:
    from clockify_client.client import Client
    from clockify_client.endpoint import Endpoint
    from clockify_client.pool import Order


class FanOut(Pool):
    """The threads that request pages, and the file where pages wait.

    Use it as a context manager: leaving it ends all threads at once. Requests begin when a reading gets parents.
    Leaving it also closes the client, unless the caller owns the client.
    """

    def __init__(self, client: Client, *, owns_client: bool = True) -> None:
        super().__init__(client)
        self._owns_client = owns_client
        return_freed_memory()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, endpoint: Endpoint, *, rank: Order, consumers: int) -> Reading:
        """Return a reading that has no parents yet; add them with `Reading.feed`."""
        return Reading(self, endpoint, rank=rank, consumers=consumers)

    def close(self) -> None:
        """Cancel the remaining requests and end the threads; consumers that wait for a page get a `ClosedError`."""
        super().close()
        if self._owns_client:
            self.client.close()
