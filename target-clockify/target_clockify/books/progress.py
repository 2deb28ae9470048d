"""Shows how far a run is: a live line on a terminal, a log line every minute anywhere else."""

from __future__ import annotations

import logging
import sys
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("target-clockify")

_REFRESH = 0.2  # seconds between two looks of a terminal
_EVERY = 60.0  # seconds between two lines of a log
_WINDOW = 30.0  # seconds whose records tell the rate
_ERASE = "\r\033[K"
_LONG = 100 * 3600


class Progress:
    """Tells how many records are done, how many a second, and how long the others will take.

    Args:
        is_live: A live line may be shown: nothing else goes to the terminal than the log.
    """

    def __init__(self, *, is_live: bool) -> None:
        self._terminal = sys.stderr if is_live and sys.stderr.isatty() else None
        self._shown = time.monotonic()
        self._samples: deque[tuple[float, int]] = deque([(self._shown, 0)])
        self._handlers = [
            handler
            for handler in logging.getLogger().handlers
            if isinstance(handler, logging.StreamHandler) and handler.stream is self._terminal
        ]
        for handler in self._handlers:
            handler.addFilter(self._erase)

    def show(self, done: int, say: Callable[[], tuple[str, int | None]]) -> None:
        """Take note of how many records are done, and tell now and then.

        Args:
            done: The records that are done.
            say: Says what became of those of the stream at hand, and how many there are of all streams; None as long
                as more may come.
        """
        now = time.monotonic()
        if now - self._shown < (_REFRESH if self._terminal else _EVERY):
            return
        self._shown = now
        self._samples.append((now, done))
        while len(self._samples) > 2 and now - self._samples[1][0] >= _WINDOW:  # noqa: PLR2004 - the two ends
            self._samples.popleft()
        what, total = say()
        line = f"{what}; {self._told(done, total)}"
        if self._terminal:
            self._terminal.write(_ERASE + line)
            self._terminal.flush()
        else:
            logger.info("%s", line)

    def close(self) -> None:
        """Take the live line away."""
        for handler in self._handlers:
            handler.removeFilter(self._erase)
        if self._terminal:
            self._terminal.write(_ERASE)
            self._terminal.flush()
            self._terminal = None

    def _told(self, done: int, total: int | None) -> str:
        (began, before), (now, _) = self._samples[0], self._samples[-1]
        rate = (done - before) / max(now - began, 0.001)
        if total is None:
            return f"{done:,} records done, {rate:,.0f} a second"
        left = f", {_time((total - done) / rate)} left" if rate else ""
        return f"{done:,} of {total:,} records done, {rate:,.0f} a second{left}"

    def _erase(self, _: logging.LogRecord) -> bool:
        """Make room for a line of the log, which would begin at the end of the live one."""
        if self._terminal:
            self._terminal.write(_ERASE)
            self._terminal.flush()
        return True


def _time(seconds: float) -> str:
    """Return a time to wait as a clock shows it: h:mm:ss."""
    if seconds > _LONG:
        return "days"
    whole = int(seconds + 0.5)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
