"""Statistics of requests, for measuring a client."""

from __future__ import annotations

import time
from collections import Counter, deque
from typing import Any


class Stats:
    """Counts requests from its creation on."""

    def __init__(self) -> None:
        self._by_route: Counter[str] = Counter()
        self._by_status: Counter[str] = Counter()
        self._in_flight = 0
        self._max_in_flight = 0
        self._first: float | None = None
        self._last = 0.0
        self._recent: deque[float] = deque()
        self._peak = 0
        self._asked: set[int] = set()
        self._repeated = 0

    def arrived(self, route: str) -> None:
        """Count a request."""
        now = time.monotonic()
        if self._first is None:
            self._first = now
        self._by_route[route] += 1
        self._in_flight += 1
        self._max_in_flight = max(self._max_in_flight, self._in_flight)
        self._recent.append(now)
        while self._recent[0] <= now - 1:
            self._recent.popleft()
        self._peak = max(self._peak, len(self._recent))

    def asked(self, *request: object) -> None:
        """Check whether the same request came before."""
        fingerprint = hash(request)
        self._repeated += fingerprint in self._asked
        self._asked.add(fingerprint)

    def answered(self, status: int | str) -> None:
        """Count a response; `status` is "reset" if the connection was dropped instead."""
        self._last = time.monotonic()
        self._in_flight -= 1
        self._by_status[str(status)] += 1

    def report(self) -> dict[str, Any]:
        """All counts; `seconds` is the time from the first request to the last response."""
        return {
            "requests": sum(self._by_route.values()),
            "by_route": dict(self._by_route.most_common()),
            "by_status": dict(sorted(self._by_status.items())),
            "max_in_flight": self._max_in_flight,
            "seconds": max(0.0, self._last - (self._first or self._last)),
            "per_second_peak": self._peak,
            "repeated": self._repeated,
        }
