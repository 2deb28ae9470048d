"""Limits the request rate of all threads, and reduces it automatically when Clockify refuses requests."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from typing import NamedTuple

logger = logging.getLogger("clockify_client")

_HEADROOM = 0.985  # the distance between requests is a little wider than allowed, since requests bunch up on their way
_CATCH_UP = 0.005  # seconds of a late wake-up that may be made up for; less than the headroom of a second
_HOUR = 3601.0
_CUT = 0.9  # share of the rate, or of the requests accepted in the second before, that remains after a refusal
_CUT_AT_MOST = 0.2  # one burst of refusals never reduces the rate below this share
# requests a second; a refusal below this rate means another limit, for which pauses and requests_per_hour exist
_FLOOR = 5.0
_RAISE = 1.2
# seconds without a refusal before the rate is raised; doubled if the raised rate was refused, later halved
_PATIENCE = 10.0
_KNOWN_PATIENCE = 30.0  # the same, after refusals have shown the allowed rate
_MAX_PATIENCE = 320.0
_PAUSE = 1.0  # seconds that all threads wait after a refusal without Retry-After; doubled by each further one
_MAX_PAUSE = 60.0
_HINT = "; a Free workspace allows 30 an hour: set requests_per_hour, or select fewer streams"
_WORTH_A_WORD = 30.0  # seconds of waiting after which a line is logged


class Send(NamedTuple):
    """Permission to send one request: its time, and how many others were sent in the second before."""

    moment: float
    before: int


class Throttle:
    """Decides when requests may be sent.

    Args:
        per_second: Requests a second, evenly spaced.
        per_hour: Requests in any 60 minutes, or None. New Free workspaces allow 30.
    """

    def __init__(self, per_second: float, per_hour: int | None = None) -> None:
        self.waited = 0.0  # seconds that all threads waited because of a refusal or the hourly allowance
        # after pauses of a minute in total, each followed by a refusal, no thread waits any longer
        self.in_vain = False
        self._limit = self._rate = per_second * _HEADROOM
        self._lowest = min(_FLOOR, self._limit)
        self._hour: deque[float] = deque(maxlen=per_hour or 0)  # times of the last `per_hour` requests
        self._second: deque[float] = deque()  # times of the requests of the last second
        self._next = 0.0
        self._held_until = 0.0
        self._changed_at = self._refused_at = float("-inf")  # when the rate last changed; when it was last refused
        self._raised = False  # the last change was a raise
        self._patience = _PATIENCE
        self._pause = _PAUSE
        self._closed = threading.Event()
        self._turn = threading.Lock()
        self._lock = threading.Lock()

    def acquire(self) -> Send | None:
        """Wait for the next free slot and return a permission; None if the throttle is closed."""
        with self._turn:  # one thread waits for the slot, the others for the lock: a refusal delays all
            began = self._now()
            while not self._closed.is_set():
                leave = self.ask(began)
                if isinstance(leave, Send):
                    return leave
                self._sleep(leave)
        return None

    def ask(self, began: float) -> Send | float:
        """Return permission to send now, or the seconds to wait, for a request that has waited since `began`."""
        with self._lock:
            now = self._now()
            if self._rate < self._limit and now - self._changed_at > self._patience:
                if self._raised:
                    self._patience = max(self._patience / 2, _PATIENCE)
                self._rate, self._changed_at, self._raised = min(self._rate * _RAISE, self._limit), now, True
            held = self._held_until
            if self._hour.maxlen and len(self._hour) == self._hour.maxlen:
                held = max(held, self._hour[0] + _HOUR)
            free = max(held, self._next)
            if now < free:
                if held - now > _WORTH_A_WORD and now - began < 1:
                    hint = "" if self._hour.maxlen else _HINT
                    logger.warning("The allowance is used up: the next request is sent in %.0f s%s", held - now, hint)
                return free - now
            self.waited += max(0.0, held - max(began, self._next))
            self._next = max(free, now - _CATCH_UP) + 1 / self._rate
            while self._second and self._second[0] <= now - 1:
                self._second.popleft()
            leave = Send(now, len(self._second))
            self._second.append(now)
            self._hour.append(now)
            return leave

    def accepted(self, leave: Send) -> None:
        """Record that a request was answered with any status but 429: the current rate is allowed."""
        if leave.moment > self._refused_at:
            self._pause, self.in_vain = _PAUSE, False

    def refused(self, leave: Send, retry_after: float | None) -> None:
        """Record that a request was answered with 429: all threads pause, then continue at a lower rate.

        A single refusal may be chance and reduces the rate by a tenth. A second one, in the same burst or soon after a
        change of the rate, shows that the rate is too high: the number of accepted requests in the second before is the
        allowed rate.

        Args:
            leave: What `acquire` returned for the request.
            retry_after: Seconds of the Retry-After header, or None.
        """
        with self._lock:
            now = self._now()
            again = leave.moment <= self._refused_at
            if not again:
                again = now - self._changed_at < 2 * self._patience
                if self._raised:
                    self._patience = min(self._patience * 2, _MAX_PATIENCE)
                self._lowest = max(self._rate * _CUT_AT_MOST, min(_FLOOR, self._limit))
                self._rate = max(self._rate * _CUT, self._lowest)
                self._refused_at, self._changed_at, self._raised = now, now, False
                self.in_vain = retry_after is None and self._pause == _MAX_PAUSE
                if retry_after is None:
                    retry_after = 0.0 if self.in_vain else self._pause  # waiting threads must notice it now
                self._pause = min(self._pause * 2, _MAX_PAUSE)
            if again:
                self._rate = max(min(self._rate, leave.before * _CUT), self._lowest)
                self._patience = max(self._patience, _KNOWN_PATIENCE)
            self._held_until = max(self._held_until, now + (retry_after or 0.0))

    @property
    def per_second(self) -> float:
        """The current limit of requests a second."""
        return self._rate

    @property
    def per_hour(self) -> int | None:
        """Requests in any 60 minutes; None if they are not limited."""
        return self._hour.maxlen or None

    @property
    def left_this_hour(self) -> int | None:
        """How many more may be sent within the 60 minutes; None if they are not limited."""
        if not self._hour.maxlen:
            return None
        with self._lock:
            return self._hour.maxlen - sum(moment > self._now() - _HOUR for moment in self._hour)

    @property
    def held_for(self) -> float:
        """Seconds until the next request may be sent, after a refusal or when the hourly allowance is used up."""
        with self._lock:
            held = self._held_until
            if self._hour.maxlen and len(self._hour) == self._hour.maxlen:
                held = max(held, self._hour[0] + _HOUR)
            return max(0.0, held - self._now())

    def close(self) -> None:
        """Give no more permissions, and wake all waiting threads."""
        self._closed.set()

    def _now(self) -> float:
        return time.monotonic()

    def _sleep(self, seconds: float) -> None:
        self._closed.wait(seconds)
