"""Shows the progress of a run: live lines on a terminal, otherwise a log line every minute."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from clockify_client.terminal import Rate, bar, clock, for_progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from clockify_client import Client
    from rich.console import RenderableType

logger = logging.getLogger("target-clockify")

_EVERY = 60.0  # seconds between two log lines


class Progress:
    """Shows how many records are done, their rate, and the time left.

    Args:
        client: The connection to Clockify.
        say: Returns the results of the current stream, the number of records done in all streams, and their total; None
            while more may come.
    """

    def __init__(self, client: Client, say: Callable[[], tuple[str, int, int | None]]) -> None:
        self._client, self._say = client, say
        self._last_logged = time.monotonic()
        self._records, self._requests = Rate(), Rate()
        self._screen = for_progress()
        if self._screen:
            self._screen.start(self._lines)

    def show(self) -> None:
        """Log from time to time how many records are done; a terminal shows it all the time."""
        if self._screen:
            return
        now = time.monotonic()
        if now - self._last_logged >= _EVERY:
            self._last_logged = now
            what, done, total = self._say()
            logger.info("%s; %s", what, self._line(done, total))

    def close(self, table: Callable[[], RenderableType]) -> bool:
        """Replace the live lines by a table; return whether there were live lines."""
        if not self._screen:
            return False
        self._screen.stop()
        self._screen.tell(table())
        self._screen = None
        return True

    def _lines(self) -> list[str]:
        what, done, total = self._say()
        requests, throttle = self._client.statistics.requests, self._client.throttle
        sent = f"{requests:,} requests, {self._requests.note(requests):,.0f} a second"
        if (left := throttle.left_this_hour) is not None:
            sent += f"; {left:,} of {throttle.per_hour:,} requests left in this hour"
        if (held := throttle.held_for) > 1:
            sent += f"; nothing may be sent for {clock(held)}"
        shown = f"{bar(done, total)}  " if total else ""
        return [what, shown + self._line(done, total), sent]

    def _line(self, done: int, total: int | None) -> str:
        rate = self._records.note(done)
        if total is None:
            return f"{done:,} records done, {rate:,.0f} a second"
        left = f", {clock((total - done) / rate)} left" if rate else ""
        return f"{done:,} of {total:,} records done, {rate:,.0f} a second{left}"
