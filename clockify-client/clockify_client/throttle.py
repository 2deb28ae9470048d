"""One pace for all threads: never faster than allowed, slower by itself where Clockify says so."""

from __future__ import annotations

import threading
import time
from collections import deque

_HOUR = 3600.0
_HEADROOM = (
    0.995  # sends keep an even distance a hair wider than the limit asks, so that jitter on the way cannot cross it
)
_FLOOR = 0.5  # requests a second; below it only requests_per_hour paces
_RAISE = 1.1
_PATIENCE = (
    10.0  # seconds without a refusal before a reduced pace is raised again; doubled whenever the raise was refused
)
_MAX_PATIENCE = 320.0
_PAUSE = 1.0  # seconds that everybody waits after a refusal that names no time; doubled by each further one
_MAX_PAUSE = 60.0


class Throttle:
    """Hands out the moments at which requests may be sent.

    Args:
        per_second: Requests a second, evenly spaced.
        per_hour: Requests in any 60 minutes, or None. New Free workspaces allow 30.
    """

    def __init__(self, per_second: float, per_hour: int | None = None) -> None:
        self._limit = per_second * _HEADROOM
        self._rate = self._limit
        self._per_hour = per_hour
        self._recent: deque[float] = deque(maxlen=per_hour)  # moments of the last `per_hour` sends
        self._next = 0.0
        self._reduced_at = float("-inf")
        self._patience = _PATIENCE
        self._pause = _PAUSE
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self.waited = 0.0  # seconds that requests were held back by a refusal or by the hourly allowance

    def acquire(self) -> float:
        """Wait for the next free moment and return it, as a reading of the monotonic clock, to give to `refused`."""
        with self._lock:
            now = self._now()
            self._recover(now)
            moment = max(now, self._next)
            if self._per_hour and len(self._recent) == self._per_hour:
                hourly = self._recent[0] + _HOUR
                self.waited += max(0.0, hourly - moment)
                moment = max(moment, hourly)
            self._next = moment + 1 / self._rate
            if self._per_hour:
                self._recent.append(moment)
        self._sleep(moment - now)
        return moment

    def accepted(self, sent_at: float) -> None:
        """Note that the request of `sent_at` was answered, whatever the answer: the present pace is allowed."""
        if sent_at > self._reduced_at:
            self._pause = _PAUSE

    def refused(self, sent_at: float, retry_after: float | None) -> None:
        """Note that the request of `sent_at` was answered 429: everybody pauses, then goes on at a lower pace.

        Answers to requests that were under way when the pace was last changed say nothing new: one burst is one lesson.

        Args:
            sent_at: What `acquire` returned for the request.
            retry_after: Seconds of the Retry-After header, or None.
        """
        with self._lock:
            now = self._now()
            if sent_at > self._reduced_at:
                if now - self._reduced_at < 2 * self._patience:
                    self._patience = min(self._patience * 2, _MAX_PATIENCE)
                self._rate = max(self._rate / 2, min(_FLOOR, self._limit))
                self._reduced_at = now
                self._hold_until(now + (self._pause if retry_after is None else retry_after), now)
                self._pause = min(self._pause * 2, _MAX_PAUSE)
            elif retry_after is not None:
                self._hold_until(now + retry_after, now)

    def close(self) -> None:
        """Let every waiting thread go at once; used when a run ends early."""
        self._closed.set()

    def _hold_until(self, moment: float, now: float) -> None:
        if moment > self._next:
            self.waited += moment - max(now, self._next)
            self._next = moment

    def _recover(self, now: float) -> None:
        if self._rate < self._limit and now - self._reduced_at > self._patience:
            self._rate = min(self._rate * _RAISE, self._limit)
            self._reduced_at = now

    def _now(self) -> float:
        return time.monotonic()

    def _sleep(self, seconds: float) -> None:
        if seconds > 0:
            self._closed.wait(seconds)
