"""The rate limit: token buckets in front of everything else, like the gateway of the real service."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_HOUR = 3600


class _Bucket:
    def __init__(self, capacity: float, per_second: float, now: float) -> None:
        self._capacity = capacity
        self._per_second = per_second
        self._level = capacity
        self._at = now

    def wait(self, now: float) -> float:
        """Seconds until there is a token; 0 if there is one."""
        self._level = min(self._capacity, self._level + (now - self._at) * self._per_second)
        self._at = now
        return 0.0 if self._level >= 1 else (1 - self._level) / self._per_second

    def take(self) -> None:
        self._level -= 1


class Limiter:
    """Limits requests a second per credential and workspace, and requests an hour per workspace; 0 means no limit."""

    def __init__(self, per_second: float, per_hour: float, clock: Callable[[], float]) -> None:
        self._per_second = per_second
        self._per_hour = per_hour
        self._clock = clock
        self._buckets: dict[tuple[str, ...], _Bucket] = {}

    def admit(self, credential: str, workspace: str) -> float:
        """Take a token for a request; return 0, or the seconds to wait if the request is refused."""
        now = self._clock()
        buckets = []
        if self._per_second:
            buckets.append(self._bucket(("second", credential, workspace), self._per_second, 1, now))
        if self._per_hour:
            buckets.append(self._bucket(("hour", workspace or credential), self._per_hour, _HOUR, now))
        wait = max((bucket.wait(now) for bucket in buckets), default=0.0)
        if not wait:
            for bucket in buckets:
                bucket.take()
        return wait

    def _bucket(self, key: tuple[str, ...], tokens: float, seconds: float, now: float) -> _Bucket:
        if key not in self._buckets:
            self._buckets[key] = _Bucket(tokens, tokens / seconds, now)
        return self._buckets[key]
